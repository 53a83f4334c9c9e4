package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

var _ = register(func(r app.FeeScheduleResult) api.FeeSchedule { return feeScheduleOf(r.Market, r.Tariff) }, identity.FeeScheduleSet)

// SetFeeSchedule sets what the orders of a market pay from a day on.
func (s *Server) SetFeeSchedule(ctx context.Context, r gen.SetFeeScheduleRequestObject) (gen.SetFeeScheduleResponseObject, error) {
	var in input
	b := r.Body
	c := app.FeeScheduleSet{
		Market: r.Code, Scheme: market.FeeScheme(b.Scheme), Whole: deref(b.Whole), Document: b.Document,
		Minimum:      readOptional(&in, "minimum", b.Minimum, quantity.ParseMoney),
		WaivedBelow:  readOptional(&in, "waived_below", b.WaivedBelow, quantity.ParseMoney),
		Exempt:       market.FeeExempt(deref(b.Exempt)),
		SingleBidder: readOptional(&in, "single_bidder_share", b.SingleBidderShare, quantity.ParseRatio),
		ValidFrom:    read(&in, "valid_from", b.ValidFrom, calendar.ParseDate),
	}
	for _, t := range b.Tiers {
		c.Tiers = append(c.Tiers, app.FeeTierInput{
			Through: readOptional(&in, "tiers", t.Through, quantity.ParsePositiveMoney),
			Buyer:   read(&in, "tiers", t.BuyerRate, quantity.ParseRatio), Seller: read(&in, "tiers", t.SellerRate, quantity.ParseRatio),
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListFeeSchedules lists what the orders of a market pay, oldest schedule first.
func (s *Server) ListFeeSchedules(_ context.Context, r gen.ListFeeSchedulesRequestObject) (gen.ListFeeSchedulesResponseObject, error) {
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	rows, next := published(s, app.FeeSchedules, pageOf(r.Params.Limit, r.Params.After), func(f market.FeeSchedule) bool { return f.Market == m.ID })
	return gen.ListFeeSchedules200JSONResponse{
		Items: convertAll(rows, func(f market.FeeSchedule) api.FeeSchedule {
			return feeScheduleOf(m.Code, app.TariffOf(s.app.Reference(), f))
		}), Next: next,
	}, nil
}

func feeScheduleOf(code string, t market.Tariff) api.FeeSchedule {
	out := api.FeeSchedule{
		ID: t.ID, Market: code, Scheme: api.FeeScheme(t.Scheme), Whole: !t.Progressive, Minimum: t.Minimum.String(), WaivedBelow: t.WaivedBelow.String(),
		SingleBidderShare: t.SingleBidder.String(), Exempt: optional(api.FeeExempt(t.Exempt)), ValidFrom: t.ValidFrom.String(), Document: t.Document, Tiers: []api.FeeTier{},
	}
	for _, tier := range t.Tiers {
		of := api.FeeTier{BuyerRate: tier.Buyer.String(), SellerRate: tier.Seller.String()}
		if tier.Through != 0 {
			of.Through = new(tier.Through.String())
		}
		out.Tiers = append(out.Tiers, of)
	}
	return out
}

// GetFeeQuote says what an order would pay by today's schedule.
func (s *Server) GetFeeQuote(_ context.Context, r gen.GetFeeQuoteRequestObject) (gen.GetFeeQuoteResponseObject, error) {
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	amount, err := quantity.ParsePositiveMoney("amount", r.Params.Amount)
	if err != nil {
		return nil, err
	}
	side, err := market.ParseSide("side", string(r.Params.Side))
	if err != nil {
		return nil, err
	}
	q := s.app.FeeQuoteOf(app.FeeQuote{
		Market: m.ID, Side: side, Amount: amount, SingleBidder: deref(r.Params.SingleBidder), StateFunded: deref(r.Params.StateFunded),
	})
	return gen.GetFeeQuote200JSONResponse{
		Market: m.Code, Schedule: optional(q.Schedule), Side: r.Params.Side, Amount: amount.String(), Fee: q.Fee.String(), Formula: q.Formula,
	}, nil
}

// GetFeeStatement adds up the fees of a period.
func (s *Server) GetFeeStatement(ctx context.Context, r gen.GetFeeStatementRequestObject) (gen.GetFeeStatementResponseObject, error) {
	if _, err := s.see(ctx, identity.FeeRead); err != nil {
		return nil, err
	}
	start, end, err := s.periodOver(ctx, &r.Params.From, &r.Params.To)
	if err != nil {
		return nil, err
	}
	q := app.FeeTotalsQuery{Start: start, End: end, Region: deref(r.Params.Region)}
	if r.Params.Market != nil {
		m, err := s.market("market", *r.Params.Market)
		if err != nil {
			return nil, err
		}
		q.Market = m.ID
	}
	totals, err := s.rows.FeeTotals(ctx, q)
	if err != nil {
		return nil, err
	}
	out := gen.GetFeeStatement200JSONResponse{From: r.Params.From, To: r.Params.To, Items: []api.FeeTotal{}}
	var sum quantity.Money
	markets := app.ReadTable(s.app.Reference(), app.Markets)
	for _, t := range totals {
		m, _ := markets.Get(t.Market)
		out.Items = append(out.Items, api.FeeTotal{
			Market: m.Code, Side: api.Side(t.Side.String()), Region: t.Region, Trades: t.Trades, Amount: t.Amount.String(), Fee: t.Fee.String(),
		})
		sum += t.Fee
	}
	if len(out.Items) > maxFeeTotals {
		return nil, fault.Invalidf("to", "the statement has more than %d lines: ask for one market or region", maxFeeTotals)
	}
	out.Fee = sum.String()
	return out, nil
}

// maxFeeTotals bounds the lines of a statement of fees.
const maxFeeTotals = 10_000
