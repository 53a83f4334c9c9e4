package quantity

import (
	"math"
	"math/bits"
)

// Rounding says what becomes of the part that does not fit. Negative numbers
// are rounded by their absolute value, as GB/T 8170 asks.
type Rounding uint8

// The roundings.
const (
	Down     Rounding = iota // toward zero: fills, what the state grants
	Up                       // away from zero: what the state needs from a firm
	HalfUp                   // to the nearest, halves away from zero (四舍五入): money, head-counts, ticks
	HalfEven                 // to the nearest, halves to the even digit (四舍六入五成双): measured data
)

const (
	minAtoms = math.MinInt64
	maxAtoms = math.MaxInt64
)

// pow10 holds the powers of ten that fit an int64.
var pow10 = [...]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// MulDiv returns a × b × c ÷ d, exact in between and rounded once by r. It
// returns ErrDivisor when d is not more than 0 and ErrOverflow when the result
// does not fit.
func MulDiv(a, b, c, d int64, r Rounding) (int64, error) {
	if d <= 0 {
		return 0, ErrDivisor
	}
	negative := (a < 0) != (b < 0) != (c < 0)
	divisor := magnitude(d)
	top, hi, lo := mul3(magnitude(a), magnitude(b), magnitude(c))
	// The quotient would be 2^64 or more.
	if top != 0 || hi >= divisor {
		return 0, ErrOverflow
	}
	quo, rem := bits.Div64(hi, lo, divisor)
	if r.awayFromZero(quo, rem, divisor) {
		quo++
		if quo == 0 {
			return 0, ErrOverflow
		}
	}
	v, ok := signed(negative, quo)
	if !ok {
		return 0, ErrOverflow
	}
	return v, nil
}

// mul3 returns the 192 bits of a × b × c.
func mul3(a, b, c uint64) (top, hi, lo uint64) {
	abHi, abLo := bits.Mul64(a, b)
	carry, lo := bits.Mul64(abLo, c)
	top, hi = bits.Mul64(abHi, c)
	hi, over := bits.Add64(hi, carry, 0)
	return top + over, hi, lo
}

// awayFromZero reports whether the quotient quo with remainder rem of a
// division by divisor, at most 2^63, becomes quo + 1.
func (r Rounding) awayFromZero(quo, rem, divisor uint64) bool {
	switch r {
	case Down:
		return false
	case Up:
		return rem != 0
	case HalfUp:
		return rem >= divisor-rem
	case HalfEven:
		return rem > divisor-rem || (rem == divisor-rem && quo%2 == 1)
	}
	panic("quantity: unknown rounding")
}

// magnitude returns the absolute value of v, also of the smallest int64.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v) //nolint:gosec // two's complement: right for the smallest int64 too
	}
	return uint64(v)
}

// signed puts the sign back and reports whether the value fits.
func signed(negative bool, mag uint64) (int64, bool) {
	if negative {
		return int64(-mag), mag <= 1<<63 //nolint:gosec // the second result says whether it fits
	}
	return int64(mag), mag < 1<<63 //nolint:gosec // the second result says whether it fits
}
