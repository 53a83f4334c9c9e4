package httpapi

import (
	"context"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

var (
	_ = register(projectResultOf, identity.ProjectRegister, identity.ProjectStep)
	_ = register(assignmentOf, identity.ProjectAssign)
)

// ListProjects lists building projects.
func (s *Server) ListProjects(ctx context.Context, r gen.ListProjectsRequestObject) (gen.ListProjectsResponseObject, error) {
	may, err := s.see(ctx, identity.ProjectRead)
	if err != nil {
		return nil, err
	}
	q := r.Params
	rows, next := published(s, app.Projects, pageOf(q.Limit, q.After), func(p permit.Project) bool {
		return may.has(p.Party, p.Region) && is(q.Party, p.Party) && is(q.Licence, p.Licence) && is(q.Region, p.Region) &&
			is(q.State, api.ProjectState(p.State))
	})
	return gen.ListProjects200JSONResponse{Items: convertAll(rows, s.showProject), Next: next}, nil
}

// GetProject shows a project with what it needs.
func (s *Server) GetProject(ctx context.Context, r gen.GetProjectRequestObject) (gen.GetProjectResponseObject, error) {
	may, err := s.see(ctx, identity.ProjectRead)
	if err != nil {
		return nil, err
	}
	p, known := app.ReadTable(s.app.Reference(), app.Projects).Get(r.ID)
	if !known || !may.has(p.Party, p.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetProject200JSONResponse(s.showProject(p)), nil
}

func (s *Server) showProject(p permit.Project) api.Project {
	return projectOf(p, app.ReadNeeds(s.app.Reference(), p.ID))
}

func projectResultOf(r app.ProjectResult) api.Project {
	out := projectOf(r.Project, r.Needs)
	if len(r.Cancelled) > 0 {
		out.CancelledOrders = r.Cancelled
	}
	out.LapsedBlockTrades, out.LapsedDeals, out.CancelledNotices, out.BuyBacks = r.Blocks, r.Lapsed, r.Notices, r.BuyBacks
	return out
}

func projectOf(p permit.Project, needs []permit.Need) api.Project {
	return api.Project{
		ID: p.ID, Eia: p.EIA, Name: p.Name, Kind: api.ProjectKind(p.Kind), Party: p.Party, Licence: p.Licence, Region: p.Region,
		Industry: p.Industry, Zone: optional(p.Zone), State: api.ProjectState(p.State), Document: optional(p.Document),
		DecidedOn: dateOf(p.DecidedOn), Needs: convertAll(needs, needOf), RegisteredAt: p.RegisteredAt.String(),
	}
}

func needOf(n permit.Need) api.ProjectNeed {
	out := api.ProjectNeed{
		Pollutant: n.Pollutant, Need: n.Need.String(), Open: n.Open.String(), Bidding: n.Bidding.String(), Bought: n.Bought.String(),
		Assigned: n.Assigned.String(), Retired: n.Retired.String(), Kept: n.Kept().String(),
	}
	if n.Ratio != 0 {
		out.Ratio, out.Basis = new(n.Ratio.String()), optional(n.Basis)
		out.Needed, out.Missing = new(n.Needed.String()), new(n.Missing().String())
	}
	return out
}

// RegisterProject registers a building project.
func (s *Server) RegisterProject(ctx context.Context, r gen.RegisterProjectRequestObject) (gen.RegisterProjectResponseObject, error) {
	var in input
	c := app.ProjectRegister{
		EIA: r.Body.Eia, Name: r.Body.Name, Kind: permit.ProjectKind(r.Body.Kind), Licence: r.Body.Licence, Industry: r.Body.Industry,
		Zone: deref(r.Body.Zone), Needs: needsIn(&in, r.Body.Needs),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

func needsIn(in *input, needs []api.ProjectNeedInput) []app.ProjectNeed {
	out := make([]app.ProjectNeed, len(needs))
	for i, n := range needs {
		out[i] = app.ProjectNeed{Pollutant: n.Pollutant, Need: read(in, "needs/"+strconv.Itoa(i)+"/need", n.Need, quantity.ParseQuantity)}
	}
	return out
}

// StepProject takes the next step of a project.
func (s *Server) StepProject(ctx context.Context, r gen.StepProjectRequestObject) (gen.StepProjectResponseObject, error) {
	var in input
	c := app.ProjectStep{
		Project: r.ID, Event: permit.ProjectEvent(r.Body.Event), Document: r.Body.Document, Note: deref(r.Body.Note),
		Needs: needsIn(&in, r.Body.Needs),
	}
	for i, n := range r.Body.Ratios {
		c.Needs = append(c.Needs, app.ProjectNeed{
			Pollutant: n.Pollutant, Ratio: read(&in, "ratios/"+strconv.Itoa(i)+"/ratio", n.Ratio, quantity.ParseRatio), Basis: n.Basis,
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// AssignToProject puts permits to a project.
func (s *Server) AssignToProject(ctx context.Context, r gen.AssignToProjectRequestObject) (gen.AssignToProjectResponseObject, error) {
	var in input
	c := app.ProjectAssign{
		Project: r.ID, Instrument: r.Body.Instrument, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

func assignmentOf(r app.AssignResult) api.ProjectAssignment {
	return api.ProjectAssignment{Entry: entryOf(r.Entry, r.Instrument), Need: needOf(r.Need)}
}

// ListProjectEntries lists what projects got, put to use and gave up.
func (s *Server) ListProjectEntries(ctx context.Context, r gen.ListProjectEntriesRequestObject) (gen.ListProjectEntriesResponseObject, error) {
	may, err := s.see(ctx, identity.ProjectRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "project", r.Params.Project), "party", r.Params.Party), "region", r.Params.Region)
	q = equal(equal(q, "pollutant", r.Params.Pollutant), "kind", textOf(r.Params.Kind))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(q, may.by([]string{"party"}, []string{"region"}))
	rows, next, err := find(ctx, s, app.ProjectEntries, queries, p, func(e permit.Entry) int64 { return e.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListProjectEntries200JSONResponse{
		Items: convertAll(rows, func(e permit.Entry) api.ProjectEntry { return entryOf(e, s.instrumentBy(e.Instrument).Code) }), Next: next,
	}, nil
}

func entryOf(e permit.Entry, instrument string) api.ProjectEntry {
	out := api.ProjectEntry{
		ID: e.ID, Project: e.Project, Party: e.Party, Region: e.Region, Pollutant: e.Pollutant, Kind: api.ProjectEntryKind(e.Kind),
		Reference: optional(e.Reference), Instrument: optional(instrument), Bought: e.Bought.String(), Assigned: e.Assigned.String(),
		Retired: e.Retired.String(), Document: e.Document, Transfer: optional(e.Transfer), At: e.At.String(),
	}
	if e.Surplus != 0 {
		out.Surplus = new(e.Surplus.String())
	}
	if e.Lowered != 0 {
		out.Needed, out.Lowered, out.Missing = new(e.Needed.String()), new(e.Lowered.String()), new(e.Missing.String())
	}
	return out
}
