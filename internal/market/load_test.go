package market

import (
	"slices"
	"testing"
	"unsafe"

	"permitx/internal/quantity"
)

// A load is the same for the same seed, and has the shape that its comment
// promises.
func TestMixedLoad(t *testing.T) {
	t.Parallel()
	const n = 50_000
	load := MixedLoad(1, n)
	if !slices.Equal(load, MixedLoad(1, n)) {
		t.Error("the same seed gives another load")
	}
	if slices.Equal(load, MixedLoad(2, n)) {
		t.Error("another seed gives the same load")
	}
	b := NewBook()
	var cancels, late, orders, takers, fills int
	for _, m := range load {
		if m.Cancel {
			cancels++
			if _, ok := b.Cancel(m.Order.ID); !ok {
				late++
			}
			continue
		}
		orders++
		traded, _ := b.Place(m.Order, m.TimeInForce, nil)
		fills += len(traded)
		if len(traded) > 0 {
			takers++
		}
	}
	for _, c := range []struct {
		what          string
		got, low, top int
	}{
		{"messages", len(load), n, n},
		{"cancels in 100 orders", 100 * cancels / orders, 40, 55},
		{"late ones in 100 cancels", 100 * late / cancels, 1, 6},
		{"takers in 100 orders", 100 * takers / orders, 15, 25},
		{"fills in 100 messages", 100 * fills / n, 20, 30},
		{"orders that rest, in 100 messages", 100 * b.Len() / n, 8, 20},
		{"levels", len(b.Depth(Buy, n, nil)) + len(b.Depth(Sell, n, nil)), 700, 1_100},
		{"fills by Replay", Replay(NewBook(), load), fills, fills},
	} {
		if c.got < c.low || c.got > c.top {
			t.Errorf("%s: %d, want %d to %d", c.what, c.got, c.low, c.top)
		}
	}
	for n := range 30 { // the smallest ones, too
		if got := len(MixedLoad(1, n)); got != n {
			t.Errorf("a load of %d has %d messages", n, got)
		}
	}
}

// A book that has had its size allocates nothing for a message or a look at it.
func TestBook_NoAllocation(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts whatever runs beside it
	load := MixedLoad(1, 20_000)
	b := NewBook()
	fills, levels := make([]Fill, 0, 1_000), make([]Level, 0, 10)
	fromEmptyToEmpty := func() {
		for i := range load {
			m := &load[i]
			if m.Cancel {
				b.Cancel(m.Order.ID)
				continue
			}
			var rests quantity.Quantity
			fills, rests = b.Place(m.Order, m.TimeInForce, fills[:0])
			b.Reduce(m.Order.ID, (rests+1)/2)
			b.Get(m.Order.ID)
			b.Best(m.Order.Side)
			levels = b.Depth(m.Order.Side, cap(levels), levels[:0])
		}
		for i := range load {
			b.Cancel(load[i].Order.ID)
		}
	}
	fromEmptyToEmpty()
	if got := testing.AllocsPerRun(5, fromEmptyToEmpty); got != 0 {
		t.Errorf("%v allocations in %d messages", got, len(load))
	}
}

// An order and a level take half a cache line each, and have no pointers.
func TestRecordSizes(t *testing.T) {
	t.Parallel()
	if got := unsafe.Sizeof(node{}); got != 32 {
		t.Errorf("an order takes %d bytes", got)
	}
	if got := unsafe.Sizeof(level{}); got != 32 {
		t.Errorf("a level takes %d bytes", got)
	}
}
