package app

import (
	"math"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// What an order trades is asked here and nowhere else: permits of a licence, or
// credits of a party (ordercredit.go). Nothing else of an order's life depends
// on which.

// The faults of naming what is traded, in the order in which they are checked.
var (
	// ErrTrader is returned when an order names neither a licence nor a party, or both.
	ErrTrader = fault.New(fault.Invalid, "order.trader_missing", "permits are traded for a licence, credits by the party: name one of the two").At("licence")
	// ErrTraderOfPermits is returned when permits would be traded by a party as such.
	ErrTraderOfPermits = fault.New(fault.Invalid, "order.licence_missing", "permits are traded for a licence: name the licence, not the party").At("licence")
	// ErrTraderOfCredits is returned when credits would be traded for a licence.
	ErrTraderOfCredits = fault.New(fault.Invalid, "order.licence_of_credits", "credits are a party's and of no licence: name the party, not a licence").At("licence")
	// ErrProjectOfCredits is returned when credits would be bought for a project or a unit.
	ErrProjectOfCredits = fault.New(fault.Invalid, "order.project_of_credits", "credits are bought for no project and no unit: leave it out").At("project")
)

// checkGoods holds that who trades may trade such things: permits for a licence
// of a region that takes part and a project that needs them, credits for a party.
func (c PlaceOrder) checkGoods(v *View, m catalog.Market, l catalog.Licence, i catalog.Instrument) error {
	switch {
	case !i.OfCredits() && l.ID != 0:
		if err := v.checkArea(l, m); err != nil {
			return err
		}
		return c.checkOrderUse(v, m, l, i.Pollutant)
	case !i.OfCredits():
		return ErrTraderOfPermits
	case l.ID != 0:
		return ErrTraderOfCredits
	case c.Project != 0 || c.ExistingUnit:
		return ErrProjectOfCredits
	}
	return nil
}

// traderOf is the licence that an order is for; one of credits is for none, and
// only its party is set.
func (v *View) traderOf(o *market.Record) catalog.Licence {
	if o.OfCredits() {
		return catalog.Licence{Party: o.Party}
	}
	return rowsOf(v.state, Licences).rows[o.Licence]
}

// judgeOrder judges an order by what is known. What it, or the order whose place
// it takes, has set aside is there for it; freed is what its licence bids for
// beside it no longer.
func (v *View) judgeOrder(k *knowledge, o *market.Record, l catalog.Licence, i catalog.Instrument, own, freed quantity.Quantity) error {
	if o.OfCredits() {
		return v.judgeCreditParty(k, "party", o.Party)
	}
	f := &v.judged
	v.orderFacts(f, k, o, l, i)
	f.Seller.Holding.Ready += own
	f.Seller.Holding.Surplus += own
	f.Buyer.Holding.Total -= own + freed
	return v.judge(f)
}

// looksAtBasin reports whether the order that was judged last may not meet those
// of another basin.
func (v *View) looksAtBasin(o *market.Record) bool {
	f := &v.judged
	return !o.OfCredits() && f.Medium == catalog.Water && (f.Seller.Site.Basin != "" || f.Buyer.Site.Basin != "")
}

// goodsKey is the account that an order sells out of, or buys into.
func (v *View) goodsKey(o *market.Record, l catalog.Licence, i catalog.Instrument) ledger.Key {
	if o.OfCredits() {
		return v.creditGoods(o.Party, i)
	}
	return HoldingKey(l, i, ledger.Paid)
}

// goodsHeld is what a sale of q holds aside in that account. What is more
// than any account holds is the largest that can be.
func goodsHeld(ofCredits bool, q quantity.Quantity) int64 {
	switch {
	case !ofCredits:
		return int64(q)
	case int64(q) > math.MaxInt64/creditAtoms:
		return math.MaxInt64
	}
	return int64(q) * creditAtoms
}

// checkGoodsOfSale holds that what a sale offers is there and may go.
func (e *entry) checkGoodsOfSale(v *View, before *market.Record) error {
	if e.order.OfCredits() {
		return e.checkCreditsOfSale(v, before)
	}
	id, _ := v.ledger.Find(e.key)
	if err := v.checkResale(e.market, id, e.order.Remaining-before.Remaining); err != nil {
		return err
	}
	if v.partsOf(id, e.order.Remaining) > MaxFills {
		return ErrTooManyParts
	}
	return nil
}

// claim raises, or with a negative q lowers, what an order lays claim to beside
// what it holds aside: a sell to verified surplus, a buy to room of its licence
// and to what its project needs. An order of credits lays claim to nothing.
func (tx *Tx) claim(o *market.Record, pollutant string, q quantity.Quantity) {
	switch {
	case o.OfCredits() || q == 0:
		return
	case o.Side == market.Sell:
		tx.ChangeSurplus(o.Licence, pollutant, func(s *market.Surplus) { s.Held += q })
	case tx.dry == nil:
		tx.wanted.add(o.Licence, pollutant, q)
	}
	tx.projectBids(o.Project, pollutant, q)
}

// claimMet lowers what a buy lays claim to by what it has got.
func (tx *Tx) claimMet(o *market.Record, pollutant string, q quantity.Quantity) {
	if !o.OfCredits() {
		tx.wanted.add(o.Licence, pollutant, -q)
		tx.projectFilled(o.Project, pollutant, q)
	}
}

// deliverFill moves what was traded, and its price, in one transfer.
func (tx *Tx) deliverFill(t market.Trade, seller, buyer ledger.Key, i catalog.Instrument) {
	if i.OfCredits() {
		tx.deliverCredits(t, seller, buyer, i)
		return
	}
	d := settlement.Delivery{Seller: seller, Buyer: buyer, Quantity: t.Quantity, Exchange: quantity.OneRatio, Offset: quantity.OneRatio}
	tx.deliver(d, must(d.Outcome()), ledger.Fill, t.ID, t.Amount, acquisitionOf(tx, t))
}
