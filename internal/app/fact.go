package app

import (
	"slices"

	"permitx/internal/market"
)

// MaxCancels bounds the orders that a change of fact cancels in its own
// command: a command stages a bounded number of rows.
const MaxCancels = 400

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
