package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// AheadDays is how many days ahead what takes effect on a later day is decided at
// most (project default).
const AheadDays = 366

// ProposalState is where a proposal is in its life; all but those in Running
// are final.
type ProposalState string

// The states of a proposal.
const (
	Pending   ProposalState = "pending"
	Approved  ProposalState = "approved" // and done on its day
	Clearing  ProposalState = "clearing" // approved; the open orders that rest on it leave the books first
	Executed  ProposalState = "executed" // approved and done
	Failed    ProposalState = "failed"   // approved, but no longer the same when the orders had left
	Rejected  ProposalState = "rejected"
	Withdrawn ProposalState = "withdrawn"
	Lapsed    ProposalState = "lapsed"
)

// ProposalStates are all states of a proposal.
var ProposalStates = []ProposalState{Pending, Approved, Clearing, Executed, Failed, Rejected, Withdrawn, Lapsed}

// Running are the states in which a proposal still comes to something.
var Running = []ProposalState{Pending, Approved, Clearing}

// ProposalEvent is what happens to a proposal.
type ProposalEvent string

// The events of a proposal.
const (
	Approve  ProposalEvent = "approve"
	Schedule ProposalEvent = "schedule" // is approved before its day
	Clear    ProposalEvent = "clear"    // is approved, and more orders rest on it than one command cancels
	Execute  ProposalEvent = "execute"
	Fail     ProposalEvent = "fail"
	Reject   ProposalEvent = "reject"
	Withdraw ProposalEvent = "withdraw"
	Refresh  ProposalEvent = "refresh" // its effects are shown again
	Lapse    ProposalEvent = "lapse"
)

// ProposalEvents are all events of a proposal.
var ProposalEvents = []ProposalEvent{Approve, Schedule, Clear, Execute, Fail, Reject, Withdraw, Refresh, Lapse}

// By is how the person who acts stands to a proposal.
type By string

// Who may act on a proposal.
const (
	Proposer By = "proposer"
	Approver By = "approver" // somebody else whom identity.FourEyes names
	Timer    By = "timer"
)

type transition struct {
	from, to ProposalState
	by       []By
}

// transitions is every step that a proposal can take.
var transitions = map[ProposalEvent][]transition{
	Approve:  {{Pending, Executed, []By{Approver}}},
	Schedule: {{Pending, Approved, []By{Approver}}},
	Clear:    {{Pending, Clearing, []By{Approver}}, {Approved, Clearing, []By{Timer}}},
	Execute:  {{Approved, Executed, []By{Timer}}, {Clearing, Executed, []By{Timer}}},
	Fail:     {{Clearing, Failed, []By{Timer}}},
	Reject:   {{Pending, Rejected, []By{Approver}}, {Approved, Rejected, []By{Approver}}},
	Withdraw: {{Pending, Withdrawn, []By{Proposer}}, {Approved, Withdrawn, []By{Proposer}}},
	Refresh:  {{Pending, Pending, []By{Proposer, Approver}}},
	Lapse:    {{Pending, Lapsed, []By{Timer}}},
}

// The faults of a proposal, in the order in which they are checked.
var (
	// ErrNotPending is returned when a proposal has been decided, withdrawn or has lapsed; of one that is approved, when it would be approved or refreshed.
	ErrNotPending = fault.New(fault.Conflict, "proposal.not_pending", "the proposal is no longer pending")
	// ErrOwnProposal is returned when the proposer, as a person, or his stand-in would decide his proposal.
	ErrOwnProposal = fault.New(fault.Refused, "proposal.own", "a proposal is decided by another person than its proposer or his stand-in").
			Under("proposal.four_eyes", "project default")
	// ErrNotProposer is returned when somebody else would withdraw a proposal.
	ErrNotProposer = fault.New(fault.Conflict, "proposal.not_proposer", "only its proposer withdraws a proposal")
	// ErrNotShown is returned when an approval names other effects than the proposal shows.
	ErrNotShown = fault.New(fault.Conflict, "proposal.effects_not_shown", "the proposal shows other effects than those that were approved: read it again").At("effects_digest")
	// ErrStale is returned when the proposal would no longer do what it shows.
	ErrStale = fault.New(fault.Conflict, "proposal.stale", "the proposal would no longer do what it shows: refresh it and look at its effects again")
)

