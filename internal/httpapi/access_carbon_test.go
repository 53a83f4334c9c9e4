package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// walkedCarbon is a scheme of the first firm's in its region, with a project, an
// issuance on its way, one that is issued and partly owed, and a retirement.
type walkedCarbon struct{ scheme, project, declared, issued, retirement, debt int64 }

// zeros begin a digest that ends in a digit.
var zeros = strings.Repeat("0", 63)

// busRide is a methodology: 52 g a ride.
func busRide(code string) app.MethodologyRegister {
	return app.MethodologyRegister{
		Code: code, Version: 1, Name: "bus", Formula: "rides * g_per_ride * kg_per_g", ResultUnit: "kgCO2e", RoundTo: 1, Rounding: carbon.RoundDown,
		Most: 100_000 * quantity.OneTonne, ValidFrom: 20260101, Source: "project default",
		Inputs: []carbon.Input{{Name: "rides", Unit: "ride", Most: 1_000_000_000 * quantity.OneMeasure}},
		Factors: []carbon.Factor{
			{Name: "g_per_ride", Unit: "gCO2e/ride", Value: "52", Source: "project default"},
			{Name: "kg_per_g", Unit: "kgCO2e/gCO2e", Value: "0.001", Source: "definition"},
		},
	}
}

// openCarbon registers a scheme that counts bus rides, and an exclusion.
func (w *walked) openCarbon(leader int64) {
	w.t.Helper()
	w.must(leader, app.SchemeRegister{
		Code: "JXCP", Name: "嘉兴碳普惠", Region: apptest.Jiashan, Operator: w.firms[0].party, SerialUnit: quantity.OneReduction, Salt: "S1",
		ValidFrom: 20260101, Source: "project default",
	})
	w.carbon.scheme = lastID(w.world, app.CarbonSchemes)
	w.must(leader, busRide("BUS"))
	w.must(leader, app.ScenarioRegister{
		Scheme: w.carbon.scheme, Code: "BUS", Name: "公交", Methodology: "BUS", ClaimFrom: 2, ClaimTo: 9, PointsRate: 100 * quantity.OneMeasure, PointsOf: "rides", ValidFrom: 20260101, Source: "project default",
	})
	operator := w.world.person("operator of the scheme", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	a := w.send(http.MethodPost, w.activityPath(), operator, rideOf("1", walkedPerson)+rideOf("2", forgottenPerson))
	if a.status != http.StatusOK || !strings.Contains(string(a.body), `"accepted":2`) {
		w.t.Fatalf("activities: %d %s", a.status, a.body)
	}
	late := strings.ReplaceAll(rideOf("late", walkedPerson), "06-25", "05-25") + strings.ReplaceAll(rideOf("late too", walkedPerson), "06-25", "05-25")
	if a := w.send(http.MethodPost, w.activityPath(), operator, late); a.status != http.StatusOK || !strings.Contains(string(a.body), `"refused":2`) {
		w.t.Fatalf("late activities: %d %s", a.status, a.body)
	}
	w.must(w.personOf(operator), app.ComplaintFile{Scheme: w.carbon.scheme, Batch: 2, SourceID: "late too", Code: "activity.claim_too_late", Text: "t"})
	w.must(leader, app.ExclusionImport{Region: apptest.Jiashan, List: carbon.CCER, Source: "list 1", Entries: []app.ExclusionEntry{{Identifier: "CCER-1", ValidFrom: 20260101}}})
	w.openCredits(leader)
}

// openCredits issues a pool, of which a part is spent, a part retired, and a
// part was wrong.
func (w *walked) openCredits(leader int64) {
	w.t.Helper()
	c, f := &w.carbon, w.firms[0]
	operator, verifier := w.personOf(w.world.person("carbon operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})), w.personOf(w.world.person("carbon verifier", app.GrantAdd{Role: identity.Verifier}))
	user := w.personOf(f.key)
	w.must(operator, app.CreditIssue{Scheme: c.scheme, Methodology: "BUS", Month: 20260501, Units: 1000, EvidenceDigest: zeros + "1", Items: 9, Outbox: 1})
	c.issued = lastID(w.world, app.Issuances)
	w.must(verifier, app.SampleLook{Issuance: c.issued})
	w.must(verifier, app.IssuanceStep{Issuance: c.issued, Event: carbon.Verify, Document: "d"})
	w.must(leader, app.IssuanceStep{Issuance: c.issued, Event: carbon.Issue})
	w.must(user, app.CreditTransfer{Party: f.party, Series: 1, To: w.firms[2].party, Units: 900, Document: "d"})
	w.must(operator, app.CreditIssue{Scheme: c.scheme, Methodology: "BUS", Month: 20260301, Units: 9000, EvidenceDigest: zeros + "5", Items: 9, Outbox: 3})
	w.must(verifier, app.SampleLook{Issuance: c.issued + 1})
	w.must(verifier, app.IssuanceStep{Issuance: c.issued + 1, Event: carbon.Verify, Document: "d"})
	w.must(leader, app.IssuanceStep{Issuance: c.issued + 1, Event: carbon.Issue})
	w.must(user, app.CreditRetire{Party: f.party, Series: 1, Units: 1, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"})
	c.retirement = last(w.world, app.Retirements)
	w.must(leader, app.CreditRevoke{Issuance: c.issued, Units: 150, Document: "d"})
	c.debt = lastID(w.world, app.CreditDebts)
	w.must(w.personOf(w.firms[2].key), app.CreditTransfer{Party: w.firms[2].party, Series: 1, To: f.party, Units: 400, Document: "d"})
	w.must(leader, app.CreditProjectRegister{
		Scheme: c.scheme, Code: "P1", Name: "n", Methodology: "BUS", Party: f.party, Identifier: "X-1", Document: "d",
	})
	c.project = lastID(w.world, app.CreditProjects)
	w.must(user, app.CreditDeclare{
		Project: c.project, PeriodFrom: 20260101, PeriodTo: 20260131, EvidenceDigest: zeros + "2", Items: 9,
		Values: []carbon.Value{{Name: "rides", Amount: 1000 * quantity.OneMeasure}},
	})
	c.declared = lastID(w.world, app.Issuances)
	w.must(leader, app.RecognitionSet{
		Scheme: c.scheme, Origin: "SHCP", Methodology: "BUS", Unit: quantity.OneTonne, Factor: quantity.OneRatio, ValidFrom: 20260101, Document: "d",
	})
	w.must(user, app.CreditMirror{Scheme: c.scheme, Party: f.party, Serial: "SHCP-BUS-P202605-2026-1-2", Lock: "d"})
	w.must(leader, app.ObligationRecord{Party: f.party, Year: 2025, Amount: quantity.OneTonne, Document: "d"})
}

// Two participants of the walk: one stays, one is forgotten.
const (
	walkedPerson    = "00112233445566778899aabbccddeeff"
	forgottenPerson = "ffeeddccbbaa99887766554433221100"
)

// creditOffer offers tonnes of the scheme from CNY 40.
func creditOffer(seller int64, quantity string) string {
	return fmt.Sprintf(`{"seller":%d,"series":1,"format":"uniform","quantity":%q,"reserve_price":"40","lot_size":"1","tick":"0.1",
		"collateral":"deposit","deposit":"10","tie":"time","undersubscribed":"clear","interruption_seconds":86400,"interruption_rule":"extend",
		"register_until":"2026-07-10T00:00:00+08:00","opens_at":"2026-07-13T10:00:00+08:00","closes_at":"2026-07-13T11:00:00+08:00",
		"title":"JXCP-2026","document":"d"}`, seller, quantity)
}

func (w *walked) activityPath() string {
	return fmt.Sprintf("/v1/carbon/activity-batches?scheme=%d", w.carbon.scheme)
}

// rideOf is a line of a batch: a bus ride in the month before the walk.
func rideOf(sourceID, participant string) string {
	return fmt.Sprintf(`{"source_id":%q,"scenario":"BUS","participant":%q,"from":"2026-06-25T08:00:00+08:00","to":"2026-06-25T08:30:00+08:00",`+
		`"inputs":[{"name":"rides","value":"1","unit":"ride"}],"evidence":"%064d"}`+"\n", sourceID, participant, 1)
}

// carbonRequest is request for what is about carbon credits; "" for anything else.
func (w *walked) carbonRequest(id string) (path, body string) {
	c, f := w.carbon, w.firms[0]
	switch id {
	case "registerCarbonScheme":
		return "/v1/carbon/schemes", fmt.Sprintf(`{"code":"WALK","name":"n","region":"330421","operator":%d,"serial_unit":"1","salt":"S","valid_from":"2026-01-01","source":"s"}`,
			w.firms[0].party)
	case "registerMethodology":
		return "/v1/carbon/methodologies", `{"code":"WALK","version":1,"name":"n","formula":"steps*f","result_unit":"kgCO2e","round_to":"0.000001","rounding":"down",` +
			`"most":"1","valid_from":"2026-01-01","source":"s","inputs":[{"name":"steps","unit":"step","least":"0","most":"100000"}],` +
			`"factors":[{"name":"f","unit":"kgCO2e/step","value":"0.00002","source":"s"}]}`
	case "listCarbonSchemes":
		return "/v1/carbon/schemes", ""
	case "listMethodologies":
		return "/v1/carbon/methodologies", ""
	case "listScenarios":
		return "/v1/carbon/scenarios", ""
	case "listExclusions":
		return "/v1/carbon/exclusions", ""
	case "listCreditProjects":
		return "/v1/carbon/projects", ""
	case "registerCreditProject":
		return "/v1/carbon/projects", fmt.Sprintf(`{"scheme":%d,"code":"P2","name":"n","methodology":"BUS","party":%d,"identifier":"X-2","document":"d"}`, c.scheme, f.party)
	case "listIssuances":
		return "/v1/carbon/issuances", ""
	case "getIssuance":
		return fmt.Sprintf("/v1/carbon/issuances/%d", c.issued), ""
	case "declareReductions":
		return "/v1/carbon/issuances", fmt.Sprintf(`{"project":%d,"period_from":"2026-02-01","period_to":"2026-02-28","values":[{"name":"rides","amount":"1000"}],`+
			`"evidence_digest":"%s3","items":4}`, c.project, zeros)
	case "issuePool":
		return "/v1/carbon/pooled-issuances", fmt.Sprintf(`{"scheme":%d,"methodology":"BUS","month":"2026-04-01","units":5,"evidence_digest":"%s4","items":4,"outbox":2}`, c.scheme, zeros)
	case "stepIssuance":
		return fmt.Sprintf("/v1/carbon/issuances/%d/steps", c.declared), `{"event":"check"}`
	case "revokeCredits":
		return fmt.Sprintf("/v1/carbon/issuances/%d/revocation", c.issued), `{"units":1,"document":"d"}`
	case "listCreditSeries":
		return "/v1/carbon/series", ""
	case "listCredits":
		return "/v1/carbon/credits", ""
	case "transferCredits":
		return "/v1/carbon/transfers", fmt.Sprintf(`{"party":%d,"series":1,"to":%d,"units":1,"document":"d"}`, f.party, w.firms[2].party)
	case "listOperatorChanges":
		return "/v1/carbon/operator-changes", ""
	case "setSchemeOperator":
		return "/v1/carbon/operator-changes", fmt.Sprintf(`{"scheme":%d,"operator":%d,"valid_from":%q,"document":"d"}`, c.scheme, w.firms[2].party, w.app.Now().Date().AddDays(30))
	case "listCreditLives":
		return "/v1/carbon/credit-lives", ""
	case "setCreditLife":
		return "/v1/carbon/credit-lives", fmt.Sprintf(`{"scheme":%d,"vintage_from":2090,"months":36,"document":"d"}`, c.scheme)
	case "listRecognitions":
		return "/v1/carbon/recognitions", ""
	case "setRecognition":
		return "/v1/carbon/recognitions", fmt.Sprintf(`{"scheme":%d,"origin":"SHCP","methodology":"METRO","unit":"1","factor":"0.9","valid_from":"2026-01-01","document":"d"}`, c.scheme)
	case "listCreditMirrors":
		return "/v1/carbon/mirrors", ""
	case "mirrorCredits":
		return "/v1/carbon/mirrors", fmt.Sprintf(`{"scheme":%d,"party":%d,"serial":"SHCP-BUS-P202605-2026-3-4","lock":"d"}`, c.scheme, f.party)
	case "burnPoints":
		return "/v1/carbon/points/burns", fmt.Sprintf(`{"scheme":%d,"participant":%q,"points":"0.5","reward":"bus ticket"}`, c.scheme, walkedPerson)
	case "offerCredits":
		return "/v1/carbon/offers", creditOffer(f.party, "1")
	case "listRetirements":
		return "/v1/carbon/retirements", ""
	case "getRetirement":
		return fmt.Sprintf("/v1/carbon/retirements/%d", c.retirement), ""
	case "retireCredits":
		return "/v1/carbon/retirements", fmt.Sprintf(`{"party":%d,"series":1,"units":1,"purpose":"voluntary","beneficiary":"b","occasion":"o"}`, f.party)
	case "listCarbonObligations":
		return "/v1/carbon/obligations", ""
	case "recordCarbonObligation":
		return "/v1/carbon/obligations", fmt.Sprintf(`{"party":%d,"year":2026,"amount":"1000","document":"d"}`, f.party)
	case "listCreditDebts":
		return "/v1/carbon/debts", ""
	case "repayCredits":
		return fmt.Sprintf("/v1/carbon/debts/%d/repayments", c.debt), `{"series":1,"units":1}`
	case "getMethodology":
		return "/v1/carbon/methodologies/1", ""
	case "registerScenario":
		return "/v1/carbon/scenarios", fmt.Sprintf(`{"scheme":%d,"code":"RIDE","name":"n","methodology":"BUS","claim_from":2,"claim_to":9,"valid_from":"2026-01-01","source":"s"}`,
			w.carbon.scheme)
	case "submitActivityBatch":
		return w.activityPath(), rideOf("3", walkedPerson)
	case "getReductions":
		return fmt.Sprintf("/v1/carbon/reductions?scheme=%d&from=2026-06-01&to=2026-06-30", w.carbon.scheme), ""
	case "listMonthlyReductions":
		return "/v1/carbon/monthly-reductions?from=2026-06&to=2026-07", ""
	case "listCarbonTotals":
		return "/v1/carbon/totals", ""
	case "getParticipantHistory":
		return fmt.Sprintf("/v1/carbon/participants/activities?scheme=%d&participant=%s&from=2026-06-01&to=2026-07-31", w.carbon.scheme, walkedPerson), ""
	case "getPointsBurns":
		return fmt.Sprintf("/v1/carbon/points/burns?scheme=%d&participant=%s", w.carbon.scheme, walkedPerson), ""
	case "listPools":
		return fmt.Sprintf("/v1/carbon/pools?scheme=%d", w.carbon.scheme), ""
	case "closePool":
		return "/v1/carbon/pools/close", fmt.Sprintf(`{"scheme":%d,"month":"2026-06","early":true}`, w.carbon.scheme)
	case "getParticipant":
		return fmt.Sprintf("/v1/carbon/participants?scheme=%d&participant=%s", w.carbon.scheme, walkedPerson), ""
	case "eraseParticipant":
		return "/v1/carbon/participants/erase", fmt.Sprintf(`{"scheme":%d,"participant":%q}`, w.carbon.scheme, forgottenPerson)
	case "fileComplaint":
		return "/v1/carbon/complaints", fmt.Sprintf(`{"scheme":%d,"batch":2,"source_id":"late","text":"t"}`, w.carbon.scheme)
	case "listComplaints":
		return "/v1/carbon/complaints", ""
	case "answerComplaint":
		return "/v1/carbon/complaints/1/answer", `{"answer":"a","upheld":false}`
	case "getIssuanceSample":
		return fmt.Sprintf("/v1/carbon/issuances/%d/sample", c.issued), ""
	case "correctExclusion":
		return "/v1/carbon/exclusions/1/corrections", `{"valid_from":"2026-01-01","valid_to":"2026-03-31","document":"d"}`
	case "checkRetirement":
		return "/v1/carbon/retirement-checks", `{"number":"C330421-0000000001-7"}`
	case "importExclusions":
		return "/v1/carbon/exclusions", `{"region":"330421","list":"ccer","source":"s","entries":[{"identifier":"X","valid_from":"2026-01-01"}]}`
	}
	return "", ""
}

// A verifier sees what he verifies, the issuances and projects of his region, and not who
// has credits, what firms owe or must surrender, or what credits of elsewhere they have locked.
func TestCredit_OfVerifier(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	verifier := w.world.person("verifier of Jiashan", app.GrantAdd{Role: identity.Verifier, Region: apptest.Jiashan})
	for id, want := range map[string]int{
		"listIssuances": http.StatusOK, "getIssuance": http.StatusOK, "listCreditProjects": http.StatusOK, "listExclusions": http.StatusOK,
		"listCredits": http.StatusForbidden, "listCreditDebts": http.StatusForbidden, "listCarbonObligations": http.StatusForbidden, "listCreditMirrors": http.StatusForbidden,
	} {
		path, _ := w.carbonRequest(id)
		if a := w.get(path, verifier); a.status != want {
			t.Errorf("%s: %d %s, want %d", id, a.status, a.body, want)
		}
	}
}
