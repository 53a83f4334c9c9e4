package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/carbon"
	"permitx/internal/httpapi"
	"permitx/internal/identity"
	"permitx/internal/store"
)

// A day of a scheme over HTTP: activities are declared, each line is answered,
// a repeated batch gets the same answer, the month is closed into whole units,
// what is left is carried, and a person is forgotten.
func TestActivityBatch(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	lines := ""
	for i := range 30 {
		lines += rideOf(fmt.Sprint("ride-", i), fmt.Sprintf("%032x", i))
	}
	lines += rideOf("ride-0", walkedPerson) + rideOf("ride-99", fmt.Sprintf("%032x", 0)) + strings.Replace(rideOf("walk-1", walkedPerson), "BUS", "WALK", 1)
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "a-batch") }
	a := w.send(http.MethodPost, w.activityPath(), operator, lines, key)
	got := decode[api.ActivityBatch](t, a)
	if got.Accepted != 30 || got.Duplicates != 1 || got.Refused != 2 || got.Amount != "1.56" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if r := got.Activities[31]; r.Code == nil || *r.Code != "activity.overlap" {
		t.Errorf("an overlap: %+v", r)
	}
	again := w.send(http.MethodPost, w.activityPath(), operator, lines, key)
	if string(again.body) != string(a.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the batch again: %d %s", again.status, again.body)
	}
	if other := w.send(http.MethodPost, w.activityPath(), operator, rideOf("x", walkedPerson), key); other.status != http.StatusConflict {
		t.Errorf("another batch with the key: %d %s", other.status, other.body)
	}
	elsewhere := strings.Replace(lines, fmt.Sprintf("%032x", 7), fmt.Sprintf("%032x", 77), 1)
	if other := w.send(http.MethodPost, w.activityPath(), operator, elsewhere, key); other.status != http.StatusConflict {
		t.Errorf("the batch with another participant: %d %s", other.status, other.body)
	}
	path := fmt.Sprintf("/v1/carbon/pools?scheme=%d", w.carbon.scheme)
	if closed := w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06","early":true}`, w.carbon.scheme)); closed.status != http.StatusOK {
		t.Fatalf("close: %d %s", closed.status, closed.body)
	}
	// 30 rides and the two of the walk: 32 × 52 g = 1.664 kg.
	pools := decode[api.PoolList](t, w.get(path, "")).Pools
	if len(pools) != 2 || pools[0].Units != 1 || pools[0].Left != "0.664" || pools[1].Carried != "0.664" {
		t.Errorf("pools: %+v", pools)
	}
	erase := fmt.Sprintf(`{"scheme":%d,"participant":%q}`, w.carbon.scheme, forgottenPerson)
	if e := w.post("/v1/carbon/participants/erase", operator, erase); e.status != http.StatusOK {
		t.Errorf("erase: %d %s", e.status, e.body)
	}
	person := w.get(fmt.Sprintf("/v1/carbon/participants?scheme=%d&participant=%s", w.carbon.scheme, forgottenPerson), operator)
	if person.status != http.StatusNotFound {
		t.Errorf("who was forgotten: %d %s", person.status, person.body)
	}
	found, err := app.CheckIntake(t.Context(), w.intake, w.app.Reader())
	if err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// A malformed line refuses the batch and names the line and the field.
func TestActivityBatch_Malformed(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	good := rideOf("1", walkedPerson)
	for name, c := range map[string]struct{ body, field string }{
		"empty":          {"\n", ""},
		"not JSON":       {good + "ride\n", "/1"},
		"name of person": {good + strings.Replace(good, walkedPerson, "Zhang San", 1), "/1/participant"},
		"phone":          {strings.Replace(good, walkedPerson, "13800138000", 1), "/0/participant"},
		"number":         {strings.Replace(good, `"value":"1"`, `"value":1`, 1), "/0/inputs/0/value"},
		"no scenario":    {good + good + strings.Replace(good, `"scenario":"BUS",`, "", 1), "/2/scenario"},
		"unknown field":  {strings.Replace(good, "source_id", "sourceid", 1), "/0/sourceid"},
		"time":           {strings.Replace(good, "2026-06-25T08:00:00", "2026-06-25", 1), "/0/from"},
		"list":           {strings.Replace(good, "}\n", `,"counted_in":"ets"}`, 1), "/0/counted_in"},
		"evidence":       {strings.Replace(good, `"evidence":"0`, `"evidence":"`, 1), "/0/evidence"},
	} {
		a := w.send(http.MethodPost, w.activityPath(), operator, c.body)
		if a.status != http.StatusBadRequest || !strings.Contains(string(a.body), fmt.Sprintf(`%q`, c.field)) && c.field != "" {
			t.Errorf("%s: %d %s, want field %s", name, a.status, a.body, c.field)
		}
	}
}

