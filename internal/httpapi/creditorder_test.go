package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
)

// Credits in the book over HTTP: a market of the scheme, orders of parties, the
// serial numbers of the buyer, the public's prices; and who may not.
func TestCreditOrder_OverHTTP(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	seller, buyer := w.firms[0], w.firms[1]
	inst := decode[api.Instrument](t, w.post("/v1/instruments", w.adminKey, `{"series":1}`))
	if inst.Code != "JXCP-2026" || inst.Pollutant != nil || inst.TermEnd != nil || inst.MonthsLeft != nil || *inst.Series != 1 {
		t.Errorf("the instrument: %+v", inst)
	}
	m := decode[api.Market](t, w.post("/v1/markets", w.adminKey, fmt.Sprintf(`{"code":"JXCP","name":"碳普惠","scheme":%d,"regions":["330421"],"lot_size":"1","tick":"0.1",
		"price_basis":"outright","valid_from":"2026-01-01"}`, w.carbon.scheme)))
	if m.Pollutant != nil || *m.Scheme != w.carbon.scheme {
		t.Errorf("the market: %+v", m)
	}
	body := func(party int64, side, price, quantity string) string {
		return fmt.Sprintf(`{"market":"JXCP","instrument":"JXCP-2026","party":%d,"side":%q,"price":%q,"quantity":%q}`, party, side, price, quantity)
	}
	before := w.kilograms(t, buyer.key)
	sell := decode[api.Order](t, w.post("/v1/orders", seller.key, body(seller.party, "sell", "40", "5")))
	if sell.Licence != nil || sell.Party != seller.party || sell.Hold != "5000" || sell.State != api.OrderStateOpen {
		t.Errorf("the sell: %+v", sell)
	}
	w.want(http.StatusNotFound, w.post("/v1/orders", buyer.key, body(seller.party, "sell", "40", "1")))
	w.want(http.StatusForbidden, w.post("/v1/orders", w.leader, body(buyer.party, "buy", "40", "1")))
	w.want(http.StatusBadRequest, w.post("/v1/orders", buyer.key, body(buyer.party, "buy", "40", "0.5")))
	licensed := strings.Replace(body(1, "buy", "40", "1"), `"party":1`, fmt.Sprintf(`"licence":%d`, buyer.licence), 1)
	w.want(http.StatusBadRequest, w.post("/v1/orders", buyer.key, licensed))
	w.want(http.StatusBadRequest, w.post("/v1/renewals", buyer.key, fmt.Sprintf(`{"licence":%d,"instrument":"JXCP-2026","origin":"paid","quantity":"1"}`, buyer.licence)))
	buy := decode[api.Order](t, w.post("/v1/orders", buyer.key, body(buyer.party, "buy", "41.5", "3")))
	if len(buy.Fills) != 1 || buy.Fills[0].Price != "40" || buy.Fills[0].Amount != "120.00" || buy.State != api.OrderStateFilled {
		t.Errorf("the buy: %+v", buy)
	}
	if got := w.kilograms(t, buyer.key) - before; got != 3000 {
		t.Errorf("the buyer has %d kg more", got)
	}
	w.want(http.StatusNotFound, w.get(fmt.Sprintf("/v1/orders/%d", sell.ID), buyer.key))
	book := decode[api.Book](t, w.get("/v1/markets/JXCP/book?instrument=JXCP-2026", ""))
	if len(book.Asks) != 1 || book.Asks[0].Quantity != "2" || len(book.Bids) != 0 {
		t.Errorf("the book: %+v", book)
	}
	trades := decode[api.TradePage](t, w.get("/v1/markets/JXCP/trades?instrument=JXCP-2026", "")).Items
	if len(trades) != 1 || trades[0].Instrument != "JXCP-2026" || trades[0].Quantity != "3" {
		t.Errorf("the trades: %+v", trades)
	}
	candles := w.get("/v1/markets/JXCP/candles?instrument=JXCP-2026&from=2026-07-01&to=2026-07-31", "")
	w.want(http.StatusOK, candles)
	if !strings.Contains(string(candles.body), `"40"`) {
		t.Errorf("the candles: %s", candles.body)
	}
	if found := decode[api.MarketPage](t, w.get(fmt.Sprintf("/v1/markets?scheme=%d", w.carbon.scheme), "")).Items; len(found) != 1 {
		t.Errorf("markets of the scheme: %+v", found)
	}
	w.want(http.StatusOK, w.post(fmt.Sprintf("/v1/orders/%d/cancel", sell.ID), seller.key, ""))
	block := fmt.Sprintf(`{"market":"JXCP","instrument":"JXCP-2026","side":"sell","party":%d,"counterparty_party":%d,"price":"40","quantity":"1"}`, seller.party, buyer.party)
	if a := w.post("/v1/block-trades", seller.key, block); a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), "block_trade.none") {
		t.Errorf("a block trade where there are none: %d %s", a.status, a.body)
	}
	w.want(http.StatusBadRequest, w.post("/v1/block-trades", seller.key, strings.Replace(block, `"party"`, `"licence"`, 1)))
	freeze := fmt.Sprintf(`{"party":%d,"series":1,"units":1500,"issuer":"court","issuer_name":"法院","order_number":"1","reason":"r"}`, buyer.party)
	a := w.post("/v1/emergency-freezes", w.leader, freeze)
	w.want(http.StatusCreated, a)
	if got := decode[api.Freeze](t, a); got.Series == nil || *got.Series != "JXCP-2026" || got.Licence != nil || got.Amount != "1500" || got.Frozen != "1500" {
		t.Errorf("the freeze: %s", a.body)
	}
	give := fmt.Sprintf(`{"party":%d,"series":1,"to":%d,"units":%d,"document":"d"}`, buyer.party, seller.party, before+3000-1499)
	if a := w.post("/v1/carbon/transfers", buyer.key, give); a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), "carbon.units_frozen") {
		t.Errorf("frozen units: %d %s", a.status, a.body)
	}
}

