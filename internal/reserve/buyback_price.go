package reserve

import (
	"cmp"
	"slices"

	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// A PriceFormula is how the price of an acquisition in a buy-back comes about: a value of
// the parameter BuyBackPrice. The zero formula, of before there was one, is the default.
type PriceFormula string

// Of is what is paid for what was bought at a price. Returns an overflow.
func (f PriceFormula) Of(paid, base quantity.Price) (quantity.Price, error) {
	switch f {
	case "", rulebook.LowerOfPaidAndBase:
		return min(paid, base), nil
	case rulebook.AsPaid:
		return paid, nil
	case rulebook.AtBase:
		return base, nil
	}
	share, err := quantity.ParseRatio("value", string(f))
	if err != nil {
		return 0, err
	}
	return base.Times(share, 1, quantity.HalfUp)
}

// AsksBase reports whether the formula reckons from the base price.
func (f PriceFormula) AsksBase() bool { return f != rulebook.AsPaid }

// text is the formula for a person.
func (f PriceFormula) text() string {
	switch f {
	case "", rulebook.LowerOfPaidAndBase:
		return "min(price paid, base price)"
	case rulebook.AsPaid:
		return "price paid"
	case rulebook.AtBase:
		return "base price"
	}
	return "base price × " + string(f)
}

// PriceRule is what the price of a buy-back rests on, with its document. No formula of
// Zhejiang or Jiaxing was found.
func (b BuyBack) PriceRule() string {
	price := b.Formula.text()
	if b.Offer != 0 {
		price = "price of the standing offer"
	}
	return cmp.Or(b.FormulaDocument, rulebook.ProjectDefault) + ": " + price + " × quantity × months left / 12"
}

// The faults of a price, in the order in which they are checked.
var (
	// ErrPriceUnknown is returned when permits would be bought of which it is not
	// known what was paid for them.
	ErrPriceUnknown = fault.New(fault.Refused, "buy_back.price_unknown", "it is not known what was paid for the permits").At("quantity").
			Under("buy_back.price", "project default")
	// ErrTooManyRows is returned when the quantity comes out of too many acquisitions.
	ErrTooManyRows = fault.New(fault.Refused, "buy_back.too_many_sources", "the quantity comes out of too many acquisitions: apply in parts").At("quantity").
			Under("command.parts", "project default: what one command may move")
	// ErrBuyBackAmount is returned when the permits would come to nothing, because
	// less than a month is left.
	ErrBuyBackAmount = fault.New(fault.Refused, "buy_back.amount_zero", "quantity, price and months come to less than half a fen").
				Under("buy_back.price", "project default")
)

// The bounds of the acquisitions that one buy-back uses up: a command stages a
// bounded number of rows. What is priced may come out of other, smaller ones
// when it is booked, because the holder has sold from the same holding.
const (
	PricedRowsMax = 400
	BookedRowsMax = 2000
)

// CheckRows returns ErrTooManyRows for more rows than a command may touch.
func CheckRows(used []ledger.Acquisition, most int) error {
	if len(used) > most {
		return ErrTooManyRows.With("the quantity comes out of %d acquisitions, at most %d go together: apply in parts", len(used), most)
	}
	return nil
}

// A BuyBackPrice is what is paid for a part of an acquisition: one row of a
// buy-back's price. It never changes.
type BuyBackPrice struct {
	ID          int64
	BuyBack     int64
	Acquisition int64
	Quantity    quantity.Quantity
	PricePaid   quantity.Price // by the holder, CNY/(t·a)
	Price       quantity.Price // by the formula of the buy-back
	Amount      quantity.Money
	Command     int64
}

// PriceRows prices what a quantity would use up of a holding's acquisitions,
// first in first out: each row by the formula, rounded half up to the fen, so that
// the rows add up to the amount. Acquisitions without a price are passed over.
// Returns ErrPriceUnknown, ErrTooManyRows, an overflow, or ErrBuyBackAmount.
func (f PriceFormula) PriceRows(acquisitions []*ledger.Acquisition, q quantity.Quantity, base quantity.Price, months int) (rows []BuyBackPrice, amount quantity.Money, err error) {
	used, err := PricedRows(acquisitions, q)
	if err == nil {
		err = CheckRows(used, PricedRowsMax)
	}
	if err != nil {
		return nil, 0, err
	}
	for _, u := range used {
		r := BuyBackPrice{Acquisition: u.ID, Quantity: u.Quantity, PricePaid: u.Price}
		if r.Price, err = f.Of(u.Price, base); err != nil {
			return nil, 0, err
		}
		if r.Amount, err = quantity.Amount(r.Price, r.Quantity, months, quantity.HalfUp); err != nil {
			return nil, 0, err
		}
		if amount, err = quantity.Add(amount, r.Amount); err != nil {
			return nil, 0, err
		}
		rows = append(rows, r)
	}
	if amount == 0 {
		return nil, 0, ErrBuyBackAmount.At("quantity")
	}
	return rows, amount, nil
}

// ofDay are the acquisitions that a buy-back is about, and the others: of a sweep those of its
// day or before, of any other all.
func (b BuyBack) ofDay(acquisitions []*ledger.Acquisition) (of, others []*ledger.Acquisition) {
	n := slices.IndexFunc(acquisitions, func(a *ledger.Acquisition) bool { return b.HeldOn != 0 && a.AcquiredOn > b.HeldOn })
	if n < 0 {
		n = len(acquisitions)
	}
	return acquisitions[:n], acquisitions[n:]
}

// ToPrice are the acquisitions that a buy-back pays for: those that a sweep is about, as long
// as they cover it. Where sales, which are first in first out, have used them up meanwhile,
// the others stand for them.
func (b BuyBack) ToPrice(acquisitions []*ledger.Acquisition) []*ledger.Acquisition {
	if of, _ := b.ofDay(acquisitions); AcquiredBy(of, b.HeldOn) >= b.Quantity {
		return of
	}
	return acquisitions
}

// ToReclaim are the parts of acquisitions that a buy-back without payment uses up: of a sweep
// those that it is about before the others.
func (b BuyBack) ToReclaim(acquisitions []*ledger.Acquisition) []ledger.Acquisition {
	of, others := b.ofDay(acquisitions)
	used, left := ReclaimedRows(of, b.Quantity), b.Quantity
	for _, a := range used {
		left -= a.Quantity
	}
	return append(used, ReclaimedRows(others, left)...)
}

// ReclaimedRows are the parts of acquisitions that a quantity would use up where
// nothing is paid: first those without a price, which cannot be sold, then
// first in first out.
func ReclaimedRows(acquisitions []*ledger.Acquisition, q quantity.Quantity) []ledger.Acquisition {
	unpriced, left := takeRows(acquisitions, q, false)
	priced, _ := takeRows(acquisitions, left, true)
	return append(unpriced, priced...)
}

// takeRows takes a quantity out of the acquisitions that have a price, or out
// of those that have none, and returns what is left to take.
func takeRows(acquisitions []*ledger.Acquisition, q quantity.Quantity, priced bool) (used []ledger.Acquisition, left quantity.Quantity) {
	for _, a := range acquisitions {
		if q > 0 && a.PriceKnown == priced {
			part := *a
			part.Quantity = min(q, a.Remaining)
			used = append(used, part)
			q -= part.Quantity
		}
	}
	return used, q
}

// PricedRows are the parts of acquisitions with a known price that a quantity
// would use up, first in first out. Returns ErrPriceUnknown.
func PricedRows(acquisitions []*ledger.Acquisition, q quantity.Quantity) ([]ledger.Acquisition, error) {
	used, left := takeRows(acquisitions, q, true)
	if left > 0 {
		return nil, ErrPriceUnknown.With("what was paid is known of %s t/a, not of the other %s t/a", q-left, left)
	}
	return used, nil
}
