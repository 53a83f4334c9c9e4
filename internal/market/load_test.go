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
	var steps [Uncross + 1]int
	var kinds [FOK + 1]int
	var late, barred, takers, fills, called int
	for _, m := range load {
		steps[m.Step]++
		kinds[m.TimeInForce]++
		if _, rests := b.Get(m.Order.ID); m.Step == Leave && !rests {
			late++
		}
		if m.Step == Enter && b.Reach(m.Order, n, m.mayMeet).Barred != 0 {
			barred++
		}
		traded, _ := m.send(b, nil)
		fills += len(traded)
		switch {
		case m.Step == Uncross:
			called += len(traded)
			if b.AtCall(Buy)+b.AtCall(Sell) != 0 {
				t.Error("a market order waits after its call")
			}
		case len(traded) > 0:
			takers++
		}
	}
	orders := steps[Enter]
	for _, c := range []struct {
		what          string
		got, low, top int
	}{
		{"messages", len(load), n, n},
		{"cancels in 100 orders", 100 * steps[Leave] / orders, 33, 50},
		{"orders moved, in 100", 100 * steps[Move] / orders, 2, 8},
		{"orders reduced, in 100", 100 * steps[Reduce] / orders, 2, 8},
		{"late ones in 100 cancels", 100 * late / steps[Leave], 1, 7},
		{"day orders in 1000", 1000 * kinds[DAY] / orders, 80, 120},
		{"immediate or cancel, in 1000 orders", 1000 * kinds[IOC] / orders, 40, 80},
		{"fill or kill, in 1000 orders", 1000 * kinds[FOK] / orders, 40, 80},
		{"orders that meet one of their own, in 1000", 1000 * barred / orders, 1, 30},
		{"takers in 100 orders", 100 * takers / orders, 15, 25},
		{"fills in 100 messages", 100 * fills / n, 20, 30},
		{"orders that rest, in 100 messages", 100 * b.Len() / n, 8, 20},
		{"levels", len(b.Depth(Buy, n, nil)) + len(b.Depth(Sell, n, nil)), 700, 1_100},
		{"orders for calls, in 1000 messages", 1000 * steps[Collect] / n, 25, 50},
		{"market orders for calls, in 1000 messages", 1000 * steps[CollectAtMarket] / n, 8, 20},
		{"calls", steps[Uncross], n/loadCallEvery - 1, 3 * n / loadCallEvery},
		{"fills of a call", called / steps[Uncross], 10, 200},
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
			var rests quantity.Quantity
			if fills, rests = m.send(b, fills[:0]); m.Step != Enter {
				continue
			}
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
