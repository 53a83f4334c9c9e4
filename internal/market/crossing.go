package market

import "permitx/internal/quantity"

// Crossing calls f with the orders that a new one would trade with, in the
// order in which it would, until f returns false. A command must know before
// it begins whom it meets and how many rows it may write.
func (b *Book) Crossing(side Side, limit quantity.Price, q quantity.Quantity, f func(maker int64) bool) {
	b.crossing(side, limit, q, func(n *node) bool { return f(n.id) })
}

func (b *Book) crossing(side Side, limit quantity.Price, q quantity.Quantity, f func(n *node) bool) {
	worst := -keyOf(side, limit)
	for at := range b.ladder(side.Opposite()).bestFirst {
		l := &b.levels.at[at]
		if l.key < worst {
			return
		}
		for slot := l.head; slot != none; slot = b.orders.at(slot).next {
			n := b.orders.at(slot)
			if q <= 0 || !f(n) {
				return
			}
			q -= n.left
		}
	}
}

// Reach is how far an order would come if it came now.
type Reach struct {
	Makers   int               // how many it would trade with; counted as far as one more than may be
	Quantity quantity.Quantity // what it would trade with them
	Barred   int64             // the order that it may not meet, before which it ends; 0: none
}

// Reach looks how far an order would come, before anything moves: until it is
// filled, or meets nobody within its limit, or one that mayMeet forbids, or
// more than most others.
func (b *Book) Reach(o Order, most int, mayMeet func(maker int64) bool) (r Reach) {
	b.crossing(o.Side, o.Price, o.Quantity, func(n *node) bool {
		if !mayMeet(n.id) {
			r.Barred = n.id
			return false
		}
		r.Makers++
		r.Quantity += min(o.Quantity-r.Quantity, n.left)
		return r.Makers <= most
	})
	return r
}

// Cut is an order as it may be placed: as it came where nobody bars its way,
// and otherwise what it trades before that one, the rest of it dropped. It is
// false where that is nothing, which of a FOK is whatever is not all.
func (r Reach) Cut(o Order, tif TimeInForce) (Order, TimeInForce, bool) {
	if r.Barred == 0 {
		return o, tif, true
	}
	o.Quantity = r.Quantity
	return o, IOC, r.Quantity > 0 && tif != FOK
}
