package app

import (
	"slices"
	"strconv"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// The register of carbon-inclusive credits: schemes, methodologies with what
// they are made of, scenarios, and what other registers count.
var (
	CarbonSchemes      = resident[carbon.Scheme]("carbon_scheme")
	Methodologies      = resident[carbon.Methodology]("methodology")
	MethodologyInputs  = resident[carbon.Input]("methodology_input")
	MethodologyFactors = resident[carbon.Factor]("methodology_factor")
	Scenarios          = resident[carbon.Scenario]("scenario")
	Exclusions         = cold[carbon.Exclusion]("exclusion")
)

// The faults of the register, in the order in which they are checked; the
// others are in carbon.
var (
	// ErrSchemeTaken is returned when another scheme has the code.
	ErrSchemeTaken = fault.New(fault.Conflict, "carbon.scheme_taken", "a scheme with this code is registered already").At("code")
	// ErrRecognisedUnit is returned when a scheme that is recognised already is registered with another serial unit.
	ErrRecognisedUnit = fault.New(fault.Conflict, "carbon.recognised_unit", "the scheme is recognised with another serial unit").At("serial_unit")
	// ErrNoMethodology is returned when no version of a methodology is in force on a day.
	ErrNoMethodology = fault.New(fault.Refused, "carbon.no_methodology", "no version of the methodology is in force").At("methodology").
				Under("carbon.methodology", "terms of the methodology")
	// ErrNoSuchInput is returned when points would be given for an input that the methodology does not have.
	ErrNoSuchInput = fault.New(fault.Refused, "carbon.no_such_input", "the methodology has no such input").At("points_of").
			Under("carbon.methodology", "terms of the methodology")
	// ErrNewVersion is returned when a new version is not the next one, or would not begin after the one before.
	ErrNewVersion = fault.New(fault.Conflict, "carbon.new_version", "a new version has the next number and begins after the one before")
	// ErrDaysCounted is returned when a scenario or a methodology would change on a day that can have been counted already.
	ErrDaysCounted = fault.New(fault.Refused, "carbon.days_counted", "what can have been counted is not counted another way").At("valid_from").
			Under("carbon.counted_once", "沪环规〔2025〕10号")
	// ErrSchemeOver is returned when a scheme does not count what is done on that day.
	ErrSchemeOver = fault.New(fault.Refused, "carbon.scheme_over", "the scheme is not in force").At("scheme").
			Under("carbon.scheme", "terms of the scheme")
)

// exclusionsMax is how many entries one import takes.
const exclusionsMax = 1000

// SchemeRegister registers a scheme.
type SchemeRegister struct {
	Code       string
	Name       string
	Region     string
	Operator   int64
	SerialUnit quantity.Reduction
	Salt       string
	ValidFrom  calendar.Date
	ValidTo    calendar.Date
	Source     string
}

// MethodologyRegister registers a methodology, or a new version, which begins
// when the one before ends.
type MethodologyRegister struct {
	Code       string
	Version    int32
	Name       string
	Formula    string
	ResultUnit string
	RoundTo    quantity.Reduction
	Rounding   carbon.Rounding
	Most       quantity.Reduction
	Limits     string
	ValidFrom  calendar.Date
	ValidTo    calendar.Date
	Source     string
	Inputs     []carbon.Input
	Factors    []carbon.Factor
}

// ScenarioRegister registers a scenario of a scheme, or changes one from a day on.
type ScenarioRegister struct {
	Scheme      int64
	Code        string
	Name        string
	Methodology string
	DailyCap    quantity.Reduction
	ClaimFrom   int32
	ClaimTo     int32
	PointsRate  quantity.Measure
	PointsOf    string
	DataSource  string // code; empty: ids are the scheme's own
	ValidFrom   calendar.Date
	ValidTo     calendar.Date
	Source      string
}

// ExclusionImport adds entries to the list of another register. Entries that
// it has already are passed over. The officers of the region answer for it: what
// an operator imports waits for one of them.
type ExclusionImport struct {
	Region  string
	List    carbon.List
	Source  string
	Entries []ExclusionEntry
}

// ExclusionEntry is what a list says of one of its entries.
type ExclusionEntry struct {
	Identifier string
	ValidFrom  calendar.Date
	ValidTo    calendar.Date
}

// MethodologyResult is a methodology with what it is made of.
type MethodologyResult struct {
	Methodology carbon.Methodology
	Inputs      []carbon.Input
	Factors     []carbon.Factor
}

// ExclusionResult says how many entries of an import were new, and which of the
// others the list has with another last day: they are left to be corrected.
type ExclusionResult struct {
	Added, Known int
	Differing    []int64
}

var _ = declare(SchemeRegister{}, MethodologyRegister{}, ScenarioRegister{}, ExclusionImport{})

// Operation is SchemeRegister.
func (SchemeRegister) Operation() identity.Operation { return identity.SchemeRegister }

// Decide checks the scheme and that its code is new. The result is a carbon.Scheme.
func (c SchemeRegister) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.SchemeRegister, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	s := carbon.Scheme{
		Code: c.Code, Name: c.Name, Region: c.Region, Operator: c.Operator, SerialUnit: c.SerialUnit, Salt: c.Salt,
		ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Source: c.Source,
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", c.Region); err != nil {
		return nil, err
	}
	if _, err := Get(v, Parties, "operator", c.Operator); err != nil {
		return nil, err
	}
	for other := range All(v, CarbonSchemes) {
		if other.Code == c.Code {
			return nil, ErrSchemeTaken.With("the code %s is that of %s already", c.Code, other.Name)
		}
	}
	for r := range All(v, Recognitions) {
		if r.Origin == c.Code && r.Unit != c.SerialUnit && (r.ValidTo.IsZero() || r.ValidTo >= v.Today) {
			return nil, ErrRecognisedUnit.With("recognition %d takes units of %s as %s kgCO2e: register the scheme with that unit, or replace the recognition first", r.ID, c.Code, r.Unit)
		}
	}
	return func(tx *Tx) any { return Put(tx, CarbonSchemes, s) }, nil
}

