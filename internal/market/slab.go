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

// slab holds the nodes of a book in numbered slots. Slots that are given back
// are used again, the last one first because it is still in the processor's
// cache.
type slab struct {
	nodes []node // nodes[0] is never used
	free  int32  // the first free node
	used  int    // nodes in use
}

func newSlab() slab { return slab{nodes: make([]node, 1)} }

// take returns a slot to be filled by the caller.
func (s *slab) take() int32 {
	s.used++
	slot := s.free
	if slot == none {
		s.nodes = append(s.nodes, node{})
		return int32(len(s.nodes) - 1) //nolint:gosec // 2³¹ nodes are 64 GiB
	}
	s.free = s.nodes[slot].next
	return slot
}

// give takes a slot back.
func (s *slab) give(slot int32) {
	s.used--
	s.nodes[slot] = node{next: s.free}
	s.free = slot
}
