package app

import (
	"encoding/json"
	"errors"

	"permitx/internal/approval"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/rulebook"
)

// Proposals are commands that wait, or waited, for a second person. Those that
// are not decided or not yet done lie in memory.
var Proposals = residentWhere[approval.Proposal]("proposal", Query{}.And("state", In, anyOf(approval.Running)))

// ErrProposerMayNot is returned when the proposer has lost the right to what he
// has proposed.
var ErrProposerMayNot = fault.New(fault.Conflict, "proposal.proposer_may_not", "its proposer may no longer do this: reject the proposal")

// ProposalApprove does what a proposal shows. The approver names the effects
// that he was shown.
type ProposalApprove struct {
	Proposal      int64
	EffectsDigest string
}

// ProposalReject ends a proposal without doing it.
type ProposalReject struct {
	Proposal int64
	Reason   string
}

// ProposalWithdraw is ProposalReject by its proposer.
type ProposalWithdraw struct {
	Proposal int64
	Reason   string
}

// ProposalRefresh looks again at what a proposal would do today.
type ProposalRefresh struct{ Proposal int64 }

// Proposed is the result of a command that a second person must approve: it
// was not done.
type Proposed struct{ Proposal approval.Proposal }

// ProposalResult is a proposal after a step, with the result of the command
// where it was done.
type ProposalResult struct {
	Proposal approval.Proposal
	Result   any
}

var (
	_ = declare(ProposalApprove{}, ProposalReject{}, ProposalWithdraw{}, ProposalRefresh{})
	_ = declareTimer("proposal.lapse", lapseProposal)
)

// governedAtTimes is a command that a second person must approve only at times.
type governedAtTimes interface{ NeedsApproval(v *View) bool }

// needsApproval reports whether a second person must approve a command that
// was decided.
func (v *View) needsApproval(c Command) bool {
	if _, governed := identity.FourEyes[c.Operation()]; !governed || v.Actor.Has(identity.System) {
		return false
	}
	if at, ok := c.(governedAtTimes); ok {
		return at.NeedsApproval(v)
	}
	return true
}

// propose takes the place of what was decided: it keeps the command, with what
// it would do, for a second person.
func (v *View) propose(c Command, payload []byte, apply Apply) Apply {
	effects := v.show(apply, v.unsigned)
	region := v.region
	if v.unsigned != 0 { // officers do not see what a firm is about to do
		region = ""
	}
	p := approval.Proposal{
		Operation: string(c.Operation()), Region: region, Party: v.unsigned, Payload: string(payload), Effects: effectsText(effects),
		EffectsDigest: approval.Digest(effects), State: approval.Pending, ProposedBy: v.Actor.Person, EffectiveOn: v.effective,
	}
	return func(tx *Tx) any { // now, and not as on its day
		p.ProposedAt, p.ShownAt, p.LapsesAt = tx.Now, tx.Now, tx.Today.AddDays(tx.span(rulebook.ProposalLapse, region, "")+1).Start()
		p = Put(tx, Proposals, p)
		tx.Arm(p.LapsesAt, "proposal.lapse", p.ID)
		return Proposed{p}
	}
}

func effectsText(effects []approval.Effect) string {
	if len(effects) == 0 {
		return "[]"
	}
	return string(must(json.Marshal(effects)))
}

// proposal returns a proposal after the actor's right to act on it was
// checked, and how he stands to it.
func (v *View) proposal(op identity.Operation, id int64) (p approval.Proposal, by approval.By, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return p, by, err
	}
	if p, err = Get(v, Proposals, "id", id); err != nil {
		if p, err = v.decidedProposal(id); err != nil {
			return p, by, err
		}
	}
	by = approval.Proposer
	if p.ProposedBy != v.Actor.Person {
		by = approval.Approver
		if err := v.AuthoriseAt("id", op, targetOf(p)); err != nil {
			return p, by, err
		}
	}
	return p, by, nil
}

// targetOf is whom a proposal concerns.
func targetOf(p approval.Proposal) identity.Target {
	if p.Party != 0 {
		return identity.Target{Parties: []int64{p.Party}}
	}
	return identity.OfRegion(p.Region)
}

