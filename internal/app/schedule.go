package app

import (
	"permitx/internal/calendar"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// The tables of how markets trade.
var (
	TermsOfMarkets = resident[market.Terms]("market_terms")
	Sessions       = resident[market.Session]("market_session")
	MarketQuotes   = resident[market.Quote]("market_quote")
	Calls          = residentWhere[market.Call]("market_call", Where("state", string(market.CallClearing)))
	Closes         = cold[market.Close]("market_close")
	MarketChanges  = cold[market.Change]("market_change")
)

// floor is what the writer knows of a market that has terms: where its session
// is, and its terms.
type floor struct {
	schedule schedule
	session  market.Session
}

// schedule is the terms of a market, by the day from which they hold.
type schedule []market.Terms

// on is the terms of a day; false before the first.
func (s schedule) on(day calendar.Date) (market.Terms, bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].ValidFrom <= day {
			return s[i], true
		}
	}
	return market.Terms{}, false
}

// add puts terms in their place.
func (s schedule) add(t market.Terms) schedule {
	i := len(s)
	for i > 0 && s[i-1].ValidFrom > t.ValidFrom {
		i--
	}
	return append(s[:i:i], append(schedule{t}, s[i:]...)...)
}

// isTradingDay reports whether the slots of terms take place on a day: on working
// days, and every day where there are no slots. A day of a year whose notice is
// not entered is none.
func isTradingDay(t market.Terms, day calendar.Date, c *calendar.Calendar) bool {
	if t.Timetable == "" {
		return true
	}
	working, err := c.IsWorkingDay(day)
	return err == nil && working
}

// tradingDayAfter is the next trading day after a day, within a month; the next
// day where there is none.
func (s schedule) tradingDayAfter(day calendar.Date, c *calendar.Calendar) calendar.Date {
	for n := 1; n <= lookAhead; n++ {
		next := day.AddDays(n)
		if t, _ := s.on(next); isTradingDay(t, next, c) {
			return next
		}
	}
	return day.AddDays(1)
}

// at is the phase of an instant by the timetable, and when to look again: at its
// end, or at that of the day. Without terms a market always trades.
func (s schedule) at(now calendar.Instant, c *calendar.Calendar) (market.Phase, calendar.Instant) {
	day := now.Date()
	end := day.AddDays(1).Start()
	switch t, set := s.on(day); {
	case !set || t.Timetable == "":
		return market.PhaseContinuous, end
	case !isTradingDay(t, day, c):
		return market.PhaseClosed, end
	default:
		phase, until := t.Day().At(market.Minute((now - day.Start()) / minute))
		return phase, day.Start() + calendar.Instant(until)*minute
	}
}

const (
	minute    = 60_000_000 // µs
	lookAhead = 31         // days
)

// ending is the trading day whose last slot ends at an instant; 0: none does.
func (s schedule) ending(at calendar.Instant, c *calendar.Calendar) calendar.Date {
	day := (at - 1).Date()
	t, set := s.on(day)
	if !set || !isTradingDay(t, day, c) || day.Start()+calendar.Instant(t.Day().End())*minute != at {
		return 0
	}
	return day
}

// next is the first change of phase after an instant, within a month; false
// where there is none.
func (s schedule) next(now calendar.Instant, c *calendar.Calendar) (market.Phase, calendar.Instant, bool) {
	phase, at := s.at(now, c)
	for until := now.Date().AddDays(lookAhead).Start(); at < until; {
		follows, end := s.at(at, c)
		if follows != phase {
			return follows, at, true
		}
		at = end
	}
	return "", 0, false
}

// indexFloors finds the terms and sessions of the markets.
func (s *state) indexFloors() {
	s.floors, s.quotes = map[int64]*floor{}, map[bookID]int64{}
	for t := range All(&View{state: s}, TermsOfMarkets) {
		s.indexTerms(t)
	}
	for r := range All(&View{state: s}, Sessions) {
		s.indexSession(r)
	}
	for q := range All(&View{state: s}, MarketQuotes) {
		s.indexQuote(q)
	}
}

func (s *state) floorOf(marketID int64) *floor {
	if s.floors[marketID] == nil {
		s.floors[marketID] = &floor{}
	}
	return s.floors[marketID]
}

func (s *state) indexTerms(t market.Terms) {
	f := s.floorOf(t.Market)
	f.schedule = f.schedule.add(t)
}

func (s *state) indexSession(r market.Session) { s.floorOf(r.Market).session = r }

func (s *state) indexQuote(q market.Quote) { s.quotes[bookID{q.Market, q.Instrument}] = q.ID }

func (s *state) indexCall(c market.Call) {
	if c.State == market.CallDone {
		rowsOf(s, Calls).remove(c.ID)
	}
}

// phaseOf is what a market does with an order that is stamped now.
func (v *View) phaseOf(marketID int64) market.Phase {
	f := v.floors[marketID]
	if f == nil || f.session.ID == 0 {
		return market.PhaseContinuous
	}
	return f.session.At(v.Now)
}

// termsOf is the terms of a market today; none, where it has none.
func (v *View) termsOf(marketID int64) market.Terms {
	f := v.floors[marketID]
	if f == nil {
		return market.Terms{}
	}
	t, _ := f.schedule.on(v.Today)
	return t
}

// quote is the last prices of a book; none, where its market has no terms or
// nothing was traded.
func (v *View) quote(id bookID) market.Quote {
	if row, known := v.quotes[id]; known {
		return rowsOf(v.state, MarketQuotes).rows[row]
	}
	return market.Quote{Market: id.market, Instrument: id.instrument}
}

// bandOf is the prices that a market takes of an instrument today by a ratio of
// its terms; nil: any.
func (v *View) bandOf(id bookID, ratio quantity.Ratio, tick quantity.Price) (*market.Band, error) {
	if ratio == 0 {
		return nil, nil //nolint:nilnil // no band
	}
	return market.BandOf(v.quote(id).Close, ratio, tick)
}

// mayBeCrossed reports whether orders wait in a market's books for a call, so that
// what is bid may reach what is asked (I-6): in a call, until its fills are
// made, and where the end of a call fell into a halt or a stop.
func (s *state) mayBeCrossed(marketID int64) bool {
	f := s.floors[marketID]
	return f != nil && f.session.ID != 0 && maybeCrossed(f.session, rowsOf(s, Markets).rows[marketID])
}
