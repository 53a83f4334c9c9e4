package rulebook

import (
	"slices"
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Fact is what an officer has recorded of a licence, a party or a region. Of
// the facts of one kind the newest whose period holds the day counts, but for
// points of credit, which add up. A correction is a further record.
type Fact struct {
	ID         int64
	Kind       Kind
	Region     string // of the licence, of the party, or the region that it is about
	Party      int64  // 0: it is about a region
	Licence    int64  // 0: it is about a party or a region
	Pollutant  string // "": all
	Value      string
	ValidFrom  calendar.Date
	ValidTo    calendar.Date // last day; 0: no end
	Document   string
	RecordedAt calendar.Instant
	Command    int64
}

// Kind is what a fact says.
type Kind string

// The kinds of facts.
const (
	Monitor       Kind = "monitor"         // whether an automatic monitor is installed
	ReductionTask Kind = "reduction_task"  // whether the reduction task of the period is done
	SurplusNeeded Kind = "surplus_needed"  // whether the surplus is needed for the region's reduction task
	IndustryOf    Kind = "industry"        // of the site, GB/T 4754
	SourceOf      Kind = "source"          // what kind of source the site is
	BasinOf       Kind = "basin"           // that the site discharges into
	BasinApproved Kind = "basin_approval"  // a basin that the province lets it trade with
	ZoneOf        Kind = "zone"            // code of the unit of 生态环境分区管控 that the site lies in
	VerifiedRight Kind = "verified_right"  // quantity written in the licence, t/a
	Idle          Kind = "idle"            // declared idle since the first day of the period
	Blacklisted   Kind = "blacklist"       // listed or lifted
	CreditGrade   Kind = "credit_grade"    // A to E
	CreditPoints  Kind = "credit_points"   // deducted, or given back where negative
	CreditSlight  Kind = "credit_slight"   // points of a slight violation, which do not count
	CreditReview  Kind = "credit_review"   // whether the bureau lets a party of yellow credit buy
	StateFunded   Kind = "state_funded"    // whether a party is an institution that the state funds wholly
	OverCap       Kind = "region_over_cap" // whether the region's discharge is over its cap
)

// Kinds are all kinds of facts.
var Kinds = []Kind{
	Monitor, ReductionTask, SurplusNeeded, IndustryOf, SourceOf, BasinOf, BasinApproved, ZoneOf, VerifiedRight, Idle,
	Blacklisted, CreditGrade, CreditPoints, CreditSlight, CreditReview, StateFunded, OverCap,
}

// Subject is what a fact is about.
type Subject string

// The subjects.
const (
	OfLicence Subject = "licence"
	OfParty   Subject = "party"
	OfRegion  Subject = "region"
)

// Subject is what facts of the kind are about.
func (k Kind) Subject() Subject {
	switch k {
	case Blacklisted, CreditGrade, CreditPoints, CreditSlight, CreditReview, StateFunded:
		return OfParty
	case OverCap:
		return OfRegion
	case Monitor, ReductionTask, SurplusNeeded, IndustryOf, SourceOf, BasinOf, BasinApproved, ZoneOf, VerifiedRight, Idle:
	}
	return OfLicence
}

// The values of facts that have a fixed set of them.
const (
	Yes     = "yes"
	No      = "no"
	Done    = "done"
	NotDone = "not_done"
	Listed  = "listed"
	Lifted  = "lifted"
)

var valuesOf = map[Kind][]string{
	Monitor: {Yes, No}, ReductionTask: {Done, NotDone}, SurplusNeeded: {Yes, No}, Idle: {Yes, No},
	SourceOf:    {string(Industrial), string(Agricultural), string(Household), string(ThermalPower)},
	Blacklisted: {Listed, Lifted}, CreditGrade: {"A", "B", "C", "D", "E"}, CreditReview: {Yes, No}, StateFunded: {Yes, No}, OverCap: {Yes, No},
}

// The bounds of values.
const (
	valueMax  = 64 // characters
	pointsMax = 12 // that one event moves
)

// The faults of a fact, in the order in which they are checked.
var (
	// ErrFactSubject is returned when a fact is not about what its kind is about.
	ErrFactSubject = fault.New(fault.Invalid, "fact.subject", "the fact must be about one licence, party or region, as its kind says")
	// ErrFactValue is returned when a fact has a value that its kind has not.
	ErrFactValue = fault.New(fault.Invalid, "fact.value", "facts of this kind do not have this value").At("value")
	// ErrFactPeriod is returned when the first day is missing or after the last.
	ErrFactPeriod = fault.New(fault.Invalid, "fact.period", "the period must have a first day, and no last day before it").At("valid_from")
)

// Validate returns a fault that names the first field that is wrong (I-33).
func (f Fact) Validate() error {
	if err := catalog.CheckOneOf("kind", f.Kind, Kinds); err != nil {
		return err
	}
	subject := f.Kind.Subject()
	if (f.Licence > 0) != (subject == OfLicence) || (f.Party > 0) != (subject != OfRegion) {
		return ErrFactSubject.With("a fact of the kind %s is about a %s", f.Kind, subject).At(string(subject))
	}
	if subject == OfParty && f.Pollutant != "" {
		return fault.Invalidf("pollutant", "a fact about a party is for all pollutants: leave it out")
	}
	if err := f.checkValue(); err != nil {
		return err
	}
	if err := checkPeriod(ErrFactPeriod, f.ValidFrom, f.ValidTo); err != nil {
		return err
	}
	return catalog.CheckDocument("document", f.Document)
}

func (f Fact) checkValue() error {
	if err := catalog.CheckText("value", f.Value, valueMax); err != nil {
		return err
	}
	switch f.Kind {
	case VerifiedRight:
		_, err := quantity.ParsePositiveQuantity("value", f.Value)
		return err
	case IndustryOf:
		if n := len(f.Value); n < 2 || n > 4 || strings.Trim(f.Value, "0123456789") != "" {
			return ErrFactValue.With("%.40q must be a division, group or class of GB/T 4754: 2 to 4 digits, for example 2319", f.Value)
		}
	case CreditPoints, CreditSlight:
		if n, err := strconv.Atoi(f.Value); err != nil || n == 0 || n < -pointsMax || n > pointsMax || f.Kind == CreditSlight && n < 0 || strconv.Itoa(n) != f.Value {
			return ErrFactValue.With("%.40q must be a number of points from 1 to %d, negative where points are given back", f.Value, pointsMax)
		}
	case BasinOf, BasinApproved, ZoneOf: // any text
	case Monitor, ReductionTask, SurplusNeeded, SourceOf, Idle, Blacklisted, CreditGrade, CreditReview, StateFunded, OverCap:
		if !slices.Contains(valuesOf[f.Kind], f.Value) {
			return ErrFactValue.With("%.40q must be one of %s", f.Value, strings.Join(valuesOf[f.Kind], ", "))
		}
	}
	return nil
}

// errPeriod is the fault of a period of what has none of its own.
var errPeriod = fault.Invalidf("valid_from", "the period must have a first day, and no last day before it")

// checkPeriod returns a fault that names the end of a period that is wrong; a last day of 0 is none.
func checkPeriod(of *fault.Error, from, to calendar.Date) error {
	switch {
	case !from.Valid():
		return of.With("the period must have a first day").At("valid_from")
	case to != 0 && (!to.Valid() || to < from):
		return of.With("the last day of a period from %s must be that day or a later one", from).At("valid_to")
	}
	return nil
}

// newest returns the newest of some facts of one kind that holds on a day for a
// pollutant. Facts are in the order of their ids. One that was found later counts, also
// where it begins before one that was dated ahead: that is what a correction is, of
// what nobody decided but somebody knows. Parameters and rules of zones, which two
// persons decide, do not hide one another so.
func newest(facts []Fact, kind Kind, pollutant string, on calendar.Date) *Fact {
	for i := len(facts) - 1; i >= 0; i-- {
		f := &facts[i]
		if f.Kind == kind && (f.Pollutant == "" || f.Pollutant == pollutant) && inPeriod(on, f.ValidFrom, f.ValidTo) {
			return f
		}
	}
	return nil
}

// OverCapBy is the document by which a region is over its cap for a pollutant
// on a day, and false where it is not. Facts are the region's.
func OverCapBy(facts []Fact, pollutant string, on calendar.Date) (document string, over bool) {
	if f := newest(facts, OverCap, pollutant, on); f != nil && f.Value == Yes {
		return f.Document, true
	}
	return "", false
}

// StateFundedBy is the document by which a party is an institution that the state
// funds wholly on a day; "": it is none. Facts are the party's.
func StateFundedBy(facts []Fact, on calendar.Date) string {
	if f := newest(facts, StateFunded, "", on); f != nil && f.Value == Yes {
		return f.Document
	}
	return ""
}
