package app

import (
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// A market closes by itself when its last day is over, also while the server was down:
// what rests is cancelled, the last day has its closing prices, once. One that
// is not open yet says so.
func TestMarketEnd(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{})
	day := dayOne.Date()
	o.does(o.admin, MarketOpen{
		Code: "END", Name: "market", Pollutant: vocs, Regions: []string{jiashan, qingpu}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.Outright, Approval: "approval", ValidFrom: day.AddDays(1), ValidTo: day.AddDays(2),
	})
	o.does(o.leader, MarketTerms{Market: "END", ValidFrom: day})
	order := func(n int, side market.Side, q int64) PlaceOrder {
		c := o.order(n, side, "20", q)
		c.Market = "END"
		return c
	}
	o.refuses(o.firms[0].user, order(0, market.Sell, 1), ErrMarketNotOpen)
	if got, want := notOpen(catalog.Market{Code: "END", State: catalog.MarketOpen}, day).Detail, "the market END is not open on 2026-07-01"; got != want {
		t.Errorf("before its first day: %s; want %s", got, want)
	}
	o.at(2, "12:00")
	rests := done[OrderResult](o.office, o.firms[0].user, order(0, market.Sell, 5)).Order
	o.does(o.firms[1].user, order(1, market.Buy, 2))
	o.now.set(day.AddDays(3).Start() + 9*minute)
	o.restart()
	o.settle()
	if got := rowsIn(o.office, Orders, Where("id", rests.ID))[0]; got.State != market.Cancelled || got.Ending != market.MarketEnded || got.Hold != 0 {
		t.Errorf("%+v", got)
	}
	var closes []market.Close
	for _, c := range tableOf(o.office, Closes) {
		if c.Market == rests.Market {
			closes = append(closes, c)
		}
	}
	if len(closes) != 1 || closes[0].Day != day.AddDays(2) {
		t.Errorf("closes: %+v", closes)
	}
	changes := tableOf(o.office, MarketChanges)
	if len(changes) != 1 || changes[0].State != string(catalog.MarketClosed) || changes[0].Reason == "" {
		t.Errorf("changes: %+v", changes)
	}
	o.check()
}
