package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = register(func(r app.AllocationResult) api.Allocation { return allocationOf(r.Allocation, r.Instrument) }, identity.Allocate)

// ListAllocations lists what was given to licences.
func (s *Server) ListAllocations(ctx context.Context, r gen.ListAllocationsRequestObject) (gen.ListAllocationsResponseObject, error) {
	may, err := s.see(ctx, identity.CapRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant)
	q = equal(equal(q, "party", r.Params.Party), "licence", r.Params.Licence)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Allocations, alternatives(q, may.by(nil, []string{"region"})), p, func(a reserve.Allocation) int64 { return a.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListAllocations200JSONResponse{
		Items: convertAll(rows, func(a reserve.Allocation) api.Allocation { return allocationOf(a, s.instrumentBy(a.Instrument).Code) }), Next: next,
	}, nil
}

// instrumentBy is the instrument that a record names.
func (s *Server) instrumentBy(id int64) catalog.Instrument {
	i, _ := app.ReadTable(s.app.Reference(), app.Instruments).Get(id)
	return i
}

func allocationOf(a reserve.Allocation, instrument string) api.Allocation {
	out := api.Allocation{
		ID: a.ID, Party: a.Party, Region: a.Region, Licence: a.Licence, Instrument: instrument, Kind: api.AllocationKind(a.Kind),
		From: api.CapPart(a.Part), Origin: api.Origin(a.Origin.String()), Quantity: a.Quantity.String(), AcquiredOn: a.AcquiredOn.String(),
		Document: a.Document, Account: int64(a.Account), Acquisition: a.Acquisition, Transfer: a.Transfer, RecordedAt: instantOf(a.RecordedAt),
	}
	if a.PriceKnown && a.Origin != ledger.Free {
		out.Price = new(a.Price.String())
	}
	return out
}

// AllocatePermits gives permits to a licence.
func (s *Server) AllocatePermits(ctx context.Context, r gen.AllocatePermitsRequestObject) (gen.AllocatePermitsResponseObject, error) {
	var in input
	c := app.Allocate{
		Licence: r.Body.Licence, Instrument: r.Body.Instrument, Kind: reserve.AllocationKind(r.Body.Kind), Part: reserve.Part(r.Body.From),
		Origin: originNamed(r.Body.Origin), Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Price: readOptional(&in, "price", r.Body.Price, quantity.ParsePrice), PriceKnown: r.Body.Price != nil,
		AcquiredOn: read(&in, "acquired_on", r.Body.AcquiredOn, calendar.ParseDate), Document: r.Body.Document,
		LotChoice: lotChoice(r.Body.Order, r.Body.Lots),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

func originNamed(name api.Origin) ledger.Origin {
	for _, o := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
		if o.String() == string(name) {
			return o
		}
	}
	return ledger.NoOrigin
}
