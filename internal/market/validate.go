package market

import (
	"errors"
	"fmt"

	"permitx/internal/quantity"
)

// Validate recomputes the invariants of the package comment and the links
// behind them, and returns all that is wrong, or nil. It reads the whole book.
func (b *Book) Validate() error {
	var waits error
	if o, some := b.MarketOrder(); some {
		waits = fmt.Errorf("market: the market order %d waits outside a call", o.ID)
	}
	return errors.Join(b.validate(false), waits)
}

// ValidateCall is Validate of a book that collects orders for a call: it may
// be crossed, and market orders may wait.
func (b *Book) ValidateCall() error {
	if b.atCall == nil {
		return b.validate(true)
	}
	return errors.Join(b.validate(true), b.atCall.validate(true))
}

func (b *Book) validate(collects bool) error {
	v := validation{book: b, reached: make([]bool, b.orders.end)}
	buy, sell := v.ladder(Buy), v.ladder(Sell)
	if !collects && buy != 0 && sell != 0 && buy >= -sell {
		v.wrong("the book is crossed: best buy %s, best sell %s", quantity.Price(buy), quantity.Price(-sell))
	}
	v.slabs()
	v.table("order", &b.byID, v.orders)
	v.table("level", &b.byKey, v.levels)
	return errors.Join(v.errs...)
}

// validation is one run of Validate.
type validation struct {
	book    *Book
	errs    []error
	reached []bool // by slot: the order is in a queue
	orders  int    // reached through the levels
	levels  int    // reached through the ladders
}

func (v *validation) wrong(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("market: "+format, args...))
}

// ladder checks that the levels of a side ascend, and each of them. It returns
// the key of the best, or 0.
func (v *validation) ladder(side Side) (last int64) {
	first := true
	for i, c := range v.book.ladder(side).chunks {
		if c.n < 1 || c.n > chunkSize {
			v.wrong("chunk %d of the %s side has %d levels", i, side, c.n)
			continue
		}
		for j, key := range c.keys[:c.n] {
			if sideOf(key) != side || !first && key <= last {
				v.wrong("key %d of the %s side comes after %d", key, side, last)
			}
			last, first = key, false
			v.levels++
			v.level(key, c.slots[j])
		}
	}
	return last
}

func (v *validation) level(key int64, at int32) {
	if at <= none || at >= v.book.levels.end {
		v.wrong("level %d is in slot %d, which does not exist", key, at)
		return
	}
	l := &v.book.levels.at[at]
	if l.key != key {
		v.wrong("level %d is in the slot of level %d", key, l.key)
	}
	if found := v.book.findLevel(key).slot; found != at {
		v.wrong("level %d is in slot %d, the table says %d", key, at, found)
	}
	var sum level // its sum and count only
	prev := none
	for slot := l.head; slot != none; {
		if slot < none || slot >= v.book.orders.end {
			v.wrong("level %d has an order in slot %d, which does not exist", key, slot)
			break
		}
		if v.reached[slot] {
			v.wrong("level %d comes to the order in slot %d a second time", key, slot)
			break
		}
		v.reached[slot] = true
		n := v.book.orders.at(slot)
		v.order(n, slot, at, prev)
		sum.add(n.left)
		sum.orders++
		prev, slot = slot, n.next
	}
	if l.tail != prev {
		v.wrong("level %d ends at slot %d, its queue at %d", key, l.tail, prev)
	}
	if sum.orders == 0 || l.orders != sum.orders || l.sum != sum.sum || l.over != sum.over {
		v.wrong("level %d says %d orders of %s, it has %d of %s", key, l.orders, l.quantity(), sum.orders, sum.quantity())
	}
}

func (v *validation) order(n *node, slot, at, prev int32) {
	v.orders++
	if n.left <= 0 {
		v.wrong("order %d has %s left", n.id, n.left)
	}
	if n.level != at {
		v.wrong("order %d is in the queue of level slot %d, it says %d", n.id, at, n.level)
	}
	if n.prev != prev {
		v.wrong("order %d comes after slot %d, it says %d", n.id, prev, n.prev)
	}
	if found := v.book.findOrder(n.id).slot; found != slot {
		v.wrong("order %d is in slot %d, the table says %d", n.id, slot, found)
	}
}

// slabs checks that every slot is either reached or free.
func (v *validation) slabs() {
	o, l := &v.book.orders, &v.book.levels
	if o.used != v.orders {
		v.wrong("%d orders rest, the levels have %d", o.used, v.orders)
	}
	if l.used != v.levels {
		v.wrong("there are %d levels, the sides have %d", l.used, v.levels)
	}
	free := 0
	for slot := o.free; slot != none && free < int(o.end); slot = o.at(slot).next {
		if v.reached[slot] {
			v.wrong("the order in slot %d is both free and in a queue", slot)
		}
		free++
	}
	if slots := max(0, int(o.end)-1); free+v.orders != slots {
		v.wrong("of %d slots for orders %d are used and %d free", slots, v.orders, free)
	}
	free = 0
	for at := l.free; at != none && free < len(l.at); at = l.at[at].head {
		free++
	}
	if free+v.levels != len(l.at)-1 {
		v.wrong("of %d slots for levels %d are used and %d free", len(l.at)-1, v.levels, free)
	}
}

// table checks that a table has nothing but what was found through it.
func (v *validation) table(what string, t *table, want int) {
	total := 0
	for i := range t.shards {
		s, used := &t.shards[i], uint32(0)
		for _, e := range s.entries {
			if e.slot != none {
				used++
			}
		}
		if used != s.used || s.used > s.limit {
			v.wrong("shard %d of the %s table says %d entries of at most %d, it has %d", i, what, s.used, s.limit, used)
		}
		total += int(used)
	}
	if total != want {
		v.wrong("the %s table has %d entries for %d", what, total, want)
	}
}
