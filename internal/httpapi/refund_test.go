package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/quantity"
)

// What an enterprise pays back of a buy-back is a case of its own: the budget
// has it again, no more than was paid comes back, and permits, lot and its cost
// stay.
func TestScenario_TreasuryRefund(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	w.buysBack(100_000 * quantity.OneMoney)
	b := decode[api.BuyBack](t, w.ok("/v1/buy-backs", f.key, fmt.Sprintf(
		`{"licence":%d,"instrument":%q,"origin":"paid","quantity":"2.5","cause":"reduction","document":"申请"}`, f.licence, instrumentCode)))
	at := fmt.Sprintf("/v1/buy-backs/%d", b.ID)
	ask := func(key, amount string) answer {
		return w.post("/v1/treasury-refunds", key, fmt.Sprintf(`{"buy_back":%d,"amount":%q,"reason":"too many months","document":"函"}`, b.ID, amount))
	}
	w.isProblem(ask(w.finance, "1"), http.StatusConflict, "treasury_refund.not_booked", "")
	for _, s := range []struct{ path, key, body string }{
		{"/steps", f.key, `{"event":"submit"}`},
		{"/steps", w.leader, `{"event":"accept"}`},
		{"/verification", w.leader, `{"quantity":"2.5","rung":"emission_factor","monitored":false,"task_done":true,"verified_on":"2026-07-01","document":"核定"}`},
		{"/steps", w.leader, `{"event":"price"}`},
		{"/steps", f.key, `{"event":"agree"}`},
	} {
		w.ok(at+s.path, s.key, s.body)
	}
	w.booked(b.ID, `{"budget":1,"document":"核准"}`, "18750")
	w.wantBudget("0.00 18750.00 81250.00")

	w.isProblem(ask(f.key, "1"), http.StatusForbidden, "identity.forbidden", "")
	w.isProblem(ask(w.west, "1"), http.StatusNotFound, "record.not_found", "")
	w.wantRefusal(ask(w.finance, "18750.01"), "treasury_refund.beyond_payment")
	r := decode[api.TreasuryRefund](t, w.ok("/v1/treasury-refunds", w.finance, fmt.Sprintf(
		`{"buy_back":%d,"amount":"3750","reason":"twelve months too many","document":"函1"}`, b.ID)))
	w.wantRefusal(ask(w.finance, "15000.01"), "treasury_refund.beyond_payment") // what is asked for counts
	w.wantBudget("0.00 18750.00 81250.00")
	path := fmt.Sprintf("/v1/treasury-refunds/%d", r.ID)
	w.isProblem(w.post(path+"/receipt", w.leader, `{"proof":"R1","received_on":"2026-07-01"}`), http.StatusForbidden, "identity.forbidden", "")
	w.isProblem(w.post(path+"/receipt", w.finance, `{"proof":"R1","received_on":"2026-07-02"}`), http.StatusBadRequest, "request.day_to_come", "/received_on")
	if got := decode[api.TreasuryRefund](t, w.ok(path+"/receipt", w.finance, `{"proof":"R1","received_on":"2026-07-01"}`)); got.State != api.RefundStateReceived {
		t.Errorf("%+v", got)
	}
	w.wantBudget("0.00 15000.00 85000.00")
	w.isProblem(w.post(path+"/cancel", w.finance, `{"document":"d"}`), http.StatusConflict, "treasury_refund.state", "")

	other := decode[api.TreasuryRefund](t, ask(w.leader, "15000"))
	drop := fmt.Sprintf("/v1/treasury-refunds/%d/cancel", other.ID)
	if a := w.post(drop, w.leader, `{"document":"复核"}`); a.status != http.StatusAccepted {
		t.Fatalf("alone: %d %s", a.status, a.body)
	}
	if got := decode[api.TreasuryRefund](t, w.ok(drop, w.leader, `{"document":"复核"}`)); got.CancelDocument == nil || *got.CancelDocument != "复核" {
		t.Errorf("%+v", got)
	}
	w.isProblem(w.post(fmt.Sprintf("/v1/treasury-refunds/%d/receipt", other.ID), w.finance, `{"proof":"R2","received_on":"2026-07-01"}`), http.StatusConflict, "treasury_refund.state", "")
	w.wantBudget("0.00 15000.00 85000.00")
	if seen := decode[api.TreasuryRefundPage](t, w.get("/v1/treasury-refunds", f.key)).Items; len(seen) != 2 {
		t.Errorf("the enterprise sees %+v", seen)
	}
	if seen := decode[api.TreasuryRefundPage](t, w.get("/v1/treasury-refunds", w.firms[1].key)).Items; len(seen) != 0 {
		t.Errorf("another enterprise sees %+v", seen)
	}
	w.wantHolding(f, "paid", "97.5 0 0")
	w.wantReserve("0 2.5 18750.00 0 0.00")
	w.checked(t)
}

// What an enterprise has paid for permits that it can get no more is given back to
// the reserve and owed to it: it sees the case, and that the money is back.
func TestScenario_NoticeRefund(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.lotOf()
	f := w.firms[0]
	n := decode[api.PaymentNotice](t, w.ok("/v1/payment-notices", w.leader,
		fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":"1","price":"2000","due_on":"2026-07-01"}`, f.licence, instrumentCode)))
	w.ok("/v1/tax-lists", w.finance, fmt.Sprintf(`{"region":"330421","document":"清单","rows":[{"number":%q,"amount":%q,"receipt":"R1","paid_on":"2026-07-01"}]}`, n.Number, n.Amount))
	w.ok(fmt.Sprintf("/v1/licences/%d/state", f.licence), w.leader, `{"state":"revoked","reason":"closed","document":"决定"}`)
	path := fmt.Sprintf("/v1/payment-notices/%d", n.ID)
	w.wantRefusal(w.post(path+"/deliver", w.leader, ""), "order.licence_not_in_force")
	if a := w.post(path+"/cancel", w.leader, `{"reason":"licence revoked"}`); a.status != http.StatusAccepted {
		t.Fatalf("alone: %d %s", a.status, a.body)
	}
	w.ok(path+"/cancel", w.leader, `{"reason":"licence revoked"}`)
	seen := decode[api.TreasuryRefundPage](t, w.get("/v1/treasury-refunds?state=requested", f.key)).Items
	if len(seen) != 1 || seen[0].Notice == nil || *seen[0].Notice != n.ID || seen[0].Amount != n.Amount || seen[0].BuyBack != nil {
		t.Fatalf("the enterprise sees %+v", seen)
	}
	at := fmt.Sprintf("/v1/treasury-refunds/%d", seen[0].ID)
	w.ok(at+"/receipt", w.finance, `{"proof":"退库1","received_on":"2026-07-01"}`)
	if seen := decode[api.TreasuryRefundPage](t, w.get("/v1/treasury-refunds?state=received", f.key)).Items; len(seen) != 1 || *seen[0].Proof != "退库1" {
		t.Errorf("the enterprise sees %+v", seen)
	}
	w.checked(t)
}
