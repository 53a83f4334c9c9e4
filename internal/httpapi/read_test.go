package httpapi_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/quantity"
)

// Every query of the contract answers every role as the contract promises.
func TestQueries_EveryRole(t *testing.T) {
	t.Parallel()
	w := open(t)
	a, b := w.firms[0], w.firms[2]
	w.post("/v1/orders", a.key, order(a, "sell", "2400", "10"))
	w.post("/v1/orders", b.key, order(b, "buy", "2400", "4"))
	keys := map[string]string{
		"public": "", "enterprise": a.key, "bureau_leader": w.leader, "bureau_leader of Qingpu": w.west, "finance": w.finance,
		"auditor": w.auditor, "admin": w.adminKey,
	}
	for path, item := range contractDoc.Paths.Map() {
		if item.Get == nil || strings.HasSuffix(path, "/events") {
			continue
		}
		roles := fmt.Sprint(item.Get.Extensions["x-roles"])
		for role, key := range keys {
			name, _, _ := strings.Cut(role, " ")
			got := w.get(exampleOf(path), key)
			allowed := strings.Contains(roles, name) || strings.Contains(roles, "public")
			switch {
			case got.status >= http.StatusInternalServerError:
				t.Errorf("%s as %s: %d %s", path, role, got.status, got.body)
			case allowed == (got.status == http.StatusUnauthorized || got.status == http.StatusForbidden):
				t.Errorf("%s as %s: %d %s, the contract has %s", path, role, got.status, got.body, roles)
			}
		}
	}
}

// exampleOf fills a path's parameters in.
func exampleOf(path string) string {
	path = strings.NewReplacer("{id}", "1", "{number}", "5", "{certificate}", firstCertificate, "{year}", "2026").Replace(path)
	switch {
	case strings.Contains(path, "regions"):
		path = strings.Replace(path, "{code}", apptest.Jiashan, 1)
	case strings.Contains(path, "instruments"):
		path = strings.Replace(path, "{code}", instrumentCode, 1)
	default:
		path = strings.Replace(path, "{code}", marketCode, 1)
	}
	switch {
	case strings.HasSuffix(path, "/book"):
		path += "?instrument=" + instrumentCode
	case strings.HasSuffix(path, "/fee-quote"):
		path += "?side=buy&amount=100"
	case strings.HasPrefix(path, "/v1/fees"):
		path += "?from=2026-01-01&to=2026-12-31"
	case strings.HasSuffix(path, "/candles"):
		path += "?from=2026-07-01&to=2026-07-31&instrument=" + instrumentCode
	case strings.HasSuffix(path, "/price-quote"):
		path += "?kind=deal&quantity=1&price=4000&instrument=" + instrumentCode
	case strings.HasSuffix(path, "/surplus-estimates"):
		path += "?licence=1&pollutant=VOCs&year=2026"
	case path == "/v1/carbon/participants/activities":
		path += "?scheme=1&from=2026-06-01&to=2026-06-30&participant=" + walkedPerson
	case strings.HasPrefix(path, "/v1/carbon/participants"), path == "/v1/carbon/points/burns":
		path += "?scheme=1&participant=" + walkedPerson
	case path == "/v1/carbon/monthly-reductions":
		path += "?from=2026-06&to=2026-06"
	case path == "/v1/forfeit-statement":
		path += "?region=" + apptest.Jiashan + "&from=2026-01-01&to=2026-12-31"
	case strings.HasPrefix(path, "/v1/reserve-statement"):
		path += "?region=" + apptest.Jiashan + "&pollutant=" + apptest.VOCs + "&from=2026-01-01&to=2026-12-31"
	}
	return path
}

