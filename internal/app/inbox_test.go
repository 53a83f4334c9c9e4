package app

import (
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
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
	want := func(kind string, id int64, of map[int64]string) {
		t.Helper()
		for _, person := range []int64{d.f.user, other.user, d.clerk, d.leader, d.finance, west, d.second} {
			d.waits(person, kind, id, of[person])
		}
	}
	b := d.apply(one)
	want(BuyBacks.name, b, map[int64]string{d.f.user: "submit"})
	d.step(d.f.user, b, reserve.SubmitBuyBack)
	want(BuyBacks.name, b, map[int64]string{d.clerk: "accept", d.leader: "accept", d.second: "accept"})
	d.run(b, reserve.BuyBackPriced)
	want(BuyBacks.name, b, map[int64]string{d.f.user: "agree"})
	d.run(b, reserve.BuyBackInReserve)
	want(BuyBacks.name, b, nil)

	r := done[RenewalResult](d.office, d.f.user, RenewalApply{Licence: d.f.licence.ID, Instrument: d.i.Code, Origin: ledger.Paid, Quantity: one}).Renewal
	want(Renewals.name, r.ID, map[int64]string{d.clerk: "verify", d.leader: "verify", d.second: "verify"})

	f := done[FreezeResult](d.office, d.leader, FreezeEmergency{FreezeTerms{
		Licence: d.f.licence.ID, Instrument: d.i.Code, Origin: ledger.Paid, Quantity: one, Issuer: "bureau", IssuerName: "嘉善分局",
		OrderNumber: "1", Reason: "r", EndsOn: 20260801,
	}}).Freeze
	want(Freezes.name, f.ID, map[int64]string{d.second: "confirm"})
}

// A lease and a pledge wait for one side after the other, and for nobody once
// they are in force.
func TestInbox_Encumbrances(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	lessor, lessee := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 100_000_00)
	want := func(kind string, id int64, of map[int64]string) {
		t.Helper()
		for _, person := range []int64{lessor.user, lessee.user, k.bankers[0], k.bankers[1], k.leader, k.clerk} {
			k.waits(person, kind, id, of[person])
		}
	}
	l := k.lease(k.leaseOf(lessor, lessee, one), lessor)
	want(Leases.name, l.ID, map[int64]string{lessee.user: "agree"})
	k.leaseStep(l, lessee.user, encumbrance.AgreeLease)
	want(Leases.name, l.ID, map[int64]string{k.leader: "approve"})
	k.leaseStep(l, k.leader, encumbrance.ApproveLease)
	want(Leases.name, l.ID, map[int64]string{lessee.user: "pay"})
	k.leaseStep(l, lessee.user, encumbrance.PayLease)
	want(Leases.name, l.ID, nil)

	c := k.pledgeOf(lessor, 2*one)
	p := done[PledgeResult](k.office, lessor.user, c).Pledge
	want(Pledges.name, p.ID, map[int64]string{k.leader: "confirm"})
	k.pledgeStep(p, k.leader, PledgeStep{Event: encumbrance.ConfirmPledge})
	want(Pledges.name, p.ID, map[int64]string{k.bankers[0]: "approve"})
	k.pledgeStep(p, k.bankers[0], PledgeStep{Event: encumbrance.ApprovePledge, Loan: c.Loan, Rate: 38_500, DueOn: 20270630})
	want(Pledges.name, p.ID, map[int64]string{lessor.user: "register"})
	k.pledgeStep(p, lessor.user, PledgeStep{Event: encumbrance.RegisterPledge})
	want(Pledges.name, p.ID, nil)
}

// A month of a scheme waits to be verified, and then to be issued by another.
func TestInbox_Issuance(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	i := done[IssuanceResult](o.office, o.operator, o.pool(1, 10)).Issuance
	want := func(of map[int64]string) {
		t.Helper()
		for _, person := range []int64{o.operator, o.verifier, o.leader, o.clerk, o.owner.user} {
			o.waits(person, Issuances.name, i.ID, of[person])
		}
	}
	want(map[int64]string{o.verifier: "verify", o.leader: "verify"})
	o.does(o.verifier, IssuanceStep{Issuance: i.ID, Event: carbon.Verify, Document: "report"})
	want(map[int64]string{o.leader: "issue"})
	o.does(o.leader, IssuanceStep{Issuance: i.ID, Event: carbon.Issue})
	want(nil)
}
