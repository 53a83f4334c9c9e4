package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// What is verified as surplus says what may become of it, and never exceeds
// the paid permits.
func TestSurplusVerifications(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	body := func(monitored, done bool) string {
		return fmt.Sprintf(`{"licence":%d,"pollutant":"VOCs","quantity":"0.5","rung":"eia_amount","monitored":%t,"task_done":%t,"verified_on":"2026-06-30","no_year":"no records","document":"d"}`,
			f.licence, monitored, done)
	}
	w.isProblem(w.post("/v1/surplus-verifications", w.leader, body(true, true)), http.StatusUnprocessableEntity, "rule.surplus_beyond_holdings", "/quantity")
	w.must(w.personOf(w.leader), app.Allocate{
		Kind: reserve.Initial, Licence: f.licence, Instrument: instrumentCode, Part: reserve.Unallocated, Origin: ledger.Paid, Quantity: 2 * quantity.OneQuantity,
		Price: quantity.OnePrice, PriceKnown: true, AcquiredOn: 20260701, Document: "d",
	})
	for outcome, input := range map[api.SurplusOutcome]string{
		api.SurplusOutcomeSale: body(true, true), api.SurplusOutcomeBuyBackOnly: body(false, true), api.SurplusOutcomeNotTradable: body(true, false),
	} {
		a := w.post("/v1/surplus-verifications", w.leader, input)
		if got := decode[api.SurplusVerification](t, a); a.status != http.StatusCreated || got.Outcome != outcome || got.Region != "330421" || got.Party != f.party {
			t.Errorf("%s: %d %s", outcome, a.status, a.body)
		}
	}
	if got := decode[api.SurplusVerificationPage](t, w.get(fmt.Sprintf("/v1/surplus-verifications?licence=%d", f.licence), f.key)); len(got.Items) != 4 {
		t.Errorf("%+v", got)
	}
	if got := decode[api.SurplusVerificationPage](t, w.get(fmt.Sprintf("/v1/surplus-verifications?party=%d", f.party), w.firms[1].key)); len(got.Items) != 0 {
		t.Errorf("another firm sees %+v", got)
	}
	if got := decode[api.SurplusPage](t, w.get(fmt.Sprintf("/v1/surplus?licence=%d", f.licence), f.key)); got.Items[0].Verified != "100.5" {
		t.Errorf("%+v", got)
	}
}
