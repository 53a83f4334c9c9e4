package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/identity"
)

// A governed command is answered 202 with what it would do; it waits in the
// inbox of who may approve it and of nobody else; approved, it answers as it
// would have.
func TestProposals(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post("/v1/cap-decisions", w.leader, `{"region":"330421","pollutant":"VOCs","change":"2.5","document":"嘉环1号","decided_on":"2026-06-30"}`)
	p := decode[api.Proposal](t, a)
	if a.status != http.StatusAccepted || p.State != api.ProposalStatePending || deref(p.Region) != "330421" || p.Operation != "cap.decide" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	shown := string(a.body)
	for _, want := range []string{`"after":"1002.5 t/a","before":"1000 t/a"`, "嘉环1号"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the effects lack %s: %s", want, shown)
		}
	}
	waits := func(key string) (found bool) {
		for _, i := range decode[api.Inbox](t, w.get("/v1/inbox", key)).Items {
			found = found || i.Kind == "proposal" && i.ID == p.ID && i.Action == "approve" && i.Until != nil
		}
		return found
	}
	if !waits(w.second) || waits(w.leader) || waits(w.west) || waits(w.finance) {
		t.Errorf("the proposal waits for the approver %v, its proposer %v, another region %v, finance %v", waits(w.second), waits(w.leader), waits(w.west), waits(w.finance))
	}
	path := fmt.Sprintf("/v1/proposals/%d", p.ID)
	approval := fmt.Sprintf(`{"effects_digest":%q}`, p.EffectsDigest)
	w.isProblem(w.post(path+"/approve", w.leader, approval), http.StatusUnprocessableEntity, "proposal.own", "")
	w.isProblem(w.post(path+"/approve", w.west, approval), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.get(path, w.west), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.post(path+"/approve", w.second, `{"effects_digest":"00"}`), http.StatusBadRequest, "request.invalid", "/effects_digest")
	a = w.post(path+"/approve", w.second, approval)
	out := decode[api.ProposalOutcome](t, a)
	if a.status != http.StatusOK || out.Proposal.State != api.ProposalStateExecuted || !strings.Contains(string(out.Result), `"cap":"1002.5"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if waits(w.second) {
		t.Error("what is done still waits")
	}
	w.isProblem(w.post(path+"/approve", w.second, approval), http.StatusConflict, "proposal.not_pending", "")
}

// With two administrators an officer's key is a proposal. Its secret is shown
// once, with it, and opens nothing before the approval.
func TestProposals_Key(t *testing.T) {
	t.Parallel()
	w := open(t)
	other := w.person("other", app.GrantAdd{Role: identity.Admin})
	body := fmt.Sprintf(`{"person":%d,"label":"laptop"}`, w.personOf(w.leader))
	again := func(r *http.Request) { r.Header.Set("Idempotency-Key", "same") }
	a := w.send(http.MethodPost, "/v1/keys", w.adminKey, body, again)
	p := decode[api.Proposal](t, a)
	if a.status != http.StatusAccepted || p.Secret == nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := w.get("/v1/me", *p.Secret); a.status != http.StatusUnauthorized {
		t.Errorf("before the approval the key opens: %d", a.status)
	}
	if a := w.get(fmt.Sprintf("/v1/proposals/%d", p.ID), other); strings.Contains(string(a.body), "secret") || a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = w.post(fmt.Sprintf("/v1/proposals/%d/approve", p.ID), other, fmt.Sprintf(`{"effects_digest":%q}`, p.EffectsDigest))
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := w.get("/v1/me", *p.Secret); a.status != http.StatusOK {
		t.Errorf("after it: %d %s", a.status, a.body)
	}
}

// Where the parameter says so a public notice stands for the day on which it begins.
func TestPublicNotices_OneDay(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.ok("/v1/parameters", w.leader, `{"key":"public_notice.days","region":"330421","value":"1","valid_from":"2026-07-01","document":"d"}`)
	n := decode[api.PublicNotice](t, w.ok("/v1/public-notices", w.leader,
		`{"region":"330421","kind":"surplus_verification","title":"t","body":"b","document":"d","starts_on":"2026-07-01","ends_on":"2026-07-01"}`))
	if n.EndsOn != "2026-07-01" {
		t.Errorf("%+v", n)
	}
}

// A public notice is read by anybody, as JSON and as a page; what it says
// cannot be more than text. Objections are answered by their day.
func TestPublicNotices(t *testing.T) {
	t.Parallel()
	w := open(t)
	body := `{"region":"330421","kind":"surplus_verification","title":"公示 <b>1</b>","body":"text","document":"d","starts_on":"2026-07-01","ends_on":%q}`
	w.isProblem(w.post("/v1/public-notices", w.leader, fmt.Sprintf(body, "2026-07-06")), http.StatusBadRequest, "public_notice.too_short", "/ends_on")
	w.isProblem(w.post("/v1/public-notices", w.leader, fmt.Sprintf(body, "2031-07-06")), http.StatusUnprocessableEntity, "calendar.year_not_published", "/ends_on")
	n := decode[api.PublicNotice](t, w.post("/v1/public-notices", w.leader, fmt.Sprintf(body, "2026-07-07")))
	page := w.get(fmt.Sprintf("/notices/%d", n.ID), "")
	if page.status != http.StatusOK || !strings.Contains(string(page.body), "公示 &lt;b&gt;1&lt;/b&gt;") || !strings.Contains(string(page.body), "2026-07-07") {
		t.Errorf("%d %s", page.status, page.body)
	}
	w.approved("/v1/parameters", w.leader, `{"key":"objection.answer_days","region":"330421","value":"8","valid_from":"2026-07-02","document":"d"}`)
	said := func(days string) bool {
		return strings.Contains(string(w.get(fmt.Sprintf("/notices/%d", n.ID), "").body), "within "+days+" working days")
	}
	if !said("5") {
		t.Error("the page does not say in how many days an objection is answered")
	}
	if list := w.get("/notices", ""); list.status != http.StatusOK || !strings.Contains(string(list.body), fmt.Sprintf(`href="/notices/%d"`, n.ID)) {
		t.Errorf("%d %s", list.status, list.body)
	}
	if missing := w.get("/notices/99", ""); missing.status != http.StatusNotFound {
		t.Errorf("%d %s", missing.status, missing.body)
	}
	o := decode[api.Objection](t, w.post(fmt.Sprintf("/v1/public-notices/%d/objections", n.ID), w.firms[2].key, `{"objector":"a neighbour","text":"no"}`))
	if o.DueOn != "2026-07-08" || o.State != api.ObjectionStateOpen {
		t.Errorf("%+v", o)
	}
	due := decode[api.Inbox](t, w.get("/v1/inbox", w.leader)).Items
	if len(due) != 1 || due[0].Kind != "objection" || deref(due[0].Until) != "2026-07-08T16:00:00.000000Z" {
		t.Errorf("the leader's inbox is %+v", due)
	}
	mine, asked := fmt.Sprintf("/v1/objections/%d", o.ID), fmt.Sprintf("/v1/public-notices/%d", n.ID)
	if c := decode[api.PublicNotice](t, w.get(asked, "")).Objections; c == nil || *c != (api.ObjectionCount{Filed: 1}) {
		t.Errorf("%+v", c)
	}
	w.isProblem(w.get(mine, w.firms[0].key), http.StatusNotFound, "record.not_found", "id")
	answer := decode[api.Objection](t, w.post(fmt.Sprintf("/v1/objections/%d/answer", o.ID), w.leader, `{"answer":"yes","upheld":true}`))
	if answer.State != api.ObjectionStateAnswered || answer.Upheld == nil || !*answer.Upheld {
		t.Errorf("%+v", answer)
	}
	if seen := decode[api.Objection](t, w.get(mine, w.firms[2].key)); seen.Answer == nil || *seen.Answer != "yes" || seen.State != api.ObjectionStateAnswered {
		t.Errorf("who has filed it sees %+v", seen)
	}
	if seen := decode[api.ObjectionPage](t, w.get("/v1/objections", w.firms[0].key)).Items; len(seen) != 0 {
		t.Errorf("another firm sees %+v", seen)
	}
	if c := decode[api.PublicNotice](t, w.get(asked, "")).Objections; c == nil || *c != (api.ObjectionCount{Filed: 1, Upheld: 1}) {
		t.Errorf("%+v", c)
	}
	if page := string(w.get(fmt.Sprintf("/notices/%d", n.ID), "").body); !strings.Contains(page, "1 filed, 1 upheld, 0 dismissed") || strings.Contains(page, "a neighbour") {
		t.Error(page)
	}
	w.isProblem(w.post(fmt.Sprintf("/v1/objections/%d/answer", o.ID), w.leader, `{"answer":"no","upheld":false}`), http.StatusConflict, "objection.answered", "")
	onPaper, objections := `{"objector":"a villager","text":"the smell","received_on":"2026-07-01","document":"来信 17"}`, fmt.Sprintf("/v1/public-notices/%d/objections", n.ID)
	w.isProblem(w.post(objections, w.firms[0].key, onPaper), http.StatusBadRequest, "request.invalid", "/document")
	w.isProblem(w.post(objections, w.leader, `{"objector":"a villager","text":"the smell"}`), http.StatusBadRequest, "request.invalid", "/document")
	w.isProblem(w.post(objections, w.leader, strings.Replace(onPaper, "07-01", "07-02", 1)), http.StatusBadRequest, "request.day_to_come", "/received_on")
	if o := decode[api.Objection](t, w.post(objections, w.leader, onPaper)); deref(o.ReceivedOn) != "2026-07-01" || deref(o.Document) != "来信 17" || o.DueOn != "2026-07-08" {
		t.Errorf("%+v", o)
	}
	if page := string(w.get(fmt.Sprintf("/notices/%d", n.ID), "").body); !strings.Contains(page, "2 filed, 1 upheld, 0 dismissed") || strings.Contains(page, "villager") || strings.Contains(page, "smell") || strings.Contains(page, "来信") {
		t.Error(page)
	}
	if a := w.post(fmt.Sprintf("/v1/public-notices/%d/withdraw", n.ID), w.leader, `{"reason":"r"}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.isProblem(w.post(fmt.Sprintf("/v1/public-notices/%d/objections", n.ID), w.firms[0].key, `{"objector":"x","text":"no"}`), http.StatusConflict, "public_notice.withdrawn", "")
	w.clock.Set(calendar.Date(20260702).Start())
	if n = decode[api.PublicNotice](t, w.post("/v1/public-notices", w.leader, strings.ReplaceAll(fmt.Sprintf(body, "2026-07-09"), "07-01", "07-02"))); !said("8") {
		t.Error("the page does not say the parameter's days")
	}
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// What a user prepares over the party's limit waits for a signer of the party.
// Officers and other firms do not see it; once signed the order stands.
func TestProposals_Signer(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	handler := w.person("handler", app.GrantAdd{Role: identity.Enterprise, Party: f.party})
	a := w.post("/v1/orders", handler, order(f, "buy", "1000", "999"))
	p := decode[api.Proposal](t, a)
	if a.status != http.StatusAccepted || deref(p.Party) != f.party || p.Region != nil || p.Operation != "order.place" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	path := fmt.Sprintf("/v1/proposals/%d", p.ID)
	for _, key := range []string{w.leader, w.second, w.west, w.firms[2].key} {
		w.isProblem(w.get(path, key), http.StatusNotFound, "record.not_found", "id")
		if list := decode[api.ProposalPage](t, w.get("/v1/proposals?operation=order.place", key)); len(list.Items) != 0 {
			t.Errorf("somebody else sees %+v", list.Items)
		}
	}
	inbox := decode[api.Inbox](t, w.get("/v1/inbox", f.key)).Items
	if len(inbox) != 1 || inbox[0].ID != p.ID || inbox[0].Action != "approve" {
		t.Errorf("the signer's inbox is %+v", inbox)
	}
	if waiting := decode[api.Inbox](t, w.get("/v1/inbox", handler)).Items; len(waiting) != 0 {
		t.Errorf("the handler's inbox is %+v", waiting)
	}
	approval := fmt.Sprintf(`{"effects_digest":%q}`, p.EffectsDigest)
	w.isProblem(w.post(path+"/approve", handler, approval), http.StatusUnprocessableEntity, "proposal.own", "")
	done := w.post(path+"/approve", f.key, approval)
	out := decode[api.ProposalOutcome](t, done)
	if out.Proposal.State != api.ProposalStateExecuted || !strings.Contains(string(out.Result), `"state":"open"`) {
		t.Fatalf("%d %s", done.status, done.body)
	}
	if orders := decode[api.OrderPage](t, w.get("/v1/orders", f.key)); len(orders.Items) != 1 {
		t.Errorf("%+v", orders.Items)
	}
}
