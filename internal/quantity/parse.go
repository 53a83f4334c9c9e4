package quantity

import "strings"

// echoMax bounds how much of a bad input an error repeats, in bytes.
const echoMax = 40

// ParseQuantity reads t or t/a with at most 6 decimals. The error names field
// and is ErrMalformed, ErrTooManyDecimals or ErrOutOfRange.
func ParseQuantity(field, s string) (Quantity, error) {
	v, err := parse(field, s, QuantityScale)
	return Quantity(v), err
}

// ParsePrice reads CNY with at most 4 decimals. It fails as ParseQuantity does.
func ParsePrice(field, s string) (Price, error) {
	v, err := parse(field, s, PriceScale)
	return Price(v), err
}

// ParseMoney reads CNY with at most 2 decimals. It fails as ParseQuantity does.
func ParseMoney(field, s string) (Money, error) {
	v, err := parse(field, s, MoneyScale)
	return Money(v), err
}

// ParseRatio reads a number with at most 6 decimals. It fails as ParseQuantity
// does.
func ParseRatio(field, s string) (Ratio, error) {
	v, err := parse(field, s, RatioScale)
	return Ratio(v), err
}

// ParsePositiveQuantity is ParseQuantity that also fails with ErrNotPositive.
func ParsePositiveQuantity(field, s string) (Quantity, error) {
	v, err := parsePositive(field, s, QuantityScale)
	return Quantity(v), err
}

// ParsePositivePrice is ParsePrice that also fails with ErrNotPositive.
func ParsePositivePrice(field, s string) (Price, error) {
	v, err := parsePositive(field, s, PriceScale)
	return Price(v), err
}

// ParsePositiveMoney is ParseMoney that also fails with ErrNotPositive.
func ParsePositiveMoney(field, s string) (Money, error) {
	v, err := parsePositive(field, s, MoneyScale)
	return Money(v), err
}

// ParsePositiveRatio is ParseRatio that also fails with ErrNotPositive.
func ParsePositiveRatio(field, s string) (Ratio, error) {
	v, err := parsePositive(field, s, RatioScale)
	return Ratio(v), err
}

func parsePositive(field, s string, scale int) (int64, error) {
	v, err := parse(field, s, scale)
	if err != nil {
		return 0, err
	}
	if v <= 0 {
		return 0, ErrNotPositive.With("%q is not more than 0; the smallest that is allowed is %s", s, appendAtoms(nil, 1, scale, 0)).At(field)
	}
	return v, nil
}

// parse returns the atoms of s, a decimal with at most scale decimals.
func parse(field, s string, scale int) (int64, error) {
	d, ok := split(s)
	if !ok {
		return 0, ErrMalformed.With("%q is not a plain decimal such as 12.5", echo(s)).At(field)
	}
	if len(d.frac) > scale {
		return 0, ErrTooManyDecimals.With("%q has %d decimals; at most %d are allowed", echo(s), len(d.frac), scale).At(field)
	}
	v, ok := d.atoms(scale)
	if !ok {
		return 0, ErrOutOfRange.With("%q is not between %s and %s", echo(s),
			appendAtoms(nil, minAtoms, scale, 0), appendAtoms(nil, maxAtoms, scale, 0)).At(field)
	}
	return v, nil
}

// decimalText is a plain decimal cut into its parts, which are all digits.
type decimalText struct {
	negative    bool
	whole, frac string
}

// split cuts s and reports whether it is a plain decimal.
func split(s string) (decimalText, bool) {
	body, negative := strings.CutPrefix(s, "-")
	whole, frac, point := strings.Cut(body, ".")
	switch {
	case !isDigits(whole), point && !isDigits(frac):
		return decimalText{}, false
	case len(whole) > 1 && whole[0] == '0':
		return decimalText{}, false
	case negative && isZero(whole) && isZero(frac):
		return decimalText{}, false
	}
	return decimalText{negative, whole, frac}, true
}

// atoms returns d × 10^scale and reports whether it fits. d has at most scale
// decimals.
func (d decimalText) atoms(scale int) (int64, bool) {
	// At most 19 digits are less than 2^64, and whole has no leading zeros.
	if len(d.whole)+scale > 19 {
		return 0, false
	}
	var mag uint64
	for _, c := range []byte(d.whole) {
		mag = mag*10 + uint64(c-'0')
	}
	for _, c := range []byte(d.frac) {
		mag = mag*10 + uint64(c-'0')
	}
	return signed(d.negative, mag*magnitude(pow10[scale-len(d.frac)]))
}

// isDigits reports whether s is one or more ASCII digits.
func isDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

func isZero(digits string) bool { return strings.Trim(digits, "0") == "" }

// echo returns s for an error text, cut when it is long.
func echo(s string) string {
	if len(s) <= echoMax {
		return s
	}
	return s[:echoMax] + "…"
}