// An enterprise sees its own objects and nobody else's; an officer those of
// his region.
func TestQueries_Visibility(t *testing.T) {
	t.Parallel()
	w := open(t)
	jiashan, qingpu := w.firms[0], w.firms[2]
	for _, f := range w.firms {
		w.post("/v1/orders", f.key, order(f, "sell", "2400", "1"))
	}
	parties := func(path, key string) map[int64]bool {
		t.Helper()
		page := decode[struct {
			Items []struct {
				Party  int64
				Region string
			}
		}](t, w.get(path, key))
		seen := map[int64]bool{}
		for _, i := range page.Items {
			seen[i.Party] = true
		}
		return seen
	}
	for _, path := range []string{"/v1/orders", "/v1/holdings", "/v1/acquisitions", "/v1/certificates", "/v1/surplus", "/v1/accounts", "/v1/funds"} {
		if got := parties(path, jiashan.key); len(got) != 1 || !got[jiashan.party] {
			t.Errorf("%s: a firm sees %v", path, got)
		}
		if got := parties(path+"?party="+itoa(qingpu.party), jiashan.key); len(got) != 0 {
			t.Errorf("%s: a firm that asks for another sees %v", path, got)
		}
		if got := parties(path, w.auditor); len(got) < 3 {
			t.Errorf("%s: the auditor sees %v", path, got)
		}
	}
	for _, path := range []string{"/v1/holdings", "/v1/acquisitions", "/v1/certificates", "/v1/surplus"} {
		if got := parties(path, w.west); len(got) != 1 || !got[qingpu.party] {
			t.Errorf("%s: the leader of Qingpu sees %v", path, got)
		}
	}
	for _, a := range decode[api.AccountPage](t, w.get("/v1/accounts", w.west)).Items {
		if a.Region == nil || *a.Region != apptest.Qingpu {
			t.Errorf("the leader of Qingpu sees %+v", a)
		}
	}
	for _, a := range decode[api.AccountPage](t, w.get("/v1/accounts?limit=500", w.leader)).Items {
		if a.Unit == "CNY" {
			t.Errorf("a leader sees money: %+v", a)
		}
	}
}

// Pages follow each other without a gap, upwards and downwards.
func TestQueries_Pages(t *testing.T) {
	t.Parallel()
	w := open(t)
	walk := func(path, key string) (ids []int64) {
		t.Helper()
		for next := ""; ; {
			page := decode[struct {
				Items []struct{ ID, Number int64 }
				Next  *int64
			}](t, w.get(path+next, key))
			for _, i := range page.Items {
				ids = append(ids, i.ID+i.Number)
			}
			if page.Next == nil {
				return ids
			}
			next = fmt.Sprintf("&after=%d", *page.Next)
		}
	}
	all := decode[api.JournalHead](t, w.get("/v1/journal/head", w.auditor)).Length
	for _, path := range []string{"/v1/journal?limit=7", "/v1/journal?limit=7&newest_first=true"} {
		ids := walk(path, w.auditor)
		for i, id := range ids {
			if want := int64(i) + 1; !strings.Contains(path, "newest") && id != want || strings.Contains(path, "newest") && id != all-int64(i) {
				t.Fatalf("%s: row %d is %d", path, i, id)
			}
		}
		if int64(len(ids)) != all {
			t.Errorf("%s: %d rows of %d", path, len(ids), all)
		}
	}
	if n := len(walk("/v1/regions?limit=5", "")); n < 18 {
		t.Errorf("%d regions", n)
	}
	if a, b := walk("/v1/accounts?limit=3", w.auditor), walk("/v1/accounts?limit=500", w.auditor); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("pages %v, whole %v", a, b)
	}
	both := w.person("both", app.GrantAdd{Role: "bureau_leader", Region: apptest.Qingpu})
	w.must(w.admin, app.GrantAdd{Person: w.personOf(both), Role: "bureau_leader", Region: apptest.Jiashan})
	if ids := walk("/v1/holdings?limit=1", both); len(ids) != 3 {
		t.Errorf("an officer of two regions sees %v", ids)
	}
}