// decidedProposal finds a proposal that no longer lies in memory.
func (v *View) decidedProposal(id int64) (approval.Proposal, error) {
	found, err := Find(v, Proposals, Where("id", id))
	if err == nil && len(found) == 0 {
		err = ErrNoRecord.At("id")
	}
	if err != nil {
		return approval.Proposal{}, err
	}
	return found[0], nil
}

// decider is the actor as somebody who decides about a proposal, without the
// roles in which he stands in for its proposer.
func (v *View) decider(p approval.Proposal) (identity.Actor, error) {
	decider := v.Actor.Without(v.standInGrants(v.Actor.Person, p.ProposedBy)...)
	err := identity.Approve(decider, identity.Operation(p.Operation), targetOf(p))
	if err != nil && len(decider.Grants) < len(v.Actor.Grants) {
		err = approval.ErrOwnProposal
	}
	return decider, err
}

// decided is a command that was decided: what it does, and the open orders that
// leave the books before.
type decided struct {
	apply   Apply
	leaving []*market.Record
}

// again decides the proposed command once more, for its proposer and, where
// there is one, its approver.
func (v *View) again(p approval.Proposal, approver *identity.Actor) (d decided, err error) {
	c, err := DecodeCommand(p.Operation, []byte(p.Payload))
	if err != nil {
		panic(err)
	}
	as := *v.asOn(p.EffectiveOn)
	as.Actor, as.approver, as.region, as.unsigned, as.leaving = v.actor(p.ProposedBy), approver, "", 0, nil
	if err := identity.Authorise(as.Actor, c.Operation(), identity.Target{}); err != nil {
		return d, ErrProposerMayNot
	}
	apply, err := c.Decide(&as)
	if err != nil {
		return d, err
	}
	return decided{leaving: as.leaving, apply: func(tx *Tx) any {
		approving := tx.View
		proposing := *approving
		proposing.Actor, tx.View = as.Actor, &proposing // what is recorded is the proposer's doing
		defer func() { tx.View = approving }()
		return apply(tx)
	}}, nil
}

// asShown decides the proposed command once more, and returns
// approval.ErrStale where it would no longer do what was shown.
func (v *View) asShown(p approval.Proposal, approver *identity.Actor) (d decided, err error) {
	if d, err = v.again(p, approver); err != nil {
		return d, err
	}
	if approval.Digest(v.asOn(p.EffectiveOn).show(d.apply, p.Party)) != p.EffectsDigest {
		return d, approval.ErrStale
	}
	return v.again(p, approver) // what was run dry is used up
}

// Operation is ProposalApprove.
func (ProposalApprove) Operation() identity.Operation { return identity.ProposalApprove }

// Decide checks that another person than the proposer approves what he was
// shown, that the command can still be done, by its own faults, and that it
// would still do that: approval.ErrStale. What takes effect on a later day is done
// on that day, and where more open orders rest on it than one command cancels, when
// they have left. The result is a ProposalResult.
func (c ProposalApprove) Decide(v *View) (Apply, error) {
	p, by, err := v.proposal(identity.ProposalApprove, c.Proposal)
	if err != nil {
		return nil, err
	}
	executed, err := p.Step(approval.Approve, by, v.Actor.Person, v.Now)
	if err != nil {
		return nil, err
	}
	if c.EffectsDigest != p.EffectsDigest {
		return nil, approval.ErrNotShown
	}
	approver, err := v.decider(p)
	if err != nil {
		return nil, err
	}
	d, err := v.asShown(p, &approver)
	if err != nil {
		return nil, err
	}
	if p.EffectiveOn > v.Today {
		return v.scheduled(p, by)
	}
	if len(d.leaving) > MaxCancels {
		return v.beginClearing(p, by, d.leaving)
	}
	return func(tx *Tx) any {
		result := d.apply(tx)
		return ProposalResult{Put(tx, Proposals, executed), result}
	}, nil
}

// Operation is ProposalReject.
func (ProposalReject) Operation() identity.Operation { return identity.ProposalReject }

// Decide checks that somebody rejects it who may approve it. The result is a
// ProposalResult.
func (c ProposalReject) Decide(v *View) (Apply, error) {
	p, by, err := v.proposal(identity.ProposalReject, c.Proposal)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	rejected, err := p.Step(approval.Reject, by, v.Actor.Person, v.Now)
	if err != nil {
		return nil, err
	}
	if err := v.checkMayApprove(p); err != nil {
		return nil, err
	}
	rejected.Reason = c.Reason
	return func(tx *Tx) any { return ProposalResult{Proposal: Put(tx, Proposals, rejected)} }, nil
}

