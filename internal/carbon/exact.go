package carbon

import (
	"math"
	"math/big"
	"math/bits"

	"permitx/internal/quantity"
)

// A small is an exact fraction n ÷ d of 64 bits, d > 0. Its operations report
// whether the result fits; where it does not, the formula is evaluated again
// with big fractions, so that the answer never depends on the size.
type small struct{ n, d int64 }

// smallOf is v × 10^-6, without the zeros at its end.
func smallOf(v quantity.Measure) small {
	s := small{int64(v), int64(quantity.OneMeasure)}
	for s.d > 1 && s.n%10 == 0 {
		s.n, s.d = s.n/10, s.d/10
	}
	return s
}

func (a small) add(b small) (small, bool) {
	if a.d == b.d {
		n := a.n + b.n
		return small{n, a.d}, (b.n < 0) == (n < a.n) && n != math.MinInt64
	}
	left, ok1 := multiply(a.n, b.d)
	right, ok2 := multiply(b.n, a.d)
	d, ok3 := multiply(a.d, b.d)
	n := left + right
	return small{n, d}, ok1 && ok2 && ok3 && (right < 0) == (n < left) && n != math.MinInt64
}

func (a small) sub(b small) (small, bool) {
	if b.n == math.MinInt64 { // its sign cannot be turned
		return small{}, false
	}
	return a.add(small{-b.n, b.d})
}

func (a small) mul(b small) (small, bool) {
	n, ok1 := multiply(a.n, b.n)
	d, ok2 := multiply(a.d, b.d)
	if ok1 && ok2 {
		return small{n, d}, true
	}
	a.n, b.d = reduce(a.n, b.d)
	b.n, a.d = reduce(b.n, a.d)
	n, ok1 = multiply(a.n, b.n)
	d, ok2 = multiply(a.d, b.d)
	return small{n, d}, ok1 && ok2
}

// div returns a ÷ b; b is not 0.
func (a small) div(b small) (small, bool) {
	if b.n == math.MinInt64 {
		return small{}, false
	}
	if b.n < 0 {
		b.n, b.d = -b.n, -b.d
	}
	b.n, b.d = b.d, b.n
	return a.mul(b)
}

// less reports whether a < b.
func (a small) less(b small) (less, fits bool) {
	diff, ok := a.sub(b)
	return diff.n < 0, ok
}

// big is the same number.
func (a small) big() *big.Rat { return big.NewRat(a.n, a.d) }

// multiply returns a × b and reports whether it fits. The smallest int64 does
// not, so that a sign can always be turned.
func multiply(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b))) //nolint:gosec // magnitudes
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

// reduce divides both by what they have in common.
func reduce(n, d int64) (numerator, denominator int64) {
	a, b := max(n, -n), d
	for b != 0 {
		a, b = b, a%b
	}
	if a <= 1 {
		return n, d
	}
	return n / a, d / a
}
