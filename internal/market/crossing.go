package market

import "permitx/internal/quantity"

// Crossing counts the orders that a new one would trade with, and stops at
// most: a command must know before it begins how many rows it may write.
func (b *Book) Crossing(side Side, limit quantity.Price, q quantity.Quantity, most int) int {
	against := b.ladder(side.Opposite())
	worst := -keyOf(side, limit)
	count := 0
	for i := len(against.chunks) - 1; i >= 0; i-- {
		c := against.chunks[i]
		for at := c.n - 1; at >= 0; at-- {
			if c.keys[at] < worst || q <= 0 || count >= most {
				return min(count, most)
			}
			var n int
			n, q = b.crossingLevel(&b.levels.at[c.slots[at]], q, most-count)
			count += n
		}
	}
	return min(count, most)
}

// crossingLevel counts the oldest orders of a level that q would reach.
func (b *Book) crossingLevel(l *level, q quantity.Quantity, most int) (int, quantity.Quantity) {
	count := 0
	for slot := l.head; slot != none && q > 0 && count < most; slot = b.orders.nodes[slot].next {
		q -= b.orders.nodes[slot].left
		count++
	}
	return count, q
}
