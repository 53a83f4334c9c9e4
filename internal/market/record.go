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
)

var stateNames = [...]string{Open: "open", Filled: "filled", Cancelled: "cancelled"}

// String gives the name that JSON and the views use.
func (s State) String() string {
	if int(s) < len(stateNames) && stateNames[s] != "" {
		return stateNames[s]
	}
	return "unknown"
}

// Record is an order of the market as it is stored.
type Record struct {
	ID          int64
	Market      int64
	Instrument  int64
	Party       int64
	Licence     int64
	Project     int64 // that a buy is for; 0: none is named
	Side        Side
	TimeInForce TimeInForce
	State       State
	Price       quantity.Price
	Quantity    quantity.Quantity
	Remaining   quantity.Quantity
	Hold        int64 // what the order holds aside: fen for a buy, 10⁻⁶ t/a for a sell; 0 once it is final
	PlacedAt    calendar.Instant
	Command     int64
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
	Command      int64
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
