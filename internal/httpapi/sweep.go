package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/market"
)

var _ = register(sweepOf, identity.OrderSweep)

// SweepOrders cancels all open orders of a party that are selected.
func (s *Server) SweepOrders(ctx context.Context, r gen.SweepOrdersRequestObject) (gen.SweepOrdersResponseObject, error) {
	c := app.OrderSweep{
		Party: r.Body.Party, Licence: deref(r.Body.Licence), Market: deref(r.Body.Market), Instrument: deref(r.Body.Instrument),
	}
	if r.Body.Side != nil {
		side, err := market.ParseSide("side", string(*r.Body.Side))
		if err != nil {
			return nil, err
		}
		c.Side = side
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListOrderSweeps lists what was cancelled all at once.
func (s *Server) ListOrderSweeps(ctx context.Context, r gen.ListOrderSweepsRequestObject) (gen.ListOrderSweepsResponseObject, error) {
	may, err := s.see(ctx, identity.OrderRead)
	if err != nil {
		return nil, err
	}
	q := equal(app.Query{}, "party", r.Params.Party)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.OrderSweeps, alternatives(q, may.by([]string{"party"}, nil)), p, func(w market.Sweep) int64 { return w.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListOrderSweeps200JSONResponse{
		Items: convertAll(rows, func(w market.Sweep) api.OrderSweep { return sweepOf(s.sweepWithCodes(w)) }), Next: next,
	}, nil
}

// GetOrderSweep shows how far a sweep has come.
func (s *Server) GetOrderSweep(ctx context.Context, r gen.GetOrderSweepRequestObject) (gen.GetOrderSweepResponseObject, error) {
	may, err := s.see(ctx, identity.OrderRead)
	if err != nil {
		return nil, err
	}
	w, known, err := get(ctx, s, app.OrderSweeps, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(w.Party) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetOrderSweep200JSONResponse(sweepOf(s.sweepWithCodes(w))), nil
}

// sweepWithCodes adds the codes of what a sweep selects.
func (s *Server) sweepWithCodes(w market.Sweep) app.SweepResult {
	o := s.withCodes(market.Record{Market: w.Market, Instrument: w.Instrument})
	return app.SweepResult{Sweep: w, Market: o.Market, Instrument: o.Instrument}
}

func sweepOf(r app.SweepResult) api.OrderSweep {
	w := r.Sweep
	out := api.OrderSweep{
		ID: w.ID, Party: optional(w.Party), Licence: optional(w.Licence), Market: optional(r.Market), Instrument: optional(r.Instrument),
		State: api.OrderSweepState(w.State), Matched: w.Matched, Cancelled: w.Cancelled, RequestedAt: w.RequestedAt.String(),
	}
	if w.Side != 0 {
		out.Side = new(api.Side(w.Side.String()))
	}
	if w.Ending != market.NotEnded {
		out.Ending = new(api.OrderEnding(w.Ending.String()))
	}
	return out
}
