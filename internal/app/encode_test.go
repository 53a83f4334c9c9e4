package app

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// The encodings of the order path, written by hand, are those of appendRecord.
func TestEncode_SameAsReflection(t *testing.T) {
	t.Parallel()
	same(t, "balance", appendBalance)
	same(t, "posting", appendPosting)
	same(t, "order", appendOrder)
	same(t, "trade", appendTrade)
	same(t, "acquisition", appendAcquisition)
	same(t, "surplus", appendSurplus)
	same(t, "account", func(b []byte, a *ledger.Account) []byte { return appendRecord(b, a) })
}

func same[R any](t *testing.T, name string, byHand func([]byte, *R) []byte) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			row := rapid.Make[R]().Draw(t, "row")
			if got, want := byHand(nil, &row), appendRecord(nil, &row); !bytes.Equal(got, want) {
				t.Fatalf("%+v: by hand %x, by reflection %x", row, got, want)
			}
		})
	})
}

// What appendChange writes, parseChanges reads back; any cut is an error and
// never a panic.
func TestChanges_RoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Make[ledger.Balance](), 1, 5).Draw(t, "rows")
		var b []byte
		for i := range rows {
			b = appendChange(b, Balances.name, rows[i].Command, func(b []byte) []byte { return appendBalance(b, &rows[i]) })
		}
		n := 0
		err := parseChanges(b, func(c change) {
			if c.table != Balances.name || c.previous != rows[n].Command || imageID(c.image) != int64(rows[n].ID) {
				t.Fatalf("row %d came back as %+v", n, c)
			}
			n++
		})
		if err != nil || n != len(rows) {
			t.Fatalf("%d of %d rows, %v", n, len(rows), err)
		}
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		seen := 0
		if err := parseChanges(b[:cut], func(change) { seen++ }); err == nil && seen == len(rows) {
			t.Fatal("a cut encoding was read as if it were whole")
		}
	})
}

// Ten one-lot fills of an order never cost more than what it holds aside.
func TestHold_CoversAnySplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64Range(1, 100_000_000).Draw(t, "price")
		months := rapid.IntRange(0, 60).Draw(t, "months")
		parts := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000_000), 1, 12).Draw(t, "parts")
		checkSplit(t, price, months, parts)
	})
	checkSplit(t, 4007*10_000, 37, []int64{100, 100, 100, 100, 100, 100, 100, 100, 100, 100})
}

type fataler interface {
	Fatalf(format string, args ...any)
}

func checkSplit(t fataler, price int64, months int, parts []int64) {
	left := int64(0)
	for _, p := range parts {
		left += p
	}
	hold := must(market.HoldOf(quantity.Price(price), quantity.Quantity(left), months))
	for _, p := range parts {
		cost := must(market.Cost(quantity.Price(price), quantity.Quantity(p), months))
		left -= p
		keep := must(market.HoldOf(quantity.Price(price), quantity.Quantity(left), months))
		if hold-cost-keep < 0 {
			t.Fatalf("price %d, months %d, parts %v: a part costs %s, %s are held and %s must be kept", price, months, parts, cost, hold, keep)
		}
		hold = keep
	}
}
