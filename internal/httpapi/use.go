package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var (
	_ = register(func(r app.AmountResult) api.LicenceQuantity { return amountRecordOf(r.Amount) }, identity.AmountRecord)
	_ = register(dischargeOf, identity.DischargeRecord)
	_ = register(taskOf, identity.TaskSet)
)

// ListLicenceQuantities lists what licences permit.
func (s *Server) ListLicenceQuantities(ctx context.Context, r gen.ListLicenceQuantitiesRequestObject) (gen.ListLicenceQuantitiesResponseObject, error) {
	may, err := s.see(ctx, identity.UseRead)
	if err != nil {
		return nil, err
	}
	q := r.Params
	rows, next := published(s, app.LicenceAmounts, pageOf(q.Limit, q.After), func(a permit.Amount) bool {
		return a.IsRecorded() && may.has(a.Party, a.Region) && is(q.Party, a.Party) && is(q.Licence, a.Licence) && is(q.Region, a.Region) && is(q.Pollutant, a.Pollutant)
	})
	return gen.ListLicenceQuantities200JSONResponse{Items: convertAll(rows, s.showAmount), Next: next}, nil
}

// showAmount shows what a licence permits, with its use-rights of today.
func (s *Server) showAmount(a permit.Amount) api.LicenceQuantity {
	out := amountRecordOf(a)
	in, given := app.UseRights(app.ReadTable(s.app.Reference(), app.Leases).Rows(), a.Licence, a.Pollutant, s.app.Now().Date())
	if out.LeasedIn, out.LeasedOut = textOfQuantity(in), textOfQuantity(given); in+given > 0 {
		out.Usable = new(max(a.Quantity+in-given, 0).String())
	}
	return out
}

func amountRecordOf(a permit.Amount) api.LicenceQuantity {
	return api.LicenceQuantity{
		ID: a.ID, Party: a.Party, Region: a.Region, Licence: a.Licence, Pollutant: a.Pollutant, Quantity: a.Quantity.String(),
		Rung: api.VerificationRung(a.Rung),
	}
}

