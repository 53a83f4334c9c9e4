package encumbrance

import "slices"

// PledgeState is where a pledge is in its life.
type PledgeState string

// The states of a pledge.
const (
	PledgeApplied    PledgeState = "applied"
	PledgeConfirmed  PledgeState = "authority_confirmed"
	PledgeApproved   PledgeState = "bank_approved"
	PledgeRegistered PledgeState = "registered" // the permits are held
	PledgeDemanded   PledgeState = "demanded"   // the bank asks for its money out of them
	PledgeOnSale     PledgeState = "on_sale"    // the bureau offers them for it
	PledgeReleased   PledgeState = "released"
	PledgeEnforced   PledgeState = "enforced" // paid out of the permits, or none are left
	PledgeRejected   PledgeState = "rejected"
	PledgeWithdrawn  PledgeState = "withdrawn"
	PledgeEnded      PledgeState = "ended" // the term of the permits is over
)

// PledgeStates are all states of a pledge.
var PledgeStates = []PledgeState{
	PledgeApplied, PledgeConfirmed, PledgeApproved, PledgeRegistered, PledgeDemanded, PledgeOnSale,
	PledgeReleased, PledgeEnforced, PledgeRejected, PledgeWithdrawn, PledgeEnded,
}

// The states that are not final: those before the registration, and those in
// which the permits are held.
var (
	AskedPledges = []PledgeState{PledgeApplied, PledgeConfirmed, PledgeApproved}
	HeldPledges  = []PledgeState{PledgeRegistered, PledgeDemanded, PledgeOnSale}
	OpenPledges  = slices.Concat(AskedPledges, HeldPledges)
)

// IsHeld reports whether the permits of a pledge in this state are held for it.
func (s PledgeState) IsHeld() bool { return slices.Contains(HeldPledges, s) }

// IsOpen reports whether the state is not final.
func (s PledgeState) IsOpen() bool { return slices.Contains(OpenPledges, s) }

// PledgeEvent is a step of a pledge.
type PledgeEvent string

// The steps of a pledge.
const (
	ConfirmPledge  PledgeEvent = "confirm"
	ApprovePledge  PledgeEvent = "approve"
	RegisterPledge PledgeEvent = "register"
	RejectPledge   PledgeEvent = "reject"
	WithdrawPledge PledgeEvent = "withdraw"
	ReleasePledge  PledgeEvent = "release"
	DemandPledge   PledgeEvent = "demand"
	OfferPledged   PledgeEvent = "offer"
	RecallPledged  PledgeEvent = "recall"
	BuyPledged     PledgeEvent = "buy"
	TakePledged    PledgeEvent = "take"
	EnforcePledge  PledgeEvent = "enforce"
	EndPledge      PledgeEvent = "end"
)

// PledgeEvents are all steps of a pledge.
var PledgeEvents = []PledgeEvent{
	ConfirmPledge, ApprovePledge, RegisterPledge, RejectPledge, WithdrawPledge, ReleasePledge, DemandPledge,
	OfferPledged, RecallPledged, BuyPledged, TakePledged, EnforcePledge, EndPledge,
}

// PledgeStep is a row of the table of a pledge's steps.
type PledgeStep = StepOf[PledgeState, PledgeEvent]

// PledgeSteps are every step that can be taken. What is not here is refused.
// docs/encumbrance-states.md shows it; a test compares the two.
var PledgeSteps = []PledgeStep{
	{From: []PledgeState{PledgeApplied}, Event: ConfirmPledge, By: []Body{ByBureau}, To: PledgeConfirmed, Document: true},
	{From: []PledgeState{PledgeConfirmed}, Event: ApprovePledge, By: []Body{ByBank}, To: PledgeApproved, Document: true},
	{From: []PledgeState{PledgeApproved}, Event: RegisterPledge, By: []Body{ByHolder}, To: PledgeRegistered},
	{From: AskedPledges, Event: RejectPledge, By: []Body{ByBureau, ByBank}, To: PledgeRejected, Note: true},
	{From: AskedPledges, Event: WithdrawPledge, By: []Body{ByHolder}, To: PledgeWithdrawn},
	{From: HeldPledges, Event: ReleasePledge, By: []Body{ByBank}, To: PledgeReleased, Document: true},
	{From: []PledgeState{PledgeRegistered}, Event: DemandPledge, By: []Body{ByBank}, To: PledgeDemanded, Document: true},
	{From: []PledgeState{PledgeDemanded}, Event: OfferPledged, By: []Body{ByBureau}, To: PledgeOnSale, Document: true},
	{From: []PledgeState{PledgeOnSale}, Event: RecallPledged, By: []Body{ByBureau, BySystem}, To: PledgeDemanded, Note: true},
	{From: []PledgeState{PledgeOnSale}, Event: BuyPledged, By: []Body{ByBuyer}, To: PledgeDemanded},
	{From: []PledgeState{PledgeDemanded}, Event: TakePledged, By: []Body{ByBureau}, Document: true},
	{From: HeldPledges, Event: EnforcePledge, By: []Body{BySystem}, To: PledgeEnforced},
	{From: OpenPledges, Event: EndPledge, By: []Body{BySystem}, To: PledgeEnded},
}
