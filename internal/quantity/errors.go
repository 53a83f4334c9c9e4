package quantity

import (
	"errors"

	"permitx/internal/fault"
)

// The faults, in the order in which they are checked.
var (
	// ErrMalformed is returned when the text is not a plain decimal: an
	// optional minus, digits without leading zeros, and optionally a point
	// with more digits. Minus zero is malformed too.
	ErrMalformed = fault.New(fault.Invalid, "quantity.malformed", "not a plain decimal such as 12.5")
	// ErrTooManyDecimals is returned when there is a digit beyond the scale
	// of the field, even if it is a zero.
	ErrTooManyDecimals = fault.New(fault.Invalid, "quantity.too_many_decimals", "too many decimals")
	// ErrOutOfRange is returned when the number does not fit 64 bits of atoms.
	ErrOutOfRange = fault.New(fault.Invalid, "quantity.out_of_range", "the number is out of range")
	// ErrNotPositive is returned when a number that must be more than 0 is not.
	ErrNotPositive = fault.New(fault.Invalid, "quantity.not_positive", "the number must be more than 0")
	// ErrOverflow is returned when the result of a calculation does not fit
	// 64 bits of atoms.
	ErrOverflow = fault.New(fault.Refused, "quantity.overflow", "the result of the calculation is too large")
	// ErrImplausible is returned when a trade would come to more than AmountMax.
	ErrImplausible = fault.New(fault.Invalid, "quantity.implausible", "quantity × price of a year comes to more than CNY "+AmountMax.String()+": look at both").At("price")
)

// These errors are ours, not the user's: a caller let a value through that it
// must not. They are not faults, so their text is logged and not shown.
var (
	// ErrDivisor is returned when a divisor, tick or lot is not more than 0.
	ErrDivisor = errors.New("quantity: a divisor or step must be more than 0")
	// ErrDecimals is returned when a result is asked for with more or fewer
	// decimals than its type can round to.
	ErrDecimals = errors.New("quantity: cannot round to so many decimals")
	// ErrMonths is returned when a term is negative.
	ErrMonths = errors.New("quantity: months must not be negative")
	// ErrWeights is returned when a weight is negative, or when all are 0 and
	// there is something to apportion.
	ErrWeights = errors.New("quantity: weights must not be negative, and one must be more than 0")
)
