package quantity_test

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// Quotient must give what MulDiv gives where that can say it, and overflow
// where it does.
func TestQuotient_MulDiv(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T, r quantity.Rounding) {
		a, b := atoms[int64]().Draw(t, "a"), atoms[int64]().Draw(t, "b")
		d := positive[int64]().Draw(t, "d")
		want, wantErr := quantity.MulDiv(a, b, 1, d, r)
		got, err := quantity.Quotient(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), big.NewInt(d), r)
		if got != want || !errors.Is(err, wantErr) {
			t.Fatalf("%d × %d ÷ %d: got %d, %v; want %d, %v", a, b, d, got, err, want, wantErr)
		}
	})
	if _, err := quantity.Quotient(big.NewInt(1), big.NewInt(0), quantity.Down); !errors.Is(err, quantity.ErrDivisor) {
		t.Errorf("÷ 0: got %v", err)
	}
}

// What is printed must be read again.
func TestReductionMeasure_ParsePrint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := atoms[int64]().Draw(t, "v")
		r, err := quantity.ParseReduction("v", quantity.Reduction(v).String())
		if err != nil || int64(r) != v {
			t.Fatalf("%d: got %d, %v", v, r, err)
		}
		m, err := quantity.ParseMeasure("v", quantity.Measure(v).String())
		if err != nil || int64(m) != v {
			t.Fatalf("%d: got %d, %v", v, m, err)
		}
	})
}
