package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

var _ = register(payoutOf, identity.TreasuryPay)

// ListTreasuryPayouts lists what treasuries got of what bidders forfeited.
func (s *Server) ListTreasuryPayouts(ctx context.Context, r gen.ListTreasuryPayoutsRequestObject) (gen.ListTreasuryPayoutsResponseObject, error) {
	may, err := s.see(ctx, identity.ForfeitRead)
	if err != nil {
		return nil, err
	}
	q := equal(app.Query{}, "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.TreasuryPayouts, alternatives(q, may.by(nil, []string{"region"})), p, func(t settlement.TreasuryPayout) int64 { return t.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListTreasuryPayouts200JSONResponse{Items: convertAll(rows, payoutOf), Next: next}, nil
}

func payoutOf(t settlement.TreasuryPayout) api.TreasuryPayout {
	return api.TreasuryPayout{
		ID: t.ID, Region: t.Region, Amount: t.Amount.String(), Document: t.Document, BankReference: t.BankReference, PaidOn: t.PaidOn.String(),
		BankEntry: t.Entry, Transfer: t.Transfer, RecordedAt: t.RecordedAt.String(),
	}
}

// MakeTreasuryPayout records a payment to a treasury.
func (s *Server) MakeTreasuryPayout(ctx context.Context, r gen.MakeTreasuryPayoutRequestObject) (gen.MakeTreasuryPayoutResponseObject, error) {
	var in input
	c := app.TreasuryPay{
		Region: r.Body.Region, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), Document: r.Body.Document,
		BankReference: r.Body.BankReference, PaidOn: read(&in, "paid_on", r.Body.PaidOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// GetForfeitStatement shows what was forfeited to a region and what its treasury got.
func (s *Server) GetForfeitStatement(ctx context.Context, r gen.GetForfeitStatementRequestObject) (gen.GetForfeitStatementResponseObject, error) {
	may, err := s.see(ctx, identity.ForfeitRead)
	if err != nil {
		return nil, err
	}
	if !may.has(0, r.Params.Region) || !s.isRegion(r.Params.Region) {
		return nil, identity.ErrNotYours.At("region")
	}
	var in input
	from, to := read(&in, "from", r.Params.From, calendar.ParseDate), read(&in, "to", r.Params.To, calendar.ParseDate)
	s.awaitEnd(ctx, &in, to)
	if err := in.err(); err != nil {
		return nil, err
	}
	if to < from {
		return nil, fault.Invalidf("to", "the last day %s is before the first, %s", to, from)
	}
	t, err := app.ForfeitsOf(ctx, s.rows, r.Params.Region, from, to)
	if err != nil {
		return nil, err
	}
	return gen.GetForfeitStatement200JSONResponse{
		Region: r.Params.Region, From: r.Params.From, To: r.Params.To,
		Opening: t.Opening.String(), Forfeited: t.Forfeited.String(), PaidOut: t.PaidOut.String(), Closing: t.Closing().String(),
		Items: convertAll(t.Lines, func(l app.ForfeitLine) api.ForfeitLine {
			return api.ForfeitLine{On: l.On.String(), Award: optional(l.Award), Payout: optional(l.Payout), Amount: l.Amount.String(), Document: l.Document}
		}),
	}, nil
}
