package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

const effectiveDay = calendar.Date(20260720)

// approves approves a proposal of a command, and returns what it has come to.
func (o *office) approves(c Command) approval.Proposal {
	o.t.Helper()
	p := o.propose(o.leader, c)
	if refused, _ := o.send(o.second, ProposalApprove{p.ID, p.EffectsDigest}); refused != nil {
		o.t.Fatal(refused)
	}
	return storedRow(o, Proposals, p.ID)
}

// comes moves the clock to the beginning of a day.
func (o *office) comes(day calendar.Date) {
	o.t.Helper()
	o.now.set(day.Start())
	o.check()
}

// merger is that all of a firm's paid permits follow it to another on the day.
func (k *dealDesk) merger(from, to firm, q quantity.Quantity, on calendar.Date) SuccessionRecord {
	return SuccessionRecord{Kind: permit.Merger, Licence: from.licence.ID, EffectiveOn: on, Document: "d", Parts: []SuccessionShare{k.share(to, ledger.Paid, q, q)}}
}

// What two persons have decided ahead is done at the beginning of its day and not
// before: a succession, a departure, another name. The open orders of that day leave.
func TestProposal_Ahead(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to, gone := k.seller(jiashan, 1, 8*one), k.seller(jiashan, 2, 4*one), k.seller(jiashan, 3, 2*one)
	k.giveFree(gone, 3*one)
	k.refuses(k.leader, k.merger(from, to, 8*one, today.AddDays(approval.AheadDays+1)), ErrDayToCome)
	merged := k.approves(k.merger(from, to, 8*one, effectiveDay))
	left := k.approves(DepartureRecord{Kind: permit.Closure, Licence: gone.licence.ID, EffectiveOn: effectiveDay, Document: "d"})
	named := k.approves(PartyRename{Party: to.party, Name: "新名", EffectiveOn: effectiveDay, Document: "d"})
	for _, p := range []approval.Proposal{merged, left, named} {
		if p.State != approval.Approved || p.DecidedBy != k.second || p.ApprovedIn == 0 || p.EffectiveOn != effectiveDay || p.ProposedAt.Date() != today {
			t.Errorf("%+v", p)
		}
		k.refuses(k.second, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrNotPending)
	}
	for _, f := range []firm{from, to} { // what the licences permit by then is not what was approved
		k.does(k.leader, AmountRecord{f.licence.ID, vocs, 20 * one, reserve.LicenceAmount, "d"})
	}
	k.comes(effectiveDay.AddDays(-1))
	k.restart()
	order := done[OrderResult](k.office, from.user, k.sell(from, one)).Order.ID
	if k.holding(from) != "8" || len(rowsIn(k.office, Successions, Query{})) != 0 || rowsOf(k.app.st, Parties).rows[to.party].Name == "新名" {
		t.Error("something was done before its day")
	}
	k.comes(effectiveDay)
	for _, p := range []approval.Proposal{merged, left, named} {
		if p = storedRow(k.office, Proposals, p.ID); p.State != approval.Executed || p.ApprovedIn >= p.Command {
			t.Errorf("%+v", p)
		}
	}
	if k.holding(from) != "0" || k.holding(to) != "12" || storedRow(k.office, Licences, from.licence.ID).State != catalog.LicenceRevoked {
		t.Error("the succession was not done")
	}
	if o := storedRow(k.office, Orders, order); o.State != market.Cancelled {
		t.Errorf("%+v", o)
	}
	if d := rowsIn(k.office, Departures, Query{}); len(d) != 1 || d[0].Reclaimed != 3*one || d[0].EffectiveOn != effectiveDay {
		t.Errorf("%+v", d)
	}
	if rowsOf(k.app.st, Parties).rows[to.party].Name != "新名" {
		t.Error("the party has its old name")
	}
}