// A participant's complaint about a late activity is answered by another person
// within five working days; where it is upheld the activity is declared again.
func TestComplaint(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	late := strings.ReplaceAll(rideOf("late", walkedPerson), "06-25", "05-25")
	batch := func(want string) int64 {
		t.Helper()
		a := w.send(http.MethodPost, w.activityPath(), operator, late)
		got := decode[api.ActivityBatch](t, a)
		r := got.Activities[0]
		if code := string(r.Status) + deref(r.Code); code != want {
			t.Fatalf("%s; want %s", a.body, want)
		}
		return got.ID
	}
	id := batch("refusedactivity.claim_too_late")
	complain := func(batch int64, sourceID string) answer {
		return w.post("/v1/carbon/complaints", operator, fmt.Sprintf(`{"scheme":%d,"batch":%d,"source_id":%q,"text":"the bus had no network"}`, w.carbon.scheme, batch, sourceID))
	}
	for _, c := range []struct {
		batch    int64
		sourceID string
	}{{id, "early"}, {1, "1"}, {id + 1, "late"}} {
		if a := complain(c.batch, c.sourceID); a.status != http.StatusBadRequest || !strings.Contains(string(a.body), "complaint.not_refused") {
			t.Errorf("%+v: %d %s", c, a.status, a.body)
		}
	}
	filed := complain(id, "late")
	got := decode[api.Complaint](t, filed)
	if deref(got.Scenario) != "BUS" || deref(got.Day) != "2026-05-25" || deref(got.Evidence) != fmt.Sprintf("%064d", 1) {
		t.Errorf("it is about %s", filed.body)
	}
	if filed.status != http.StatusCreated || got.Code != "activity.claim_too_late" || got.DueOn != "2026-07-08" || got.Upheld != nil {
		t.Fatalf("%d %s", filed.status, filed.body)
	}
	if again := complain(id, "late"); again.status != http.StatusConflict {
		t.Errorf("a second complaint: %d %s", again.status, again.body)
	}
	batch("refusedactivity.claim_too_late")
	path := fmt.Sprintf("/v1/carbon/complaints/%d/answer", got.ID)
	if a := w.post(path, w.leader, `{"answer":"the operator has shown its log","upheld":true}`); a.status != http.StatusOK {
		t.Fatalf("answer: %d %s", a.status, a.body)
	}
	if a := w.post(path, w.leader, `{"answer":"no","upheld":false}`); a.status != http.StatusConflict {
		t.Errorf("a second answer: %d %s", a.status, a.body)
	}
	shown := late
	for name, other := range map[string]string{
		"another day":      strings.ReplaceAll(shown, "05-25", "05-24"),
		"another person's": strings.Replace(shown, fmt.Sprintf("%064d", 1), fmt.Sprintf("%064d", 2), 1),
	} {
		late = other
		t.Log(name)
		batch("refusedactivity.claim_too_late")
	}
	late = shown
	batch("accepted")
	own := decode[api.Complaint](t, w.post("/v1/carbon/complaints", w.leader, fmt.Sprintf(`{"scheme":%d,"batch":2,"source_id":"late","text":"t"}`, w.carbon.scheme)))
	if a := w.post(fmt.Sprintf("/v1/carbon/complaints/%d/answer", own.ID), w.leader, `{"answer":"yes","upheld":true}`); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an answer to one's own complaint: %d %s", a.status, a.body)
	}
}

