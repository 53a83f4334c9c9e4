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

var _ = register(func(r app.IdleResult) api.IdleDeclaration { return idleOf(r.Declaration, r.Instrument) }, identity.IdleDeclare, identity.IdleEnd)

// ListIdleDeclarations lists declarations of idle permits.
func (s *Server) ListIdleDeclarations(ctx context.Context, r gen.ListIdleDeclarationsRequestObject) (gen.ListIdleDeclarationsResponseObject, error) {
	may, err := s.see(ctx, identity.BuyBackRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "party", r.Params.Party), "licence", r.Params.Licence)
	q = equal(equal(q, "region", r.Params.Region), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.IdleDeclarations, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, declarationID)
	if err != nil {
		return nil, err
	}
	return gen.ListIdleDeclarations200JSONResponse{Next: next, Items: convertAll(rows, func(d reserve.IdleDeclaration) api.IdleDeclaration {
		return idleOf(app.HeldIdle(s.app.Reference(), d), s.instrumentBy(d.Instrument).Code)
	})}, nil
}

func declarationID(d reserve.IdleDeclaration) int64 { return d.ID }

func idleOf(d reserve.IdleDeclaration, instrument string) api.IdleDeclaration {
	return api.IdleDeclaration{
		ID: d.ID, Party: d.Party, Region: d.Region, Licence: d.Licence, Instrument: instrument, Origin: api.Origin(d.Origin.String()),
		Quantity: d.Quantity.String(), Since: d.Since.String(), DeclaredBy: api.IdleDeclaredBy(d.DeclaredBy), Document: d.Document,
		State: api.IdleState(d.State), BuyBack: optional(d.BuyBack), EndedOn: dateOf(d.EndedOn), EndDocument: optional(d.EndDocument),
		RecordedAt: d.RecordedAt.String(), DeclaredOf: optional(d.DeclaredOf), HeldOn: d.HeldOn.String(),
	}
}

// ListIdlePermits reports what lies idle today, or lay idle at the end of a day, since
// when, and when it may be swept.
func (s *Server) ListIdlePermits(ctx context.Context, r gen.ListIdlePermitsRequestObject) (gen.ListIdlePermitsResponseObject, error) {
	may, err := s.see(ctx, identity.BuyBackRead)
	if err != nil {
		return nil, err
	}
	var in input
	day := s.asOf(ctx, &in, r.Params.AsOf)
	if err := in.err(); err != nil {
		return nil, err
	}
	then, err := s.rowsAsOf(ctx, day)
	if err != nil {
		return nil, err
	}
	ref, err := s.app.ReferenceFor(ctx, then)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Where("state", string(reserve.IdleOpen)), "region", r.Params.Region), "pollutant", r.Params.Pollutant)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := findIn(ctx, then, app.IdleDeclarations, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, declarationID)
	if err != nil {
		return nil, err
	}
	idle, err := app.StillIdle(ctx, then, ref, convertAll(rows, func(d reserve.IdleDeclaration) int64 { return d.Licence }))
	if err != nil {
		return nil, err
	}
	items := []api.IdlePermits{}
	for _, d := range rows {
		item := s.idlePermits(ref, app.HeldIdle(ref, d), idle[d.ID], day)
		if idle[d.ID] > 0 && is(r.Params.Sweepable, item.Sweepable) {
			items = append(items, item)
		}
	}
	return gen.ListIdlePermits200JSONResponse{Items: items, Next: next}, nil
}

func (s *Server) idlePermits(ref *app.Reference, d reserve.IdleDeclaration, q quantity.Quantity, on calendar.Date) api.IdlePermits {
	from := d.SweepableFrom(app.IdleMonths(ref, d, on))
	return api.IdlePermits{
		ID: d.ID, Party: d.Party, Region: d.Region, Licence: d.Licence, Instrument: s.instrumentBy(d.Instrument).Code, Origin: api.Origin(d.Origin.String()),
		Quantity: q.String(), Since: d.Since.String(), DeclaredBy: api.IdleDeclaredBy(d.DeclaredBy), Document: d.Document,
		MonthsIdle: int(d.MonthsIdle(on)), SweepableFrom: from.String(), Sweepable: on >= from && d.BuyBack == 0, BuyBack: optional(d.BuyBack),
		DeclaredOf: optional(d.DeclaredOf), RecordedAt: d.RecordedAt.String(), HeldOn: d.HeldOn.String(),
	}
}

// DeclareIdle says that permits lie idle.
func (s *Server) DeclareIdle(ctx context.Context, r gen.DeclareIdleRequestObject) (gen.DeclareIdleResponseObject, error) {
	var in input
	c := app.IdleDeclare{
		Licence: r.Body.Licence, Instrument: r.Body.Instrument, Origin: originOf(r.Body.Origin),
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Since: read(&in, "since", r.Body.Since, calendar.ParseDate),
		Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// EndIdle says that permits are used again.
func (s *Server) EndIdle(ctx context.Context, r gen.EndIdleRequestObject) (gen.EndIdleResponseObject, error) {
	var in input
	c := app.IdleEnd{Declaration: r.ID, UsedOn: read(&in, "used_on", r.Body.UsedOn, calendar.ParseDate), Document: r.Body.Document}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// SweepIdle takes idle permits back.
func (s *Server) SweepIdle(ctx context.Context, r gen.SweepIdleRequestObject) (gen.SweepIdleResponseObject, error) {
	var in input
	c := app.IdleSweep{Declaration: r.ID, Quantity: readOptional(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Document: r.Body.Document}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
