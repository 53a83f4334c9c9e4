package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app/apptest"
)

// badCheck is a code whose check digit is wrong.
func badCheck(uscc string) string {
	last := byte('0')
	if uscc[17] == '0' {
		last = '1'
	}
	return uscc[:17] + string(last)
}

// A party is registered, suspended and activated; a code that fails its check
// waits for the bureau.
func TestParties(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post("/v1/parties", w.leader, fmt.Sprintf(`{"name":"嘉善化工","uscc":%q,"region":"330421","industry":"2614","signer_limit":"50000.5"}`, apptest.USCC("330421", 50)))
	p := decode[api.Party](t, a)
	if a.status != http.StatusCreated || p.USCCCheck != api.USCCCheckValid || p.State != api.PartyStateActive || *p.SignerLimit != "50000.50" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := decode[api.PartyPage](t, w.get("/v1/parties?uscc="+p.USCC, w.leader)); len(got.Items) != 1 || got.Items[0].ID != p.ID {
		t.Errorf("%+v", got)
	}
	path := fmt.Sprintf("/v1/parties/%d", p.ID)
	a = w.post(path+"/state", w.leader, `{"state":"suspended","reason":"court order","document":"浙0421执1号"}`)
	if got := decode[api.Party](t, a); a.status != http.StatusOK || got.State != api.PartyStateSuspended {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := decode[api.PartyPage](t, w.get("/v1/parties?state=suspended&region=330421", w.finance)); len(got.Items) != 1 {
		t.Errorf("%+v", got)
	}
	w.isProblem(w.post(path+"/confirm-uscc", w.leader, `{"document":"d"}`), http.StatusConflict, "party.uscc_nothing_to_confirm", "")
	w.isProblem(w.post("/v1/parties", w.leader, fmt.Sprintf(`{"name":"twice","uscc":%q,"region":"330421","industry":"26"}`, p.USCC)), http.StatusConflict, "party.uscc_taken", "/uscc")

	a = w.post("/v1/parties", w.leader, fmt.Sprintf(`{"name":"early","uscc":%q,"region":"330421","industry":"26"}`, badCheck(apptest.USCC("330421", 51))))
	early := decode[api.Party](t, a)
	if early.USCCCheck != api.USCCCheckUnconfirmed || early.State != api.PartyStateSuspended || early.SignerLimit != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a = w.post(fmt.Sprintf("/v1/parties/%d/confirm-uscc", early.ID), w.leader, `{"document":"business licence","note":"seen"}`)
	if got := decode[api.Party](t, a); got.USCCCheck != api.USCCCheckConfirmed || got.State != api.PartyStateActive {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Whoever may not see a party gets the answer of one that does not exist. The
// bureau of a licence's region sees the licence's party.
func TestParties_Hidden(t *testing.T) {
	t.Parallel()
	w := open(t)
	path := fmt.Sprintf("/v1/parties/%d", w.firms[0].party)
	hidden := w.get(path, w.firms[1].key)
	missing := w.get("/v1/parties/999", w.firms[1].key)
	w.isProblem(hidden, http.StatusNotFound, "record.not_found", "id")
	if h, m := decode[api.Problem](t, hidden), decode[api.Problem](t, missing); h.Detail != m.Detail {
		t.Errorf("%s differs from %s", hidden.body, missing.body)
	}
	w.isProblem(w.get(path, w.west), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.post(path+"/state", w.west, `{"state":"suspended","reason":"r"}`), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.post("/v1/parties", w.west, fmt.Sprintf(`{"name":"n","uscc":%q,"region":"330421","industry":"26"}`, apptest.USCC("330421", 60))),
		http.StatusNotFound, "record.not_found", "/region")
	a := w.post("/v1/licences", w.west, fmt.Sprintf(`{"party":%d,"number":"%s002P","kind":"licence","site":"青浦厂","region":"310118",
		"valid_from":"2026-01-01","valid_to":"2030-12-31"}`, w.firms[0].party, apptest.USCC("330421", 0)))
	l := decode[api.Licence](t, a)
	if a.status != http.StatusCreated || l.RenewBy != "2030-11-01" || l.State != api.LicenceStateValid {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := w.get(path, w.west); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := decode[api.PartyPage](t, w.get("/v1/parties", w.west)); len(got.Items) != 2 {
		t.Errorf("%+v", got)
	}
	if got := decode[api.PartyPage](t, w.get("/v1/parties", w.firms[1].key)); len(got.Items) != 1 || got.Items[0].ID != w.firms[1].party {
		t.Errorf("%+v", got)
	}
}

// Who speaks for a party is the party's to know, and that of its region's officers and the
// auditors: not of the other side, of officers elsewhere, or of the public.
func TestPartyContacts(t *testing.T) {
	t.Parallel()
	w := open(t)
	f, other := w.firms[0], w.firms[1]
	body := func(f firm, telephone string) string {
		return fmt.Sprintf(`{"party":%d,"contact":{"name":"王芳","telephone":%q}}`, f.party, telephone)
	}
	w.isProblem(w.post("/v1/party-contacts", f.key, body(f, "84123456")), http.StatusBadRequest, "request.invalid", "/contact/telephone")
	w.isProblem(w.post("/v1/party-contacts", other.key, body(f, "13800001234")), http.StatusNotFound, "record.not_found", "/party")
	first := w.post("/v1/party-contacts", f.key, body(f, "0573-84123456"))
	if c := decode[api.PartyContact](t, first); first.status != http.StatusCreated || c.Telephone != "+8657384123456" || c.EndedAt != nil || c.Region != apptest.Jiashan {
		t.Errorf("%d: %+v", first.status, c)
	}
	w.post("/v1/party-contacts", w.leader, body(f, "13800001234"))
	for name, tt := range map[string]struct {
		key  string
		sees int
	}{"its user": {f.key, 2}, "the leader": {w.leader, 2}, "the auditor": {w.auditor, 2}, "another party": {other.key, 0}, "another region": {w.west, 0}} {
		page := w.get(fmt.Sprintf("/v1/party-contacts?party=%d", f.party), tt.key)
		if got := decode[api.PartyContactPage](t, page).Items; page.status != http.StatusOK || len(got) != tt.sees || tt.sees == 2 && (got[0].EndedAt == nil || got[1].EndedAt != nil) {
			t.Errorf("%s sees %d: %+v", name, page.status, got)
		}
	}
	for _, key := range []string{"", w.adminKey} {
		if a := w.get("/v1/party-contacts", key); a.status < http.StatusUnauthorized {
			t.Errorf("%q: %d", key, a.status)
		}
	}
	for _, path := range []string{fmt.Sprintf("/v1/parties/%d", f.party), "/v1/parties"} {
		if a := w.get(path, w.leader); strings.Contains(string(a.body), "13800001234") {
			t.Errorf("%s shows it: %s", path, a.body)
		}
	}
	c := decode[api.Party](t, w.post("/v1/parties", w.leader, fmt.Sprintf(
		`{"name":"new","uscc":%q,"region":"330421","industry":"2319","contact":{"name":"李明","telephone":"13800005678"}}`, apptest.USCC(apptest.Jiashan, 77))))
	if got := decode[api.PartyContactPage](t, w.get(fmt.Sprintf("/v1/party-contacts?party=%d", c.ID), w.leader)).Items; len(got) != 1 || got[0].Name != "李明" {
		t.Errorf("with its registration: %+v", got)
	}
}
