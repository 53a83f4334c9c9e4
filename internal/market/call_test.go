package market

import (
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/quantity"
)

// Market orders that wait for a call lie beside the levels: they are found,
// lowered, taken and cancelled by their numbers, are in Each, Len and the digest,
// and in no level; what takes the widest prices decides what of the limits a call
// can trade.
func TestBook_AtCall(t *testing.T) {
	t.Parallel()
	b, arrival := NewBook(), []int64{1, 2, 4, 3}
	queued := func(id int64) int64 { return int64(slices.Index(arrival, id)) }
	b.Rest(Order{ID: 5, Side: Sell, Price: 20, Quantity: 5})
	b.Rest(Order{ID: 6, Side: Sell, Price: 30, Quantity: 5})
	b.Rest(Order{ID: 7, Side: Buy, Price: 10, Quantity: 5})
	if b.IsCrossed() || b.Validate() != nil {
		t.Fatalf("without market orders: %v", b.Validate())
	}
	for i, price := range []quantity.Price{25, 40, 40} {
		b.RestAtCall(Order{ID: arrival[i], Side: Buy, Price: price, Quantity: 10})
	}
	if best, _ := b.Best(Buy); best != 10 || !b.IsCrossed() || b.Len() != 6 || b.AtCall(Buy) != 30 || b.AtCall(Sell) != 0 {
		t.Errorf("best %s, crossed %t, %d orders, %s at the call", best, b.IsCrossed(), b.Len(), b.AtCall(Buy))
	}
	if got := b.Crossed(Sell, nil); len(got) != 2 {
		t.Errorf("a call can trade %v", got)
	}
	if b.Validate() == nil || b.ValidateCall() != nil {
		t.Errorf("outside a call: %v; in one: %v", b.Validate(), b.ValidateCall())
	}
	for price, want := range map[quantity.Price]int64{20: 1, 25: 1, 26: 2, 40: 2} {
		if head, takes := b.Head(Buy, price, queued); !takes || head.ID != want {
			t.Errorf("at %s order %d trades first, want %d", price, head.ID, want)
		}
	}
	if _, takes := b.Head(Buy, 41, queued); takes {
		t.Error("nobody takes 41")
	}
	b.Take(2, 10)
	b.Reduce(1, 4)
	if head, _ := b.Head(Buy, 30, queued); head.ID != 4 {
		t.Errorf("then order %d", head.ID)
	}
	if o, rests := b.Get(1); !rests || o.Quantity != 4 || o.Side != Buy || o.Price != 25 {
		t.Errorf("%+v", o)
	}
	if got := b.Outside(Band{Low: 1, High: 30}, 9, nil); !slices.Equal(got, []int64{4}) {
		t.Errorf("outside a band: %v", got)
	}
	limit := NewBook()
	b.Each(func(o Order) bool {
		limit.Rest(o)
		return true
	})
	if limit.Len() != b.Len() || limit.Digest() == b.Digest() {
		t.Error("a book of limit orders alone has the same digest")
	}
	for _, id := range []int64{1, 4} {
		if _, rests := b.Cancel(id); !rests {
			t.Errorf("order %d does not rest", id)
		}
	}
	if _, some := b.MarketOrder(); some || b.Validate() != nil {
		t.Errorf("afterwards: %v", b.Validate())
	}
	if head, takes := b.Head(Sell, 20, queued); !takes || head.ID != 5 {
		t.Errorf("without market orders %+v trades first", head)
	}
}

type callRow struct {
	Order
	atMarket bool
	queued   int
}

// isBefore: market orders by time, then the better price, then the earlier.
func (x *callRow) isBefore(y *callRow) bool {
	switch {
	case x.atMarket != y.atMarket:
		return x.atMarket
	case !x.atMarket && x.Price != y.Price:
		return keyOf(x.Side, x.Price) > keyOf(y.Side, y.Price)
	}
	return x.queued < y.queued
}

// Whatever happens to a book in a call, it agrees with a plain list: who trades
// first at a price, what a call can trade, and what is left.
func TestBook_AtCallRandom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r, b, rows := rand.New(rand.NewPCG(seed, 9)), NewBook(), map[int64]*callRow{}
		queued := func(id int64) int64 { return int64(rows[id].queued) }
		prices := [2]quantity.Price{5, 5}
		for step := range 300 {
			id, calls := 1+r.Int64N(40), step%100 >= 50 // then the price stays, and who trades first mostly is who trades
			if side := Side(1 + r.IntN(2)); calls && r.IntN(4) > 0 {
				if head, takes := b.Head(side, prices[side-Buy], queued); takes {
					id = head.ID
				}
			}
			switch old := rows[id]; {
			case old == nil || r.IntN(4) == 0 && (!calls || r.IntN(8) == 0):
				if old != nil { // amended: it loses its place
					b.Cancel(id)
				}
				x := &callRow{Order{id, Side(1 + r.IntN(2)), quantity.Price(1 + r.IntN(9)), quantity.Quantity(1 + r.IntN(9))}, r.IntN(2) == 0, step}
				rows[id] = x
				if x.atMarket {
					b.RestAtCall(x.Order)
				} else {
					b.Rest(x.Order)
				}
			case r.IntN(3) == 0:
				b.Cancel(id)
				delete(rows, id)
			default:
				q := 1 + r.Int64N(int64(old.Quantity))
				b.Take(id, quantity.Quantity(q))
				if old.Quantity -= quantity.Quantity(q); old.Quantity == 0 {
					delete(rows, id)
				}
			}
			if err := b.ValidateCall(); err != nil || b.Len() != len(rows) {
				t.Fatalf("seed %d, step %d: %d orders of %d, %v", seed, step, b.Len(), len(rows), err)
			}
			for _, side := range []Side{Buy, Sell} {
				price := &prices[side-Buy]
				if !calls {
					*price = quantity.Price(1 + r.IntN(9))
				}
				var first *callRow
				for _, x := range rows {
					if x.Side == side && keyOf(side, x.Price) >= keyOf(side, *price) && (first == nil || x.isBefore(first)) {
						first = x
					}
				}
				head, takes := b.Head(side, *price, queued)
				if takes != (first != nil) || takes && head != first.Order {
					t.Fatalf("seed %d, step %d: at %d %+v comes first, want %+v", seed, step, *price, head, first)
				}
			}
		}
	}
}
