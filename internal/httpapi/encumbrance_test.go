package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
)

// leaseState waits until the registry has brought a lease into a state.
func (w *world) leaseState(id int64, want api.LeaseState) (l api.Lease) {
	w.t.Helper()
	waitFor(w.t, "the lease to be "+string(want), func() bool {
		l = decode[api.Lease](w.t, w.get(fmt.Sprintf("/v1/leases/%d", id), w.auditor))
		return l.State == want
	})
	return l
}

// statistic is the one line of a quarter's statistics of a kind.
func (w *world) statistic(kind string) api.Statistic {
	w.t.Helper()
	items := decode[api.StatisticPage](w.t, w.get("/v1/statistics?cycle=quarter&from=2026-07-01&kind="+kind, "")).Items
	if len(items) != 1 {
		w.t.Fatalf("statistics of %s: %+v", kind, items)
	}
	return items[0]
}

// A lease from its offer to its end, which came while the server was down. It is
// counted by its rent, beside the trades and not among them.
func TestScenario_Lease(t *testing.T) {
	t.Parallel()
	w := open(t)
	lessor, lessee := w.firms[0], w.firms[1]
	funds := func(f firm) string { return decode[api.FundsPage](t, w.get("/v1/funds", f.key)).Items[0].Balance }
	offer := func(quantity string, months int) answer {
		return w.post("/v1/leases", lessor.key, fmt.Sprintf(
			`{"lessor_licence":%d,"lessee_licence":%d,"instrument":%q,"quantity":%q,"price":"8000","months":%d,"from":"2026-07-10"}`,
			lessor.licence, lessee.licence, instrumentCode, quantity, months))
	}
	w.wantRefusal(offer("5", 13), "rule.lease_months")
	l := decode[api.Lease](t, offer("5", 2))
	if l.State != api.LeaseStateOffered || l.Amount != "6666.67" {
		t.Fatalf("%+v", l)
	}
	at := fmt.Sprintf("/v1/leases/%d/steps", l.ID)
	if got := w.waiting(lessee.key, "lease", l.ID); len(got) != 1 || got[0] != "agree" {
		t.Errorf("the lessee is asked to %v", got)
	}
	w.isProblem(w.post(at, lessor.key, `{"event":"agree"}`), http.StatusConflict, "lease.state", "")
	w.isProblem(w.get(fmt.Sprintf("/v1/leases/%d", l.ID), w.firms[2].key), http.StatusNotFound, "record.not_found", "id")
	w.ok(at, lessee.key, `{"event":"agree"}`)
	w.isProblem(w.post(at, w.leader, `{"event":"approve"}`), http.StatusBadRequest, "encumbrance.document_missing", "/document")
	w.ok(at, w.leader, `{"event":"approve","document":"嘉善租 1"}`)
	w.ok(at, lessee.key, `{"event":"pay"}`)
	w.wantRefusal(w.post("/v1/orders", lessor.key, order(lessor, "sell", "2400", "96")), "ledger.insufficient_balance")
	w.clock.Set(calendar.Date(20260710).Start())
	l = w.leaseState(l.ID, api.LeaseStateActive)
	if *l.StartsOn != "2026-07-10" || *l.EndsOn != "2026-09-09" || funds(lessor) != "10006666.67" || funds(lessee) != "9993333.33" {
		t.Errorf("it runs: %+v; funds %s and %s", l, funds(lessor), funds(lessee))
	}

	if u := l.Unused; u == nil || u.Months != 1 || u.Amount != "3333.33" || u.Formula != "5 t/a × CNY 8000/(t·a) × 1 / 12 = CNY 3333.33, rounded half-up to the fen" {
		t.Errorf("unused: %+v", u)
	}

	w.downUntil(calendar.Date(20260915).Start())
	l = w.leaseState(l.ID, api.LeaseStateReturned)
	if steps := l.Steps; steps[len(steps)-1].Event != "return" || steps[len(steps)-1].Body != "system" {
		t.Errorf("its steps: %+v", steps)
	}
	w.want(http.StatusCreated, w.post("/v1/orders", lessor.key, order(lessor, "sell", "2400", "100")))
	if s := w.statistic("lease"); s.Trades != 1 || s.Quantity != "5" || s.Amount != "6666.67" || *s.MeanAnnualPrice != "8000" || s.Secured != nil {
		t.Errorf("%+v", s)
	}
	if all := decode[api.StatisticPage](t, w.get("/v1/statistics?cycle=quarter&from=2026-07-01&group=pollutant", "")); len(all.Items) != 0 {
		t.Errorf("a lease is no trade: %+v", all)
	}
}

// pledged takes a pledge of a firm's permits to its registration.
func (w *world) pledged(f firm, bank int, behind int64, quantity, loan string) api.Pledge {
	w.t.Helper()
	parties, keys := w.banks()
	body := fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":%q,"bank":%d,"loan":%q,"assessed_value":"400000","assessment":"评估 1"`,
		f.licence, instrumentCode, quantity, parties[bank], loan)
	if behind != 0 {
		body += fmt.Sprintf(`,"behind":%d`, behind)
	}
	p := decode[api.Pledge](w.t, w.ok("/v1/pledges", f.key, body+"}"))
	at := fmt.Sprintf("/v1/pledges/%d/steps", p.ID)
	w.ok(at, w.leader, `{"event":"confirm","document":"嘉善押 1"}`)
	w.ok(at, keys[bank], fmt.Sprintf(`{"event":"approve","loan":%q,"rate":"0.0385","due_on":"2027-06-30","document":"合同 1"}`, loan))
	return decode[api.Pledge](w.t, w.ok(at, f.key, `{"event":"register"}`))
}

