package encumbrance

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// The faults of leases, in the order in which they are checked. A plain
// mistake in one field is a request.invalid that names it.
var (
	// ErrOwnLease is returned when both licences are of one party.
	ErrOwnLease = fault.New(fault.Invalid, "lease.own", "a lease is between two parties").At("lessee_licence")
	// ErrLeaseRegion is returned when the licences lie in two regions.
	ErrLeaseRegion = fault.New(fault.Refused, "lease.region", "the use of permits stays in their region").At("lessee_licence").
			Under("lease.region", "project default")
	// ErrLeaseBeyondTerm is returned when a lease would last longer than the term of its permits.
	ErrLeaseBeyondTerm = fault.New(fault.Refused, "lease.beyond_term", "the lease would end after the term of its permits").
				Under("instrument.term_end", "project default")
	// ErrLeaseAmount is returned when the rent rounds to nothing.
	ErrLeaseAmount = fault.New(fault.Refused, "lease.amount_zero", "the rent rounds to CNY 0.00").At("price").
			Under("lease.rent", "project default")
	// ErrLeaseState is returned when the lease's state does not allow this step, or not to this body.
	ErrLeaseState = fault.New(fault.Conflict, "lease.state", "the lease does not allow this now")
	// ErrLeaseRefund is returned when more than the rent would go back.
	ErrLeaseRefund = fault.New(fault.Invalid, "lease.refund", "the refund is from 0 to the rent").At("refund")
	// ErrLeaseOtherRefund is returned when who agrees to an end names another refund than was asked.
	ErrLeaseOtherRefund = fault.New(fault.Refused, "lease.other_refund", "another refund was asked than is agreed to").At("refund").
				Under("lease.early_end", "project default: both parties agree to what goes back")
	// ErrStepDocument is returned when a step lacks its document.
	ErrStepDocument = fault.New(fault.Invalid, "encumbrance.document_missing", "this step names a document").At("document")
	// ErrStepNote is returned when a step lacks its reason.
	ErrStepNote = fault.New(fault.Invalid, "encumbrance.note_missing", "this step gives a reason").At("note")
)

// Lease (租赁) gives the use of a licence's paid permits to another licence for
// some months. It is a hold on the lessor and a use-right of the lessee: no
// balance moves, so that there is nothing the lessee could sell, pledge or
// sublet.
type Lease struct {
	ID             int64
	Lessor         int64 // party
	LessorLicence  int64
	Lessee         int64 // party
	LesseeLicence  int64
	Region         string
	Instrument     int64
	Pollutant      string
	Quantity       quantity.Quantity // t/a
	Price          quantity.Price    // CNY/(t·a)
	Months         int32
	Amount         quantity.Money // the rent of all months
	FromOn         calendar.Date  // first day as agreed
	StartsOn       calendar.Date  // first day; 0: not paid yet
	EndsOn         calendar.Date  // last day; 0: not paid yet
	DueOn          calendar.Date  // last day to pay; 0: not approved yet
	State          LeaseState
	Hold           int64
	SurplusHeld    quantity.Quantity // of the lessor's verified surplus: what he leases he cannot sell beside it
	MoneyHold      int64             // of the rent in escrow; 0: not paid yet
	Rent           int64             // transfer of the rent to the lessor; 0: not yet
	EndAskedBy     Body              // who asked to end it early; "": nobody
	Refund         quantity.Money    // of the rent, as who asked proposes
	RefundTransfer int64
	Document       string // the approval
	EndDocument    string
	OfferedBy      int64 // person
	OfferedAt      calendar.Instant
	EndedAt        calendar.Instant // 0: not yet
	Command        int64
}

// Reckon returns the lease with its rent: quantity × price × months ÷ 12,
// half-up to the fen, as money that two sides agree on is. Returns a fault that
// names the first field that is wrong, or ErrLeaseAmount.
func (l Lease) Reckon() (Lease, error) {
	switch {
	case l.Lessor == l.Lessee:
		return l, ErrOwnLease
	case l.Quantity <= 0:
		return l, fault.Invalidf("quantity", "must be more than zero")
	case l.Price <= 0:
		return l, fault.Invalidf("price", "must be more than zero")
	case l.Months < 1:
		return l, fault.Invalidf("months", "must be at least 1")
	case !l.FromOn.Valid():
		return l, fault.Invalidf("from", "must be the first day of the lease")
	}
	var err error
	if l.Amount, err = LeaseAmount(l.Price, l.Quantity, int(l.Months)); err == nil && l.Amount == 0 {
		err = ErrLeaseAmount
	}
	return l, err
}

// LeaseAmount is the rent of q t/a for some months at p CNY/(t·a), half-up.
func LeaseAmount(p quantity.Price, q quantity.Quantity, months int) (quantity.Money, error) {
	return quantity.TradeAmount(p, q, months, quantity.HalfUp)
}

// LastDay is the last day of a lease that begins on a day: it lasts whole
// calendar months.
func (l Lease) LastDay(first calendar.Date) calendar.Date {
	return first.AddMonths(int(l.Months)).AddDays(-1)
}

