package app

import (
	"testing"

	"permitx/internal/market"
	"permitx/internal/quantity"
)

// A commit that changes one book publishes its best levels: this happens after
// every batch of orders.
func BenchmarkPublish(b *testing.B) {
	st := benchState(b, 1)
	book := st.book(1, 1)
	for i := range int64(1000) {
		for side := market.Buy; side <= market.Sell; side++ {
			price := quantity.Price(10_000 + i)
			if side == market.Buy {
				price = quantity.Price(10_000 - 1 - i)
			}
			book.Rest(market.Order{ID: 2*i + int64(side), Side: side, Price: price, Quantity: 1})
		}
	}
	a := &App{st: st}
	b.ReportAllocs()
	for b.Loop() {
		st.changed.books[bookID{1, 1}] = true
		a.publish()
	}
}
