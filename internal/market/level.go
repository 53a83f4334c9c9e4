package market

import (
	"math"
	"math/bits"

	"permitx/internal/quantity"
)

// level is the queue of the orders of one side at one price.
type level struct {
	key        int64  // the signed price, see keyOf
	sum        uint64 // of what is left in the orders, the low 64 bits
	carry      int32  // … and the bits above them
	head, tail int32  // oldest and youngest order; a free level has the next free one in head
	orders     int32  // 0 while the level is free
}

// keyOf is the price with a sign: a larger key is a better price on either
// side, so that everything below is written once for both.
func keyOf(side Side, price quantity.Price) int64 {
	if side == Sell {
		return -int64(price)
	}
	return int64(price)
}

func (l *level) side() Side {
	if l.key < 0 {
		return Sell
	}
	return Buy
}

func (l *level) price() quantity.Price {
	if l.key < 0 {
		return quantity.Price(-l.key)
	}
	return quantity.Price(l.key)
}

func (l *level) add(q quantity.Quantity) {
	sum, carry := bits.Add64(l.sum, uint64(q), 0)
	l.sum, l.carry = sum, l.carry+int32(carry)
}

func (l *level) subtract(q quantity.Quantity) {
	sum, borrow := bits.Sub64(l.sum, uint64(q), 0)
	l.sum, l.carry = sum, l.carry-int32(borrow)
}

// quantity is the sum, or the largest Quantity where the sum is larger.
func (l *level) quantity() quantity.Quantity {
	if l.carry != 0 || l.sum > math.MaxInt64 {
		return math.MaxInt64
	}
	return quantity.Quantity(l.sum)
}

// levels holds the levels of a book in numbered slots, as slab does for nodes.
type levels struct {
	at   []level // at[0] is never used
	free int32   // the first free level
	used int     // levels in use
}

func newLevels() levels { return levels{at: make([]level, 1)} }

// take returns a slot with an empty level for a price.
func (s *levels) take(key int64) int32 {
	s.used++
	slot := s.free
	if slot == none {
		s.at = append(s.at, level{})
		slot = int32(len(s.at) - 1)
	} else {
		s.free = s.at[slot].head
	}
	s.at[slot] = level{key: key}
	return slot
}

// give takes a slot back.
func (s *levels) give(slot int32) {
	s.used--
	s.at[slot] = level{head: s.free}
	s.free = slot
}
