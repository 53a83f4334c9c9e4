package market

import (
	"fmt"
	"runtime"
	"testing"

	"permitx/internal/quantity"
)

// perItem reports the time for one of n items of which each round has done all.
func perItem(b *testing.B, n int, unit string) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), unit)
}

// millionOrders is a book with a million orders in two thousand levels.
func millionOrders() *Book {
	b := NewBook()
	for i := range int64(1_000_000) {
		o := Order{ID: i, Side: Buy, Price: quantity.Price(1 + scattered(i, 1_000)), Quantity: quantity.OneQuantity}
		if i%2 == 0 {
			o.Side, o.Price = Sell, o.Price+1_000
		}
		b.Rest(o)
	}
	return b
}

// scattered maps neighbours to distant numbers below n, each as often as the
// others, for an n that is a power of ten.
func scattered(i, n int64) int64 { return i * 61_803 % n }

// What permitx bench reports: time for a message of the mixed load, beginning
// with an empty book.
func BenchmarkMixedLoad(b *testing.B) {
	for _, size := range []struct {
		name     string
		messages int
	}{{"100k", 100_000}, {"1M", 1_000_000}} {
		b.Run(size.name, func(b *testing.B) {
			load := MixedLoad(1, size.messages)
			for b.Loop() {
				Replay(NewBook(), load)
			}
			perItem(b, len(load), "ns/message")
		})
	}
}

// A million orders at rest are put into a book, as at start.
func BenchmarkRest(b *testing.B) {
	orders := ordersOf(millionOrders())
	for b.Loop() {
		book := NewBook()
		for _, o := range orders {
			book.Rest(o)
		}
	}
	perItem(b, len(orders), "ns/order")
}

// The digest of a book with a million orders.
func BenchmarkDigest(b *testing.B) {
	book := millionOrders()
	for b.Loop() {
		book.Digest()
	}
	perItem(b, book.Len(), "ns/order")
}

// The check of a book with a million orders.
func BenchmarkValidate(b *testing.B) {
	book := millionOrders()
	for b.Loop() {
		if err := book.Validate(); err != nil {
			b.Fatal(err)
		}
	}
	perItem(b, book.Len(), "ns/order")
}

// A collection while a million orders rest.
func BenchmarkCollection(b *testing.B) {
	book := millionOrders()
	for b.Loop() {
		runtime.GC()
	}
	runtime.KeepAlive(book)
}

// Orders that open and close a level each, spread over 100,000 prices: what a
// participant can do to the others at worst.
func BenchmarkManyLevels(b *testing.B) {
	const levels = 100_000
	for b.Loop() {
		book := NewBook()
		for i := range int64(levels) {
			book.Rest(Order{ID: i, Side: Buy, Price: quantity.Price(1 + scattered(i, levels)), Quantity: 1})
		}
		for i := range int64(levels) {
			book.Cancel(i)
		}
	}
	perItem(b, 2*levels, "ns/message")
}

// A call of market orders alone, by how many there are and at how many prices that
// protect them, until all have traded.
func BenchmarkCall(b *testing.B) {
	for _, size := range [][2]int64{{10, 10}, {1_000, 10}, {1_000, 1_000}, {10_000, 10}, {10_000, 1_000}, {10_000, 10_000}} {
		orders, levels := size[0], size[1]
		b.Run(fmt.Sprintf("%d_orders/%d_levels", orders, levels), func(b *testing.B) {
			call := Message{Step: Uncross, Order: Order{Price: quantity.Price(levels)}}
			for b.Loop() {
				b.StopTimer()
				book := NewBook()
				for i := range orders {
					o := Order{ID: loadGroups*i + 1, Side: Buy, Price: call.Order.Price + quantity.Price(scattered(i, levels)), Quantity: 1}
					book.RestAtCall(o)
					o.ID, o.Side, o.Price = o.ID+1, Sell, 1+quantity.Price(scattered(i, levels))
					book.RestAtCall(o)
				}
				b.StartTimer()
				if fills := call.uncross(book, nil); int64(len(fills)) != orders {
					b.Fatalf("%d fills", len(fills))
				}
			}
			perItem(b, int(orders), "ns/fill")
		})
	}
}
