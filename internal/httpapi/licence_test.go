package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app/apptest"
)

// A licence is suspended and revoked for good; the fields of a wrong one are named.
func TestLicences(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	path := fmt.Sprintf("/v1/licences/%d", f.licence)
	for _, state := range []api.LicenceState{api.LicenceStateSuspended, api.LicenceStateRevoked} {
		a := w.post(path+"/state", w.leader, fmt.Sprintf(`{"state":%q,"reason":"r","document":"d"}`, state))
		if got := decode[api.Licence](t, a); a.status != http.StatusOK || got.State != state {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	w.isProblem(w.post(path+"/state", w.leader, `{"state":"valid","reason":"r","document":"d"}`), http.StatusConflict, "record.state_final", "/state")
	if got := decode[api.LicencePage](t, w.get("/v1/licences?state=revoked", f.key)); len(got.Items) != 1 || got.Items[0].ID != f.licence {
		t.Errorf("%+v", got)
	}
	if got := decode[api.LicencePage](t, w.get(fmt.Sprintf("/v1/licences?party=%d", f.party), w.firms[1].key)); len(got.Items) != 0 {
		t.Errorf("another firm sees %+v", got)
	}
	w.isProblem(w.get(path, w.firms[1].key), http.StatusNotFound, "record.not_found", "id")
	a := w.post("/v1/licences", w.leader, fmt.Sprintf(`{"party":%d,"number":"%s003P","kind":"licence","site":"s","region":"330421",
		"valid_from":"2026-02-30","valid_to":"2026-13-01"}`, f.party, apptest.USCC("330421", 0)))
	if p := decode[api.Problem](t, a); a.status != http.StatusBadRequest || len(p.Errors) != 2 || p.Errors[1].Field != "/valid_to" {
		t.Errorf("%d %s", a.status, a.body)
	}
}
