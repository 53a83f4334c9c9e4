package quantity

import "math/bits"

// feeScale is the number of decimals that a price × quantity has beyond Money.
const feeScale = PriceScale + QuantityScale - MoneyScale

const monthsPerYear = 12

// Amount returns what q t/a cost for a number of months at p CNY/(t·a):
// p × q × months ÷ 12, rounded once by r to the fen. A fill of the book is
// rounded Down, so that a split order never costs more than the whole one. It
// returns ErrMonths or ErrOverflow.
func Amount(p Price, q Quantity, months int, r Rounding) (Money, error) {
	if months < 0 {
		return 0, ErrMonths
	}
	v, err := MulDiv(int64(p), int64(q), int64(months), monthsPerYear*pow10[feeScale], r)
	return Money(v), err
}

// AmountMax is the most that one trade, or a year of it, and one cost may come to:
// ten trillion CNY. What adds thousands of them up does not overflow. Project default.
const AmountMax Money = 10_000_000_000_000 * OneMoney

// QuantityMax is the most that one figure of a pollutant may be: a billion t or t/a,
// more than any is discharged in the world. Project default.
const QuantityMax = 1_000_000_000 * OneQuantity

// TradeAmount is Amount for what statistics count: they tell what a year of the
// trade costs as well. It returns ErrImplausible where either is more than
// AmountMax, and else what Amount does.
func TradeAmount(p Price, q Quantity, months int, r Rounding) (Money, error) {
	m, err := Amount(p, q, months, r)
	if err != nil {
		return 0, err
	}
	if year, err := Outright(p, q, r); err != nil || max(year, m) > AmountMax {
		return 0, ErrImplausible
	}
	return m, nil
}

// Outright returns what q t cost at p CNY/t, rounded by r to the fen, or
// ErrOverflow.
func Outright(p Price, q Quantity, r Rounding) (Money, error) {
	v, err := MulDiv(int64(p), int64(q), 1, pow10[feeScale], r)
	return Money(v), err
}

// MeanPrice returns m ÷ q in CNY for one t (or t/a), rounded once by r to
// decimals, from 0 to 4. It returns ErrDecimals, ErrDivisor when q is not more
// than 0, or ErrOverflow.
func MeanPrice(m Money, q Quantity, decimals int, r Rounding) (Price, error) {
	if decimals < 0 || decimals > PriceScale {
		return 0, ErrDecimals
	}
	v, err := mulDivStep(int64(m), pow10[QuantityScale-MoneyScale+decimals], int64(q), pow10[PriceScale-decimals], r)
	return Price(v), err
}

// OutrightRest is p × q less m, in 10⁻¹⁰ CNY: what the rounding to m has left. It
// is exact where m is what Outright returns, also where the product does not fit.
func OutrightRest(p Price, q Quantity, m Money) int64 {
	return int64(p)*int64(q) - int64(m)*pow10[feeScale] // wraps, and wraps back: the difference is less than a fen
}

// MeanPriceExact is MeanPrice, half-up at the fen, of an amount with a rest that is
// left of its roundings, in 10⁻¹⁰ CNY.
func MeanPriceExact(m Money, rest int64, q Quantity) (Price, error) {
	const steps = 100 // atoms of a price in a fen
	if q <= 0 {
		return 0, ErrDivisor
	}
	negative, hi, lo := plus(m, rest)
	if hi >= uint64(q) {
		return 0, ErrOverflow
	}
	atoms, _ := bits.Div64(hi, lo, uint64(q))
	if atoms > maxAtoms-steps {
		return 0, ErrOverflow
	}
	fen := atoms / steps
	if atoms%steps >= steps/2 {
		fen++
	}
	v, ok := signed(negative, fen*steps)
	if !ok {
		return 0, ErrOverflow
	}
	return Price(v), nil
}

// plus is m and a rest in 10⁻¹⁰ CNY, as a sign and a magnitude of 128 bits.
func plus(m Money, rest int64) (negative bool, hi, lo uint64) {
	hi, lo = bits.Mul64(magnitude(int64(m)), magnitude(pow10[feeScale]))
	if m < 0 {
		hi, lo = negated(hi, lo)
	}
	lo, carry := bits.Add64(lo, uint64(rest), 0)    //nolint:gosec // two's complement
	hi, _ = bits.Add64(hi, uint64(rest>>63), carry) //nolint:gosec // its sign
	if negative = hi>>63 == 1; negative {
		hi, lo = negated(hi, lo)
	}
	return negative, hi, lo
}

func negated(hi, lo uint64) (uint64, uint64) {
	lo, borrow := bits.Sub64(0, lo, 0)
	hi, _ = bits.Sub64(0, hi, borrow)
	return hi, lo
}

// Times returns q × k rounded by r to 10⁻⁶ t, or ErrOverflow.
func (q Quantity) Times(k Ratio, r Rounding) (Quantity, error) {
	v, err := MulDiv(int64(q), int64(k), 1, int64(OneRatio), r)
	return Quantity(v), err
}

// Over returns q ÷ k rounded by r to 10⁻⁶ t. It returns ErrDivisor when k is
// not more than 0, or ErrOverflow.
func (q Quantity) Over(k Ratio, r Rounding) (Quantity, error) {
	v, err := MulDiv(int64(q), int64(OneRatio), 1, int64(k), r)
	return Quantity(v), err
}

// Times returns m × k rounded by r to the fen, or ErrOverflow.
func (m Money) Times(k Ratio, r Rounding) (Money, error) {
	v, err := MulDiv(int64(m), int64(k), 1, int64(OneRatio), r)
	return Money(v), err
}

// Times returns p × k rounded once by r to a multiple of tick, as the limits
// of a price band are. It returns ErrDivisor when tick is not more than 0, or
// ErrOverflow, also for a tick above 922,337,203 CNY.
func (p Price) Times(k Ratio, tick Price, r Rounding) (Price, error) {
	if tick <= 0 {
		return 0, ErrDivisor
	}
	divisor, err := MulDiv(int64(tick), int64(OneRatio), 1, 1, Down)
	if err != nil {
		return 0, err
	}
	v, err := mulDivStep(int64(p), int64(k), divisor, int64(tick), r)
	return Price(v), err
}

// mulDivStep returns the rounded a × b ÷ d, times step.
func mulDivStep(a, b, d, step int64, r Rounding) (int64, error) {
	n, err := MulDiv(a, b, 1, d, r)
	if err != nil {
		return 0, err
	}
	return MulDiv(n, step, 1, 1, Down)
}

// Add returns a + b, or ErrOverflow.
func Add[T ~int64](a, b T) (T, error) {
	sum := a + b
	if (b < 0) != (sum < a) {
		return 0, ErrOverflow
	}
	return sum, nil
}

// Sub returns a - b, or ErrOverflow.
func Sub[T ~int64](a, b T) (T, error) {
	diff := a - b
	if (b > 0) != (diff < a) {
		return 0, ErrOverflow
	}
	return diff, nil
}

// HalfUpShare returns share × n heads, halves up (四舍五入): of 19 bidders 70 %
// are 13. It panics when the result does not fit, which a share of at most 1
// cannot cause.
func HalfUpShare(n int, share Ratio) int {
	v, err := MulDiv(int64(n), int64(share), 1, int64(OneRatio), HalfUp)
	if err != nil {
		panic(err)
	}
	return int(v)
}
