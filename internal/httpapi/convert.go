package httpapi

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// An optional field of the contract is a pointer, and nil where it has no
// value; the core says the same with a zero.

// deref returns the value of an optional field, or zero.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// optional returns nil for zero.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// dateOf writes an optional day.
func dateOf(d calendar.Date) *string { return optional(d.String()) }

// instantOf writes an optional instant.
func instantOf(i calendar.Instant) *string { return optional(i.String()) }

// amountOf writes an amount in the unit of its account.
func amountOf(kind ledger.Kind, atoms int64) string {
	if !kind.IsMoney() { // permits and credits have one scale
		return quantity.Quantity(atoms).String()
	}
	return quantity.Money(atoms).String()
}

// input reads the fields of a request that the contract writes as text, and
// collects what is wrong with them.
type input struct{ wrong requestErrors }

// err returns nil when every field was right.
func (in *input) err() error { return in.wrong.err() }

// read reads a field by a parser of the core.
func read[T any](in *input, field, text string, parse func(field, text string) (T, error)) T {
	v, err := parse(field, text)
	if f, ok := fault.As(err); ok {
		in.wrong = append(in.wrong, f)
	}
	return v
}

// readOptional is read for a field that may be absent, which is zero.
func readOptional[T any](in *input, field string, text *string, parse func(field, text string) (T, error)) (v T) {
	if text == nil {
		return v
	}
	return read(in, field, *text, parse)
}

// readSaid is readOptional of what may be 0: nil where it is absent.
func readSaid[T any](in *input, field string, text *string, parse func(field, text string) (T, error)) *T {
	if text == nil {
		return nil
	}
	return new(read(in, field, *text, parse))
}

// period reads the parameters from and to: the instants from the start of the
// first day to the end of the last one; 0 where a side is open.
func period(from, to *string) (start, end calendar.Instant, err error) {
	var in input
	first := readOptional(&in, "from", from, calendar.ParseDate)
	last := readOptional(&in, "to", to, calendar.ParseDate)
	if err := in.err(); err != nil {
		return 0, 0, err
	}
	if first != 0 && last != 0 && last < first {
		return 0, 0, fault.Invalidf("to", "the last day is before the first")
	}
	if first != 0 {
		start = first.Start()
	}
	if last != 0 {
		end = last.AddDays(1).Start()
	}
	return start, end, nil
}
