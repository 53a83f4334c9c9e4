package settlement

import (
	"slices"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// DealStep is a step of a deal as it was taken. It never changes.
type DealStep struct {
	ID        int64
	Deal      int64
	Event     DealEvent
	Person    int64 // 0: the system
	Role      DealRole
	Document  string
	Note      string
	At        calendar.Instant
	FromState DealState
	ToState   DealState
	Command   int64
}

// The faults of a step, in the order in which they are checked.
var (
	// ErrNotYourStep is returned when the actor never takes this step of such a deal.
	ErrNotYourStep = fault.New(fault.Forbidden, "deal.not_your_step", "this step is for somebody else to take")
	// ErrNotNow is returned when the deal's state does not allow the step. The
	// detail says which steps it allows, and to whom.
	ErrNotNow = fault.New(fault.Conflict, "deal.not_now", "the deal does not allow this step now").At("event")
	// ErrOneSide is returned when a person would act for two bodies of one deal.
	ErrOneSide = fault.New(fault.Refused, "deal.one_person_one_side", "one person acts for one side of a deal").
			Under("deal.one_person_one_side", "民法典 第一百六十八条; project default for officers")
	// ErrDocumentMissing is returned when the step must name a document and does not.
	ErrDocumentMissing = fault.New(fault.Invalid, "deal.document_missing", "this step names the document that it rests on").At("document")
	// ErrNoteMissing is returned when the step must give a reason and does not.
	ErrNoteMissing = fault.New(fault.Invalid, "deal.note_missing", "this step gives its reason").At("note")
)

// History is what has happened to a deal, oldest first.
type History []DealStep

// Has reports whether a body has taken a step.
func (h History) Has(event DealEvent, role DealRole) bool {
	return slices.ContainsFunc(h, func(s DealStep) bool { return s.Event == event && s.Role == role })
}

func (h History) hasEvent(event DealEvent) bool {
	return slices.ContainsFunc(h, func(s DealStep) bool { return s.Event == event })
}

// IsPaymentConfirmed reports whether anybody has confirmed a direct payment.
func (h History) IsPaymentConfirmed() bool {
	return slices.ContainsFunc(paymentConfirmations, h.hasEvent)
}

var paymentConfirmations = []DealEvent{ConfirmPaymentBuyer, ConfirmPaymentSeller, ConfirmPaymentFinance}

// Move is a step that may be taken.
type Move struct {
	Event    DealEvent
	Role     DealRole // on whose behalf
	From, To DealState
	Document bool // the step names a document
	Note     bool // the step gives a reason
}

// Next returns the step that an actor who may stand for the given bodies can
// take with an event: for the first of them that the table allows. Returns
// ErrNotYourStep or ErrNotNow.
func (d Deal) Next(h History, event DealEvent, roles ...DealRole) (Move, error) {
	for _, r := range roles {
		if t, ok := d.find(h, event, r); ok {
			m := Move{Event: event, Role: r, From: d.State, To: t.To, Document: t.Document, Note: t.Note}
			if m.To == "" {
				m.To = d.State
			}
			return m, nil
		}
	}
	takers := takersOf(d.Kind, event)
	isMine := slices.ContainsFunc(roles, func(r DealRole) bool { return slices.Contains(takers, r) })
	if len(takers) > 0 && !isMine {
		return Move{}, ErrNotYourStep.With("%s is a step of the %s", event, join(takers))
	}
	return Move{}, ErrNotNow.With("the deal is %s: %s is not possible now; %s", d.State, event, d.hint(h))
}

// Possible are the steps that an actor who may stand for the given bodies can
// take now.
func (d Deal) Possible(h History, roles ...DealRole) []DealEvent {
	var events []DealEvent
	for _, e := range DealEvents {
		if slices.ContainsFunc(roles, func(r DealRole) bool { _, ok := d.find(h, e, r); return ok }) {
			events = append(events, e)
		}
	}
	return events
}

// MayAct returns ErrOneSide when a person has acted for another body of the
// deal: an agent cannot stand for both sides (民法典 art. 168: 代理人不得…与自己同时
// 代理的其他人实施民事法律行为), and two offices of one person are not four eyes.
func (d Deal) MayAct(h History, person int64, role DealRole) error {
	if person == 0 {
		return nil
	}
	if own := DealRole(d.Proposer); d.ProposedBy == person && own != role {
		return ErrOneSide.With("you proposed this deal for the %s: another person must act for the %s", own, role)
	}
	for _, s := range h {
		if s.Person == person && s.Role != role {
			return ErrOneSide.With("you have acted for the %s in this deal: another person must act for the %s", s.Role, role)
		}
	}
	return nil
}

// IsPayable reports whether every confirmation that the deal needs is in and
// the payment is due.
func (d Deal) IsPayable() bool {
	switch {
	case d.Kind == Local:
		return d.State == DealBureauApproved
	case d.NeedsUpper:
		return d.State == DealUpperApproved
	case d.NeedsBuyerBureau:
		return d.State == DealBuyerRegionConfirmed
	}
	return d.NeedsSellerBureau && d.State == DealSellerRegionConfirmed
}

// hint says what is possible now, and to whom.
func (d Deal) hint(h History) string {
	var parts []string
	for _, e := range DealEvents {
		var who []DealRole
		for _, r := range DealRoles {
			if r == AsSystem {
				continue
			}
			if _, ok := d.find(h, e, r); ok {
				who = append(who, r)
			}
		}
		if who != nil {
			parts = append(parts, string(e)+" ("+join(who)+")")
		}
	}
	if parts == nil {
		return "that state is final"
	}
	return "possible are " + strings.Join(parts, "; ")
}

// find returns the row that a body may follow with an event.
func (d Deal) find(h History, event DealEvent, role DealRole) (Transition, bool) {
	for _, t := range rows[step{d.Kind, event}] {
		if slices.Contains(t.By, role) && t.applies(d, h, role) {
			return t, true
		}
	}
	return Transition{}, false
}

// takersOf are the bodies that ever take a step of such a deal.
func takersOf(k DealKind, event DealEvent) []DealRole {
	var out []DealRole
	for _, t := range rows[step{k, event}] {
		for _, r := range t.By {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

func (t Transition) applies(d Deal, h History, role DealRole) bool {
	if !slices.Contains(t.From, d.State) {
		return false
	}
	for _, c := range t.When {
		if !c.holds(d, h, t.Event, role) {
			return false
		}
	}
	return true
}

func (c Condition) holds(d Deal, h History, event DealEvent, role DealRole) bool {
	switch c {
	case IfEscrow:
		return d.Payment == EscrowPayment
	case IfDirect:
		return d.Payment == DirectPayment
	case IfSellerBureau:
		return d.NeedsSellerBureau
	case IfNoSellerBureau:
		return !d.NeedsSellerBureau
	case IfBuyerBureau:
		return d.NeedsBuyerBureau
	case IfNoBuyerBureau:
		return !d.NeedsBuyerBureau
	case IfUpper:
		return d.NeedsUpper
	case IfNoUpper:
		return !d.NeedsUpper
	case IfUnpaid:
		return !h.IsPaymentConfirmed()
	case IfNotYet:
		return !h.Has(event, role)
	case IfPaymentComplete:
		return isPaymentComplete(h, event)
	case IfPaymentOpen:
		return !isPaymentComplete(h, event)
	case IfAllConsented:
		return d.isConsented(h)
	}
	panic("settlement: unknown condition " + string(c))
}

// isPaymentComplete reports whether with this event all have confirmed.
func isPaymentComplete(h History, event DealEvent) bool {
	for _, e := range paymentConfirmations {
		if e != event && !h.hasEvent(e) {
			return false
		}
	}
	return true
}

// isConsented reports whether nobody is left who could consent to a reversal.
func (d Deal) isConsented(h History) bool {
	for _, r := range DealRoles {
		if _, ok := d.find(h, ConsentReversal, r); ok {
			return false
		}
	}
	return true
}
