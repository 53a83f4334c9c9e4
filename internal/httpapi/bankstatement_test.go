package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/calendar"
)

// A statement meets what finance has confirmed: one line agrees, one is
// unknown, one payment is missing. The lists say the same as the statement,
// and what waits grows old.
func TestBankStatements(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	for _, reference := range []string{"in-1", "in-2"} {
		a := w.post("/v1/deposits", w.finance, fmt.Sprintf(`{"party":%d,"amount":"100","bank_reference":%q,"received_on":"2026-06-29"}`, f.party, reference))
		if a.status != http.StatusCreated {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	statement := `{"account":"3304001","from":"2026-06-29","to":"2026-06-30","lines":[
		{"reference":"in-1","amount":"100","on":"2026-06-29","payer":"firm 0"},
		{"reference":"new","amount":"7.5","on":"2026-06-30","payer":"somebody","payer_account":"6222","remark":"?"}]}`
	a := w.post("/v1/bank-statements", w.finance, statement)
	made := decode[api.BankStatement](t, a)
	if a.status != http.StatusCreated || made.Lines != 2 || made.Reconciled != 1 || made.Open != 1 || made.Received != "107.50" || made.Paid != "0.00" ||
		len(made.Differences) != 1 || made.Differences[0].Difference != api.BankDifferenceUnmatched || made.Differences[0].AgeDays != 1 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	w.isProblem(w.post("/v1/bank-statements", w.finance, statement), http.StatusConflict, "bank_statement.line_known", "/lines/0/reference")
	a = w.post("/v1/bank-statements", w.finance, `{"account":"3304001","from":"2026-06-29","to":"2026-06-30","lines":[
		{"reference":"x","amount":"1","on":"2026-06-31","payer":"p"},{"reference":"y","amount":"1","on":"2026-07-01","payer":"p"}]}`)
	w.isProblem(a, http.StatusBadRequest, "request.invalid", "/lines/0/on")

	w.clock.Set(calendar.NewDate(2026, 7, 10).Start())
	full := decode[api.BankStatement](t, w.get(fmt.Sprintf("/v1/bank-statements/%d", made.ID), w.auditor))
	if full.Open != 2 || full.Reconciled != 1 || len(full.Differences) != 2 || full.Differences[0].AgeDays != 10 ||
		full.Differences[1].Difference != api.BankDifferenceMissingInStatement || full.Differences[1].AgeDays != 11 {
		t.Errorf("%+v", full)
	}
	list := decode[api.BankStatementPage](t, w.get("/v1/bank-statements", w.finance))
	if len(list.Items) != 1 || list.Items[0].Open != 2 || list.Items[0].Reconciled != 1 || list.Items[0].Differences != nil {
		t.Errorf("%+v", list)
	}
	w.isProblem(w.get("/v1/bank-statements/999", w.finance), http.StatusNotFound, "record.not_found", "id")
}
