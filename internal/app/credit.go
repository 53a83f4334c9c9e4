package app

import (
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// The tables of issuances. Ranges that are held lie in memory; the others are
// history.
var (
	CreditProjects = resident[carbon.Project]("credit_project")
	Issuances      = resident[carbon.Issuance]("issuance")
	IssuanceInputs = cold[carbon.IssuanceInput]("issuance_input")
	CreditSeries   = resident[carbon.Series]("credit_series")
	CreditRanges   = residentWhere[carbon.Range]("credit_range", Where("state", string(carbon.Held)))
	CreditDebts    = resident[carbon.Debt]("credit_debt")
	CreditLives    = resident[carbon.Life]("credit_life")
	CarbonDuties   = resident[carbon.Obligation]("carbon_obligation")
	Retirements    = cold[carbon.Retirement]("retirement")
)

var (
	creditProjectsOf = indexed(CreditProjects, func(p carbon.Project) []string { return []string{p.Identifier} })
	creditProjectsBy = indexed(CreditProjects, func(p carbon.Project) []projectCode { return []projectCode{{p.Scheme, p.Code}} })
	// openPooled are the open issuances of the pools of a scheme.
	openPooled = indexed(Issuances, func(i carbon.Issuance) []int64 {
		return when(i.FromPool() && slices.Contains(carbon.OpenIssuances, i.State), i.Scheme)
	})
	dutiesOf = indexed(CarbonDuties, func(o carbon.Obligation) []partyYear { return []partyYear{{o.Party, o.Year}} })
)

type projectCode struct {
	scheme int64
	code   string
}

type partyYear struct {
	party int64
	year  int32
}

// The faults of issuances, in the order in which they are checked; the others
// are in carbon.
var (
	// ErrOutboxUsed is returned when an outbox number comes again with something else.
	ErrOutboxUsed = fault.New(fault.Conflict, "carbon.outbox_used", "the outbox number was used for another issuance").At("outbox")
	// ErrProjectCode is returned when another project of the scheme has the code.
	ErrProjectCode = fault.New(fault.Conflict, "carbon.project_taken", "a project of the scheme has this code already").At("code")
	// ErrVersions is returned when a project's period does not lie within one version of its methodology.
	ErrVersions = fault.New(fault.Refused, "carbon.period_of_two_versions", "the period must lie within one version of the methodology").At("period_to").
			Under("carbon.methodology", "terms of the methodology")
	// ErrPeriodCounted is returned when a period of a plant overlaps one that was counted, or another intake has brought the month.
	ErrPeriodCounted = fault.New(fault.Refused, "carbon.period_counted", "the period overlaps one that is counted already").At("period_from").
				Under("carbon.counted_once", "沪环规〔2025〕10号")
	// ErrListsChanged is returned when a list of another register has changed while it was asked for what a pool counts.
	ErrListsChanged = fault.New(fault.Conflict, "carbon.lists_changed", "a list of another register has changed while it was asked").At("event").
			Under("carbon.counted_once", "沪环规〔2025〕10号")
	// ErrEvidenceUsed is returned when an issuance would rest on the evidence of another.
	ErrEvidenceUsed = fault.New(fault.Refused, "carbon.evidence_used", "another issuance rests on this evidence").At("evidence_digest").
			Under("carbon.counted_once", "沪环规〔2025〕10号")
)

// CreditIssue brings a month of a scheme's participants, pooled to whole serial
// units by the intake, or by an intake elsewhere through its operator. A number of an intake that comes again brings nothing new:
// the answer is the issuance that it has brought. A scheme that is split by participant has several intakes, each with a name and numbers of its own.
type CreditIssue struct {
	Scheme         int64
	Methodology    string        // code
	Month          calendar.Date // its first day
	Units          int64
	EvidenceDigest string
	Items          int32
	Outbox         int64
	Intake         string // code; empty: there is one
}

// CreditProjectRegister registers a firm's project.
type CreditProjectRegister struct {
	Scheme      int64
	Code        string
	Name        string
	Methodology string
	Party       int64
	Identifier  string
	Document    string
}

// CreditDeclare declares what a project has reduced in a period. It is
// computed at once.
type CreditDeclare struct {
	Project        int64
	PeriodFrom     calendar.Date
	PeriodTo       calendar.Date
	Values         []carbon.Value
	EvidenceDigest string
	Items          int32
}

// IssuanceStep takes a step of an issuance.
type IssuanceStep struct {
	Issuance int64
	Event    carbon.IssuanceEvent
	Document string // of the verification or rejection
	Failed   int32  // pieces of the sampled evidence that do not hold

	ListsAsked int64 // the journal number up to which lists have nothing of what its own intake counts, which the handler has asked
}

// IssuanceResult is an issuance with the serial numbers that it has got.
type IssuanceResult struct {
	Issuance carbon.Issuance
	Serial   string // empty until it is issued
}

var _ = declare(CreditIssue{}, CreditProjectRegister{}, CreditDeclare{}, IssuanceStep{})

// Operation is CreditIssue.
func (CreditIssue) Operation() identity.Operation { return identity.CreditIssue }

// Decide checks the pool; a number that has come already changes nothing. The
// result is an IssuanceResult.
func (c CreditIssue) Decide(v *View) (Apply, error) {
	scheme, err := v.scheme(identity.CreditIssue, c.Scheme)
	if err != nil {
		return nil, err
	}
	if c.Outbox <= 0 {
		return nil, fault.Invalidf("outbox", "must be the number of the intake's message")
	}
	if c.Intake != "" {
		if err := carbon.CheckCode("intake", c.Intake); err != nil {
			return nil, err
		}
	}
	if !c.Month.Valid() || c.Month.Day() != 1 {
		return nil, fault.Invalidf("month", "must be the first day of a month")
	}
	i := carbon.Issuance{
		Scheme: scheme.ID, Methodology: c.Methodology, Source: carbon.PoolSource(c.Month), Vintage: int32(c.Month.Year()), //nolint:gosec // a year
		PeriodFrom: c.Month, PeriodTo: c.Month.AddMonths(1).AddDays(-1), Party: scheme.Operator, Region: scheme.Region, Units: c.Units,
		EvidenceDigest: c.EvidenceDigest, Items: c.Items, Outbox: c.Outbox, Intake: c.Intake, State: carbon.Checked, DeclaredBy: v.Actor.Person, DeclaredAt: v.Now,
	}
	if err := i.Validate(); err != nil {
		return nil, err
	}
	i.Sample = carbon.SampleOf(c.EvidenceDigest, v.Number, c.Items)
	i.Reduced = quantity.Reduction(c.Units) * scheme.SerialUnit
	if other, known := v.broughtBy(messageOf(i)); known {
		if other.EvidenceDigest != c.EvidenceDigest || other.Units != c.Units || other.Scheme != c.Scheme || other.Methodology != c.Methodology || other.Source != i.Source {
			return nil, ErrOutboxUsed.With("the outbox number %d brought issuance %d, which says something else", c.Outbox, other.ID)
		}
		return func(tx *Tx) any { return tx.issuanceResult(other) }, nil
	}
	if err := v.checkIssuance(scheme, i); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.issuanceResult(Put(tx, Issuances, i)) }, nil
}

