package quantity_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// MulDiv must be exact for every operand and rounding, or say that the result
// does not fit.
func TestMulDiv_Oracle(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T, r quantity.Rounding) {
		a, b, c := atoms[int64]().Draw(t, "a"), atoms[int64]().Draw(t, "b"), atoms[int64]().Draw(t, "c")
		d := positive[int64]().Draw(t, "d")
		got, err := quantity.MulDiv(a, b, c, d, r)
		mustEqual(t, got, err, quotient(dec(a, 0).Mul(dec(b, 0)).Mul(dec(c, 0)), dec(d, 0), 0, r), 0)
	})
}

// Products that leave no room, ties and the two ends of int64 must come out
// exactly.
func TestMulDiv(t *testing.T) {
	t.Parallel()
	const minimum, maximum = math.MinInt64, math.MaxInt64
	for _, c := range []struct {
		a, b, c, d int64
		r          quantity.Rounding
		want       int64
		code       string
	}{
		{7, 1, 1, 2, quantity.Down, 3, "ok"},
		{7, 1, 1, 2, quantity.Up, 4, "ok"},
		{7, 1, 1, 2, quantity.HalfUp, 4, "ok"},
		{7, 1, 1, 2, quantity.HalfEven, 4, "ok"},
		{5, 1, 1, 2, quantity.HalfUp, 3, "ok"},
		{5, 1, 1, 2, quantity.HalfEven, 2, "ok"},
		{-5, 1, 1, 2, quantity.Down, -2, "ok"},
		{-5, 1, 1, 2, quantity.Up, -3, "ok"},
		{-5, 1, 1, 2, quantity.HalfUp, -3, "ok"},
		{-5, 1, 1, 2, quantity.HalfEven, -2, "ok"},
		{5, -1, -1, 2, quantity.HalfUp, 3, "ok"},
		{-5, -1, -1, 2, quantity.HalfUp, -3, "ok"},
		{-1, 1, 1, 3, quantity.HalfUp, 0, "ok"},
		{maximum, maximum, 1, maximum, quantity.Up, maximum, "ok"},
		{minimum, 1, 1, 1, quantity.Down, minimum, "ok"},
		{minimum, minimum, 0, 1, quantity.Down, 0, "ok"},
		{minimum, maximum, 1, maximum, quantity.Up, minimum, "ok"},
		{maximum, 3, 1, 2, quantity.Down, 0, "quantity.overflow"},
		{minimum, -1, 1, 1, quantity.Down, 0, "quantity.overflow"},
		{minimum, minimum, minimum, maximum, quantity.Down, 0, "quantity.overflow"},
		{maximum, maximum, 3, maximum, quantity.Down, 0, "quantity.overflow"},
		// The quotient is 2^64 - 1 and a half: rounding it up must not wrap to 0.
		{31, 8191, 145_295_143_558_111, 2, quantity.Up, 0, "quantity.overflow"},
		{1, 1, 1, 0, quantity.Down, 0, quantity.ErrDivisor.Error()},
		{1, 1, 1, -1, quantity.Down, 0, quantity.ErrDivisor.Error()},
	} {
		got, err := quantity.MulDiv(c.a, c.b, c.c, c.d, c.r)
		if got != c.want || code(err) != c.code {
			t.Errorf("%d × %d × %d ÷ %d by %d: got %d, %s; want %d, %s", c.a, c.b, c.c, c.d, c.r, got, code(err), c.want, c.code)
		}
	}
}

// Amounts must be price × quantity × months ÷ 12, and price × quantity, in CNY
// to the fen.
func TestAmount_Oracle(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T, r quantity.Rounding) {
		p, q := atoms[quantity.Price]().Draw(t, "p"), atoms[quantity.Quantity]().Draw(t, "q")
		months := rapid.OneOf(rapid.IntRange(0, 120), rapid.IntRange(0, math.MaxInt)).Draw(t, "months")
		product := decPrice(p).Mul(decQuantity(q))

		got, err := quantity.Amount(p, q, months, r)
		mustEqual(t, got, err, quotient(product.Mul(dec(int64(months), 0)), decimal.NewFromInt(12), 2, r), quantity.MoneyScale)
		got, err = quantity.Outright(p, q, r)
		mustEqual(t, got, err, quotient(product, decimal.NewFromInt(1), 2, r), quantity.MoneyScale)
	})
}

// However an order is split into fills, the fills rounded down must cost no
// more than the whole, and less by under a fen for each fill.
func TestAmount_SplitCostsNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := quantity.Price(rapid.Int64Range(1, 1_000_000_000).Draw(t, "p"))
		months := rapid.IntRange(1, 60).Draw(t, "months")
		fills := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000_000), 1, 20).Draw(t, "fills")
		var total quantity.Quantity
		var cost quantity.Money
		for _, f := range fills {
			m, err := quantity.Amount(p, quantity.Quantity(f), months, quantity.Down)
			if err != nil {
				t.Fatal(err)
			}
			total += quantity.Quantity(f)
			cost += m
		}
		whole, err := quantity.Amount(p, total, months, quantity.Down)
		if err != nil || cost > whole || whole-cost >= quantity.Money(len(fills)) {
			t.Fatalf("fills cost %s; the whole costs %s, %v", cost, whole, err)
		}
	})
}

