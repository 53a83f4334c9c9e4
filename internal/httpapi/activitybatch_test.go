package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/identity"
)

// A day of a scheme over HTTP: activities are declared, each line is answered,
// a repeated batch gets the same answer, the month is closed into whole units,
// what is left is carried, and a person is forgotten.
func TestActivityBatch(t *testing.T) {
	t.Parallel()
	w := &walked{world: open(t)}
	w.openCarbon(w.personOf(w.leader))
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator})
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
	path := fmt.Sprintf("/v1/carbon/pools?scheme=%d", w.carbon.scheme)
	if closed := w.post("/v1/carbon/pools/close", w.leader, fmt.Sprintf(`{"scheme":%d,"month":"2026-06"}`, w.carbon.scheme)); closed.status != http.StatusOK {
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
	operator := w.world.person("the operator", app.GrantAdd{Role: identity.Operator})
	good := rideOf("1", walkedPerson)
	for name, c := range map[string]struct{ body, field string }{
		"empty":          {"\n", ""},
		"not JSON":       {good + "ride\n", ""},
		"name of person": {good + strings.Replace(good, walkedPerson, "Zhang San", 1), "/1/participant"},
		"phone":          {strings.Replace(good, walkedPerson, "13800138000", 1), "/0/participant"},
		"number":         {strings.Replace(good, `"value":"1"`, `"value":1`, 1), "/0/value"},
		"no scenario":    {good + good + strings.Replace(good, `"scenario":"BUS",`, "", 1), "/2/scenario"},
		"unknown field":  {strings.Replace(good, "source_id", "sourceid", 1), "/0/sourceid"},
		"time":           {strings.Replace(good, "2026-06-25T08:00:00", "2026-06-25", 1), "/0/from"},
		"evidence":       {strings.Replace(good, `"evidence":"0`, `"evidence":"`, 1), "/0/evidence"},
	} {
		a := w.send(http.MethodPost, w.activityPath(), operator, c.body)
		if a.status != http.StatusBadRequest || !strings.Contains(string(a.body), fmt.Sprintf(`%q`, c.field)) && c.field != "" {
			t.Errorf("%s: %d %s, want field %s", name, a.status, a.body, c.field)
		}
	}
}