// checkMayApprove returns what the actor as its approver is refused with, for want of
// a right, where the proposer is not.
func (v *View) checkMayApprove(p approval.Proposal) error {
	approver, err := v.decider(p)
	if err != nil {
		return err
	}
	_, refused := v.again(p, &approver)
	_, alone := v.again(p, nil)
	switch {
	case errors.Is(refused, errCommitFirst) || errors.Is(alone, errCommitFirst):
		return errCommitFirst
	case isOfRight(refused) && !isOfRight(alone):
		return refused
	}
	return nil
}

// isOfRight reports whether a command was refused for who sends or approves it.
func isOfRight(err error) bool {
	return errors.Is(err, identity.ErrForbidden) || errors.Is(err, ErrNoRecord) || errors.Is(err, ErrSignerNeeded) || errors.Is(err, ErrProposerMayNot)
}

// Operation is ProposalWithdraw.
func (ProposalWithdraw) Operation() identity.Operation { return identity.ProposalWithdraw }

// Decide checks that the actor has proposed it. The result is a ProposalResult.
func (c ProposalWithdraw) Decide(v *View) (Apply, error) {
	p, by, err := v.proposal(identity.ProposalWithdraw, c.Proposal)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if p, err = p.Step(approval.Withdraw, by, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	p.Reason = c.Reason
	return func(tx *Tx) any { return ProposalResult{Proposal: Put(tx, Proposals, p)} }, nil
}

// Operation is ProposalRefresh.
func (ProposalRefresh) Operation() identity.Operation { return identity.ProposalRefresh }

// Decide checks that the command can still be done, by its own faults. The
// result is a ProposalResult.
func (c ProposalRefresh) Decide(v *View) (Apply, error) {
	p, by, err := v.proposal(identity.ProposalRefresh, c.Proposal)
	if err != nil {
		return nil, err
	}
	if p, err = p.Step(approval.Refresh, by, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	d, err := v.again(p, nil)
	if err != nil {
		return nil, err
	}
	effects := v.asOn(p.EffectiveOn).show(d.apply, p.Party)
	p.Effects, p.EffectsDigest, p.ShownAt = effectsText(effects), approval.Digest(effects), v.Now
	return func(tx *Tx) any { return ProposalResult{Proposal: Put(tx, Proposals, p)} }, nil
}

// lapseProposal ends a proposal that nobody has decided in time.
func lapseProposal(v *View, id int64) (Apply, error) {
	p, err := Get(v, Proposals, "id", id)
	if err != nil {
		return nil, err
	}
	if p, err = p.Step(approval.Lapse, approval.Timer, 0, v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return Put(tx, Proposals, p) }, nil
}

// decidesAlone reports whether there is one administrator only: what two
// would decide he then decides alone, for nobody else could make the second
// one. The journal shows which keys were made like that.
func (v *View) decidesAlone() bool {
	admins := map[int64]bool{}
	for g := range adminGrants.of(v, identity.Admin) {
		for k := range openKeys.of(v, g.Person) {
			if k.IsUsable(v.Now) && v.actor(k.Person).Has(identity.Admin) {
				admins[k.Person] = true
			}
		}
	}
	return len(admins) < 2
}

// isOfficial reports whether a role is exercised for the public.
func isOfficial(r identity.Role) bool { return !r.IsOfParty() }

// NeedsApproval is true of an officer's role, where there is a second administrator.
func (c GrantAdd) NeedsApproval(v *View) bool { return isOfficial(c.Role) && !v.decidesAlone() }

// NeedsApproval is true of an officer's key, where there is a second administrator.
func (c KeyMake) NeedsApproval(v *View) bool {
	for _, g := range v.actor(c.Person).Grants {
		if isOfficial(g.Role) {
			return !v.decidesAlone()
		}
	}
	return false
}

// NeedsApproval is true where there is a second administrator.
func (StandInOrder) NeedsApproval(v *View) bool { return !v.decidesAlone() }
