package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// A sale out of the reserve is paid to the tax authority, proved and
// delivered; one that is not paid becomes overdue and is cancelled.
func TestPaymentNotices(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	w.must(w.personOf(w.leader), app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 10 * quantity.OneQuantity, Document: "d",
	})
	body := fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":"2.5","price":"4007","due_on":"2026-07-31","document":"公告1号"}`, f.licence, instrumentCode)
	issue := func() api.PaymentNotice {
		t.Helper()
		a := w.approved("/v1/payment-notices", w.leader, body)
		n := decode[api.PaymentNotice](t, a)
		if a.status != http.StatusCreated || n.Months != 60 || n.Amount != "50087.50" || n.Formula == nil ||
			*n.Formula != "2.5 t/a × CNY 4007/(t·a) × 60 / 12 = CNY 50087.50, rounded half-up to the fen" || n.Paid != "0.00" || len(n.Proofs) != 0 || n.Overdue || n.Instrument != instrumentCode {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return n
	}
	sold, dropped := issue(), issue()
	path := fmt.Sprintf("/v1/payment-notices/%d", sold.ID)
	w.isProblem(w.post(path+"/deliver", w.leader, ""), http.StatusConflict, "payment_notice.state", "")
	w.isProblem(w.post(path+"/proof", w.finance, `{"amount":"50087.4","proof":"r1","paid_on":"2026-07-01"}`), http.StatusUnprocessableEntity, "payment_notice.amount_differs", "/amount")
	a := w.post(path+"/proof", w.finance, `{"amount":"50087.5","proof":"r1","paid_on":"2026-07-01"}`)
	if n := decode[api.PaymentNotice](t, a); a.status != http.StatusOK || n.State != api.PaymentNoticeStateProved || len(n.Proofs) != 1 || n.Proofs[0].Proof != "r1" || n.Proofs[0].Matched {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.isProblem(w.post(path+"/deliver", w.leader, ""), http.StatusConflict, "payment_notice.not_matched", "")
	w.want(http.StatusAccepted, w.post(path+"/confirm", w.finance, `{"reason":"alone"}`))
	a = w.approved(path+"/confirm", w.finance, `{"reason":"seen at the counter"}`)
	if n := decode[api.PaymentNotice](t, a); a.status != http.StatusCreated || *n.Confirmation != "seen at the counter" || n.Number != "330421-2026-000001" {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = w.post(path+"/deliver", w.leader, "")
	if n := decode[api.PaymentNotice](t, a); a.status != http.StatusOK || n.State != api.PaymentNoticeStateDelivered || n.Transfer == nil || n.DeliveredAt == nil {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.clock.Set(calendar.NewDate(2026, 8, 1).Start())
	late := decode[api.PaymentNoticePage](t, w.get("/v1/payment-notices?state=issued", f.key))
	if len(late.Items) != 1 || late.Items[0].ID != dropped.ID || !late.Items[0].Overdue {
		t.Errorf("%+v", late)
	}
	a = w.post(fmt.Sprintf("/v1/payment-notices/%d/cancel", dropped.ID), w.leader, `{"reason":"not paid"}`)
	if n := decode[api.PaymentNotice](t, a); n.State != api.PaymentNoticeStateCancelled || n.Overdue || *n.Reason != "not paid" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := decode[api.PaymentNotice](t, w.get(path, f.key)); got.State != api.PaymentNoticeStateDelivered || got.Overdue {
		t.Errorf("%+v", got)
	}
	w.isProblem(w.get(path, w.firms[1].key), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.get("/v1/payment-notices/999", w.leader), http.StatusNotFound, "record.not_found", "id")
}
