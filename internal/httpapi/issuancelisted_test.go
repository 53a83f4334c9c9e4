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

// The leader who issues a pool is told what a list has got since its month was
// closed. Where the entry should not have been there, it is corrected and the units
// are issued; the step that is sent again is answered as it was.
func TestIssuance_ListedSinceTheClose(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	leader := w.personOf(w.leader)
	w.openCarbon(leader)
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	verifier := w.world.person("a verifier", app.GrantAdd{Role: identity.Verifier})
	lines := ""
	for i := range 98 {
		line := rideOf(fmt.Sprint("ride-", i), fmt.Sprintf("%032x", i))
		if i == 7 {
			line = strings.Replace(line, `"scenario"`, `"identifier":"GRID-7","scenario"`, 1)
		}
		lines += line
	}
	w.send(http.MethodPost, w.activityPath(), operator, lines)
	w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06","early":true}`, w.carbon.scheme))
	if err := app.Deliver(t.Context(), w.taking, w.app, func() string { return t.Name() }, nil); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/v1/carbon/issuances/%d", lastID(w.world, app.Issuances))
	w.get(path+"/sample", verifier)
	if a := w.post(path+"/steps", verifier, `{"event":"verify","document":"report"}`); a.status != http.StatusOK {
		t.Fatalf("verified: %d %s", a.status, a.body)
	}
	w.must(leader, app.ExclusionImport{Region: apptest.Jiashan, List: carbon.NationalETS, Source: "list 2", Entries: []app.ExclusionEntry{{Identifier: "GRID-7", ValidFrom: 20260101}}})
	a := w.post(path+"/steps", w.leader, `{"event":"issue"}`)
	if p := decode[api.Problem](t, a); a.status != http.StatusUnprocessableEntity || p.Code != carbon.ErrExcluded.Code || !strings.Contains(p.Detail, `"GRID-7" is in the list national_ets`) {
		t.Errorf("issued: %d %s", a.status, a.body)
	}
	entry, err := w.app.Reader().LastID(t.Context(), app.Exclusions.Name())
	if err != nil {
		t.Fatal(err)
	}
	w.must(leader, app.ExclusionCorrect{Exclusion: entry, ValidFrom: 20260101, Void: true, Document: "not this plant"})
	w.must(w.personOf(w.firms[0].key), app.CreditRepay{Debt: w.carbon.debt, Series: 1, Units: 50})
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "the-issue") }
	issued := w.send(http.MethodPost, path+"/steps", w.leader, `{"event":"issue"}`, key)
	if got := decode[api.Issuance](t, issued); got.State != "issued" {
		t.Errorf("after the correction: %d %s", issued.status, issued.body)
	}
	if again := w.send(http.MethodPost, path+"/steps", w.leader, `{"event":"issue"}`, key); string(again.body) != string(issued.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the issue again: %d %s", again.status, again.body)
	}
	w.must(leader, app.ExclusionImport{Region: apptest.Jiashan, List: carbon.CCER, Source: "list 3", Entries: []app.ExclusionEntry{{Identifier: "GRID-7", ValidFrom: 20260101}}})
	since := decode[api.ExceptionPage](t, w.get("/v1/exceptions?kind=listed_since_issue&region="+apptest.Jiashan, w.auditor))
	if len(since.Items) != 1 || since.Items[0].Objects[1].ID != entry+1 || !strings.Contains(since.Items[0].Detail, `and 0 more name "GRID-7", which the list ccer has`) {
		t.Errorf("after the issue: %+v", since.Items)
	}
	found, err := app.CheckIntake(t.Context(), w.intake, w.app.Reader())
	if err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// A plant whose days a project counts and participants declare, too, is counted once:
// the project is not issued before their activities are taken back, which the close
// of the month does, and nothing of these days is accepted any more.
func TestIssuance_PlantOfAProjectAndActivities(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	leader := w.personOf(w.leader)
	w.openCarbon(leader)
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	verifier := w.world.person("a verifier", app.GrantAdd{Role: identity.Verifier})
	ofPlant := func(id, person, day string) string {
		line := strings.ReplaceAll(rideOf(id, person), "2026-06-25", day)
		return strings.Replace(line, `"scenario"`, `"identifier":"X-1","scenario"`, 1)
	}
	w.send(http.MethodPost, w.activityPath(), operator, ofPlant("before", walkedPerson, "2026-06-24")+ofPlant("both", walkedPerson, "2026-06-26")+rideOf("other", walkedPerson))
	w.must(w.personOf(w.firms[0].key), app.CreditDeclare{
		Project: w.carbon.project, PeriodFrom: 20260625, PeriodTo: 20260629, EvidenceDigest: zeros + "9", Items: 9,
		Values: []carbon.Value{{Name: "rides", Amount: 1000 * quantity.OneMeasure}},
	})
	path := fmt.Sprintf("/v1/carbon/issuances/%d", lastID(w.world, app.Issuances))
	for _, step := range []struct{ key, event string }{{operator, "check"}, {verifier, "verify"}} {
		w.get(path+"/sample", verifier)
		if a := w.post(path+"/steps", step.key, fmt.Sprintf(`{"event":%q,"document":"report"}`, step.event)); a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", step.event, a.status, a.body)
		}
	}
	a := w.post(path+"/steps", w.leader, `{"event":"issue"}`)
	if p := decode[api.Problem](t, a); p.Code != app.ErrPeriodCounted.Code || !strings.Contains(p.Detail, `and 0 more, count "X-1"`) {
		t.Errorf("issued: %d %s", a.status, a.body)
	}
	late := w.send(http.MethodPost, w.activityPath(), operator, ofPlant("late", forgottenPerson, "2026-06-27"))
	if got := decode[api.ActivityBatch](t, late); got.Refused != 1 || deref(got.Activities[0].Code) != carbon.ErrExcluded.Code || !strings.Contains(deref(got.Activities[0].Detail), "project") {
		t.Errorf("an activity of the plant: %s", late.body)
	}
	closed := decode[api.PoolClose](t, w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06","early":true}`, w.carbon.scheme)))
	if len(closed.Excluded) != 1 || closed.Excluded[0].SourceID != "both" || closed.Excluded[0].CountedIn != "project" {
		t.Errorf("taken back: %+v", closed.Excluded)
	}
	if got := decode[api.Issuance](t, w.post(path+"/steps", w.leader, `{"event":"issue"}`)); got.State != "issued" {
		t.Errorf("after the close: %+v", got)
	}
	found, err := app.CheckIntake(t.Context(), w.intake, w.app.Reader())
	if err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
