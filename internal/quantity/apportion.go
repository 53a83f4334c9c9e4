package quantity

import (
	"cmp"
	"math/bits"
	"slices"
)

// Apportion splits total in proportion to weights by largest remainder. The
// parts sum to total exactly; each is its exact share rounded down or up; an
// atom that is left over goes to the largest remainder, and of equal ones to
// the earlier index. A negative total is split by its absolute value.
//
// It returns ErrWeights when a weight is negative or when all are 0 and total
// is not, and ErrOverflow when the weights sum to more than an int64.
func Apportion[T ~int64](total T, weights []int64) ([]T, error) {
	sum, err := sumOf(weights)
	if err != nil {
		return nil, err
	}
	parts := make([]T, len(weights))
	if total == 0 {
		return parts, nil
	}
	if sum == 0 {
		return nil, ErrWeights
	}
	for i, mag := range apportion(magnitude(int64(total)), weights, magnitude(sum)) {
		// No part is larger than total, so each fits.
		v, _ := signed(total < 0, mag)
		parts[i] = T(v)
	}
	return parts, nil
}

// sumOf returns the sum of weights, which must not be negative.
func sumOf(weights []int64) (int64, error) {
	var sum int64
	for _, w := range weights {
		if w < 0 {
			return 0, ErrWeights
		}
		var err error
		sum, err = Add(sum, w)
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// apportion splits total; sum is the sum of weights and more than 0.
func apportion(total uint64, weights []int64, sum uint64) []uint64 {
	parts := make([]uint64, len(weights))
	remainders := make([]uint64, len(weights))
	order := make([]int, len(weights))
	left := total
	for i, w := range weights {
		hi, lo := bits.Mul64(total, magnitude(w))
		parts[i], remainders[i] = bits.Div64(hi, lo, sum)
		left -= parts[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(remainders[j], remainders[i]) })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}
