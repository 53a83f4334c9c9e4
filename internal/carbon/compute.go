package carbon

import (
	"math/big"

	"permitx/internal/quantity"
)

// A Computation computes by one version of a methodology. It never changes and
// is safe for concurrent use.
type Computation struct {
	formula  *formula
	inputs   []declared
	most     quantity.Reduction
	roundTo  quantity.Reduction
	rounding quantity.Rounding
	perUnit  int64 // 10⁻⁶ kgCO2e in one unit of the formula's result
}

type declared struct {
	Input
	unit dimension
}

// A Value is an input as it was measured.
type Value struct {
	Name   string
	Unit   string // as declared; empty: taken to be that
	Amount quantity.Measure
}

// Inputs are the names of the inputs, in the order in which they were declared.
func (c *Computation) Inputs() []string {
	names := make([]string, len(c.inputs))
	for i := range c.inputs {
		names[i] = c.inputs[i].Name
	}
	return names
}

// Compute returns the reduction of one activity, exact and rounded once. It
// returns the first of ErrUnknownInput, ErrInputTwice, ErrUnitMismatch,
// ErrInputLimit, ErrMissingInput, ErrDivision, ErrNegative and ErrImplausible;
// the error's field is the name of the input.
func (c *Computation) Compute(values []Value) (quantity.Reduction, error) {
	var inputs [inputsMax]quantity.Measure
	var given uint32
	for i := range values {
		v := &values[i]
		at := c.find(v.Name)
		if at < 0 {
			return 0, ErrUnknownInput.With("the methodology has no input %.40q", v.Name).At(v.Name)
		}
		if given&(1<<at) != 0 {
			return 0, ErrInputTwice.At(v.Name)
		}
		if err := c.inputs[at].check(v); err != nil {
			return 0, err
		}
		given |= 1 << at
		inputs[at] = v.Amount
	}
	if given != 1<<len(c.inputs)-1 {
		return 0, c.missing(given)
	}
	return c.result(inputs[:len(c.inputs)])
}

func (c *Computation) find(name string) int {
	for i := range c.inputs {
		if c.inputs[i].Name == name {
			return i
		}
	}
	return -1
}

// missing names the first input that is not given.
func (c *Computation) missing(given uint32) error {
	for i := range c.inputs {
		if given&(1<<i) == 0 {
			return ErrMissingInput.With("the input %s, in %s, is missing", c.inputs[i].Name, c.inputs[i].Unit).At(c.inputs[i].Name)
		}
	}
	panic("carbon: no input is missing")
}

// check holds a value against the input's unit and limits.
func (d *declared) check(v *Value) error {
	if v.Unit != "" && v.Unit != d.Unit {
		if unit, err := parseUnit(v.Name, v.Unit); err != nil || unit != d.unit {
			return ErrUnitMismatch.With("%s is measured in %s, not in %.40q", d.Name, d.Unit, v.Unit).At(d.Name)
		}
	}
	switch {
	case v.Amount < d.Least:
		return ErrInputLimit.With("%s is %s %s; it must be at least %s", d.Name, v.Amount, d.Unit, d.Least).At(d.Name)
	case d.MostExcluded && v.Amount >= d.Most:
		return ErrInputLimit.With("%s is %s %s; it must be less than %s", d.Name, v.Amount, d.Unit, d.Most).At(d.Name)
	case v.Amount > d.Most:
		return ErrInputLimit.With("%s is %s %s; it must be at most %s", d.Name, v.Amount, d.Unit, d.Most).At(d.Name)
	}
	return nil
}

// result evaluates, rounds and holds the result against its bounds.
func (c *Computation) result(inputs []quantity.Measure) (quantity.Reduction, error) {
	v, exact, err := c.formula.evaluate(inputs)
	if err != nil {
		return 0, err
	}
	r, err := c.round(v, exact)
	switch {
	case err != nil || r > c.most:
		return 0, ErrImplausible.With("%s kgCO2e of one activity are more than the methodology's bound, %s", orTooLarge(r, err), c.most).
			At(c.formula.used[0])
	case r < 0:
		return 0, ErrNegative.With("the activity reduced %s kgCO2e", r).At(c.formula.used[0])
	}
	return r, nil
}

func orTooLarge(r quantity.Reduction, err error) string {
	if err != nil {
		return "more than 9,000,000,000,000"
	}
	return r.String()
}

// round turns the formula's result into steps of the rounding, once.
func (c *Computation) round(v small, exact *big.Rat) (quantity.Reduction, error) {
	perStep := c.perUnit / int64(c.roundTo) // steps in one unit
	if exact == nil && perStep > 0 {
		steps, err := quantity.MulDiv(v.n, perStep, 1, v.d, c.rounding)
		return c.steps(steps, err)
	}
	if exact == nil {
		exact = v.big()
	}
	scaled := new(big.Rat).Mul(exact, big.NewRat(c.perUnit, int64(c.roundTo)))
	steps, err := quantity.Quotient(scaled.Num(), scaled.Denom(), c.rounding)
	return c.steps(steps, err)
}

// steps is a whole number of steps, or ErrOverflow.
func (c *Computation) steps(n int64, err error) (quantity.Reduction, error) {
	if err != nil {
		return 0, err
	}
	v, err := quantity.MulDiv(n, int64(c.roundTo), 1, 1, quantity.Down)
	return quantity.Reduction(v), err
}
