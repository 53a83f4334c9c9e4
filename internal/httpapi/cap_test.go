package httpapi_test

import (
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/identity"
)

// Caps are decided, moved to the reserve and between levels; each list has
// what was done, newest first where asked.
func TestGovernment(t *testing.T) {
	t.Parallel()
	w := open(t)
	upper := w.person("upper", app.GrantAdd{Role: identity.Upper})
	a := w.approved("/v1/cap-decisions", w.leader, `{"region":"330421","pollutant":"VOCs","change":"-2.5","document":"d","decided_on":"2026-06-30"}`)
	if got := decode[api.CapDecision](t, a); a.status != http.StatusCreated || got.Change != "-2.5" || got.Cap != "997.5" || got.Transfer == 0 || got.RecordedAt == nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a = w.approved("/v1/reserve-movements", w.leader, `{"region":"330421","pollutant":"VOCs","direction":"to_reserve","quantity":"10","document":"d"}`)
	if got := decode[api.ReserveMovement](t, a); a.status != http.StatusCreated || got.Quantity != "10" || got.Direction != api.ReserveDirectionToReserve {
		t.Fatalf("%d %s", a.status, a.body)
	}
	w.isProblem(w.post("/v1/reserve-movements", w.leader, `{"region":"330421","pollutant":"VOCs","direction":"to_reserve","quantity":"1","document":"d","order":"cheapest"}`),
		http.StatusBadRequest, "lot.none_leaves", "/order")
	a = w.approved("/v1/level-transfers", upper, `{"from_region":"330421","to_region":"330400","pollutant":"VOCs","quantity":"4","part":"reserve","document":"d","order":"named","lots":[1]}`)
	if got := decode[api.LevelTransfer](t, a); a.status != http.StatusCreated || got.Part != api.CapPartReserve || got.FromTransfer == got.ToTransfer {
		t.Fatalf("%d %s", a.status, a.body)
	}
	accounts := decode[api.BasicAccountPage](t, w.get("/v1/regions/330421/accounts?pollutant=VOCs", ""))
	if b := accounts.Items[0]; b.Cap != "993.5" || b.Reserve != "6" {
		t.Errorf("%+v", b)
	}
	decisions := decode[api.CapDecisionPage](t, w.get("/v1/cap-decisions?region=330421&newest_first=true", w.auditor))
	if len(decisions.Items) != 2 || decisions.Items[0].Change != "-2.5" {
		t.Errorf("%+v", decisions)
	}
	for _, path := range []string{"?region=330400", "?region=330421&pollutant=VOCs", ""} {
		if got := decode[api.LevelTransferPage](t, w.get("/v1/level-transfers"+path, w.leader)); len(got.Items) != 1 {
			t.Errorf("%s: %+v", path, got)
		}
	}
	for path, key := range map[string]string{"?region=310118": w.leader, "?region=330421": w.west, "?pollutant=COD": upper} {
		if got := decode[api.LevelTransferPage](t, w.get("/v1/level-transfers"+path, key)); len(got.Items) != 0 {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if got := decode[api.ReserveMovementPage](t, w.get("/v1/reserve-movements?pollutant=VOCs", w.west)); len(got.Items) != 0 {
		t.Errorf("%+v", got)
	}
	w.isProblem(w.post("/v1/cap-decisions", w.leader, `{"region":"330421","pollutant":"VOCs","change":"-5000","document":"d","decided_on":"2026-06-30"}`),
		http.StatusUnprocessableEntity, "ledger.insufficient_balance", "/change")
	w.isProblem(w.post("/v1/cap-decisions", w.leader, `{"region":"330421","pollutant":"VOCs","change":"0","document":"d","decided_on":"2026-06-30"}`),
		http.StatusBadRequest, "reserve.no_change", "/change")
	w.isProblem(w.post("/v1/cap-decisions", w.west, `{"region":"330421","pollutant":"VOCs","change":"1","document":"d","decided_on":"2026-06-30"}`),
		http.StatusNotFound, "record.not_found", "/region")
	w.isProblem(w.post("/v1/level-transfers", upper, `{"from_region":"330421","to_region":"310118","pollutant":"VOCs","quantity":"4","part":"reserve","document":"d"}`),
		http.StatusBadRequest, "reserve.not_two_levels", "/to_region")
}
