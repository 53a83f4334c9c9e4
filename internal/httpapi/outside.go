package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/outside"
	"permitx/internal/quantity"
)

var (
	_ = register(outsideNumberOf, identity.OutsideNumber)
	_ = register(func(r app.MirrorResult) api.MirroredDeal { return mirroredDealOf(r.Deal, r.Instrument) }, identity.DealMirror)
)

// ListOutsideNumbers lists what other platforms call objects.
func (s *Server) ListOutsideNumbers(ctx context.Context, r gen.ListOutsideNumbersRequestObject) (gen.ListOutsideNumbersResponseObject, error) {
	may, err := s.see(ctx, identity.OutsideRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "object", r.Params.Object), "number", r.Params.Number)
	q = equal(equal(q, "system", textOf(r.Params.System)), "kind", textOf(r.Params.Kind))
	p := pageOf(r.Params.Limit, r.Params.After)
	rows, next, err := find(ctx, s, app.OutsideNumbers, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(n outside.Number) int64 { return n.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListOutsideNumbers200JSONResponse{Items: convertAll(rows, outsideNumberOf), Next: next}, nil
}

func outsideNumberOf(n outside.Number) api.OutsideNumber {
	return api.OutsideNumber{
		ID: n.ID, System: api.OutsideSystem(n.System), Kind: api.OutsideKind(n.Kind), Object: n.Object, Number: n.Number,
		Party: optional(n.Party), Region: n.Region, RecordedAt: n.RecordedAt.String(),
	}
}

// RecordOutsideNumber records what another platform calls an object.
func (s *Server) RecordOutsideNumber(ctx context.Context, r gen.RecordOutsideNumberRequestObject) (gen.RecordOutsideNumberResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.OutsideNumberRecord{
		System: outside.System(r.Body.System), Kind: outside.Kind(r.Body.Kind), Object: r.Body.Object, Number: r.Body.Number,
	})
}

// ListMirroredDeals lists the deals that were made on another platform.
func (s *Server) ListMirroredDeals(ctx context.Context, r gen.ListMirroredDealsRequestObject) (gen.ListMirroredDealsResponseObject, error) {
	may, err := s.see(ctx, identity.OutsideRead)
	if err != nil {
		return nil, err
	}
	q := equal(app.Query{}, "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(q, may.by([]string{"seller_party", "buyer_party"}, []string{"region", "buyer_region"}))
	rows, next, err := find(ctx, s, app.MirroredDeals, queries, p, func(m outside.Mirror) int64 { return m.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListMirroredDeals200JSONResponse{Next: next, Items: convertAll(rows, func(m outside.Mirror) api.MirroredDeal {
		return mirroredDealOf(m, s.instrumentBy(m.Instrument).Code)
	})}, nil
}

func mirroredDealOf(m outside.Mirror, instrument string) api.MirroredDeal {
	return api.MirroredDeal{
		ID: m.ID, System: api.OutsideSystem(m.System), Number: m.Number, Region: m.Region, SellerParty: m.SellerParty,
		SellerLicence: m.SellerLicence, BuyerParty: m.BuyerParty, BuyerLicence: m.BuyerLicence, Instrument: instrument,
		Quantity: m.Quantity.String(), Price: m.Price.String(), Amount: m.Amount.String(), SettledOn: m.SettledOn.String(),
		Document: m.Document, Transfer: m.Transfer, RecordedAt: m.RecordedAt.String(), BuyerRegion: optional(m.BuyerRegion), Pair: optional(m.Pair),
		Arrived: arrivedOf(m),
	}
}

func arrivedOf(m outside.Mirror) *string {
	if !m.IsCrossRegion() {
		return nil
	}
	return new(m.Arrived().String())
}

// MirrorDeal records a deal that was made and paid on another platform.
func (s *Server) MirrorDeal(ctx context.Context, r gen.MirrorDealRequestObject) (gen.MirrorDealResponseObject, error) {
	var in input
	b := r.Body
	c := app.DealMirror{
		System: outside.System(b.System), Number: b.Number, SellerLicence: b.SellerLicence, BuyerLicence: b.BuyerLicence, Instrument: b.Instrument,
		Quantity: read(&in, "quantity", b.Quantity, quantity.ParseQuantity), Price: read(&in, "price", b.Price, quantity.ParsePrice),
		Amount: read(&in, "amount", b.Amount, quantity.ParseMoney), SettledOn: read(&in, "settled_on", b.SettledOn, calendar.ParseDate),
		Document: b.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
