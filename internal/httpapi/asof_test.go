package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
)

// A report as of a day that is over prints the same again, byte by byte, whatever is
// done since, also about that day.
func TestScenario_AsOf(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[2]
	idle := decode[api.IdleDeclaration](t, w.ok("/v1/idle-declarations", seller.key, fmt.Sprintf(
		`{"licence":%d,"instrument":%q,"origin":"paid","quantity":"98","since":"2023-01-31","document":"闲置申报"}`, seller.licence, instrumentCode)))
	w.ok("/v1/orders", seller.key, order(seller, "sell", "2400", "10"))
	w.ok("/v1/orders", buyer.key, order(buyer, "buy", "2400", "4"))
	w.ok("/v1/reserve-movements", w.leader, `{"region":"330421","pollutant":"VOCs","direction":"to_reserve","quantity":"2","document":"d"}`)
	discharge := func(quarter int, q, supersedes string) api.Discharge {
		return decode[api.Discharge](t, w.ok("/v1/discharges", w.leader, fmt.Sprintf(
			`{"licence":%d,"pollutant":"VOCs","year":2024,"quarter":%d,"source":"meter_card","quantity":%q,"document":"d"%s}`, seller.licence, quarter, q, supersedes)))
	}
	var last api.Discharge
	for quarter := 1; quarter <= 4; quarter++ {
		last = discharge(quarter, "1", "")
	}
	w.clock.Set(calendar.Date(20260702).Start())
	// What the timers had begun on the day before is done when a command of today is.
	w.ok("/v1/parties", w.leader, fmt.Sprintf(`{"name":"today","uscc":%q,"region":"330421","industry":"2319"}`, apptest.USCC(apptest.Jiashan, 97)))
	const reserve = "region=330421&pollutant=VOCs&from=2026-07-01&to=2026-12-31"
	reports := map[string]string{
		"/v1/trial-balance?": w.auditor, "/v1/idle-report?": w.auditor, "/v1/exceptions?": w.auditor,
		"/v1/reserve-statement?" + reserve + "&": w.auditor, "/v1/reserve-statement/lots?" + reserve + "&": w.auditor,
		fmt.Sprintf("/v1/surplus-estimates?licence=%d&pollutant=VOCs&year=2024&", seller.licence): w.auditor,
	}
	printed := func(path, day string) string {
		t.Helper()
		a := w.get(path+"as_of="+day, reports[path])
		if a.status != http.StatusOK {
			t.Fatalf("%s as of %s: %d %s", path, day, a.status, a.body)
		}
		return string(a.body)
	}
	then := map[string]string{}
	for path := range reports {
		then[path] = printed(path, "2026-07-01")
	}
	if got := decode[api.IdlePermitsPage](t, w.get("/v1/idle-report?as_of=2026-07-01", w.auditor)).Items; len(got) != 1 || got[0].Quantity != "96" || got[0].MonthsIdle != 41 || !got[0].Sweepable {
		t.Errorf("%+v", got)
	}
	trial := decode[api.TrialBalance](t, w.get("/v1/trial-balance?as_of=2026-07-01", w.auditor))
	if !trial.Balanced || len(trial.Lines) == 0 {
		t.Errorf("%+v", trial)
	}
	w.ok("/v1/orders", buyer.key, order(buyer, "buy", "2400", "6"))
	w.ok(fmt.Sprintf("/v1/idle-declarations/%d/end", idle.ID), w.leader, `{"used_on":"2026-06-01","document":"复产"}`)
	w.ok("/v1/reserve-movements", w.leader, `{"region":"330421","pollutant":"VOCs","direction":"to_unallocated","quantity":"2","document":"d"}`)
	discharge(4, "2", fmt.Sprintf(`,"supersedes":%d`, last.ID))
	w.ok("/v1/reduction-tasks", w.leader, fmt.Sprintf(`{"licence":%d,"pollutant":"VOCs","year":2024,"quantity":"1","document":"d"}`, seller.licence))
	w.ok("/v1/parties", w.leader, fmt.Sprintf(`{"name":"later","uscc":%q,"region":"330421","industry":"2319"}`, apptest.USCC(apptest.Jiashan, 98)))
	w.clock.Set(calendar.Date(20260805).Start())
	for path := range reports {
		if again := printed(path, "2026-07-01"); again != then[path] {
			t.Errorf("%s was\n%s\nand is printed again as\n%s", path, then[path], again)
		}
		if path != "/v1/exceptions?" && printed(path, "2026-08-05") == then[path] {
			t.Errorf("%s has not changed since", path)
		}
	}
	if got := decode[api.IdlePermitsPage](t, w.get("/v1/idle-report", w.auditor)).Items; len(got) != 0 {
		t.Errorf("now %+v", got)
	}
	before := decode[api.ReserveStatement](t, w.get("/v1/reserve-statement?"+reserve+"&as_of=2026-06-30", w.auditor))
	if then := decode[api.ReserveStatement](t, w.get("/v1/reserve-statement?"+reserve+"&as_of=2026-07-01", w.auditor)); then.Closing != "2" || *then.Ledger != "2" ||
		before.Closing != before.Opening || *before.Ledger != before.Closing {
		t.Errorf("%+v, the day before %+v", then, before)
	}
	w.isProblem(w.get("/v1/reserve-statement?"+reserve+"&as_of=2026-08-06", w.auditor), http.StatusBadRequest, "request.invalid", "as_of")
	w.isProblem(w.get("/v1/trial-balance?as_of=2026-08-06", w.auditor), http.StatusBadRequest, "request.invalid", "as_of")
}

// Nothing is printed of a day that is just over while nobody says that all of it is there.
func TestAsOf_StillOnItsWay(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.app.Close()
	w.clock.Set(calendar.Date(20260702).Start())
	for _, path := range []string{
		"/v1/trial-balance?", "/v1/idle-report?", "/v1/exceptions?", "/v1/official-figures?", "/v1/statistics?cycle=month&from=2026-07-01&",
		"/v1/reserve-statement?region=330421&pollutant=VOCs&from=2026-07-01&to=2026-12-31&",
	} {
		a := w.get(path+"as_of=2026-07-01", w.auditor)
		w.isProblem(a, http.StatusServiceUnavailable, "app.snapshot_stale", "")
		if a.header.Get("Retry-After") == "" {
			t.Errorf("%s: does not say when to try again", path)
		}
	}
	for _, path := range []string{
		"/v1/rules?as_of=2026-07-01", "/v1/journal?to=2026-07-01", "/v1/fees?from=2026-07-01&to=2026-07-01", "/v1/markets/" + marketCode + "/trades?to=2026-07-01",
		"/v1/forfeit-statement?region=330421&from=2026-07-01&to=2026-07-01",
		"/v1/markets/" + marketCode + "/candles?from=2026-07-01&to=2026-07-01&instrument=" + instrumentCode,
	} {
		w.isProblem(w.get(path, w.auditor), http.StatusServiceUnavailable, "app.snapshot_stale", "")
	}
	if a := w.get("/v1/exceptions?as_of=2026-06-30", w.auditor); a.status != http.StatusOK {
		t.Errorf("of the day before: %d %s", a.status, a.body)
	}
}
