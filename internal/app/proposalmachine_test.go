package app

import (
	"testing"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// A proposal in each of its states meets every step by everybody: he who has
// proposed it, those who decide such a thing, and all others.
func TestProposal_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	p := o.propose(o.clerk, CapDecide{Region: jiashan, Pollutant: vocs, Change: one, Document: "cap", DecidedOn: today})
	operations := map[approval.ProposalEvent]identity.Operation{
		approval.Approve: identity.ProposalApprove, approval.Reject: identity.ProposalReject, approval.Withdraw: identity.ProposalWithdraw, approval.Refresh: identity.ProposalRefresh,
	}
	by := func(p player) approval.By {
		switch {
		case p == registry:
			return approval.Timer
		case p.person == o.clerk:
			return approval.Proposer
		}
		return approval.Approver
	}
	takes := func(_ approval.ProposalState, e approval.ProposalEvent, p player) bool {
		decides := e == approval.Approve || e == approval.Reject
		switch op, asked := operations[e]; {
		case p == registry:
			return true
		case !asked || p.role == identity.Enterprise:
			return false
		case decides && identity.FourEyes[identity.CapDecide][p.role] == identity.None:
			return false
		default:
			return p.isOf(op)
		}
	}
	machine[approval.ProposalState, approval.ProposalEvent]{
		office: o, players: append(o.cast(f), player{"its proposer", identity.BureauClerk, o.clerk, false}),
		states: []approval.ProposalState{approval.Pending, approval.Executed, approval.Rejected, approval.Withdrawn, approval.Lapsed}, events: approval.ProposalEvents,
		next: func(at approval.ProposalState, e approval.ProposalEvent, p player) (approval.ProposalState, error) {
			if !takes(at, e, p) {
				return at, identity.ErrForbidden
			}
			to, err := approval.Proposal{State: at}.Step(e, by(p), p.person, 1)
			return to.State, err
		},
		takes: takes,
		command: func(_ *office, _ approval.ProposalState, e approval.ProposalEvent) Command {
			switch e { //nolint:exhaustive // nobody asks for the others
			case approval.Approve:
				return ProposalApprove{p.ID, p.EffectsDigest}
			case approval.Reject:
				return ProposalReject{p.ID, "r"}
			case approval.Withdraw:
				return ProposalWithdraw{p.ID, "r"}
			case approval.Refresh:
				return ProposalRefresh{p.ID}
			}
			return nil
		},
		passes: map[approval.ProposalEvent]func(*office, approval.ProposalState) bool{
			approval.Lapse: func(o *office, _ approval.ProposalState) bool {
				o.now.set(calendar.Date(20260716).Start())
				return true
			},
		},
		state:   func(o *office) approval.ProposalState { return storedRow(o, Proposals, p.ID).State },
		because: []*fault.Error{approval.ErrNotPending, approval.ErrOwnProposal, approval.ErrNotProposer},
		denied:  []*fault.Error{approval.ErrNotPending},
	}.drive(t)
}
