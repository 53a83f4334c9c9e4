package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// A bureau buys at a fixed price as long as quantity, budget and time last: what
// is accepted is committed at once and becomes a lot at that price, what is
// withdrawn is offered again.
func TestScenario_StandingOffer(t *testing.T) {
	t.Parallel()
	w := open(t)
	first, second := w.firms[0], w.firms[1]
	w.buysBack(95_000 * quantity.OneMoney)
	const body = `{"region":"330421","pollutant":"VOCs","price":"2000","quantity":"10","budget":1,"until":%q,"document":"收储公告"}`
	w.isProblem(w.post("/v1/standing-offers", w.leader, fmt.Sprintf(body, "2026-06-30")), http.StatusBadRequest, "standing_offer.until_past", "/until")
	offer := decode[api.StandingOffer](t, w.ok("/v1/standing-offers", w.leader, fmt.Sprintf(body, "2026-07-10")))
	path := fmt.Sprintf("/v1/standing-offers/%d", offer.ID)
	remaining := func(want, state string) {
		t.Helper()
		o := decode[api.StandingOfferPage](t, w.get("/v1/standing-offers", "")).Items[0]
		if o.Remaining != want || string(o.State) != state {
			t.Errorf("%s are left of the offer, which is %s; want %s, %s", o.Remaining, o.State, want, state)
		}
	}
	accept := func(f firm, verification int64, q string) answer {
		return w.post(path+"/acceptances", f.key, fmt.Sprintf(
			`{"licence":%d,"instrument":%q,"quantity":%q,"verification":%d,"cause":"reduction","document":"应约"}`, f.licence, instrumentCode, q, verification))
	}
	w.wantRefusal(accept(w.firms[2], 3, "1"), "standing_offer.other_permits") // of another region
	w.isProblem(accept(first, 2, "1"), http.StatusNotFound, "record.not_found", "")

	// 3 and 6 t/a × CNY 2,000 for five years
	one := decode[api.BuyBack](t, accept(first, 1, "3"))
	if one.State != api.BuyBackStateAgreed || *one.Amount != "30000.00" {
		t.Fatalf("%+v", one)
	}
	two := decode[api.BuyBack](t, accept(second, 2, "6"))
	w.wantHolding(first, "paid", "100 3 0")
	w.wantBudget("90000.00 0.00 5000.00")
	remaining("1", "open")
	w.wantRefusal(accept(first, 1, "1.1"), "standing_offer.used_up")
	w.isProblem(accept(first, 1, "1"), http.StatusUnprocessableEntity, "budget.used_up", "/quantity")
	remaining("1", "open")

	w.ok(fmt.Sprintf("/v1/buy-backs/%d/steps", two.ID), second.key, `{"event":"withdraw"}`)
	w.wantHolding(second, "paid", "100 0 0")
	w.wantBudget("30000.00 0.00 65000.00")
	remaining("7", "open")
	in := w.booked(one.ID, `{"document":"核准"}`, "30000")
	if in.State != api.BuyBackStateInReserve || in.Lot == nil {
		t.Errorf("%+v", in)
	}
	w.wantHolding(first, "paid", "97 0 0")
	w.wantBudget("0.00 30000.00 65000.00")
	w.wantReserve("0 3 30000.00 0 0.00")
	w.wantAccounts("330421", "1000 800 3 197 0")

	w.clock.Set(calendar.Date(20260711).Start())
	w.isProblem(accept(first, 1, "1"), http.StatusConflict, "standing_offer.closed", "")
	remaining("7", "open")
	w.isProblem(w.post(path+"/close", second.key, ""), http.StatusForbidden, "identity.forbidden", "")
	w.ok(path+"/close", w.leader, "")
	remaining("7", "closed")
	w.isProblem(w.post(path+"/close", w.leader, ""), http.StatusConflict, "standing_offer.closed", "")
	w.checked(t)
}