func (w *world) pledge(id int64) api.Pledge {
	w.t.Helper()
	return decode[api.Pledge](w.t, w.get(fmt.Sprintf("/v1/pledges/%d", id), w.auditor))
}

// Two banks in rank are paid out of a sale, the rest goes to the holder; another
// pledge is enforced by a buy-back, and its bank releases what is left.
func TestScenario_Pledge(t *testing.T) {
	t.Parallel()
	w := open(t)
	holder, buyer := w.firms[0], w.firms[1]
	parties, bankers := w.banks()
	first := w.pledged(holder, 0, 0, "50", "100000")
	second := w.pledged(holder, 1, first.ID, "50", "60000")
	if *first.Rank != 1 || *second.Rank != 2 || first.Most != "320000.00" {
		t.Fatalf("%+v\n%+v", first, second)
	}
	at := fmt.Sprintf("/v1/pledges/%d", first.ID)
	w.isProblem(w.get(at, bankers[1]), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.post(at+"/offer", w.leader, `{"quantity":"20","price":"2400","document":"d"}`), http.StatusConflict, "pledge.state", "")
	w.ok(at+"/steps", bankers[0], `{"event":"demand","claim":"102000","document":"催收 1"}`)
	w.ok(at+"/offer", w.leader, `{"quantity":"20","price":"2400","document":"处置 1"}`)
	if offers := decode[api.PledgeOfferPage](t, w.get("/v1/pledge-offers", "")).Items; len(offers) != 1 || offers[0].Amount != "240000.00" || !strings.HasPrefix(offers[0].Formula, "20 t/a × CNY 2400/(t·a) × 60 / 12 = CNY 240000.00, rounded half-up") {
		t.Errorf("on sale: %+v", offers)
	}
	buys := func(f firm, amount string) string {
		return fmt.Sprintf(`{"buyer_licence":%d,"expected_amount":%q}`, f.licence, amount)
	}
	w.wantRefusal(w.post(at+"/buy", holder.key, buys(holder, "240000")), "pledge.buyer")
	w.wantRefusal(w.post(at+"/buy", buyer.key, buys(buyer, "236000")), "pledge.other_amount")
	w.isProblem(w.post(at+"/buy", buyer.key, buys(buyer, "0")), http.StatusBadRequest, "request.invalid", "/expected_amount")
	bought := decode[api.PledgeSale](t, w.ok(at+"/buy", buyer.key, buys(buyer, "240000")))
	if bought.Payments != nil || bought.ToOwner != nil {
		t.Errorf("the buyer sees who is owed what: %+v", bought)
	}
	sale := decode[api.PledgeSalePage](t, w.get(fmt.Sprintf("/v1/pledge-sales?pledge=%d", first.ID), w.auditor)).Items[0]
	if paid := sale.Payments; sale.Amount != "240000.00" || paid[0].Amount != "102000.00" || paid[1].Amount != "60000.00" || *sale.ToOwner != "78000.00" {
		t.Errorf("sold: %+v", sale)
	}
	for n, id := range []int64{first.ID, second.ID} {
		if p := w.pledge(id); p.State != api.PledgeStateEnforced || p.Paid != sale.Payments[n].Amount {
			t.Errorf("%+v", p)
		}
		f := decode[api.FundsPage](t, w.get("/v1/funds", bankers[n])).Items
		if len(f) != 1 || f[0].Party != parties[n] || f[0].Balance != sale.Payments[n].Amount {
			t.Errorf("bank %d has %+v", n, f)
		}
	}

	third := w.pledged(buyer, 0, 0, "40", "300000")
	at = fmt.Sprintf("/v1/pledges/%d", third.ID)
	w.ok(at+"/steps", bankers[0], `{"event":"demand","claim":"300000","document":"催收 2"}`)
	taken := decode[api.PledgeSale](t, w.ok(at+"/take", w.leader, `{"quantity":"10","price":"2400","document":"回购 1"}`))
	if taken.BuyerParty != nil || taken.Lot == nil || len(taken.Payments) != 1 || taken.Amount != taken.Payments[0].Amount {
		t.Errorf("bought back: %+v", taken)
	}
	w.ok(at+"/steps", bankers[0], `{"event":"release","document":"结清 1"}`)
	if p := w.pledge(third.ID); p.State != api.PledgeStateReleased || p.Sold != "10" {
		t.Errorf("%+v", p)
	}
	if s := w.statistic("pledge"); s.Trades != 3 || s.Quantity != "90" || s.Amount != "460000.00" || *s.Secured != "800000.00" || s.MeanPrice != nil || *s.Region != apptest.Jiashan {
		t.Errorf("%+v", s)
	}
}
