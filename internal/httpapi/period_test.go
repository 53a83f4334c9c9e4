package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
)

// A month is closed; what is corrected of it afterwards posts in the open month,
// and every report as of the closed month prints the same bytes.
func TestScenario_CorrectionAfterClose(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	w.ok("/v1/reserve-movements", w.leader, `{"region":"330421","pollutant":"VOCs","direction":"to_reserve","quantity":"5","document":"预留"}`)
	wrong := decode[api.Allocation](t, w.ok("/v1/allocations", w.leader, fmt.Sprintf(
		`{"licence":%d,"instrument":%q,"kind":"initial","from":"reserve","origin":"free","quantity":"2","acquired_on":"2026-07-01","document":"核定"}`,
		f.licence, instrumentCode)))
	w.ok("/v1/orders", f.key, order(f, "sell", "2400", "4"))
	w.ok("/v1/orders", w.firms[1].key, order(w.firms[1], "buy", "2400", "4"))
	w.wantReserve("0 3 0.00 0 0.00")

	w.clock.Set(calendar.Date(20260803).Start())
	w.must(w.admin, app.PersonAdd{Name: "after the night"}) // the timers run first
	c := decode[api.PeriodClose](t, w.ok("/v1/period-closes", w.leader, `{"region":"330421","month":"2026-07-01"}`))
	closing := fmt.Sprintf("/v1/period-closes/%d", c.ID)
	for _, d := range c.Differences {
		w.ok(closing+"/explain", w.finance, fmt.Sprintf(`{"difference":%d,"explanation":"in August's statement"}`, d.ID))
	}
	w.ok(closing+"/sign", w.leader, `{"as":"centre"}`)
	if got := decode[api.PeriodClose](t, w.ok(closing+"/sign", w.finance, `{"as":"finance"}`)); got.State != api.CloseStateFrozen {
		t.Fatalf("%+v", got)
	}
	reports := []string{
		"/v1/reserve-statement?region=330421&pollutant=VOCs&from=2026-07-01&to=2026-07-31",
		"/v1/reserve-statement/lots?region=330421&pollutant=VOCs&from=2026-07-01&to=2026-07-31",
		"/v1/statistics?cycle=month&from=2026-07-01&as_of=2026-07-31",
		closing,
	}
	for _, file := range decode[api.CloseFilePage](t, w.get(closing+"/files", w.auditor)).Items {
		reports = append(reports, closing+"/files/"+file.Name)
	}
	before := map[string]string{}
	for _, path := range reports {
		a := w.get(path, w.auditor)
		w.want(http.StatusOK, a)
		before[path] = string(a.body)
	}

	x := decode[api.Correction](t, w.ok("/v1/allocation-corrections", w.leader, fmt.Sprintf(
		`{"allocation":%d,"quantity":"1.25","finding":"counted twice","document":"更正","decided_on":"2026-07-31"}`, wrong.ID)))
	if x.Reversed != "1.25" || x.Transfer == nil {
		t.Fatalf("%+v", x)
	}
	w.ok("/v1/orders", f.key, order(f, "sell", "2400", "1"))
	w.ok("/v1/orders", w.firms[1].key, order(w.firms[1], "buy", "2400", "1"))
	w.wantHolding(f, "free", "0.75 0 0")
	w.wantReserve("0 4.25 0.00 0 0.00")
	august := decode[api.ReserveStatement](t, w.get("/v1/reserve-statement?region=330421&pollutant=VOCs&from=2026-08-01&to=2026-08-31", w.auditor))
	if august.Opening != "3" || august.Closing != "4.25" {
		t.Errorf("August opens with %s and closes with %s", august.Opening, august.Closing)
	}
	for _, path := range reports {
		if got := string(w.get(path, w.auditor).body); got != before[path] {
			t.Errorf("%s prints\n%s\nand printed\n%s", path, got, before[path])
		}
	}
	w.checked(t)
}
