package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
)

// A scenario says whose ids its activities have.
func TestScenario_DataSource(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	a := w.post("/v1/carbon/scenarios", w.leader, fmt.Sprintf(
		`{"scheme":%d,"code":"RIDE","name":"n","methodology":"BUS","claim_from":2,"claim_to":9,"data_source":"JXBUS","valid_from":"2026-01-01","source":"s"}`, w.carbon.scheme))
	if p := decode[api.Proposal](t, a); a.status == http.StatusAccepted {
		a = w.post(fmt.Sprintf("/v1/proposals/%d/approve", p.ID), w.second, fmt.Sprintf(`{"effects_digest":%q}`, p.EffectsDigest))
	}
	if a.status != http.StatusOK && a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	all := decode[api.ScenarioPage](t, w.get("/v1/carbon/scenarios?newest_first=true", "")).Items
	if len(all) != 2 || deref(all[0].DataSource) != "JXBUS" || all[1].DataSource != nil {
		t.Errorf("%+v", all)
	}
}
