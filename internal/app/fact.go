package app

import (
	"slices"

	"permitx/internal/fault"
	"permitx/internal/market"
)

// MaxCancels bounds the orders that a change of fact cancels in its own
// command: a command stages a bounded number of rows.
const MaxCancels = 400

// ErrTooManyOpenOrders is returned when more orders rest on a fact than its
// change can cancel at once.
var ErrTooManyOpenOrders = fault.New(fault.Refused, "order.too_many_open", "more than 400 open orders rest on this: they must be cancelled first")

// restingOrders returns the open orders that a condition selects, by id: what
// a change of fact takes out of the books. It stops at most and one more.
func (v *View) restingOrders(most int, rests func(*market.Record) bool) []*market.Record {
	var ids []int64
	for id, o := range v.orders {
		if rests(o) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	found := make([]*market.Record, 0, min(len(ids), most+1))
	for _, id := range ids[:min(len(ids), most+1)] {
		found = append(found, v.orders[id])
	}
	return found
}

// ordersToCancel returns the open orders that a condition selects, or
// ErrTooManyOpenOrders.
func (v *View) ordersToCancel(rests func(*market.Record) bool) ([]*market.Record, error) {
	found := v.restingOrders(MaxCancels, rests)
	if len(found) > MaxCancels {
		return nil, ErrTooManyOpenOrders
	}
	return found, nil
}

// cancelAll takes open orders out of their books, because what they rested on
// holds no longer, and returns their ids.
func (tx *Tx) cancelAll(orders []*market.Record) []int64 {
	return tx.cancelEach(orders, market.Cancelled, market.FactChanged)
}

func (tx *Tx) cancelEach(orders []*market.Record, state market.State, ending market.Ending) []int64 {
	ids := make([]int64, 0, len(orders))
	for _, o := range orders {
		tx.cancel(o, state, ending)
		ids = append(ids, o.ID)
	}
	return ids
}
