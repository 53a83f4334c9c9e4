package market

import "permitx/internal/quantity"

// Crossing calls f with the orders that a new one would trade with, in the
// order in which it would, until f returns false. A command must know before
// it begins whom it meets and how many rows it may write.
func (b *Book) Crossing(side Side, limit quantity.Price, q quantity.Quantity, f func(maker int64) bool) {
	worst := -keyOf(side, limit)
	for at := range b.ladder(side.Opposite()).bestFirst {
		l := &b.levels.at[at]
		if l.key < worst {
			return
		}
		for slot := l.head; slot != none; slot = b.orders.at(slot).next {
			n := b.orders.at(slot)
			if q <= 0 || !f(n.id) {
				return
			}
			q -= n.left
		}
	}
}
