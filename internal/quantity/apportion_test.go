package quantity_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// The parts must sum to the total; ties must go to the earlier index, and an
// index without weight must get nothing.
func TestApportion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		total   quantity.Money
		weights []int64
		want    []quantity.Money
	}{
		{100, []int64{1, 1, 1}, []quantity.Money{34, 33, 33}},
		{101, []int64{1, 1, 1}, []quantity.Money{34, 34, 33}},
		{-100, []int64{1, 1, 1}, []quantity.Money{-34, -33, -33}},
		{10, []int64{1, 2, 4}, []quantity.Money{1, 3, 6}},
		{1, []int64{0, 1, 1}, []quantity.Money{0, 1, 0}},
		{2, []int64{5}, []quantity.Money{2}},
		{0, []int64{1, 2}, []quantity.Money{0, 0}},
		{0, []int64{0, 0}, []quantity.Money{0, 0}},
		{0, nil, []quantity.Money{}},
		{math.MinInt64, []int64{1, 1}, []quantity.Money{math.MinInt64 / 2, math.MinInt64 / 2}},
		{math.MinInt64, []int64{math.MaxInt64}, []quantity.Money{math.MinInt64}},
	} {
		got, err := quantity.Apportion(c.total, c.weights)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%d by %v: %v\n%s", int64(c.total), c.weights, err, diff)
		}
	}
}

// Weights that cannot be shares must be refused.
func TestApportion_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		total   quantity.Money
		weights []int64
		want    error
	}{
		{1, nil, quantity.ErrWeights},
		{1, []int64{0, 0}, quantity.ErrWeights},
		{0, []int64{2, -1}, quantity.ErrWeights},
		{1, []int64{math.MaxInt64, 1}, quantity.ErrOverflow},
	} {
		got, err := quantity.Apportion(c.total, c.weights)
		if got != nil || !errors.Is(err, c.want) {
			t.Errorf("%d by %v: got %v, %v; want %v", int64(c.total), c.weights, got, err, c.want)
		}
	}
}

// Apportion must give what the definition of largest remainder gives, on any
// weights and totals.
func TestApportion_Naive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := atoms[quantity.Quantity]().Draw(t, "total")
		weights := rapid.OneOf(
			rapid.SliceOfN(rapid.Int64Range(0, 5), 1, 40),
			rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/40), 1, 40),
		).Draw(t, "weights")
		got, err := quantity.Apportion(total, weights)
		if errors.Is(err, quantity.ErrWeights) && total != 0 && allZero(weights) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var sum quantity.Quantity
		for _, part := range got {
			sum += part
		}
		if sum != total {
			t.Fatalf("the parts %v sum to %d; want %d", got, int64(sum), int64(total))
		}
		if diff := cmp.Diff(naiveApportion(total, weights), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func allZero(weights []int64) bool {
	for _, w := range weights {
		if w != 0 {
			return false
		}
	}
	return true
}

// naiveApportion gives every index the whole atoms of its share and then hands
// out the rest one by one to the index that is owed most.
func naiveApportion(total quantity.Quantity, weights []int64) []quantity.Quantity {
	parts := make([]quantity.Quantity, len(weights))
	if allZero(weights) {
		return parts
	}
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, big.NewInt(w))
	}
	size := new(big.Int).Abs(big.NewInt(int64(total)))
	left := new(big.Int).Set(size)
	whole, owed := make([]*big.Int, len(weights)), make([]*big.Int, len(weights))
	for i, w := range weights {
		whole[i], owed[i] = new(big.Int).QuoRem(new(big.Int).Mul(size, big.NewInt(w)), sum, new(big.Int))
		left.Sub(left, whole[i])
	}
	for ; left.Sign() > 0; left.Sub(left, big.NewInt(1)) {
		most := 0
		for i := range owed {
			if owed[i].Cmp(owed[most]) > 0 {
				most = i
			}
		}
		whole[most].Add(whole[most], big.NewInt(1))
		owed[most] = big.NewInt(-1)
	}
	for i := range whole {
		if total < 0 {
			whole[i].Neg(whole[i])
		}
		parts[i] = quantity.Quantity(whole[i].Int64())
	}
	return parts
}
