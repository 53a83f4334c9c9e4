package market

import (
	"crypto/sha256"
	"encoding/binary"
)

// Depth appends the n best levels of a side to out, best first; fewer when
// there are not so many.
func (b *Book) Depth(side Side, n int, out []Level) []Level {
	for at := range b.ladder(side).bestFirst {
		if n <= 0 {
			break
		}
		n--
		l := &b.levels.at[at]
		out = append(out, Level{Price: l.price(), Quantity: l.quantity(), Orders: int(l.orders)})
	}
	return out
}

// Each calls f with every order: the buys from the best level to the worst,
// then the sells likewise, oldest first within a level; then in the same way the
// market orders that wait for a call. It ends early when f returns false. f must
// not change the book.
func (b *Book) Each(f func(Order) bool) {
	if b.each(f) && b.atCall != nil {
		b.atCall.each(f)
	}
}

// each is Each of the orders in levels; it reports whether it came to their end.
func (b *Book) each(f func(Order) bool) bool {
	for _, side := range [...]Side{Buy, Sell} {
		for at := range b.ladder(side).bestFirst {
			for slot := b.levels.at[at].head; slot != none; slot = b.orders.at(slot).next {
				if !f(b.order(slot)) {
					return false
				}
			}
		}
	}
	return true
}

// marketOrder is what the side of a market order has more in a digest.
const marketOrder = 0x10

// Digest is the SHA-256 of the orders in the sequence of Each, 25 bytes an
// order: side (1 or 2, of a market order 16 more), then ID, price and quantity in
// 8 bytes each, big endian. Two books are equal, places in the queues included,
// if and only if their digests are.
func (b *Book) Digest() [sha256.Size]byte {
	const size, batch = 25, 512 // bytes; orders written at a time
	h := sha256.New()
	buffer := make([]byte, 0, size*batch)
	put := func(v int64) {
		buffer = binary.BigEndian.AppendUint64(buffer, uint64(v)) //nolint:gosec // only the bits matter
	}
	limits := b.orders.used
	b.Each(func(o Order) bool {
		if limits--; limits < 0 {
			o.Side |= marketOrder
		}
		if len(buffer) == cap(buffer) {
			h.Write(buffer)
			buffer = buffer[:0]
		}
		buffer = append(buffer, byte(o.Side))
		put(o.ID)
		put(int64(o.Price))
		put(int64(o.Quantity))
		return true
	})
	h.Write(buffer)
	return [sha256.Size]byte(h.Sum(nil))
}
