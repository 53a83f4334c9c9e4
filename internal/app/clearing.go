package app

import (
	"permitx/internal/approval"
	"permitx/internal/fault"
	"permitx/internal/market"
)

// timerClearing is the next step of a proposal that is clearing: it is armed for
// the instant of the approval, so that no person's command comes in between.
const timerClearing = "proposal.clear"

var _ = declareTimer(timerClearing, goOnClearing)

// ordersOn returns all open orders that a condition selects, by id.
func (v *View) ordersOn(rests func(*market.Record) bool) []*market.Record {
	return v.restingOrders(len(v.orders), rests)
}

// leave says that open orders leave the books before what is decided is done,
// which cancels them itself where they are at most MaxCancels. Where they are
// more its proposal is clearing first, so that the command must be governed.
func (v *View) leave(orders []*market.Record) []*market.Record {
	v.leaving = append(v.leaving, orders...)
	return orders
}

// beginClearing approves a proposal that is done when the orders have left.
func (v *View) beginClearing(p approval.Proposal, by approval.By, orders []*market.Record) (Apply, error) {
	p, err := p.Step(approval.Clear, by, v.Actor.Person, v.Now)
	if err != nil {
		return nil, err
	}
	if p.ApprovedIn == 0 {
		p.ApprovedIn = v.Number
	}
	return func(tx *Tx) any { return ProposalResult{Proposal: tx.clear(p, idsOfOrders(orders))} }, nil
}

func idsOfOrders(orders []*market.Record) []int64 {
	ids := make([]int64, len(orders))
	for n, o := range orders {
		ids[n] = o.ID
	}
	return ids
}

// clear takes as many orders out of the books as one command may, the newest
// first, and comes again.
func (tx *Tx) clear(p approval.Proposal, ids []int64) approval.Proposal {
	var now []*market.Record
	for ; len(ids) > 0 && len(now) < MaxCancels; ids = ids[:len(ids)-1] {
		if o := tx.orders[ids[len(ids)-1]]; o != nil { // it may have ended since
			now = append(now, o)
		}
	}
	tx.cancelAll(now)
	tx.clears[p.ID] = ids
	tx.Arm(tx.Now, timerClearing, p.ID)
	return Put(tx, Proposals, p)
}

// goOnClearing takes further orders out of the books or, behind them, does what
// was approved. Where that is no longer what was shown the proposal has failed.
func goOnClearing(v *View, id int64) (Apply, error) {
	p, err := Get(v, Proposals, "proposal", id)
	if err != nil || p.State != approval.Clearing {
		return nil, err
	}
	if ids := v.clears[id]; len(ids) > 0 {
		return func(tx *Tx) any { return tx.clear(p, ids) }, nil
	}
	d, err := v.asShown(p, nil)
	if err == nil && len(d.leaving) > MaxCancels { // since a restart
		return func(tx *Tx) any { return tx.clear(p, idsOfOrders(d.leaving)) }, nil
	}
	event := approval.Execute
	if f, refused := fault.As(err); refused && f.Kind != fault.Unavailable {
		event, p.Reason = approval.Fail, shortNote("when the open orders had left: "+f.Detail)
	} else if err != nil {
		return nil, err
	}
	if p, err = p.Step(event, approval.Timer, 0, v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		delete(tx.clears, id)
		if event == approval.Execute {
			d.apply(tx)
		}
		return Put(tx, Proposals, p)
	}, nil
}
