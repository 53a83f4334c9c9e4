package httpapi_test

import (
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// A unit that two schemes have issued, as one has recognised the other's, is counted once
// by who adds the totals of both up: also while a part of it was revoked and is owed.
func TestCarbonTotals_Recognised(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	leader, firm := w.personOf(w.leader), w.firms[0]
	for _, code := range []string{"JXCP", "HZCP"} {
		w.must(leader, app.SchemeRegister{
			Code: code, Name: code, Region: apptest.Jiashan, Operator: firm.party, SerialUnit: quantity.OneTonne, Salt: "S1", ValidFrom: 20260101, Source: "project default",
		})
	}
	w.must(leader, busRide("BUS"))
	w.must(leader, app.RecognitionSet{Scheme: 2, Origin: "JXCP", Methodology: "BUS", Unit: quantity.OneTonne, Factor: quantity.OneRatio, ValidFrom: 20260101, Document: "d"})
	operator := w.personOf(w.world.person("operator", app.GrantAdd{Role: identity.Operator, Party: firm.party}))
	verifier := w.personOf(w.world.person("verifier", app.GrantAdd{Role: identity.Verifier}))
	user := w.personOf(firm.key)
	issue := func(id int64) {
		t.Helper()
		w.must(verifier, app.SampleLook{Issuance: id})
		w.must(verifier, app.IssuanceStep{Issuance: id, Event: carbon.Verify, Document: "d"})
		w.must(leader, app.IssuanceStep{Issuance: id, Event: carbon.Issue})
	}
	want := func(when string, issued, recognised string) {
		t.Helper()
		totals := decode[api.CarbonTotalPage](t, w.get("/v1/carbon/totals", "")).Items
		if len(totals) != 2 || totals[0].Issued != "10000" || totals[0].Recognised != "0" || totals[1].Issued != issued || totals[1].Recognised != recognised {
			t.Errorf("%s: %+v; want %s issued, %s recognised", when, totals, issued, recognised)
		}
	}
	w.must(operator, app.CreditIssue{Scheme: 1, Methodology: "BUS", Month: 20260501, Units: 10, EvidenceDigest: zeros + "1", Items: 9, Outbox: 1})
	issue(1)
	w.must(user, app.CreditMirror{Scheme: 2, Party: firm.party, Serial: "JXCP-BUS-P202605-2026-1-4"})
	want("locked", "0", "0")
	issue(2)
	want("mirrored", "4000", "4000")
	w.must(user, app.CreditRetire{Party: firm.party, Series: 2, Units: 1, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"})
	w.must(leader, app.CreditRevoke{Issuance: 2, Units: 4, Document: "audit"})
	want("revoked, and one owed", "1000", "1000")
}
