package app

import (
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// PriceQuoteKind is what a quote is for.
type PriceQuoteKind string

// The kinds of quotes.
const (
	PriceOfOrder PriceQuoteKind = "order"
	PriceOfBlock PriceQuoteKind = "block_trade"
	PriceOfDeal  PriceQuoteKind = "deal"
	PriceOfSale  PriceQuoteKind = "primary_sale"
	PriceOfLease PriceQuoteKind = "lease"
)

// PriceQuoteKinds are all kinds of quotes.
var PriceQuoteKinds = []PriceQuoteKind{PriceOfOrder, PriceOfBlock, PriceOfDeal, PriceOfSale, PriceOfLease}

// PriceQuote is what permits would cost today, before anybody is bound.
type PriceQuote struct {
	Kind       PriceQuoteKind
	Instrument catalog.Instrument
	Quantity   quantity.Quantity
	Price      quantity.Price
	Months     int // 0 in a question: those that are left, a part month counted as one
	Amount     quantity.Money
	On         calendar.Date
}

// Rounding is that of the fills of orders and of block trades, or of what is agreed.
func (q PriceQuote) Rounding() quantity.Rounding {
	if q.Kind == PriceOfOrder || q.Kind == PriceOfBlock {
		return quantity.Down
	}
	return quantity.HalfUp
}

// Formula is the quote in words.
func (q PriceQuote) Formula() string {
	left := fmt.Sprintf("%d months", q.Months)
	if q.Months == calendar.RemainingMonths(q.On, q.Instrument.TermEnd, true) && q.Kind != PriceOfLease {
		left += fmt.Sprintf(" from %s to %s, a part month counted as one", q.On, q.Instrument.TermEnd)
	}
	return formula(q.Quantity, q.Price, q.Months, q.Amount, q.Rounding()) + " (" + left + ")"
}

// PriceQuoteOf fills in a quote by the function of the command that it is about.
func (a *App) PriceQuoteOf(q PriceQuote, instrument string) (PriceQuote, error) {
	q.On = a.Now().Date()
	i, known := find(a.Reference(), Instruments, func(i catalog.Instrument) bool { return i.Code == instrument })
	if err := catalog.CheckOneOf("kind", q.Kind, PriceQuoteKinds); err != nil {
		return q, err
	}
	switch {
	case !known:
		return q, fault.Invalidf("instrument", "there is no instrument with the code %.41q", instrument)
	case i.OfCredits():
		return q, ErrInstrumentOfCredits
	case q.Quantity <= 0:
		return q, fault.Invalidf("quantity", "must be more than zero")
	case q.Price <= 0:
		return q, fault.Invalidf("price", "must be more than zero")
	case i.Expired(q.On):
		return q, fault.Invalidf("instrument", "the term of %s ended on %s", i.Code, i.TermEnd)
	}
	q.Instrument = i
	if err := q.setMonths(a.Reference().known()); err != nil {
		return q, err
	}
	var err error
	switch q.Kind {
	case PriceOfOrder, PriceOfBlock:
		q.Amount, err = market.HoldOf(q.Price, q.Quantity, q.Months)
	case PriceOfDeal:
		var d settlement.Deal
		d, err = settlement.Deal{
			Price: q.Price, Quantity: q.Quantity, Months: int32(q.Months), Coefficient: quantity.OneRatio, OffsetRatio: quantity.OneRatio, //nolint:gosec // months of a term
		}.Reckon()
		q.Amount = d.Amount
	case PriceOfSale:
		var n reserve.PaymentNotice
		n, err = reserve.PaymentNotice{Price: q.Price, Quantity: q.Quantity}.Priced(q.Months)
		q.Amount = n.Amount
	case PriceOfLease:
		q.Amount, err = encumbrance.LeaseAmount(q.Price, q.Quantity, q.Months)
	}
	return q, asInvalid(err)
}

// setMonths fills in the months, or holds that those of the question can be.
func (q *PriceQuote) setMonths(parameters rulebook.Parameters) error {
	left := calendar.RemainingMonths(q.On, q.Instrument.TermEnd, true)
	most := left
	if q.Kind == PriceOfLease {
		_, limit, _ := rulebook.Lookup(parameters, rulebook.LeaseMost, rulebook.Place{Pollutant: q.Instrument.Pollutant}, q.On)
		most = min(left, int(limit/quantity.OneRatio))
		if q.Months == 0 {
			return fault.Invalidf("months", "a lease is quoted for from 1 to %d months", most)
		}
	}
	if q.Months == 0 {
		q.Months = left
	}
	if isPart := q.Kind == PriceOfDeal || q.Kind == PriceOfLease; q.Months > most || !isPart && q.Months != left {
		return fault.Invalidf("months", "%s: %d months are left, at most %d can be quoted; orders, block trades and sales are for all that are left", q.Kind, left, most)
	}
	return nil
}

// asInvalid is a refusal of a command as a mistake of a question, which changes
// nothing that could be refused.
func asInvalid(err error) error {
	if f, ok := fault.As(err); ok && f.Kind == fault.Refused {
		return fault.Invalidf(f.Field, "%s", f.Detail)
	}
	return err
}
