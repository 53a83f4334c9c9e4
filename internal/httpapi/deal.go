package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

var _ = register(dealWithSteps, identity.DealPropose, identity.DealStep)

// The columns that name the two sides of a deal.
var (
	dealParties = []string{"seller_party", "buyer_party"}
	dealRegions = []string{"seller_region", "buyer_region"}
)

// ListDeals lists the deals that the caller takes part in or supervises,
// without their steps.
func (s *Server) ListDeals(ctx context.Context, r gen.ListDealsRequestObject) (gen.ListDealsResponseObject, error) {
	may, err := s.see(ctx, identity.DealRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "kind", textOf(r.Params.Kind)), "state", textOf(r.Params.State))
	if r.Params.Instrument != nil {
		i, err := s.instrument("instrument", *r.Params.Instrument)
		if err != nil {
			return nil, err
		}
		q = q.And("instrument", app.Eq, i.ID)
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(q, may.by(dealParties, dealRegions), anyColumn(r.Params.Party, dealParties...), anyColumn(r.Params.Region, dealRegions...))
	rows, next, err := find(ctx, s, app.Deals, queries, p, func(d settlement.Deal) int64 { return d.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListDeals200JSONResponse{
		Items: convertAll(rows, func(d settlement.Deal) api.Deal { return dealOf(d, s.instrumentBy(d.Instrument)) }), Next: next,
	}, nil
}

// GetDeal shows a deal with its steps and what the caller may do now.
func (s *Server) GetDeal(ctx context.Context, r gen.GetDealRequestObject) (gen.GetDealResponseObject, error) {
	may, err := s.see(ctx, identity.DealRead)
	if err != nil {
		return nil, err
	}
	d, known, err := get(ctx, s, app.Deals, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(d.SellerParty, d.SellerRegion) && !may.has(d.BuyerParty, d.BuyerRegion) {
		return nil, identity.ErrNotYours.At("id")
	}
	var steps settlement.History
	if err := s.rows.Find(ctx, app.DealSteps.Name(), app.Where("deal", d.ID), &steps); err != nil {
		return nil, err
	}
	return gen.GetDeal200JSONResponse(dealWithSteps(app.DealResult{
		Deal: d, Instrument: s.instrumentBy(d.Instrument), Steps: steps, Next: app.NextDealEvents(callOf(ctx).actor, d, steps),
	})), nil
}

// dealWithSteps shows a deal with what happened and what its reader may do. It
// names no person: the bodies that act are enough.
func dealWithSteps(r app.DealResult) api.Deal {
	out := dealOf(r.Deal, r.Instrument)
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, api.DealStep{
			Event: api.DealEvent(s.Event), State: api.DealState(s.ToState), Role: api.DealRole(s.Role), Document: optional(s.Document),
			Note: optional(s.Note), At: s.At.String(),
		})
	}
	for _, e := range r.Next {
		out.NextEvents = append(out.NextEvents, api.DealEvent(e))
	}
	return out
}

func dealOf(d settlement.Deal, i catalog.Instrument) api.Deal {
	return api.Deal{
		ID: d.ID, Kind: api.DealKind(d.Kind), State: api.DealState(d.State), Proposer: api.DealSide(d.Proposer),
		SellerParty: d.SellerParty, SellerLicence: d.SellerLicence, SellerRegion: d.SellerRegion,
		BuyerParty: d.BuyerParty, BuyerLicence: d.BuyerLicence, BuyerRegion: d.BuyerRegion,
		Instrument: i.Code, Pollutant: d.Pollutant, TermEnd: i.TermEnd.String(),
		Quantity: d.Quantity.String(), Price: d.Price.String(), Months: int(d.Months), Amount: d.Amount.String(), Formula: optional(app.DealFormula(d)), Payment: api.DealPayment(d.Payment),
		Coefficient: d.Coefficient.String(), OffsetRatio: d.OffsetRatio.String(),
		Arriving: d.Arriving.String(), Delivered: d.Delivered.String(), Retired: d.Retired.String(),
		Project: optional(d.Project), ProjectName: optional(d.ProjectName), CapEffect: optional(api.CapEffect(d.CapEffect)), CapDocument: optional(d.CapDocument), Note: optional(d.Note),
		Approvals: approversOf(d.NeedsSellerBureau, d.NeedsBuyerBureau, d.NeedsUpper),
		Document:  optional(d.Document), DueOn: dateOf(d.DueOn), Transfer: optional(d.Transfer), SettledAt: instantOf(d.SettledAt),
		Reversal: optional(d.Reversal), CapReturn: optional(d.CapReturn), ProposedAt: d.ProposedAt.String(),
	}
}

// approversOf are those who must confirm or approve a deal between regions.
func approversOf(sellerBureau, buyerBureau, upper bool) []api.Approver {
	var out []api.Approver
	for _, a := range []struct {
		needed bool
		by     api.Approver
	}{{sellerBureau, api.ApproverSellerBureau}, {buyerBureau, api.ApproverBuyerBureau}, {upper, api.ApproverUpper}} {
		if a.needed {
			out = append(out, a.by)
		}
	}
	return out
}

// ProposeDeal proposes a deal for one of its sides.
func (s *Server) ProposeDeal(ctx context.Context, r gen.ProposeDealRequestObject) (gen.ProposeDealResponseObject, error) {
	var in input
	b := r.Body
	c := app.DealPropose{
		Kind: settlement.DealKind(b.Kind), Proposer: settlement.DealSide(b.Proposer), SellerParty: b.SellerParty, SellerLicence: b.SellerLicence,
		BuyerParty: b.BuyerParty, BuyerLicence: b.BuyerLicence, Instrument: b.Instrument,
		Quantity: read(&in, "quantity", b.Quantity, quantity.ParseQuantity), Price: read(&in, "price", b.Price, quantity.ParsePrice),
		Months: int32(deref(b.Months)), OffsetRatio: readOptional(&in, "offset_ratio", b.OffsetRatio, quantity.ParseRatio), //nolint:gosec // at most 1,200
		Payment: settlement.DealPayment(b.Payment), Project: deref(b.Project), CapEffect: settlement.CapEffect(deref(b.CapEffect)),
		CapDocument: deref(b.CapDocument), Note: deref(b.Note), ExistingUnit: deref(b.ExistingUnit),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// StepDeal takes the next step of a deal.
func (s *Server) StepDeal(ctx context.Context, r gen.StepDealRequestObject) (gen.StepDealResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.DealStep{
		Deal: r.ID, Event: settlement.DealEvent(r.Body.Event), Document: deref(r.Body.Document), Note: deref(r.Body.Note),
		Project: deref(r.Body.Project), ExistingUnit: deref(r.Body.ExistingUnit),
	})
}
