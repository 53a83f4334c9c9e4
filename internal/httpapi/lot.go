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

var (
	_ = register(lotOf, identity.LotAdd)
	_ = register(func(r app.LotOrderResult) api.LotOrder { return lotOrderOf(r.Order) }, identity.LotRetire, identity.LotFreeze, identity.LotUnfreeze)
)

// ListLots lists lots of reserves.
func (s *Server) ListLots(ctx context.Context, r gen.ListLotsRequestObject) (gen.ListLotsResponseObject, error) {
	may, err := s.see(ctx, identity.ReserveRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant)
	q = equal(equal(q, "provenance", textOf(r.Params.Provenance)), "open", r.Params.Open)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Lots, alternatives(q, may.by(nil, []string{"region"})), p, func(l reserve.Lot) int64 { return l.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListLots200JSONResponse{Items: convertAll(rows, lotOf), Next: next}, nil
}

// GetLot shows a lot.
func (s *Server) GetLot(ctx context.Context, r gen.GetLotRequestObject) (gen.GetLotResponseObject, error) {
	may, err := s.see(ctx, identity.ReserveRead)
	if err != nil {
		return nil, err
	}
	l, known, err := get(ctx, s, app.Lots, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(0, l.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetLot200JSONResponse(lotOf(l)), nil
}

func lotOf(l reserve.Lot) api.Lot {
	out := api.Lot{
		ID: l.ID, Region: l.Region, Pollutant: l.Pollutant, Provenance: api.Provenance(l.Provenance), AcquiredOn: l.AcquiredOn.String(),
		Document: l.Document, Months: optional(int(l.Months)), Cost: l.Cost.String(), CostLeft: l.CostLeft().String(), Source: optional(l.Source),
		Quantity: l.Quantity.String(), Available: l.Available.String(), Earmarked: l.Earmarked.String(), Listed: l.Listed.String(),
		Reserved: l.Reserved.String(), FrozenAvailable: l.FrozenAvailable.String(), FrozenEarmarked: l.FrozenEarmarked.String(),
		Transferred: l.Transferred.String(), Retired: l.Retired.String(), Withdrawn: l.Withdrawn.String(),
		Open: l.Open, AddedOn: l.AddedOn.String(), ClosedOn: dateOf(l.ClosedOn),
	}
	if l.Price > 0 {
		out.Price = new(l.Price.String())
	}
	return out
}

// AddLot brings a lot into the reserve.
func (s *Server) AddLot(ctx context.Context, r gen.AddLotRequestObject) (gen.AddLotResponseObject, error) {
	var in input
	b := r.Body
	c := app.LotAdd{
		Region: b.Region, Pollutant: b.Pollutant, Provenance: reserve.Provenance(b.Provenance), Document: b.Document,
		Quantity: read(&in, "quantity", b.Quantity, quantity.ParseQuantity), AcquiredOn: read(&in, "acquired_on", b.AcquiredOn, calendar.ParseDate),
		Price: readOptional(&in, "price", b.Price, quantity.ParsePrice), Months: int32(deref(b.Months)), //nolint:gosec // at most 2400
		Cost: readOptional(&in, "cost", b.Cost, quantity.ParseMoney),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// FreezeLot freezes a part of a lot.
func (s *Server) FreezeLot(ctx context.Context, r gen.FreezeLotRequestObject) (gen.FreezeLotResponseObject, error) {
	var in input
	c := app.LotFreeze{Lot: r.ID, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Document: r.Body.Document}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// UnfreezeLot ends the freeze of a part of a lot.
func (s *Server) UnfreezeLot(ctx context.Context, r gen.UnfreezeLotRequestObject) (gen.UnfreezeLotResponseObject, error) {
	var in input
	c := app.LotUnfreeze{Lot: r.ID, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Document: r.Body.Document}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// lotChoice reads which lots leave.
func lotChoice(order *api.PickOrder, lots []api.ID) app.LotChoice {
	return app.LotChoice{Order: reserve.PickOrder(deref(order)), Lots: lots}
}

// RetireLots takes a part of the reserve out of use.
func (s *Server) RetireLots(ctx context.Context, r gen.RetireLotsRequestObject) (gen.RetireLotsResponseObject, error) {
	var in input
	c := app.LotRetire{
		Region: r.Body.Region, Pollutant: r.Body.Pollutant, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		LotChoice: lotChoice(r.Body.Order, r.Body.Lots), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListLotOrders lists what was done to lots by a document.
func (s *Server) ListLotOrders(ctx context.Context, r gen.ListLotOrdersRequestObject) (gen.ListLotOrdersResponseObject, error) {
	may, err := s.see(ctx, identity.ReserveRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant), "lot", r.Params.Lot)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.LotOrders, alternatives(q, may.by(nil, []string{"region"})), p, func(o reserve.LotOrder) int64 { return o.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListLotOrders200JSONResponse{Items: convertAll(rows, lotOrderOf), Next: next}, nil
}

func lotOrderOf(o reserve.LotOrder) api.LotOrder {
	return api.LotOrder{
		ID: o.ID, Kind: api.LotOrderKind(o.Kind), Region: o.Region, Pollutant: o.Pollutant, Lot: optional(o.Lot), Quantity: o.Quantity.String(),
		Document: o.Document, Transfer: optional(o.Transfer), RecordedAt: o.RecordedAt.String(),
	}
}

// ListLotMovements lists what moved in lots.
func (s *Server) ListLotMovements(ctx context.Context, r gen.ListLotMovementsRequestObject) (gen.ListLotMovementsResponseObject, error) {
	may, err := s.see(ctx, identity.ReserveRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant)
	q = equal(equal(q, "lot", r.Params.Lot), "event", textOf(r.Params.Event))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.LotMovements, alternatives(q, may.by(nil, []string{"region"})), p, func(m reserve.LotMovement) int64 { return m.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListLotMovements200JSONResponse{Items: convertAll(rows, lotMovementOf), Next: next}, nil
}

func lotMovementOf(m reserve.LotMovement) api.LotMovement {
	return api.LotMovement{
		ID: m.ID, Lot: m.Lot, Region: m.Region, Pollutant: m.Pollutant, Provenance: api.Provenance(m.Provenance), Event: api.LotEvent(m.Event),
		From: optional(api.Bucket(m.FromBucket)), To: api.Bucket(m.ToBucket), Quantity: m.Quantity.String(), Cost: m.Cost.String(),
		Amount: m.Amount.String(), Document: optional(m.Document), Reference: optional(m.Reference), Day: m.Day.String(),
	}
}
