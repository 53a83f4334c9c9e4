package carbon

import (
	"slices"
	"strconv"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Bounds of what a methodology is made of.
const (
	codeMax     = 24 // characters; a code is a part of serial numbers
	nameMax     = 32
	textMax     = 200
	sourceMax   = 500
	inputsMax   = 16
	factorsMax  = 64
	versionMost = 9999

	resultMost = 1_000_000 * quantity.OneTonne // that one activity or project may plausibly have (project default)
)

// A Rounding names how a methodology rounds its result, once, at the end.
type Rounding string

// The roundings, by the names of package quantity.
const (
	RoundDown     Rounding = "down"
	RoundHalfUp   Rounding = "half_up"
	RoundHalfEven Rounding = "half_even" // GB/T 8170
)

// Roundings are all roundings. Up is none: nobody is credited what he did not reduce.
var Roundings = []Rounding{RoundDown, RoundHalfUp, RoundHalfEven}

func (r Rounding) quantity() quantity.Rounding {
	switch r {
	case RoundDown:
	case RoundHalfUp:
		return quantity.HalfUp
	case RoundHalfEven:
		return quantity.HalfEven
	}
	return quantity.Down
}

// A Methodology is one version of how a reduction is computed. Its inputs and
// factors are rows of their own. A version never changes; a new one begins
// where it ends.
type Methodology struct {
	ID         int64
	Code       string
	Version    int32
	Name       string
	Formula    string
	ResultUnit string             // kgCO2e or tCO2e
	RoundTo    quantity.Reduction // the step of the result: a power of ten from 1 mg to 1 t
	Rounding   Rounding
	Most       quantity.Reduction // the plausible bound of one activity's result
	Limits     string             // where it applies, in words; numbers are limits of inputs
	ValidFrom  calendar.Date
	ValidTo    calendar.Date // last day; zero: no end
	Source     string        // the document, or "project default"
	Command    int64
}

// Input is a measured input of a methodology, with the limits beyond which an
// activity is refused. An input need not be in the formula: the power of a
// photovoltaic plant is only checked.
type Input struct {
	ID           int64
	Methodology  int64
	Name         string
	Unit         string
	Least        quantity.Measure
	Most         quantity.Measure
	MostExcluded bool // the input must be less than Most: < 6 MW
	Command      int64
}

// Factor is a named constant of a methodology.
type Factor struct {
	ID          int64
	Methodology int64
	Name        string
	Unit        string
	Value       string // a plain decimal of at most 18 digits
	Source      string // the document, or "project default"
	Command     int64
}

// ValidOn reports whether activities of that day are computed by this version.
func (m Methodology) ValidOn(on calendar.Date) bool {
	return on >= m.ValidFrom && (m.ValidTo.IsZero() || on <= m.ValidTo)
}

// Compile checks a methodology and returns what computes with it. The error
// names the first field that is wrong.
func Compile(m Methodology, inputs []Input, factors []Factor) (*Computation, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	c := &Computation{most: m.Most, roundTo: m.RoundTo, rounding: m.Rounding.quantity(), perUnit: int64(quantity.OneReduction)}
	if m.ResultUnit == tonnes {
		c.perUnit = int64(quantity.OneTonne)
	}
	names, err := c.declare(inputs, factors)
	if err != nil {
		return nil, err
	}
	f, unit, err := parseFormula(m.Formula, names)
	if err != nil {
		return nil, err
	}
	if want, _ := parseUnit("", m.ResultUnit); unit != want {
		return nil, ErrUnitMismatch.With("the formula gives %v and the result is in %s", unit, m.ResultUnit).At("formula")
	}
	if len(f.used) == 0 {
		return nil, ErrFormula.With("the formula must read at least one input").At("formula")
	}
	c.formula = f
	return c, nil
}

// CheckPlausible returns a fault unless the bound of a version that is to be
// registered is one. It is none of Compile: versions of before go on.
func (m Methodology) CheckPlausible() error {
	if m.Most > resultMost {
		return fault.Invalidf("most", "must be at most %s kgCO2e, which is what one activity may plausibly have", resultMost)
	}
	return nil
}

const (
	kilograms = "kgCO2e"
	tonnes    = "tCO2e"
)

func (m Methodology) validate() error {
	err := fault.First(
		CheckCode("code", m.Code),
		catalog.CheckText("name", m.Name, textMax),
		catalog.CheckText("source", m.Source, sourceMax),
	)
	if err == nil && m.Limits != "" {
		err = catalog.CheckText("limits", m.Limits, sourceMax)
	}
	switch {
	case err != nil:
		return err
	case m.Version < 1 || m.Version > versionMost:
		return fault.Invalidf("version", "must be from 1 to %d", versionMost)
	case m.ResultUnit != kilograms && m.ResultUnit != tonnes:
		return fault.Invalidf("result_unit", "must be %s or %s", kilograms, tonnes)
	case !slices.Contains(Roundings, m.Rounding):
		return fault.Invalidf("rounding", "must be one of %s, %s, %s", RoundDown, RoundHalfUp, RoundHalfEven)
	case !isStep(m.RoundTo):
		return fault.Invalidf("round_to", "must be a power of ten from 0.000001 to 1000 kgCO2e")
	case m.Most <= 0 || m.Most%m.RoundTo != 0:
		return fault.Invalidf("most", "must be more than zero and a multiple of %s kgCO2e", m.RoundTo)
	}
	return checkPeriod(m.ValidFrom, m.ValidTo)
}

// isStep reports whether r is a power of ten from 1 mg to 1 t.
func isStep(r quantity.Reduction) bool {
	for step := quantity.Reduction(1); step <= quantity.OneTonne; step *= 10 {
		if r == step {
			return true
		}
	}
	return false
}

// declare checks the inputs and factors and gives each its place.
func (c *Computation) declare(inputs []Input, factors []Factor) (map[string]name, error) {
	if len(inputs) == 0 || len(inputs) > inputsMax {
		return nil, fault.Invalidf("inputs", "there must be 1 to %d", inputsMax)
	}
	if len(factors) > factorsMax {
		return nil, fault.Invalidf("factors", "there must be at most %d", factorsMax)
	}
	names := make(map[string]name, len(inputs)+len(factors))
	for i, in := range inputs {
		field := "inputs/" + strconv.Itoa(i)
		unit, err := parseUnit(field+"/unit", in.Unit)
		if err = fault.First(checkName(field+"/name", in.Name, names), err); err != nil {
			return nil, err
		}
		if in.Most < in.Least || in.MostExcluded && in.Most == in.Least {
			return nil, fault.Invalidf(field+"/most", "must not be less than the least, %s", in.Least)
		}
		names[in.Name] = name{input: true, at: uint8(i), unit: unit}
		c.inputs = append(c.inputs, declared{in, unit})
	}
	for i, f := range factors {
		field := "factors/" + strconv.Itoa(i)
		unit, err := parseUnit(field+"/unit", f.Unit)
		if err = fault.First(checkName(field+"/name", f.Name, names), err, catalog.CheckText(field+"/source", f.Source, sourceMax)); err != nil {
			return nil, err
		}
		value, ok := decimal(f.Value)
		if !ok {
			return nil, ErrFactor.With("%.40q is not a plain decimal of at most %d digits", f.Value, decimalMax).At(field + "/value")
		}
		names[f.Name] = name{value: value, unit: unit}
	}
	return names, nil
}

func checkName(field, s string, names map[string]name) error {
	if !isName(s) {
		return fault.Invalidf(field, "%.40q must be 1 to %d small letters, digits and _, beginning with a letter, and not min or max", s, nameMax)
	}
	if _, taken := names[s]; taken {
		return ErrNameTwice.With("two inputs or factors are called %s", s).At(field)
	}
	return nil
}

// CheckCode returns a fault unless s can be a part of a serial number: capital
// letters and digits. Serial numbers join their parts by hyphens.
func CheckCode(field, s string) error {
	ok := s != "" && len(s) <= codeMax && s[0] >= 'A' && s[0] <= 'Z'
	for i := 0; ok && i < len(s); i++ {
		ok = s[i] >= 'A' && s[i] <= 'Z' || isDigit(s[i])
	}
	if !ok {
		return fault.Invalidf(field, "%.40q must be 1 to %d capital letters and digits, and begin with a letter", s, codeMax)
	}
	return nil
}
