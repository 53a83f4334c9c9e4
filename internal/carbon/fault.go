package carbon

import "permitx/internal/fault"

// The faults of a methodology that is registered, in the order in which they
// are checked.
var (
	// ErrUnit is returned when a unit is not made of the known symbols.
	ErrUnit = fault.New(fault.Invalid, "carbon.unit", "not a unit such as kgCO2e/ride, t*km, m^2 or 1")
	// ErrFactor is returned when the value of a factor is not a plain decimal of at most 18 digits.
	ErrFactor = fault.New(fault.Invalid, "carbon.factor", "not a plain decimal of at most 18 digits")
	// ErrNameTwice is returned when two inputs or factors have one name.
	ErrNameTwice = fault.New(fault.Invalid, "carbon.name_twice", "two inputs or factors have this name")
	// ErrFormula is returned when a formula cannot be read.
	ErrFormula = fault.New(fault.Invalid, "carbon.formula", "not a formula of inputs, factors and numbers with + − × ÷, parentheses, min and max")
	// ErrUnitMismatch is returned when units do not fit: of two sides of a
	// formula, of its result, or of an input as it was measured.
	ErrUnitMismatch = fault.New(fault.Refused, "carbon.unit_mismatch", "the units do not fit").
			Under("carbon.methodology", "terms of the methodology")
)

// The faults of an activity that is computed, in the order in which they are
// checked. Each names the input in its field.
var (
	// ErrUnknownInput is returned when an input is not one of the methodology.
	ErrUnknownInput = fault.New(fault.Refused, "carbon.unknown_input", "the methodology has no such input").
			Under("carbon.methodology", "terms of the methodology")
	// ErrInputTwice is returned when an input is given twice.
	ErrInputTwice = fault.New(fault.Refused, "carbon.input_twice", "the input is given twice").
			Under("carbon.methodology", "terms of the methodology")
	// ErrInputLimit is returned when an input lies beyond its limits.
	ErrInputLimit = fault.New(fault.Refused, "carbon.input_limit", "the input lies beyond its limits").
			Under("carbon.methodology", "terms of the methodology")
	// ErrMissingInput is returned when an input is not given.
	ErrMissingInput = fault.New(fault.Refused, "carbon.missing_input", "the input is missing").
			Under("carbon.methodology", "terms of the methodology")
	// ErrDivision is returned when the formula would divide by 0.
	ErrDivision = fault.New(fault.Refused, "carbon.division_by_zero", "the formula would divide by 0")
	// ErrNegative is returned when the activity would have reduced less than nothing.
	ErrNegative = fault.New(fault.Refused, "carbon.negative", "the activity reduced less than nothing").
			Under("carbon.methodology", "terms of the methodology")
	// ErrImplausible is returned when the result is above the methodology's plausible bound.
	ErrImplausible = fault.New(fault.Refused, "carbon.implausible", "the result is above the methodology's plausible bound").
			Under("carbon.plausible", "terms of the methodology")
)
