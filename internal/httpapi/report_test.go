package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/identity"
)

// Statistics are public and name nobody; as of a past day they are the same
// again; bad parameters name their field.
func TestStatistics(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.post("/v1/orders", w.firms[0].key, order(w.firms[0], "sell", "2400", "10"))
	w.post("/v1/orders", w.firms[1].key, order(w.firms[1], "buy", "2400", "4"))
	const july = "/v1/statistics?cycle=month&from=2026-07-15"
	first := w.get(july, "")
	page := decode[api.StatisticPage](t, first)
	if len(page.Items) != 1 {
		t.Fatalf("%s", first.body)
	}
	if s := page.Items[0]; s.Period != "2026-07-01" || *s.Region != apptest.Jiashan || *s.Kind != api.TradeKindMarket || s.Trades != 1 || s.Quantity != "4" ||
		s.Amount != "48000.00" || *s.MeanPrice != "12000" || *s.MeanAnnualPrice != "2400" || s.Change != nil {
		t.Errorf("%s", first.body)
	}
	w.clock.Set(calendar.Date(20260815).Start())
	w.post("/v1/orders", w.firms[1].key, order(w.firms[1], "buy", "2400", "2"))
	if got := w.get(july+"&as_of=2026-07-31", ""); string(got.body) != string(first.body) {
		t.Errorf("as of July: %s", got.body)
	}
	both := decode[api.StatisticPage](t, w.get(july+"&to=2026-08-01&group=pollutant&limit=1", ""))
	if len(both.Items) != 1 || both.Next == nil {
		t.Fatalf("%+v", both)
	}
	august := decode[api.StatisticPage](t, w.get(fmt.Sprintf("%s&to=2026-08-01&group=pollutant&limit=1&after=%d", july, *both.Next), "")).Items[0]
	if august.Region != nil || august.Period != "2026-08-01" || *august.Change.Quantity != "-50" || august.Change.Trades == nil || *august.Change.Trades != "0" {
		t.Errorf("%+v", august)
	}
	if csv := w.export(july); !strings.Contains(csv, "amount,change,cycle,kind,") || !strings.Contains(csv, "48000.00,,month,market,") {
		t.Errorf("as CSV: %s", csv)
	}
	for query, field := range map[string]string{
		"cycle=month": "from", "from=2026-07-01": "cycle", "cycle=week&from=2026-07-01": "cycle", "cycle=month&from=1": "from",
		"cycle=month&from=2026-07-01&to=2026-06-01": "to", "cycle=month&from=1990-01-01&to=2026-06-01": "to",
		"cycle=month&from=2026-07-01&as_of=2026-12-31": "as_of", "cycle=month&from=2026-07-01&kind=gift": "kind",
	} {
		got := w.get("/v1/statistics?"+query, "")
		if p := decode[api.Problem](t, got); got.status != http.StatusBadRequest || p.Field == nil || *p.Field != field {
			t.Errorf("%s: %d %s, want a fault about %s", query, got.status, got.body, field)
		}
	}
}

// export asks for a list as CSV.
func (w *world) export(path string) string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+path, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Accept", asCSV)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.Header.Get("Content-Type") != asCSV {
		w.t.Fatalf("%d %s %v", response.StatusCode, body, err)
	}
	return string(body)
}

