package store

import (
	"context"

	"permitx/internal/app"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// feeSides are the sides of a trade, with the columns of what they pay.
var feeSides = []struct {
	side        market.Side
	region, fee string
}{{market.Buy, "buyer_region", "buyer_fee"}, {market.Sell, "seller_region", "seller_fee"}}

// FeeTotals adds up the fees of trades by market, side and region.
func (s *Store) FeeTotals(ctx context.Context, q app.FeeTotalsQuery) ([]market.FeeTotal, error) {
	query, args := "", map[string]any{"start": int64(q.Start), "end": int64(q.End), "market": q.Market, "region": q.Region}
	for _, side := range feeSides {
		if query != "" {
			query += " UNION ALL "
		}
		query += "SELECT market, " + map[market.Side]string{market.Buy: "1", market.Sell: "2"}[side.side] + " AS side, " + side.region + " AS region" +
			", COUNT(*) AS trades, CAST(SUM(amount) AS BIGINT) AS amount, CAST(SUM(" + side.fee + ") AS BIGINT) AS fee" +
			" FROM trade WHERE (buyer_fee > 0 OR seller_fee > 0) AND " + side.fee + " > 0 AND at >= @start AND at < @end"
		if q.Market != 0 {
			query += " AND market = @market"
		}
		if q.Region != "" {
			query += " AND " + side.region + " = @region"
		}
		query += " GROUP BY market, " + side.region
	}
	var rows []struct {
		Market, Side        int64
		Region              string
		Trades, Amount, Fee int64
	}
	err := s.read.WithContext(ctx).Raw(query+" ORDER BY 1, 2, 3", args).Scan(&rows).Error
	out := make([]market.FeeTotal, len(rows))
	for i, r := range rows {
		out[i] = market.FeeTotal{
			Market: r.Market, Side: market.Side(r.Side), Region: r.Region, Trades: r.Trades, //nolint:gosec // 1 or 2
			Amount: quantity.Money(r.Amount), Fee: quantity.Money(r.Fee),
		}
	}
	return out, s.dialect.classify(err)
}
