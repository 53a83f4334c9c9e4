package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/market"
)

// ListTrades lists the trades of a market, without parties.
func (s *Server) ListTrades(ctx context.Context, r gen.ListTradesRequestObject) (gen.ListTradesResponseObject, error) {
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	q := app.Where("market", m.ID)
	if r.Params.Instrument != nil {
		i, err := s.instrument("instrument", *r.Params.Instrument)
		if err != nil {
			return nil, err
		}
		q = q.And("instrument", app.Eq, i.ID)
	}
	start, end, err := s.periodOver(ctx, r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	q = within(q, "at", start, end)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Trades, []app.Query{q}, p, func(t market.Trade) int64 { return t.ID })
	if err != nil {
		return nil, err
	}
	show := s.tradeShower()
	return gen.ListTrades200JSONResponse{Items: convertAll(rows, show), Next: next}, nil
}

// within restricts a column to a period; 0 is an open side.
func within(q app.Query, column string, start, end calendar.Instant) app.Query {
	if start != 0 {
		q = q.And(column, app.Ge, int64(start))
	}
	if end != 0 {
		q = q.And(column, app.Lt, int64(end))
	}
	return q
}

// tradeShower shows trades with the codes of their markets and instruments.
func (s *Server) tradeShower() func(market.Trade) api.Trade {
	markets, instruments := app.ReadTable(s.app.Reference(), app.Markets), app.ReadTable(s.app.Reference(), app.Instruments)
	return func(t market.Trade) api.Trade {
		m, _ := markets.Get(t.Market)
		i, _ := instruments.Get(t.Instrument)
		return tradeOf(t, m, i)
	}
}

func tradeOf(t market.Trade, m catalog.Market, i catalog.Instrument) api.Trade {
	return api.Trade{
		ID: t.ID, Market: m.Code, Instrument: i.Code, Price: t.Price.String(), Quantity: t.Quantity.String(), Months: int(t.Months),
		Amount: t.Amount.String(), Taker: api.Side(t.Taker.String()), BuyerRegion: t.BuyerRegion, SellerRegion: t.SellerRegion, At: t.At.String(),
		Kind: api.MarketTradeKind(t.Kind.String()),
	}
}
