package app

import (
	"iter"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// The tables of leases, and of the steps of leases and pledges.
var (
	Leases           = resident[encumbrance.Lease]("lease")
	EncumbranceSteps = cold[encumbrance.TakenStep]("encumbrance_step")
)

// openLeases are found by the licence of either side.
var openLeases = indexed(Leases, func(l encumbrance.Lease) []permits {
	return when(l.State.IsOpen(), permits{licence: l.LessorLicence}, permits{licence: l.LesseeLicence}, permits{instrument: l.Instrument})
})

// permits is what leases, pledges and idle declarations are found by: one of the two.
type permits struct{ licence, instrument int64 }

// The faults of leases, in the order in which they are checked; those of terms
// and states are in encumbrance, those of rules, which come last, in rulebook.
var (
	// ErrLeasePast is returned when a lease would begin before today.
	ErrLeasePast = fault.New(fault.Invalid, "lease.past", "the first day has passed").At("from")
	// ErrLeaseOverdue is returned when the last day to pay is over.
	ErrLeaseOverdue = fault.New(fault.Refused, "lease.payment_overdue", "the last day to pay is over").Under("deal.payment_days", "project default")
)

// LeaseOffer offers the use of a licence's paid permits to another licence of
// its region. The permits are held from now on.
type LeaseOffer struct {
	LessorLicence int64
	LesseeLicence int64
	Instrument    string
	Quantity      quantity.Quantity
	Price         quantity.Price // CNY/(t·a)
	Months        int32
	From          calendar.Date // first day
}

// LeaseStep takes the next step of a lease.
type LeaseStep struct {
	Lease    int64
	Event    encumbrance.LeaseEvent
	Refund   quantity.Money // ask_end: of the rent, to the lessee; agree_end: the same
	Document string
	Note     string
}

// LeaseResult is a lease with the code of its instrument, what its reader may do,
// and the day on which he looks.
type LeaseResult struct {
	Lease      encumbrance.Lease
	Instrument string
	Next       []encumbrance.LeaseEvent
	On         calendar.Date
}

var _ = declare(LeaseOffer{}, LeaseStep{})

// Operation is LeaseOffer.
func (LeaseOffer) Operation() identity.Operation { return identity.LeaseOffer }

// Decide checks the terms and that the lessor has what he offers. The result
// is a LeaseResult.
func (c LeaseOffer) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.LeaseOffer, identity.Target{}); err != nil {
		return nil, err
	}
	lessor, err := Get(v, Licences, "lessor_licence", c.LessorLicence)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("lessor_licence", identity.LeaseOffer, identity.OfParty(lessor.Party, "")); err != nil {
		return nil, err
	}
	lessee, err := Get(v, Licences, "lessee_licence", c.LesseeLicence)
	if err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	l, err := encumbrance.Lease{
		Lessor: lessor.Party, LessorLicence: lessor.ID, Lessee: lessee.Party, LesseeLicence: lessee.ID, Region: lessor.Region,
		Instrument: i.ID, Pollutant: i.Pollutant, Quantity: c.Quantity, Price: c.Price, Months: c.Months, FromOn: c.From,
		State: encumbrance.LeaseOffered, OfferedBy: v.Actor.Person, OfferedAt: v.Now,
	}.Reckon()
	switch {
	case err != nil:
		return nil, err
	case lessor.Region != lessee.Region:
		return nil, encumbrance.ErrLeaseRegion
	case c.From < v.Today:
		return nil, ErrLeasePast
	}
	if err := v.judgeLease(l); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		l = Put(tx, Leases, l)
		l.Hold = tx.putHold(l.Key(), int64(l.Quantity), ledger.ForLease, l.ID).ID
		tx.leaseSurplus(&l, l.Quantity)
		return tx.leaseResult(Put(tx, Leases, l))
	}, nil
}

