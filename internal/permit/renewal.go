package permit

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// A RenewalState is where the renewal of a holding is in its life.
type RenewalState string

// The states of a renewal; the last four are final.
const (
	RenewalApplied   RenewalState = "applied"
	RenewalVerified  RenewalState = "verified"  // re-verified, with its rung
	RenewalPublished RenewalState = "published" // 公示
	RenewalNoticed   RenewalState = "noticed"   // a payment notice asks for the price of the new term
	RenewalReady     RenewalState = "ready"     // paid, or without payment: it joins when the old term ends and the rules allow it
	RenewalJoined    RenewalState = "joined"
	RenewalRejected  RenewalState = "rejected"
	RenewalWithdrawn RenewalState = "withdrawn"
	RenewalLapsed    RenewalState = "lapsed" // not paid in time
)

// RenewalStates are all states of a renewal.
var RenewalStates = []RenewalState{
	RenewalApplied, RenewalVerified, RenewalPublished, RenewalNoticed, RenewalReady, RenewalJoined, RenewalRejected, RenewalWithdrawn, RenewalLapsed,
}

// IsOpen reports whether the old holding waits for this renewal.
func (s RenewalState) IsOpen() bool {
	return slices.Contains(RenewalStates[:slices.Index(RenewalStates, RenewalJoined)], s)
}

// A RenewalEvent is a step of a renewal.
type RenewalEvent string

// The steps of a renewal.
const (
	VerifyRenewal   RenewalEvent = "verify"
	PublishRenewal  RenewalEvent = "publish"
	DecideRenewal   RenewalEvent = "decide"
	PayRenewal      RenewalEvent = "pay"
	JoinRenewal     RenewalEvent = "join"
	RejectRenewal   RenewalEvent = "reject"
	WithdrawRenewal RenewalEvent = "withdraw"
	LapseRenewal    RenewalEvent = "lapse"
)

// RenewalEvents are all steps of a renewal.
var RenewalEvents = []RenewalEvent{
	VerifyRenewal, PublishRenewal, DecideRenewal, PayRenewal, JoinRenewal, RejectRenewal, WithdrawRenewal, LapseRenewal,
}

// A Body is on whose behalf a person takes a step.
type Body string

// The bodies of a renewal.
const (
	AsHolder  Body = "holder"
	AsClerk   Body = "clerk"
	AsLeader  Body = "leader"
	AsFinance Body = "finance"
	AsSystem  Body = "system"
)

// Bodies are all bodies of a renewal.
var Bodies = []Body{AsHolder, AsClerk, AsLeader, AsFinance, AsSystem}

// A RenewalTransition is a row of the table: in one of the states From, one of
// the bodies By may take the step Event, and the renewal is To.
type RenewalTransition struct {
	From    []RenewalState
	Event   RenewalEvent
	By      []Body
	To      RenewalState
	Payable bool // where a payment is asked for
	Free    bool // where none is
	Refused bool // where the rules refuse its joining
}

// undecided are the states before the payment.
var undecided = []RenewalState{RenewalApplied, RenewalVerified, RenewalPublished}

// RenewalTransitions are every step that can be taken. What is not here is
// refused. A renewal may be verified again until it is decided, as after an
// objection; its publicity then begins anew.
var RenewalTransitions = []RenewalTransition{
	{From: undecided, Event: VerifyRenewal, By: []Body{AsClerk, AsLeader}, To: RenewalVerified},
	{From: []RenewalState{RenewalVerified}, Event: PublishRenewal, By: []Body{AsClerk, AsLeader}, To: RenewalPublished},
	{From: []RenewalState{RenewalPublished}, Event: DecideRenewal, By: []Body{AsLeader}, To: RenewalNoticed, Payable: true},
	{From: []RenewalState{RenewalPublished}, Event: DecideRenewal, By: []Body{AsLeader}, To: RenewalReady, Free: true},
	{From: []RenewalState{RenewalNoticed}, Event: PayRenewal, By: []Body{AsFinance}, To: RenewalReady},
	{From: []RenewalState{RenewalReady}, Event: JoinRenewal, By: []Body{AsSystem}, To: RenewalJoined},
	{From: slices.Concat(undecided, []RenewalState{RenewalNoticed}), Event: RejectRenewal, By: []Body{AsLeader}, To: RenewalRejected},
	{From: []RenewalState{RenewalReady}, Event: RejectRenewal, By: []Body{AsLeader}, To: RenewalRejected, Refused: true},
	{From: slices.Concat(undecided, []RenewalState{RenewalNoticed}), Event: WithdrawRenewal, By: []Body{AsHolder}, To: RenewalWithdrawn},
	{From: []RenewalState{RenewalNoticed}, Event: LapseRenewal, By: []Body{AsSystem}, To: RenewalLapsed},
}

// The faults of a renewal's steps, in the order in which they are checked.
var (
	// ErrRenewalStep is returned when the state of a renewal does not allow a step.
	ErrRenewalStep = fault.New(fault.Conflict, "renewal.step_not_allowed", "the state of the renewal does not allow this step").At("event")
	// ErrRenewalBody is returned when the step is for another body.
	ErrRenewalBody = fault.New(fault.Forbidden, "renewal.not_your_step", "this step is for another body").At("event")
)

