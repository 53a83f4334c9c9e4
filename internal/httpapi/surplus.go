package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = register(func(r app.SurplusResult) api.SurplusVerification { return verificationOf(r.Verification) }, identity.SurplusVerify)

// ListSurplusVerifications lists the bureau's findings of surplus.
func (s *Server) ListSurplusVerifications(ctx context.Context, r gen.ListSurplusVerificationsRequestObject) (gen.ListSurplusVerificationsResponseObject, error) {
	may, err := s.see(ctx, identity.HoldingRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "party", r.Params.Party), "licence", r.Params.Licence), "pollutant", r.Params.Pollutant)
	p := pageOf(r.Params.Limit, r.Params.After)
	rows, next, err := find(ctx, s, app.SurplusVerifications, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(v reserve.SurplusVerification) int64 { return v.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListSurplusVerifications200JSONResponse{Items: convertAll(rows, verificationOf), Next: next}, nil
}

func verificationOf(v reserve.SurplusVerification) api.SurplusVerification {
	out := api.SurplusVerification{
		ID: v.ID, Party: v.Party, Region: v.Region, Licence: v.Licence, Pollutant: v.Pollutant, Quantity: v.Quantity.String(),
		Rung: api.VerificationRung(v.Rung), Monitored: v.Monitored, TaskDone: v.TaskDone, Outcome: api.SurplusOutcome(v.Outcome),
		VerifiedOn: v.VerifiedOn.String(), Document: v.Document, RecordedAt: instantOf(v.RecordedAt), NoYear: optional(v.NoYear),
	}
	if v.Year != 0 {
		out.Year, out.Permitted, out.Actual, out.Task = new(int(v.Year)), new(v.Permitted.String()), new(v.Actual.String()), new(v.Task.String())
	}
	return out
}

// ListSurplusLosses lists what was taken back of verified surplus.
func (s *Server) ListSurplusLosses(ctx context.Context, r gen.ListSurplusLossesRequestObject) (gen.ListSurplusLossesResponseObject, error) {
	may, err := s.see(ctx, identity.HoldingRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "party", r.Params.Party), "licence", r.Params.Licence), "pollutant", r.Params.Pollutant)
	p := pageOf(r.Params.Limit, r.Params.After)
	rows, next, err := find(ctx, s, app.SurplusLosses, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(l reserve.SurplusLoss) int64 { return l.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListSurplusLosses200JSONResponse{Items: convertAll(rows, surplusLossOf), Next: next}, nil
}

func surplusLossOf(l reserve.SurplusLoss) api.SurplusLoss {
	return api.SurplusLoss{
		ID: l.ID, Party: l.Party, Region: l.Region, Licence: l.Licence, Pollutant: l.Pollutant, Kind: api.SurplusLossKind(l.Kind),
		Reference: l.Reference, Quantity: l.Quantity.String(), Document: l.Document, RecordedAt: l.RecordedAt.String(),
	}
}

// VerifySurplus records that a part of a licence's permits is surplus.
func (s *Server) VerifySurplus(ctx context.Context, r gen.VerifySurplusRequestObject) (gen.VerifySurplusResponseObject, error) {
	var in input
	c := app.SurplusVerify{
		Licence: r.Body.Licence, Pollutant: r.Body.Pollutant, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Rung: reserve.Rung(r.Body.Rung), Monitored: r.Body.Monitored, TaskDone: r.Body.TaskDone,
		VerifiedOn: read(&in, "verified_on", r.Body.VerifiedOn, calendar.ParseDate), Document: r.Body.Document,
		Year: int32(deref(r.Body.Year)), NoYear: deref(r.Body.NoYear), //nolint:gosec // the contract bounds it
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
