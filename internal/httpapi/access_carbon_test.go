package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// walkedCarbon is a scheme of the first firm's in its region.
type walkedCarbon struct{ scheme int64 }

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
		Scheme: w.carbon.scheme, Code: "BUS", Name: "公交", Methodology: "BUS", ClaimFrom: 2, ClaimTo: 9, ValidFrom: 20260101, Source: "project default",
	})
	operator := w.world.person("operator of the scheme", app.GrantAdd{Role: identity.Operator})
	a := w.send(http.MethodPost, w.activityPath(), operator, rideOf("1", walkedPerson)+rideOf("2", forgottenPerson))
	if a.status != http.StatusOK || !strings.Contains(string(a.body), `"accepted":2`) {
		w.t.Fatalf("activities: %d %s", a.status, a.body)
	}
	w.must(leader, app.ExclusionImport{List: carbon.CCER, Source: "list 1", Entries: []app.ExclusionEntry{{Identifier: "CCER-1", ValidFrom: 20260101}}})
}

// Two participants of the walk: one stays, one is forgotten.
const (
	walkedPerson    = "00112233445566778899aabbccddeeff"
	forgottenPerson = "ffeeddccbbaa99887766554433221100"
)

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
	case "getMethodology":
		return "/v1/carbon/methodologies/1", ""
	case "registerScenario":
		return "/v1/carbon/scenarios", fmt.Sprintf(`{"scheme":%d,"code":"RIDE","name":"n","methodology":"BUS","claim_from":2,"claim_to":9,"valid_from":"2026-01-01","source":"s"}`,
			w.carbon.scheme)
	case "submitActivityBatch":
		return w.activityPath(), rideOf("3", walkedPerson)
	case "getReductions":
		return fmt.Sprintf("/v1/carbon/reductions?scheme=%d&from=2026-06-01&to=2026-06-30", w.carbon.scheme), ""
	case "listPools":
		return fmt.Sprintf("/v1/carbon/pools?scheme=%d", w.carbon.scheme), ""
	case "closePool":
		return "/v1/carbon/pools/close", fmt.Sprintf(`{"scheme":%d,"month":"2026-06"}`, w.carbon.scheme)
	case "getParticipant":
		return fmt.Sprintf("/v1/carbon/participants?scheme=%d&participant=%s", w.carbon.scheme, walkedPerson), ""
	case "eraseParticipant":
		return "/v1/carbon/participants/erase", fmt.Sprintf(`{"scheme":%d,"participant":%q}`, w.carbon.scheme, forgottenPerson)
	case "importExclusions":
		return "/v1/carbon/exclusions", `{"list":"ccer","source":"s","entries":[{"identifier":"X","valid_from":"2026-01-01"}]}`
	}
	return "", ""
}