// ofScheme is what an issuance belongs to.
func (v *View) ofScheme(i carbon.Issuance) identity.Target {
	return identity.OfScheme(i.Region, rowsOf(v.state, CarbonSchemes).rows[i.Scheme].Operator)
}

// scheme returns a scheme after the actor's right to act for it was checked.
func (v *View) scheme(op identity.Operation, id int64) (carbon.Scheme, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return carbon.Scheme{}, err
	}
	s, err := Get(v, CarbonSchemes, "scheme", id)
	if err != nil {
		return s, err
	}
	return s, v.AuthoriseAt("scheme", op, identity.OfScheme(s.Region, s.Operator))
}

// checkIssuance holds that the scheme and its methodology are in force for the
// period, and that nothing of it is counted already.
func (v *View) checkIssuance(scheme carbon.Scheme, i carbon.Issuance) error {
	if i.PeriodTo >= v.Today {
		field := "period_to"
		if i.Project == 0 {
			field = "month"
		}
		return ErrDayToCome.With("the period ends on %v, which is not over", i.PeriodTo).At(field)
	}
	if err := v.inForce(scheme, i); err != nil {
		return err
	}
	if err := v.checkEvidence("evidence_digest", i); err != nil {
		return err
	}
	for _, id := range v.counted(i) {
		other := rowsOf(v.state, Issuances).rows[id]
		switch {
		case i.Project != 0 && other.Overlaps(i):
			return ErrPeriodCounted.With("issuance %d counts %.64q from %v to %v", other.ID, i.Plant, other.PeriodFrom, other.PeriodTo)
		case i.Project == 0 && other.FromIntake() != i.FromIntake() && other.Intake == i.Intake:
			return ErrPeriodCounted.With("issuance %d of another intake counts the month of %v: where a scheme is split by participant each intake has a name", other.ID, other.PeriodFrom).At("month")
		}
	}
	return nil
}

// checkExcluded returns carbon.ErrExcluded when a list of another register has
// the plant of an issuance in its period. The lists may have got it since.
func (v *View) checkExcluded(field string, i carbon.Issuance) error {
	plant := v.plantOf(i)
	if plant == "" {
		return nil
	}
	entries, err := Find(v, Exclusions, Where("identifier", plant))
	if err != nil {
		return err
	}
	err = carbon.CheckExcluded(entries, i.PeriodFrom, i.PeriodTo)
	if f, ok := fault.As(err); ok {
		return f.At(field)
	}
	return err
}

