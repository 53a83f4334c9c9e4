package httpapi_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// The rulebook is public, as of any day, with the parameters of that day.
func TestRules_AsOf(t *testing.T) {
	t.Parallel()
	w := open(t)
	today := decode[api.Rulebook](t, w.get("/v1/rules", ""))
	if today.AsOf != "2026-07-01" || len(today.Items) != len(rulebook.All()) || len(today.Parameters) != len(rulebook.SeedParameters()) {
		t.Errorf("%s: %d rules, %d parameters", today.AsOf, len(today.Items), len(today.Parameters))
	}
	for _, r := range today.Items {
		if r.ID == "seller.paid_and_surplus" && (r.Citation != "浙江省大气污染防治条例 第十六条; 甬环发〔2015〕81号" || r.ValidFrom != "2020-11-27") {
			t.Errorf("%+v", r)
		}
	}
	if len(today.Provisions) != len(rulebook.Provisions()) || !slices.ContainsFunc(today.Provisions, func(p api.Provision) bool {
		return p.ID == "market.price_band" && p.Refusals[0].Code == "order.outside_band" && p.Refusals[0].Citation == "terms of the market"
	}) {
		t.Errorf("provisions: %+v", today.Provisions)
	}
	before := decode[api.Rulebook](t, w.get("/v1/rules?as_of=2020-11-26", ""))
	if len(before.Items) >= len(today.Items) || before.AsOf != "2020-11-26" {
		t.Errorf("on %s: %d rules", before.AsOf, len(before.Items))
	}
	if a := w.get("/v1/rules?as_of=yesterday", ""); a.status != http.StatusBadRequest {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Eligibility says why, changes nothing and needs no key of idempotency; what a
// asked is how many commands somebody has asked for: what the registry does by
// itself comes in its own time.
func (w *world) asked() int {
	w.t.Helper()
	var rows []app.JournalRow
	if err := w.app.Reader().Find(w.t.Context(), app.Journal.Name(), app.Query{}, &rows); err != nil {
		w.t.Fatal(err)
	}
	return len(slices.DeleteFunc(rows, func(r app.JournalRow) bool { return r.Kind == string(identity.TimerFire) }))
}

// seller has is looked at only for those who may see it.
func TestEligibility(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, other, abroad := w.firms[0], w.firms[1], w.firms[2]
	noKey := func(r *http.Request) { r.Header.Del("Idempotency-Key") }
	ask := func(key, body string) api.Eligibility {
		t.Helper()
		a := w.send(http.MethodPost, "/v1/eligibility", key, body, noKey)
		if a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return decode[api.Eligibility](t, a)
	}
	said := func(e api.Eligibility, rule string) api.RuleOpinion {
		t.Helper()
		for _, o := range e.Opinions {
			if o.Rule == rule {
				return o
			}
		}
		t.Fatalf("%s did not speak", rule)
		return api.RuleOpinion{}
	}
	project := w.projectOf(other)
	sell := fmt.Sprintf(`{"action":"sell","seller_licence":%d,"instrument":%q,"market":%q,"quantity":"1"}`, seller.licence, instrumentCode, marketCode)
	if e := ask(seller.key, sell); !e.Allowed || said(e, "seller.paid_and_surplus").Outcome != api.RuleOutcomePassed {
		t.Errorf("%+v", e)
	}
	buyBack := strings.Replace(sell, `"sell"`, `"buy_back"`, 1)
	if e := ask(seller.key, buyBack); e.Allowed || len(e.Obstacles) != 1 || e.Obstacles[0].Code != "buy_back.no_base_price" {
		t.Errorf("nothing says the price: %+v", e)
	}
	w.buysBack(quantity.OneMoney)
	w.must(w.personOf(w.leader), app.FactRecord{
		Kind: rulebook.Monitor, Licence: seller.licence, Value: rulebook.No, ValidFrom: 20260701, Document: "inspection 7",
	})
	journal := w.asked()
	e := ask(seller.key, sell)
	if o := said(e, "seller.paid_and_surplus"); e.Allowed || o.Outcome != api.RuleOutcomeRefused || *o.Code != "rule.no_monitor" || !strings.Contains(o.Says, "inspection 7") {
		t.Errorf("%+v", o)
	}
	if a := w.post("/v1/orders", seller.key, order(seller, "sell", "2400", "1")); a.status != http.StatusUnprocessableEntity ||
		decode[api.Problem](t, a).Code != "rule.no_monitor" || *decode[api.Problem](t, a).Rule != "seller.paid_and_surplus" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if e := ask(seller.key, buyBack); !e.Allowed {
		t.Errorf("the government may buy back: %+v", e)
	}
	deal := fmt.Sprintf(`{"action":"deal","seller_licence":%d,"buyer_licence":%d,"instrument":%q,"quantity":"3.875","need":"1.2345"}`,
		seller.licence, other.licence, instrumentCode)
	if o := said(ask(other.key, deal), "seller.paid_and_surplus"); o.Outcome != api.RuleOutcomeNotApplicable {
		t.Errorf("the buyer learns of the seller's monitor: %+v", o)
	}
	if o := said(ask(w.auditor, deal), "seller.paid_and_surplus"); o.Outcome != api.RuleOutcomeRefused {
		t.Errorf("%+v", o)
	}
	w.must(w.personOf(w.leader), app.AttainmentSet{Region: "330421", Pollutant: "VOCs", Year: 2025, Document: "bulletin"})
	if e := ask(other.key, deal); *e.OffsetRatio != "2" || *e.Required != "2.469" || *e.Supported != "1.9375" || *e.RatioDocument != "project default" {
		t.Errorf("%+v", e)
	}
	if now := w.asked(); now != journal+2 { // the refused order and the attainment
		t.Errorf("asking has written %d rows", now-journal-2)
	}
	ofProject := func(id int64) api.Problem {
		t.Helper()
		body := strings.Replace(deal, `"need":"1.2345"`, fmt.Sprintf(`"project":%d`, id), 1)
		p := decode[api.Problem](t, w.send(http.MethodPost, "/v1/eligibility", seller.key, body, noKey))
		p.RequestID = nil
		return p
	}
	if foreign, none := ofProject(project), ofProject(99); foreign.Status != http.StatusNotFound || !reflect.DeepEqual(foreign, none) {
		t.Errorf("the seller learns that the buyer has a project:\n%+v\n%+v", foreign, none)
	}
	for name, c := range map[string]struct {
		key, body string
		status    int
		field     string
	}{
		"another's licence": {abroad.key, sell, http.StatusNotFound, "/seller_licence"},
		"another region":    {w.west, sell, http.StatusNotFound, "/seller_licence"},
		"finance":           {w.finance, sell, http.StatusForbidden, ""},
		"nobody":            {"", sell, http.StatusUnauthorized, ""},
		"no side":           {seller.key, fmt.Sprintf(`{"action":"sell","instrument":%q}`, instrumentCode), http.StatusBadRequest, "/seller_licence"},
		"side too many":     {seller.key, strings.Replace(deal, `"deal"`, `"sell"`, 1), http.StatusBadRequest, "/buyer_licence"},
		"instrument":        {seller.key, strings.Replace(sell, instrumentCode, "VOCs-20300630", 1), http.StatusNotFound, "/instrument"},
		"market":            {seller.key, strings.Replace(sell, marketCode, "NONE", 1), http.StatusNotFound, "/market"},
		"quantity":          {seller.key, strings.Replace(sell, `"1"`, `"-1"`, 1), http.StatusBadRequest, "/quantity"},
		"project of a sale": {seller.key, strings.Replace(sell, `"quantity":"1"`, `"project":1`, 1), http.StatusBadRequest, "/project"},
		"party of permits":  {seller.key, fmt.Sprintf(`{"action":"sell","party":%d,"instrument":%q}`, seller.party, instrumentCode), http.StatusBadRequest, "/party"},
		"project":           {other.key, strings.Replace(deal, `"need":"1.2345"`, `"project":99`, 1), http.StatusNotFound, "/project"},
		"too much":          {seller.key, strings.Replace(deal, `"1.2345"`, `"9000000000000"`, 1), http.StatusBadRequest, "/need"},
	} {
		a := w.send(http.MethodPost, "/v1/eligibility", c.key, c.body, noKey)
		p := decode[api.Problem](t, a)
		if got := p.Field; a.status != c.status || c.field != "" && (got == nil || *got != c.field) {
			t.Errorf("%s: %d %s, want %d at %q", name, a.status, a.body, c.status, c.field)
		}
	}
}
