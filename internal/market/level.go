package market

import (
	"math"

	"permitx/internal/quantity"
)

// level is the queue of the orders of one side at one price.
type level struct {
	key        int64  // the signed price, see keyOf
	sum        uint64 // of what is left in the orders, modulo 2⁶⁴
	over       int32  // how often the sum has passed 2⁶⁴: orders may be that large
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

func sideOf(key int64) Side {
	if key < 0 {
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
	n := uint64(q) //nolint:gosec // above 0
	l.sum += n
	if l.sum < n {
		l.over++
	}
}

func (l *level) subtract(q quantity.Quantity) {
	n := uint64(q) //nolint:gosec // not below 0
	if l.sum < n {
		l.over--
	}
	l.sum -= n
}

// quantity is the sum, or the largest Quantity where the sum is above that.
func (l *level) quantity() quantity.Quantity {
	if l.over != 0 || l.sum > math.MaxInt64 {
		return math.MaxInt64
	}
	return quantity.Quantity(l.sum)
}

// levels holds the levels of a book in numbered slots, as slab does for
// orders. They are so few that they lie in one slice.
type levels struct {
	at   []level // at[0] is never used
	end  int32   // len(at)
	free int32   // the first free level
	used int     // levels in use
}

func newLevels() levels { return levels{at: make([]level, 1), end: 1} }

// take returns a slot with an empty level for a price. Pointers to levels
// that were taken before may be void afterwards.
func (s *levels) take(key int64) int32 {
	s.used++
	slot := s.free
	if slot == none {
		slot = s.end
		s.at = append(s.at, level{})
		s.end++
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
