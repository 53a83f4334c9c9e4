package quantity_test

import (
	"errors"
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

var roundings = []quantity.Rounding{quantity.Down, quantity.Up, quantity.HalfUp, quantity.HalfEven}

func dec[T ~int64](v T, scale int32) decimal.Decimal { return decimal.New(int64(v), -scale) }

func decQuantity(q quantity.Quantity) decimal.Decimal { return dec(q, quantity.QuantityScale) }
func decPrice(p quantity.Price) decimal.Decimal       { return dec(p, quantity.PriceScale) }
func decMoney(m quantity.Money) decimal.Decimal       { return dec(m, quantity.MoneyScale) }
func decRatio(k quantity.Ratio) decimal.Decimal       { return dec(k, quantity.RatioScale) }

// quotient is num ÷ den rounded to places by the library's own roundings. The
// quotient is cut after 40 digits; where something was cut off, one more digit
// keeps it from looking like a tie.
func quotient(num, den decimal.Decimal, places int32, r quantity.Rounding) decimal.Decimal {
	quo, rem := num.QuoRem(den, 40)
	if !rem.IsZero() {
		quo = quo.Add(decimal.New(int64(num.Sign()*den.Sign()), -41))
	}
	switch r {
	case quantity.Down:
		return quo.RoundDown(places)
	case quantity.Up:
		return quo.RoundUp(places)
	case quantity.HalfUp:
		return quo.Round(places)
	case quantity.HalfEven:
		return quo.RoundBank(places)
	}
	panic("unknown rounding")
}

// mustEqual checks got against want, a number of the same scale. A want that
// has no int64 of atoms must be an overflow.
func mustEqual[T ~int64](t *rapid.T, got T, err error, want decimal.Decimal, scale int32) {
	t.Helper()
	atoms := want.Shift(scale)
	if !atoms.IsInteger() {
		t.Fatalf("oracle has more than %d decimals: %s", scale, want)
	}
	if !atoms.BigInt().IsInt64() {
		if !errors.Is(err, quantity.ErrOverflow) || got != 0 {
			t.Fatalf("got %d, %v; want an overflow, for %s", got, err, want)
		}
		return
	}
	if err != nil || !dec(got, scale).Equal(want) {
		t.Fatalf("got %s, %v; want %s", dec(got, scale), err, want)
	}
}

// atoms draws any int64 of the type, often an extreme, a power of ten or half
// of one, or a value of everyday size.
func atoms[T ~int64]() *rapid.Generator[T] {
	round := rapid.Custom(func(t *rapid.T) int64 {
		v := int64(rapid.SampledFrom([]int{1, 2, 5, 12, 25}).Draw(t, "digits"))
		for range rapid.IntRange(0, 17).Draw(t, "zeros") {
			v *= 10
		}
		return v * int64(rapid.SampledFrom([]int{-1, 1}).Draw(t, "sign"))
	})
	any64 := rapid.OneOf(
		rapid.Int64(),
		rapid.Int64Range(-1_000_000_000, 1_000_000_000),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64, -1, 0, 1}),
		round,
	)
	return rapid.Map(any64, func(v int64) T { return T(v) })
}

// positive draws as atoms does, from 1 up.
func positive[T ~int64]() *rapid.Generator[T] {
	return atoms[T]().Filter(func(v T) bool { return v > 0 })
}

// property checks prop with every rounding.
func property(t *testing.T, prop func(t *rapid.T, r quantity.Rounding)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range roundings {
			prop(t, r)
		}
	})
}

// code is the fault's code, or the error's text.
func code(err error) string {
	if err == nil {
		return "ok"
	}
	if f, ok := fault.As(err); ok {
		return f.Code
	}
	return err.Error()
}

func mustQuantity(tb testing.TB, s string) quantity.Quantity {
	tb.Helper()
	return must[quantity.Quantity](tb, quantity.ParseQuantity, s)
}

func mustPrice(tb testing.TB, s string) quantity.Price {
	tb.Helper()
	return must[quantity.Price](tb, quantity.ParsePrice, s)
}

func mustMoney(tb testing.TB, s string) quantity.Money {
	tb.Helper()
	return must[quantity.Money](tb, quantity.ParseMoney, s)
}

func mustRatio(tb testing.TB, s string) quantity.Ratio {
	tb.Helper()
	return must[quantity.Ratio](tb, quantity.ParseRatio, s)
}

func must[T any](tb testing.TB, parse func(field, s string) (T, error), s string) T {
	tb.Helper()
	v, err := parse("fixture", s)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}
