package market

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// Session is where a market is in its timetable. There is one of each market
// that has one.
type Session struct {
	ID      int64
	Market  int64
	Phase   Phase
	Follows Phase            // what follows the uncrossing; "" otherwise
	Day     calendar.Date    // of the slots that are gone through
	Since   calendar.Instant // when the phase began by the timetable
	NextAt  calendar.Instant // when the timetable is looked at again: the end of the phase, or of the day
	Closing calendar.Date    // the trading day whose closing prices are being written; 0: none
	Closed  calendar.Date    // the last trading day whose closing prices are written
	Command int64
}

// At is the phase at an instant: what the session says as long as the timetable
// has not moved on. While it does, and while prices are closed, it is
// PhaseUncrossing: nothing comes in or goes out.
func (s Session) At(now calendar.Instant) Phase {
	if now >= s.NextAt || s.Closing != 0 {
		return PhaseUncrossing
	}
	return s.Phase
}

// Call is the outcome of a call auction of an instrument. Its fills are made in
// steps, all at one price.
type Call struct {
	ID         int64
	Market     int64
	Instrument int64
	Day        calendar.Date
	State      CallState
	Price      quantity.Price
	Volume     quantity.Quantity // to be traded at the price
	Traded     quantity.Quantity
	Surplus    quantity.Quantity // what more is bid than asked at the price; negative where more is asked
	Reference  quantity.Price    // the previous close; 0: none
	Trades     int64
	StartedAt  calendar.Instant
	EndedAt    calendar.Instant // 0: not yet
	Command    int64
}

// CallState is how far a call is.
type CallState string

// The states of a call.
const (
	CallClearing CallState = "clearing"
	CallDone     CallState = "done"
)

// CallStates are all states of a call.
var CallStates = []CallState{CallClearing, CallDone}

// Change is a change of a market's state by an officer. It never changes.
type Change struct {
	ID      int64
	Market  int64
	State   string // of catalog.MarketState
	Reason  string
	Person  int64
	At      calendar.Instant
	Command int64
}

// Close is the closing price of an instrument on a trading day. It never changes.
type Close struct {
	ID         int64
	Market     int64
	Instrument int64
	Day        calendar.Date
	Price      quantity.Price
	Previous   quantity.Price    // the close before it; 0: none
	Trades     int32             // that it is the mean of; 0: it is the previous one
	Volume     quantity.Quantity // of these trades
	LastTrade  int64             // the last of them; 0: none
	Command    int64
}

// closingTrades is how many of the last trades a close is the mean of.
const closingTrades = 5

// Quote is what a market with terms must know of the trades of an instrument to
// price the next one and the close. Block trades are not in it.
type Quote struct {
	ID         int64
	Market     int64
	Instrument int64
	Close      quantity.Price // the last one; 0: none yet
	ClosedOn   calendar.Date
	Last       quantity.Price // of the trade before; 0: none yet
	LastTrade  int64
	Day        calendar.Date // of the trades below
	Trades     int32         // of the day among the last five
	Price1     quantity.Price
	Price2     quantity.Price
	Price3     quantity.Price
	Price4     quantity.Price
	Price5     quantity.Price
	Quantity1  quantity.Quantity
	Quantity2  quantity.Quantity
	Quantity3  quantity.Quantity
	Quantity4  quantity.Quantity
	Quantity5  quantity.Quantity
	Command    int64
}

// Add is the quote after a trade on a day: it becomes the first of the last five.
func (q Quote) Add(t Trade, day calendar.Date) Quote {
	if q.Day != day {
		q = Quote{ID: q.ID, Market: q.Market, Instrument: q.Instrument, Close: q.Close, ClosedOn: q.ClosedOn, Command: q.Command, Day: day}
	}
	q.Price5, q.Price4, q.Price3, q.Price2, q.Price1 = q.Price4, q.Price3, q.Price2, q.Price1, t.Price
	q.Quantity5, q.Quantity4, q.Quantity3, q.Quantity2, q.Quantity1 = q.Quantity4, q.Quantity3, q.Quantity2, q.Quantity1, t.Quantity
	q.Trades = min(q.Trades+1, closingTrades)
	q.Last, q.LastTrade = t.Price, t.ID
	return q
}

// CloseOn is the closing price of a day: the mean of its last five trades
// weighted by volume, of all if there are fewer, half up to the tick; the previous
// close if there was none (Hubei). It is false where there is none either.
func (q Quote) CloseOn(day calendar.Date, tick quantity.Price) (Close, bool) {
	c := Close{Market: q.Market, Instrument: q.Instrument, Day: day, Price: q.Close, Previous: q.Close}
	if q.Day != day || q.Trades == 0 {
		return c, q.Close != 0
	}
	prices := [closingTrades]quantity.Price{q.Price1, q.Price2, q.Price3, q.Price4, q.Price5}
	volumes := [closingTrades]quantity.Quantity{q.Quantity1, q.Quantity2, q.Quantity3, q.Quantity4, q.Quantity5}
	c.Trades, c.LastTrade = q.Trades, q.LastTrade
	for _, v := range volumes[:q.Trades] {
		c.Volume += v
	}
	price, err := quantity.WeightedMean(prices[:q.Trades], volumes[:q.Trades], tick)
	if err != nil {
		panic("market: the trades of a quote have no mean: " + err.Error())
	}
	c.Price = price
	return c, true
}

// Closed is the quote after its close was written.
func (q Quote) Closed(c Close) Quote {
	q.Close, q.ClosedOn = c.Price, c.Day
	return q
}