// plantOf is what other registers call the plant of an issuance; empty where it
// is of no project. An issuance from before I-100 has it of its project.
func (v *View) plantOf(i carbon.Issuance) string {
	if i.Plant == "" && i.Project != 0 {
		return rowsOf(v.state, CreditProjects).rows[i.Project].Identifier
	}
	return i.Plant
}

// checkEvidence returns ErrEvidenceUsed when another issuance rests on the evidence.
func (v *View) checkEvidence(field string, i carbon.Issuance) error {
	if other, used := v.issuances.evidence[i.EvidenceDigest]; used {
		return ErrEvidenceUsed.With("issuance %d rests on this evidence", other).At(field)
	}
	return nil
}

// message names what has brought an issuance: an intake numbers its messages for itself.
type message struct {
	intake string
	own    bool // of the registry's own intake
	number int64
}

func messageOf(i carbon.Issuance) message { return message{i.Intake, i.FromIntake(), i.Outbox} }

// inForce holds that the scheme and its methodology are in force on the first
// and the last day of a project's period. The intake asked for each day of a
// pool, whose month may begin before the scheme, or count what was declared
// after its end: both must only have begun.
func (v *View) inForce(scheme carbon.Scheme, i carbon.Issuance) error {
	pool := i.Project == 0
	if i.PeriodTo < scheme.ValidFrom || !pool && (!scheme.ValidOn(i.PeriodFrom) || !scheme.ValidOn(i.PeriodTo)) {
		return ErrSchemeOver.With("the scheme counts what is done from %v to %v", scheme.ValidFrom, scheme.ValidTo)
	}
	if !pool { // compute has asked for its methodology
		return nil
	}
	for m := range All(v, Methodologies) {
		if m.Code == i.Methodology && m.ValidFrom <= i.PeriodTo {
			return nil
		}
	}
	return ErrNoMethodology.With("no version of %.40q was in force before %v", i.Methodology, i.PeriodTo)
}

func (v *View) issuanceResult(i carbon.Issuance) IssuanceResult {
	r := IssuanceResult{Issuance: i}
	if i.FirstUnit != 0 {
		r.Serial = i.Serial(rowsOf(v.state, CarbonSchemes).rows[i.Scheme].Code, i.FirstUnit, i.LastUnit)
	}
	return r
}

// Operation is CreditProjectRegister.
func (CreditProjectRegister) Operation() identity.Operation { return identity.CreditProjectRegister }

// Decide checks the project and that its code is new. The result is a
// carbon.Project.
func (c CreditProjectRegister) Decide(v *View) (Apply, error) {
	scheme, err := v.scheme(identity.CreditProjectRegister, c.Scheme)
	if err != nil {
		return nil, err
	}
	p := carbon.Project{
		Code: c.Code, Name: c.Name, Scheme: c.Scheme, Methodology: c.Methodology, Party: c.Party, Region: scheme.Region, Identifier: c.Identifier, Document: c.Document,
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkActive("party", c.Party); err != nil {
		return nil, err
	}
	if _, err := v.methodologyOn(c.Methodology, v.Today); err != nil {
		return nil, err
	}
	if creditProjectsBy.has(v, projectCode{c.Scheme, c.Code}) {
		return nil, ErrProjectCode
	}
	return func(tx *Tx) any { return Put(tx, CreditProjects, p) }, nil
}

// Operation is CreditDeclare.
func (CreditDeclare) Operation() identity.Operation { return identity.CreditDeclare }

// Decide computes what was reduced, and checks that it is counted nowhere
// else. The result is an IssuanceResult.
func (c CreditDeclare) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.CreditDeclare, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := Get(v, CreditProjects, "project", c.Project)
	if err != nil {
		return nil, err
	}
	scheme := rowsOf(v.state, CarbonSchemes).rows[p.Scheme]
	target := identity.OfScheme(p.Region, scheme.Operator)
	target.Parties = []int64{p.Party}
	if err := v.AuthoriseAt("project", identity.CreditDeclare, target); err != nil {
		return nil, err
	}
	if err := v.checkActive("project", p.Party); err != nil {
		return nil, err
	}
	i := carbon.Issuance{
		Scheme: p.Scheme, Methodology: p.Methodology, Project: p.ID, Source: p.Code, Vintage: int32(c.PeriodFrom.Year()), //nolint:gosec // a year
		PeriodFrom: c.PeriodFrom, PeriodTo: c.PeriodTo, Party: p.Party, Region: p.Region, Plant: p.Identifier, EvidenceDigest: c.EvidenceDigest,
		Items: c.Items, State: carbon.Computed, DeclaredBy: v.Actor.Person, DeclaredAt: v.Now,
	}
	if i.Reduced, err = v.compute(p.Methodology, c.PeriodFrom, c.PeriodTo, c.Values); err != nil {
		return nil, err
	}
	if i.Units = int64(i.Reduced / scheme.SerialUnit); i.Units == 0 {
		return nil, fault.Invalidf("values", "come to %s kgCO2e, less than a serial unit of %s", i.Reduced, scheme.SerialUnit)
	}
	if err := i.Validate(); err != nil {
		return nil, err
	}
	if err := fault.First(v.checkExcluded("project", i), v.checkIssuance(scheme, i)); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		i := Put(tx, Issuances, i)
		for _, value := range c.Values {
			Put(tx, IssuanceInputs, carbon.IssuanceInput{Issuance: i.ID, Name: value.Name, Unit: value.Unit, Amount: value.Amount})
		}
		return tx.issuanceResult(i)
	}, nil
}

