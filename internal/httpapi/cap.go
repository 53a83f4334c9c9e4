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
	_ = register(capDecisionOf, identity.CapDecide)
	_ = register(movementOf, identity.ReserveMoveOp)
	_ = register(levelTransferOf, identity.LevelMove)
)

// ListCapDecisions lists the approved changes of caps.
func (s *Server) ListCapDecisions(ctx context.Context, r gen.ListCapDecisionsRequestObject) (gen.ListCapDecisionsResponseObject, error) {
	may, err := s.see(ctx, identity.CapRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.CapDecisions, alternatives(q, may.by(nil, []string{"region"})), p, func(d reserve.CapDecision) int64 { return d.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListCapDecisions200JSONResponse{Items: convertAll(rows, capDecisionOf), Next: next}, nil
}

func capDecisionOf(d reserve.CapDecision) api.CapDecision {
	return api.CapDecision{
		ID: d.ID, Region: d.Region, Pollutant: d.Pollutant, Change: d.Change.String(), Document: d.Document, DecidedOn: d.DecidedOn.String(),
		Cap: d.Cap.String(), Transfer: d.Transfer, RecordedAt: instantOf(d.RecordedAt),
	}
}

// DecideCap changes a cap.
func (s *Server) DecideCap(ctx context.Context, r gen.DecideCapRequestObject) (gen.DecideCapResponseObject, error) {
	var in input
	c := app.CapDecide{
		Region: r.Body.Region, Pollutant: r.Body.Pollutant, Change: read(&in, "change", r.Body.Change, quantity.ParseQuantity),
		Document: r.Body.Document, DecidedOn: read(&in, "decided_on", r.Body.DecidedOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListReserveMovements lists what moved between the unallocated part and the reserve.
func (s *Server) ListReserveMovements(ctx context.Context, r gen.ListReserveMovementsRequestObject) (gen.ListReserveMovementsResponseObject, error) {
	may, err := s.see(ctx, identity.CapRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.ReserveMovements, alternatives(q, may.by(nil, []string{"region"})), p, func(m reserve.Movement) int64 { return m.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListReserveMovements200JSONResponse{Items: convertAll(rows, movementOf), Next: next}, nil
}

func movementOf(m reserve.Movement) api.ReserveMovement {
	return api.ReserveMovement{
		ID: m.ID, Region: m.Region, Pollutant: m.Pollutant, Direction: api.ReserveDirection(m.Direction), Quantity: m.Quantity.String(),
		Document: m.Document, Transfer: m.Transfer, RecordedAt: instantOf(m.RecordedAt),
	}
}

// MoveReserve moves permits between the unallocated part and the reserve.
func (s *Server) MoveReserve(ctx context.Context, r gen.MoveReserveRequestObject) (gen.MoveReserveResponseObject, error) {
	var in input
	c := app.ReserveMove{
		Region: r.Body.Region, Pollutant: r.Body.Pollutant, Direction: reserve.Direction(r.Body.Direction),
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Document: r.Body.Document,
		LotChoice: lotChoice(r.Body.Order, r.Body.Lots),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListLevelTransfers lists what moved between levels; a region's are those
// from it and to it.
func (s *Server) ListLevelTransfers(ctx context.Context, r gen.ListLevelTransfersRequestObject) (gen.ListLevelTransfersResponseObject, error) {
	may, err := s.see(ctx, identity.CapRead)
	if err != nil {
		return nil, err
	}
	sides := []string{"from_region", "to_region"}
	q := equal(app.Query{}, "pollutant", r.Params.Pollutant)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(q, may.by(nil, sides), anyColumn(r.Params.Region, sides...))
	rows, next, err := find(ctx, s, app.LevelTransfers, queries, p, func(t reserve.LevelTransfer) int64 { return t.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListLevelTransfers200JSONResponse{Items: convertAll(rows, levelTransferOf), Next: next}, nil
}

func levelTransferOf(t reserve.LevelTransfer) api.LevelTransfer {
	return api.LevelTransfer{
		ID: t.ID, FromRegion: t.FromRegion, ToRegion: t.ToRegion, Pollutant: t.Pollutant, Quantity: t.Quantity.String(), Part: api.CapPart(t.Part),
		Document: t.Document, FromTransfer: t.FromTransfer, ToTransfer: t.ToTransfer, RecordedAt: instantOf(t.RecordedAt),
	}
}

// TransferLevel moves indicators between levels.
func (s *Server) TransferLevel(ctx context.Context, r gen.TransferLevelRequestObject) (gen.TransferLevelResponseObject, error) {
	var in input
	c := app.LevelMove{
		FromRegion: r.Body.FromRegion, ToRegion: r.Body.ToRegion, Pollutant: r.Body.Pollutant,
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Part: reserve.Part(r.Body.Part), Document: r.Body.Document,
		LotChoice: lotChoice(r.Body.Order, r.Body.Lots),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
