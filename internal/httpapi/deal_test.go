package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// dealers is a world in which firms of Jiashan and Qingpu may deal.
type dealers struct {
	*world
	seller, buyer    firm // of Jiashan, of Qingpu
	local, unrelated firm // of Jiashan
	bureau, upper    string
	second           string // another user of the seller
}

func openDealers(t *testing.T) *dealers {
	t.Helper()
	w := &dealers{world: open(t)}
	w.seller, w.local, w.buyer = w.firms[0], w.firms[1], w.firms[2]
	w.unrelated = w.newFirm(20, apptest.Jiashan)
	w.bureau = w.person("bureau", app.GrantAdd{Role: identity.BureauLeader, Region: apptest.Jiashan})
	w.upper = w.person("upper", app.GrantAdd{Role: identity.Upper})
	w.second = w.person("second", app.GrantAdd{Role: identity.Enterprise, Party: w.seller.party, Signer: true})
	w.must(w.admin, app.PairAdd{
		Pollutant: apptest.VOCs, SellerRegion: apptest.Jiashan, BuyerRegion: apptest.Qingpu, Coefficient: quantity.OneRatio,
		SellerBureau: true, BuyerBureau: true, Upper: true, Document: "pilot", ValidFrom: 20260101,
	})
	return w
}

func (w *dealers) propose(by string, kind string, buyer firm, extra string) answer {
	w.t.Helper()
	return w.post("/v1/deals", by, fmt.Sprintf(`{"kind":%q,"proposer":"seller","seller_party":%d,"seller_licence":%d,"buyer_party":%d,"buyer_licence":%d,
		"instrument":%q,"quantity":"5.12","price":"2397","months":60,"payment":"escrow"%s}`,
		kind, w.seller.party, w.seller.licence, buyer.party, buyer.licence, instrumentCode, extra))
}

// acrossRegions are the fields of a deal across regions for a project of the buyer.
func (w *dealers) acrossRegions() string {
	w.t.Helper()
	return fmt.Sprintf(`,"project":%d,"cap_effect":"permanent","cap_document":"沪苏浙试点","note":"first batch"`, w.projectOf(w.buyer))
}

func (w *dealers) step(by string, deal api.ID, event, extra string) answer {
	w.t.Helper()
	return w.post(fmt.Sprintf("/v1/deals/%d/steps", deal), by, fmt.Sprintf(`{"event":%q%s}`, event, extra))
}

func (w *dealers) deal(by string, id api.ID) api.Deal {
	w.t.Helper()
	return decode[api.Deal](w.t, w.get(fmt.Sprintf("/v1/deals/%d", id), by))
}

