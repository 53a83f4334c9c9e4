package app

import (
	"strings"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

func capOf(o *office) quantity.Quantity {
	return quantity.Quantity(o.balance(ledger.PermitKey(ledger.Cap, jiashan, "VOCs")).Balance)
}

// A governed command changes nothing but its proposal; another person makes it
// happen, once; neither its proposer nor an officer of another region can.
func TestProposal_Approve(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	rise := CapDecide{Region: jiashan, Pollutant: "VOCs", Change: 5 * quantity.OneQuantity, Document: "浙环1号", DecidedOn: 20260701}
	p := o.propose(o.leader, rise)
	if capOf(o) != 0 || p.State != approval.Pending || p.Region != jiashan || p.Operation != "cap.decide" {
		t.Fatalf("the cap is %s after %+v", capOf(o), p)
	}
	for _, want := range []string{"the cap account of 330421 for VOCs", `"after":"5 t/a"`, "浙环1号"} {
		if !strings.Contains(p.Effects, want) {
			t.Errorf("the effects do not show %q: %s", want, p.Effects)
		}
	}
	west := o.person("officer of Qingpu", GrantAdd{Role: identity.BureauLeader, Region: qingpu})
	o.refuses(o.leader, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
	o.refuses(west, ProposalApprove{p.ID, p.EffectsDigest}, ErrNoRecord)
	o.refuses(o.clerk, ProposalApprove{p.ID, p.EffectsDigest}, identity.ErrForbidden)
	o.refuses(o.second, ProposalApprove{p.ID, "another"}, approval.ErrNotShown)
	o.refuses(o.second, ProposalWithdraw{p.ID, "no"}, approval.ErrNotProposer)
	if got := done[reserve.CapDecision](o, o.second, ProposalApprove{p.ID, p.EffectsDigest}); got.Cap != 5*quantity.OneQuantity {
		t.Errorf("the decision is %+v", got)
	}
	if capOf(o) != 5*quantity.OneQuantity || o.proposal.State != approval.Executed || o.proposal.DecidedBy != o.second {
		t.Errorf("the cap is %s after %+v", capOf(o), o.proposal)
	}
	o.refuses(o.second, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrNotPending)
	o.refuses(o.second, ProposalReject{p.ID, "late"}, approval.ErrNotPending)

	p = o.propose(o.leader, rise)
	o.refuses(o.second, ProposalReject{p.ID, ""}, invalid)
	o.does(o.second, ProposalReject{p.ID, "not now"})
	p = o.propose(o.leader, rise)
	o.does(o.leader, ProposalWithdraw{p.ID, "a mistake"})
	if capOf(o) != 5*quantity.OneQuantity {
		t.Errorf("the cap is %s", capOf(o))
	}
}

// A proposal that would do something else today is stale until it is shown
// again; one that can no longer be done is refused for that reason.
func TestProposal_Stale(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	rise := CapDecide{Region: jiashan, Pollutant: "VOCs", Change: 5 * quantity.OneQuantity, Document: "d", DecidedOn: 20260701}
	done[reserve.CapDecision](o, o.leader, rise)
	p := o.propose(o.leader, rise) // shows a cap of 10 afterwards
	done[reserve.CapDecision](o, o.leader, rise)
	o.refuses(o.second, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrStale)
	o.does(o.second, ProposalRefresh{p.ID})
	if !strings.Contains(o.proposal.Effects, "15 t/a") {
		t.Errorf("shown again: %s", o.proposal.Effects)
	}
	o.refuses(o.second, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrNotShown)
	done[reserve.CapDecision](o, o.second, ProposalApprove{p.ID, o.proposal.EffectsDigest})

	back := ReserveMove{Region: jiashan, Pollutant: "VOCs", Direction: reserve.ToReserve, Quantity: 15 * quantity.OneQuantity, Document: "d"}
	p = o.propose(o.leader, back)
	done[reserve.Movement](o, o.leader, ReserveMove{Region: jiashan, Pollutant: "VOCs", Direction: reserve.ToReserve, Quantity: quantity.OneQuantity, Document: "d"})
	o.refuses(o.second, ProposalApprove{p.ID, p.EffectsDigest}, ledger.ErrInsufficient)
	o.refuses(o.second, ProposalRefresh{p.ID}, ledger.ErrInsufficient)
}

// Nobody decides: the proposal lapses after its days, by its timer, also after
// a restart.
func TestProposal_Lapses(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.propose(o.leader, CapDecide{Region: jiashan, Pollutant: "VOCs", Change: 1, Document: "d", DecidedOn: 20260701})
	o.now.set(p.LapsesAt - 1)
	o.restart()
	o.runTimers()
	o.now.set(p.LapsesAt)
	o.runTimers()
	o.refuses(o.second, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrNotPending)
	if capOf(o) != 0 {
		t.Error("a lapsed proposal was done")
	}
}

// What its proposer may no longer do is not done for him.
func TestProposal_ProposerMayNot(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	officer := o.person("officer", GrantAdd{Role: identity.BureauLeader, Region: jiashan})
	grant := last[identity.Grant](o)
	p := o.propose(officer, CapDecide{Region: jiashan, Pollutant: "VOCs", Change: 1, Document: "d", DecidedOn: 20260701})
	done[identity.Grant](o, o.admin, GrantRevoke{grant.ID})
	o.refuses(o.second, ProposalApprove{p.ID, p.EffectsDigest}, ErrProposerMayNot)
}

// A stand-in acts from his first day to his last, and never decides what the
// person he stands in for has proposed.
func TestStandIn(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	chief := o.person("chief", GrantAdd{Role: identity.BureauLeader, Region: jiashan})
	role := last[identity.Grant](o)
	deputy := o.person("deputy", GrantAdd{Role: identity.Auditor})
	order := StandInOrder{Grant: role.ID, Person: deputy, ValidFrom: 20260703, ValidTo: 20260704, Document: "order 1"}
	for _, wrong := range []struct {
		change func(*StandInOrder)
		want   *fault.Error
	}{
		{func(s *StandInOrder) { s.ValidFrom = 20260630 }, ErrStandInDays.At("valid_from")},
		{func(s *StandInOrder) { s.ValidTo = 20260702 }, ErrStandInDays.At("valid_to")},
		{func(s *StandInOrder) { s.Person = chief }, ErrStandInSelf},
		{func(s *StandInOrder) { s.Document = "" }, invalid},
		{func(s *StandInOrder) { s.Grant = 1 }, ErrNoOfficerRole},
	} {
		bad := order
		wrong.change(&bad)
		o.refuses(o.admin, bad, wrong.want)
	}
	done[identity.StandIn](o, o.admin, order)
	rise := CapDecide{Region: jiashan, Pollutant: "VOCs", Change: 1, Document: "d", DecidedOn: 20260701}
	o.refuses(deputy, rise, identity.ErrForbidden)
	o.now.set(calendar.Date(20260703).Start())
	o.runTimers()
	p := o.propose(chief, rise)
	o.refuses(deputy, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
	o.waits(deputy, Proposals.name, p.ID, "")
	p = o.propose(o.leader, rise)
	o.waits(deputy, Proposals.name, p.ID, "approve")
	done[reserve.CapDecision](o, deputy, ProposalApprove{p.ID, p.EffectsDigest})
	o.now.set(calendar.Date(20260705).Start())
	o.runTimers()
	o.refuses(deputy, rise, identity.ErrForbidden)
}

// One administrator makes officers' roles and keys alone; as soon as there are
// two, each needs the other.
func TestKeys_FourEyes(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	hash := func(s string) KeyMake {
		return KeyMake{Person: o.leader, Label: s, Hash: identity.HashSecret(s), Prefix: "px_"}
	}
	done[KeyResult](o, o.admin, hash("alone"))
	other := o.person("other administrator", GrantAdd{Role: identity.Admin})
	mine := hash("other's")
	mine.Person = other
	done[KeyResult](o, o.admin, mine)

	p := o.propose(o.admin, hash("with two"))
	if strings.Contains(p.Effects, identity.HashSecret("with two")) {
		t.Error("the effects show the hash of a key")
	}
	if _, err := o.app.Authenticate("with two"); err == nil {
		t.Error("the key opens before its approval")
	}
	o.refuses(o.admin, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
	done[KeyResult](o, other, ProposalApprove{p.ID, p.EffectsDigest})
	if a, err := o.app.Authenticate("with two"); err != nil || a.Person != o.leader {
		t.Errorf("after it: %v", err)
	}
	o.propose(o.admin, GrantAdd{Person: o.clerk, Role: identity.Finance})
	f := o.firm(jiashan, 1) // its user's grant needs nobody
	firmKey := hash("firm")
	firmKey.Person = f.user
	done[KeyResult](o, o.admin, firmKey)
}

// What came on paper counts from the day on which it came, also when it is entered after the notice; one that came
// before the notice or after it, or whose answer is due from no such day, is found (I-141).
func TestObjection_OnPaper(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.posted() // until the tenth day
	letter := ObjectionFile{1, "a villager", "the smell", today.AddDays(2), "来信 17"}
	o.refuses(o.clerk, letter, ErrDayToCome)
	o.now.set(today.AddDays(20).Start())
	late := letter
	late.ReceivedOn = today.AddDays(10)
	o.refuses(o.clerk, late, approval.ErrNotRunning)
	west := o.person("officer of Qingpu", GrantAdd{Role: identity.BureauLeader, Region: qingpu})
	o.refuses(west, letter, ErrNoRecord)
	filed := done[approval.Objection](o, o.clerk, letter)
	if filed.DueOn != 20260710 || filed.ReceivedOn != today.AddDays(2) || filed.FiledBy != o.clerk {
		t.Errorf("%+v", filed)
	}
	o.waits(o.leader, Objections.name, filed.ID, "answer")
	o.restart()
	o.check()
	for _, spoil := range []func(*approval.Objection){
		func(x *approval.Objection) { x.ReceivedOn = today.AddDays(10) }, func(x *approval.Objection) { x.Document = "" },
		func(x *approval.Objection) { x.ReceivedOn = today.AddDays(21) }, func(x *approval.Objection) { x.DueOn = today },
	} {
		spoilt(o, Objections, filed.ID, spoil, func() { o.finds("I-141", filed.ID) })
	}
}
