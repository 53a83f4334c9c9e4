package quantity

// roundMin is the coarsest that Round goes, to multiples of 10^12 t: the
// next power of ten has no int64 of atoms.
const roundMin = -12

// Round returns q rounded once by r to decimals of a t. Negative decimals
// round to tens, hundreds and so on: -3 to 1000 t. Six or more change nothing.
// Measured data take HalfEven (GB/T 8170).
//
// It panics when decimals is below -12, and when the result does not fit,
// which only quantities near 9.2 × 10^12 t can cause.
func (q Quantity) Round(decimals int, r Rounding) Quantity {
	if decimals >= QuantityScale {
		return q
	}
	if decimals < roundMin {
		panic(ErrDecimals)
	}
	step := pow10[QuantityScale-decimals]
	v, err := mulDivStep(int64(q), 1, step, step, r)
	if err != nil {
		panic(err)
	}
	return Quantity(v)
}

// FloorTo returns the largest multiple of lot that is not more than q. It
// panics when lot is not more than 0, and when the result does not fit, which
// only q near the smallest int64 can cause.
func (q Quantity) FloorTo(lot Quantity) Quantity {
	v, err := Sub(q, modulo(q, lot))
	if err != nil {
		panic(err)
	}
	return v
}

// CeilTo returns the smallest multiple of lot that is not less than q. It
// returns ErrDivisor when lot is not more than 0, or ErrOverflow.
func (q Quantity) CeilTo(lot Quantity) (Quantity, error) {
	if lot <= 0 {
		return 0, ErrDivisor
	}
	over := modulo(q, lot)
	if over == 0 {
		return q, nil
	}
	return Add(q, lot-over)
}

// IsMultipleOf reports whether q is a whole number of lots. It panics when lot
// is not more than 0.
func (q Quantity) IsMultipleOf(lot Quantity) bool { return modulo(q, lot) == 0 }

// IsMultipleOf reports whether p is a whole number of ticks. It panics when
// tick is not more than 0.
func (p Price) IsMultipleOf(tick Price) bool { return modulo(p, tick) == 0 }

// modulo returns what v has above a multiple of step: from 0 to step - 1, also
// for a negative v.
func modulo[T ~int64](v, step T) T {
	if step <= 0 {
		panic(ErrDivisor)
	}
	rem := v % step
	if rem < 0 {
		rem += step
	}
	return rem
}
