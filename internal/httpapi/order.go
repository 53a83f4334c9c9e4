package httpapi

import (
	"cmp"
	"context"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// ListOrders lists the caller's orders, without their fills.
func (s *Server) ListOrders(ctx context.Context, r gen.ListOrdersRequestObject) (gen.ListOrdersResponseObject, error) {
	may, err := s.see(ctx, identity.OrderRead)
	if err != nil {
		return nil, err
	}
	q, err := s.orderQuery(r.Params)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Orders, alternatives(q, may.by([]string{"party"}, nil)), p, func(o market.Record) int64 { return o.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListOrders200JSONResponse{
		Items: convertAll(rows, func(o market.Record) api.Order { return orderOf(s.withCodes(o)) }), Next: next,
	}, nil
}

func (s *Server) orderQuery(params api.ListOrdersParams) (app.Query, error) {
	q := equal(equal(app.Query{}, "party", params.Party), "licence", params.Licence)
	if params.Market != nil {
		m, err := s.market("market", *params.Market)
		if err != nil {
			return q, err
		}
		q = q.And("market", app.Eq, m.ID)
	}
	if params.Instrument != nil {
		i, err := s.instrument("instrument", *params.Instrument)
		if err != nil {
			return q, err
		}
		q = q.And("instrument", app.Eq, i.ID)
	}
	if params.Side != nil {
		side, err := market.ParseSide("side", string(*params.Side))
		if err != nil {
			return q, err
		}
		q = q.And("side", app.Eq, int64(side))
	}
	if params.State != nil {
		q = q.And("state", app.Eq, int64(orderState(*params.State)))
	}
	return q, nil
}

func orderState(name api.OrderState) market.State {
	for _, state := range market.States {
		if state.String() == string(name) {
			return state
		}
	}
	return 0
}

// withCodes adds the codes of an order's market and instrument.
func (s *Server) withCodes(o market.Record) app.OrderResult {
	ref := s.app.Reference()
	m, _ := app.ReadTable(ref, app.Markets).Get(o.Market)
	i, _ := app.ReadTable(ref, app.Instruments).Get(o.Instrument)
	return app.OrderResult{Order: o, Market: m.Code, Instrument: i.Code}
}

// GetOrder shows an order with its fills.
func (s *Server) GetOrder(ctx context.Context, r gen.GetOrderRequestObject) (gen.GetOrderResponseObject, error) {
	may, err := s.see(ctx, identity.OrderRead)
	if err != nil {
		return nil, err
	}
	o, known, err := get(ctx, s, app.Orders, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(o.Party) {
		return nil, identity.ErrNotYours.At("id")
	}
	result := s.withCodes(o)
	if o.Remaining < o.Quantity {
		if result.Fills, err = s.fillsOf(ctx, o); err != nil {
			return nil, err
		}
	}
	return gen.GetOrder200JSONResponse(orderOf(result)), nil
}

// AmendOrder changes an open order.
func (s *Server) AmendOrder(ctx context.Context, r gen.AmendOrderRequestObject) (gen.AmendOrderResponseObject, error) {
	var in input
	c := app.OrderAmend{
		Order: r.ID, Price: readOptional(&in, "price", r.Body.Price, quantity.ParsePositivePrice),
		Quantity:     readOptional(&in, "quantity", r.Body.Quantity, quantity.ParsePositiveQuantity),
		ExistingUnit: deref(r.Body.ExistingUnit),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// maxFills bounds the fills that are shown of an order.
const maxFills = 5000

// fillsOf reads the trades of an order.
func (s *Server) fillsOf(ctx context.Context, o market.Record) ([]market.Trade, error) {
	column := "buy_order"
	if o.Side == market.Sell {
		column = "sell_order"
	}
	var trades []market.Trade
	q := app.Where(column, o.ID)
	q.Limit = maxFills
	if err := s.rows.Find(ctx, app.Trades.Name(), q, &trades); err != nil {
		return nil, err
	}
	slices.SortFunc(trades, func(a, b market.Trade) int { return cmp.Compare(a.ID, b.ID) })
	return trades, nil
}
