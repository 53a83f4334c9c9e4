package httpapi_test

import (
	"fmt"
	"net/http"
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
