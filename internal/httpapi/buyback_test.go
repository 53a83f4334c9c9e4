package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// A buy-back shows each reader what he may do next, its price by rows, and what
// it came to; what is wrong with a request is named.
func TestBuyBacks(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	w.must(w.personOf(w.leader), app.ParameterSet{
		Key: rulebook.BasePrice, Region: apptest.Jiashan, Pollutant: apptest.VOCs, Value: "1500", ValidFrom: 20260701, Document: "price",
	})
	w.must(w.personOf(w.finance), app.BudgetApprove{Region: apptest.Jiashan, FiscalYear: 2026, Source: "本级财政", Amount: 100_000 * quantity.OneMoney, Document: "d"})
	body := func(q string) string {
		return fmt.Sprintf(`{"licence":%d,"instrument":%q,"origin":"paid","quantity":%q,"cause":"reduction","document":"申请"}`, f.licence, instrumentCode, q)
	}
	w.isProblem(w.post("/v1/buy-backs", f.key, body("1e2")), http.StatusBadRequest, "request.invalid", "/quantity")
	w.isProblem(w.post("/v1/buy-backs", f.key, strings.Replace(body("1"), "reduction", "idle", 1)), http.StatusBadRequest, "request.invalid", "/cause")
	a := w.post("/v1/buy-backs", f.key, body("2.5"))
	b := decode[api.BuyBack](t, a)
	if a.status != http.StatusCreated || b.State != api.BuyBackStateDraft || !slices.Contains(b.NextEvents, api.BuyBackEventSubmit) || b.Amount != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	path := fmt.Sprintf("/v1/buy-backs/%d", b.ID)
	w.isProblem(w.post(path+"/steps", w.leader, `{"event":"accept"}`), http.StatusConflict, "buy_back.not_now", "/event")
	w.isProblem(w.post(path+"/steps", w.leader, `{"event":"verify","document":"d"}`), http.StatusConflict, "buy_back.not_now", "/event")
	for _, s := range []struct{ path, key, body string }{
		{"/steps", f.key, `{"event":"submit"}`},
		{"/steps", w.leader, `{"event":"accept"}`},
		{"/verification", w.leader, `{"quantity":"2.5","rung":"emission_factor","monitored":false,"task_done":true,"verified_on":"2026-07-01","document":"核定"}`},
		{"/steps", w.leader, `{"event":"price"}`},
		{"/steps", f.key, `{"event":"agree"}`},
		{"/approval", w.leader, `{"budget":1,"document":"核准"}`},
		{"/steps", w.leader, `{"event":"contract","document":"合同"}`},
		{"/payment", w.finance, `{"amount":"18750","proof":"国库1","paid_on":"2026-07-01"}`},
		{"/booking", w.leader, `{"document":"变更"}`},
	} {
		if a := w.approved(path+s.path, s.key, s.body); a.status >= http.StatusMultipleChoices {
			t.Fatalf("%s %s: %d %s", s.path, s.body, a.status, a.body)
		}
	}
	w.isProblem(w.post(path+"/payment", w.finance, `{"amount":"1","proof":" ","paid_on":"2026-07-01"}`), http.StatusBadRequest, "request.invalid", "/proof")
	// 2.5 t/a × CNY 1,500, less than the CNY 2,000 that were paid, for five years.
	got := decode[api.BuyBack](t, w.get(path, f.key))
	if got.State != api.BuyBackStateInReserve || *got.Amount != "18750.00" || *got.Months != 60 || *got.Rung != api.VerificationRungEmissionFactor || got.Lot == nil || len(got.NextEvents) != 0 {
		t.Errorf("%+v", got)
	}
	rows := decode[api.BuyBackPricePage](t, w.get(path+"/prices", f.key)).Items
	if len(rows) != 1 || rows[0].PricePaid != "2000" || rows[0].Price != "1500" || rows[0].Amount != "18750.00" {
		t.Errorf("%+v", rows)
	}
	if steps := decode[api.BuyBackStepPage](t, w.get(path+"/steps", w.auditor)).Items; len(steps) != 9 || steps[8].Role != api.BuyBackRoleBureauLeader {
		t.Errorf("%+v", steps)
	}
	if budget := decode[api.Budget](t, w.get("/v1/budgets/1", w.finance)); budget.Paid != "18750.00" || budget.Left != "81250.00" || budget.Committed != "0.00" {
		t.Errorf("%+v", budget)
	}
	if moves := decode[api.BudgetMovementPage](t, w.get("/v1/budgets/1/movements", w.auditor)).Items; len(moves) != 3 || *moves[2].Reference != b.ID {
		t.Errorf("%+v", moves)
	}
	w.isProblem(w.get(path, w.firms[2].key), http.StatusNotFound, "record.not_found", "id")
	if list := decode[api.BuyBackPage](t, w.get("/v1/buy-backs?state=in_reserve&cause=reduction", w.auditor)).Items; len(list) != 1 || list[0].ID != b.ID {
		t.Errorf("%+v", list)
	}
}

// The report says what lies idle, since when, and from when it may be swept
// (fact 21).
func TestIdleReport(t *testing.T) {
	t.Parallel()
	w := open(t)
	clerk := w.person("clerk", app.GrantAdd{Role: identity.BureauClerk, Region: apptest.Jiashan})
	for n, since := range []string{"2023-06-30", "2023-07-01"} {
		a := w.post("/v1/idle-declarations", clerk, fmt.Sprintf(`{"licence":%d,"instrument":%q,"origin":"paid","quantity":"3","since":%q,"document":"巡查"}`,
			w.firms[n].licence, instrumentCode, since))
		if a.status != http.StatusCreated {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	rows := decode[api.IdlePermitsPage](t, w.get("/v1/idle-report?region=330421", w.leader)).Items
	if len(rows) != 2 || !rows[0].Sweepable || rows[0].SweepableFrom != "2026-07-01" || rows[0].MonthsIdle != 36 ||
		rows[1].Sweepable || rows[1].SweepableFrom != "2026-07-02" || rows[1].MonthsIdle != 36 || rows[1].Quantity != "3" {
		t.Errorf("%+v", rows)
	}
	if due := decode[api.IdlePermitsPage](t, w.get("/v1/idle-report?sweepable=true", w.auditor)).Items; len(due) != 1 || due[0].ID != rows[0].ID {
		t.Errorf("%+v", due)
	}
	w.isProblem(w.post(fmt.Sprintf("/v1/idle-declarations/%d/sweep", rows[1].ID), w.leader, `{"document":"d"}`), http.StatusUnprocessableEntity, "rule.not_idle_long_enough", "/licence")
	a := w.approved(fmt.Sprintf("/v1/idle-declarations/%d/sweep", rows[0].ID), w.leader, `{"document":"d"}`)
	if b := decode[api.BuyBack](t, a); a.status != http.StatusCreated || b.Kind != api.BuyBackKindCompulsory || b.Cause != api.BuyBackCauseIdle || b.Quantity != "3" {
		t.Errorf("%d %s", a.status, a.body)
	}
}
