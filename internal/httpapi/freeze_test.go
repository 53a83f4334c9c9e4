package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
)

func frozenBy(f firm, number, q string) string {
	return fmt.Sprintf(`{"licence":%d,"instrument":%q,"origin":"paid","quantity":%q,"issuer":"court","reason":"诉前保全","issuer_name":"嘉善法院","order_number":%q}`,
		f.licence, instrumentCode, q, number)
}

func (w *world) wantFreeze(id int64, state api.FreezeState, frozen, short, taken string) {
	w.t.Helper()
	f := decode[api.Freeze](w.t, w.get(fmt.Sprintf("/v1/freezes/%d", id), w.auditor))
	if f.State != state || f.Frozen != frozen || f.Short != short || f.Taken != taken {
		w.t.Errorf("freeze %d is %s with %s frozen, %s short and %s taken; want %s %s %s %s", id, f.State, f.Frozen, f.Short, f.Taken, state, frozen, short, taken)
	}
}

// A court freezes a part of a holding, orders in its way are withdrawn, a later
// order waits behind it; the buyer of a judicial sale gets the permits without
// the holder's word but by the rules, and the region's account stays.
func TestScenario_JudicialSale(t *testing.T) {
	t.Parallel()
	w := open(t)
	holder, buyer, far := w.firms[0], w.firms[1], w.firms[2]
	resting := decode[api.Order](t, w.ok("/v1/orders", holder.key, order(holder, "sell", "9000", "80")))
	first := decode[api.Freeze](t, w.ok("/v1/freezes", w.leader, frozenBy(holder, "执1", "40")))
	if first.State != api.FreezeStateActive || len(first.Cancelled) != 1 || first.Cancelled[0] != resting.ID {
		t.Fatalf("%+v", first)
	}
	w.isProblem(w.approved("/v1/freezes", w.leader, frozenBy(holder, "执1", "1")), http.StatusConflict, "freeze.order_twice", "/order_number")
	later := decode[api.Freeze](t, w.ok("/v1/freezes", w.leader, frozenBy(holder, "执2", "70")))
	w.wantFreeze(first.ID, api.FreezeStateActive, "40", "0", "0")
	w.wantFreeze(later.ID, api.FreezeStateActive, "60", "10", "0")
	w.wantHolding(holder, "paid", "100 100 100")
	w.wantRefusal(w.post("/v1/orders", holder.key, order(holder, "sell", "2400", "1")), "ledger.insufficient_balance")

	at := fmt.Sprintf("/v1/freezes/%d", first.ID)
	sale := func(to firm, q string) answer {
		return w.approved(at+"/sales", w.leader, fmt.Sprintf(`{"buyer_licence":%d,"quantity":%q,"amount":"250000","document":"（2026）浙0421执1号"}`, to.licence, q))
	}
	w.wantRefusal(sale(buyer, "40.1"), "freeze.not_frozen")
	w.wantRefusal(sale(far, "25"), "freeze.buyer_region")
	w.isProblem(sale(holder, "25"), http.StatusBadRequest, "freeze.buyer_is_holder", "/buyer_licence")
	w.ok(fmt.Sprintf("/v1/licences/%d/state", buyer.licence), w.leader, `{"state":"suspended","reason":"r","document":"d"}`)
	if a := sale(buyer, "25"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("to a suspended licence: %d %s", a.status, a.body)
	}
	w.ok(fmt.Sprintf("/v1/licences/%d/state", buyer.licence), w.leader, `{"state":"valid","reason":"r","document":"d"}`)
	sold := decode[api.JudicialSale](t, sale(buyer, "25"))
	if sold.Amount != "250000.00" || sold.BuyerParty != buyer.party {
		t.Errorf("%+v", sold)
	}
	w.wantFreeze(first.ID, api.FreezeStateActive, "15", "0", "25")
	w.wantFreeze(later.ID, api.FreezeStateActive, "60", "10", "0")
	w.wantHolding(holder, "paid", "75 75 75")
	w.wantHolding(buyer, "paid", "125 0 0")
	w.wantSurplus(buyer, "100") // what came is not verified
	w.wantAccounts("330421", "1000 800 0 200 0")
	sale(buyer, "15")
	w.wantFreeze(first.ID, api.FreezeStateEnforced, "0", "0", "40")
	w.isProblem(sale(buyer, "1"), http.StatusConflict, "freeze.state", "")
	w.wantHolding(holder, "paid", "60 60 60")
	w.ok(fmt.Sprintf("/v1/freezes/%d/release", later.ID), w.leader, `{"document":"解除"}`)
	w.wantHolding(holder, "paid", "60 0 0")
	if seen := decode[api.JudicialSalePage](t, w.get("/v1/judicial-sales", w.auditor)).Items; len(seen) != 2 {
		t.Errorf("%+v", seen)
	}
	if seen := decode[api.JudicialSalePage](t, w.get("/v1/judicial-sales", far.key)).Items; len(seen) != 0 {
		t.Errorf("another enterprise sees %+v", seen)
	}
	w.wantReserve("0 0 0.00 0 0.00")
	w.checked(t)
}

// An emergency freeze holds on one officer's word. Another one confirms it within
// a working day, or it lapses and what it held is the holder's again.
func TestScenario_EmergencyFreeze(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	place := func(number string) api.Freeze {
		t.Helper()
		a := w.post("/v1/emergency-freezes", w.leader, frozenBy(f, number, "30"))
		w.want(http.StatusCreated, a) // no proposal: it cannot wait
		return decode[api.Freeze](t, a)
	}
	kept, lost := place("急1"), place("急2")
	if kept.State != api.FreezeStateEmergency || *kept.ConfirmBy != "2026-07-02" {
		t.Fatalf("%+v", kept)
	}
	w.wantHolding(f, "paid", "100 60 60")
	confirm := func(key string, id int64) answer {
		return w.post(fmt.Sprintf("/v1/freezes/%d/confirm", id), key, `{"document":"补办手续"}`)
	}
	w.wantRefusal(confirm(w.leader, kept.ID), "freeze.same_person")
	w.isProblem(confirm(w.west, kept.ID), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(confirm(f.key, kept.ID), http.StatusForbidden, "identity.forbidden", "")
	if got := w.waiting(w.second, "freeze_order", kept.ID); len(got) != 1 || got[0] != "confirm" {
		t.Errorf("the second leader is asked to %v", got)
	}
	w.clock.Set(calendar.Date(20260703).Start().Add(-time.Minute)) // the working day is not over
	w.ok(fmt.Sprintf("/v1/freezes/%d/confirm", kept.ID), w.second, `{"document":"补办手续"}`)
	w.wantFreeze(kept.ID, api.FreezeStateActive, "30", "0", "0")
	w.wantFreeze(lost.ID, api.FreezeStateEmergency, "30", "0", "0")
	w.downUntil(calendar.Date(20260703).Start()) // it lapses also when the server was down
	waitFor(t, "the freeze to lapse", func() bool {
		return decode[api.Freeze](t, w.get(fmt.Sprintf("/v1/freezes/%d", lost.ID), w.auditor)).State == api.FreezeStateLapsed
	})
	w.wantFreeze(lost.ID, api.FreezeStateLapsed, "0", "0", "0")
	w.isProblem(confirm(w.second, lost.ID), http.StatusConflict, "freeze.state", "")
	w.wantHolding(f, "paid", "100 30 30")
	w.ok("/v1/orders", f.key, order(f, "sell", "2400", "70"))
	w.checked(t)
}