// judgeLease asks the rules, and holds that the term lasts.
func (v *View) judgeLease(l encumbrance.Lease) error {
	i, err := Get(v, Instruments, "instrument", l.Instrument)
	if err != nil {
		return err
	}
	if i.Expired(v.Today) {
		return ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	if err := v.judgeTenants(l, i); err != nil {
		return err
	}
	if last := l.LastDay(max(l.FromOn, v.Today)); last > i.TermEnd {
		return encumbrance.ErrLeaseBeyondTerm.With("the lease would end on %s, the term of %s on %s", last, i.Code, i.TermEnd).At("months")
	}
	return nil
}

// judgeTenants asks the rules of both sides of a lease. What the lessor has is
// looked at while nothing is held for the lease.
func (v *View) judgeTenants(l encumbrance.Lease, i catalog.Instrument) error {
	lessor, err := Get(v, Licences, "lessor_licence", l.LessorLicence)
	if err != nil {
		return err
	}
	lessee, err := Get(v, Licences, "lessee_licence", l.LesseeLicence)
	if err != nil {
		return err
	}
	f := v.facts(rulebook.Lease, l.Pollutant, l.Quantity)
	f.Months = l.Months
	f.Seller = v.known.side("lessor_licence", rowsOf(v.state, Parties).rows[l.Lessor], lessor, l.Pollutant, v.Today)
	f.Buyer = v.known.side("lessee_licence", rowsOf(v.state, Parties).rows[l.Lessee], lessee, l.Pollutant, v.Today)
	f.Seller.Holding = rulebook.Holding{Seen: true, Paid: l.Quantity, Ready: l.Quantity, Surplus: l.Quantity}
	if l.Hold == 0 {
		f.Seller.Holding = v.holding(lessor, i)
	}
	return v.judge(&f)
}

// leaseSurplus holds more of the lessor's verified surplus, or less.
func (tx *Tx) leaseSurplus(l *encumbrance.Lease, change quantity.Quantity) {
	if change != 0 {
		tx.ChangeSurplus(l.LessorLicence, l.Pollutant, func(s *market.Surplus) { s.Held += change })
		l.SurplusHeld += change
	}
}

func (tx *Tx) leaseResult(l encumbrance.Lease) LeaseResult {
	return LeaseResult{l, mustGet(tx, Instruments, l.Instrument).Code, NextLeaseEvents(tx.Actor, l), tx.Today}
}

// LeaseTarget is a lease for the table of who may do what.
func LeaseTarget(l encumbrance.Lease) identity.Target {
	return identity.Target{Parties: []int64{l.Lessor, l.Lessee}, Regions: []string{l.Region}}
}

// leaseBodies are the bodies that an actor may stand for.
func leaseBodies(a identity.Actor, l encumbrance.Lease) []encumbrance.Body {
	if a.Has(identity.System) {
		return []encumbrance.Body{encumbrance.BySystem}
	}
	var bodies []encumbrance.Body
	for party, body := range map[int64]encumbrance.Body{l.Lessor: encumbrance.ByLessor, l.Lessee: encumbrance.ByLessee} {
		if slices.Contains(a.Parties(), party) {
			bodies = append(bodies, body)
		}
	}
	if len(bodies) > 1 { // nobody agrees with himself
		bodies = []encumbrance.Body{encumbrance.ByLessor}
	}
	if hasRole(a, identity.LeaseStep, identity.BureauLeader, identity.OfRegion(l.Region)) {
		bodies = append(bodies, encumbrance.ByBureau)
	}
	return bodies
}

// NextLeaseEvents are the steps that an actor may take now. They may still be
// refused for what they would do.
func NextLeaseEvents(a identity.Actor, l encumbrance.Lease) []encumbrance.LeaseEvent {
	return l.Possible(leaseBodies(a, l)...)
}

// Operation is LeaseStep.
func (LeaseStep) Operation() identity.Operation { return identity.LeaseStep }

// leaseEffect is what a step does beside moving the lease to its next state.
type leaseEffect func(tx *Tx, l *encumbrance.Lease)

// Decide looks the step up in the table, and checks what it would do. The
// result is a LeaseResult.
func (c LeaseStep) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.LeaseStep, identity.Target{}); err != nil {
		return nil, err
	}
	l, err := Get(v, Leases, "id", c.Lease)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.LeaseStep, LeaseTarget(l)); err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("event", c.Event, encumbrance.LeaseEvents); err != nil {
		return nil, err
	}
	row, by, err := l.Next(c.Event, leaseBodies(v.Actor, l)...)
	if err != nil {
		return nil, err
	}
	if err := encumbrance.CheckStep(row.Document, row.Note, c.Document, c.Note); err != nil {
		return nil, err
	}
	effect, err := c.effect(v, l, by)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		from := l.State
		effect(tx, &l)
		l.State = row.To
		if !l.State.IsOpen() {
			l.EndedAt, l.EndDocument = tx.Now, c.Document
		}
		l = Put(tx, Leases, l)
		tx.tookStep(encumbrance.TakenStep{
			Kind: encumbrance.OfLease, Reference: l.ID, Event: string(c.Event), Body: by, FromState: string(from), ToState: string(l.State),
			Document: c.Document, Note: c.Note,
		})
		return tx.leaseResult(l)
	}, nil
}

// tookStep records a step of a lease or pledge.
func (tx *Tx) tookStep(s encumbrance.TakenStep) {
	s.Person, s.At = tx.Actor.Person, tx.Now
	Put(tx, EncumbranceSteps, s)
}

// effect checks what a step would do and returns it.
func (c LeaseStep) effect(v *View, l encumbrance.Lease, by encumbrance.Body) (leaseEffect, error) {
	switch c.Event {
	case encumbrance.AgreeLease:
		if err := v.judgeLease(l); err != nil {
			return nil, err
		}
		return noLeaseEffect, v.checkSigner(l.Lessee, l.Amount)
	case encumbrance.ApproveLease:
		return c.approve(v, l)
	case encumbrance.PayLease:
		return v.payLease(l)
	case encumbrance.BeginLease:
		return v.beginLease(l)
	case encumbrance.AskEnd:
		asked, err := l.AskEnd(by, c.Refund)
		return func(_ *Tx, l *encumbrance.Lease) { l.EndAskedBy, l.Refund = asked.EndAskedBy, asked.Refund }, err
	case encumbrance.AgreeEnd:
		if err := l.AgreeEnd(c.Refund); err != nil {
			return nil, err
		}
		return v.endLeaseEarly(l)
	case encumbrance.ReturnLease, encumbrance.RevokeLease, encumbrance.RejectLease, encumbrance.WithdrawLease, encumbrance.LapseLease, encumbrance.CloseLease:
		return v.freeLease(l)
	}
	panic("app: no effect is declared for the step " + string(c.Event))
}

