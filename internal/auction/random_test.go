package auction

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// A scale says how large the numbers of a random case are.
type scale struct {
	bids, lots, prices int64
	lotSizes           []quantity.Quantity
	tick               quantity.Price
}

var (
	small = scale{6, 8, 5, []quantity.Quantity{quantity.OneQuantity}, quantity.OnePrice}
	large = scale{60, 1_000_000, 40, []quantity.Quantity{1, 100, 500_000, quantity.OneQuantity, 500 * quantity.OneQuantity}, 1_234}
)

// drawCase makes a case that is valid, of a format.
func drawCase(t *rapid.T, f Format, s scale) Case {
	lot := rapid.SampledFrom(s.lotSizes).Draw(t, "lot")
	lots := func(name string, least int64) quantity.Quantity {
		return quantity.Quantity(rapid.Int64Range(least, s.lots).Draw(t, name)) * lot
	}
	price := func(name string, least int64) quantity.Price {
		return quantity.Price(rapid.Int64Range(least, s.prices).Draw(t, name)) * s.tick
	}
	c := Case{Format: f, LotSize: lot, Months: rapid.SampledFrom([]int{0, 1, 7, 12, 60}).Draw(t, "months")}
	c.Undersubscribed = rapid.SampledFrom(append([]Undersubscribed{""}, UndersubscribedRules...)).Draw(t, "undersubscribed")
	if !f.find().onlyByTime {
		c.Tie = rapid.SampledFrom(append([]Tie{""}, Ties...)).Draw(t, "tie")
	}
	side := func(name string, markets bool) []Bid {
		bids := make([]Bid, rapid.Int64Range(0, s.bids).Draw(t, name))
		drawn := rapid.Permutation(indexes(len(bids))).Draw(t, "drawn")
		ids := rapid.Permutation(indexes(len(bids))).Draw(t, "ids")
		for i := range bids {
			bids[i] = Bid{ID: fmt.Sprintf("%s%03d", name, ids[i]), Price: price("price", 1), Quantity: lots("lots", 1), Seq: rapid.Int64Range(1, s.bids).Draw(t, "seq"), Draw: drawn[i] + 1}
			bids[i].AcceptsPart = rapid.Bool().Draw(t, "accepts part")
			if markets && rapid.IntRange(0, 3).Draw(t, "market") == 0 {
				bids[i].Price = 0
				if f == Call && rapid.Bool().Draw(t, "is protected") {
					bids[i].Protection = price("protection", 1)
				}
			}
			if f == Ascending {
				bids[i].Quantity = c.Supply
			}
		}
		return bids
	}
	switch f {
	case Uniform:
		if rapid.Bool().Draw(t, "has price-takers") {
			c.NoncompetitiveLimit = lots("price-takers", 1)
		}
		c.Noncompetitive = lots("noncompetitive", 0) * quantity.Quantity(rapid.IntRange(0, 1).Draw(t, "has noncompetitive"))
		c.Supply, c.ReservePrice = lots("supply", 1), price("reserve", 0)
	case PayAsBid:
		c.Supply, c.ReservePrice = lots("supply", 1), price("reserve", 0)
	case Ascending:
		c.Supply, c.ReservePrice, c.Step = lots("supply", 1), price("reserve", 0), price("step", 0)
	case PayAsBidShare:
		c.Supply, c.ReservePrice = lots("supply", 0), price("reserve", 0)
		c.WinShare = quantity.Ratio(rapid.Int64Range(0, 10).Draw(t, "share")) * quantity.OneRatio / 10
		c.BiddersMin = rapid.IntRange(0, 4).Draw(t, "least bidders")
		c.Fit = rapid.SampledFrom(append([]Fit{FitAsAgreed}, Fits...)).Draw(t, "fit")
	case ReverseUniform:
		c.Demand, c.CeilingPrice = lots("demand", 1), price("ceiling", 0)
		if rapid.Bool().Draw(t, "has budget") {
			c.Budget, _ = quantity.Amount(price("average", 1), c.Demand, 12, quantity.Up)
		}
	case Call:
		c.ReferencePrice = price("reference", 0)
	}
	if f != ReverseUniform {
		c.Bids = side("bids", f == Call || c.NoncompetitiveLimit > 0)
	}
	if f == ReverseUniform || f == Call {
		c.Asks = side("asks", f == Call)
	}
	if f != ReverseUniform && f != Call {
		for range rapid.IntRange(0, 4).Draw(t, "next auctions") {
			c.NextAuctions = append(c.NextAuctions, lots("planned", 0))
		}
	}
	return c
}