// RecordLicenceQuantity records what a licence permits.
func (s *Server) RecordLicenceQuantity(ctx context.Context, r gen.RecordLicenceQuantityRequestObject) (gen.RecordLicenceQuantityResponseObject, error) {
	var in input
	c := app.AmountRecord{
		Licence: r.Body.Licence, Pollutant: r.Body.Pollutant, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Rung: reserve.Rung(r.Body.Rung), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// useQuery selects rows about licences by the filters that these lists share.
func useQuery(party, licence *api.PartyFilter, region *api.RegionFilter, pollutant *api.PollutantFilter) app.Query {
	q := equal(equal(app.Query{}, "party", party), "licence", licence)
	return equal(equal(q, "region", region), "pollutant", pollutant)
}

// ListLicenceQuantityChanges lists how licences came to what they permit.
func (s *Server) ListLicenceQuantityChanges(ctx context.Context, r gen.ListLicenceQuantityChangesRequestObject) (gen.ListLicenceQuantityChangesResponseObject, error) {
	may, err := s.see(ctx, identity.UseRead)
	if err != nil {
		return nil, err
	}
	q := useQuery(r.Params.Party, r.Params.Licence, r.Params.Region, r.Params.Pollutant)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(q, may.by([]string{"party"}, []string{"region"}))
	rows, next, err := find(ctx, s, app.AmountChanges, queries, p, func(a permit.AmountChange) int64 { return a.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListLicenceQuantityChanges200JSONResponse{Items: convertAll(rows, amountChangeOf), Next: next}, nil
}

func amountChangeOf(a permit.AmountChange) api.LicenceQuantityChange {
	out := api.LicenceQuantityChange{
		ID: a.ID, Party: a.Party, Region: a.Region, Licence: a.Licence, Pollutant: a.Pollutant, Kind: api.LicenceQuantityChangeKind(a.Kind),
		Reference: optional(a.Reference), Change: a.Change.String(), Document: a.Document, RecordedAt: a.RecordedAt.String(),
	}
	if !a.Unrecorded {
		out.Quantity = new(a.Quantity.String())
	}
	return out
}

// ListDischarges lists actual discharges.
func (s *Server) ListDischarges(ctx context.Context, r gen.ListDischargesRequestObject) (gen.ListDischargesResponseObject, error) {
	may, err := s.see(ctx, identity.UseRead)
	if err != nil {
		return nil, err
	}
	q := equal(useQuery(r.Params.Party, r.Params.Licence, r.Params.Region, r.Params.Pollutant), "year", wide(r.Params.Year))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(q, may.by([]string{"party"}, []string{"region"}))
	rows, next, err := find(ctx, s, app.Discharges, queries, p, func(d permit.Discharge) int64 { return d.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListDischarges200JSONResponse{Items: convertAll(rows, dischargeOf), Next: next}, nil
}

// wide is an optional number as the columns have it.
func wide(n *int) *int64 {
	if n == nil {
		return nil
	}
	return new(int64(*n))
}

func dischargeOf(d permit.Discharge) api.Discharge {
	return api.Discharge{
		ID: d.ID, Party: d.Party, Region: d.Region, Licence: d.Licence, Pollutant: d.Pollutant, Year: int(d.Year), Quarter: int(d.Quarter),
		Source: api.DischargeSource(d.Source), Reading: d.Reading.String(), Quantity: d.Quantity.String(), Supersedes: optional(d.Supersedes),
		Document: d.Document, RecordedAt: d.RecordedAt.String(),
	}
}

// RecordDischarge records or corrects a discharge.
func (s *Server) RecordDischarge(ctx context.Context, r gen.RecordDischargeRequestObject) (gen.RecordDischargeResponseObject, error) {
	var in input
	b := r.Body
	c := app.DischargeRecord{
		Licence: b.Licence, Pollutant: b.Pollutant, Year: int32(b.Year), Quarter: int32(b.Quarter), Source: permit.DischargeSource(b.Source), //nolint:gosec // the contract bounds them
		Quantity: read(&in, "quantity", b.Quantity, quantity.ParseQuantity), Supersedes: deref(b.Supersedes), Document: b.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListReductionTasks lists the reduction tasks of licences.
func (s *Server) ListReductionTasks(ctx context.Context, r gen.ListReductionTasksRequestObject) (gen.ListReductionTasksResponseObject, error) {
	may, err := s.see(ctx, identity.UseRead)
	if err != nil {
		return nil, err
	}
	q := equal(useQuery(r.Params.Party, r.Params.Licence, r.Params.Region, r.Params.Pollutant), "year", wide(r.Params.Year))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(q, may.by([]string{"party"}, []string{"region"}))
	rows, next, err := find(ctx, s, app.Tasks, queries, p, func(t permit.Task) int64 { return t.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListReductionTasks200JSONResponse{Items: convertAll(rows, taskOf), Next: next}, nil
}

func taskOf(t permit.Task) api.ReductionTask {
	return api.ReductionTask{
		ID: t.ID, Party: t.Party, Region: t.Region, Licence: t.Licence, Pollutant: t.Pollutant, Year: int(t.Year), Quantity: t.Quantity.String(),
		Document: t.Document, RecordedAt: t.RecordedAt.String(),
	}
}

// SetReductionTask sets a licence's reduction task.
func (s *Server) SetReductionTask(ctx context.Context, r gen.SetReductionTaskRequestObject) (gen.SetReductionTaskResponseObject, error) {
	var in input
	c := app.TaskSet{
		Licence: r.Body.Licence, Pollutant: r.Body.Pollutant, Year: int32(r.Body.Year), //nolint:gosec // the contract bounds it
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// GetSurplusEstimate shows what a licence's surplus of a year comes to, or came to by
// what was recorded up to the end of a day.
func (s *Server) GetSurplusEstimate(ctx context.Context, r gen.GetSurplusEstimateRequestObject) (gen.GetSurplusEstimateResponseObject, error) {
	may, err := s.see(ctx, identity.UseRead)
	if err != nil {
		return nil, err
	}
	q := r.Params
	l, known := app.ReadTable(s.app.Reference(), app.Licences).Get(q.Licence)
	if !known || !may.has(l.Party, l.Region) {
		return nil, identity.ErrNotYours.At("licence")
	}
	var in input
	day := s.asOf(ctx, &in, q.AsOf)
	if err := in.err(); err != nil {
		return nil, err
	}
	then, err := s.rowsAsOf(ctx, day)
	if err != nil {
		return nil, err
	}
	e, err := app.ReadEstimate(ctx, then, l, q.Pollutant, int32(q.Year)) //nolint:gosec // the contract bounds it
	if err != nil {
		return nil, err
	}
	return gen.GetSurplusEstimate200JSONResponse(estimateOf(e, q)), nil
}

func estimateOf(e app.SurplusEstimate, q api.GetSurplusEstimateParams) api.SurplusEstimate {
	out := api.SurplusEstimate{
		Licence: q.Licence, Pollutant: q.Pollutant, Year: q.Year, Actual: e.Actual.String(), Task: e.Task.String(),
		MissingQuarters: convertAll(e.Missing, func(n int32) int { return int(n) }),
	}
	if e.Known {
		out.Permitted, out.Rung = new(e.Permitted.String()), new(api.VerificationRung(e.Rung))
	}
	if surplus, known := e.Surplus(); known {
		out.Surplus = new(surplus.String())
	}
	return out
}