// Operation is MethodologyRegister.
func (MethodologyRegister) Operation() identity.Operation { return identity.MethodologyRegister }

// Decide compiles the methodology, which checks everything that it is made of,
// and that it follows the version before. The result is a MethodologyResult.
func (c MethodologyRegister) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.MethodologyRegister, identity.Target{}); err != nil {
		return nil, err
	}
	m := carbon.Methodology{
		Code: c.Code, Version: c.Version, Name: c.Name, Formula: c.Formula, ResultUnit: c.ResultUnit, RoundTo: c.RoundTo, Rounding: c.Rounding,
		Most: c.Most, Limits: c.Limits, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Source: c.Source,
	}
	if err := m.CheckPlausible(); err != nil {
		return nil, err
	}
	if _, err := carbon.Compile(m, c.Inputs, c.Factors); err != nil {
		return nil, err
	}
	var before carbon.Methodology
	for other := range All(v, Methodologies) {
		if other.Code == c.Code && other.Version > before.Version {
			before = other
		}
	}
	switch last := max(before.ValidFrom, before.ValidTo); {
	case c.Version != before.Version+1:
		return nil, ErrNewVersion.With("the next version of %s is %d", c.Code, before.Version+1).At("version")
	case before.ID != 0 && c.ValidFrom <= last:
		return nil, ErrNewVersion.With("version %d of %s is in force on %v: the next one begins after that day", before.Version, c.Code, last).At("valid_from")
	}
	if err := v.checkUncounted(before.ID, before.ValidTo, c.ValidFrom); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		if before.ID != 0 && before.ValidTo.IsZero() {
			before.ValidTo = c.ValidFrom.AddDays(-1)
			Put(tx, Methodologies, before)
		}
		return tx.putMethodology(m, c.Inputs, c.Factors)
	}, nil
}

// putMethodology records a methodology with what it is made of.
func (tx *Tx) putMethodology(m carbon.Methodology, inputs []carbon.Input, factors []carbon.Factor) MethodologyResult {
	r := MethodologyResult{Methodology: Put(tx, Methodologies, m)}
	for _, in := range inputs {
		in.Methodology = r.Methodology.ID
		r.Inputs = append(r.Inputs, Put(tx, MethodologyInputs, in))
	}
	for _, f := range factors {
		f.Methodology = r.Methodology.ID
		r.Factors = append(r.Factors, Put(tx, MethodologyFactors, f))
	}
	return r
}

// Operation is ScenarioRegister.
func (ScenarioRegister) Operation() identity.Operation { return identity.ScenarioRegister }

// Decide checks the scenario, its methodology on its first day, and that it
// follows the one before. The result is a carbon.Scenario.
func (c ScenarioRegister) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.ScenarioRegister, identity.Target{}); err != nil {
		return nil, err
	}
	scheme, err := Get(v, CarbonSchemes, "scheme", c.Scheme)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("scheme", identity.ScenarioRegister, identity.OfRegion(scheme.Region)); err != nil {
		return nil, err
	}
	s := carbon.Scenario{
		Scheme: c.Scheme, Code: c.Code, Name: c.Name, Methodology: c.Methodology, DailyCap: c.DailyCap, ClaimFrom: c.ClaimFrom, ClaimTo: c.ClaimTo,
		PointsRate: c.PointsRate, PointsOf: c.PointsOf, DataSource: c.DataSource, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Source: c.Source,
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if !scheme.ValidOn(c.ValidFrom) {
		return nil, ErrSchemeOver.With("the scheme counts what is done from %v to %v", scheme.ValidFrom, scheme.ValidTo)
	}
	if err := fault.First(v.checkPointsOf(s), v.checkDataSource(s)); err != nil {
		return nil, err
	}
	before, err := v.scenarioBefore(s)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		if before.ID != 0 && (before.ValidTo.IsZero() || before.ValidTo >= c.ValidFrom) {
			before.ValidTo = c.ValidFrom.AddDays(-1)
			Put(tx, Scenarios, before)
		}
		return Put(tx, Scenarios, s)
	}, nil
}

