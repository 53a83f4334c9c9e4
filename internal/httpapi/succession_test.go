package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app/apptest"
)

// share is a part of a succession: all of it surplus.
func share(to firm, q string) string {
	return fmt.Sprintf(`{"licence":%d,"instrument":%q,"origin":"paid","quantity":%q,"surplus":%q}`, to.licence, instrumentCode, q, q)
}

func (w *world) succession(kind string, from firm, parts string) answer {
	w.t.Helper()
	return w.approved("/v1/successions", w.leader, fmt.Sprintf(
		`{"kind":%q,"licence":%d,"effective_on":"2026-07-01","document":"变更登记","parts":[%s]}`, kind, from.licence, parts))
}

// wantSurplus compares what is verified and not sold of a licence.
func (w *world) wantSurplus(f firm, want string) {
	w.t.Helper()
	got := "none"
	for _, s := range decode[api.SurplusPage](w.t, w.get(fmt.Sprintf("/v1/surplus?licence=%d", f.licence), w.auditor)).Items {
		got = s.Available
	}
	if got != want {
		w.t.Errorf("the surplus of licence %d: %s, want %s", f.licence, got, want)
	}
}

// A merger carries permits, their surplus and their freeze to the successor, and
// revokes the licence; what the old one had in the book is withdrawn. A division
// parts them again, and the whole is what it was.
func TestScenario_Succession(t *testing.T) {
	t.Parallel()
	w := open(t)
	old, successor := w.firms[0], w.firms[1]
	third := w.newFirm(3, apptest.Jiashan)
	w.wantAccounts("330421", "1000 700 0 300 0")
	resting := decode[api.Order](t, w.ok("/v1/orders", old.key, order(old, "sell", "9000", "10")))
	w.ok("/v1/freezes", w.leader, fmt.Sprintf(
		`{"licence":%d,"instrument":%q,"origin":"paid","quantity":"40","issuer":"court","reason":"诉前保全","issuer_name":"嘉善法院","order_number":"执1"}`,
		old.licence, instrumentCode))

	w.wantRefusal(w.succession("merger", old, share(successor, "99.5")), "succession.parts_sum")
	w.wantRefusal(w.succession("merger", old, share(w.firms[2], "100")), "succession.other_region")
	s := decode[api.Succession](t, w.succession("merger", old, share(successor, "100")))
	if !s.Closed || s.Transfer == nil || len(s.Cancelled) != 1 || s.Cancelled[0] != resting.ID {
		t.Fatalf("%+v", s)
	}
	w.wantHolding(old, "paid", "0 0 0")
	w.wantHolding(successor, "paid", "200 40 40")
	w.wantSurplus(successor, "200")
	w.wantAccounts("330421", "1000 700 0 300 0")
	if l := decode[api.Licence](t, w.get(fmt.Sprintf("/v1/licences/%d", old.licence), w.leader)); l.State != api.LicenceStateRevoked {
		t.Errorf("the old licence is %s", l.State)
	}
	if a := w.post("/v1/orders", old.key, order(old, "sell", "2400", "1")); a.status < http.StatusBadRequest {
		t.Errorf("the old licence still sells: %s", a.body)
	}

	w.wantRefusal(w.succession("division", successor, share(third, "150")+","+share(successor, "50")), "succession.blocked") // frozen
	w.ok("/v1/freezes/1/release", w.leader, `{"document":"解除"}`)
	w.isProblem(w.succession("merger", successor, share(third, "150")+","+share(successor, "50")), http.StatusBadRequest, "succession.stays", "/parts")
	d := decode[api.Succession](t, w.succession("division", successor, share(third, "150")+","+share(successor, "50")))
	if d.Closed || len(d.Parts) != 2 {
		t.Errorf("%+v", d)
	}
	w.wantHolding(successor, "paid", "50 0 0")
	w.wantHolding(third, "paid", "250 0 0")
	w.wantSurplus(third, "250")
	w.wantAccounts("330421", "1000 700 0 300 0")
	w.ok("/v1/orders", third.key, order(third, "sell", "2400", "201")) // of what came, too
	bare := w.newFirm(4, apptest.Jiashan)
	w.isProblem(w.succession("merger", bare, ""), http.StatusBadRequest, "succession.parts_missing", "/parts")
	w.isProblem(w.post("/v1/successions", w.leader, fmt.Sprintf(
		`{"kind":"new_holder","licence":%d,"effective_on":"2026-07-01","document":"变更登记","parts":[],"successor":%d}`, bare.licence, bare.licence)),
		http.StatusBadRequest, "succession.successor_named", "/successor")
	w.wantReserve("0 0 0.00 0 0.00")
	w.checked(t)
}

// Of a site that moves to another region the free permits come into the
// reserve; the paid ones leave with a sale across the regions, which moves both
// caps, and only then the departure is complete.
func TestScenario_Relocation(t *testing.T) {
	t.Parallel()
	w := open(t)
	f, far := w.firms[0], w.firms[2]
	w.allocate(f, "2")
	w.wantAccounts("330421", "1000 798 0 202 0")
	bid := decode[api.Order](t, w.ok("/v1/orders", f.key, order(f, "buy", "10", "1")))
	d := decode[api.Departure](t, w.ok("/v1/departures", w.leader, fmt.Sprintf(`{"kind":"relocation","licence":%d,"effective_on":"2026-07-01","document":"迁出"}`, f.licence)))
	if d.Reclaimed != "2" || len(d.Cancelled) != 1 || d.Cancelled[0] != bid.ID {
		t.Fatalf("%+v", d)
	}
	w.wantHolding(f, "free", "0 0 0")
	w.wantAccounts("330421", "1000 798 2 200 0")
	s := w.wantReserve("0 2 0.00 0 0.00")
	if len(s.Items) == 0 {
		t.Error("no source is in the statement")
	}
	at := fmt.Sprintf("/v1/departures/%d/steps", d.ID)
	w.wantRefusal(w.approved(at, w.leader, `{"event":"complete","document":"d"}`), "departure.left")
	w.ok("/v1/orders", f.key, order(f, "sell", "2400", "100"))
	w.ok("/v1/orders", far.key, order(far, "buy", "2400", "100"))
	w.wantHolding(f, "paid", "0 0 0")
	w.wantHolding(far, "paid", "200 0 0")
	w.wantAccounts("330421", "900 798 2 100 0")
	w.wantAccounts("310118", "1100 900 0 200 0")
	if done := decode[api.Departure](t, w.ok(at, w.leader, `{"event":"complete","document":"d"}`)); done.State != api.DepartureStateCompleted {
		t.Errorf("%+v", done)
	}
	if l := decode[api.Licence](t, w.get(fmt.Sprintf("/v1/licences/%d", f.licence), w.leader)); l.State != api.LicenceStateRevoked {
		t.Errorf("the licence is %s", l.State)
	}
	w.isProblem(w.approved(at, w.leader, `{"event":"withdraw","document":"d"}`), http.StatusConflict, "departure.state", "")
	w.checked(t)
}