func noLeaseEffect(*Tx, *encumbrance.Lease) {}

// approve judges the lease by the facts of today; then the rent is due.
func (c LeaseStep) approve(v *View, l encumbrance.Lease) (leaseEffect, error) {
	if err := v.judgeLease(l); err != nil {
		return nil, err
	}
	due, err := v.deadline(rulebook.PaymentDays, l.Region, l.Pollutant)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, l *encumbrance.Lease) {
		l.Document, l.DueOn = c.Document, due
		tx.Arm(due.AddDays(1).Start(), timerLeaseDue, l.ID)
	}, nil
}

// payLease puts the rent into escrow. The lease begins on its first day, or
// today where that has passed; it always lasts its whole months.
func (v *View) payLease(l encumbrance.Lease) (leaseEffect, error) {
	if v.Today > l.DueOn {
		return nil, ErrLeaseOverdue.With("the last day to pay was %s", l.DueOn)
	}
	if err := v.judgeLease(l); err != nil {
		return nil, err
	}
	if err := v.checkSigner(l.Lessee, l.Amount); err != nil {
		return nil, err
	}
	return func(tx *Tx, l *encumbrance.Lease) {
		tx.Post(l.PayTransfer())
		l.MoneyHold = tx.putHold(ledger.MoneyKey(ledger.Escrow), int64(l.Amount), ledger.ForLease, l.ID).ID
		l.StartsOn = max(l.FromOn, tx.Today)
		l.EndsOn = l.LastDay(l.StartsOn)
		tx.Arm(l.StartsOn.Start(), timerLeaseBegin, l.ID)
		tx.Arm(l.EndsOn.AddDays(1).Start(), timerLeaseEnd, l.ID)
	}, v.ledger.Check(l.PayTransfer())
}

// beginLease pays the rent to the lessor: from now on the lessee may use the
// permits. The rules are asked again: what was true when the rent was paid may
// have changed. Its term was judged then.
func (v *View) beginLease(l encumbrance.Lease) (leaseEffect, error) {
	i, err := Get(v, Instruments, "instrument", l.Instrument)
	if err != nil {
		return nil, err
	}
	if err := v.judgeTenants(l, i); err != nil {
		return nil, err
	}
	h, err := Get(v, Holds, "hold", l.MoneyHold)
	return func(tx *Tx, l *encumbrance.Lease) {
		tx.closeHold(h, ledger.HoldPosted)
		l.Rent = tx.Post(l.RentTransfer())[0].Transfer
	}, err
}

// endLeaseEarly gives the permits back, and as much of the rent as both agreed on.
func (v *View) endLeaseEarly(l encumbrance.Lease) (leaseEffect, error) {
	free, err := v.freeLease(l)
	if err != nil {
		return nil, err
	}
	refund := l.RefundLegs()
	if len(refund.Legs) == 0 {
		return free, nil
	}
	return func(tx *Tx, l *encumbrance.Lease) {
		free(tx, l)
		l.RefundTransfer = tx.Post(refund)[0].Transfer
	}, v.ledger.Check(refund)
}

// freeLease gives back what a lease keeps: the permits with their surplus, and
// the rent where the lease has not begun.
func (v *View) freeLease(l encumbrance.Lease) (leaseEffect, error) {
	permits, err := Get(v, Holds, "hold", l.Hold)
	if err != nil {
		return nil, err
	}
	var money ledger.Hold
	if l.State == encumbrance.LeasePaid {
		if money, err = Get(v, Holds, "hold", l.MoneyHold); err != nil {
			return nil, err
		}
	}
	return func(tx *Tx, l *encumbrance.Lease) {
		tx.closeHold(permits, ledger.HoldVoided)
		tx.leaseSurplus(l, -l.SurplusHeld)
		if money.ID != 0 {
			tx.closeHold(money, ledger.HoldVoided)
			tx.Post(l.BackTransfer())
		}
	}, nil
}

// useRights are what a licence may use of a pollutant on a day by leases, and
// what it has given others to use, beside what it holds.
func (s *state) useRights(licence int64, pollutant string, on calendar.Date) (in, out quantity.Quantity) {
	return UseRights(openLeases.of(&View{state: s}, permits{licence: licence}), licence, pollutant, on)
}

// UseRights adds up the leases of a licence that give a use on a day.
func UseRights(leases iter.Seq[encumbrance.Lease], licence int64, pollutant string, on calendar.Date) (in, out quantity.Quantity) {
	for l := range leases {
		switch {
		case l.Pollutant != pollutant || !l.GivesUse(on):
		case l.LesseeLicence == licence:
			in += l.Quantity
		case l.LessorLicence == licence:
			out += l.Quantity
		}
	}
	return in, out
}