// compute is what the version of a methodology in which a period lies computes
// of values that were measured in it.
func (v *View) compute(code string, from, to calendar.Date, values []carbon.Value) (quantity.Reduction, error) {
	m, err := v.methodologyOn(code, from)
	if f, ok := fault.As(err); ok {
		return 0, f.At("period_from")
	}
	if to > from && !m.ValidOn(to) {
		return 0, ErrVersions.With("version %d of %s is in force from %v to %v: declare what was reduced after that for itself", m.Version, m.Code, m.ValidFrom, m.ValidTo)
	}
	var inputs []carbon.Input
	for in := range All(v, MethodologyInputs) {
		if in.Methodology == m.ID {
			inputs = append(inputs, in)
		}
	}
	var factors []carbon.Factor
	for f := range All(v, MethodologyFactors) {
		if f.Methodology == m.ID {
			factors = append(factors, f)
		}
	}
	reduced, err := must(carbon.Compile(m, inputs, factors)).Compute(values)
	if f, ok := fault.As(err); ok {
		return 0, f.At(placeOf(f.Field, values))
	}
	return reduced, err
}

// placeOf is where an input that a computation names is in a declaration.
func placeOf(input string, values []carbon.Value) string {
	if at := slices.IndexFunc(values, func(v carbon.Value) bool { return v.Name == input }); at >= 0 {
		return fmt.Sprintf("values/%d", at)
	}
	return "values"
}

// issueUnits gives an issuance the next units of the registry and credits them.
func (v *View) issueUnits(i carbon.Issuance) (Apply, error) {
	if err := v.checkActive("id", i.Party); err != nil {
		return nil, err
	}
	if err := v.checkNoDebt(i); err != nil {
		return nil, err
	}
	scheme := rowsOf(v.state, CarbonSchemes).rows[i.Scheme]
	series := v.seriesOf(scheme, i.Vintage)
	if err := atField(series.CheckUsable(v.Today), "id"); err != nil {
		return nil, err
	}
	i.FirstUnit = v.issuances.lastUnit + 1
	i.LastUnit = i.FirstUnit + i.Units - 1
	i.IssuedAt = v.Now
	t := ledger.Transfer{Reason: ledger.CreditIssuance, Reference: i.ID, Legs: []ledger.Leg{{
		Debit: creditKey(ledger.CreditsIssued, scheme, series, 0), Credit: creditKey(ledger.Credits, scheme, series, i.Party), Amount: i.Units * int64(scheme.SerialUnit),
	}}}
	if err := v.ledger.Check(t); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		series := series
		if series.ID == 0 {
			series = tx.addSeries(series)
		}
		Put(tx, CreditRanges, carbon.Range{
			Issuance: i.ID, Series: series.ID, FirstUnit: i.FirstUnit, LastUnit: i.LastUnit, Party: i.Party, Region: i.Region, State: carbon.Held,
		})
		tx.Post(t)
		return tx.issuanceResult(Put(tx, Issuances, i))
	}, nil
}

// seriesOf is the series of a scheme and vintage, without an id where it is new.
func (v *View) seriesOf(scheme carbon.Scheme, vintage int32) carbon.Series {
	for s := range All(v, CreditSeries) {
		if s.Scheme == scheme.ID && s.Vintage == vintage {
			return s
		}
	}
	return carbon.Series{Code: carbon.SeriesCode(scheme.Code, vintage), Scheme: scheme.ID, Vintage: vintage, ValidTo: v.lifeOf(scheme.ID, vintage).LastDay(vintage)}
}

func creditKey(k ledger.Kind, scheme carbon.Scheme, series carbon.Series, party int64) ledger.Key {
	return ledger.CreditKey(k, scheme.Region, series.Code, party)
}