// A statement adds up on each of its pages and over all of them.
func TestStatement(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[2]
	for range 5 {
		w.post("/v1/orders", seller.key, order(seller, "sell", "2400", "1"))
		w.post("/v1/orders", buyer.key, order(buyer, "buy", "2400", "1"))
	}
	funds := decode[api.FundsPage](t, w.get("/v1/funds", seller.key)).Items[0]
	money := func(text string) quantity.Money {
		t.Helper()
		m, err := quantity.ParseMoney("", text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	closing, movements := funds.Balance, 0
	for next := "?limit=4"; ; {
		s := decode[api.AccountStatement](t, w.get(fmt.Sprintf("/v1/accounts/%d/statement%s", funds.Account, next), seller.key))
		sum := money(s.Opening)
		for _, m := range s.Movements {
			if sum += money(m.Change); money(m.Balance) != sum || m.CounterAccount != nil {
				t.Errorf("%+v: the sum is %s", m, sum)
			}
			movements++
		}
		if sum != money(s.Closing) || s.Closing != closing {
			t.Errorf("closing %s, sum %s, expected %s", s.Closing, sum, closing)
		}
		if closing = s.Opening; s.Next == nil {
			break
		}
		next = fmt.Sprintf("?limit=4&after=%d", *s.Next)
	}
	if closing != "0.00" || movements != 6 {
		t.Errorf("opening %s, %d movements", closing, movements)
	}
	for query, want := range map[string][2]string{
		"?from=2026-07-02": {funds.Balance, funds.Balance}, "?to=2026-06-30": {"0.00", "0.00"}, "?from=2026-07-01&to=2026-07-01": {"0.00", funds.Balance},
	} {
		s := decode[api.AccountStatement](t, w.get(fmt.Sprintf("/v1/accounts/%d/statement%s", funds.Account, query), seller.key))
		if s.Opening != want[0] || s.Closing != want[1] {
			t.Errorf("%s: %s to %s, want %v", query, s.Opening, s.Closing, want)
		}
	}
	if a := w.get(fmt.Sprintf("/v1/accounts/%d/statement", funds.Account), buyer.key); a.status != http.StatusNotFound {
		t.Errorf("another's statement: %d %s", a.status, a.body)
	}
}

// Caps, balances and the trial balance add up after trades between regions.
func TestAccounts_AddUp(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[2]
	w.post("/v1/orders", seller.key, order(seller, "sell", "2400", "10"))
	w.post("/v1/orders", buyer.key, order(buyer, "buy", "2400", "4"))
	w.post("/v1/parties", w.leader, `{"name":"New","uscc":"`+apptest.USCC(apptest.Jiashan, 99)+`","region":"`+apptest.Jiashan+`","industry":"2319"}`) // posts nothing
	last := decode[api.JournalPage](t, w.get("/v1/journal?limit=1&newest_first=true", w.auditor)).Items[0]
	trial := decode[api.TrialBalance](t, w.get("/v1/trial-balance", w.auditor))
	if !trial.Balanced || trial.Command != last.Number || *trial.At != last.At || len(trial.Lines) == 0 {
		t.Errorf("%+v, the last journal row is %+v", trial, last)
	}
	if a := w.get("/v1/trial-balance?as_of=2020-01-01", w.auditor); strings.TrimSpace(string(a.body)) != `{"balanced":true,"command":0,"lines":[]}` {
		t.Errorf("as of a day before the first command: %s", a.body)
	}
	for region, want := range map[string]api.BasicAccount{
		apptest.Jiashan: {Cap: "996", Holdings: "196", Unallocated: "800"}, apptest.Qingpu: {Cap: "1004", Holdings: "104", Unallocated: "900"},
	} {
		got := decode[api.BasicAccountPage](t, w.get("/v1/regions/"+region+"/accounts", "")).Items[0]
		if got.Cap != want.Cap || got.Holdings != want.Holdings || got.Unallocated != want.Unallocated || got.Reserve != "0" {
			t.Errorf("%s: %+v", region, got)
		}
	}
	holding := decode[api.HoldingPage](t, w.get("/v1/holdings", seller.key)).Items[0]
	if holding.Balance != "96" || holding.Held != "6" || holding.Sellable != "90" {
		t.Errorf("%+v", holding)
	}
}

// A correcting transfer is posted when a second person has approved it, read back with its
// document, and refused where it may not be made.
func TestTransfers(t *testing.T) {
	t.Parallel()
	w := open(t)
	account := func(key string) int64 { return decode[api.FundsPage](t, w.get("/v1/funds", key)).Items[0].Account }
	a, b := account(w.firms[0].key), account(w.firms[1].key)
	body := func(amount string) string {
		return fmt.Sprintf(`{"debit_account":%d,"credit_account":%d,"amount":%q,"document":"文号 1","note":"n"}`, a, b, amount)
	}
	w.want(http.StatusAccepted, w.post("/v1/transfers", w.finance, body("99")))
	got := w.approved("/v1/transfers", w.finance, body("12.5"))
	made := decode[api.Transfer](t, got)
	if got.status != http.StatusCreated || made.Postings[0].Amount != "12.50" || *made.Document != "文号 1" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	read := w.get("/v1/transfers/"+itoa(made.ID), w.firms[1].key)
	if !reflect.DeepEqual(decode[api.Transfer](t, read), made) {
		t.Errorf("read %s\nmade %s", read.body, got.body)
	}
	if other := w.get("/v1/transfers/"+itoa(made.ID), w.firms[2].key); other.status != http.StatusNotFound {
		t.Errorf("another firm reads it: %d %s", other.status, other.body)
	}
	if bad := w.post("/v1/transfers", w.finance, body("12.555")); bad.status != 400 || fieldOf(decode[api.Problem](t, bad)) != "/amount" {
		t.Errorf("%d %s", bad.status, bad.body)
	}
	batch := w.post("/v1/transfer-batches", w.finance, `{"transfers":[`+body("1")+`,`+body("99999999999")+`]}`)
	results := decode[api.TransferBatchResult](t, batch).Results
	if batch.status != http.StatusOK || len(results) != 2 || results[0].Problem == nil || results[0].Problem.Code != "transfer.needs_approval" || results[1].Problem == nil {
		t.Fatalf("%d %s", batch.status, batch.body)
	}
	batch = w.approved("/v1/transfer-batches", w.finance, `{"mode":"all","transfers":[`+body("1")+`,`+body("2")+`,`+body("1")+`]}`)
	if results = decode[api.TransferBatchResult](t, batch).Results; len(results) != 3 || results[2].Transfer == nil {
		t.Fatalf("%d %s", batch.status, batch.body)
	}
	if third := decode[api.Transfer](t, w.get("/v1/transfers/"+itoa(*results[2].Transfer), w.auditor)); *third.Document != "文号 1" || third.Reference != nil {
		t.Errorf("%+v", third)
	}
}

// Readers get as many levels of a book as the contract lets them ask for.
func TestBook_Depth(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller := w.firms[0]
	for i := range app.DepthLevels + 1 {
		w.post("/v1/orders", seller.key, order(seller, "sell", strconv.Itoa(2400+i), "0.1"))
	}
	most := *contractDoc.Components.Parameters["Depth"].Value.Schema.Value.Max
	for depth, want := range map[string]int{"": 20, "&depth=1": 1, fmt.Sprintf("&depth=%.0f", most): app.DepthLevels} {
		book := decode[api.Book](t, w.get("/v1/markets/"+marketCode+"/book?instrument="+instrumentCode+depth, ""))
		if len(book.Asks) != want || book.Asks[want-1].Price != strconv.Itoa(2400+want-1) {
			t.Errorf("%s: %d levels, want %d", depth, len(book.Asks), want)
		}
	}
	if most != app.DepthLevels {
		t.Errorf("the contract allows %.0f levels, %d are published", most, app.DepthLevels)
	}
}