// Next is the renewal's state after a step by somebody who stands for some
// bodies. Returns ErrRenewalStep or ErrRenewalBody.
func (r Renewal) Next(e RenewalEvent, payable bool, bodies ...Body) (RenewalState, Body, error) {
	err := ErrRenewalStep.With("a renewal that is %s has no step %s", r.State, e)
	for _, t := range RenewalTransitions {
		if t.Event != e || !slices.Contains(t.From, r.State) || t.Payable && !payable || t.Free && payable || t.Refused && r.Refusal == "" {
			continue
		}
		for _, b := range bodies {
			if slices.Contains(t.By, b) {
				return t.To, b, nil
			}
		}
		err = ErrRenewalBody
	}
	return "", "", err
}

// A Renewal is an application to hold permits for a further term.
type Renewal struct {
	ID            int64
	Party         int64
	Region        string
	Licence       int64
	Pollutant     string
	Origin        ledger.Origin
	OldInstrument int64         // whose term ends
	TermEnd       calendar.Date // of the old one
	State         RenewalState
	Renewing      bool   // the old term is over: the old holding waits, and is not tradable
	Refusal       string // why the rules refused its joining; "": they have not, or no longer do

	Requested     quantity.Quantity
	Quantity      quantity.Quantity // verified, for the new term; 0 before
	Rung          string            // of the verification order that it rests on
	NewInstrument int64             // of the new term; 0 before

	PublishedOn  calendar.Date // 0 before
	PublicUntil  calendar.Date // last day
	PublicNotice int64         // that publishes it; 0 before

	NewOrigin ledger.Origin  // of the new holding: what is paid for is paid
	Price     quantity.Price // CNY/(t·a); 0: nothing is to be paid
	Months    int32          // of the new term
	Amount    quantity.Money // to be paid to the tax authority
	DueOn     calendar.Date  // last day to pay
	Notice    int64          // that asks for the payment; 0: nothing is to be paid
	Proof     string         // number of the receipt
	PaidOn    calendar.Date
	Hold      int64             // on the old holding, from the decision on
	Increase  quantity.Quantity // beyond the old holding, out of unallocated
	OtherHold int64             // on unallocated, for the increase

	Joined    quantity.Quantity // what has come to the new holding
	Returned  quantity.Quantity // what of the old holding was not renewed
	Document  string            // of the last step
	AppliedAt calendar.Instant
	EndedAt   calendar.Instant // 0: it is open
	Command   int64
}

// A RenewalStep is a step that a renewal has taken. It never changes.
type RenewalStep struct {
	ID        int64
	Renewal   int64
	Event     RenewalEvent
	Person    int64
	Body      Body
	FromState RenewalState
	ToState   RenewalState
	Quantity  quantity.Quantity // as it was verified then
	Document  string
	Note      string
	At        calendar.Instant
	Command   int64
}

// OldKey is the holding that is renewed.
func (r Renewal) OldKey() ledger.Key {
	return ledger.HoldingKey(r.Region, r.Pollutant, r.Party, r.Licence, r.OldInstrument, r.Origin)
}

// NewKey is the holding of the new term.
func (r Renewal) NewKey() ledger.Key {
	return ledger.HoldingKey(r.Region, r.Pollutant, r.Party, r.Licence, r.NewInstrument, r.NewOrigin)
}

// unallocated is the account that a difference comes from and goes to.
func (r Renewal) unallocated() ledger.Key {
	return ledger.PermitKey(ledger.Unallocated, r.Region, r.Pollutant)
}

// OtherKey is the account that the increase is held in.
func (r Renewal) OtherKey() ledger.Key { return r.unallocated() }

// FirstDay is the first day of the new term: it joins the old without a gap.
func (r Renewal) FirstDay() calendar.Date { return r.TermEnd.AddDays(1) }

// Priced is the renewal with what the new term costs: all of its months, a
// part month counted as one, rounded half up, as the state sells.
func (r Renewal) Priced(price quantity.Price, newEnd calendar.Date) (Renewal, error) {
	months := calendar.RemainingMonths(r.FirstDay(), newEnd, true)
	amount, err := quantity.Amount(price, r.Quantity, months, quantity.HalfUp)
	r.Price, r.Months, r.Amount = price, int32(months), amount //nolint:gosec // months of a term
	return r, err
}

// Takes is how much of the old holding joins the new term.
func (r Renewal) Takes(old quantity.Quantity) quantity.Quantity { return min(old, r.Quantity-r.Joined) }

// JoinTransfer moves a part of the old holding into the new term.
func (r Renewal) JoinTransfer(q quantity.Quantity) ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Renewal, Reference: r.ID, Legs: []ledger.Leg{{Debit: r.OldKey(), Credit: r.NewKey(), Amount: int64(q)}}}
}

// IncreaseTransfer gives the new term what the old holding did not have.
func (r Renewal) IncreaseTransfer(q quantity.Quantity) ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Renewal, Reference: r.ID, Legs: []ledger.Leg{{Debit: r.unallocated(), Credit: r.NewKey(), Amount: int64(q)}}}
}

// RestTransfer gives back what is not renewed.
func (r Renewal) RestTransfer(q quantity.Quantity) ledger.Transfer {
	return ledger.Transfer{Reason: ledger.TermEnd, Reference: r.OldInstrument, Legs: []ledger.Leg{{Debit: r.OldKey(), Credit: r.unallocated(), Amount: int64(q)}}}
}

// A Reminder tells a holder that a term ends.
type Reminder struct {
	ID         int64
	Party      int64
	Region     string
	Licence    int64
	Instrument int64
	Pollutant  string
	Origin     ledger.Origin
	Days       int32 // before the end of the term
	TermEnd    calendar.Date
	ApplyBy    calendar.Date     // last day to apply for a renewal
	Quantity   quantity.Quantity // held then
	At         calendar.Instant
	Command    int64
}