func indexes(n int) []int {
	found := make([]int, n)
	for i := range found {
		found[i] = i
	}
	return found
}

// everyFormat runs a property on random cases of each format.
func everyFormat(t *testing.T, s scale, property func(t *rapid.T, c Case)) {
	t.Helper()
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { property(t, drawCase(t, f, s)) })
		})
	}
}

func mustClear(t *rapid.T, c Case) Result {
	r, err := Clear(&c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each format must give on small cases what its obvious twin gives.
func TestClear_Naive(t *testing.T) {
	t.Parallel()
	everyFormat(t, small, func(t *rapid.T, c Case) {
		got, want := mustClear(t, c), naiveOf(c)
		have := naive{status: got.Status, price: got.ClearingPrice, imbalance: got.Imbalance}
		have.bids, have.asks = quantities(got.Bids), quantities(got.Asks)
		if diff := cmp.Diff(want, have, cmp.AllowUnexported(naive{})); diff != "" {
			t.Fatalf("twin and format differ (-twin +format):\n%s", diff)
		}
	})
}

func quantities(awards []Allotment) []quantity.Quantity {
	found := make([]quantity.Quantity, len(awards))
	for i := range awards {
		found[i] = awards[i].Quantity
	}
	return found
}

// What is not sold must be carried over as one lot after the other would be.
func TestCarryOver_Naive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lot := quantity.Quantity(rapid.Int64Range(1, 5).Draw(t, "lot"))
		planned := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 60), func(n int64) quantity.Quantity { return quantity.Quantity(n) * lot }), 1, 5).Draw(t, "planned")
		unsold := quantity.Quantity(rapid.Int64Range(0, 120).Draw(t, "unsold")) * lot
		carried, left := carryOver(unsold, planned, lot)
		if diff := cmp.Diff(naiveCarry(unsold, planned, lot), carried); diff != "" {
			t.Fatal(diff)
		}
		sum := left
		for _, q := range carried {
			sum += q
		}
		if sum != unsold {
			t.Fatalf("carried %v and %d are not %d", carried, left, unsold)
		}
	})
}

// In every format no more is sold than is offered, bought as sought and as paid
// for; nobody pays above his bid or receives below his ask, gets more than he
// wants, or anything for a bid that is not valid; and the figures add up.
func TestClear_Invariants(t *testing.T) {
	t.Parallel()
	everyFormat(t, large, func(t *rapid.T, c Case) {
		r := mustClear(t, c)
		sold, bought := volumeOf(r.Bids)+r.Unnamed, volumeOf(r.Asks)
		if len(r.Bids) != len(c.Bids) || len(r.Asks) != len(c.Asks) {
			t.Fatal("an award is missing")
		}
		switch c.Format {
		case Call:
			if sold != bought || r.Volume != sold {
				t.Fatalf("bids get %s and asks give %s of %s", sold, bought, r.Volume)
			}
		case ReverseUniform:
			if r.Volume != bought || bought > c.Demand || r.Unsold != c.Demand-bought || c.Budget > 0 && r.Revenue > c.Budget {
				t.Fatalf("bought %s of %s for %s of %s", bought, c.Demand, r.Revenue, c.Budget)
			}
		case Uniform, PayAsBid, PayAsBidShare, Ascending:
			if r.Volume != sold || c.Supply > 0 && (sold > c.Supply || r.Unsold != c.Supply-sold) {
				t.Fatalf("sold %s of %s", sold, c.Supply)
			}
			if named := takenBy(c, r); named > c.NoncompetitiveLimit || r.Noncompetitive != r.Unnamed+named || r.Unnamed > c.Noncompetitive {
				t.Fatalf("price-takers get %s of at most %s, in all %s", named, c.NoncompetitiveLimit, r.Noncompetitive)
			}
		}
		checkAwards(t, c, c.Bids, r, r.Bids, func(bid, pays quantity.Price) bool { return pays <= bid && pays >= c.ReservePrice })
		checkAwards(t, c, c.Asks, r, r.Asks, func(ask, gets quantity.Price) bool {
			return gets >= ask && (c.CeilingPrice == 0 || gets <= c.CeilingPrice)
		})
		checkSums(t, c, r)
	})
}

