package app

import (
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// The faults of amending an order, beside those of placing one.
var (
	// ErrAmendNothing is returned when neither price nor quantity would change.
	ErrAmendNothing = fault.New(fault.Invalid, "order.amend_nothing", "name another price, another quantity, or both")
	// ErrAmendBelowFilled is returned when the quantity is not more than what is filled already.
	ErrAmendBelowFilled = fault.New(fault.Refused, "order.amend_below_filled", "the quantity must be more than what is filled: cancel the order to end it there").At("quantity").
				Under("market.amend", "project default: an order keeps its fills")
)

// OrderAmend changes an open order, which keeps its number. A lower quantity
// alone keeps its place; anything else is a new order in the old one's stead,
// which goes behind the others and may trade at once.
type OrderAmend struct {
	Order    int64
	Price    quantity.Price    // 0: as it is
	Quantity quantity.Quantity // in all, with what is filled; 0: as it is

	ExistingUnit bool // a buy without a project is for the unit that the licence has; asked for what it buys more
}

var _ = declare(OrderAmend{})

// Operation is OrderAmend.
func (OrderAmend) Operation() identity.Operation { return identity.OrderAmend }

// Decide checks the order as it would be. The result is an OrderResult.
func (c OrderAmend) Decide(v *View) (Apply, error) {
	o, err := v.openOrder(identity.OrderAmend, c.Order)
	if err != nil {
		return nil, err
	}
	e, err := c.entry(v, o)
	if err != nil {
		return nil, err
	}
	if err := fault.First(v.checkCancel(o), c.checkSaid(o)); err != nil {
		return nil, err
	}
	if e.order.Price == o.Price && e.order.Quantity < o.Quantity {
		return c.lower(v, o, e)
	}
	l := v.traderOf(o)
	terms := PlaceOrder{Side: o.Side, Price: e.order.Price, Quantity: e.order.Quantity, TimeInForce: o.TimeInForce, Project: o.Project, Kind: o.Kind}
	if err := terms.checkTerms(v, e.market, e.inst); err != nil {
		return nil, err
	}
	if err := terms.checkSession(v, e.market, e.inst); err != nil {
		return nil, err
	}
	if err := c.checkUse(v, &e.order, o, e.inst.Pollutant); err != nil {
		return nil, err
	}
	e.order.Queued = v.Number
	if err := e.admit(v, l, o); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.amend(o, e) }, nil
}

// entry is the order as it would be, with its market and instrument.
func (c OrderAmend) entry(v *View, o *market.Record) (entry, error) {
	e := entry{
		order: *o, market: rowsOf(v.state, Markets).rows[o.Market], inst: rowsOf(v.state, Instruments).rows[o.Instrument],
		tariff: v.tariff(o.Schedule),
	}
	if c.Price != 0 {
		e.order.Price = c.Price
	}
	if c.Quantity != 0 {
		e.order.Quantity = c.Quantity
	}
	switch {
	case e.order.Price < 0:
		return e, ErrPriceNotPositive
	case e.order.Quantity < 0:
		return e, ErrQuantityNotPositive
	case e.order.Price == o.Price && e.order.Quantity == o.Quantity:
		return e, ErrAmendNothing
	case !e.order.Quantity.IsMultipleOf(e.market.LotSize):
		return e, ErrQuantityStep.With("the quantity must be a multiple of %s t", e.market.LotSize)
	case e.order.Quantity <= o.Filled():
		return e, ErrAmendBelowFilled.With("%s t are filled already: the quantity must be more, or the order cancelled", o.Filled())
	}
	e.order.Remaining -= o.Quantity - e.order.Quantity
	return e, nil
}

// checkSaid holds that what an order is for stays as it is, whatever else changes:
// who buys for something else places another order.
func (c OrderAmend) checkSaid(o *market.Record) error {
	switch {
	case !c.ExistingUnit:
		return nil
	case o.OfCredits():
		return ErrProjectOfCredits.At("existing_unit")
	case o.Side == market.Sell:
		return ErrProjectOfSale.At("existing_unit")
	case o.Project != 0:
		return ErrProjectOrUnit.With("the order is for project %d and stays so: cancel it to buy for the existing unit", o.Project)
	}
	return nil
}

// checkUse holds what an order would buy more to what it is for.
func (c OrderAmend) checkUse(v *View, now, before *market.Record, pollutant string) error {
	more := now.Remaining - before.Remaining
	if now.OfCredits() || now.Side == market.Sell || more <= 0 {
		return nil
	}
	return v.checkUse(use{now.Project, c.ExistingUnit}, v.traderOf(now), pollutant, more)
}

// lower decides to lower a quantity: the order keeps its place, and the rules do
// not judge it anew, so that it is possible also while the market is halted. A sale
// still brings more than its fee.
func (c OrderAmend) lower(v *View, o *market.Record, e entry) (Apply, error) {
	var err error
	if e.key, err = v.holdKey(o); err != nil {
		return nil, err
	}
	e.months = e.monthsOf(v)
	cost, err := market.HoldOf(o.Price, e.order.Remaining, e.months)
	if err != nil {
		return nil, err
	}
	if o.Side == market.Sell {
		e.order.Hold = goodsHeld(o.OfCredits(), e.order.Remaining)
		if err := e.checkFeeOfSale(cost); err != nil {
			return nil, err
		}
	} else {
		hold, err := e.tariff.HoldWithFee(cost, o.Amount, o.Fee)
		if err != nil {
			return nil, err
		}
		e.order.Hold = min(int64(hold), o.Hold)
	}
	return func(tx *Tx) any { return tx.lower(o, e) }, nil
}

// lower takes a part of an open order out of its book.
func (tx *Tx) lower(o *market.Record, e entry) OrderResult {
	less := o.Remaining - e.order.Remaining
	r := OrderResult{Order: e.order, Market: e.market.Code, Instrument: e.inst.Code}
	tx.Release(e.key, o.Hold-e.order.Hold)
	tx.claim(o, e.inst.Pollutant, -less)
	if tx.dry != nil {
		tx.dryAmend(o, &e.order)
		return r
	}
	if !tx.changedBook(o.Market, o.Instrument).Reduce(o.ID, e.order.Remaining) {
		panic("app: an open order is not in its book")
	}
	tx.batch.Amended = true
	tx.putOrder(&e.order, false)
	r.Order = e.order
	return r
}

// amend puts an order in the place of an open one, under its number.
func (tx *Tx) amend(o *market.Record, e entry) OrderResult {
	if tx.dry != nil {
		tx.Release(e.key, o.Hold)
		if e.order.Hold > 0 {
			tx.Hold(e.key, e.order.Hold)
		}
		if o.Side == market.Sell {
			tx.claim(o, e.inst.Pollutant, e.order.Remaining-o.Remaining)
		}
		tx.dryAmend(o, &e.order)
		return OrderResult{Order: e.order, Market: e.market.Code, Instrument: e.inst.Code}
	}
	if _, rests := tx.changedBook(o.Market, o.Instrument).Cancel(o.ID); !rests {
		panic("app: an open order is not in its book")
	}
	tx.giveUp(o, e.key, e.inst.Pollutant)
	tx.batch.Amended = true
	tx.enter(&e, false)
	return tx.match(&e)
}

// dryAmend shows how an order changes.
func (tx *Tx) dryAmend(before, after *market.Record) {
	shown := *after
	shown.Queued = before.Queued // its place follows from when it is approved
	tx.dry.others = append(tx.dry.others, fieldEffects("order", before.ID, before, &shown, tx.Today)...)
}
