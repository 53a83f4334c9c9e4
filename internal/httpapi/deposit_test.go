package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
)

// Money that arrives is the party's; what somebody else paid waits in suspense
// and is assigned.
func TestDeposits(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	body := func(reference, extra string) string {
		return fmt.Sprintf(`{"party":%d,"amount":"1200.5","bank_reference":%q,"received_on":"2026-06-30"%s}`, f.party, reference, extra)
	}
	a := w.post("/v1/deposits", w.finance, body("r1", ""))
	if got := decode[api.Deposit](t, a); a.status != http.StatusCreated || got.State != api.BankEntryStateConfirmed || got.Amount != "1200.50" || got.Payer != nil || got.Entry == 0 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a = w.post("/v1/deposits", w.finance, body("r2", `,"payer":"a friend"`))
	third := decode[api.Deposit](t, a)
	if third.State != api.BankEntryStateSuspense || *third.Payer != "a friend" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	w.isProblem(w.post("/v1/deposits", w.finance, body("r1", "")), http.StatusConflict, "bank_entry.reference_used", "/bank_reference")
	w.isProblem(w.post("/v1/deposits", w.finance, `{"party":1,"amount":"0","bank_reference":"r3","received_on":"2026-06-30"}`), http.StatusBadRequest, "request.invalid", "/amount")
	a = w.post(fmt.Sprintf("/v1/bank-entries/%d/assign", third.Entry), w.finance, fmt.Sprintf(`{"party":%d,"document":"letter"}`, f.party))
	if got := decode[api.BankEntry](t, a); a.status != http.StatusOK || got.State != api.BankEntryStateAssigned || *got.Party != f.party || got.AgeDays != 0 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	states := map[api.ID]api.BankEntryState{}
	page := decode[api.DepositPage](t, w.get("/v1/deposits?from=2026-06-30&to=2026-06-30", f.key))
	for _, d := range page.Items {
		states[d.ID] = d.State
	}
	if len(states) != 2 || states[third.ID] != api.BankEntryStateAssigned {
		t.Errorf("%+v", page)
	}
	if got := decode[api.DepositPage](t, w.get(fmt.Sprintf("/v1/deposits?party=%d", f.party), w.firms[1].key)); len(got.Items) != 0 {
		t.Errorf("another firm sees %+v", got)
	}
	if got := decode[api.DepositPage](t, w.get("/v1/deposits?from=2026-07-01&newest_first=true", w.auditor)); len(got.Items) != 3 || got.Items[0].ID < got.Items[1].ID {
		t.Errorf("%+v", got)
	}
	w.isProblem(w.get("/v1/deposits?from=2026-07-02&to=2026-07-01", w.finance), http.StatusBadRequest, "request.invalid", "to")
	w.isProblem(w.get("/v1/deposits?from=2026-02-30", w.finance), http.StatusBadRequest, "request.invalid", "from")
}