// What is refused on its day, or would no longer do what was shown, waits with the reason in the inboxes of
// those who can end it, and is done on the day on which the cause is gone.
func TestProposal_AheadRefused(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to := k.seller(jiashan, 1, 8*one), k.buyer(jiashan, 2, 100_000_00)
	p := k.approves(k.merger(from, to, 8*one, effectiveDay))
	d := k.run(k.propose(k.offer(from, to, one, 1000), to), from, to, settlement.SellerSign)
	k.refuses(k.second, ProposalRefresh{p.ID}, approval.ErrNotPending)
	k.comes(effectiveDay)
	p = storedRow(k.office, Proposals, p.ID)
	if p.State != approval.Approved || !strings.Contains(p.Reason, "deal") {
		t.Errorf("%+v", p)
	}
	k.waits(k.leader, Proposals.name, p.ID, "withdraw")
	k.waits(k.second, Proposals.name, p.ID, "reject")
	k.comes(effectiveDay.AddDays(1))
	if late := k.exceptions(ExceptionQuery{Kind: report.DeadlineExpired}); !slices.Contains(late, fmt.Sprintf("past_deadline [{proposal %d}]", p.ID)) {
		t.Error(late)
	}
	k.step(d, to.user, settlement.Withdraw)
	k.comes(effectiveDay.AddDays(2))
	if p = storedRow(k.office, Proposals, p.ID); p.State != approval.Executed || p.Reason != "" || k.holding(to) != "8" {
		t.Errorf("%+v", p)
	}
	if s := rowsIn(k.office, Successions, Query{}); len(s) != 1 || s[0].EffectiveOn != effectiveDay {
		t.Errorf("%+v", s)
	}
}

// Before it is done its proposer withdraws what was approved ahead, or another person
// rejects it; nothing is done then, and who had approved it stays.
func TestProposal_AheadEnded(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to := k.seller(jiashan, 1, 8*one), k.firm(jiashan, 2)
	a, b, c := k.approves(k.merger(from, to, 8*one, effectiveDay)), k.approves(k.merger(from, to, 8*one, effectiveDay)), k.approves(k.merger(from, to, 8*one, effectiveDay))
	k.refuses(k.second, ProposalWithdraw{a.ID, "r"}, approval.ErrNotProposer)
	k.does(k.leader, ProposalWithdraw{a.ID, "r"})
	k.refuses(k.leader, ProposalReject{b.ID, "r"}, approval.ErrOwnProposal)
	k.does(k.second, ProposalReject{b.ID, "r"})
	k.check()
	for id, state := range map[int64]approval.ProposalState{a.ID: approval.Withdrawn, b.ID: approval.Rejected} {
		if p := storedRow(k.office, Proposals, id); p.State != state || p.DecidedBy != k.second || p.Reason != "r" {
			t.Errorf("%+v", p)
		}
	}
	k.refuses(k.leader, ProposalWithdraw{a.ID, "r"}, approval.ErrNotPending)
	k.does(k.admin, GrantRevoke{k.app.st.actor(k.leader).Grants[0].ID})
	k.comes(effectiveDay)
	if c = storedRow(k.office, Proposals, c.ID); c.State != approval.Approved || c.Reason == "" || k.holding(from) != "8" {
		t.Errorf("%+v", c) // its proposer is no leader any more
	}
}

// More open orders than one command cancels leave first on the day, too; and one that is
// approved only after its day, or found by a server that stood still, is done at once.
func TestProposal_AheadLate(t *testing.T) {
	t.Parallel()
	d := openClearDesk(t)
	d.prepare("succession")
	p := d.approves(d.merger(d.firm, d.heir, 4*one, effectiveDay))
	d.place(2*MaxCancels, market.Sell)
	name := d.office.propose(d.leader, PartyRename{Party: d.heir.party, Name: "新名", EffectiveOn: today.AddDays(2), Document: "d"})
	d.comes(today.AddDays(3))
	d.does(d.second, ProposalApprove{name.ID, name.EffectsDigest})
	if got := storedRow(d.office, Proposals, name.ID); got.State != approval.Executed || got.ApprovedIn != 0 {
		t.Errorf("%+v", got)
	}
	d.comes(effectiveDay.AddDays(3))
	if p = storedRow(d.office, Proposals, p.ID); p.State != approval.Executed || len(d.app.st.orders) != 0 || d.holding(d.heir) != "8" {
		t.Errorf("%+v, and %d orders", p, len(d.app.st.orders))
	}
}

// A proposal for a later day that no timer comes for, or that was done before it, is found (I-140).
func TestCheck_Ahead(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to := k.seller(jiashan, 1, 8*one), k.firm(jiashan, 2)
	waits := k.approves(k.merger(from, to, 8*one, effectiveDay))
	timer := rowsIn(k.office, PendingTimes, Where("purpose", timerEffect))[0]
	spoilt(k.office, PendingTimes, timer.ID, func(x *Timer) { x.State = TimerDone }, func() { k.finds("I-140", waits.ID) })
	k.comes(effectiveDay)
	spoilt(k.office, Proposals, waits.ID, func(x *approval.Proposal) { x.EffectiveOn = effectiveDay.AddDays(1) }, func() { k.finds("I-140", waits.ID) })
}
