package carbon

import (
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// A List is a register whose reductions a scheme does not count again.
type List string

// The lists (沪环规〔2025〕10号: what is in the national or the local market, or is
// a certified reduction, is excluded).
const (
	NationalETS      List = "national_ets"
	LocalETS         List = "local_ets"
	CCER             List = "ccer"
	GreenCertificate List = "green_certificate"
)

// OwnProjects are the plants that projects of this registry have counted. Nobody imports it.
const OwnProjects List = "project"

// Lists are all lists.
var Lists = []List{NationalETS, LocalETS, CCER, GreenCertificate}

// An Exclusion is an entry of such a list: a firm's code, a plant's or a
// certificate's number, as that register writes it.
type Exclusion struct {
	ID         int64
	List       List
	Identifier string
	ValidFrom  calendar.Date
	ValidTo    calendar.Date // last day; zero: no end
	Source     string        // the document that the list came with
	Region     string        // whose officers answer for the entry; empty: of before that was recorded
	Void       bool          // it should never have been there
	Document   string        // of the last correction
	Command    int64
}

// identifierMax is the longest number of another register, in characters.
const identifierMax = 64

// Validate returns a fault that names the first field that is wrong.
func (e Exclusion) Validate() error {
	if err := fault.First(
		catalog.CheckOneOf("list", e.List, Lists),
		catalog.CheckText("identifier", e.Identifier, identifierMax),
		catalog.CheckText("source", e.Source, sourceMax),
	); err != nil {
		return err
	}
	return e.CheckDays()
}

// CheckDays is Validate of the days on which the list has the entry.
func (e Exclusion) CheckDays() error { return checkPeriod(e.ValidFrom, e.ValidTo) }

// Touches reports whether the entry holds on a day of a period.
func (e Exclusion) Touches(from, to calendar.Date) bool {
	return !e.Void && e.ValidFrom <= to && (e.ValidTo.IsZero() || e.ValidTo >= from)
}

// Describe says what the list has, and on which days.
func (e Exclusion) Describe() string {
	days := fmt.Sprintf("from %v on", e.ValidFrom)
	if !e.ValidTo.IsZero() {
		days = fmt.Sprintf("from %v to %v", e.ValidFrom, e.ValidTo)
	}
	return fmt.Sprintf("%.64q is in the list %s %s (%s)", e.Identifier, e.List, days, e.Source)
}

// ErrExcluded is returned when what was reduced is counted elsewhere.
var ErrExcluded = fault.New(fault.Refused, "carbon.excluded", "the reduction is counted in another register").
	Under("carbon.counted_once", "沪环规〔2025〕10号")

// CheckExcluded returns ErrExcluded when one of the entries of an identifier
// holds on a day of a period.
func CheckExcluded(entries []Exclusion, from, to calendar.Date) error {
	for _, e := range entries {
		if e.Touches(from, to) {
			return ErrExcluded.With("%s", e.Describe()).At("identifier")
		}
	}
	return nil
}
