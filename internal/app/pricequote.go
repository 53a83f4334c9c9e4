package app

import (
	"fmt"
	"strings"

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

// PriceQuote is what permits or credits would cost today, before anybody is bound.
type PriceQuote struct {
	Kind        PriceQuoteKind
	Instrument  catalog.Instrument
	Market      catalog.Market // of an order or a block trade; none: several trade the instrument and none was named
	Quantity    quantity.Quantity
	Price       quantity.Price
	Months      int // 0 in a question: those that are left, a part month counted as one; 0 in a quote: the price is outright
	StateFunded bool
	Region      string // of the lessor of a lease; "": not said
	Industry    string // likewise
	Amount      quantity.Money
	On          calendar.Date

	Fee        quantity.Money // of the buyer
	FeeFormula string         // or why it is not known
	Total      quantity.Money // amount and fee
}

// inMarket reports whether the quote is of what is traded in a market.
func (q PriceQuote) inMarket() bool { return q.Kind == PriceOfOrder || q.Kind == PriceOfBlock }

// KnowsFee reports whether it is known by whose schedule the buyer would pay.
func (q PriceQuote) KnowsFee() bool { return !q.inMarket() || q.Market.ID != 0 }

// Rounding is that of the fills of orders and of block trades, or of what is agreed.
func (q PriceQuote) Rounding() quantity.Rounding {
	if q.inMarket() {
		return quantity.Down
	}
	return quantity.HalfUp
}

// Formula is the quote in words.
func (q PriceQuote) Formula() string {
	if q.Months == 0 {
		return formula(q.Quantity, q.Price, q.Months, q.Amount, q.Rounding())
	}
	left := fmt.Sprintf("%d months", q.Months)
	if q.Months == calendar.RemainingMonths(q.On, q.Instrument.TermEnd, true) && q.Kind != PriceOfLease {
		left += fmt.Sprintf(" from %s to %s, a part month counted as one", q.On, q.Instrument.TermEnd)
	}
	return formula(q.Quantity, q.Price, q.Months, q.Amount, q.Rounding()) + " (" + left + ")"
}

// PriceQuoteOf fills in a quote by the function of the command that it is about, in
// the market with a code; "": in the only one that trades the instrument.
func (a *App) PriceQuoteOf(q PriceQuote, instrument, marketCode string) (PriceQuote, error) {
	q.On = a.Now().Date()
	i, known := find(a.Reference(), Instruments, func(i catalog.Instrument) bool { return i.Code == instrument })
	if err := catalog.CheckOneOf("kind", q.Kind, PriceQuoteKinds); err != nil {
		return q, err
	}
	switch {
	case !known:
		return q, fault.Invalidf("instrument", "there is no instrument with the code %.41q", instrument)
	case i.OfCredits() && !q.inMarket():
		return q, ErrInstrumentOfCredits
	case q.Quantity <= 0:
		return q, fault.Invalidf("quantity", "must be more than zero")
	case q.Price <= 0:
		return q, fault.Invalidf("price", "must be more than zero")
	case i.Expired(q.On):
		return q, fault.Invalidf("instrument", "the term of %s ended on %s", i.Code, i.TermEnd)
	}
	q.Instrument = i
	if err := fault.First(q.checkLessor(a.Reference()), asInvalid(checkUsable(a.Reference(), i, q.On)), q.setMarket(a.Reference(), marketCode), q.setMonths(a.Reference().known())); err != nil {
		return q, err
	}
	if err := q.setAmount(); err != nil {
		return q, asInvalid(err)
	}
	return q, asInvalid(a.setFee(&q))
}

// checkLessor holds that only a lease is quoted for by the lessor's industry and region, which there is.
func (q *PriceQuote) checkLessor(ref *Reference) error {
	switch _, known := find(ref, Regions, func(r catalog.Region) bool { return r.Code == q.Region }); {
	case q.Kind != PriceOfLease && q.Region != "":
		return fault.Invalidf("region", "%s: only a lease is quoted for by the region of its lessor", q.Kind)
	case q.Kind != PriceOfLease && q.Industry != "":
		return fault.Invalidf("industry", "%s: only a lease is quoted for by the industry of its lessor", q.Kind)
	case q.Region != "" && !known:
		return fault.Invalidf("region", "there is no region with the code %.41q", q.Region)
	}
	return nil
}

// setMarket finds the market of what is traded in one.
func (q *PriceQuote) setMarket(ref *Reference, code string) error {
	if !q.inMarket() {
		if code != "" {
			return fault.Invalidf("market", "%s: only orders and block trades are of a market", q.Kind)
		}
		return nil
	}
	var of []catalog.Market
	for _, m := range ReadTable(ref, Markets).All() {
		if m.Code == code || code == "" && m.Lists(q.Instrument) && m.ValidOn(q.On) && m.State != catalog.MarketClosed {
			of = append(of, m)
		}
	}
	switch {
	case code != "" && len(of) == 0:
		return fault.Invalidf("market", "there is no market with the code %.41q", code)
	case len(of) != 1: // it is for the asker to say which
		q.FeeFormula = feeNotKnown(of)
		return nil
	case !of[0].Lists(q.Instrument):
		return fault.Invalidf("market", "the market %s does not trade %s", of[0].Code, q.Instrument.Code)
	}
	q.Market = of[0]
	return nil
}

// marketsNamed is how many markets an answer names.
const marketsNamed = 10

// feeNotKnown says of what none or several markets trade why its fee is not known.
func feeNotKnown(of []catalog.Market) string {
	if len(of) == 0 {
		return "not known: no market trades it today"
	}
	var codes []string
	for _, m := range of[:min(len(of), marketsNamed)] {
		codes = append(codes, m.Code)
	}
	return fmt.Sprintf("not known: %d markets trade it, name one: %s", len(of), strings.Join(codes, ", "))
}

// setAmount fills in what it costs.
func (q *PriceQuote) setAmount() (err error) {
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
	return err
}

// setFee fills in what the buyer pays beside it, by the schedule of the market; what
// is traded in none has no fee.
func (a *App) setFee(q *PriceQuote) (err error) {
	switch {
	case !q.inMarket():
		q.FeeFormula = "no fee: it is traded in no market"
	case q.Market.ID != 0:
		f := a.FeeQuoteOf(FeeQuote{Market: q.Market.ID, Side: market.Buy, Amount: q.Amount, StateFunded: q.StateFunded})
		q.Fee, q.FeeFormula = f.Fee, f.Formula
	}
	q.Total, err = quantity.Add(q.Amount, q.Fee)
	return err
}

// isOutright reports whether the price is for what is bought, whatever months are left.
func (q *PriceQuote) isOutright() bool {
	return q.Instrument.OfCredits() || q.Market.ID != 0 && q.Market.PriceBasis == catalog.Outright
}

// setMonths fills in the months, or holds that those of the question can be.
func (q *PriceQuote) setMonths(parameters rulebook.Parameters) error {
	if q.isOutright() {
		if q.Months != 0 {
			return fault.Invalidf("months", "the price is outright: leave the months out")
		}
		return nil
	}
	left := calendar.RemainingMonths(q.On, q.Instrument.TermEnd, true)
	most := left
	if q.Kind == PriceOfLease {
		_, limit, _ := rulebook.Lookup(parameters, rulebook.LeaseMost, rulebook.Place{Region: q.Region, Pollutant: q.Instrument.Pollutant, Industry: q.Industry}, q.On)
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