// takenBy is what the price-takers among the bids get.
func takenBy(c Case, r Result) (sum quantity.Quantity) {
	for i, b := range c.Bids {
		if b.Price == 0 && c.Format != Call {
			sum += r.Bids[i].Quantity
		}
	}
	return sum
}

func checkAwards(t *rapid.T, c Case, side []Bid, r Result, awards []Allotment, fair func(own, price quantity.Price) bool) {
	for i, a := range awards {
		b := side[i]
		switch {
		case a.Quantity < 0 || a.Quantity > b.Quantity || !a.Quantity.IsMultipleOf(c.LotSize):
			t.Fatalf("bid %d gets %s of %s", i, a.Quantity, b.Quantity)
		case a.Quantity > 0 && (a.Refused || a.Price <= 0 || b.worst() > 0 && !fair(b.worst(), a.Price)):
			t.Fatalf("bid %d at %s: %+v", i, b.Price, a)
		case a.Quantity == 0 && (a.Price != 0 || a.Amount != 0):
			t.Fatalf("bid %d gets nothing: %+v", i, a)
		case a.Quantity > 0 && c.Format.PaysOwn() != (r.ClearingPrice == 0), a.Quantity > 0 && !c.Format.PaysOwn() && a.Price != r.ClearingPrice:
			t.Fatalf("bid %d pays %s; the one price is %s", i, a.Price, r.ClearingPrice)
		}
	}
}

func checkSums(t *rapid.T, c Case, r Result) {
	months := c.withDefaults().Months
	revenue, _ := quantity.Amount(r.ClearingPrice, r.Unnamed, months, quantity.HalfUp)
	for _, a := range slices.Concat(r.Bids, r.Asks) {
		exact, err := quantity.Amount(a.Price, a.Quantity, months, c.Format.find().rounding)
		if c.Format == Call {
			exact = 0
		}
		if err != nil || a.Amount != exact {
			t.Fatalf("%+v should cost %s, %v", a, exact, err)
		}
		revenue += a.Amount
	}
	if revenue != r.Revenue {
		t.Fatalf("the awards come to %s; the revenue is %s", revenue, r.Revenue)
	}
	if (r.Status == Cancelled || r.Status == NoTrade) != (r.Volume == 0) {
		t.Fatalf("%s with %s", r.Status, r.Volume)
	}
	if c.Format != PayAsBidShare && c.Format != Call && r.Status == Cleared && r.Unsold != 0 {
		t.Fatalf("cleared with %s left", r.Unsold)
	}
	carried := r.NotCarried
	for i, q := range r.CarryOver {
		carried += q
		if 4*q > c.NextAuctions[i] {
			t.Fatalf("an auction of %s takes over %s", c.NextAuctions[i], q)
		}
	}
	if len(c.NextAuctions) > 0 && carried != r.Unsold {
		t.Fatalf("carried %s of %s", carried, r.Unsold)
	}
}

