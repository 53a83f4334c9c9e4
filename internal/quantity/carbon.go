package quantity

import "math/big"

// Reduction is an amount of greenhouse gas in 10⁻⁶ kgCO2e: one milligram.
type Reduction int64

// Measure is a measured input in 10⁻⁶ of its unit: steps, km, kWh.
type Measure int64

// Decimals of the types of carbon-inclusive credits.
const (
	ReductionScale = 6 // kgCO2e, down to 1 mg
	MeasureScale   = 6
)

// OneReduction is 1 kgCO2e, OneTonne 1 tCO2e and OneMeasure one of any unit.
const (
	OneReduction Reduction = 1_000_000
	OneTonne               = 1000 * OneReduction
	OneMeasure   Measure   = 1_000_000
)

// String gives kgCO2e without trailing zeros: "0.052".
func (r Reduction) String() string { return text(r) }

// String gives the number without trailing zeros: "7250".
func (m Measure) String() string { return text(m) }

// AppendTo appends what String gives to b.
func (r Reduction) AppendTo(b []byte) []byte { return appendAtoms(b, int64(r), ReductionScale, 0) }

// AppendTo appends what String gives to b.
func (m Measure) AppendTo(b []byte) []byte { return appendAtoms(b, int64(m), MeasureScale, 0) }

// ParseReduction reads kgCO2e with at most 6 decimals. It fails as
// ParseQuantity does.
func ParseReduction(field, s string) (Reduction, error) {
	v, err := parse(field, s, ReductionScale)
	return Reduction(v), err
}

// ParseMeasure reads a number with at most 6 decimals. It fails as
// ParseQuantity does.
func ParseMeasure(field, s string) (Measure, error) {
	v, err := parse(field, s, MeasureScale)
	return Measure(v), err
}

// Quotient returns n ÷ d rounded by r. It returns ErrDivisor when d is not
// more than 0 and ErrOverflow when the result does not fit.
func Quotient(n, d *big.Int, r Rounding) (int64, error) {
	if d.Sign() <= 0 {
		return 0, ErrDivisor
	}
	quo, rem := new(big.Int).QuoRem(new(big.Int).Abs(n), d, new(big.Int))
	// Of the remainder only its place against 0 and half of d matters.
	half := uint64(1 + new(big.Int).Lsh(rem, 1).Cmp(d)) //nolint:gosec // -1 to 1
	if rem.Sign() != 0 {
		half++
	}
	if !quo.IsUint64() {
		return 0, ErrOverflow
	}
	mag := quo.Uint64()
	if r.awayFromZero(mag, half, fourths) {
		mag++
		if mag == 0 {
			return 0, ErrOverflow
		}
	}
	v, ok := signed(n.Sign() < 0, mag)
	if !ok {
		return 0, ErrOverflow
	}
	return v, nil
}

// fourths are what Quotient counts remainders in: 0, 1 below half, 2 at half
// and 3 above it.
const fourths = 4
