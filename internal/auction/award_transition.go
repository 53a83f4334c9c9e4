package auction

import "slices"

// AwardState is where an award is.
type AwardState string

// The states of an award; the last three are final.
const (
	Awarded         AwardState = "awarded" // certified, the winner is to sign
	AwardSigned     AwardState = "signed"  // by the winner
	AwardContracted AwardState = "contracted"
	AwardPaid       AwardState = "paid"
	AwardDelivered  AwardState = "delivered"
	AwardDefaulted  AwardState = "defaulted" // not signed or not paid in time
	AwardRevoked    AwardState = "revoked"   // an objection was upheld, the project no longer needs it, or the rules no longer allow it
)

// AwardStates are all states.
var AwardStates = []AwardState{Awarded, AwardSigned, AwardContracted, AwardPaid, AwardDelivered, AwardDefaulted, AwardRevoked}

// OpenAwards are the states in which something is still to be done.
var OpenAwards = []AwardState{Awarded, AwardSigned, AwardContracted, AwardPaid}

// IsOpen reports whether something is still to be done in this state.
func (s AwardState) IsOpen() bool { return slices.Contains(OpenAwards, s) }

// AwardEvent is what happens to an award.
type AwardEvent string

// The events.
const (
	SignAward     AwardEvent = "sign"
	ContractAward AwardEvent = "contract"
	ProveAward    AwardEvent = "prove"
	DeliverAward  AwardEvent = "deliver"
	SettleAward   AwardEvent = "settle" // paid and delivered in one step, between parties
	DefaultAward  AwardEvent = "default"
	RevokeAward   AwardEvent = "revoke"
	UnproveAward  AwardEvent = "unprove" // its payment was for another notice
)

// AwardEvents are all events.
var AwardEvents = []AwardEvent{SignAward, ContractAward, ProveAward, DeliverAward, SettleAward, DefaultAward, RevokeAward, UnproveAward}

// AwardRole is on whose behalf something happens to an award.
type AwardRole string

// The roles. A default, a revocation and a withdrawn proof need a second officer.
const (
	AsWinner  AwardRole = "winner"
	AsBureau  AwardRole = "bureau"
	AsFinance AwardRole = "finance"
)

// AwardRoles are all roles.
var AwardRoles = []AwardRole{AsWinner, AsBureau, AsFinance}

// AwardTransition is a row of the table: in one of the states From, By may do
// Event, and the award is To.
type AwardTransition struct {
	From  []AwardState
	Event AwardEvent
	By    AwardRole
	To    AwardState
}

// AwardTransitions are everything that can happen to an award. What is not here
// is refused; docs/award-states.md shows it, and a test compares the two.
var AwardTransitions = []AwardTransition{
	{[]AwardState{Awarded}, SignAward, AsWinner, AwardSigned},
	{[]AwardState{AwardSigned}, ContractAward, AsBureau, AwardContracted},
	{[]AwardState{AwardContracted}, ProveAward, AsFinance, AwardPaid},
	{[]AwardState{AwardPaid}, UnproveAward, AsFinance, AwardContracted},
	{[]AwardState{AwardPaid}, DeliverAward, AsBureau, AwardDelivered},
	{[]AwardState{AwardContracted}, SettleAward, AsWinner, AwardDelivered},
	{[]AwardState{Awarded, AwardContracted}, DefaultAward, AsBureau, AwardDefaulted},
	{[]AwardState{Awarded, AwardSigned, AwardContracted, AwardPaid}, RevokeAward, AsBureau, AwardRevoked},
}

// Next returns the award after an event, or ErrAwardStep.
func (a Award) Next(e AwardEvent, by AwardRole) (Award, error) {
	for _, t := range AwardTransitions {
		if t.Event == e && t.By == by && slices.Contains(t.From, a.State) {
			a.State = t.To
			return a, nil
		}
	}
	return a, ErrAwardStep.With("the award is %s: %s by the %s is not possible", a.State, e, by)
}
