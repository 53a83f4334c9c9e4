package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

var _ = register(func(r app.BlockResult) api.Block { return blockOf(r.Block, r.Market, r.Instrument) }, identity.BlockPropose, identity.BlockStep)

// blockParties and blockRegions name the two sides of a block trade.
var (
	blockParties = []string{"seller_party", "buyer_party"}
	blockRegions = []string{"seller_region", "buyer_region"}
)

// blockOf shows a block trade to the caller.
func (s *Server) blockOf(ctx context.Context, b market.Block) api.Block {
	m, _ := app.ReadTable(s.app.Reference(), app.Markets).Get(b.Market)
	return blockOf(app.BlockSeenBy(callOf(ctx).actor, b), m.Code, s.instrumentBy(b.Instrument).Code)
}

func blockOf(b market.Block, m, instrument string) api.Block {
	return api.Block{
		ID: b.ID, Market: m, Instrument: instrument, State: api.BlockState(b.State), Proposer: api.Side(b.Proposer.String()),
		SellerParty: b.SellerParty, SellerLicence: optional(b.SellerLicence), SellerRegion: b.SellerRegion,
		BuyerParty: b.BuyerParty, BuyerLicence: optional(b.BuyerLicence), BuyerRegion: b.BuyerRegion,
		Quantity: b.Quantity.String(), Price: b.Price.String(), Months: int(b.Months), Amount: b.Amount.String(), Formula: optional(app.BlockFormula(b)), NeedsOfficer: b.NeedsOfficer,
		Document: optional(b.Document), Reason: optional(b.Reason), Trade: optional(b.Trade), ProposedAt: b.ProposedAt.String(), LapsesAt: b.LapsesAt.String(), Project: optional(b.Project),
	}
}

// ListBlockTrades lists the block trades that the caller takes part in or supervises.
func (s *Server) ListBlockTrades(ctx context.Context, r gen.ListBlockTradesRequestObject) (gen.ListBlockTradesResponseObject, error) {
	may, err := s.see(ctx, identity.BlockRead)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	q := equal(app.Query{}, "state", textOf(r.Params.State))
	queries := alternatives(q, may.by(blockParties, blockRegions), anyColumn(r.Params.Party, blockParties...))
	rows, next, err := find(ctx, s, app.Blocks, queries, p, func(b market.Block) int64 { return b.ID })
	if err != nil {
		return nil, err
	}
	items := convertAll(rows, func(b market.Block) api.Block { return s.blockOf(ctx, b) })
	return gen.ListBlockTrades200JSONResponse{Items: items, Next: next}, nil
}

// GetBlockTrade shows a block trade.
func (s *Server) GetBlockTrade(ctx context.Context, r gen.GetBlockTradeRequestObject) (gen.GetBlockTradeResponseObject, error) {
	may, err := s.see(ctx, identity.BlockRead)
	if err != nil {
		return nil, err
	}
	b, known, err := get(ctx, s, app.Blocks, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(b.SellerParty, b.SellerRegion) && !may.has(b.BuyerParty, b.BuyerRegion) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetBlockTrade200JSONResponse(s.blockOf(ctx, b)), nil
}

// ProposeBlockTrade proposes a block trade.
func (s *Server) ProposeBlockTrade(ctx context.Context, r gen.ProposeBlockTradeRequestObject) (gen.ProposeBlockTradeResponseObject, error) {
	var in input
	b := r.Body
	c := app.BlockPropose{
		Market: b.Market, Instrument: b.Instrument, Side: read(&in, "side", string(b.Side), market.ParseSide), Licence: deref(b.Licence), Party: deref(b.Party),
		CounterpartyParty: b.CounterpartyParty, CounterpartyLicence: deref(b.CounterpartyLicence),
		Quantity: read(&in, "quantity", b.Quantity, quantity.ParseQuantity), Price: read(&in, "price", b.Price, quantity.ParsePrice),
		Project: deref(b.Project), ExistingUnit: deref(b.ExistingUnit),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// StepBlockTrade takes the next step of a block trade.
func (s *Server) StepBlockTrade(ctx context.Context, r gen.StepBlockTradeRequestObject) (gen.StepBlockTradeResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.BlockStep{
		Block: r.ID, Event: market.BlockEvent(r.Body.Event), Document: deref(r.Body.Document), Reason: deref(r.Body.Reason),
		Project: deref(r.Body.Project), ExistingUnit: deref(r.Body.ExistingUnit),
	})
}
