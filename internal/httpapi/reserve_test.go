package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/reserve"
	"permitx/internal/store/storetest"
)

const lotBody = `{"region":"330421","pollutant":"VOCs","provenance":"government_reduction","quantity":"9","acquired_on":"2026-07-01","document":"减排","cost":"900"}`

// lotOf adds a lot of 9 t/a to the reserve.
func (w *world) lotOf() api.Lot {
	w.t.Helper()
	a := w.approved("/v1/lots", w.leader, lotBody)
	if a.status != http.StatusCreated {
		w.t.Fatalf("%d %s", a.status, a.body)
	}
	return decode[api.Lot](w.t, a)
}

// A part of a lot is frozen, given free and retired; more than there is, is
// refused; the statement follows.
func TestLots(t *testing.T) {
	t.Parallel()
	w := open(t)
	lot := w.lotOf()
	path := fmt.Sprintf("/v1/lots/%d", lot.ID)
	if a := w.approved(path+"/freeze", w.leader, `{"quantity":"4","document":"d"}`); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if l := decode[api.Lot](t, w.get(path, w.leader)); l.Available != "5" || l.FrozenAvailable != "4" {
		t.Errorf("%+v", l)
	}
	if a := w.approved("/v1/lot-retirements", w.leader, `{"region":"330421","pollutant":"VOCs","quantity":"6","document":"d"}`); a.status != http.StatusUnprocessableEntity {
		t.Errorf("what is frozen is retired: %d %s", a.status, a.body)
	}
	w.approved(path+"/unfreeze", w.leader, `{"quantity":"4","document":"d"}`)
	w.approved("/v1/lot-retirements", w.leader, `{"region":"330421","pollutant":"VOCs","quantity":"6","document":"d"}`)
	if l := decode[api.Lot](t, w.get(path, w.leader)); l.Available != "3" || l.Retired != "6" || l.CostLeft != "300.00" {
		t.Errorf("%+v", l)
	}
	s := decode[api.ReserveStatement](t, w.get("/v1/reserve-statement?region=330421&pollutant=VOCs&from=2026-07-01&to=2026-07-31", w.leader))
	if s.Opening != "0" || s.Closing != "3" || s.Ledger == nil || *s.Ledger != "3" {
		t.Errorf("%+v", s)
	}
}

// meanwhile lets a command be done each time after the totals of a reserve are read.
type meanwhile struct {
	app.Store
	do func()
}

type meanwhileReader struct {
	app.Reader
	do func()
}

// ReserveTotals reads them, and lets the command be done.
func (s *meanwhile) ReserveTotals(ctx context.Context, region, pollutant string, from, to calendar.Date) ([]reserve.PeriodTotal, error) {
	return meanwhileReader{s.Store, s.do}.ReserveTotals(ctx, region, pollutant, from, to)
}

// Snapshot is one of which the totals are read likewise.
func (s *meanwhile) Snapshot(ctx context.Context) (app.Reader, app.Registry, func(), error) {
	r, registry, end, err := s.Store.Snapshot(ctx)
	return meanwhileReader{r, s.do}, registry, end, err
}

// ReserveTotals reads them, and lets the command be done.
func (r meanwhileReader) ReserveTotals(ctx context.Context, region, pollutant string, from, to calendar.Date) ([]reserve.PeriodTotal, error) {
	totals, err := r.Reader.ReserveTotals(ctx, region, pollutant, from, to)
	r.do()
	return totals, err
}

// A statement closes with what the ledger has, also while a lot comes in.
func TestReserveStatement_OfOneMoment(t *testing.T) {
	t.Parallel()
	st := &meanwhile{Store: storetest.Open(t, storetest.SQLite(t)), do: func() {}}
	w := serve(t, st)
	w.lotOf()
	st.do = func() { w.lotOf() }
	for _, as := range []string{"9", "18"} {
		s := decode[api.ReserveStatement](t, w.get("/v1/reserve-statement?region=330421&pollutant=VOCs&from=2026-07-01&to=2026-07-31", w.auditor))
		if s.Closing != as || s.Ledger == nil || *s.Ledger != as {
			t.Errorf("%+v, want %s t/a", s, as)
		}
	}
}

