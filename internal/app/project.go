package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// The tables of projects. Orders look at projects and their needs, so that
// both lie in memory.
var (
	Projects       = resident[permit.Project]("project")
	ProjectNeeds   = resident[permit.Need]("project_need")
	ProjectSteps   = cold[permit.Step]("project_step")
	ProjectEntries = cold[permit.Entry]("project_entry")
)

var (
	projectsOf = indexed(Projects, func(p permit.Project) []int64 { return []int64{p.Licence} })
	needsOf    = indexed(ProjectNeeds, func(n permit.Need) []int64 { return []int64{n.Project} })
)

// needKey names what a project needs of a pollutant.
type needKey struct {
	project   int64
	pollutant string
}

// ErrEIATaken is returned when a project is registered under this number already.
var ErrEIATaken = fault.New(fault.Conflict, "project.eia_taken", "a project with this number is registered already").At("eia")

// ProjectNeed is what a project needs of a pollutant, in a command: with its
// registration and its reduction what it will discharge, with its approval the
// offset ratio and what it rests on.
type ProjectNeed struct {
	Pollutant string
	Need      quantity.Quantity
	Ratio     quantity.Ratio
	Basis     string
}

// ProjectRegister registers a building project that needs permits.
type ProjectRegister struct {
	EIA      string
	Name     string
	Kind     permit.ProjectKind
	Licence  int64
	Industry string
	Zone     string // may be empty
	Needs    []ProjectNeed
}

// ProjectResult is a project with what it needs, and what a step of it has
// ended and opened.
type ProjectResult struct {
	Project   permit.Project
	Needs     []permit.Need
	Cancelled []int64 // orders
	Blocks    []int64 // block trades that have lapsed
	Lapsed    []int64 // deals
	Notices   []int64 // cancelled
	BuyBacks  []int64 // opened
}

var _ = declare(ProjectRegister{}, ProjectStep{}, ProjectAssign{})

// Operation is ProjectRegister.
func (ProjectRegister) Operation() identity.Operation { return identity.ProjectRegister }

// Decide checks the project, that its number is new and that its licence's
// party is active. The result is a ProjectResult.
func (c ProjectRegister) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.ProjectRegister, c.Licence)
	if err != nil {
		return nil, err
	}
	p := permit.Project{
		EIA: c.EIA, Name: c.Name, Kind: c.Kind, Party: l.Party, Licence: l.ID, Region: l.Region, Industry: c.Industry, Zone: c.Zone,
		State: permit.Proposed, RegisteredBy: v.Actor.Person, RegisteredAt: v.Now,
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	needs, err := v.projectNeeds(c.Needs)
	if err != nil {
		return nil, err
	}
	party, err := Get(v, Parties, "licence", l.Party)
	if err != nil {
		return nil, err
	}
	switch other, taken := v.byCode.projects[c.EIA]; {
	case party.State != catalog.PartyActive:
		return nil, ErrPartyNotActive.With("the party is %s", party.State).At("licence").Under("party.active", rulebook.ProjectDefault)
	case taken:
		return nil, ErrEIATaken.With("the number %s is that of project %d already", c.EIA, other)
	}
	return func(tx *Tx) any {
		r := ProjectResult{Project: Put(tx, Projects, p)}
		for _, n := range needs {
			n.Project = r.Project.ID
			r.Needs = append(r.Needs, Put(tx, ProjectNeeds, n))
		}
		return r
	}, nil
}

// projectNeeds are the needs of a new project.
func (v *View) projectNeeds(named []ProjectNeed) ([]permit.Need, error) {
	if len(named) == 0 || len(named) > permit.MaxNeeds {
		return nil, permit.ErrNoNeeds
	}
	needs := make([]permit.Need, 0, len(named))
	seen := map[string]bool{}
	for i, c := range named {
		n := permit.Need{Pollutant: c.Pollutant, Need: c.Need}
		if err := n.Check(); err != nil {
			return nil, within("needs", i, err)
		}
		if _, err := v.Pollutant("pollutant", c.Pollutant); err != nil {
			return nil, within("needs", i, err)
		}
		if seen[c.Pollutant] {
			return nil, permit.ErrNeedTwice
		}
		seen[c.Pollutant] = true
		needs = append(needs, n)
	}
	return needs, nil
}

// needsOf are the needs of a project, by pollutant in the order of their registration.
func (v *View) needsOf(project int64) []permit.Need {
	return slices.Collect(needsOf.of(v, project))
}

// needOf is what a project needs of a pollutant; false when it needs none.
func (v *View) needOf(project int64, pollutant string) (permit.Need, bool) {
	n, known := rowsOf(v.state, ProjectNeeds).rows[v.byCode.needs[needKey{project, pollutant}]]
	return n, known
}

// ReadNeeds are the needs of a project in published memory.
func ReadNeeds(r *Reference, project int64) []permit.Need {
	var needs []permit.Need
	for _, n := range ReadTable(r, ProjectNeeds).All() {
		if n.Project == project {
			needs = append(needs, n)
		}
	}
	return needs
}