// Figures stand as they were published beside what is computed (facts 28 and 48).
func TestOfficialFigures(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, body := range []string{
		`{"region":"330000","cycle":"month","period":"2024-09-01","measure":"quantity","unit":"t","total":"906.83","document":"2024年9月指数月报",
			"published_on":"2024-10-15","parts":[{"name":"COD","pollutant":"COD","published":"389.96"},{"name":"NH3-N","pollutant":"NH3-N","published":"31.06"},
			{"name":"SO2","pollutant":"SO2","published":"98.72"},{"name":"NOx","pollutant":"NOx","published":"387.08"}]}`,
		`{"region":"330000","cycle":"year","period":"2020-01-01","measure":"trades","unit":"trade","total":"515","document":"2020年统计",
			"published_on":"2021-01-15","parts":[{"name":"嘉兴","region":"330400","published":"286"},{"name":"绍兴","region":"330600","published":"103"},
			{"name":"金华","region":"330700","published":"70"},{"name":"湖州","region":"330500","published":"44"},{"name":"台州","region":"331000","published":"11"},
			{"name":"杭州","region":"330100","published":"4"}]}`,
	} {
		if a := w.post("/v1/official-figures", w.finance, body); a.status != http.StatusCreated {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := w.post("/v1/official-figures", w.leader, body); a.status != http.StatusConflict {
			t.Errorf("again: %d %s", a.status, a.body)
		}
	}
	page := decode[api.OfficialFigurePage](t, w.get("/v1/official-figures", ""))
	for i, want := range []struct{ total, sum string }{{"906.83", "906.82"}, {"515", "518"}} {
		f := page.Items[i]
		if f.Total != want.total || *f.SumOfParts != want.sum || !f.Mismatch || *f.Computed != "0" {
			t.Errorf("%+v", f)
		}
		found := false
		for _, m := range f.Mismatches {
			found = found || m == api.FigureMismatch{Of: api.FigureMismatchOfSumOfParts, Published: want.total, Beside: want.sum}
		}
		if !found {
			t.Errorf("%+v", f.Mismatches)
		}
	}
	if before := decode[api.OfficialFigurePage](t, w.get("/v1/official-figures?as_of=2026-06-30", "")); len(before.Items) != 0 {
		t.Errorf("before they were recorded: %+v", before.Items)
	}
	bad := w.post("/v1/official-figures", w.finance, `{"region":"330000","cycle":"month","period":"2024-09-02","measure":"quantity","unit":"t","total":"1",
		"document":"d","published_on":"2024-10-15"}`)
	if p := decode[api.Problem](t, bad); bad.status != http.StatusBadRequest || p.Field == nil || *p.Field != "/period" {
		t.Errorf("%d %s", bad.status, bad.body)
	}
}

// A close, signed by two, can be downloaded file by file; its digest is that of
// sha256sum; a signature sent again is answered as before.
func TestPeriodClose(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.post("/v1/orders", w.firms[0].key, order(w.firms[0], "sell", "2400", "10"))
	w.post("/v1/orders", w.firms[1].key, order(w.firms[1], "buy", "2400", "4"))
	w.clock.Set(calendar.Date(20260803).Start())
	w.must(w.admin, app.PersonAdd{Name: "after the night"}) // the timers run first
	opened := w.post("/v1/period-closes", w.leader, `{"region":"330421","month":"2026-07-01"}`)
	c := decode[api.PeriodClose](t, opened)
	path := fmt.Sprintf("/v1/period-closes/%d", c.ID)
	if opened.status != http.StatusCreated || c.State != api.CloseStateOpen || len(c.Differences) == 0 {
		t.Fatalf("%d %s", opened.status, opened.body)
	}
	for _, d := range c.Differences {
		w.post(path+"/explain", w.finance, fmt.Sprintf(`{"difference":%d,"explanation":"in August's statement"}`, d.ID))
	}
	sign := func(key, as, idempotency string) answer {
		return w.send(http.MethodPost, path+"/sign", key, `{"as":"`+as+`"}`, func(r *http.Request) { r.Header.Set("Idempotency-Key", idempotency) })
	}
	if a := sign(w.leader, "centre", "centre"); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	frozen := sign(w.finance, "finance", "finance")
	if a := sign(w.finance, "finance", "finance"); string(a.body) != string(frozen.body) || a.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("sent again: %d %s", a.status, a.body)
	}
	closed := decode[api.PeriodClose](t, frozen)
	if closed.State != api.CloseStateFrozen || closed.Digest == nil {
		t.Fatalf("%s", frozen.body)
	}
	var manifest strings.Builder
	for _, f := range decode[api.CloseFilePage](t, w.get(path+"/files", w.auditor)).Items {
		content := w.get(path+"/files/"+f.Name, w.auditor).body
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != f.Digest || len(content) != f.Bytes {
			t.Errorf("%s is not what its digest says", f.Name)
		}
		manifest.WriteString(f.Digest + "  " + f.Name + "\n")
		if f.Name == "statistics.csv" && !strings.Contains(string(content), "330421,2026-07,VOCs,market,1,4,48000.00,12000,\n") {
			t.Errorf("%s", content)
		}
	}
	if sum := sha256.Sum256([]byte(manifest.String())); hex.EncodeToString(sum[:]) != *closed.Digest {
		t.Error("the digest of the close is not that of its files")
	}
	if a := w.get(path+"/files/nothing.csv", w.auditor); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.post("/v1/period-closes", w.leader, `{"region":"330421","month":"2026-07-01"}`); a.status != http.StatusConflict {
		t.Errorf("a second close: %d %s", a.status, a.body)
	}
}

// The auditor sees exceptions by kind and region, page by page.
func TestExceptions(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, price := range []string{"2400", "9000"} {
		w.post("/v1/orders", w.firms[0].key, order(w.firms[0], "sell", price, "1"))
		w.post("/v1/orders", w.firms[1].key, order(w.firms[1], "buy", price, "1"))
	}
	page := decode[api.ExceptionPage](t, w.get("/v1/exceptions?kind=price_outlier&limit=1", w.auditor))
	if len(page.Items) != 1 || page.Next == nil || page.Items[0].Objects[0].Table != "trade" || page.Items[0].Regions[0] != apptest.Jiashan {
		t.Fatalf("%+v", page)
	}
	set := `{"key":"exception.price_share","region":"330421","value":"0.9","valid_from":"2026-07-15","document":"d"}`
	if a := w.approved("/v1/parameters", w.leader, set); a.status >= http.StatusBadRequest {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := decode[api.ExceptionPage](t, w.get("/v1/exceptions?kind=price_outlier&region=330421", w.auditor)); len(got.Items) != 0 {
		t.Errorf("%+v", got)
	}
	if got := decode[api.ExceptionPage](t, w.get("/v1/exceptions?kind=soon_after_allocation&region=310118", w.auditor)); len(got.Items) != 0 {
		t.Errorf("%+v", got)
	}
	if a := w.get("/v1/exceptions", w.person("reader", app.GrantAdd{Role: identity.Upper})); a.status != http.StatusForbidden {
		t.Errorf("%d %s", a.status, a.body)
	}
}
