package app

import (
	"math"

	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// A freeze of credits is of a number of units of a party's series, and of no range:
// units of a series are alike. What it has frozen is held in the party's account, as
// what open orders sell is, and nobody's to use (I-130).

// ErrUnitsFrozen is returned when units that would be used are frozen.
var ErrUnitsFrozen = fault.New(fault.Refused, "carbon.units_frozen", "a court or a bureau has frozen the units").At("units").
	Under("carbon.frozen", "project default: a freeze holds for credits as for permits")

// ofCredits is the freeze of a party's credits, whose scheme's bureau keeps it.
func (c FreezeTerms) ofCredits(v *View, op identity.Operation, f encumbrance.Freeze) (encumbrance.Freeze, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return f, err
	}
	series, err := Get(v, CreditSeries, "series", c.Series)
	if err != nil {
		return f, err
	}
	scheme := rowsOf(v.state, CarbonSchemes).rows[series.Scheme]
	if err := v.AuthoriseAt("series", op, identity.OfRegion(scheme.Region)); err != nil {
		return f, err
	}
	if _, err := Get(v, Parties, "party", c.Party); err != nil {
		return f, err
	}
	if most := math.MaxInt64 / int64(scheme.SerialUnit); c.Units <= 0 || c.Units > most {
		return f, fault.Invalidf("units", "must be from 1 to %d", most)
	}
	f.Party, f.Region, f.Series, f.Pollutant, f.Amount = c.Party, scheme.Region, series.ID, series.Code, c.Units*int64(scheme.SerialUnit)
	return f, nil
}

// sellCredits is FreezeSell of credits: to any party that may buy some.
func (c FreezeSell) sellCredits(v *View, f encumbrance.Freeze) (Apply, error) {
	if c.BuyerLicence != 0 || c.Quantity != 0 {
		return nil, fault.Invalidf("buyer_licence", "credits go to a party, by their units")
	}
	if c.BuyerParty == f.Party {
		return nil, ErrBuyerIsHolder.At("buyer_party")
	}
	series := rowsOf(v.state, CreditSeries).rows[f.Series]
	if err := fault.First(v.judgeCreditParty(v.known, "buyer_party", c.BuyerParty), atField(series.CheckUsable(v.Today), "id")); err != nil {
		return nil, err
	}
	h := creditHolder{f.Series, f.Party}
	from, scheme := v.creditAccount(h)
	switch {
	case c.Units <= 0:
		return nil, fault.Invalidf("units", "must be more than zero")
	case c.Units > f.Amount/int64(scheme.SerialUnit):
		return nil, encumbrance.ErrNotFrozen.At("units")
	}
	sold, err := f.Sell(c.Units * int64(scheme.SerialUnit))
	if err != nil {
		return nil, err
	}
	taken, err := carbon.Split(v.unsoldRanges(h, c.Units), c.Units)
	if err != nil {
		return nil, err
	}
	to := from
	to.Party = c.BuyerParty
	s := encumbrance.JudicialSale{
		FreezeOrder: f.ID, Party: f.Party, Region: f.Region, BuyerParty: c.BuyerParty, Series: f.Series, Quantity: tonnesOf(c.Units, scheme),
		Amount: c.Amount, Document: c.Document, RecordedAt: v.Now,
	}
	return func(tx *Tx) any {
		s := Put(tx, JudicialSales, s)
		tx.changeUnits(taken, func(r *carbon.Range) { r.Party = c.BuyerParty })
		leg := ledger.Leg{Debit: from, Credit: to, Amount: c.Units * int64(scheme.SerialUnit), FromHeld: true}
		s.Transfer = tx.Post(ledger.Transfer{Reason: ledger.JudicialSale, Reference: s.ID, Legs: []ledger.Leg{leg}})[0].Transfer
		tx.putSold(sold, s.Document)
		return JudicialSaleResult{Sale: Put(tx, JudicialSales, s), Series: f.Pollutant}
	}, nil
}

// frozenIn is what the freezes of an account have frozen, and one of them.
func (v *View) frozenIn(k ledger.Key) (amount int64, by encumbrance.Freeze) {
	if len(v.frozen.of) == 0 {
		return 0, by
	}
	id, _ := v.ledger.Find(k)
	for _, f := range v.openFreezes(id) {
		if amount += f.Frozen; by.Frozen == 0 {
			by = f
		}
	}
	return amount, by
}

// frozenUnits is how many units of a party's series are frozen, and by which freeze.
func (v *View) frozenUnits(h creditHolder) (int64, encumbrance.Freeze) {
	key, scheme := v.creditAccount(h)
	amount, by := v.frozenIn(key)
	return amount / int64(scheme.SerialUnit), by
}

// checkNotFrozen returns ErrUnitsFrozen when a party has as many units of a series, and
// freezes leave fewer.
func (v *View) checkNotFrozen(h creditHolder, units int64) error {
	frozen, by := v.frozenUnits(h)
	return checkUnitsFrozen(units, v.credits.free[h], frozen, by)
}

// checkUnitsFrozen is View.checkNotFrozen of so many free units, and frozen ones of them.
func checkUnitsFrozen(units, free, frozen int64, by encumbrance.Freeze) error {
	if frozen > 0 && units > free-frozen && units <= free {
		return ErrUnitsFrozen.With("%d units are frozen, by freeze %d (%s, %s)", frozen, by.ID, by.IssuerName, by.OrderNumber)
	}
	return nil
}
