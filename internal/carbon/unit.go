package carbon

import (
	"slices"
	"strings"
)

// symbols are the units that formulas know. g, kg and t, or gCO2e and kgCO2e,
// are units of their own: a factor such as 0.001 kg/g turns one into another,
// and is seen where the formula is read.
var symbols = [...]string{
	"g", "kg", "t", "gCO2e", "kgCO2e", "tCO2e",
	"m", "km", "m2", "m3", "L", "J", "MJ", "GJ", "kWh", "MWh", "kW", "MW",
	"s", "min", "h", "d", "a",
	"step", "ride", "trip", "order", "item", "person", "animal", "CNY",
}

// Symbols are the units that a methodology may use.
func Symbols() []string { return slices.Clone(symbols[:]) }

// UnitMax is the longest unit, of a methodology and of what is measured, in characters.
const UnitMax = 60

// powerMax bounds the power of a symbol: nothing measured needs more.
const powerMax = 9

// A dimension holds the power of each symbol. Two of them are the same unit
// when they are equal; all powers 0 are a plain number.
type dimension [len(symbols)]int8

// parseUnit reads a unit: symbols with powers, joined by * and /, for example
// kgCO2e/kWh or t*km or m^2. A plain number is 1.
func parseUnit(field, text string) (dimension, error) {
	var d dimension
	if len(text) > UnitMax {
		return d, ErrUnit.With("a unit has at most %d characters", UnitMax).At(field)
	}
	sign, rest := int8(1), text
	for {
		end := strings.IndexAny(rest, "*/")
		term := rest
		if end >= 0 {
			term = rest[:end]
		}
		if !d.multiply(term, sign) {
			return dimension{}, ErrUnit.With("%.40q is not a unit such as kgCO2e/ride, t*km, m^2 or 1; the symbols are %s",
				text, strings.Join(symbols[:], " ")).At(field)
		}
		if end < 0 {
			return d, nil
		}
		sign = 1
		if rest[end] == '/' {
			sign = -1
		}
		rest = rest[end+1:]
	}
}

// multiply adds a symbol with its power, for example m^2, and reports whether
// it is one.
func (d *dimension) multiply(term string, sign int8) bool {
	if term == "1" {
		return true
	}
	symbol, digit, powered := strings.Cut(term, "^")
	at := slices.Index(symbols[:], symbol)
	if at < 0 {
		return false
	}
	power := int8(1)
	if powered {
		if len(digit) != 1 || digit[0] < '1' || digit[0] > '0'+powerMax {
			return false
		}
		power = int8(digit[0] - '0') //nolint:gosec // one digit
	}
	d[at] += sign * power
	return d.bounded()
}

// bounded reports whether no power is beyond powerMax.
func (d *dimension) bounded() bool {
	for _, p := range d {
		if p > powerMax || p < -powerMax {
			return false
		}
	}
	return true
}

// times is d × e, or d ÷ e where sign is −1.
func (d dimension) times(e dimension, sign int8) dimension {
	for i := range d {
		d[i] += sign * e[i]
	}
	return d
}

// String writes the unit as parseUnit reads it.
func (d dimension) String() string {
	var over, under []string
	for i, p := range d {
		switch {
		case p > 0:
			over = append(over, powered(symbols[i], p))
		case p < 0:
			under = append(under, powered(symbols[i], -p))
		}
	}
	if over == nil {
		over = []string{"1"}
	}
	return strings.Join(append([]string{strings.Join(over, "*")}, under...), "/")
}

func powered(symbol string, power int8) string {
	if power == 1 {
		return symbol
	}
	return symbol + "^" + string(rune('0'+power))
}
