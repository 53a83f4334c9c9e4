package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// shareOffer is the Zhejiang electronic sale, in the same window as sealedOffer.
const shareOffer = `{"region":"330421","pollutant":"VOCs","instrument":"VOCs-20310630","format":"pay_as_bid_share","quantity":"90","reserve_price":"4000",
	"lot_size":"0.0001","tick":"1","collateral":"deposit","deposit":"10","win_share":"0.7","max_quotes":10,"interruption_seconds":86400,
	"interruption_rule":"extend","register_until":"2026-07-10T00:00:00+08:00","opens_at":"2026-07-13T10:00:00+08:00","closes_at":"2026-07-13T11:00:00+08:00",
	"title":"VOCs","document":"d"}`

// What the rules of trading forbid is refused over HTTP, and the answer names the
// rule and its source.
func TestRefusals_NameTheirRule(t *testing.T) {
	t.Parallel()
	w := open(t)
	leader, f, g := w.personOf(w.leader), w.firms[0], w.firms[1]
	banks, _ := w.banks()
	w.must(leader, app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 200 * quantity.OneQuantity, Document: "reserve",
	})
	w.must(w.admin, app.MarketOpen{
		Code: "NEXT-DAY", Name: "resale on the next day", Pollutant: apptest.VOCs, Regions: []string{apptest.Jiashan}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, ResaleNextDay: true, ValidFrom: 20260101,
	})
	w.must(w.admin, app.MarketOpen{
		Code: "HALTED", Name: "halted", Pollutant: apptest.VOCs, Regions: []string{apptest.Jiashan}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, ValidFrom: 20260101,
	})
	w.must(leader, app.MarketState{Market: "HALTED", State: catalog.MarketHalted, Reason: "r"})
	w.must(leader, app.MarketTerms{Market: marketCode, ValidFrom: 20260702, Band: new(quantity.OneRatio / 10)})
	uniform := decode[api.AuctionOffer](t, w.approved("/v1/offers", w.leader, sealedOffer[:len(sealedOffer)-1]+`,"quota":"30","noncompetitive_quota":"2","programme":"2026"}`)).ID
	for programme, want := range map[string]int{"2026": 1, "2027": 0} {
		if got := decode[api.AuctionOfferPage](t, w.get("/v1/offers?programme="+programme, "")); len(got.Items) != want || want > 0 && deref(got.Items[0].Planned) != "90" {
			t.Errorf("the programme %s: %+v", programme, got)
		}
	}
	share := decode[api.AuctionOffer](t, w.approved("/v1/offers", w.leader, shareOffer)).ID
	project := w.projectOf(f)
	w.want(http.StatusCreated, w.post(fmt.Sprintf("/v1/offers/%d/registrations", uniform), f.key, registration(f)))
	w.want(http.StatusCreated, w.post(fmt.Sprintf("/v1/offers/%d/registrations", share), f.key, fmt.Sprintf(`{"licence":%d,"project":%d}`, f.licence, project)))

	// A close of CNY 4,000 on the day before the window, from which the band is measured.
	w.clock.Set(windowOpens.Date().AddDays(-3).Start())
	w.want(http.StatusCreated, w.post("/v1/orders", f.key, order(f, "sell", "4000", "1")))
	w.want(http.StatusCreated, w.post("/v1/orders", g.key, order(g, "buy", "4000", "1")))
	w.clock.Set(windowOpens)
	w.offerState(uniform, "bidding")
	w.offerState(share, "bidding")
	quotes, shares := fmt.Sprintf("/v1/offers/%d/quotes", uniform), fmt.Sprintf("/v1/offers/%d/quotes", share)
	bid := func(price, q string) string { return fmt.Sprintf(`{"steps":[{"price":%q,"quantity":%q}]}`, price, q) }
	priced := func(price int) string { return fmt.Sprintf(`{"steps":[{"price":"%d"}]}`, price) }
	w.want(http.StatusCreated, w.post(shares, f.key, priced(4001)))
	sale := func(market, price, q string) string {
		return fmt.Sprintf(`{"market":%q,"instrument":%q,"licence":%d,"side":"sell","price":%q,"quantity":%q}`, market, instrumentCode, f.licence, price, q)
	}
	w.must(leader, app.Allocate{ // which it acquires today
		Kind: reserve.Opening, Licence: f.licence, Instrument: instrumentCode, Part: reserve.Unallocated, Origin: ledger.Paid,
		Quantity: quantity.OneQuantity, Price: quantity.OnePrice, PriceKnown: true, AcquiredOn: windowOpens.Date(), Document: "d",
	})
	w.must(leader, app.SurplusVerify{
		Licence: f.licence, Pollutant: apptest.VOCs, Quantity: quantity.OneQuantity, Document: "surplus", Rung: "licence_amount",
		Monitored: true, TaskDone: true, VerifiedOn: windowOpens.Date(), NoYear: "no records yet",
	})
	refused := func(what, path, body, code, rule string) {
		t.Helper()
		a := w.post(path, f.key, body)
		p := decode[api.Problem](t, a)
		if a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest || p.Code != code || deref(p.Rule) != rule || deref(p.Citation) == "" {
			t.Errorf("%s: %d %s, want %s by the rule %s and its source", what, a.status, a.body, code, rule)
		}
	}
	refused("a bid below the reserve price", quotes, bid("3999", "1"), "quote.below_reserve_price", "offer.reserve_price")
	refused("a bid over the quota", quotes, bid("4000", "30.0001"), "quote.over_quota", "offer.quota")
	refused("a bid off the tick", shares, priced(4001)[:len(priced(4001))-4]+`.5"}]}`, "quote.off_tick", "offer.tick")
	refused("a bid at any price where none is taken", shares, `{"noncompetitive":"1"}`, "quote.noncompetitive", "offer.noncompetitive")
	refused("a quote that is not higher", shares, priced(4001), "quote.not_higher", "offer.strictly_higher")
	for n := range 9 {
		w.want(http.StatusCreated, w.post(shares, f.key, priced(4002+n)))
	}
	refused("an eleventh quote", shares, priced(5000), "quote.too_many", "offer.ten_quotes")
	refused("an order off the tick", "/v1/orders", sale(marketCode, "4000.5", "1"), "order.price_off_tick", "market.tick")
	fok := sale(marketCode, "4400", "1")
	refused("a fill-or-kill order that nobody fills", "/v1/orders", fok[:len(fok)-1]+`,"time_in_force":"fok"}`, "order.not_fillable", "market.time_in_force")
	refused("an order outside the band", "/v1/orders", sale(marketCode, "4401", "1"), "order.outside_band", "market.price_band")
	refused("a resale on the same day", "/v1/orders", sale("NEXT-DAY", "4000", "99.5"), "order.resale_same_day", "market.resale_next_day")
	refused("a trade in a halted market", "/v1/orders", sale("HALTED", "4000", "1"), "order.market_not_open", "market.open")
	refused("a lease of 13 months", "/v1/leases", fmt.Sprintf(
		`{"lessor_licence":%d,"lessee_licence":%d,"instrument":%q,"quantity":"1","price":"1","months":13,"from":"2026-08-01"}`,
		f.licence, w.newFirm(40, apptest.Jiashan).licence, instrumentCode), "rule.lease_months", "lease.months")
	refused("a deal of more months than the term has left", "/v1/deals", fmt.Sprintf(
		`{"kind":"local","proposer":"seller","seller_party":%d,"seller_licence":%d,"buyer_party":%d,"buyer_licence":%d,"instrument":%q,"quantity":"1","price":"4000","months":61,"payment":"escrow"}`,
		f.party, f.licence, g.party, g.licence, instrumentCode), "deal.months_beyond_term", "instrument.term_end")
	refused("a pledge over the share", "/v1/pledges", fmt.Sprintf(
		`{"licence":%d,"instrument":%q,"quantity":"1","bank":%d,"loan":"80.01","assessed_value":"100","assessment":"report"}`,
		f.licence, instrumentCode, banks[0]), "rule.pledge_share", "pledge.share")
	refused("a bid at any price over its quota", quotes, `{"noncompetitive":"2.0001"}`, "quote.over_quota", "offer.quota")
	for body, field := range map[string]string{
		`{"noncompetitive":"1","steps":[{"price":"4000","quantity":"1"}]}`: "noncompetitive", `{"noncompetitive":1}`: "noncompetitive", `{"confirm_price":true}`: "steps",
	} {
		if a := w.post(quotes, f.key, body); a.status < 400 || a.status >= 500 || !strings.Contains(string(a.body), field) {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	w.want(http.StatusCreated, w.post(quotes, f.key, `{"noncompetitive":"2"}`))
	w.clock.Set(windowCloses)
	refused("a late bid", quotes, bid("4000", "1"), "quote.late", "offer.window")
}
