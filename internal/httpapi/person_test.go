package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
)

// A person gets a role and loses it; the last administrator stays.
func TestPersons(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post("/v1/persons", w.adminKey, `{"name":"张三"}`)
	p := decode[api.Person](t, a)
	if a.status != http.StatusCreated || p.Name != "张三" || p.State != api.PersonStateActive {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := decode[api.Person](t, w.get("/v1/persons/"+itoa(p.ID), w.auditor)); got != p {
		t.Errorf("%+v", got)
	}
	a = w.post("/v1/grants", w.adminKey, fmt.Sprintf(`{"person":%d,"role":"bureau_clerk","region":"330421","with_children":true}`, p.ID))
	g := decode[api.Grant](t, a)
	if a.status != http.StatusCreated || *g.Region != "330421" || !g.WithChildren || g.Signer || g.State != api.GrantStateActive {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := decode[api.GrantPage](t, w.get(fmt.Sprintf("/v1/grants?person=%d", p.ID), w.adminKey)); len(got.Items) != 1 || got.Items[0].ID != g.ID {
		t.Errorf("%+v", got)
	}
	if got := decode[api.GrantPage](t, w.get(fmt.Sprintf("/v1/grants?party=%d", w.firms[1].party), w.adminKey)); len(got.Items) != 1 {
		t.Errorf("%+v", got)
	}
	a = w.post(fmt.Sprintf("/v1/grants/%d/revoke", g.ID), w.adminKey, "")
	if got := decode[api.Grant](t, a); a.status != http.StatusOK || got.State != api.GrantStateRevoked {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.isProblem(w.post(fmt.Sprintf("/v1/grants/%d/revoke", g.ID), w.adminKey, ""), http.StatusConflict, "identity.grant_revoked", "")
	w.isProblem(w.post("/v1/grants/1/revoke", w.adminKey, ""), http.StatusUnprocessableEntity, "identity.last_admin", "")
	w.isProblem(w.post("/v1/grants/999/revoke", w.adminKey, ""), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.post("/v1/grants", w.adminKey, fmt.Sprintf(`{"person":%d,"role":"enterprise"}`, p.ID)), http.StatusBadRequest, "request.invalid", "/party")
	w.isProblem(w.get("/v1/persons/999", w.adminKey), http.StatusNotFound, "record.not_found", "id")
}

// Lists come in pages that join without a gap.
func TestPersons_Pages(t *testing.T) {
	t.Parallel()
	w := open(t)
	var ids []api.ID
	for path := "/v1/persons?limit=3"; path != ""; {
		page := decode[api.PersonPage](t, w.get(path, w.adminKey))
		for _, p := range page.Items {
			ids = append(ids, p.ID)
		}
		if path = ""; page.Next != nil {
			path = fmt.Sprintf("/v1/persons?limit=3&after=%d", *page.Next)
		}
	}
	for i, id := range ids {
		if id != int64(i+1) {
			t.Fatalf("pages have %v", ids)
		}
	}
	if len(ids) != 9 {
		t.Errorf("%d persons", len(ids))
	}
}

// isProblem compares an answer with the problem that it must be; an empty
// field is not compared.
func (w *world) isProblem(a answer, status int, code, field string) {
	w.t.Helper()
	var p api.Problem
	if a.status == status {
		p = decode[api.Problem](w.t, a)
	}
	if p.Code != code || field != "" && (p.Field == nil || *p.Field != field) {
		w.t.Errorf("%d %s, want %d %s at %q", a.status, a.body, status, code, field)
	}
}
