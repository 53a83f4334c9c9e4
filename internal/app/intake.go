package app

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// IntakeRegister gives an intake the register of schemes as it is after the
// last commit. salt returns the salt of a scheme's pseudonyms, the same one always.
func (a *App) IntakeRegister(salt func(carbon.Scheme) ([]byte, error)) func() (intake.Register, error) {
	compiled := &sync.Map{} // of methodology versions, which never change: int64 → *carbon.Computation
	return func() (intake.Register, error) {
		g := &intakeRegister{r: a.Reference(), reader: a.Reader(), compiled: compiled, salts: map[int64][]byte{}, seen: map[scenarioDay]found{}, takes: map[scenarioDay][]*intake.Scenario{}}
		for id, s := range ReadTable(g.r, CarbonSchemes).All() {
			bytes, err := salt(s)
			if err != nil {
				return nil, fmt.Errorf("the salt %s: %w", s.Salt, err)
			}
			g.salts[id] = bytes
		}
		return g, nil
	}
}

// ErrNoScenario is returned when a scheme does not count such activities on a day.
var ErrNoScenario = fault.New(fault.Refused, "carbon.no_scenario", "the scheme has no such scenario").At("scenario").
	Under("carbon.scheme", "terms of the scheme")

// intakeRegister is for one goroutine: it remembers what it was asked.
type intakeRegister struct {
	r        *Reference
	reader   Reader
	compiled *sync.Map
	salts    map[int64][]byte // by scheme
	seen     map[scenarioDay]found
	takes    map[scenarioDay][]*intake.Scenario // of no day
	upheld   map[refusedActivity]bool           // nil until it is asked
	plants   map[string][]carbon.Exclusion      // that projects count; nil until it is asked
}

// refusedActivity is an activity whose refusal was complained about. Whose it is
// its evidence shows: no row that stays leads to a person (ADR 30).
type refusedActivity struct {
	scheme             int64
	sourceID, scenario string
	day                calendar.Date
	evidence           string
}

type scenarioDay struct {
	scheme int64
	code   string
	day    calendar.Date
}

type found struct {
	scenario *intake.Scenario
	err      error
}

// Scenario is the scenario of a scheme as of a day.
func (g *intakeRegister) Scenario(scheme int64, code string, day calendar.Date) (*intake.Scenario, error) {
	k := scenarioDay{scheme, code, day}
	f, known := g.seen[k]
	if !known {
		f.scenario, f.err = g.find(k)
		g.seen[k] = f
	}
	return f.scenario, f.err
}

// Upheld reports whether a complaint about the refusal of an activity was upheld.
func (g *intakeRegister) Upheld(scheme int64, a *intake.Activity) bool {
	if g.upheld == nil {
		g.upheld = map[refusedActivity]bool{}
		for _, c := range ReadTable(g.r, Complaints).All() {
			if c.Upheld {
				g.upheld[refusedBy(&c)] = true
			}
		}
	}
	return g.upheld[refusedOf(scheme, a)]
}

// refusedOf is an activity as a complaint about its refusal names it.
func refusedOf(scheme int64, a *intake.Activity) refusedActivity {
	return refusedActivity{scheme, a.SourceID, a.Scenario, a.From.Date(), hex.EncodeToString(a.Evidence[:])}
}

// refusedBy is what a complaint is about.
func refusedBy(c *carbon.Complaint) refusedActivity {
	return refusedActivity{c.Scheme, c.SourceID, c.Scenario, c.Day, c.Evidence}
}

// Takes are the scenarios that a code has ever named, the newest first, one for
// each methodology and data source.
func (g *intakeRegister) Takes(scheme int64, code string) []*intake.Scenario {
	k := scenarioDay{scheme: scheme, code: code}
	all, known := g.takes[k]
	if known {
		return all
	}
	var rows []carbon.Scenario
	for _, s := range ReadTable(g.r, Scenarios).All() {
		if s.Scheme == scheme && s.Code == code {
			rows = append(rows, s)
		}
	}
	slices.SortFunc(rows, func(a, b carbon.Scenario) int { return cmp.Compare(b.ValidFrom, a.ValidFrom) })
	for _, s := range rows {
		if !slices.ContainsFunc(all, func(other *intake.Scenario) bool {
			return other.Methodology == s.Methodology && other.DataSource == s.DataSource
		}) {
			_, first := g.methodology(s.Methodology, s.ValidFrom)
			all = append(all, &intake.Scenario{Scenario: s, First: first, Salt: g.salts[scheme]})
		}
	}
	g.takes[k] = all
	return all
}

// Counted is a scenario by its number, and how many inputs a version of its methodology has.
func (g *intakeRegister) Counted(scenario, version int64) (_ *intake.Scenario, inputs int) {
	s, _ := ReadTable(g.r, Scenarios).Get(scenario)
	_, first := g.methodology(s.Methodology, s.ValidFrom)
	for _, in := range ReadTable(g.r, MethodologyInputs).All() {
		if in.Methodology == version {
			inputs++
		}
	}
	return &intake.Scenario{Scenario: s, First: first, Salt: g.salts[s.Scheme]}, inputs
}

// identifiersARead bounds how many identifiers one query names.
const identifiersARead = 1000

