package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// entry is an order that may be placed: everything Apply needs.
type entry struct {
	order  market.Record
	market catalog.Market
	inst   catalog.Instrument
	months int
	makers int // how many orders it will trade with
	ranges int // of credits that these sell
	key    ledger.Key
	tariff *market.Tariff
	taken  market.Order       // what of it goes into the book
	tif    market.TimeInForce // and for how long
	ends   market.Ending      // of what is then left and does not rest
	// collects says that the market is in a call: the order rests without matching.
	collects bool
}

// noOrder is what a new order takes the place of.
var noOrder market.Record

// admit judges an order, says what it holds aside, and looks whom it meets.
// What the order whose place it takes has set aside is there for it.
func (e *entry) admit(v *View, l catalog.Licence, before *market.Record) error {
	e.months, e.collects = e.monthsOf(v), v.phaseOf(e.market.ID) == market.PhaseCall
	whole, err := market.HoldOf(e.order.Price, e.order.Quantity, e.months)
	if err != nil {
		return err
	}
	if err := v.checkSigner(l.Party, whole); err != nil {
		return err
	}
	if err := v.judgeOrder(v.known, &e.order, l, e.inst, before.Remaining, 0); err != nil {
		return err
	}
	if err := e.hold(v, l, before); err != nil {
		return atField(err, "quantity")
	}
	if e.collects { // it meets nobody now
		e.taken, e.tif = e.order.Entry(), e.order.TimeInForce
		return nil
	}
	return e.checkMakers(v)
}

// monthsOf is the term factor of a trade today; 0 where the price is outright.
func (e *entry) monthsOf(v *View) int {
	if e.market.PriceBasis == catalog.PerYear {
		return v.monthsLeft(e.inst)
	}
	return 0
}

// hold says what the order holds aside, which must be there: what it sells, or
// money for the cost and the fees.
func (e *entry) hold(v *View, l catalog.Licence, before *market.Record) error {
	o := &e.order
	cost, err := market.HoldOf(o.Price, o.Remaining, e.months)
	if err != nil {
		return err
	}
	if o.Side == market.Sell {
		e.key, o.Hold = v.goodsKey(o, l, e.inst), goodsHeld(o.OfCredits(), o.Remaining)
		return e.checkSale(v, cost, before)
	}
	hold, err := e.tariff.HoldWithFee(cost, o.Amount, o.Fee)
	if err != nil {
		return err
	}
	e.key, o.Hold = ledger.FundsKey(l.Party), int64(hold)
	switch more := o.Hold - before.Hold; {
	case more <= 0:
		return nil
	case hold > cost && v.ledger.CheckHold(e.key, more) != nil && v.ledger.CheckHold(e.key, max(more-int64(hold-cost), 1)) == nil:
		return ErrFeeNotCovered.With("the order holds %s for its cost and %s for its fees, which the funds do not cover", cost, hold-cost)
	default:
		return v.ledger.CheckHold(e.key, more)
	}
}

// checkSale holds that what is sold may go, for more than the fee.
func (e *entry) checkSale(v *View, cost quantity.Money, before *market.Record) error {
	return fault.First(e.checkGoodsOfSale(v, before), e.checkFeeOfSale(cost))
}

// checkFeeOfSale returns ErrFeeNotCovered where what is left of a sale brings less than
// is then still to be charged for it.
func (e *entry) checkFeeOfSale(cost quantity.Money) error {
	if fee := e.tariff.Fee(market.Sell, e.order.Amount+cost, false); fee > 0 && fee-e.order.Fee > cost {
		return ErrFeeNotCovered.With("the sale brings %s at its price and its fee comes to %s", cost, fee)
	}
	return nil
}

// checkResale returns ErrResaleToday when more of a holding would be sold than was
// acquired before today, in a market where it waits until tomorrow.
func (v *View) checkResale(m catalog.Market, holding ledger.AccountID, more quantity.Quantity) error {
	if !m.ResaleNextDay {
		return nil
	}
	if ready := v.readySince(holding, v.Today); more > ready {
		return ErrResaleToday.With("%s t/a are left that were acquired before today, %s more are needed", max(ready, 0), more)
	}
	return nil
}

