package catalog

import (
	"fmt"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// An Instrument is what is traded: the right to discharge a pollutant until the
// end of a term.
type Instrument struct {
	ID        int64
	Code      string // pollutant and term end: "VOCs-20310630"
	Pollutant string // code
	TermEnd   calendar.Date
	Command   int64
}

// NewInstrument returns the instrument of a pollutant and the last day of its
// term, which must be the last day of a quarter, so that holders who began on
// different days sell in one book (project default).
func NewInstrument(pollutant string, termEnd calendar.Date) (Instrument, error) {
	i := Instrument{Code: instrumentCode(pollutant, termEnd), Pollutant: pollutant, TermEnd: termEnd}
	return i, i.Validate()
}

// ParseInstrumentCode returns the pollutant and the term end that a code such as
// "NH3-N-20310630" names.
func ParseInstrumentCode(field, code string) (pollutant string, termEnd calendar.Date, err error) {
	bad := fault.Invalidf(field, "%.40q must be a pollutant, a hyphen and the last day of the term, for example VOCs-20310630", code)
	at := strings.LastIndexByte(code, '-')
	if at < 0 || len(code)-at != len("-20310630") {
		return "", 0, bad
	}
	day := code[at+1:]
	termEnd, err = calendar.ParseDate(field, day[:4]+"-"+day[4:6]+"-"+day[6:])
	if err != nil {
		return "", 0, bad
	}
	i, err := NewInstrument(code[:at], termEnd)
	if f, ok := fault.As(err); ok {
		return "", 0, f.At(field)
	}
	return i.Pollutant, i.TermEnd, nil
}

// Validate returns a fault that names the first field that is wrong.
func (i Instrument) Validate() error {
	if err := checkCode("pollutant", i.Pollutant); err != nil {
		return err
	}
	if !i.TermEnd.Valid() {
		return fault.Invalidf("term_end", "%d is not a day of the calendar", i.TermEnd)
	}
	if !calendar.OnQuarterEnd(i.TermEnd) {
		return ErrTermEnd.With("a term ends on the last day of a quarter: not %v but %v", i.TermEnd, calendar.QuarterEnd(i.TermEnd)).
			At("term_end")
	}
	if want := instrumentCode(i.Pollutant, i.TermEnd); i.Code != want {
		return fault.Invalidf("code", "must be %s", want)
	}
	return nil
}

// Expired reports whether the term is over on that day. On its last day it is not.
func (i Instrument) Expired(on calendar.Date) bool { return on > i.TermEnd }

func instrumentCode(pollutant string, termEnd calendar.Date) string {
	return fmt.Sprintf("%s-%08d", pollutant, termEnd)
}
