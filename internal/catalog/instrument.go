package catalog

import (
	"fmt"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// An Instrument is what is traded: the right to discharge a pollutant until the
// end of a term, or the carbon-inclusive credits of a scheme and vintage.
type Instrument struct {
	ID        int64
	Code      string        // pollutant and term end: "VOCs-20310630"; of credits their series: "JXCP-2026"
	Pollutant string        // code; of credits their series, as in the ledger
	TermEnd   calendar.Date // 0: credits, which do not end
	Scheme    int64         // of credits; 0: permits
	Series    int64         // of credits; 0: permits
	Command   int64
}

// NewCreditInstrument returns the instrument of a series of credits.
func NewCreditInstrument(code string, scheme, series int64) Instrument {
	return Instrument{Code: code, Pollutant: code, Scheme: scheme, Series: series}
}

// OfCredits reports whether it is credits, not permits.
func (i Instrument) OfCredits() bool { return i.Series != 0 }

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

// Expired reports whether the term is over on that day. On its last day it is not,
// and that of credits never is.
func (i Instrument) Expired(on calendar.Date) bool { return on > i.TermEnd && i.TermEnd != 0 }

func instrumentCode(pollutant string, termEnd calendar.Date) string {
	return fmt.Sprintf("%s-%08d", pollutant, termEnd)
}