// An earmark keeps a part for a project, gives of it and gives up the rest.
func TestEarmarks(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.lotOf()
	a := w.approved("/v1/earmarks", w.leader,
		`{"region":"330421","pollutant":"VOCs","name":"a plant","document":"d","priority":1,"need":"4","ratio":"1.5","expires_on":"2026-12-31"}`)
	e := decode[api.Earmark](t, a)
	if a.status != http.StatusCreated || e.Quantity != "6" || e.Kept != "6" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	path := fmt.Sprintf("/v1/earmarks/%d", e.ID)
	given := w.approved(path+"/allocations", w.leader,
		fmt.Sprintf(`{"licence":%d,"instrument":%q,"need":"2","origin":"free","document":"d"}`, w.firms[0].licence, instrumentCode))
	if got := decode[api.EarmarkAllocation](t, given); given.status != http.StatusCreated || got.Taken != "3" || got.Retired != "1" {
		t.Errorf("%d %s", given.status, given.body)
	}
	sold := w.approved(path+"/allocations", w.leader,
		fmt.Sprintf(`{"licence":%d,"instrument":%q,"need":"1","origin":"paid","price":"4000","due_on":"2026-08-01","document":"d"}`, w.firms[0].licence, instrumentCode))
	waits := decode[api.EarmarkAllocation](t, sold)
	if sold.status != http.StatusCreated || waits.State != "waiting" || waits.Notice == nil || waits.Transfer != nil {
		t.Fatalf("%d %s", sold.status, sold.body)
	}
	notice := fmt.Sprintf("/v1/payment-notices/%d", *waits.Notice)
	n := decode[api.PaymentNotice](t, w.get(notice, w.firms[0].key))
	if n.Quantity != "1.5" || n.Kind != "guarantee" || n.Amount != "30000.00" {
		t.Errorf("%+v", n)
	}
	w.ok("/v1/tax-lists", w.finance, fmt.Sprintf(
		`{"region":"330421","document":"list","rows":[{"number":%q,"receipt":"r","amount":"30000","paid_on":"2026-07-01"}]}`, n.Number))
	w.ok(notice+"/deliver", w.leader, "")
	rows := decode[api.EarmarkAllocationPage](t, w.get(fmt.Sprintf("/v1/earmark-allocations?earmark=%d", e.ID), w.leader)).Items
	if len(rows) != 2 || rows[1].State != "given" || rows[1].Transfer == nil {
		t.Errorf("%+v", rows)
	}
	if got := decode[api.Earmark](t, w.get(path, w.leader)); got.Kept != "1.5" || got.Given != "3" {
		t.Errorf("%+v", got)
	}
	if a := w.approved(path+"/release", w.leader, `{"reason":"not built"}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := decode[api.Earmark](t, w.get(path, w.leader)); got.Kept != "0" {
		t.Errorf("%+v", got)
	}
	if a := w.post(path+"/release", w.leader, `{"reason":"again"}`); a.status != http.StatusConflict {
		t.Errorf("given up twice: %d %s", a.status, a.body)
	}
}

// What is listed is sold at its price; the tax authority's list proves the
// payment by its number, and a row that names nothing waits for finance.
func TestListingToDelivery(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.lotOf()
	f := w.firms[0]
	l := decode[api.Listing](t, w.approved("/v1/listings", w.leader,
		`{"region":"330421","pollutant":"VOCs","kind":"fixed_price","quantity":"5","price":"4000","document":"公告"}`))
	sale := func(quantity string) answer {
		return w.post(fmt.Sprintf("/v1/listings/%d/sales", l.ID), w.leader,
			fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":%q,"due_on":"2026-08-01"}`, f.licence, instrumentCode, quantity))
	}
	sold := sale("2")
	n := decode[api.PaymentNotice](t, sold)
	if sold.status != http.StatusCreated || n.Amount != "40000.00" {
		t.Fatalf("%d %s", sold.status, sold.body)
	}
	if a := sale("3.5"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("more than is left: %d %s", a.status, a.body)
	}
	path := fmt.Sprintf("/v1/payment-notices/%d", n.ID)
	if a := w.post(path+"/proof", w.finance, `{"amount":"40000","proof":"R1","paid_on":"2026-07-01"}`); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	list := w.post("/v1/tax-lists", w.finance, fmt.Sprintf(`{"region":"330421","document":"清单","rows":[
		{"number":%q,"amount":"40000","receipt":"R1","paid_on":"2026-07-01"},{"number":"330421-2026-999999","amount":"7","receipt":"R2","paid_on":"2026-07-01"}]}`, n.Number))
	if got := decode[api.TaxList](t, list); list.status != http.StatusCreated || got.Amount != "40007.00" || len(got.Receipts) != 2 || got.Receipts[0].Notice != nil || got.Receipts[1].Notice == nil {
		t.Fatalf("%d %s", list.status, list.body)
	}
	if a := w.post(path+"/deliver", w.leader, ""); decode[api.PaymentNotice](t, a).State != api.PaymentNoticeStateDelivered {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.post(fmt.Sprintf("/v1/listings/%d/close", l.ID), w.leader, `{"reason":"over"}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	s := decode[api.ReserveStatement](t, w.get("/v1/reserve-statement?region=330421&pollutant=VOCs&from=2026-07-01&to=2026-07-31", w.leader))
	if s.Closing != "7" || s.Sold != "2" || s.Turnover != "40000.00" {
		t.Errorf("%+v", s)
	}
}

// A payer has quoted the wrong notice: finance and a leader take the payment off it,
// and the right one is proved by it and delivered. After the delivery the path is a
// refund.
func TestScenario_ProofWithdrawn(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.lotOf()
	f := w.firms[0]
	issue := func() api.PaymentNotice {
		return decode[api.PaymentNotice](t, w.ok("/v1/payment-notices", w.leader,
			fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":"1","price":"2000","due_on":"2026-07-01"}`, f.licence, instrumentCode)))
	}
	wrong, right := issue(), issue()
	w.ok("/v1/tax-lists", w.finance, fmt.Sprintf(`{"region":"330421","document":"清单","rows":[{"number":%q,"amount":%q,"receipt":"R1","paid_on":"2026-07-01"}]}`, wrong.Number, wrong.Amount))
	path := fmt.Sprintf("/v1/payment-notices/%d", wrong.ID)
	body := `{"reason":"the payer quoted the wrong notice"}`
	if a := w.post(path+"/withdraw-proof", w.finance, body); a.status != http.StatusAccepted {
		t.Fatalf("alone: %d %s", a.status, a.body)
	}
	if got := decode[api.PaymentNotice](t, w.ok(path+"/withdraw-proof", w.finance, body)); got.State != "issued" || got.Paid != "0.00" || got.Overdue || len(got.Proofs) != 0 {
		t.Errorf("%+v", got)
	}
	w.ok(fmt.Sprintf("/v1/payment-notices/%d/proof", right.ID), w.finance, fmt.Sprintf(`{"amount":%q,"proof":"R1","paid_on":"2026-07-01"}`, right.Amount))
	got := decode[api.PaymentNotice](t, w.get(fmt.Sprintf("/v1/payment-notices/%d", right.ID), f.key))
	if got.State != "proved" || len(got.Proofs) != 1 || !got.Proofs[0].Matched || got.Proofs[0].Proof != "R1" {
		t.Errorf("%+v", got)
	}
	w.ok(fmt.Sprintf("/v1/payment-notices/%d/deliver", right.ID), w.leader, "")
	spent := w.post(fmt.Sprintf("/v1/payment-notices/%d/withdraw-proof", right.ID), w.finance, `{"reason":"too late"}`)
	if spent.status != http.StatusConflict || decode[api.Problem](t, spent).Code != "payment_notice.payment_spent" {
		t.Errorf("%d %s", spent.status, spent.body)
	}
}
