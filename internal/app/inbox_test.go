package app

import (
	"fmt"
	"testing"

	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/reserve"
)

// What waits for somebody is in the inbox of who can do it next, and of nobody
// else: a buy-back goes from one to the other, an emergency freeze waits for
// another person than the one who placed it.
func TestInbox(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	other := d.firm(jiashan, 2)
	west := d.person("west", GrantAdd{Role: identity.BureauLeader, Region: qingpu})
	waits := func(person int64, kind string, id int64) (actions []string) {
		t.Helper()
		all, err := Inbox(t.Context(), d.store, d.app.st.actor(person))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range all {
			if w.Kind == kind && w.ID == id {
				actions = append(actions, w.Action)
			}
		}
		return actions
	}
	want := func(kind string, id int64, of map[int64]string) {
		t.Helper()
		for _, person := range []int64{d.f.user, other.user, d.clerk, d.leader, d.finance, west, d.second} {
			got := ""
			if a := waits(person, kind, id); len(a) > 0 {
				got = fmt.Sprint(a)
			}
			if got != of[person] {
				t.Errorf("%s %d waits for person %d to %q, want %q", kind, id, person, got, of[person])
			}
		}
	}
	b := d.apply(one)
	want(BuyBacks.name, b, map[int64]string{d.f.user: "[submit]"})
	d.step(d.f.user, b, reserve.SubmitBuyBack)
	want(BuyBacks.name, b, map[int64]string{d.clerk: "[accept]", d.leader: "[accept]", d.second: "[accept]"})
	d.run(b, reserve.BuyBackPriced)
	want(BuyBacks.name, b, map[int64]string{d.f.user: "[agree]"})
	d.run(b, reserve.BuyBackInReserve)
	want(BuyBacks.name, b, nil)

	r := done[RenewalResult](d.office, d.f.user, RenewalApply{Licence: d.f.licence.ID, Instrument: d.i.Code, Origin: ledger.Paid, Quantity: one}).Renewal
	want(Renewals.name, r.ID, map[int64]string{d.clerk: "[verify]", d.leader: "[verify]", d.second: "[verify]"})

	f := done[FreezeResult](d.office, d.leader, FreezeEmergency{FreezeTerms{
		Licence: d.f.licence.ID, Instrument: d.i.Code, Origin: ledger.Paid, Quantity: one, Issuer: "bureau", IssuerName: "嘉善分局",
		OrderNumber: "1", Reason: "r", EndsOn: 20260801,
	}}).Freeze
	want(Freezes.name, f.ID, map[int64]string{d.second: "[confirm]"})
}
