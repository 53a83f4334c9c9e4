package market

import "permitx/internal/quantity"

// none is the slot that holds nothing: slot 0 of a slab is never given out,
// so that a zero link points nowhere.
const none int32 = 0

// node is an order that rests. Its price and side are those of its level.
type node struct {
	id         int64
	left       quantity.Quantity
	prev, next int32 // older and younger neighbour in the level, none at the ends; a free node has the next free one in next
	level      int32 // slot of the level; none while the node is free
}

// A page of nodes is 16 KiB. Pages are never moved: with one slice, the
// message that made it grow waited 120 ms at 800,000 orders where the pages of
// fresh memory are slow to come (a small virtual machine).
const (
	pageBits = 9
	pageSize = 1 << pageBits
)

// slab holds the nodes of a book in numbered slots. Slots that are given back
// are used again, the last one first because it is still in the processor's
// cache.
type slab struct {
	pages []*[pageSize]node
	end   int32 // slots below end have been given out at least once
	free  int32 // the first free one of them
	used  int   // nodes in use
}

func newSlab() slab { return slab{end: none + 1} }

// at is the node in a slot. It stays where it is as long as it is used.
func (s *slab) at(slot int32) *node {
	return &s.pages[slot>>pageBits][slot&(pageSize-1)]
}

// take returns a slot to be filled by the caller.
func (s *slab) take() int32 {
	s.used++
	if slot := s.free; slot != none {
		s.free = s.at(slot).next
		return slot
	}
	slot := s.end
	if int(slot>>pageBits) == len(s.pages) {
		s.pages = append(s.pages, new([pageSize]node))
	}
	s.end++ // 2³¹ orders are 64 GiB
	return slot
}

// give takes a slot back.
func (s *slab) give(slot int32) {
	s.used--
	*s.at(slot) = node{next: s.free}
	s.free = slot
}
