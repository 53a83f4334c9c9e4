package app

import (
	"slices"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
)

// OrderSweeps are what was cancelled all at once.
var OrderSweeps = cold[market.Sweep]("order_sweep")

// timerSweep is the next step of a sweep.
const timerSweep = "order.sweep"

// OrderSweep cancels all open orders of a party, or those in one market, of one
// instrument or side. A command cancels MaxCancels of them; the next ones follow
// before anything else is done, so that none of them trades meanwhile.
type OrderSweep struct {
	Party      int64
	Licence    int64       // 0: any
	Market     string      // "": any
	Instrument string      // "": any
	Side       market.Side // 0: any
}

// SweepResult is a sweep as it is after its first step, and what that cancelled.
type SweepResult struct {
	Sweep      market.Sweep
	Market     string
	Instrument string
	Cancelled  []int64
}

var (
	_ = declare(OrderSweep{})
	_ = declareTimer(timerSweep, goOnSweeping)
)

// Operation is OrderSweep.
func (OrderSweep) Operation() identity.Operation { return identity.OrderSweep }

// Decide checks what the sweep is for. The result is a SweepResult, also where
// nothing is open.
func (c OrderSweep) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("party", identity.OrderSweep, identity.OfParty(c.Party, "")); err != nil {
		return nil, err
	}
	w := market.Sweep{Party: c.Party, Side: c.Side, Ending: market.Withdrawn, RequestedBy: v.Actor.Person}
	if c.Licence != 0 {
		l, err := Get(v, Licences, "licence", c.Licence)
		if err != nil {
			return nil, err
		}
		if l.Party != c.Party {
			return nil, ErrNoRecord.At("licence")
		}
		w.Licence = l.ID
	}
	if c.Market != "" {
		m, err := v.Market("market", c.Market)
		if err != nil {
			return nil, err
		}
		w.Market = m.ID
	}
	if c.Instrument != "" {
		i, err := v.Tradable("instrument", c.Instrument)
		if err != nil {
			return nil, err
		}
		w.Instrument = i.ID
	}
	if c.Side > market.Sell {
		return nil, fault.Invalidf("side", "must be buy or sell, or left out for both")
	}
	return func(tx *Tx) any {
		r := SweepResult{Market: c.Market, Instrument: c.Instrument}
		r.Sweep, r.Cancelled = tx.sweep(w)
		return r
	}, nil
}

// sweep begins to cancel all open orders that w selects, and returns those that
// its first step has cancelled.
func (tx *Tx) sweep(w market.Sweep) (market.Sweep, []int64) {
	ids := tx.idsOf(w)
	w.State, w.Matched, w.RequestedAt = market.SweepDone, int64(len(ids)), tx.Now
	if len(ids) == 0 && w.RequestedBy == 0 { // a fact that meets no order says nothing about orders
		return w, nil
	}
	return tx.stepSweep(Put(tx, OrderSweeps, w), ids)
}

// stepSweep cancels as many of a sweep's orders as one command may.
func (tx *Tx) stepSweep(w market.Sweep, ids []int64) (market.Sweep, []int64) {
	now := make([]*market.Record, 0, min(len(ids), MaxCancels))
	for ; len(ids) > 0 && len(now) < MaxCancels; ids = ids[1:] {
		if o := tx.orders[ids[0]]; o != nil { // it may have ended since
			now = append(now, o)
		}
	}
	cancelled := tx.cancelEach(now, market.Cancelled, w.Ending)
	w.Cancelled += int64(len(cancelled))
	w.State = market.SweepDone
	if len(ids) > 0 {
		w.State = market.SweepRunning
		tx.Arm(tx.Now, timerSweep, w.ID)
	}
	if tx.dry == nil {
		tx.sweeps[w.ID] = ids
		if len(ids) == 0 {
			delete(tx.sweeps, w.ID)
		}
	}
	return Put(tx, OrderSweeps, w), cancelled
}

func goOnSweeping(v *View, id int64) (Apply, error) {
	w, err := Get(v, OrderSweeps, "sweep", id)
	if err != nil {
		return nil, err
	}
	ids, known := v.sweeps[id]
	if !known { // since a restart
		ids = v.idsOf(w)
	}
	return func(tx *Tx) any {
		w, _ := tx.stepSweep(w, ids)
		return w
	}, nil
}

// idsOf are the open orders that a sweep selects, by id.
func (v *View) idsOf(w market.Sweep) []int64 {
	var ids []int64
	for id, o := range v.orders {
		if w.Selects(o) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
