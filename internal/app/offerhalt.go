package app

import (
	"fmt"

	"permitx/internal/catalog"
	"permitx/internal/identity"
)

// OfferHalt interrupts an open window: no quote is taken until it is resumed.
type OfferHalt struct {
	Offer  int64
	Reason string
}

// OfferResume lets a halted window go on: it is extended by as long as it was halted.
type OfferResume struct {
	Offer  int64
	Reason string
}

var _ = declare(OfferHalt{}, OfferResume{})

// Operation is OfferHalt.
func (OfferHalt) Operation() identity.Operation { return identity.OfferHalt }

// Decide checks that the window is open. The result is an OfferResult.
func (c OfferHalt) Decide(v *View) (Apply, error) {
	o, err := v.offer(identity.OfferHalt, c.Offer)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if o, err = o.Halted(v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.publishIncident(o, fmt.Sprintf("Offer %d is halted", o.ID), fmt.Sprintf(
			"The window is halted since %s: %s. No bid is taken until it goes on. Bids that were acknowledged count, or fall, together.", o.SeenAt, c.Reason))
		return tx.offerResult(Put(tx, Offers, o))
	}, nil
}

// Operation is OfferResume.
func (OfferResume) Operation() identity.Operation { return identity.OfferResume }

// Decide checks that the window is halted, and that it would not go on past the last
// day of credits. The result is an OfferResult.
func (c OfferResume) Decide(v *View) (Apply, error) {
	o, err := v.offer(identity.OfferResume, c.Offer)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	isClosed := v.Now >= o.ClosesAt // its timer has come, and left the halted window alone
	o, x, err := o.Resumed(v.Now)
	if err == nil {
		err = atField(v.checkOfferUsable(o, o.ClosesAt.Date()), "id")
	}
	if err != nil {
		return nil, err
	}
	pulses := v.isArmed(timerPulse, o.ID) // from before a short halt
	return func(tx *Tx) any {
		tx.publishIncident(o, fmt.Sprintf("Offer %d goes on", o.ID), fmt.Sprintf("Since %s, until %s: %s.", tx.Now, o.ClosesAt, c.Reason))
		if isClosed {
			tx.Arm(o.ClosesAt, timerClose, o.ID)
		}
		if !pulses {
			tx.Arm(tx.Now+pulseTime, timerPulse, o.ID)
		}
		return tx.offerResult(tx.afterInterruption(o, x))
	}, nil
}