// A message of the intake that the registry refuses waits in the inboxes of those who
// can do something about it, with the reason, and health counts it.
func TestIntake_RefusedMessage(t *testing.T) {
	t.Parallel()
	refused := &app.Refusals{}
	w := &walked{world: open(t, func(c *httpapi.Config) { c.Refused = refused })}
	refused.Clock = w.clock.Now
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	w.must(w.personOf(operator), app.CreditIssue{Scheme: w.carbon.scheme, Methodology: "BUS", Month: 20260601, Units: 7, EvidenceDigest: zeros + "9", Items: 9, Outbox: 9})
	lines := ""
	for i := range 98 {
		lines += rideOf(fmt.Sprint("ride-", i), fmt.Sprintf("%032x", i))
	}
	w.send(http.MethodPost, w.activityPath(), operator, lines)
	w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06","early":true}`, w.carbon.scheme))
	if err := app.Deliver(t.Context(), w.taking, w.app, func() string { return t.Name() }, refused); err == nil {
		t.Fatal("the month of another intake was delivered")
	}
	for key, sees := range map[string]bool{operator: true, w.leader: true, w.west: false, w.finance: false, w.firms[0].key: false} {
		waits := ""
		for _, item := range decode[api.Inbox](t, w.get("/v1/inbox", key)).Items {
			if item.Kind == "intake_message" {
				waits = deref(item.Reason)
			}
		}
		if strings.HasPrefix(waits, app.ErrPeriodCounted.Code+": ") != sees {
			t.Errorf("seen is %q; want %t", waits, sees)
		}
	}
	if h := decode[api.Health](t, w.get("/healthz", "")); deref(h.RefusedMessages) != 1 {
		t.Errorf("health: %+v", h)
	}
}

// A verifier's sample of a month that the intake has delivered leads to the
// activities, with their evidence.
func TestIssuanceSample(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	verifier := w.world.person("a verifier", app.GrantAdd{Role: identity.Verifier})
	lines := ""
	for i := range 98 { // and two of the walk
		lines += rideOf(fmt.Sprint("ride-", i), fmt.Sprintf("%032x", i))
	}
	w.send(http.MethodPost, w.activityPath(), operator, lines)
	w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06","early":true}`, w.carbon.scheme))
	if err := app.Deliver(t.Context(), w.taking, w.app, func() string { return t.Name() }, nil); err != nil {
		t.Fatal(err)
	}
	id := lastID(w.world, app.Issuances)
	a := w.get(fmt.Sprintf("/v1/carbon/issuances/%d/sample", id), verifier)
	got := decode[api.IssuanceSample](t, a)
	if a.status != http.StatusOK || len(got.Activities) != 10 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, p := range got.Activities {
		want := fmt.Sprint(p.Number)
		if p.Number > 2 {
			want = fmt.Sprint("ride-", p.Number-3)
		}
		if deref(p.SourceID) != want || deref(p.Evidence) != fmt.Sprintf("%064d", 1) {
			t.Errorf("piece %d: %s, want %s", p.Number, deref(p.SourceID), want)
		}
	}
}

// Whose evidence was taken away nobody has looked at: the sample is not shown to who
// would verify it, and he cannot verify.
func TestIssuanceSample_TakenAway(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	verifier := w.world.person("a verifier", app.GrantAdd{Role: identity.Verifier})
	lines := ""
	for i := range 98 {
		lines += rideOf(fmt.Sprint("ride-", i), fmt.Sprintf("%032x", i))
	}
	w.send(http.MethodPost, w.activityPath(), operator, lines)
	w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06","early":true}`, w.carbon.scheme))
	if err := app.Deliver(t.Context(), w.taking, w.app, func() string { return t.Name() }, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := store.TakeMonthAway(t.Context(), w.beside, 202606, w.app.Now()); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/v1/carbon/issuances/%d", lastID(w.world, app.Issuances))
	if a := w.get(path+"/sample", verifier); a.status != http.StatusConflict || !strings.Contains(string(a.body), carbon.ErrSampleTaken.Code) {
		t.Errorf("the sample: %d %s", a.status, a.body)
	}
	if a := w.post(path+"/steps", verifier, `{"event":"verify","document":"report"}`); a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), carbon.ErrNotLooked.Code) {
		t.Errorf("verified: %d %s", a.status, a.body)
	}
	for _, p := range decode[api.IssuanceSample](t, w.get(path+"/sample", operator)).Activities {
		if !deref(p.TakenAway) {
			t.Errorf("piece %d is not said to be taken away", p.Number)
		}
	}
}

