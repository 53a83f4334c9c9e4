package quantity

import "math/bits"

// WeightedMean returns the mean of prices weighted by volumes, Σ p×q ÷ Σ q,
// rounded half up once to a multiple of tick. There are as many volumes as
// prices, each more than 0, and prices are not negative. It returns ErrDivisor
// without any, and ErrOverflow when the volumes do not add up.
func WeightedMean(prices []Price, volumes []Quantity, tick Price) (Price, error) {
	var hi, lo, carry uint64
	var total Quantity
	var err error
	for i, p := range prices {
		h, l := bits.Mul64(uint64(p), uint64(volumes[i])) //nolint:gosec // not negative
		lo, carry = bits.Add64(lo, l, 0)
		hi += h + carry
		if total, err = Add(total, volumes[i]); err != nil {
			return 0, err
		}
	}
	if total <= 0 || tick <= 0 {
		return 0, ErrDivisor
	}
	mean, rest := bits.Div64(hi, lo, uint64(total)) // at most the highest price, so that it fits
	step := uint64(tick)
	over := mean % step // and rest/total of an atom
	mean -= over
	if 2*over >= step || 2*over+1 == step && rest >= uint64(total)-rest {
		mean += step
	}
	return Price(mean), nil //nolint:gosec // at most a tick above the highest price
}