// A deal across regions goes the whole way; each body sees what it may do, and
// nobody a person's name.
func TestDeals_CrossRegion(t *testing.T) {
	t.Parallel()
	w := openDealers(t)
	a := w.propose(w.seller.key, "cross_region", w.buyer, w.acrossRegions())
	d := decode[api.Deal](t, a)
	if a.status != http.StatusCreated || d.State != api.DealStateProposed || d.Amount != "61363.20" || d.Arriving != "5.12" || d.Delivered != "5.12" || d.Retired != "0" ||
		d.Formula == nil || !strings.HasSuffix(*d.Formula, " × 60 / 12 = CNY 61363.20, rounded half-up to the fen") || d.Instrument != instrumentCode || d.TermEnd != "2031-06-30" || len(d.Approvals) != 3 || d.DueOn != nil || !slices.Contains(d.NextEvents, api.DealEventSellerSign) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := w.deal(w.buyer.key, d.ID); len(got.NextEvents) != 1 || got.NextEvents[0] != api.DealEventWithdraw {
		t.Errorf("the buyer may %v", got.NextEvents)
	}
	for _, s := range []struct {
		by, event, extra string
		state            api.DealState
	}{
		{w.seller.key, "seller_sign", "", api.DealStateSellerSigned},
		{w.buyer.key, "buyer_confirm", "", api.DealStateBuyerConfirmed},
		{w.bureau, "seller_region_confirm", "", api.DealStateSellerRegionConfirmed},
		{w.west, "buyer_region_confirm", `,"note":"ok"`, api.DealStateBuyerRegionConfirmed},
		{w.upper, "upper_approve", `,"document":"核准1号"`, api.DealStateUpperApproved},
		{w.buyer.key, "fund", "", api.DealStateEscrowFunded},
		{w.upper, "settle", "", api.DealStateSettledAccounts},
		{w.bureau, "acknowledge_seller", "", api.DealStatePermitsChangedSeller},
		{w.west, "acknowledge_buyer", "", api.DealStateClosed},
	} {
		if got := w.deal(s.by, d.ID); !slices.Contains(got.NextEvents, api.DealEvent(s.event)) {
			t.Errorf("%s is not among what may be done: %v", s.event, got.NextEvents)
		}
		a := w.step(s.by, d.ID, s.event, s.extra)
		if got := decode[api.Deal](t, a); a.status != http.StatusOK || got.State != s.state {
			t.Fatalf("%s: %d %s", s.event, a.status, a.body)
		}
	}
	a = w.get(fmt.Sprintf("/v1/deals/%d", d.ID), w.buyer.key)
	d = decode[api.Deal](t, a)
	if d.Transfer == nil || d.SettledAt == nil || *d.DueOn != "2026-07-10" || *d.Document != "核准1号" || d.NextEvents != nil || len(d.Steps) != 9 {
		t.Errorf("%s", a.body)
	}
	if s := d.Steps[3]; s.Role != api.DealRoleBuyerBureau || *s.Note != "ok" || s.State != api.DealStateBuyerRegionConfirmed {
		t.Errorf("%+v", s)
	}
	for _, secret := range []string{"person", "user0", "funds", "available"} {
		if strings.Contains(string(a.body), secret) {
			t.Errorf("%q is in %s", secret, a.body)
		}
	}
}