// A reversal that does not say when finds its activity also after the scenario
// has another methodology.
func TestActivityBatch_ReversalAfterChange(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	leader := w.personOf(w.leader)
	w.openCarbon(leader)
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	w.must(leader, busRide("BUSB"))
	w.must(leader, app.ScenarioRegister{
		Scheme: w.carbon.scheme, Code: "BUS", Name: "公交", Methodology: "BUSB", ClaimFrom: 2, ClaimTo: 30, ValidFrom: w.app.Now().Date().AddDays(1), Source: "project default",
	})
	w.clock.Set(w.app.Now().Date().AddDays(5).Start())
	later := strings.ReplaceAll(rideOf("3", walkedPerson), "2026-06-25", w.app.Now().Date().AddDays(-3).String())
	a := w.send(http.MethodPost, w.activityPath(), operator, later+`{"source_id":"back 1","scenario":"BUS","reverses":"1"}`+"\n"+`{"source_id":"back 3","scenario":"BUS","reverses":"3"}`+"\n")
	if got := decode[api.ActivityBatch](t, a); got.Accepted != 3 {
		t.Errorf("%d %s", a.status, a.body)
	}
	found, err := app.CheckIntake(t.Context(), w.intake, w.app.Reader())
	if err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// Who runs another scheme of the region sees no participant of this one, declares
// nothing for it and takes nothing away.
func TestActivityBatch_OfAnotherOperator(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	another := w.world.person("another operator", app.GrantAdd{Role: identity.Operator, Region: jiaxing, WithChildren: true, Party: w.firms[2].party})
	reversal := fmt.Sprintf(`{"source_id":"r","scenario":"BUS","reverses":"1"}%s`, "\n")
	for _, body := range []string{rideOf("9", walkedPerson), reversal} {
		if a := w.send(http.MethodPost, w.activityPath(), another, body); a.status != http.StatusNotFound {
			t.Errorf("activities: %d %s", a.status, a.body)
		}
	}
	for _, id := range []string{"burnPoints", "eraseParticipant", "fileComplaint", "issuePool"} {
		path, body := w.carbonRequest(id)
		if a := w.post(path, another, body); a.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", id, a.status, a.body)
		}
	}
	for _, id := range []string{"getParticipant", "getIssuanceSample"} {
		path, _ := w.carbonRequest(id)
		if a := w.get(path, another); a.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", id, a.status, a.body)
		}
	}
	if list := decode[api.ComplaintPage](t, w.get("/v1/carbon/complaints", another)); len(list.Items) != 0 {
		t.Errorf("complaints: %+v", list.Items)
	}
	own := w.world.person("own operator", app.GrantAdd{Role: identity.Operator, Region: jiaxing, WithChildren: true, Party: w.firms[0].party})
	if list := decode[api.ComplaintPage](t, w.get("/v1/carbon/complaints", own)); len(list.Items) != 1 {
		t.Errorf("own complaints: %+v", list.Items)
	}
}

// Who runs another scheme, or none, sees nothing of this one's issuances, projects and
// debts, in whatever region his role is; and no operator sees who has credits.
func TestIssuance_OfAnotherOperator(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := func(party int64) string {
		return w.world.person(fmt.Sprint("operator of party ", party), app.GrantAdd{Role: identity.Operator, Party: party})
	}
	another, own := operator(w.firms[2].party), operator(w.firms[0].party)
	for id, want := range map[string]int{"listIssuances": 4, "listCreditProjects": 1, "listCreditDebts": 1} {
		path, _ := w.carbonRequest(id)
		for key, want := range map[string]int{another: 0, own: want} {
			if list := decode[struct{ Items []json.RawMessage }](t, w.get(path, key)); len(list.Items) != want {
				t.Errorf("%s: %d rows are shown to an operator, want %d", id, len(list.Items), want)
			}
		}
	}
	for id, want := range map[string][2]int{
		"getIssuance": {http.StatusNotFound, http.StatusOK}, "listCredits": {http.StatusForbidden, http.StatusForbidden},
		"listCarbonObligations": {http.StatusForbidden, http.StatusForbidden}, "listCreditMirrors": {http.StatusForbidden, http.StatusForbidden},
	} {
		path, _ := w.carbonRequest(id)
		for n, key := range []string{another, own} {
			if a := w.get(path, key); a.status != want[n] {
				t.Errorf("%s: %d %s, want %d", id, a.status, a.body, want[n])
			}
		}
	}
}

