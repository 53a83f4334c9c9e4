package store

import (
	"context"
	"testing"

	"permitx/internal/app"
	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// certifiedOffer is a store on which an offer of many bids is certified.
type certifiedOffer struct{ *Store }

func (c certifiedOffer) Find(ctx context.Context, table string, q app.Query, rows any) error {
	if offers, is := rows.(*[]auction.Offer); is {
		*offers = []auction.Offer{{ID: 1, State: auction.OfferCertified, Quantity: 10_000 * quantity.OneQuantity, Volume: 10_000 * quantity.OneQuantity}}
		return nil
	}
	return c.Store.Find(ctx, table, q, rows)
}

// BenchmarkPublishedResult measures the published result of an auction of 100,000
// bids: when it is asked for the first time, and from then on.
func BenchmarkPublishedResult(b *testing.B) {
	const bids = 100_000
	for name, url := range map[string]func(testing.TB) string{"sqlite": migratedSQLite, "postgres": migratedPostgres} {
		s, err := Open(b.Context(), url(b))
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		registry, err := s.TakeOver(b.Context(), 1)
		if err != nil {
			b.Fatal(err)
		}
		opened := &app.Records{ByID: map[int64]any{}, New: map[int64]bool{}}
		for id := int64(1); id <= bids; id++ {
			bid := auction.OpenedBid{ID: id, Offer: 1, Registration: id, Quote: id, Price: quantity.Price(1+id%5000) * quantity.OnePrice, Quantity: quantity.OneQuantity, PlacedAt: 1, Command: 1}
			if id%10 == 0 {
				bid.Won, bid.Paid = bid.Quantity, bid.Price
			}
			opened.ByID[id], opened.New[id] = bid, true
		}
		epoch := registry.Epoch
		registry.Batch++
		registry.Head = []byte{}
		if err := s.Commit(b.Context(), &app.Batch{Epoch: epoch, Registry: registry, Records: map[string]*app.Records{app.OpenedBids.Name(): opened}}); err != nil {
			b.Fatal(err)
		}
		reader := certifiedOffer{s}
		ask := func(b *testing.B, results *app.PublishedResults) {
			b.Helper()
			got, err := results.Of(b.Context(), reader, 1, app.Query{}.Page(0, 100))
			if err != nil || got.Figures.Bidders != bids {
				b.Fatalf("%+v, %v", got.Figures, err)
			}
		}
		b.Run(name+"/first", func(b *testing.B) {
			for b.Loop() {
				ask(b, &app.PublishedResults{})
			}
		})
		b.Run(name+"/again", func(b *testing.B) {
			results := &app.PublishedResults{}
			ask(b, results)
			for b.Loop() {
				ask(b, results)
			}
		})
	}
}