// Excluded are the entries that lists have of identifiers, and the periods in which
// projects of this registry count them.
func (g *intakeRegister) Excluded(ctx context.Context, identifiers []string) (all []carbon.Exclusion, err error) {
	err = exclusionsOf(ctx, g.reader, identifiers, func(e carbon.Exclusion) { all = append(all, e) })
	if g.plants == nil {
		g.plants = plantsCounted(g.r)
	}
	for _, identifier := range identifiers {
		all = append(all, g.plants[identifier]...)
	}
	return all, err
}

// plantsCounted are the periods that issuances of projects count, by plant.
func plantsCounted(r *Reference) map[string][]carbon.Exclusion {
	plants := map[string][]carbon.Exclusion{}
	for _, i := range ReadTable(r, Issuances).All() {
		if i.Project == 0 || !i.Live() {
			continue
		}
		plant := PlantOf(r, i)
		plants[plant] = append(plants[plant], carbon.Exclusion{
			List: carbon.OwnProjects, Identifier: plant, ValidFrom: i.PeriodFrom, ValidTo: i.PeriodTo, Source: fmt.Sprintf("issuance %d", i.ID),
		})
	}
	return plants
}

// PlantOf is what other registers call the plant of an issuance; empty where it is
// of no project.
func PlantOf(r *Reference, i carbon.Issuance) string {
	if i.Plant == "" && i.Project != 0 { // from before I-100
		p, _ := ReadTable(r, CreditProjects).Get(i.Project)
		return p.Identifier
	}
	return i.Plant
}

// exclusionsOf calls each with the entries that lists have of identifiers.
func exclusionsOf(ctx context.Context, r Reader, identifiers []string, each func(carbon.Exclusion)) error {
	for some := range slices.Chunk(identifiers, identifiersARead) {
		if err := eachOf(ctx, r, Exclusions, Query{}.And("identifier", In, some), each); err != nil {
			return fmt.Errorf("read the exclusion lists: %w", err)
		}
	}
	return nil
}

// Salt is that of a scheme's pseudonyms.
func (g *intakeRegister) Salt(scheme int64) ([]byte, bool) {
	salt, known := g.salts[scheme]
	return salt, known
}

// Unit is the serial unit of a scheme.
func (g *intakeRegister) Unit(scheme int64) (quantity.Reduction, bool) {
	s, known := ReadTable(g.r, CarbonSchemes).Get(scheme)
	return s.SerialUnit, known
}

// ClaimedUntil is the last day on which any activity of a scheme's month can be declared.
func (g *intakeRegister) ClaimedUntil(scheme int64, m intake.Month) (last calendar.Date) {
	first, end := m.First(), m.Next().First().AddDays(-1)
	for _, s := range ReadTable(g.r, Scenarios).All() {
		if s.Scheme != scheme || s.ValidFrom > end || !s.ValidTo.IsZero() && s.ValidTo < first {
			continue
		}
		done := end
		if !s.ValidTo.IsZero() {
			done = min(done, s.ValidTo)
		}
		last = max(last, s.LastClaim(done))
	}
	return last
}

func (g *intakeRegister) find(k scenarioDay) (*intake.Scenario, error) {
	scheme, known := ReadTable(g.r, CarbonSchemes).Get(k.scheme)
	if !known || !scheme.ValidOn(k.day) {
		return nil, ErrSchemeOver.With("the scheme does not count what is done on %v", k.day)
	}
	s, known := scenarioOn(g.r, k)
	if !known {
		return nil, ErrNoScenario.With("the scheme has no scenario %.40q on %v", k.code, k.day)
	}
	m, first := g.methodology(s.Methodology, k.day)
	if m.ID == 0 {
		return nil, ErrNoMethodology.With("no version of %s is in force on %v", s.Methodology, k.day)
	}
	c, err := g.computation(m)
	if err != nil {
		return nil, err
	}
	return &intake.Scenario{Scenario: s, SharedAs: sharedAs(g.r, s), Version: m.ID, First: first, Salt: g.salts[scheme.ID], Compute: c.Compute}, nil
}

// methodology is the version that is in force on a day, and the first one's id.
func (g *intakeRegister) methodology(code string, day calendar.Date) (on carbon.Methodology, first int64) {
	for _, m := range ReadTable(g.r, Methodologies).All() {
		switch {
		case m.Code != code:
			continue
		case m.Version == 1:
			first = m.ID
		}
		if m.ValidOn(day) {
			on = m
		}
	}
	return on, first
}

func scenarioOn(r *Reference, k scenarioDay) (carbon.Scenario, bool) {
	for _, s := range ReadTable(r, Scenarios).All() {
		if s.Scheme == k.scheme && s.Code == k.code && s.ValidOn(k.day) {
			return s, true
		}
	}
	return carbon.Scenario{}, false
}

// computation compiles a version once.
func (g *intakeRegister) computation(m carbon.Methodology) (*carbon.Computation, error) {
	if c, known := g.compiled.Load(m.ID); known {
		return c.(*carbon.Computation), nil //nolint:errcheck,forcetypeassert // only these are stored
	}
	var inputs []carbon.Input
	for _, in := range ReadTable(g.r, MethodologyInputs).All() {
		if in.Methodology == m.ID {
			inputs = append(inputs, in)
		}
	}
	var factors []carbon.Factor
	for _, f := range ReadTable(g.r, MethodologyFactors).All() {
		if f.Methodology == m.ID {
			factors = append(factors, f)
		}
	}
	c, err := carbon.Compile(m, inputs, factors)
	if err == nil {
		g.compiled.Store(m.ID, c)
	}
	return c, err
}