// Who may not take a step, or not now, is told so; who may not know of the
// deal is told that there is none.
func TestDeals_Refused(t *testing.T) {
	t.Parallel()
	w := openDealers(t)
	d := decode[api.Deal](t, w.propose(w.second, "cross_region", w.buyer, w.acrossRegions()))
	w.isProblem(w.step(w.buyer.key, d.ID, "seller_sign", ""), http.StatusForbidden, "deal.not_your_step", "")
	w.isProblem(w.step(w.bureau, d.ID, "reject", `,"note":"n"`), http.StatusConflict, "deal.not_now", "/event")
	w.isProblem(w.step(w.unrelated.key, d.ID, "seller_sign", ""), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.step(w.auditor, d.ID, "seller_sign", ""), http.StatusForbidden, "identity.forbidden", "")
	w.isProblem(w.step(w.seller.key, d.ID, "go", ""), http.StatusBadRequest, "request.invalid", "/event")
	w.isProblem(w.step(w.seller.key, 999, "seller_sign", ""), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.get(fmt.Sprintf("/v1/deals/%d", d.ID), w.unrelated.key), http.StatusNotFound, "record.not_found", "id")
	w.isProblem(w.propose(w.buyer.key, "cross_region", w.buyer, w.acrossRegions()), http.StatusNotFound, "record.not_found", "/seller_licence")
	w.isProblem(w.propose(w.seller.key, "local", w.buyer, ""), http.StatusBadRequest, "deal.kind_does_not_fit", "/kind")
	w.isProblem(w.propose(w.seller.key, "cross_region", w.buyer, fmt.Sprintf(`,"project":%d`, w.projectOf(w.buyer))), http.StatusBadRequest, "deal.cap_effect_missing", "/cap_effect")
	w.isProblem(w.propose(w.seller.key, "local", w.local, `,"offset_ratio":"0.5"`), http.StatusBadRequest, "request.invalid", "/offset_ratio")
	a := w.step(w.seller.key, d.ID, "withdraw", `,"note":"another buyer"`)
	if got := decode[api.Deal](t, a); a.status != http.StatusOK || got.State != api.DealStateWithdrawn || got.NextEvents != nil {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Deals are listed to those who take part in them or supervise them, by every
// filter, each once and in pages that join.
func TestDeals_List(t *testing.T) {
	t.Parallel()
	w := openDealers(t)
	var across, local []api.ID
	for range 3 {
		across = append(across, decode[api.Deal](t, w.propose(w.seller.key, "cross_region", w.buyer, w.acrossRegions())).ID)
		local = append(local, decode[api.Deal](t, w.propose(w.seller.key, "local", w.local, "")).ID)
	}
	all := slices.Sorted(slices.Values(slices.Concat(across, local)))
	w.step(w.seller.key, across[0], "seller_sign", "")
	list := func(by, query string) []api.ID {
		ids := []api.ID{}
		for path := "/v1/deals?limit=2&" + query; path != ""; {
			page := decode[api.DealPage](t, w.get(path, by))
			for _, d := range page.Items {
				ids = append(ids, d.ID)
				if d.Steps != nil || d.NextEvents != nil {
					t.Errorf("a list has steps: %+v", d)
				}
			}
			if path = ""; page.Next != nil {
				path = fmt.Sprintf("/v1/deals?limit=2&after=%d&%s", *page.Next, query)
			}
		}
		return ids
	}
	for _, c := range []struct {
		by, query string
		want      []api.ID
	}{
		{w.seller.key, "", all},
		{w.buyer.key, "", across},
		{w.local.key, "", local},
		{w.unrelated.key, "", nil},
		{w.bureau, "", all},
		{w.west, "", across},
		{w.auditor, "", all},
		{w.seller.key, "kind=local", local},
		{w.auditor, "state=seller_signed", across[:1]},
		{w.seller.key, fmt.Sprintf("party=%d", w.buyer.party), across},
		{w.buyer.key, fmt.Sprintf("party=%d", w.local.party), nil},
		{w.bureau, "region=310118", across},
		{w.bureau, fmt.Sprintf("region=330421&party=%d", w.local.party), local},
		{w.west, "region=330421", across},
		{w.seller.key, "instrument=" + instrumentCode, all},
	} {
		if got := list(c.by, c.query); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.query, got, c.want)
		}
		slices.Reverse(c.want)
		if got := list(c.by, c.query+"&newest_first=true"); !slices.Equal(got, c.want) {
			t.Errorf("%q, newest first: %v, want %v", c.query, got, c.want)
		}
		slices.Reverse(c.want)
	}
	w.isProblem(w.get("/v1/deals?instrument=VOCs-20991231", w.seller.key), http.StatusNotFound, "record.not_found", "instrument")
}

// A buyer who confirms what the seller has proposed names his project, or says that it
// is for his existing unit.
func TestDeals_ConfirmedFor(t *testing.T) {
	t.Parallel()
	w := openDealers(t)
	project := w.projectOf(w.local)
	signed := func() api.ID {
		t.Helper()
		d := decode[api.Deal](t, w.propose(w.seller.key, "local", w.local, ""))
		w.step(w.seller.key, d.ID, "seller_sign", "")
		return d.ID
	}
	first, second := signed(), signed()
	w.isProblem(w.step(w.local.key, first, "buyer_confirm", ""), http.StatusUnprocessableEntity, "project.for_which_unit", "/existing_unit")
	if d := decode[api.Deal](t, w.step(w.local.key, first, "buyer_confirm", fmt.Sprintf(`,"project":%d`, project))); d.State != api.DealStateBuyerConfirmed || d.Project == nil || *d.Project != project {
		t.Errorf("for a project: %+v", d)
	}
	if d := decode[api.Deal](t, w.step(w.local.key, second, "buyer_confirm", `,"existing_unit":true`)); d.State != api.DealStateBuyerConfirmed || d.Project != nil {
		t.Errorf("for the existing unit: %+v", d)
	}
}
