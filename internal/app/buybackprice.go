package app

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// ErrNoBasePrice is returned when no base price is set for a pollutant.
var ErrNoBasePrice = fault.New(fault.Refused, "buy_back.no_base_price", "no base price is set for the pollutant").
	Under("buy_back.price", rulebook.ProjectDefault)

// place is what the parameters of a buy-back are looked up by.
func (v *View) place(b reserve.BuyBack) rulebook.Place {
	return rulebook.Place{Region: b.Region, Pollutant: b.Pollutant}
}

// priceBasis is what a buy-back is priced by: the formula, with the base price where it
// asks for one.
type priceBasis struct {
	formula  reserve.PriceFormula
	document string         // of the formula
	base     quantity.Price // 0: the formula asks for none
	priced   string         // the document that sets the base price
}

// priceBasis is what is in force on a day: the base price of the narrowest region
// that has one. A standing offer asks for neither.
func (k *knowledge) priceBasis(region, pollutant string, on calendar.Date) (b priceBasis, err error) {
	at := rulebook.Place{Region: region, Pollutant: pollutant}
	formula, _, _ := rulebook.Lookup(k, rulebook.BuyBackPrice, at, on)
	b.formula, b.document = reserve.PriceFormula(formula.Value), formula.Document
	if !b.formula.AsksBase() {
		return b, nil
	}
	p, _, set := rulebook.Lookup(k, rulebook.BasePrice, at, on)
	if !set {
		return b, ErrNoBasePrice.With("no base price for %s is set in %s or above it: set the parameter %s, with the document of the price authority; only a standing offer needs none",
			pollutant, region, rulebook.BasePrice)
	}
	b.priced = p.Document
	b.base, err = quantity.ParsePrice("value", p.Value)
	return b, err
}

// monthsToPay are the months left of a buy-back's permits. The state pays, so
// that a part month is dropped, unless the parameter says otherwise.
func (v *View) monthsToPay(b reserve.BuyBack) int {
	_, up, _ := rulebook.Lookup(v.known, rulebook.PartMonthUp, v.place(b), v.Today)
	return calendar.RemainingMonths(v.Today, must(Get(v, Instruments, "instrument", b.Instrument)).TermEnd, up != 0)
}

// judgeBuyBack asks the rules about a buy-back: permits that are bought must have
// been obtained by payment, and the reduction task done, as far as the bureau
// has found and the cause asks for it.
func (v *View) judgeBuyBack(action rulebook.Action, b reserve.BuyBack) error {
	l, err := Get(v, Licences, "licence", b.Licence)
	if err != nil {
		return err
	}
	p, err := Get(v, Parties, "licence", b.Party)
	if err != nil {
		return err
	}
	f := v.facts(action, b.Pollutant, b.Quantity)
	f.Seller = v.known.side("licence", p, l, b.Pollutant, v.Today)
	f.Seller.Holding = rulebook.Holding{Seen: true, Free: b.Quantity}
	if b.Origin == ledger.Paid { // what a buy-back holds is there for it
		f.Seller.Holding = rulebook.Holding{Seen: true, Paid: b.Quantity, Ready: b.Quantity, Surplus: b.Quantity}
	}
	if b.Verified != 0 {
		f.Seller.Site.Monitor, f.Seller.Site.MonitorBy = known(b.Monitored), b.VerifiedDocument
		f.Seller.Site.TaskDone, f.Seller.Site.TaskBy = known(b.TaskDone), b.VerifiedDocument
	}
	if !b.Cause.AsksTask() {
		f.Seller.Site.TaskDone = rulebook.Unrecorded
	}
	if b.Idle != 0 {
		d, err := Get(v, IdleDeclarations, "id", b.Idle)
		if err != nil {
			return err
		}
		f.Seller.Site.IdleSince = d.Since
	}
	return v.judge(&f)
}

func known(so bool) rulebook.Known {
	if so {
		return rulebook.IsSo
	}
	return rulebook.IsNot
}

// decidePrice reckons the price by the formula and the base price of today (I-125).
func (v *View) decidePrice(m *buyBackMove) (buyBackEffect, error) {
	if err := v.judgeBuyBack(rulebook.BuyBack, m.BuyBack); err != nil {
		return nil, err
	}
	by, err := v.known.priceBasis(m.Region, m.Pollutant, v.Today)
	if err != nil {
		return nil, err
	}
	if err := v.checkPriced(m.Holding(), 0); err != nil {
		return nil, err
	}
	id, _ := v.ledger.Find(m.Holding())
	months := v.monthsToPay(m.BuyBack)
	rows, amount, err := by.formula.PriceRows(m.ToPrice(v.ledger.Acquisitions(id)), m.Quantity, by.base, months)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, b *reserve.BuyBack) {
		b.Formula, b.FormulaDocument = by.formula, by.document
		b.BasePrice, b.PriceDocument, b.Months, b.Amount, b.PricedOn = by.base, by.priced, int32(months), amount, tx.Today //nolint:gosec // months of a term
		for _, r := range rows {
			r.BuyBack = b.ID
			Put(tx, BuyBackPrices, r)
		}
	}, nil
}

// checkPriced holds that a quantity more, beside all that is held aside in a
// holding, could be taken from acquisitions with a known price.
func (v *View) checkPriced(k ledger.Key, more quantity.Quantity) error {
	id, _ := v.ledger.Find(k)
	if unpriced := v.ledger.Unpriced(id); int64(unpriced+more) > v.ledger.BalanceOf(id).Available() {
		return reserve.ErrPriceUnknown.With("what was paid is not known of %s t/a of the holding: go on with less", unpriced)
	}
	return nil
}

// priceAt prices a buy-back at the price of a standing offer.
func (v *View) priceAt(b reserve.BuyBack, offer reserve.StandingOffer) (reserve.BuyBack, error) {
	months := v.monthsToPay(b)
	amount, err := quantity.TradeAmount(offer.Price, b.Quantity, months, quantity.HalfUp)
	if err != nil {
		return b, err
	}
	if amount == 0 {
		return b, reserve.ErrBuyBackAmount.At("quantity")
	}
	b.BasePrice, b.PriceDocument, b.Months, b.Amount = offer.Price, offer.Document, int32(months), amount //nolint:gosec // months of a term
	b.PricedOn, b.Budget = v.Today, offer.Budget
	return b, nil
}

// checkRowsToUse holds that a buy-back uses up a bounded number of acquisitions.
func (v *View) checkRowsToUse(b reserve.BuyBack) error {
	used, err := v.rowsToUse(b)
	if err != nil {
		return err
	}
	return reserve.CheckRows(used, reserve.PricedRowsMax)
}