// readySince is what of a holding is available that was not acquired on a day.
// What is older is used up first, also by what is held aside.
func (v *View) readySince(holding ledger.AccountID, day calendar.Date) quantity.Quantity {
	b := v.ledger.BalanceOf(holding)
	ready := quantity.Quantity(b.Available())
	for _, a := range v.ledger.Acquisitions(holding) {
		if a.AcquiredOn == day {
			ready -= a.Remaining
		}
	}
	return ready
}

// checkMakers looks whom an order would trade with, before anything moves: not
// too many, and none of another basin. It ends before one of its own group; an
// order that would have to be filled at once is refused where it would not.
func (e *entry) checkMakers(v *View) error {
	o := &e.order
	var other error
	var sellers map[int64]quantity.Quantity // of credits that a buy meets, by party
	if o.OfCredits() && o.Side == market.Buy {
		sellers = map[int64]quantity.Quantity{}
	}
	looks := v.looksAtBasin(o)
	reach := v.book(o.Market, o.Instrument).Reach(o.Entry(), MaxFills, func(maker int64) bool {
		if v.isOwn(o.Party, v.orders[maker].Party) {
			return false
		}
		if looks {
			other = v.judgeMaker(v.judged, v.orders[maker])
		}
		if sellers != nil {
			sellers[v.orders[maker].Party] += v.orders[maker].Remaining
		}
		return other == nil
	})
	var may bool
	e.makers, e.ends = reach.Makers, market.Unfilled
	e.taken, e.tif, may = reach.Cut(o.Entry(), o.TimeInForce)
	if reach.Barred != 0 {
		e.ends = market.SelfTrade
	}
	switch {
	case other != nil:
		return other
	case !may:
		return ErrSelfTrade
	case reach.Makers > MaxFills:
		return ErrTooManyFills
	case o.TimeInForce == market.FOK && reach.Quantity < o.Remaining:
		return ErrNotFillable.With("the book has %s t for the order now and it asks for %s: nothing was done", reach.Quantity, o.Remaining)
	}
	if o.OfCredits() && o.Side == market.Sell {
		sellers = map[int64]quantity.Quantity{o.Party: reach.Quantity}
	}
	return e.checkRangesMoved(v, sellers)
}

// isOwn reports whether two parties are one, or belong to one group.
func (v *View) isOwn(a, b int64) bool {
	return a == b || len(v.byCode.groups) > 0 && v.byCode.groups[a] != "" && v.byCode.groups[a] == v.byCode.groups[b]
}

// partsOf counts the acquisitions that q would use up, as far as MaxFills and one.
func (v *View) partsOf(holding ledger.AccountID, q quantity.Quantity) (parts int) {
	for _, a := range v.ledger.Acquisitions(holding) {
		if q <= 0 || parts > MaxFills {
			break
		}
		if a.PriceKnown {
			q -= a.Remaining
			parts++
		}
	}
	return parts
}

// monthsLeft is the term factor of a trade today. A part month counts: the
// seller gives it up and the buyer can use it (project default, after the
// remaining-term rule of Jiaozhou).
func (v *View) monthsLeft(i catalog.Instrument) int {
	return calendar.RemainingMonths(v.Today, i.TermEnd, true)
}

// holdKey is the account that an order holds aside in.
func (v *View) holdKey(o *market.Record) (ledger.Key, error) {
	if o.Side == market.Buy {
		return ledger.FundsKey(o.Party), nil
	}
	i, err := Get(v, Instruments, "instrument", o.Instrument)
	if err != nil || o.OfCredits() {
		return v.creditGoods(o.Party, i), err
	}
	l, err := Get(v, Licences, "licence", o.Licence)
	return HoldingKey(l, i, ledger.Paid), err
}
