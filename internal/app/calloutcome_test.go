package app

import (
	"testing"

	"permitx/internal/market"
	"permitx/internal/quantity"
)

// Market orders alone trade at the reference price, where their protection lets
// both sides take it, and nowhere else.
func TestCallOutcome_OfMarketOrders(t *testing.T) {
	t.Parallel()
	book := market.NewBook()
	book.RestAtCall(market.Order{ID: 1, Side: market.Buy, Price: 100, Quantity: 10})
	book.RestAtCall(market.Order{ID: 2, Side: market.Sell, Price: 90, Quantity: 7})
	for reference, found := range map[quantity.Price]bool{0: false, 89: false, 90: true, 95: true, 100: true, 101: false} {
		if r, got := callOutcome(book, reference); got != found || found && (r.ClearingPrice != reference || r.Volume != 7) {
			t.Errorf("at the reference %d: %t, %d at %d", reference, got, r.Volume, r.ClearingPrice)
		}
	}
	book.Rest(market.Order{ID: 3, Side: market.Sell, Price: 99, Quantity: 1}) // whose limit is a price
	if r, found := callOutcome(book, 0); !found || r.ClearingPrice != 99 || r.Volume != 8 {
		t.Errorf("with a limit: %t, %d at %d", found, r.Volume, r.ClearingPrice)
	}
}

// BenchmarkCallOutcome measures the price of a call of 100,000 orders, each at a
// price of its own: of limits, which have one, and of market orders that their
// protection keeps from the reference price. Of these each step of nothingMeets, which
// cancels up to callFills of them, asks again.
func BenchmarkCallOutcome(b *testing.B) {
	const each = 50_000
	for name, rest := range map[string]func(*market.Book, market.Order){
		"limits": (*market.Book).Rest, "nothing meets": (*market.Book).RestAtCall,
	} {
		book := market.NewBook()
		for i := int64(1); i <= each; i++ {
			rest(book, market.Order{ID: 2 * i, Side: market.Buy, Price: quantity.Price(2*each+i) * quantity.OnePrice, Quantity: 10})
			rest(book, market.Order{ID: 2*i + 1, Side: market.Sell, Price: quantity.Price(i) * quantity.OnePrice, Quantity: 10})
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, found := callOutcome(book, 4*each*quantity.OnePrice); found == (name == "nothing meets") {
					b.Fatalf("found: %t", found)
				}
			}
		})
	}
}