// Key is the lessor's holding.
func (l Lease) Key() ledger.Key {
	return ledger.HoldingKey(l.Region, l.Pollutant, l.Lessor, l.LessorLicence, l.Instrument, ledger.Paid)
}

// PayTransfer puts the rent into escrow, where it is held for the lease.
func (l Lease) PayTransfer() ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Escrowing, Reference: l.ID, Legs: []ledger.Leg{
		{Debit: ledger.FundsKey(l.Lessee), Credit: ledger.MoneyKey(ledger.Escrow), Amount: int64(l.Amount)},
	}}
}

// BackTransfer gives the rent back out of escrow, where it is no longer held.
func (l Lease) BackTransfer() ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Escrowing, Reference: l.ID, Legs: []ledger.Leg{
		{Debit: ledger.MoneyKey(ledger.Escrow), Credit: ledger.FundsKey(l.Lessee), Amount: int64(l.Amount)},
	}}
}

// RentTransfer pays the rent to the lessor on the first day.
func (l Lease) RentTransfer() ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Rent, Reference: l.ID, Legs: []ledger.Leg{
		{Debit: ledger.MoneyKey(ledger.Escrow), Credit: ledger.FundsKey(l.Lessor), Amount: int64(l.Amount), FromHeld: true},
	}}
}

// AgreeEnd holds that who agrees to an early end has seen what is asked.
func (l Lease) AgreeEnd(refund quantity.Money) error {
	if refund != l.Refund {
		return ErrLeaseOtherRefund.With("%s asks for an end with a refund of CNY %s", l.EndAskedBy, l.Refund)
	}
	return nil
}

// Unused are the months of a lease that have not begun on a day, and their rent:
// what an early end may give back (project default: both agree on it).
func (l Lease) Unused(on calendar.Date) (months int, rent quantity.Money, err error) {
	for m := range int(l.Months) {
		if l.StartsOn.AddMonths(m) > on {
			months++
		}
	}
	if rent, err = quantity.Amount(l.Price, l.Quantity, months, quantity.HalfUp); err != nil {
		return 0, 0, err
	}
	return months, rent, nil
}

// RefundLegs give a part of the rent back to the lessee; none where nothing is.
func (l Lease) RefundLegs() ledger.Transfer {
	t := ledger.Transfer{Reason: ledger.RentRefund, Reference: l.ID}
	if l.Refund > 0 {
		t.Legs = []ledger.Leg{{Debit: ledger.FundsKey(l.Lessor), Credit: ledger.FundsKey(l.Lessee), Amount: int64(l.Refund)}}
	}
	return t
}

// GivesUse reports whether the lessee may use the permits on a day.
func (l Lease) GivesUse(on calendar.Date) bool {
	return l.State == LeaseActive && l.StartsOn <= on && on <= l.EndsOn
}

// Next is the lease after a step by one of some bodies. Returns ErrLeaseState.
// Who asked to end a lease early cannot agree for the other side.
func (l Lease) Next(e LeaseEvent, bodies ...Body) (LeaseStep, Body, error) {
	if e == AgreeEnd {
		bodies = without(bodies, l.EndAskedBy)
		if l.EndAskedBy == "" {
			return LeaseStep{}, "", ErrLeaseState.With("nobody has asked to end the lease early")
		}
	}
	row, by, ok := find(LeaseSteps, l.State, e, bodies)
	if !ok {
		return row, by, ErrLeaseState.With("the lease is %s: you cannot %s it now", l.State, e)
	}
	return row, by, nil
}

// Possible are the steps that one of some bodies may take now.
func (l Lease) Possible(bodies ...Body) (events []LeaseEvent) {
	for _, e := range LeaseEvents {
		if _, _, err := l.Next(e, bodies...); err == nil {
			events = append(events, e)
		}
	}
	return events
}

// AskEnd is the lease after a side proposed to end it early, with a refund.
func (l Lease) AskEnd(by Body, refund quantity.Money) (Lease, error) {
	if refund < 0 || refund > l.Amount {
		return l, ErrLeaseRefund.With("the rent was CNY %s", l.Amount)
	}
	l.EndAskedBy, l.Refund = by, refund
	return l, nil
}

func without(bodies []Body, other Body) []Body {
	var rest []Body
	for _, b := range bodies {
		if b != other {
			rest = append(rest, b)
		}
	}
	return rest
}

// CheckStep returns ErrStepDocument or ErrStepNote when a step lacks what it
// must have, and a fault that names a text that is too long.
func CheckStep(needsDocument, needsNote bool, document, note string) error {
	switch {
	case needsDocument && document == "":
		return ErrStepDocument
	case needsNote && note == "":
		return ErrStepNote
	}
	for _, text := range [2][2]string{{"document", document}, {"note", note}} {
		if text[1] != "" {
			if err := catalog.CheckDocument(text[0], text[1]); err != nil {
				return err
			}
		}
	}
	return nil
}
