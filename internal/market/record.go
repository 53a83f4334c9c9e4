package market

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// State is where an order is in its life.
type State uint8

// The states of an order; all but Open are final. Their numbers are stored:
// never renumber. An order with fills and a rest is Open with remaining < quantity.
const (
	Open      State = 1
	Filled    State = 2
	Cancelled State = 3
	Expired   State = 4 // a day order's day is over
)

// States are all states.
var States = []State{Open, Filled, Cancelled, Expired}

var stateNames = [...]string{Open: "open", Filled: "filled", Cancelled: "cancelled", Expired: "expired"}

// String gives the name that JSON and the views use.
func (s State) String() string {
	if int(s) < len(stateNames) && stateNames[s] != "" {
		return stateNames[s]
	}
	return "unknown"
}

// Ending says why an order ended that was not filled. The zero value is an
// order that is open or filled, or ended before this was recorded.
type Ending uint8

// The endings. Their numbers are stored: never renumber.
const (
	NotEnded     Ending = 0
	Withdrawn    Ending = 1 // by its party
	Unfilled     Ending = 2 // the rest of an order that may not wait
	SelfTrade    Ending = 3 // the rest of an order that came to one of its own group
	DayOver      Ending = 4
	FactChanged  Ending = 5 // what it rested on holds no longer
	MarketEnded  Ending = 6 // its market was closed for good
	TermIsOver   Ending = 7
	OutsideBand  Ending = 8 // outside the price band of a new day
	endingsCount        = 9
)

// Endings are all endings of an order that was not filled.
var Endings = []Ending{Withdrawn, Unfilled, SelfTrade, DayOver, FactChanged, MarketEnded, TermIsOver, OutsideBand}

var endingNames = [endingsCount]string{
	Withdrawn: "withdrawn", Unfilled: "unfilled", SelfTrade: "self_trade", DayOver: "day_over",
	FactChanged: "fact_changed", MarketEnded: "market_ended", TermIsOver: "term_over", OutsideBand: "outside_band",
}

// String gives the name that JSON and the views use; "" for NotEnded.
func (e Ending) String() string {
	if int(e) < len(endingNames) {
		return endingNames[e]
	}
	return "unknown"
}

// Record is an order of the market as it is stored.
type Record struct {
	ID          int64
	Market      int64
	Instrument  int64
	Party       int64
	Licence     int64 // 0: of credits, which are a party's
	Project     int64 // that a buy is for; 0: none is named
	Side        Side
	TimeInForce TimeInForce
	State       State
	Price       quantity.Price
	Quantity    quantity.Quantity
	Remaining   quantity.Quantity
	Hold        int64 // what the order holds aside: fen for a buy, atoms of its account for a sell, 10⁻⁶ t/a or 10⁻⁶ kgCO2e; 0 once it is final
	PlacedAt    calendar.Instant
	Queued      int64          // the command by which it got its place: within a price the lower goes first, then the lower ID
	Kind        Kind           // what its price is
	Schedule    int64          // of fees, of the day on which it came; 0: it pays none
	Amount      quantity.Money // what its fills have come to, where it pays fees
	Fee         quantity.Money // what it was charged of fees
	Ending      Ending
	Command     int64
}

// OfCredits reports whether the order trades credits, not permits.
func (r *Record) OfCredits() bool { return r.Licence == 0 }

// Filled is what the order has traded.
func (r Record) Filled() quantity.Quantity { return r.Quantity - r.Remaining }

// IsBefore reports whether r comes before o at one price.
func (r *Record) IsBefore(o *Record) bool {
	return r.Queued < o.Queued || r.Queued == o.Queued && r.ID < o.ID
}

// Entry is the order as the book keeps it.
func (r Record) Entry() Order {
	return Order{ID: r.ID, Side: r.Side, Price: r.Price, Quantity: r.Remaining}
}

// Trade is a fill as it was made. It never changes.
type Trade struct {
	ID           int64
	Market       int64
	Instrument   int64
	BuyOrder     int64
	SellOrder    int64
	Taker        Side // the side that came to the book
	Price        quantity.Price
	Quantity     quantity.Quantity
	Months       int32          // months left at the trade; 0 where the price is outright
	Amount       quantity.Money // price × quantity × months / 12, rounded down to the fen
	BuyerRegion  string
	SellerRegion string
	At           calendar.Instant
	BuyerFee     quantity.Money // that the fill was charged, beside its amount
	SellerFee    quantity.Money // out of its amount
	Kind         TradeKind
	Command      int64
}

// TradeKind says how a trade came about. The numbers are stored: never renumber.
type TradeKind uint8

// The kinds of trades.
const (
	ContinuousTrade TradeKind = 0 // an order met others when it came
	CallTrade       TradeKind = 1 // at the one price of a call; its taker is the younger order
	BlockTrade      TradeKind = 2 // negotiated; no orders, its taker is the side that confirmed
)

// String gives the name that JSON and the views use.
func (k TradeKind) String() string {
	switch k {
	case ContinuousTrade:
		return "continuous"
	case CallTrade:
		return "call"
	case BlockTrade:
		return "block"
	}
	return "trade?"
}

// Surplus is how much of a licence's paid permits of one pollutant the bureau
// has verified as surplus (富余排污权), and how much of that is used up by
// sales or held by open orders and deals.
type Surplus struct {
	ID        int64
	Licence   int64
	Pollutant string
	Verified  quantity.Quantity // sum of the verifications that allow a sale
	Used      quantity.Quantity
	Held      quantity.Quantity
	Command   int64
}

// Available is what may still be offered.
func (s Surplus) Available() quantity.Quantity { return s.Verified - s.Used - s.Held }

// HoldOf is what a buy of q at a limit price must hold aside: the most that it
// can cost. Fills are rounded down to the fen, so any split of it costs no more.
func HoldOf(limit quantity.Price, q quantity.Quantity, months int) (quantity.Money, error) {
	return Cost(limit, q, months)
}

// Cost is what a fill costs the buyer and brings the seller: one figure for
// both, rounded down to the fen. months is 0 where the price is outright.
func Cost(p quantity.Price, q quantity.Quantity, months int) (quantity.Money, error) {
	if months == 0 {
		return quantity.Outright(p, q, quantity.Down)
	}
	return quantity.Amount(p, q, months, quantity.Down)
}

// Sweep is the cancelling of all open orders that it selects, in steps that
// follow each other before anything else is done.
type Sweep struct {
	ID          int64
	Party       int64 // 0 and the like below: any
	Licence     int64
	Market      int64
	Instrument  int64
	Side        Side
	Ending      Ending // of the orders
	State       SweepState
	Matched     int64 // orders that were open when it began
	Cancelled   int64 // of them, so far
	RequestedBy int64 // person
	RequestedAt calendar.Instant
	Command     int64
}

// SweepState is where a sweep is in its life.
type SweepState string

// The states of a sweep.
const (
	SweepRunning SweepState = "running"
	SweepDone    SweepState = "done"
)

// Selects reports whether the sweep is for an open order.
func (s *Sweep) Selects(o *Record) bool {
	return (s.Party == 0 || s.Party == o.Party) && (s.Licence == 0 || s.Licence == o.Licence) && (s.Market == 0 || s.Market == o.Market) &&
		(s.Instrument == 0 || s.Instrument == o.Instrument) && (s.Side == 0 || s.Side == o.Side)
}