// From the day of a change on the keys of the new operator declare and take back what
// the former one has declared; his are refused, also for a batch that they sent before.
func TestActivityBatch_OfNewOperator(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	former := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	next := w.world.person("the next operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[2].party})
	again := func(r *http.Request) { r.Header.Set("Idempotency-Key", "again") }
	if a := w.send(http.MethodPost, w.activityPath(), former, rideOf("3", walkedPerson+"3"), again); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	path, body := w.carbonRequest("setSchemeOperator")
	w.approved(path, w.leader, strings.ReplaceAll(body, w.app.Now().Date().AddDays(30).String(), w.app.Now().Date().AddDays(1).String()))
	if a := w.send(http.MethodPost, w.activityPath(), next, rideOf("4", walkedPerson+"4")); a.status != http.StatusNotFound {
		t.Errorf("before the day: %d %s", a.status, a.body)
	}
	w.clock.Set(w.app.Now().Date().AddDays(1).Start())
	if list := decode[api.OperatorChangePage](t, w.get("/v1/carbon/operator-changes", "")); len(list.Items) != 1 || list.Items[0].Operator != w.firms[2].party {
		t.Errorf("the changes: %+v", list.Items)
	}
	w.must(w.personOf(next), app.CreditIssue{Scheme: w.carbon.scheme, Methodology: "BUS", Month: 20260401, Units: 7, EvidenceDigest: zeros + "7", Items: 9, Outbox: 7}) // the timer has run before it
	if a := w.send(http.MethodPost, w.activityPath(), former, rideOf("3", walkedPerson+"3"), again); a.status != http.StatusNotFound {
		t.Errorf("the former operator: %d %s", a.status, a.body)
	}
	a := w.send(http.MethodPost, w.activityPath(), next, rideOf("4", walkedPerson+"4")+`{"source_id":"back 3","scenario":"BUS","reverses":"3"}`+"\n")
	if got := decode[api.ActivityBatch](t, a); got.Accepted != 2 {
		t.Errorf("the new operator: %d %s", a.status, a.body)
	}
}

// A batch of as many activities as there may be, each with the most inputs, and
// each text as long as it may be, is taken as one.
func TestActivityBatch_Largest(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator, Party: w.firms[0].party})
	input := fmt.Sprintf(`{"name":%q,"value":"1234567890.123456","unit":%q}`, strings.Repeat("n", 32), strings.Repeat("u", 32))
	line := strings.Replace(rideOf(strings.Repeat("s", 64), walkedPerson+walkedPerson), `[{"name":"rides","value":"1","unit":"ride"}]`, "["+strings.Repeat(input+",", 15)+input+"]", 1)
	a := w.send(http.MethodPost, w.activityPath(), operator, strings.Repeat(line, 10_000))
	if a.status != http.StatusOK || !strings.Contains(string(a.body), `"refused":10000`) {
		t.Errorf("%d %.300s", a.status, a.body)
	}
	many := strings.Repeat(rideOf("n", walkedPerson), 10_001)
	if a := w.send(http.MethodPost, w.activityPath(), operator, many); a.status != http.StatusRequestEntityTooLarge || !strings.Contains(string(a.body), "activity_batch.too_many") {
		t.Errorf("10,001 activities: %d %.300s", a.status, a.body)
	}
	if a := w.send(http.MethodPost, w.activityPath(), operator, strings.Repeat(line, 12_000)); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %.300s", a.status, a.body)
	}
}
