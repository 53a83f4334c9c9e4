package quantity_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// Round must give the library's result for every number of decimals that the
// type has, and panic rather than wrap.
func TestQuantity_Round_Oracle(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T, r quantity.Rounding) {
		q := atoms[quantity.Quantity]().Draw(t, "q")
		decimals := rapid.IntRange(-12, 8).Draw(t, "decimals")
		got, err := caught(func() quantity.Quantity { return q.Round(decimals, r) })
		want := quotient(decQuantity(q), decimal.NewFromInt(1), int32(decimals), r)
		mustEqual(t, got, err, want, quantity.QuantityScale)
	})
}

// caught returns what f panics with as an error.
func caught[T any](f func() T) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %w", p.(error))
		}
	}()
	return f(), nil
}

// The multiple below and the multiple above must enclose the quantity, be less
// than a lot apart, and be the quantity itself exactly when it is a multiple.
func TestQuantity_Lots(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q, lot := atoms[quantity.Quantity]().Draw(t, "q"), positive[quantity.Quantity]().Draw(t, "lot")
		quo, rem := decQuantity(q).QuoRem(decQuantity(lot), 0)
		below, above := quo, quo
		if rem.Sign() < 0 {
			below = quo.Sub(decimal.NewFromInt(1))
		}
		if rem.Sign() > 0 {
			above = quo.Add(decimal.NewFromInt(1))
		}
		floor, err := caught(func() quantity.Quantity { return q.FloorTo(lot) })
		mustEqual(t, floor, err, below.Mul(decQuantity(lot)), quantity.QuantityScale)
		ceil, err := q.CeilTo(lot)
		mustEqual(t, ceil, err, above.Mul(decQuantity(lot)), quantity.QuantityScale)
		if got := q.IsMultipleOf(lot); got != rem.IsZero() {
			t.Fatalf("%s in lots of %s leaves %s: got %v", q, lot, rem, got)
		}
		if got := quantity.Price(q).IsMultipleOf(quantity.Price(lot)); got != rem.IsZero() {
			t.Fatalf("price %d, tick %d: got %v", int64(q), int64(lot), got)
		}
	})
}

// A step that is not more than 0, and a result that does not fit, must panic
// where there is no error to return.
func TestQuantity_StepPanics(t *testing.T) {
	t.Parallel()
	const q = quantity.OneQuantity
	for _, c := range []struct {
		name string
		call func() string
		want error
	}{
		{"FloorTo 0", func() string { return q.FloorTo(0).String() }, quantity.ErrDivisor},
		{"FloorTo -1", func() string { return q.FloorTo(-q).String() }, quantity.ErrDivisor},
		{"FloorTo that does not fit", func() string { return quantity.Quantity(math.MinInt64).FloorTo(q).String() }, quantity.ErrOverflow},
		{"IsMultipleOf 0", func() string { return fmt.Sprint(q.IsMultipleOf(0)) }, quantity.ErrDivisor},
		{"IsMultipleOf tick 0", func() string { return fmt.Sprint(quantity.OnePrice.IsMultipleOf(0)) }, quantity.ErrDivisor},
		{"Round to -13 decimals", func() string { return q.Round(-13, quantity.Down).String() }, quantity.ErrDecimals},
		{"Round that does not fit", func() string { return quantity.Quantity(math.MaxInt64).Round(0, quantity.Up).String() }, quantity.ErrOverflow},
		{"HalfUpShare that does not fit", func() string { return fmt.Sprint(quantity.HalfUpShare(math.MaxInt, math.MaxInt64)) }, quantity.ErrOverflow},
	} {
		if got, err := caught(c.call); !errors.Is(err, c.want) {
			t.Errorf("%s: got %s, %v; want panic %v", c.name, got, err, c.want)
		}
	}
}

// A rounding that does not exist must not pass for one that does.
func TestRounding_Unknown(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	quantity.OneQuantity.Round(0, quantity.HalfEven+1)
}
