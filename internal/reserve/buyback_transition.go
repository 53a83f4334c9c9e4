package reserve

import (
	"slices"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// BuyBackState is where a buy-back is in its life.
type BuyBackState string

// The states of a buy-back.
const (
	BuyBackDraft      BuyBackState = "draft"
	BuyBackSubmitted  BuyBackState = "submitted" // from here on the permits are held
	BuyBackAccepted   BuyBackState = "accepted"
	BuyBackVerified   BuyBackState = "verified"
	BuyBackPriced     BuyBackState = "priced"
	BuyBackAgreed     BuyBackState = "agreed"
	BuyBackApproved   BuyBackState = "approved" // the amount is committed in a budget, or there is none
	BuyBackContracted BuyBackState = "contracted"
	BuyBackPaid       BuyBackState = "paid"
	BuyBackInReserve  BuyBackState = "in_reserve"
	BuyBackRejected   BuyBackState = "rejected"
	BuyBackWithdrawn  BuyBackState = "withdrawn"
	BuyBackLapsed     BuyBackState = "lapsed" // the term has ended
)

// BuyBackStates are all states of a buy-back.
var BuyBackStates = []BuyBackState{
	BuyBackDraft, BuyBackSubmitted, BuyBackAccepted, BuyBackVerified, BuyBackPriced, BuyBackAgreed, BuyBackApproved,
	BuyBackContracted, BuyBackPaid, BuyBackInReserve, BuyBackRejected, BuyBackWithdrawn, BuyBackLapsed,
}

// HeldBuyBacks are the states in which a buy-back holds permits.
var HeldBuyBacks = []BuyBackState{
	BuyBackSubmitted, BuyBackAccepted, BuyBackVerified, BuyBackPriced, BuyBackAgreed, BuyBackApproved, BuyBackContracted, BuyBackPaid,
}

// OpenBuyBacks are the states of a buy-back that may still come to something.
var OpenBuyBacks = slices.Concat([]BuyBackState{BuyBackDraft}, HeldBuyBacks)

// IsOpen reports whether a buy-back in this state may still come to something.
func (s BuyBackState) IsOpen() bool { return slices.Contains(OpenBuyBacks, s) }

// IsHeld reports whether a buy-back in this state holds permits.
func (s BuyBackState) IsHeld() bool { return slices.Contains(HeldBuyBacks, s) }

// BuyBackEvent is a step of a buy-back.
type BuyBackEvent string

// The steps of a buy-back.
const (
	SubmitBuyBack   BuyBackEvent = "submit"
	AcceptBuyBack   BuyBackEvent = "accept"
	ReturnBuyBack   BuyBackEvent = "return"
	VerifyBuyBack   BuyBackEvent = "verify"
	RejectBuyBack   BuyBackEvent = "reject"
	PriceBuyBack    BuyBackEvent = "price"
	ReclaimBuyBack  BuyBackEvent = "reclaim"
	AgreeBuyBack    BuyBackEvent = "agree"
	RefuseBuyBack   BuyBackEvent = "refuse"
	ImposeBuyBack   BuyBackEvent = "impose"
	ObjectBuyBack   BuyBackEvent = "object"
	UpholdBuyBack   BuyBackEvent = "uphold"
	DismissBuyBack  BuyBackEvent = "dismiss"
	ApproveBuyBack  BuyBackEvent = "approve"
	ContractBuyBack BuyBackEvent = "contract"
	PayBuyBack      BuyBackEvent = "pay"
	FailBuyBack     BuyBackEvent = "payment_fail"
	BookBuyBack     BuyBackEvent = "book"
	WithdrawBuyBack BuyBackEvent = "withdraw"
	LapseBuyBack    BuyBackEvent = "lapse"
)

// BuyBackEvents are all steps of a buy-back.
var BuyBackEvents = []BuyBackEvent{
	SubmitBuyBack, AcceptBuyBack, ReturnBuyBack, VerifyBuyBack, RejectBuyBack, PriceBuyBack, ReclaimBuyBack, AgreeBuyBack, RefuseBuyBack,
	ImposeBuyBack, ObjectBuyBack, UpholdBuyBack, DismissBuyBack, ApproveBuyBack, ContractBuyBack, PayBuyBack, FailBuyBack, BookBuyBack,
	WithdrawBuyBack, LapseBuyBack,
}

// BuyBackRole is on whose behalf a person takes a step.
type BuyBackRole string

// The bodies that take part in a buy-back.
const (
	AsHolder  BuyBackRole = "enterprise"
	AsClerk   BuyBackRole = "bureau_clerk"
	AsLeader  BuyBackRole = "bureau_leader"
	AsFinance BuyBackRole = "finance" // the treasury
	AsSystem  BuyBackRole = "system"  // the end of a term
)

// BuyBackRoles are all bodies of a buy-back.
var BuyBackRoles = []BuyBackRole{AsHolder, AsClerk, AsLeader, AsFinance, AsSystem}

// BuyBackCondition restricts a transition to some buy-backs.
type BuyBackCondition string

// The conditions of transitions.
const (
	IfApplied     BuyBackCondition = "application"
	IfCompulsory  BuyBackCondition = "compulsory"
	IfPurchase    BuyBackCondition = "purchase"     // something is paid
	IfReclaimed   BuyBackCondition = "reclaimed"    // nothing is
	IfObjected    BuyBackCondition = "objected"     // an objection waits for its answer
	IfNotObjected BuyBackCondition = "not_objected" // none does
)

// A BuyBackTransition is a row of the table: in one of the states From, one of
// the bodies By may take the step Event, and the buy-back is To. All conditions
// of When must hold.
type BuyBackTransition struct {
	From     []BuyBackState
	Event    BuyBackEvent
	By       []BuyBackRole
	To       BuyBackState // "": it stays where it is
	When     []BuyBackCondition
	Document bool // the step names a document
	Note     bool // the step gives a reason
}

var (
	bureau    = []BuyBackRole{AsClerk, AsLeader}
	undecided = []BuyBackState{BuyBackAccepted, BuyBackVerified, BuyBackPriced}
	unpaid    = []BuyBackState{
		BuyBackDraft, BuyBackSubmitted, BuyBackAccepted, BuyBackVerified, BuyBackPriced, BuyBackAgreed, BuyBackApproved, BuyBackContracted,
	}
)

// BuyBackTransitions are every step that can be taken; what is not here is
// refused. docs/buy-back-states.md shows it; a test compares the two.
var BuyBackTransitions = []BuyBackTransition{
	{From: one(BuyBackDraft), Event: SubmitBuyBack, By: role(AsHolder), To: BuyBackSubmitted},
	{From: one(BuyBackSubmitted), Event: AcceptBuyBack, By: bureau, To: BuyBackAccepted},
	{From: one(BuyBackSubmitted), Event: ReturnBuyBack, By: bureau, To: BuyBackDraft, Note: true},
	{From: one(BuyBackAccepted), Event: VerifyBuyBack, By: role(AsLeader), To: BuyBackVerified, Document: true},
	{From: []BuyBackState{BuyBackAccepted, BuyBackAgreed}, Event: RejectBuyBack, By: role(AsLeader), To: BuyBackRejected, Note: true},
	{From: one(BuyBackVerified), Event: PriceBuyBack, By: role(AsLeader), To: BuyBackPriced},
	{From: one(BuyBackVerified), Event: ReclaimBuyBack, By: role(AsLeader), To: BuyBackApproved, When: when(IfNotObjected), Document: true},
	{From: one(BuyBackPriced), Event: AgreeBuyBack, By: role(AsHolder), To: BuyBackAgreed, When: when(IfNotObjected)},
	{From: one(BuyBackPriced), Event: RefuseBuyBack, By: role(AsHolder), To: BuyBackWithdrawn, When: when(IfApplied)},
	{From: one(BuyBackPriced), Event: ImposeBuyBack, By: role(AsLeader), To: BuyBackAgreed, When: when(IfCompulsory, IfNotObjected), Note: true},
	{From: undecided, Event: ObjectBuyBack, By: role(AsHolder), When: when(IfCompulsory, IfNotObjected), Note: true},
	{From: undecided, Event: UpholdBuyBack, By: role(AsLeader), To: BuyBackRejected, When: when(IfObjected), Document: true, Note: true},
	{From: undecided, Event: DismissBuyBack, By: role(AsLeader), When: when(IfObjected), Document: true, Note: true},
	{From: one(BuyBackAgreed), Event: ApproveBuyBack, By: role(AsLeader), To: BuyBackApproved, Document: true},
	{From: one(BuyBackApproved), Event: ContractBuyBack, By: bureau, To: BuyBackContracted, When: when(IfPurchase), Document: true},
	{From: one(BuyBackContracted), Event: PayBuyBack, By: role(AsFinance), To: BuyBackPaid, Document: true},
	{From: one(BuyBackPaid), Event: FailBuyBack, By: role(AsFinance), To: BuyBackContracted, Note: true},
	{From: one(BuyBackPaid), Event: BookBuyBack, By: role(AsLeader, AsSystem), To: BuyBackInReserve, Document: true},
	{From: one(BuyBackApproved), Event: BookBuyBack, By: role(AsLeader), To: BuyBackInReserve, When: when(IfReclaimed), Document: true},
	{From: unpaid, Event: WithdrawBuyBack, By: role(AsHolder), To: BuyBackWithdrawn, When: when(IfApplied)},
	{From: unpaid, Event: LapseBuyBack, By: role(AsSystem), To: BuyBackLapsed, Note: true},
}

func one(s BuyBackState) []BuyBackState               { return []BuyBackState{s} }
func role(r ...BuyBackRole) []BuyBackRole             { return r }
func when(c ...BuyBackCondition) []BuyBackCondition   { return c }
func (c BuyBackCondition) holds(b BuyBack) (yes bool) { return conditions[c](b) }

var conditions = map[BuyBackCondition]func(BuyBack) bool{
	IfApplied:     func(b BuyBack) bool { return b.Kind == Application },
	IfCompulsory:  func(b BuyBack) bool { return b.Kind == Compulsory },
	IfPurchase:    func(b BuyBack) bool { return !b.Reclaimed },
	IfReclaimed:   func(b BuyBack) bool { return b.Reclaimed },
	IfObjected:    func(b BuyBack) bool { return b.ObjectionDueOn != 0 },
	IfNotObjected: func(b BuyBack) bool { return b.ObjectionDueOn == 0 },
}

// BuyBackStep is a step as it was taken. It never changes.
type BuyBackStep struct {
	ID        int64
	BuyBack   int64
	Event     BuyBackEvent
	Person    int64 // 0: the system
	Role      BuyBackRole
	Document  string
	Note      string
	FromState BuyBackState
	ToState   BuyBackState
	At        calendar.Instant
	Command   int64
}

// The faults of a step, in the order in which they are checked.
var (
	// ErrNotYourBuyBackStep is returned when the actor never takes this step.
	ErrNotYourBuyBackStep = fault.New(fault.Forbidden, "buy_back.not_your_step", "this step is for somebody else to take")
	// ErrBuyBackNotNow is returned when the buy-back does not allow the step. The
	// detail says which steps it allows, and to whom.
	ErrBuyBackNotNow = fault.New(fault.Conflict, "buy_back.not_now", "the buy-back does not allow this step now")
	// ErrBuyBackDocument is returned when the step must name a document and does not.
	ErrBuyBackDocument = fault.New(fault.Invalid, "buy_back.document_missing", "this step names the document that it rests on").At("document")
	// ErrBuyBackNote is returned when the step must give a reason and does not.
	ErrBuyBackNote = fault.New(fault.Invalid, "buy_back.note_missing", "this step gives its reason").At("note")
)

// A BuyBackMove is a step that may be taken.
type BuyBackMove struct {
	Event    BuyBackEvent
	Role     BuyBackRole // on whose behalf
	From, To BuyBackState
	Document bool // the step names a document
	Note     bool // the step gives a reason
}

// Next returns the step that an actor who may stand for the given bodies can
// take. Returns ErrNotYourBuyBackStep or ErrBuyBackNotNow.
func (b BuyBack) Next(event BuyBackEvent, roles ...BuyBackRole) (BuyBackMove, error) {
	var takers []BuyBackRole
	for _, t := range BuyBackTransitions {
		if t.Event != event {
			continue
		}
		takers = append(takers, t.By...)
		for _, r := range roles {
			if t.fits(b, r) {
				to := t.To
				if to == "" {
					to = b.State
				}
				return BuyBackMove{event, r, b.State, to, t.Document, t.Note}, nil
			}
		}
	}
	if len(takers) > 0 && !slices.ContainsFunc(roles, func(r BuyBackRole) bool { return slices.Contains(takers, r) }) {
		return BuyBackMove{}, ErrNotYourBuyBackStep.With("%s is a step of: %s", event, words(unique(takers)))
	}
	return BuyBackMove{}, ErrBuyBackNotNow.With("the buy-back is %s: %s is not possible now; %s", b.State, event, b.hint())
}

// CheckTexts returns ErrBuyBackDocument or ErrBuyBackNote.
func (m BuyBackMove) CheckTexts(document, note string) error {
	switch {
	case m.Document && document == "":
		return ErrBuyBackDocument
	case m.Note && note == "":
		return ErrBuyBackNote
	}
	return nil
}

func (t BuyBackTransition) fits(b BuyBack, r BuyBackRole) bool {
	return slices.Contains(t.From, b.State) && slices.Contains(t.By, r) &&
		!slices.ContainsFunc(t.When, func(c BuyBackCondition) bool { return !c.holds(b) })
}

// Possible are the steps that an actor who may stand for the given bodies can
// take now. They may still be refused for what they would do.
func (b BuyBack) Possible(roles ...BuyBackRole) []BuyBackEvent {
	var events []BuyBackEvent
	for _, e := range BuyBackEvents {
		if _, err := b.Next(e, roles...); err == nil {
			events = append(events, e)
		}
	}
	return events
}

// hint says what is possible now, and to whom.
func (b BuyBack) hint() string {
	var parts []string
	for _, t := range BuyBackTransitions {
		var who []BuyBackRole
		for _, r := range t.By {
			if r != AsSystem && t.fits(b, r) {
				who = append(who, r)
			}
		}
		if who != nil {
			parts = append(parts, string(t.Event)+" ("+words(who)+")")
		}
	}
	if parts == nil {
		return "that state is final"
	}
	return "possible are " + strings.Join(parts, "; ")
}

func unique[T comparable](all []T) (out []T) {
	for _, v := range all {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func words[T ~string](all []T) string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}
