package quantity_test

import (
	"testing"

	"permitx/internal/quantity"
)

// Measured data must round as the examples of GB/T 8170 do: half to even, in
// one step, negative numbers by their absolute value.
func TestFacts_GBT8170(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in       string
		decimals int
		want     string
	}{
		{"12.1498", 1, "12.1"},
		{"12.1498", 0, "12"},
		{"10.5002", 0, "11"},
		{"1.050", 1, "1"},
		{"0.35", 1, "0.4"},
		{"0.325", 2, "0.32"},
		{"28.175", 2, "28.18"},
		{"2500", -3, "2000"},
		{"3500", -3, "4000"},
		{"1268", -2, "1300"},
		{"2.154546", 2, "2.15"}, // by way of 2.1545 → 2.155 it would be 2.16
		{"15.4546", 0, "15"},
		{"-0.0365", 3, "-0.036"},
		{"-355", -1, "-360"},
		{"-325", -1, "-320"},
	} {
		if got := mustQuantity(t, c.in).Round(c.decimals, quantity.HalfEven).String(); got != c.want {
			t.Errorf("%s to %d decimals: got %s; want %s", c.in, c.decimals, got, c.want)
		}
	}
}

// Of n bidders, 70 % must win, halves up: 5 bidders have 4 winners.
func TestFacts_AuctionWinners(t *testing.T) {
	t.Parallel()
	share := mustRatio(t, "0.7")
	for _, c := range []struct{ bidders, want int }{
		{0, 0}, {1, 1}, {2, 1}, {3, 2}, {5, 4}, {10, 7}, {15, 11}, {19, 13},
	} {
		if got := quantity.HalfUpShare(c.bidders, share); got != c.want {
			t.Errorf("of %d bidders: got %d winners; want %d", c.bidders, got, c.want)
		}
	}
}

// Fact 43: 123,760 t at the floor of CNY 29.98 are CNY 3,710,324.80; at the uniform
// price of 30.50 what four bidders win comes to CNY 3,774,680.00, paid one by one.
func TestFacts_CreditAuction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		price, total string
		won          []string
	}{
		{"29.98", "3710324.80", []string{"123760"}},
		{"30.50", "3774680.00", []string{"40000", "50000", "30000", "3760"}},
	} {
		var sum quantity.Money
		for _, won := range c.won {
			m, err := quantity.Outright(mustPrice(t, c.price), mustQuantity(t, won), quantity.HalfUp)
			if err != nil {
				t.Fatal(err)
			}
			sum += m
		}
		if sum.String() != c.total {
			t.Errorf("%v t at %s: %s, want %s", c.won, c.price, sum, c.total)
		}
	}
}

// What a purchase supports must be rounded down to the lot, and what a firm
// must buy up to it.
func TestFacts_OffsetRatio(t *testing.T) {
	t.Parallel()
	lot := mustQuantity(t, "0.0001")

	supported, err := mustQuantity(t, "3.8750").Over(mustRatio(t, "1.2"), quantity.Down)
	if got := supported.FloorTo(lot).String(); err != nil || got != "3.2291" {
		t.Errorf("3.8750 t/a ÷ 1.2: got %s, %v; want 3.2291", got, err)
	}
	if got := supported.Round(4, quantity.HalfEven).String(); got != "3.2292" {
		t.Errorf("half to even: got %s; want 3.2292, an over-allocation", got)
	}

	needed, err := mustQuantity(t, "1.2345").Times(mustRatio(t, "2"), quantity.Up)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := needed.CeilTo(lot); err != nil || got != mustQuantity(t, "2.4690") {
		t.Errorf("1.2345 t/a × 2: got %s, %v; want 2.469", got, err)
	}
}

// Fact 6: Yiwu's reserve price is one and a half times its standard of 3000, 4500
// CNY/(t·a), paid for five years in one sum.
func TestFacts_ReservePrice(t *testing.T) {
	t.Parallel()
	const oneAndAHalf = 3 * quantity.OneRatio / 2
	p, err := mustPrice(t, "3000").Times(oneAndAHalf, quantity.OnePrice, quantity.HalfUp)
	if err != nil || p != mustPrice(t, "4500") {
		t.Errorf("the reserve price is %s, %v", p, err)
	}
	if sum, err := quantity.Amount(p, quantity.OneQuantity, 60, quantity.HalfUp); err != nil || sum.String() != "22500.00" {
		t.Errorf("five years of it cost %s, %v", sum, err)
	}
}

// The start price of a remaining term is the price of a year by the month.
func TestFacts_RemainingTerm(t *testing.T) {
	t.Parallel()
	perYear := mustPrice(t, "4000") // 20,000 CNY for five years
	for _, c := range []struct {
		months int
		r      quantity.Rounding
		want   string
	}{
		{60, quantity.HalfUp, "20000.00"},
		{37, quantity.HalfUp, "12333.33"},
		{37, quantity.Down, "12333.33"},
		{37, quantity.Up, "12333.34"},
		{38, quantity.HalfUp, "12666.67"},
		{0, quantity.Up, "0.00"},
	} {
		got, err := quantity.Amount(perYear, quantity.OneQuantity, c.months, c.r)
		if err != nil || got.String() != c.want {
			t.Errorf("%d months: got %s, %v; want %s", c.months, got, err, c.want)
		}
	}
}

// The average of the first cross-province batch must be the published one, for
// a tonne and for a tonne and year.
func TestFacts_MeanPrice(t *testing.T) {
	t.Parallel()
	money, total := mustMoney(t, "158900.00"), mustQuantity(t, "13.257")
	fiveYears, err := total.Times(5*quantity.OneRatio, quantity.Down)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q        quantity.Quantity
		decimals int
		want     string
	}{
		{total, 2, "11986.12"},
		{total, 0, "11986"},
		{total, 4, "11986.1205"},
		{fiveYears, 2, "2397.22"},
	} {
		got, err := quantity.MeanPrice(money, c.q, c.decimals, quantity.HalfUp)
		if err != nil || got.String() != c.want {
			t.Errorf("%s CNY ÷ %s t to %d decimals: got %s, %v; want %s", money, c.q, c.decimals, got, err, c.want)
		}
	}
}

// The limits of a price band must be rounded half up to the tick.
func TestFacts_PriceBand(t *testing.T) {
	t.Parallel()
	tick := mustPrice(t, "0.01")
	for _, c := range []struct{ previous, ratio, want string }{
		{"79.00", "0.9", "71.1"},
		{"79.00", "1.1", "86.9"},
		{"79.00", "0.7", "55.3"},
		{"79.00", "1.3", "102.7"},
		{"77.77", "1.1", "85.55"},
		{"77.77", "0.9", "69.99"},
	} {
		got, err := mustPrice(t, c.previous).Times(mustRatio(t, c.ratio), tick, quantity.HalfUp)
		if err != nil || got.String() != c.want {
			t.Errorf("%s × %s: got %s, %v; want %s", c.previous, c.ratio, got, err, c.want)
		}
	}
}
