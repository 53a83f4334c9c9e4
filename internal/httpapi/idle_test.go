package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/calendar"
)

// Permits that lay idle for more than 36 months are swept: the holder objects
// and is answered, and after the time to object they come into the reserve at no
// price, as a lot of swept ones.
func TestScenario_IdleSweep(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	idle := decode[api.IdleDeclaration](t, w.ok("/v1/idle-declarations", f.key, fmt.Sprintf(
		`{"licence":%d,"instrument":%q,"origin":"paid","quantity":"30","since":"2023-06-30","document":"闲置申报"}`, f.licence, instrumentCode)))
	at := fmt.Sprintf("/v1/idle-declarations/%d", idle.ID)
	w.isProblem(w.post(at+"/sweep", w.west, `{"document":"d"}`), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.post(at+"/sweep", f.key, `{"document":"d"}`), http.StatusForbidden, "identity.forbidden", "")
	w.wantRefusal(w.post(at+"/sweep", w.leader, `{"document":"d","quantity":"30.1"}`), "idle_declaration.beyond_holding")
	b := decode[api.BuyBack](t, w.ok(at+"/sweep", w.leader, `{"document":"收回决定"}`))
	if b.Kind != api.BuyBackKindCompulsory || b.State != api.BuyBackStateAccepted || b.Quantity != "30" {
		t.Fatalf("%+v", b)
	}
	w.wantHolding(f, "paid", "100 30 0")
	w.wantRefusal(w.post("/v1/orders", f.key, order(f, "sell", "2400", "71")), "ledger.insufficient_balance")
	w.isProblem(w.post(at+"/end", f.key, `{"used_on":"2026-07-01","document":"d"}`), http.StatusConflict, "idle_declaration.swept", "")
	path := fmt.Sprintf("/v1/buy-backs/%d", b.ID)
	w.isProblem(w.post(path+"/steps", f.key, `{"event":"withdraw"}`), http.StatusConflict, "buy_back.not_now", "/event")
	w.ok(path+"/verification", w.leader, `{"quantity":"30","rung":"licence_amount","monitored":false,"task_done":true,"verified_on":"2026-07-01","document":"核定"}`)
	w.ok(path+"/steps", f.key, `{"event":"object","note":"the line starts in August"}`)
	if got := w.waiting(w.leader, "buy_back", b.ID); len(got) == 0 {
		t.Error("the objection waits for nobody")
	}
	reclaim := func() answer { return w.approved(path+"/reclamation", w.leader, `{"document":"无偿收回"}`) }
	w.isProblem(reclaim(), http.StatusConflict, "buy_back.not_now", "")
	w.ok(path+"/steps", w.leader, `{"event":"dismiss","document":"答复","note":"idle since 2023"}`)
	w.isProblem(reclaim(), http.StatusConflict, "buy_back.objection_time", "")
	w.clock.Set(calendar.Date(20260709).Start())
	if a := reclaim(); a.status >= http.StatusBadRequest {
		t.Fatalf("%d %s", a.status, a.body)
	}
	w.ok(path+"/booking", w.leader, `{"document":"变更"}`)
	b = decode[api.BuyBack](t, w.get(path, f.key))
	if b.State != api.BuyBackStateInReserve || b.Lot == nil {
		t.Fatalf("%+v", b)
	}
	lot := decode[api.Lot](t, w.get(fmt.Sprintf("/v1/lots/%d", *b.Lot), w.leader))
	if lot.Provenance != api.ProvenanceSweptIdle || lot.Quantity != "30" || lot.CostLeft != "0.00" {
		t.Errorf("%+v", lot)
	}
	w.wantHolding(f, "paid", "70 0 0")
	w.wantSurplus(f, "70")
	w.wantReserve("0 30 0.00 0 0.00")
	w.wantAccounts("330421", "1000 800 30 170 0")
	ended := decode[api.IdleDeclarationPage](t, w.get("/v1/idle-declarations", f.key)).Items[0]
	if ended.State != api.IdleStateEnded || *ended.BuyBack != b.ID {
		t.Errorf("%+v", ended)
	}
	w.checked(t)
}