// Ratios must scale quantities, money and prices exactly; a price ends on a
// tick.
func TestTimes_Oracle(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T, r quantity.Rounding) {
		v := atoms[int64]().Draw(t, "v")
		k := atoms[quantity.Ratio]().Draw(t, "k")
		tick := 1 + positive[quantity.Price]().Draw(t, "tick")%(math.MaxInt64/1_000_000)
		one := decimal.NewFromInt(1)

		q, err := quantity.Quantity(v).Times(k, r)
		mustEqual(t, q, err, quotient(dec(v, 6).Mul(decRatio(k)), one, 6, r), quantity.QuantityScale)
		m, err := quantity.Money(v).Times(k, r)
		mustEqual(t, m, err, quotient(dec(v, 2).Mul(decRatio(k)), one, 2, r), quantity.MoneyScale)
		p, err := quantity.Price(v).Times(k, tick, r)
		mustEqual(t, p, err, quotient(dec(v, 4).Mul(decRatio(k)), decPrice(tick), 0, r).Mul(decPrice(tick)), quantity.PriceScale)
	})
}

// Quotients must be exact, rounded once.
func TestQuotients_Oracle(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T, r quantity.Rounding) {
		q := atoms[quantity.Quantity]().Draw(t, "q")
		k := positive[quantity.Ratio]().Draw(t, "k")
		got, err := q.Over(k, r)
		mustEqual(t, got, err, quotient(decQuantity(q), decRatio(k), 6, r), quantity.QuantityScale)

		m := atoms[quantity.Money]().Draw(t, "m")
		by := positive[quantity.Quantity]().Draw(t, "by")
		decimals := rapid.IntRange(0, quantity.PriceScale).Draw(t, "decimals")
		mean, err := quantity.MeanPrice(m, by, decimals, r)
		mustEqual(t, mean, err, quotient(decMoney(m), decQuantity(by), int32(decimals), r), quantity.PriceScale)
	})
}

// Sums and differences must be exact or an overflow.
func TestAddSub_Oracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := atoms[quantity.Money]().Draw(t, "a"), atoms[quantity.Money]().Draw(t, "b")
		got, err := quantity.Add(a, b)
		mustEqual(t, got, err, decMoney(a).Add(decMoney(b)), quantity.MoneyScale)
		got, err = quantity.Sub(a, b)
		mustEqual(t, got, err, decMoney(a).Sub(decMoney(b)), quantity.MoneyScale)
	})
}

// What a caller must not pass is an error of ours and gives no result.
func TestArith_RefusesWhatIsNotPositive(t *testing.T) {
	t.Parallel()
	const p, q, m, k = quantity.OnePrice, quantity.OneQuantity, quantity.OneMoney, quantity.OneRatio
	for _, c := range []struct {
		name string
		call func() (int64, error)
		want error
	}{
		{"Amount for -1 months", of(quantity.Amount(p, q, -1, quantity.Down)), quantity.ErrMonths},
		{"MeanPrice of nothing", of(quantity.MeanPrice(m, 0, 2, quantity.HalfUp)), quantity.ErrDivisor},
		{"MeanPrice to 5 decimals", of(quantity.MeanPrice(m, q, 5, quantity.HalfUp)), quantity.ErrDecimals},
		{"MeanPrice to -1 decimals", of(quantity.MeanPrice(m, q, -1, quantity.HalfUp)), quantity.ErrDecimals},
		{"Over 0", of(q.Over(0, quantity.Down)), quantity.ErrDivisor},
		{"Over -1", of(q.Over(-k, quantity.Down)), quantity.ErrDivisor},
		{"Times with tick 0", of(p.Times(k, 0, quantity.Down)), quantity.ErrDivisor},
		{"Times with the smallest tick", of(p.Times(k, math.MinInt64, quantity.Down)), quantity.ErrDivisor},
		{"Times with a tick too large", of(p.Times(k, math.MaxInt64, quantity.Down)), quantity.ErrOverflow},
		{"CeilTo 0", of(q.CeilTo(0)), quantity.ErrDivisor},
		{"CeilTo that does not fit", of(quantity.Quantity(math.MaxInt64).CeilTo(q)), quantity.ErrOverflow},
	} {
		if got, err := c.call(); got != 0 || !errors.Is(err, c.want) {
			t.Errorf("%s: got %d, %v; want 0, %v", c.name, got, err, c.want)
		}
	}
}