// Whose credits are to be revoked cannot stop it by moving them: what is approved is
// done with what he has then, and what is gone he owes.
func TestCreditRevoke_HolderMoves(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	holder, friend := w.firms[0], w.firms[2]
	a := w.post(fmt.Sprintf("/v1/carbon/issuances/%d/revocation", w.carbon.issued+1), w.leader, `{"units":8500,"document":"audit"}`)
	w.want(http.StatusAccepted, a)
	p := decode[api.Proposal](t, a)
	had := w.kilograms(t, holder.key)
	give := fmt.Sprintf(`{"party":%d,"series":1,"to":%d,"units":600,"document":"d"}`, holder.party, friend.party)
	w.want(http.StatusCreated, w.post("/v1/carbon/transfers", holder.key, give))
	w.want(http.StatusCreated, w.post("/v1/carbon/transfers", friend.key, fmt.Sprintf(`{"party":%d,"series":1,"to":%d,"units":7,"document":"d"}`, friend.party, holder.party)))
	a = w.post(fmt.Sprintf("/v1/proposals/%d/approve", p.ID), w.second, fmt.Sprintf(`{"effects_digest":%q}`, p.EffectsDigest))
	w.want(http.StatusOK, a)
	r := decode[api.Revocation](t, answer{body: decode[api.ProposalOutcome](t, a).Result})
	if r.Debt == nil || r.Revoked+r.Debt.Units != 8500 || r.Debt.Units == 0 || w.kilograms(t, holder.key) != had-600+7-r.Revoked {
		t.Errorf("%d were revoked, owed are %+v", r.Revoked, r.Debt)
	}
}

// kilograms are the credits that a party holds, in the units of its scheme.
func (w *walked) kilograms(t *testing.T, key string) (units int64) {
	t.Helper()
	for _, r := range decode[api.CreditRangePage](t, w.get("/v1/carbon/credits?state=held", key)).Items {
		units += r.Units
	}
	return units
}
