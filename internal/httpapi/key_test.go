package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
)

// sameKey sends a command with an idempotency key of the test's choice.
func sameKey(key string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Idempotency-Key", key) }
}

// A key's secret is in the first answer and nowhere else, and opens until the
// key is revoked.
func TestKeys(t *testing.T) {
	t.Parallel()
	w := open(t)
	body := fmt.Sprintf(`{"person":%d,"label":"laptop","expires_at":"2027-01-01T08:00:00+08:00"}`, w.personOf(w.leader))
	a := w.send(http.MethodPost, "/v1/keys", w.adminKey, body, sameKey("laptop"))
	made := decode[api.CreatedKey](t, a)
	if a.status != http.StatusCreated || made.Secret == nil || *made.Key.ExpiresAt != "2027-01-01T00:00:00.000000Z" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	secret := *made.Secret
	if !regexp.MustCompile(`^px_[A-Za-z0-9_-]{43}$`).MatchString(secret) || secret[:len(made.Key.Prefix)] != made.Key.Prefix {
		t.Errorf("secret %s, prefix %s", secret, made.Key.Prefix)
	}
	if me := decode[api.Me](t, w.get("/v1/me", secret)); me.Key.ID != made.Key.ID || me.Person.Name != "leader" {
		t.Errorf("%+v", me)
	}
	again := w.send(http.MethodPost, "/v1/keys", w.adminKey, body, sameKey("laptop"))
	repeated := decode[api.CreatedKey](t, again)
	if again.status != http.StatusCreated || again.header.Get("Idempotency-Replayed") != "true" || repeated.Secret != nil || repeated.Key.ID != made.Key.ID {
		t.Errorf("repeated: %d %v %s", again.status, again.header, again.body)
	}
	for _, read := range []answer{w.get("/v1/keys", w.adminKey), w.get("/v1/journal/"+itoa(lastNumber(w)), w.auditor), again} {
		if bytes.Contains(read.body, []byte(secret)) || !bytes.Contains(read.body, []byte(made.Key.Prefix)) {
			t.Errorf("the secret is in %s", read.body)
		}
	}
	a = w.post(fmt.Sprintf("/v1/keys/%d/revoke", made.Key.ID), w.adminKey, "")
	if got := decode[api.Key](t, a); a.status != http.StatusOK || got.RevokedAt == nil {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.isProblem(w.get("/v1/me", secret), http.StatusUnauthorized, "identity.key_not_valid", "")
	if again := w.send(http.MethodPost, "/v1/keys", w.adminKey, body, sameKey("laptop")); again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("repeated after the end: %d %s", again.status, again.body)
	}
	if got := decode[api.KeyPage](t, w.get(fmt.Sprintf("/v1/keys?person=%d", w.personOf(w.leader)), w.auditor)); len(got.Items) != 2 {
		t.Errorf("%+v", got)
	}
}

func lastNumber(w *world) int64 { return last(w, app.Journal) }

// A used idempotency key makes no second key: not for another command, not for
// the same one with another label, and not for many at the same time.
func TestKeys_Repeated(t *testing.T) {
	t.Parallel()
	w := open(t)
	person := w.personOf(w.finance)
	body := func(label string) string { return fmt.Sprintf(`{"person":%d,"label":%q}`, person, label) }
	const clients = 16
	answers := make([]answer, clients)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = w.send(http.MethodPost, "/v1/keys", w.adminKey, body("phone"), sameKey("phone")) })
	}
	wg.Wait()
	secrets := 0
	for _, a := range answers {
		if made := decode[api.CreatedKey](t, a); a.status != http.StatusCreated || made.Key.ID != lastID(w, app.Keys) {
			t.Errorf("%d %s", a.status, a.body)
		} else if made.Secret != nil {
			secrets++
		}
	}
	if secrets != 1 {
		t.Errorf("%d answers have a secret", secrets)
	}
	before := lastID(w, app.Keys)
	w.isProblem(w.send(http.MethodPost, "/v1/keys", w.adminKey, body("tablet"), sameKey("phone")), http.StatusConflict, "command.idempotency_key_reused", "Idempotency-Key")
	w.send(http.MethodPost, "/v1/persons", w.adminKey, `{"name":"n"}`, sameKey("person"))
	w.isProblem(w.send(http.MethodPost, "/v1/keys", w.adminKey, body("phone"), sameKey("person")), http.StatusConflict, "command.idempotency_key_reused", "Idempotency-Key")
	// The same command with a new idempotency key is another key.
	if a := w.post("/v1/keys", w.adminKey, body("phone")); decode[api.CreatedKey](t, a).Secret == nil {
		t.Errorf("%d %s", a.status, a.body)
	}
	if after := lastID(w, app.Keys); after != before+1 {
		t.Errorf("%d keys were made", after-before)
	}
}

// An expired key opens nothing, and one that would be expired is not made.
func TestKeys_Expiry(t *testing.T) {
	t.Parallel()
	w := open(t)
	body := fmt.Sprintf(`{"person":%d,"label":"l","expires_at":"%s"}`, w.personOf(w.finance), "2026-07-01T02:00:00Z")
	secret := *decode[api.CreatedKey](t, w.post("/v1/keys", w.adminKey, body)).Secret
	w.clock.Set(calendar.NewDate(2026, 7, 1).Start() + 10*3600*1_000_000)
	w.isProblem(w.get("/v1/me", secret), http.StatusUnauthorized, "identity.key_not_valid", "")
	w.isProblem(w.post("/v1/keys", w.adminKey, body), http.StatusBadRequest, "request.invalid", "/expires_at")
	w.isProblem(w.post("/v1/keys", w.adminKey, `{"person":999,"label":"l"}`), http.StatusNotFound, "record.not_found", "/person")
}