func of[T ~int64](v T, err error) func() (int64, error) {
	return func() (int64, error) { return int64(v), err }
}

// The hot path must not allocate. It is not parallel because allocations are
// counted for the whole process.
func TestAmount_DoesNotAllocate(t *testing.T) {
	p, q := mustPrice(t, "2397.22"), mustQuantity(t, "13.257")
	buf := make([]byte, 0, 64)
	allocs := testing.AllocsPerRun(100, func() {
		m, err := quantity.Amount(p, q, 60, quantity.Down)
		if err != nil {
			t.Fatal(err)
		}
		buf = p.AppendTo(q.AppendTo(m.AppendTo(quantity.OneRatio.AppendTo(buf[:0]))))
	})
	if allocs != 0 {
		t.Errorf("got %v allocations; want none", allocs)
	}
}

func BenchmarkAmount(b *testing.B) {
	p, q := mustPrice(b, "2397.22"), mustQuantity(b, "13.257")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := quantity.Amount(p, q, 60, quantity.Down); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoney_AppendTo(b *testing.B) {
	m, buf := mustMoney(b, "158900.00"), make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		buf = m.AppendTo(buf[:0])
	}
}

func BenchmarkParseQuantity(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := quantity.ParseQuantity("quantity", "13.257"); err != nil {
			b.Fatal(err)
		}
	}
}

// The amount of a trade is bounded, and what a year of it would cost as well.
func TestTradeAmount(t *testing.T) {
	t.Parallel()
	const t1, million = quantity.OneQuantity, 1_000_000 * quantity.OnePrice
	for _, c := range []struct {
		price    quantity.Price
		quantity quantity.Quantity
		months   int
		want     quantity.Money
		err      error
	}{
		{4000 * quantity.OnePrice, t1, 60, 20_000 * quantity.OneMoney, nil},
		{million, 10_000_000 * t1, 12, quantity.AmountMax, nil},
		{million, 10_000_000*t1 + t1, 12, 0, quantity.ErrImplausible},
		{million, 10_000_000*t1 + t1, 3, 0, quantity.ErrImplausible},
		{million, 10_000_000 * t1, 13, 0, quantity.ErrImplausible},
		{900_000_000_000_000 * quantity.OnePrice, 300 * t1, 3, 0, quantity.ErrImplausible},
		{1 << 62, 1 << 62, 3, 0, quantity.ErrOverflow},
		{1, t1, -1, 0, quantity.ErrMonths},
	} {
		if got, err := quantity.TradeAmount(c.price, c.quantity, c.months, quantity.HalfUp); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s × %s for %d months: %s, %v", c.price, c.quantity, c.months, got, err)
		}
	}
}

// The mean of amounts that were rounded, with what that has left, is that of the exact
// amounts, half-up at the fen; also where sums are negative.
func TestMeanPriceExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var m quantity.Money
		var rest int64
		exact := new(big.Rat)
		for range rapid.IntRange(1, 5).Draw(t, "trades") {
			p := quantity.Price(rapid.Int64Range(-1_000_000_000_000, 1_000_000_000_000).Draw(t, "price"))
			q := quantity.Quantity(rapid.Int64Range(1, 1_000_000_000).Draw(t, "quantity"))
			one, err := quantity.Outright(p, q, quantity.HalfUp)
			if err != nil {
				t.Fatal(err)
			}
			m, rest = m+one, rest+quantity.OutrightRest(p, q, one)
			exact.Add(exact, new(big.Rat).Mul(big.NewRat(int64(p), int64(quantity.OnePrice)), big.NewRat(int64(q), int64(quantity.OneQuantity))))
		}
		by := quantity.Quantity(rapid.Int64Range(1, 5_000_000_000).Draw(t, "by"))
		got, err := quantity.MeanPriceExact(m, rest, by)
		fen := new(big.Rat).Quo(exact, big.NewRat(int64(by), 100*int64(quantity.OneQuantity)))
		whole, _ := new(big.Int).SetString(fen.FloatString(0), 10) // halves away from zero
		if want := new(big.Int).Mul(whole, big.NewInt(100)); !want.IsInt64() {
			if err == nil {
				t.Fatalf("got %s of what does not fit", got)
			}
		} else if err != nil || int64(got) != want.Int64() {
			t.Fatalf("%s ÷ %s: got %s %v, want %s fen", exact, by, got, err, whole)
		}
	})
	for _, q := range []quantity.Quantity{0, -1} {
		if _, err := quantity.MeanPriceExact(1, 0, q); err != quantity.ErrDivisor { //nolint:errorlint // the sentinel itself
			t.Errorf("by %s: %v", q, err)
		}
	}
	if _, err := quantity.MeanPriceExact(math.MaxInt64, 0, 1); err == nil {
		t.Error("a mean that does not fit is given")
	}
}