// Where time does not decide, the order of the list and of arrival must not
// matter; where it does, the order of the list must not, also of those that
// arrive at once.
func TestClear_Permutation(t *testing.T) {
	t.Parallel()
	everyFormat(t, large, func(t *rapid.T, c Case) {
		byTimeAlone := c.Format == Call || c.Format == PayAsBidShare || c.Format == Ascending || c.Tie == "" || c.Tie == ByTime || c.Tie == ProRata
		order, other := rapid.Permutation(indexes(len(c.Bids))).Draw(t, "bids"), rapid.Permutation(indexes(len(c.Asks))).Draw(t, "asks")
		moved := c
		moved.Bids, moved.Asks = permuted(c.Bids, order), permuted(c.Asks, other)
		if !byTimeAlone { // nor does the time of arrival
			for _, side := range [][]Bid{moved.Bids, moved.Asks} {
				for i := range side {
					side[i].Seq = int64(i)
				}
			}
		}
		a, b := mustClear(t, c), mustClear(t, moved)
		a.Bids, a.Asks = permuted(a.Bids, order), permuted(a.Asks, other)
		b.Bids, b.Asks = permuted(b.Bids, indexes(len(b.Bids))), permuted(b.Asks, indexes(len(b.Asks)))
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

func permuted[T any](items []T, order []int) []T {
	found := make([]T, len(items))
	for to, from := range order {
		found[to] = items[from]
	}
	return found
}

// More on offer must never raise the price of a uniform auction that clears.
func TestUniform_MoreSupply(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t, Uniform, small)
		more := c
		more.Supply += quantity.Quantity(rapid.Int64Range(1, 8).Draw(t, "more")) * c.LotSize
		less, plenty := mustClear(t, c), mustClear(t, more)
		if plenty.Status == Cleared && less.Status == Cleared && plenty.ClearingPrice > less.ClearingPrice {
			t.Fatalf("%s costs %s; %s costs %s", c.Supply, less.ClearingPrice, more.Supply, plenty.ClearingPrice)
		}
	})
}

// A tie that the draw does not settle must be refused, and name the bid.
func TestClear_DrawLacksBid(t *testing.T) {
	t.Parallel()
	for _, tie := range []Tie{Drawn, ProRataFloor} {
		c := Case{Format: Uniform, Supply: 3, Tie: tie, Bids: []Bid{{ID: "A", Price: 5, Quantity: 2, Draw: 1}, {ID: "B", Price: 5, Quantity: 2}}}
		if _, err := Clear(&c); !errors.Is(err, ErrDraw) {
			t.Errorf("%s: got %v; want %v", tie, err, ErrDraw)
		}
	}
}

// What nobody can be awarded does not count against the range of money: one bid
// far above what is offered keeps no auction from its result.
func TestClear_BidFarAboveSupply(t *testing.T) {
	t.Parallel()
	for _, f := range []Format{Uniform, PayAsBid, PayAsBidShare, Ascending} {
		c := Case{Format: f, Supply: 3, LotSize: 1, Bids: []Bid{{ID: "A", Price: priceMax, Quantity: 3, Seq: 1}, {ID: "B", Price: 5, Quantity: 3, Seq: 2}}}
		if f == PayAsBidShare { // whose needs are not bounded by what is offered
			c.Bids[1].Quantity = math.MaxInt64
		}
		r, err := Clear(&c)
		if err != nil || r.Bids[0].Quantity != 3 || r.Bids[1].Quantity != 0 {
			t.Errorf("%s: %+v, %v", f, r, err)
		}
	}
}

// An offer admits so many bidders that the bids of all stay within the bounds of a case.
func TestOffer_BiddersMost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    Offer
		want int
	}{
		{Offer{Format: Uniform, Quantity: 10}, BidsMax / StepsMost},
		{Offer{Format: PayAsBidShare, Quantity: 10}, BidsMax},
		{Offer{Format: Uniform, Quantity: math.MaxInt64 / 3}, 3},
		{Offer{Format: Uniform, Quantity: math.MaxInt64, Quota: math.MaxInt64 / 7}, 7},
	} {
		if got := c.o.BiddersMost(); got != c.want {
			t.Errorf("%s of %s, quota %s: %d; want %d", c.o.Format, c.o.Quantity, c.o.Quota, got, c.want)
		}
	}
}
