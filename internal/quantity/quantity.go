package quantity

import "strconv"

// Quantity is an amount of a permit or credit in 10⁻⁶ t, or in 10⁻⁶ t/a for a
// permit that is a rate over a term.
type Quantity int64

// Price is a price in 10⁻⁴ CNY: for one t, or for one t/a and one year.
type Price int64

// Money is an amount of money in 10⁻² CNY, the fen.
type Money int64

// Ratio is a plain number in 10⁻⁶: an offset ratio, a fee rate, a share.
type Ratio int64

// Decimals of each type.
const (
	QuantityScale = 6 // t or t/a, down to 1 g
	PriceScale    = 4 // CNY
	MoneyScale    = 2 // CNY, down to 1 fen
	RatioScale    = 6
)

// One of each type, in atoms.
const (
	OneQuantity Quantity = 1_000_000 // 1 t or 1 t/a
	OnePrice    Price    = 10_000    // 1 CNY for each t, or for each t/a and year
	OneMoney    Money    = 100       // 1 CNY
	OneRatio    Ratio    = 1_000_000 // 1
)

// digitsMax holds the longest value, "-9223372036854.775808", with room to spare.
const digitsMax = 24

// String gives t or t/a without trailing zeros: "13.257".
func (q Quantity) String() string { return text(q) }

// String gives CNY without trailing zeros: "2397.22", "4000".
func (p Price) String() string { return text(p) }

// String gives CNY with the two decimals of the fen: "158900.00".
func (m Money) String() string { return text(m) }

// String gives the number without trailing zeros: "1.2".
func (k Ratio) String() string { return text(k) }

// AppendTo appends what String gives to b.
func (q Quantity) AppendTo(b []byte) []byte { return appendAtoms(b, int64(q), QuantityScale, 0) }

// AppendTo appends what String gives to b.
func (p Price) AppendTo(b []byte) []byte { return appendAtoms(b, int64(p), PriceScale, 0) }

// AppendTo appends what String gives to b.
func (m Money) AppendTo(b []byte) []byte { return appendAtoms(b, int64(m), MoneyScale, MoneyScale) }

// AppendTo appends what String gives to b.
func (k Ratio) AppendTo(b []byte) []byte { return appendAtoms(b, int64(k), RatioScale, 0) }

func text[T interface{ AppendTo(b []byte) []byte }](v T) string {
	return string(v.AppendTo(make([]byte, 0, digitsMax)))
}

// appendAtoms appends v × 10^-scale in plain decimals. Trailing zeros are left
// out down to decimalsMin decimals.
func appendAtoms(b []byte, v int64, scale, decimalsMin int) []byte {
	if v < 0 {
		b = append(b, '-')
	}
	unit := magnitude(pow10[scale])
	whole, frac := magnitude(v)/unit, magnitude(v)%unit
	b = strconv.AppendUint(b, whole, 10)
	for n := 0; n < decimalsMin || frac != 0; n++ {
		if n == 0 {
			b = append(b, '.')
		}
		unit /= 10
		b = append(b, "0123456789"[frac/unit])
		frac %= unit
	}
	return b
}
