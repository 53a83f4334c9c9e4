package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// Holders see until when their credits can be used, and afterwards that they have expired;
// the public sees how many. A life is approved by a second officer.
func TestCreditLife_OverHTTP(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	leader, firm := w.personOf(w.leader), w.firms[0]
	w.must(leader, app.SchemeRegister{
		Code: "JXCP", Name: "嘉兴碳普惠", Region: apptest.Jiashan, Operator: firm.party, SerialUnit: quantity.OneTonne, Salt: "S1", ValidFrom: 20260101, Source: "project default",
	})
	w.must(leader, busRide("BUS"))
	life := `{"scheme":1,"vintage_from":2026,"months":3,"document":"办法 第 9 条"}`
	w.approved("/v1/carbon/credit-lives", w.leader, life)
	if list := decode[api.CreditLifePage](t, w.get("/v1/carbon/credit-lives?scheme=1", "")).Items; len(list) != 1 || list[0].VintageFrom != 2026 || list[0].Months != 3 {
		t.Errorf("the lives: %+v", list)
	}
	operator := w.personOf(w.world.person("operator", app.GrantAdd{Role: identity.Operator, Party: firm.party}))
	verifier := w.personOf(w.world.person("verifier", app.GrantAdd{Role: identity.Verifier}))
	w.must(operator, app.CreditIssue{Scheme: 1, Methodology: "BUS", Month: 20260501, Units: 10, EvidenceDigest: zeros + "1", Items: 9, Outbox: 1})
	w.must(verifier, app.SampleLook{Issuance: 1})
	w.must(verifier, app.IssuanceStep{Issuance: 1, Event: carbon.Verify, Document: "d"})
	w.must(leader, app.IssuanceStep{Issuance: 1, Event: carbon.Issue})
	if a := w.post("/v1/carbon/credit-lives", w.leader, life); a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), "carbon.life_issued") {
		t.Errorf("of what is issued: %d %s", a.status, a.body)
	}
	const last = "2027-03-31"
	if series := decode[api.CreditSeriesPage](t, w.get("/v1/carbon/series", "")).Items; len(series) != 1 || *series[0].ValidTo != last {
		t.Errorf("the series: %+v", series)
	}
	credits := func() api.CreditRange {
		t.Helper()
		items := decode[api.CreditRangePage](t, w.get("/v1/carbon/credits", firm.key)).Items
		if len(items) != 1 || *items[0].ValidTo != last {
			t.Fatalf("the credits: %+v", items)
		}
		return items[0]
	}
	if r := credits(); r.State != api.RangeStateHeld || r.ExpiredOn != nil {
		t.Errorf("held: %+v", r)
	}
	w.clock.Set(w.app.Now().Date().AddMonths(12).Start())
	w.must(leader, app.CreditLifeSet{Scheme: 1, VintageFrom: 2027, Document: "d"}) // the timer has run before it
	if r := credits(); r.State != api.RangeStateExpired || *r.ExpiredOn != w.app.Now().Date().String() {
		t.Errorf("expired: %+v", r)
	}
	if a := w.post("/v1/carbon/transfers", firm.key, fmt.Sprintf(`{"party":%d,"series":1,"to":%d,"units":1,"document":"d"}`, firm.party, w.firms[1].party)); a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), "carbon.expired") {
		t.Errorf("transferred: %d %s", a.status, a.body)
	}
	if i := decode[api.Issuance](t, w.get("/v1/carbon/issuances/1", w.leader)); i.ExpiredUnits == nil || *i.ExpiredUnits != 10 {
		t.Errorf("the issuance: %+v", i)
	}
	if totals := decode[api.CarbonTotalPage](t, w.get("/v1/carbon/totals", "")).Items; len(totals) != 1 || totals[0].Issued != "10000" || totals[0].Expired != "10000" {
		t.Errorf("the totals: %+v", totals)
	}
}