// checkPointsOf holds that the methodology of a scenario is in force on its
// first day and has the input that points are given for.
func (v *View) checkPointsOf(s carbon.Scenario) error {
	m, err := v.methodologyOn(s.Methodology, s.ValidFrom)
	if err != nil || s.PointsOf == "" {
		return err
	}
	for in := range All(v, MethodologyInputs) {
		if in.Methodology == m.ID && in.Name == s.PointsOf {
			return nil
		}
	}
	return ErrNoSuchInput.With("%s version %d has no input %s", m.Code, m.Version, s.PointsOf)
}

// scenarioBefore is the newest of the same code in a scheme; it ends when the
// new one begins.
func (v *View) scenarioBefore(s carbon.Scenario) (before carbon.Scenario, err error) {
	for other := range All(v, Scenarios) {
		if other.Scheme == s.Scheme && other.Code == s.Code && other.ValidFrom > before.ValidFrom {
			before = other
		}
	}
	if before.ID != 0 && s.ValidFrom <= before.ValidFrom {
		return before, ErrNewVersion.With("the scenario %s holds from %v on: it can change on a later day", s.Code, before.ValidFrom).At("valid_from")
	}
	return before, v.checkUncounted(before.ID, before.ValidTo, s.ValidFrom)
}

// checkUncounted returns ErrDaysCounted when the row before, which holds to a
// day or has no end, can have counted the first day of the new one: until today.
func (v *View) checkUncounted(before int64, to, from calendar.Date) error {
	last := v.Today
	if !to.IsZero() && to < last {
		last = to
	}
	if before != 0 && from <= last {
		return ErrDaysCounted.With("what was done up to %v can have been counted: it can change from %v on", last, last.AddDays(1))
	}
	return nil
}

// methodologyOn is the version of a methodology that computes what is done on
// a day.
func (v *View) methodologyOn(code string, on calendar.Date) (carbon.Methodology, error) {
	for m := range All(v, Methodologies) {
		if m.Code == code && m.ValidOn(on) {
			return m, nil
		}
	}
	return carbon.Methodology{}, ErrNoMethodology.With("no version of %.40q is in force on %v", code, on)
}

// Operation is ExclusionImport.
func (ExclusionImport) Operation() identity.Operation { return identity.ExclusionImport }

// Decide checks every entry and passes over those that the list has. The
// result is an ExclusionResult.
func (c ExclusionImport) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.ExclusionImport, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", c.Region); err != nil {
		return nil, err
	}
	if len(c.Entries) == 0 || len(c.Entries) > exclusionsMax {
		return nil, fault.Invalidf("entries", "there must be 1 to %d", exclusionsMax)
	}
	if err := catalog.CheckOneOf("list", c.List, carbon.Lists); err != nil {
		return nil, err
	}
	known, err := v.knownExclusions(c)
	if err != nil {
		return nil, err
	}
	var fresh []carbon.Exclusion
	var differing []int64
	for i, e := range c.Entries {
		row := carbon.Exclusion{List: c.List, Identifier: e.Identifier, ValidFrom: e.ValidFrom, ValidTo: e.ValidTo, Source: c.Source, Region: c.Region}
		if err := row.Validate(); err != nil {
			if f, ok := fault.As(err); ok && f.Field != "source" {
				return nil, f.At("entries/" + strconv.Itoa(i) + "/" + f.Field)
			}
			return nil, err
		}
		switch before, there := known[exclusionKey{e.Identifier, e.ValidFrom}]; {
		case !there:
			known[exclusionKey{e.Identifier, e.ValidFrom}] = row
			fresh = append(fresh, row)
		case before.ID != 0 && (before.Void || before.ValidTo != e.ValidTo):
			differing = append(differing, before.ID)
		}
	}
	return func(tx *Tx) any {
		for _, e := range fresh {
			Put(tx, Exclusions, e)
		}
		return ExclusionResult{Added: len(fresh), Known: len(c.Entries) - len(fresh), Differing: differing}
	}, nil
}

type exclusionKey struct {
	identifier string
	from       calendar.Date
}

// NeedsApproval is true of an import by who is no officer of the region.
func (c ExclusionImport) NeedsApproval(v *View) bool {
	roles := rolesFor(v.Actor, identity.ExclusionImport, identity.OfRegion(c.Region))
	return !slices.Contains(roles, string(identity.BureauClerk)) && !slices.Contains(roles, string(identity.BureauLeader))
}

func (v *View) knownExclusions(c ExclusionImport) (map[exclusionKey]carbon.Exclusion, error) {
	identifiers := make([]string, len(c.Entries))
	for i, e := range c.Entries {
		identifiers[i] = e.Identifier
	}
	rows, err := Find(v, Exclusions, Where("list", string(c.List)).And("identifier", In, identifiers))
	if err != nil {
		return nil, err
	}
	known := make(map[exclusionKey]carbon.Exclusion, len(rows))
	for _, e := range rows {
		known[exclusionKey{e.Identifier, e.ValidFrom}] = e
	}
	return known, nil
}
