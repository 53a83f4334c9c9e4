package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
)

// waiting are the actions for which something waits in a caller's inbox.
func (w *world) waiting(key, kind string, id int64) (actions []string) {
	w.t.Helper()
	for _, item := range decode[api.Inbox](w.t, w.get("/v1/inbox", key)).Items {
		if item.Kind == kind && item.ID == id {
			actions = append(actions, item.Action)
		}
	}
	return actions
}

// ok sends what must succeed, by two persons where it takes two.
func (w *world) ok(path, key, body string) answer {
	w.t.Helper()
	a := w.approved(path, key, body)
	if a.status >= http.StatusBadRequest {
		w.t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	return a
}

// A sale in instalments that came with an opening goes on over HTTP: it waits
// for finance, one instalment is proved and confirmed, and the tax authority's
// list brings the last one, by the number that the registry has given.
func TestScenario_OpenedInstalments(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.opened(t, archive(goldenSheets(t)))
	plan := func() api.InstalmentPlan {
		return decode[api.InstalmentPlanPage](t, w.get("/v1/instalment-plans?region=330481", w.auditor)).Items[0]
	}
	p := plan()
	if p.State != "delivered" || len(p.Parts) != 3 || p.Parts[0].Paid != "96000.00" || p.Parts[1].Overdue {
		t.Fatalf("%+v", p)
	}
	notice := decode[api.PaymentNotice](t, w.get(fmt.Sprintf("/v1/payment-notices/%d", p.Notice), w.auditor))
	if notice.OpeningPackage == nil || notice.Months != 48 || !strings.Contains(*notice.Document, "SX-2025-015") {
		t.Errorf("%+v", notice)
	}
	second, third := p.Parts[1], p.Parts[2]
	if got := w.waiting(w.finance, "instalment", second.ID); len(got) != 1 || got[0] != "prove" {
		t.Errorf("instalment %d waits for %v", second.ID, got)
	}
	if a := w.post(fmt.Sprintf("/v1/instalments/%d/proof", second.ID), w.finance, `{"amount":"71999.99","proof":"r-2","paid_on":"2026-07-01"}`); a.status != http.StatusUnprocessableEntity {
		t.Errorf("another amount: %d %s", a.status, a.body)
	}
	w.ok(fmt.Sprintf("/v1/instalments/%d/proof", second.ID), w.finance, `{"amount":"72000","proof":"r-2","paid_on":"2026-07-01"}`)
	if got := w.waiting(w.finance, "instalment", second.ID); len(got) != 1 || got[0] != "confirm" {
		t.Errorf("instalment %d waits for %v", second.ID, got)
	}
	w.ok(fmt.Sprintf("/v1/instalments/%d/confirm", second.ID), w.finance, `{"reason":"seen at the counter"}`)
	w.ok("/v1/tax-lists", w.finance, fmt.Sprintf(
		`{"region":"330481","document":"list","rows":[{"number":%q,"receipt":"r-3","amount":"72000","paid_on":"2026-07-01"}]}`, third.Number))
	if p = plan(); p.State != "paid" || !p.Parts[2].Matched || p.Parts[2].Paid != "72000.00" {
		t.Errorf("%+v", p)
	}
	path := fmt.Sprintf("/v1/instalments/%d/withdraw-proof", second.ID)
	if a := w.post(path, w.finance, `{"reason":"of another sale"}`); a.status != http.StatusAccepted {
		t.Errorf("alone: %d %s", a.status, a.body)
	}
	w.ok(path, w.finance, `{"reason":"of another sale"}`)
	if p = plan(); p.State != "delivered" || p.Parts[1].Paid != "0.00" || p.Parts[1].Proof != nil || *p.Parts[1].Reason != "of another sale" {
		t.Errorf("%+v", p)
	}
	if got := decode[api.PaymentNotice](t, w.get(fmt.Sprintf("/v1/payment-notices/%d", p.Notice), w.auditor)); got.State != "issued" || got.Paid != "0.00" {
		t.Errorf("%+v", got)
	}
}

// A project that is cancelled takes its orders out of the book and opens a
// buy-back of what was bought for it, which waits for the bureau.
func TestScenario_CancelledProject(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[1]
	project := w.projectOf(buyer)
	forProject := func(quantity string) string { return orderFor(project, buyer, "2400", quantity) }
	w.ok("/v1/orders", seller.key, order(seller, "sell", "2400", "1"))
	w.ok("/v1/orders", buyer.key, forProject("1.5"))
	asks := fmt.Sprintf(`{"action":"buy","buyer_licence":%d,"instrument":%q,"market":%q,"project":%d}`, buyer.licence, instrumentCode, marketCode, project)
	e := decode[api.Eligibility](t, w.post("/v1/eligibility", buyer.key, asks))
	if !e.Allowed || *e.Bought != "1" || *e.Open != "0.5" || *e.Required == *e.Quantity {
		t.Errorf("%+v", e)
	}
	done := decode[api.Project](t, w.ok(fmt.Sprintf("/v1/projects/%d/steps", project), w.leader, `{"event":"cancel","document":"withdrawn"}`))
	if done.State != "cancelled" || len(done.CancelledOrders) != 1 || len(done.BuyBacks) != 1 || done.Needs[0].Open != "0" {
		t.Fatalf("%+v", done)
	}
	b := decode[api.BuyBack](t, w.get(fmt.Sprintf("/v1/buy-backs/%d", done.BuyBacks[0]), buyer.key))
	if b.State != "accepted" || b.Cause != "project_cancelled" || b.Quantity != "1" || b.Licence != buyer.licence {
		t.Errorf("%+v", b)
	}
	if got := w.waiting(w.leader, "buy_back", b.ID); len(got) == 0 {
		t.Error("the buy-back waits for nobody")
	}
	if e := decode[api.Eligibility](t, w.post("/v1/eligibility", buyer.key, asks)); e.Allowed || e.Obstacles[0].Code != "project.not_approved" {
		t.Errorf("%+v", e)
	}
	if a := w.post("/v1/orders", buyer.key, forProject("1")); a.status != http.StatusUnprocessableEntity || decode[api.Problem](t, a).Code != "project.not_approved" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// What a project has bought beyond its lowered need goes back, in the database too.
func TestScenario_ReducedProject(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[1]
	project := w.projectOf(buyer)
	w.ok("/v1/orders", seller.key, order(seller, "sell", "2400", "1"))
	w.ok("/v1/orders", buyer.key, orderFor(project, buyer, "2400", "1"))
	done := decode[api.Project](t, w.ok(fmt.Sprintf("/v1/projects/%d/steps", project), w.leader,
		`{"event":"reduce","document":"a smaller line","needs":[{"pollutant":"VOCs","need":"0.2"}]}`))
	if done.State != "reduced" || len(done.BuyBacks) != 1 {
		t.Fatalf("%+v", done)
	}
	b := decode[api.BuyBack](t, w.get(fmt.Sprintf("/v1/buy-backs/%d", done.BuyBacks[0]), buyer.key))
	if b.State != "accepted" || b.Kind != "compulsory" || b.Cause != "completion_surplus" || b.Licence != buyer.licence {
		t.Errorf("%+v", b)
	}
}

// A parameter that begins to hold takes out of the book what it refuses, and
// nothing else.
func TestScenario_ParameterJudgesAgain(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[1]
	large := decode[api.Order](t, w.ok("/v1/orders", f.key, order(f, "buy", "10", "2")))
	small := decode[api.Order](t, w.ok("/v1/orders", f.key, order(f, "buy", "10", "1")))
	w.ok("/v1/parameters", w.leader, `{"key":"purchase.limit","value":"1.5","region":"330000","valid_from":"2026-07-01","document":"notice"}`)
	for id, state := range map[int64]string{large.ID: "cancelled", small.ID: "open"} {
		waitFor(t, "the order to be "+state, func() bool {
			return string(decode[api.Order](t, w.get(fmt.Sprintf("/v1/orders/%d", id), f.key)).State) == state
		})
	}
	if a := w.post("/v1/orders", f.key, order(f, "buy", "10", "2")); a.status != http.StatusUnprocessableEntity || decode[api.Problem](t, a).Code != "rule.purchase_limit" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// allocate gives a firm free permits and returns the allocation.
func (w *world) allocate(f firm, quantity string) api.Allocation {
	w.t.Helper()
	return decode[api.Allocation](w.t, w.ok("/v1/allocations", w.leader, fmt.Sprintf(
		`{"licence":%d,"instrument":%q,"kind":"initial","from":"unallocated","origin":"free","quantity":%q,"acquired_on":"2026-07-01","document":"d"}`,
		f.licence, instrumentCode, quantity)))
}

// A wrong allocation is corrected by two persons, and no more of it than it gave.
func TestScenario_Correction(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.allocate(w.firms[0], "2")
	body := func(quantity string) string {
		return fmt.Sprintf(`{"allocation":%d,"quantity":%q,"finding":"counted twice","document":"d","decided_on":"2026-07-01"}`, a.ID, quantity)
	}
	if got := w.post("/v1/allocation-corrections", w.leader, body("1.5")); got.status != http.StatusAccepted {
		t.Errorf("%d %s", got.status, got.body)
	}
	x := decode[api.Correction](t, w.ok("/v1/allocation-corrections", w.leader, body("1.25")))
	if x.Reversed != "1.25" || x.Debt != nil || x.Transfer == nil {
		t.Errorf("%+v", x)
	}
	if got := w.approved("/v1/allocation-corrections", w.leader, body("1")); got.status != http.StatusUnprocessableEntity ||
		decode[api.Problem](t, got).Code != "correction.beyond_allocation" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Of a unit that closes the free permits are taken back. What it paid for stays
// its own until it is disposed of: what it offers stays in the book.
func TestScenario_Departure(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	w.allocate(f, "2")
	w.ok("/v1/orders", f.key, order(f, "sell", "2400", "1"))
	d := decode[api.Departure](t, w.ok("/v1/departures", w.leader, fmt.Sprintf(`{"kind":"closure","licence":%d,"effective_on":"2026-07-01","document":"d"}`, f.licence)))
	if d.State != "open" || d.Reclaimed != "2" || len(d.Cancelled) != 0 {
		t.Errorf("%+v", d)
	}
	if a := w.approved(fmt.Sprintf("/v1/departures/%d/steps", d.ID), w.leader, `{"event":"complete","document":"d"}`); a.status < http.StatusBadRequest {
		t.Errorf("it is completed with permits left: %s", a.body)
	}
}
