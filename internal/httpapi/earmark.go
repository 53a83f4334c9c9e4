package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var (
	_ = register(earmarkOf, identity.EarmarkMake, identity.EarmarkRelease)
	_ = register(func(r app.EarmarkAllocationResult) api.EarmarkAllocation {
		return earmarkAllocationOf(r.Allocation, r.Instrument)
	}, identity.EarmarkAllocate)
)

// ListEarmarks lists what is kept for major projects.
func (s *Server) ListEarmarks(ctx context.Context, r gen.ListEarmarksRequestObject) (gen.ListEarmarksResponseObject, error) {
	may, err := s.see(ctx, identity.ReserveRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant)
	q = equal(equal(q, "project", r.Params.Project), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Earmarks, alternatives(q, may.by(nil, []string{"region"})), p, func(e reserve.Earmark) int64 { return e.ID })
	if err != nil {
		return nil, err
	}
	items, err := s.showEarmarks(ctx, rows)
	return gen.ListEarmarks200JSONResponse{Items: items, Next: next}, err
}

// GetEarmark shows an earmark.
func (s *Server) GetEarmark(ctx context.Context, r gen.GetEarmarkRequestObject) (gen.GetEarmarkResponseObject, error) {
	may, err := s.see(ctx, identity.ReserveRead)
	if err != nil {
		return nil, err
	}
	e, known, err := get(ctx, s, app.Earmarks, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(0, e.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	shown, err := s.showEarmarks(ctx, []reserve.Earmark{e})
	if err != nil {
		return nil, err
	}
	return gen.GetEarmark200JSONResponse(shown[0]), nil
}

// showEarmarks shows earmarks with what each still has claims to.
func (s *Server) showEarmarks(ctx context.Context, rows []reserve.Earmark) ([]api.Earmark, error) {
	claims, err := s.claimsOf(ctx, reserve.ForProject, convertAll(rows, func(e reserve.Earmark) int64 { return e.ID }))
	return convertAll(rows, func(e reserve.Earmark) api.Earmark {
		return earmarkOf(app.EarmarkResult{Earmark: e, Kept: claims[e.ID].Quantity, Frozen: claims[e.ID].Frozen})
	}), err
}

// claimsOf adds up the open claims of owners, by owner.
func (s *Server) claimsOf(ctx context.Context, owner reserve.ClaimOwner, ids []int64) (map[int64]reserve.LotClaim, error) {
	sums := map[int64]reserve.LotClaim{}
	if len(ids) == 0 {
		return sums, nil
	}
	var claims []reserve.LotClaim
	q := app.Where("owner", string(owner)).And("reference", app.In, ids).And("open", app.Eq, true)
	err := s.rows.Find(ctx, app.LotClaims.Name(), q, &claims)
	for _, c := range claims {
		sums[c.Reference] = sums[c.Reference].Change(c.Quantity, c.Frozen)
	}
	return sums, err
}

func earmarkOf(r app.EarmarkResult) api.Earmark {
	e := r.Earmark
	return api.Earmark{
		ID: e.ID, Region: e.Region, Pollutant: e.Pollutant, Project: optional(e.Project), Name: e.Name, Document: e.Document,
		Priority: int(e.Priority), Need: e.Need.String(), Ratio: e.Ratio.String(), Quantity: e.Quantity.String(), Given: e.Given.String(),
		Kept: r.Kept.String(), Frozen: r.Frozen.String(), ExpiresOn: e.ExpiresOn.String(), State: api.EarmarkState(e.State),
		Reason: optional(e.Reason), RecordedAt: e.RecordedAt.String(),
	}
}

// MakeEarmark keeps a part of the reserve for a project.
func (s *Server) MakeEarmark(ctx context.Context, r gen.MakeEarmarkRequestObject) (gen.MakeEarmarkResponseObject, error) {
	var in input
	b := r.Body
	c := app.EarmarkMake{
		Region: b.Region, Pollutant: b.Pollutant, Project: deref(b.Project), Name: b.Name, Document: b.Document, Priority: int32(b.Priority), //nolint:gosec // 1 to 9
		Need: read(&in, "need", b.Need, quantity.ParseQuantity), Ratio: read(&in, "ratio", b.Ratio, quantity.ParseRatio),
		ExpiresOn: read(&in, "expires_on", b.ExpiresOn, calendar.ParseDate), GivesWay: deref(b.GivesWay), LotChoice: lotChoice(b.Order, b.Lots),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ReleaseEarmark gives up an earmark.
func (s *Server) ReleaseEarmark(ctx context.Context, r gen.ReleaseEarmarkRequestObject) (gen.ReleaseEarmarkResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.EarmarkRelease{Earmark: r.ID, Reason: r.Body.Reason})
}

// AllocateEarmark gives a part of the approved need to a licence.
func (s *Server) AllocateEarmark(ctx context.Context, r gen.AllocateEarmarkRequestObject) (gen.AllocateEarmarkResponseObject, error) {
	var in input
	c := app.EarmarkAllocate{
		Earmark: r.ID, Licence: r.Body.Licence, Instrument: r.Body.Instrument, Need: read(&in, "need", r.Body.Need, quantity.ParseQuantity),
		Origin: originNamed(r.Body.Origin), Price: readOptional(&in, "price", r.Body.Price, quantity.ParsePrice), Document: r.Body.Document,
		DueOn: readOptional(&in, "due_on", r.Body.DueOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListEarmarkAllocations lists what major projects were given.
func (s *Server) ListEarmarkAllocations(ctx context.Context, r gen.ListEarmarkAllocationsRequestObject) (gen.ListEarmarkAllocationsResponseObject, error) {
	may, err := s.see(ctx, identity.ReserveRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "region", r.Params.Region), "licence", r.Params.Licence), "earmark", r.Params.Earmark)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.EarmarkAllocations, alternatives(q, may.by(nil, []string{"region"})), p, func(a reserve.EarmarkAllocation) int64 { return a.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListEarmarkAllocations200JSONResponse{Next: next, Items: convertAll(rows, func(a reserve.EarmarkAllocation) api.EarmarkAllocation {
		return earmarkAllocationOf(a, s.instrumentBy(a.Instrument).Code)
	})}, nil
}

func earmarkAllocationOf(a reserve.EarmarkAllocation, instrument string) api.EarmarkAllocation {
	out := api.EarmarkAllocation{
		ID: a.ID, Earmark: a.Earmark, Party: a.Party, Region: a.Region, Licence: a.Licence, Instrument: instrument, Need: a.Need.String(),
		Taken: a.Taken.String(), Retired: a.Retired.String(), Origin: api.Origin(a.Origin.String()), Document: a.Document,
		State: api.EarmarkAllocationState(a.State()), Notice: optional(a.Notice),
		Account: optional(int64(a.Account)), Acquisition: optional(a.Acquisition), Transfer: optional(a.Transfer), RecordedAt: a.RecordedAt.String(),
	}
	if a.Origin == ledger.Paid {
		out.Price = new(a.Price.String())
	}
	return out
}
