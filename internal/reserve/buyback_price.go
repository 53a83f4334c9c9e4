package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// PriceRule says what the price of a buy-back rests on: no formula of Zhejiang or
// Jiaxing was found.
const PriceRule = "project default: min(price paid, base price) × quantity × months left / 12"

// The faults of a price, in the order in which they are checked.
var (
	// ErrPriceUnknown is returned when permits would be bought of which it is not
	// known what was paid for them.
	ErrPriceUnknown = fault.New(fault.Refused, "buy_back.price_unknown", "it is not known what was paid for the permits").At("quantity").
			Under("buy_back.price", "project default")
	// ErrTooManyRows is returned when the quantity comes out of too many acquisitions.
	ErrTooManyRows = fault.New(fault.Refused, "buy_back.too_many_sources", "the quantity comes out of more than 400 acquisitions: apply in parts").At("quantity")
	// ErrBuyBackAmount is returned when the permits would come to nothing, because
	// less than a month is left.
	ErrBuyBackAmount = fault.New(fault.Refused, "buy_back.amount_zero", "quantity, price and months come to less than half a fen").
				Under("buy_back.price", "project default")
)

// BuyBackRowsMax bounds the acquisitions that one buy-back uses up: a command
// stages a bounded number of rows.
const BuyBackRowsMax = 400

// A BasePrice is what the price authority asks for the paid use of a pollutant in
// a region, and how a buy-back counts months, from a day on.
type BasePrice struct {
	ID         int64
	Region     string // also of the regions in it that have none of their own
	Pollutant  string
	Price      quantity.Price // CNY/(t·a)
	MonthsUp   bool           // a part month counts as one; otherwise it is dropped, the default of who pays
	ValidFrom  calendar.Date
	Document   string
	RecordedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (p BasePrice) Validate() error {
	if p.Price <= 0 {
		return fault.Invalidf("price", "must be more than zero")
	}
	return first(checkDay("valid_from", p.ValidFrom), catalog.CheckDocument("document", p.Document))
}

// A BuyBackPrice is what is paid for a part of an acquisition: one row of a
// buy-back's price. It never changes.
type BuyBackPrice struct {
	ID          int64
	BuyBack     int64
	Acquisition int64
	Quantity    quantity.Quantity
	PricePaid   quantity.Price // by the holder, CNY/(t·a)
	Price       quantity.Price // the lower of it and the base price
	Amount      quantity.Money
	Command     int64
}

// PriceRows prices what a quantity would use up of a holding's acquisitions,
// first in first out: each row at the lower of what was paid and the base
// price, rounded half up to the fen, so that the rows add up to the amount.
// Acquisitions without a price are passed over. Returns ErrPriceUnknown,
// ErrTooManyRows, an overflow, or ErrBuyBackAmount.
func PriceRows(acquisitions []*ledger.Acquisition, q quantity.Quantity, base quantity.Price, months int) (rows []BuyBackPrice, amount quantity.Money, err error) {
	used, err := PricedRows(acquisitions, q)
	if err != nil {
		return nil, 0, err
	}
	for _, u := range used {
		r := BuyBackPrice{Acquisition: u.ID, Quantity: u.Quantity, PricePaid: u.Price, Price: min(u.Price, base)}
		if r.Amount, err = quantity.Amount(r.Price, r.Quantity, months, quantity.HalfUp); err != nil {
			return nil, 0, err
		}
		if amount, err = quantity.Add(amount, r.Amount); err != nil {
			return nil, 0, err
		}
		rows = append(rows, r)
	}
	if amount == 0 {
		return nil, 0, ErrBuyBackAmount
	}
	return rows, amount, nil
}

// PricedRows are the parts of acquisitions with a known price that a quantity
// would use up, first in first out. Returns ErrPriceUnknown or ErrTooManyRows.
func PricedRows(acquisitions []*ledger.Acquisition, q quantity.Quantity) (used []ledger.Acquisition, err error) {
	left := q
	for _, a := range acquisitions {
		if left == 0 {
			break
		}
		if !a.PriceKnown {
			continue
		}
		part := *a
		part.Quantity = min(left, a.Remaining)
		used = append(used, part)
		left -= part.Quantity
	}
	switch {
	case left > 0:
		return nil, ErrPriceUnknown.With("what was paid is known of %s t/a, not of the other %s t/a", q-left, left)
	case len(used) > BuyBackRowsMax:
		return nil, ErrTooManyRows
	}
	return used, nil
}
