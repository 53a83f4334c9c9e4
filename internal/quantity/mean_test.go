package quantity

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// The mean is the exact one, rounded half up to the tick.
func TestWeightedMean_Exact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		tick := rapid.Int64Range(1, 300).Draw(t, "tick")
		sum, total := new(big.Int), new(big.Int)
		prices, volumes := make([]Price, n), make([]Quantity, n)
		for i := range n {
			prices[i] = Price(rapid.Int64Range(0, 1<<40).Draw(t, "price"))
			volumes[i] = Quantity(rapid.Int64Range(1, 1<<50).Draw(t, "volume"))
			sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(prices[i])), big.NewInt(int64(volumes[i]))))
			total.Add(total, big.NewInt(int64(volumes[i])))
		}
		step := new(big.Int).Mul(total, big.NewInt(tick))
		want := new(big.Int).Add(new(big.Int).Mul(sum, big.NewInt(2)), step) // half up: ⌊(2·sum + step) ÷ 2·step⌋
		want.Div(want, new(big.Int).Mul(step, big.NewInt(2))).Mul(want, big.NewInt(tick))
		if got, err := WeightedMean(prices, volumes, Price(tick)); err != nil || int64(got) != want.Int64() {
			t.Fatalf("%v of %v to %d: %d (%v), want %s", prices, volumes, tick, got, err, want)
		}
	})
	if _, err := WeightedMean(nil, nil, 1); !errors.Is(err, ErrDivisor) {
		t.Errorf("the mean of nothing: %v", err)
	}
}
