package market

import "testing"

func BenchmarkMixedLoad(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000, 10_000_000} {
		b.Run(sizeName(n), func(b *testing.B) {
	load := MixedLoad(1, n)
	var fills, rest, lv int
	for b.Loop() {
		book := NewBook()
		fills = Replay(book, load)
		rest = book.Len()
		lv = book.levels.used
	}
	places, late, taken := 0, 0, 0
	book := NewBook()
	var buf []Fill
	for _, m := range load {
		if m.Cancel {
			if _, ok := book.Cancel(m.Order.ID); !ok { late++ }
			continue
		}
		places++
		buf, _ = book.Place(m.Order, m.TimeInForce, buf[:0])
		if len(buf) > 0 { taken++ }
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(load)), "ns/message")
	b.Logf("fills %d rest %d levels %d places %d late %d takers %d", fills, rest, lv, places, late, taken)
	})
	}
}
func sizeName(n int) string { switch n { case 100_000: return "100k"; case 1_000_000: return "1M"}; return "10M" }
