package encumbrance

import "slices"

// LeaseState is where a lease is in its life.
type LeaseState string

// The states of a lease.
const (
	LeaseOffered    LeaseState = "offered" // the permits are held
	LeaseAgreed     LeaseState = "agreed"
	LeaseApproved   LeaseState = "approved"
	LeasePaid       LeaseState = "paid" // the rent is in escrow
	LeaseActive     LeaseState = "active"
	LeaseReturned   LeaseState = "returned"    // its last day has passed
	LeaseEndedEarly LeaseState = "ended_early" // by both sides
	LeaseRevoked    LeaseState = "revoked"     // by the bureau
	LeaseRejected   LeaseState = "rejected"
	LeaseWithdrawn  LeaseState = "withdrawn"
	LeaseLapsed     LeaseState = "lapsed" // not paid in time, or refused by the rules on its first day
	LeaseClosed     LeaseState = "closed" // the term of the permits is over
)

// LeaseStates are all states of a lease.
var LeaseStates = []LeaseState{
	LeaseOffered, LeaseAgreed, LeaseApproved, LeasePaid, LeaseActive,
	LeaseReturned, LeaseEndedEarly, LeaseRevoked, LeaseRejected, LeaseWithdrawn, LeaseLapsed, LeaseClosed,
}

// OpenLeases are the states that are not final: in each the permits are held.
var OpenLeases = []LeaseState{LeaseOffered, LeaseAgreed, LeaseApproved, LeasePaid, LeaseActive}

// IsOpen reports whether the state is not final.
func (s LeaseState) IsOpen() bool { return slices.Contains(OpenLeases, s) }

// LeaseEvent is a step of a lease.
type LeaseEvent string

// The steps of a lease.
const (
	AgreeLease    LeaseEvent = "agree"
	ApproveLease  LeaseEvent = "approve"
	PayLease      LeaseEvent = "pay"
	BeginLease    LeaseEvent = "begin"
	ReturnLease   LeaseEvent = "return"
	AskEnd        LeaseEvent = "ask_end"
	AgreeEnd      LeaseEvent = "agree_end"
	RevokeLease   LeaseEvent = "revoke"
	RejectLease   LeaseEvent = "reject"
	WithdrawLease LeaseEvent = "withdraw"
	LapseLease    LeaseEvent = "lapse"
	CloseLease    LeaseEvent = "close"
)

// LeaseEvents are all steps of a lease.
var LeaseEvents = []LeaseEvent{
	AgreeLease, ApproveLease, PayLease, BeginLease, ReturnLease, AskEnd, AgreeEnd, RevokeLease, RejectLease, WithdrawLease, LapseLease, CloseLease,
}

// LeaseStep is a row of the table of a lease's steps.
type LeaseStep = StepOf[LeaseState, LeaseEvent]

var tenants = []Body{ByLessor, ByLessee}

// LeaseSteps are every step that can be taken. What is not here is refused.
// docs/encumbrance-states.md shows it; a test compares the two.
var LeaseSteps = []LeaseStep{
	{From: []LeaseState{LeaseOffered}, Event: AgreeLease, By: []Body{ByLessee}, To: LeaseAgreed},
	{From: []LeaseState{LeaseAgreed}, Event: ApproveLease, By: []Body{ByBureau}, To: LeaseApproved, Document: true},
	{From: []LeaseState{LeaseApproved}, Event: PayLease, By: []Body{ByLessee}, To: LeasePaid},
	{From: []LeaseState{LeasePaid}, Event: BeginLease, By: []Body{BySystem}, To: LeaseActive},
	{From: []LeaseState{LeaseActive}, Event: ReturnLease, By: []Body{BySystem}, To: LeaseReturned},
	{From: []LeaseState{LeaseActive}, Event: AskEnd, By: tenants},
	{From: []LeaseState{LeaseActive}, Event: AgreeEnd, By: tenants, To: LeaseEndedEarly},
	{From: []LeaseState{LeasePaid, LeaseActive}, Event: RevokeLease, By: []Body{ByBureau}, To: LeaseRevoked, Document: true, Note: true},
	{From: []LeaseState{LeaseOffered, LeaseAgreed, LeaseApproved}, Event: RejectLease, By: []Body{ByBureau}, To: LeaseRejected, Note: true},
	{From: []LeaseState{LeaseOffered, LeaseAgreed, LeaseApproved}, Event: WithdrawLease, By: tenants, To: LeaseWithdrawn},
	{From: []LeaseState{LeaseApproved}, Event: LapseLease, By: []Body{BySystem}, To: LeaseLapsed},
	{From: []LeaseState{LeasePaid}, Event: LapseLease, By: []Body{BySystem}, To: LeaseLapsed, Note: true},
	{From: []LeaseState{LeaseOffered, LeaseAgreed, LeaseApproved, LeasePaid}, Event: CloseLease, By: []Body{BySystem}, To: LeaseClosed},
}
