package auction_test

import (
	"testing"

	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// The figures of a result, reckoned by hand: prices weighted by quantity, the
// median where half of the quantity is reached from above.
func TestOffer_Summarise(t *testing.T) {
	t.Parallel()
	bid := func(of int64, price, q, won quantity.Quantity) auction.OpenedBid {
		b := auction.OpenedBid{Registration: of, Price: quantity.Price(price) * quantity.OnePrice, Quantity: q * quantity.OneQuantity, Won: won * quantity.OneQuantity}
		if won > 0 {
			b.Paid = b.Price
		}
		return b
	}
	bids := []auction.OpenedBid{bid(1, 10, 1, 1), bid(1, 8, 2, 2), bid(2, 9, 4, 4), bid(3, 5, 3, 0)}
	got := auction.Offer{Format: auction.PayAsBid, Quantity: 7 * quantity.OneQuantity}.Summarise(bids)
	want := auction.Figures{
		Bidders: 3, Wanted: 10 * quantity.OneQuantity, Cover: 1_428_571, Least: 50_000, Greatest: 100_000, Mean: 77_000, Median: 90_000, Average: 88_571, Losers: 1,
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	taker := bid(4, 0, 2, 2)
	taker.Paid = 8 * quantity.OnePrice
	want.Bidders, want.Wanted, want.Cover, want.Average, want.Takers = 4, 12*quantity.OneQuantity, 1_714_286, 86_667, 2*quantity.OneQuantity
	if got := (auction.Offer{Format: auction.Uniform, Quantity: 7 * quantity.OneQuantity}).Summarise(append(bids, taker)); got != want {
		t.Errorf("with a price-taker: got %+v\nwant %+v", got, want)
	}
	if got := (auction.Offer{Quantity: 1}).Summarise(nil); got != (auction.Figures{}) {
		t.Errorf("of no bids: %+v", got)
	}
	bids = []auction.OpenedBid{bid(1, 10, 8, 0), bid(2, 11, 8, 0), bid(1, 12, 8, 8)}
	if got := (auction.Offer{Format: auction.Ascending, Quantity: 8 * quantity.OneQuantity}).Summarise(bids); got.Wanted != 16*quantity.OneQuantity || got.Bidders != 2 || got.Least != 110_000 {
		t.Errorf("of an ascending auction: %+v", got)
	}
}

// Whose bids they are could be known of two bidders, or of two losers beside winners
// whose awards are public; and of what was not sold nothing is public but how many bade.
func TestFigures_Published(t *testing.T) {
	t.Parallel()
	all := auction.Figures{Bidders: 3, Wanted: 10, Cover: 2, Least: 3, Greatest: 9, Mean: 5, Median: 4, Average: 6, Takers: 1}
	if got := all.Published(1); got != all {
		t.Errorf("of three bidders: %+v", got)
	}
	for losers, want := range map[int]auction.Figures{
		1: {Bidders: 3, Average: 6, Takers: 1}, 2: {Bidders: 3, Average: 6, Takers: 1}, 3: all,
	} {
		of := all
		if of.Losers = losers; of.Published(1) != want {
			t.Errorf("of %d losers: %+v", losers, of.Published(1))
		}
	}
	unsold := auction.Figures{Bidders: 3, Wanted: 10, Cover: 2, Least: 3, Greatest: 9, Mean: 5, Median: 4}
	if got := unsold.Published(0); got != (auction.Figures{Bidders: 3}) {
		t.Errorf("where nothing was sold: %+v", got)
	}
	all.Bidders = 2
	if got := all.Published(1); got != (auction.Figures{Bidders: 2, Average: 6, Takers: 1}) {
		t.Errorf("of two bidders: %+v", got)
	}
}
