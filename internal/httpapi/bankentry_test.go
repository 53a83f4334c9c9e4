package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
)

// Entries are found by state and by difference, also by the one that is not
// stored, in pages that join.
func TestBankEntries(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	for i := range 5 {
		w.post("/v1/deposits", w.finance, fmt.Sprintf(`{"party":%d,"amount":"10","bank_reference":"d-%d","received_on":"2026-06-%d"}`, f.party, i, 20+i))
	}
	w.post("/v1/bank-statements", w.finance, `{"account":"3304001","from":"2026-06-21","to":"2026-06-30","lines":[
		{"reference":"d-2","amount":"10","on":"2026-06-22","payer":"firm 0"},{"reference":"new","amount":"7.5","on":"2026-06-30","payer":"somebody"},
		{"reference":"out","amount":"-3","on":"2026-06-30","payer":"somebody"}]}`)
	list := func(query string) (references []string, next *api.ID) {
		page := decode[api.BankEntryPage](t, w.get("/v1/bank-entries?"+query, w.finance))
		for _, e := range page.Items {
			if !strings.HasPrefix(e.Reference, "bank-") { // the world's own
				references = append(references, e.Reference)
			}
		}
		return references, page.Next
	}
	for query, want := range map[string]string{
		"difference=missing_in_statement":                   "[d-1 d-3 d-4]",
		"difference=missing_in_statement&newest_first=true": "[d-4 d-3 d-1]",
		"difference=unmatched":                              "[new out]",
		"difference=partial":                                "[]",
		"state=reconciled":                                  "[d-2]",
		"state=suspense&newest_first=true":                  "[out new]",
		fmt.Sprintf("party=%d&difference=none", f.party):    "[d-0 d-2]",
	} {
		if got, next := list(query); fmt.Sprint(got) != want || next != nil {
			t.Errorf("%s: %v, next %v, want %s", query, got, next, want)
		}
	}
	var all []string
	for path := "difference=missing_in_statement&limit=1"; path != ""; {
		page, next := list(path)
		all = append(all, page...)
		if path = ""; next != nil {
			path = fmt.Sprintf("difference=missing_in_statement&limit=1&after=%d", *next)
		}
	}
	if fmt.Sprint(all) != "[d-1 d-3 d-4]" {
		t.Errorf("in pages: %v", all)
	}
	entry := decode[api.BankEntryPage](t, w.get("/v1/bank-entries?difference=unmatched", w.finance)).Items[0]
	a := w.post(fmt.Sprintf("/v1/bank-entries/%d/return", entry.ID), w.finance, `{"bank_reference":"back","on":"2026-07-01"}`)
	if got := decode[api.BankEntry](t, a); a.status != http.StatusOK || got.State != api.BankEntryStateReturned || *got.ReturnReference != "back" || *got.ReturnedOn != "2026-07-01" {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.isProblem(w.post(fmt.Sprintf("/v1/bank-entries/%d/assign", entry.ID), w.finance, fmt.Sprintf(`{"party":%d}`, f.party)), http.StatusConflict, "bank_entry.not_in_suspense", "")
	w.isProblem(w.post("/v1/bank-entries/999/assign", w.finance, `{"party":1}`), http.StatusNotFound, "record.not_found", "id")
}
