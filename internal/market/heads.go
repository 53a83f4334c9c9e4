package market

// heads finds the market order of a side that trades next at the price of a call:
// a heap of the oldest orders of the levels that take it. It is made when that is
// first asked for and kept until another order comes or another price is asked
// for. What leaves the book in between is noticed when it comes to the top: the next
// order of a level is younger. Without it each fill looked at every level.
type heads struct {
	least int64 // the key from which levels take the price
	heap  []head
	made  bool
}

// head is the oldest order of a level when it was last looked at.
type head struct {
	queued, order int64
	level         int32
}

// isBefore orders heads by time, as [Record.IsBefore] does.
func (h *head) isBefore(o *head) bool {
	return h.queued < o.queued || h.queued == o.queued && h.order < o.order
}

// first returns the order of a side of b, which has market orders only, that trades
// first among the levels from least on.
func (h *heads) first(b *Book, side Side, least int64, queued func(id int64) int64) (Order, bool) {
	if !h.made || h.least != least {
		h.make(b, side, least, queued)
	}
	for len(h.heap) > 0 {
		top := &h.heap[0]
		l := &b.levels.at[top.level]
		if l.orders == 0 { // its slot is not given out again before an order comes
			last := len(h.heap) - 1
			h.heap[0] = h.heap[last]
			h.heap = h.heap[:last]
		} else if id := b.orders.at(l.head).id; id == top.order {
			return b.order(l.head), true
		} else {
			top.order, top.queued = id, queued(id)
		}
		h.sink(0)
	}
	return Order{}, false
}

func (h *heads) make(b *Book, side Side, least int64, queued func(id int64) int64) {
	h.least, h.heap, h.made = least, h.heap[:0], true
	for at := range b.ladder(side).bestFirst {
		l := &b.levels.at[at]
		if l.key < least {
			break
		}
		id := b.orders.at(l.head).id
		h.heap = append(h.heap, head{queued(id), id, at})
	}
	for i := len(h.heap)/2 - 1; i >= 0; i-- {
		h.sink(i)
	}
}

// sink moves the head at i down to where those below it come after it.
func (h *heads) sink(i int) {
	for {
		first := 2*i + 1
		if first >= len(h.heap) {
			return
		}
		if other := first + 1; other < len(h.heap) && h.heap[other].isBefore(&h.heap[first]) {
			first = other
		}
		if !h.heap[first].isBefore(&h.heap[i]) {
			return
		}
		h.heap[i], h.heap[first] = h.heap[first], h.heap[i]
		i = first
	}
}
