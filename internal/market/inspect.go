package market

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"permitx/internal/quantity"
)

// Depth appends the best n levels of a side to out, best first.
func (b *Book) Depth(side Side, n int, out []Level) []Level {
	for key, slot := range b.ladder(side).down() {
		if n == 0 {
			break
		}
		l := &b.levels.at[slot]
		out = append(out, Level{Price: price(key), Quantity: l.quantity(), Orders: int(l.orders)})
		n--
	}
	return out
}

// Each calls f with every order, buys before sells, best price first and
// oldest first within a price, until it returns false.
func (b *Book) Each(f func(Order) bool) {
	for _, side := range [2]Side{Buy, Sell} {
		for _, slot := range b.ladder(side).down() {
			for at := b.levels.at[slot].head; at != none; at = b.orders.nodes[at].next {
				if !f(b.order(at)) {
					return
				}
			}
		}
	}
}

// Digest is the SHA-256 of the orders in the sequence of Each: two books are
// alike when their digests are, whatever their inner state.
func (b *Book) Digest() [32]byte {
	h := sha256.New()
	var buf []byte
	b.Each(func(o Order) bool {
		buf = binary.AppendVarint(buf[:0], o.ID)
		buf = binary.AppendVarint(buf, int64(o.Side))
		buf = binary.AppendVarint(buf, int64(o.Price))
		buf = binary.AppendVarint(buf, int64(o.Quantity))
		h.Write(buf)
		return true
	})
	return [32]byte(h.Sum(nil))
}

// Validate returns all that is wrong with the inner state: levels out of
// order, broken links, sums that do not add up, orders that the index misses,
// a crossed book.
func (b *Book) Validate() error {
	var wrong []error
	seen := 0
	for _, side := range [2]Side{Buy, Sell} {
		previous, first := int64(0), true
		for key, slot := range b.ladder(side).down() {
			if !first && key >= previous {
				wrong = append(wrong, fmt.Errorf("market: level %d is out of order", key))
			}
			previous, first = key, false
			seen += b.validateLevel(key, slot, &wrong)
		}
	}
	if seen != b.orders.used {
		wrong = append(wrong, fmt.Errorf("market: %d orders rest, the levels have %d", b.orders.used, seen))
	}
	buy, hasBuy := b.Best(Buy)
	sell, hasSell := b.Best(Sell)
	if hasBuy && hasSell && buy >= sell {
		wrong = append(wrong, fmt.Errorf("market: the book is crossed: %s is bid, %s is asked", buy, sell))
	}
	return errors.Join(wrong...)
}

func (b *Book) validateLevel(key int64, slot int32, wrong *[]error) (orders int) {
	l := &b.levels.at[slot]
	var sum quantity.Quantity
	previous := none
	for at := l.head; at != none; at = b.orders.nodes[at].next {
		n := &b.orders.nodes[at]
		if n.prev != previous || n.level != slot || n.left <= 0 || b.byID.find(n.id) != at {
			*wrong = append(*wrong, fmt.Errorf("market: order %d is not linked as it should be", n.id))
		}
		sum += n.left
		previous = at
		orders++
	}
	if l.key != key || int(l.orders) != orders || l.tail != previous || l.carry == 0 && l.quantity() != sum {
		*wrong = append(*wrong, fmt.Errorf("market: level %d says %d orders of %s, it has %d of %s", key, l.orders, l.quantity(), orders, sum))
	}
	return orders
}

// down yields the levels of a side, best first.
func (l *ladder) down() func(yield func(key int64, slot int32) bool) {
	return func(yield func(int64, int32) bool) {
		for i := len(l.chunks) - 1; i >= 0; i-- {
			c := l.chunks[i]
			for at := c.n - 1; at >= 0; at-- {
				if !yield(c.keys[at], c.slots[at]) {
					return
				}
			}
		}
	}
}

func price(key int64) quantity.Price {
	if key < 0 {
		key = -key
	}
	return quantity.Price(key)
}