// A Proposal is a command that waits for a second person.
type Proposal struct {
	ID            int64
	Operation     string
	Region        string // whose officers it concerns; "" for the whole registry
	Party         int64  // whose signer approves it; 0: officers do
	Payload       string // the command, as the journal keeps it
	Effects       string // what it would do, as JSON: a list of Effect
	EffectsDigest string
	State         ProposalState
	ProposedBy    int64 // person
	ProposedAt    calendar.Instant
	ShownAt       calendar.Instant // when the effects were last looked at
	LapsesAt      calendar.Instant
	DecidedBy     int64            // person; 0: nobody yet, or a timer
	DecidedAt     calendar.Instant // 0: not yet
	Reason        string           // of a rejection, a withdrawal or a failure, or why it still waits after its day
	ApprovedIn    int64            // journal row of an approval that another row does; 0: none
	EffectiveOn   calendar.Date    // the day, to come when it was proposed, on which it is done; 0: at once
	Command       int64
}

// Step returns the proposal after an event, or the fault that forbids it.
func (p Proposal) Step(e ProposalEvent, by By, person int64, at calendar.Instant) (Proposal, error) {
	n := slices.IndexFunc(transitions[e], func(t transition) bool { return t.from == p.State })
	if n < 0 {
		return p, ErrNotPending.With("the proposal is %s", p.State)
	}
	t := transitions[e][n]
	if !slices.Contains(t.by, by) {
		if e == Withdraw {
			return p, ErrNotProposer
		}
		return p, ErrOwnProposal
	}
	p.State = t.to
	if t.from == Pending && t.to != Pending { // who has approved it stays who decided it
		p.DecidedBy, p.DecidedAt = person, at
	}
	return p, nil
}

// An Effect is one thing that a command would change.
type Effect struct {
	Subject string `json:"subject"`          // an account or a record, for a person
	Record  int64  `json:"record,omitempty"` // id; 0: a new one, or an account
	Field   string `json:"field"`
	Before  string `json:"before,omitempty"`
	After   string `json:"after,omitempty"`

	// same is what must be equal for two effects to be: of a balance, which
	// others move too, it is the difference.
	same   string
	beside bool // is shown, and no part of what is approved
}

// OfBalance is the effect on a part of an account's balance.
func OfBalance(account, field string, before, after int64, format func(int64) string) Effect {
	return Effect{
		Subject: account, Field: field, Before: format(before), After: format(after), same: fmt.Sprint(after - before),
	}
}

// OfField is the effect on a field of a record. A day that is today is the
// same as any other day that is today when it is looked at again.
func OfField(record string, id int64, field, before, after string, isToday bool) Effect {
	e := Effect{Subject: record, Record: id, Field: field, Before: before, After: after, same: before + "\x00" + after}
	if isToday {
		e.same = before + "\x00today"
	}
	return e
}

// Beside is an effect that is shown and is no part of what is approved: others
// change it at will, as their open orders.
func (e Effect) Beside() Effect {
	e.beside = true
	return e
}

// OfMoved is OfBalance of a part that others move too: what their open orders and
// bids that are taken out move of it is beside.
func OfMoved(account, field string, before, after, beside int64, format func(int64) string) Effect {
	e := OfBalance(account, field, before+beside, after, format)
	e.Before, e.beside = format(before), before+beside == after
	return e
}

// Digest tells whether two lists of effects are the same, in hex.
func Digest(effects []Effect) string {
	lines := make([]string, 0, len(effects))
	for _, e := range effects {
		if !e.beside {
			lines = append(lines, fmt.Sprintf("%s\x00%d\x00%s\x00%s\n", e.Subject, e.Record, e.Field, e.same))
		}
	}
	slices.Sort(lines) // open orders change what is touched first
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:])
}
