package app

import (
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
)

// The timers of leases, by purpose.
const (
	timerLeaseDue   = "lease.payment_due"
	timerLeaseBegin = "lease.begin"
	timerLeaseEnd   = "lease.end"
)

var (
	_ = declareTimer(timerLeaseDue, retrying(timerLeaseDue, leaseTimer(encumbrance.LapseLease, encumbrance.LeaseApproved)))
	_ = declareTimer(timerLeaseBegin, retrying(timerLeaseBegin, beginOrLapse))
	_ = declareTimer(timerLeaseEnd, retrying(timerLeaseEnd, leaseTimer(encumbrance.ReturnLease, encumbrance.LeaseActive)))
)

// leaseTimer takes a step of a lease when its time has come, if the lease is
// still where the timer was set for. The due day never moves.
func leaseTimer(e encumbrance.LeaseEvent, in encumbrance.LeaseState) timerFunc {
	return func(v *View, id int64) (Apply, error) {
		l, err := Get(v, Leases, "lease", id)
		if err != nil || l.State != in {
			return nil, err
		}
		return LeaseStep{Lease: id, Event: e}.asSystem(v)
	}
}

// beginOrLapse begins a paid lease on its first day. Where the rules refuse it by
// then it lapses with their reason, and the rent goes back (I-126).
func beginOrLapse(v *View, id int64) (Apply, error) {
	apply, err := leaseTimer(encumbrance.BeginLease, encumbrance.LeasePaid)(v, id)
	if why := whyRefused(err); why != "" {
		return LeaseStep{Lease: id, Event: encumbrance.LapseLease, Note: why}.asSystem(v)
	}
	return apply, err
}

// asSystem decides a step that a timer takes.
func (c LeaseStep) asSystem(v *View) (Apply, error) {
	system := *v
	system.Actor = identity.SystemActor
	return c.Decide(&system)
}

// endLeases ends the leases of a term that has ended, some a command.
func endLeases(v *View, e TermEnd) (termEndPart, error) {
	var effects []Apply
	for l := range openLeases.of(v, permits{instrument: e.Instrument}) {
		over := encumbrance.CloseLease
		if l.State == encumbrance.LeaseActive {
			over = encumbrance.ReturnLease
		}
		apply, err := LeaseStep{Lease: l.ID, Event: over}.asSystem(v)
		if err != nil {
			return nil, err
		}
		if effects = append(effects, apply); len(effects) == termEndDeals {
			break
		}
	}
	return endEncumbrances(effects), nil
}

func endEncumbrances(effects []Apply) termEndPart {
	if len(effects) == 0 {
		return nil
	}
	return func(tx *Tx, e *TermEnd) {
		for _, apply := range effects {
			apply(tx)
		}
		e.Holds += int64(len(effects))
	}
}
