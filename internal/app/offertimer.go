package app

import (
	"encoding/hex"
	"fmt"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/rulebook"
)

// The timers of an offer, by purpose.
const (
	timerRegistration    = "offer.registration"
	timerRegistrationEnd = "offer.registration_end"
	timerWindow          = "offer.window"
	timerPulse           = "offer.pulse"
	timerClose           = "offer.close"
)

// pulseTime is how far apart the signs of life are that the registry gives in an
// open window: a gap in them is an interruption.
const pulseTime = 10 * second

var (
	_ = declareTimer(timerRegistration, offerStep(auction.BeginRegistration))
	_ = declareTimer(timerRegistrationEnd, offerStep(auction.EndRegistration))
	_ = declareTimer(timerWindow, openWindow)
	_ = declareTimer(timerPulse, pulseWindow)
	_ = declareTimer(timerClose, closeWindow)
)

// offerStep is a timer that only brings an offer into its next state.
func offerStep(e auction.OfferEvent) timerFunc {
	return func(v *View, id int64) (Apply, error) {
		o, err := Get(v, Offers, "id", id)
		if err == nil {
			o, err = o.Next(e, auction.AsSystem)
		}
		if err != nil {
			return nil, err
		}
		return func(tx *Tx) any { return Put(tx, Offers, o) }, nil
	}
}

// openWindow begins the bidding. When the registry was down then, the time that
// was lost counts as an interruption.
func openWindow(v *View, id int64) (Apply, error) {
	o, err := Get(v, Offers, "id", id)
	if err == nil {
		o, err = o.Next(auction.OpenWindow, auction.AsSystem)
	}
	if err != nil {
		return nil, err
	}
	o.SeenAt = o.OpensAt
	return func(tx *Tx) any {
		tx.rooms[o.ID] = newRoom()
		tx.Arm(o.ClosesAt, timerClose, o.ID)
		return tx.seen(o)
	}, nil
}

// pulseWindow shows that the registry gets on. While an officer has halted the
// window there is nothing to show: OfferResume arms it again.
func pulseWindow(v *View, id int64) (Apply, error) {
	o, err := Get(v, Offers, "id", id)
	if err != nil || o.State != auction.OfferBidding {
		return nil, err
	}
	return func(tx *Tx) any { return tx.seen(o) }, nil
}

// seen gives a sign of life and does what an interruption before it asks for.
func (tx *Tx) seen(o auction.Offer) auction.Offer {
	o, x, err := o.Interrupted(tx.Now, pulseTime)
	if err != nil {
		panic(err)
	}
	if o = tx.afterInterruption(o, x); o.State == auction.OfferBidding {
		tx.Arm(tx.Now+pulseTime, timerPulse, o.ID)
	}
	return o
}

// afterInterruption writes an offer with the incident that it had, if any.
func (tx *Tx) afterInterruption(o auction.Offer, x auction.Incident) auction.Offer {
	if x.Kind != "" {
		tx.putIncident(o, x)
	}
	if o.State == auction.OfferVoid {
		return tx.giveBack(o)(tx, o)
	}
	return Put(tx, Offers, o)
}

// putIncident keeps an incident and publishes what followed from it.
func (tx *Tx) putIncident(o auction.Offer, x auction.Incident) {
	x = Put(tx, OfferIncidents, x)
	tx.publishIncident(o, fmt.Sprintf("Incident %d of offer %d", x.ID, o.ID), fmt.Sprintf(
		"%s from %s until %s: %s. The window closes at %s. Bids that were acknowledged count, or fall, together.",
		x.Kind, x.Since, x.Until, x.Outcome, o.ClosesAt))
}

// publishIncident says what bidders must know of an interruption.
func (tx *Tx) publishIncident(o auction.Offer, title, body string) {
	Put(tx, PublicNotices, tx.noticeOf(o, "offer_incident", o.ID, title, body))
}

// closeWindow freezes what counts: every quote up to the journal row before this
// one. The key of the seal is published, and with it the seed that draws ties
// together with that row's hash, which nobody could know before.
func closeWindow(v *View, id int64) (Apply, error) {
	o, err := Get(v, Offers, "id", id)
	switch {
	case err != nil || !o.State.InWindow():
		return nil, err
	case v.Now < o.ClosesAt: // it was extended meanwhile; halted or not, it must not be left without a timer
		return func(tx *Tx) any { return tx.Arm(o.ClosesAt, timerClose, o.ID) }, nil
	case o.State == auction.OfferHalted: // OfferResume arms it again
		return nil, nil
	}
	if o, err = o.Next(auction.CloseWindow, auction.AsSystem); err != nil {
		return nil, err
	}
	o.ClosedAt, o.CloseRow, o.CloseHead = v.Now, v.Number-1, hex.EncodeToString(slices.Clone(v.batch.Registry.Head))
	o.CertifyBy = v.promised(rulebook.AuctionCertify, placeOfOffer(o), o.ClosesAt.Date())
	incident := auction.Incident{}
	if seal, missing := v.seals.of(o); missing == nil {
		o.SealKey = hex.EncodeToString(seal.Key[:])
	} else {
		incident = auction.Incident{Offer: o.ID, Kind: auction.KeyMissing, Since: v.Now, Until: v.Now, Outcome: auction.Waits}
	}
	return func(tx *Tx) any {
		if o.IsOpen() {
			o.ClearingPrice, o.Bids = 0, int32(len(tx.rooms[o.ID].opened)) //nolint:gosec // bids of one window
		}
		if incident.Kind != "" {
			tx.putIncident(o, incident)
		}
		return Put(tx, Offers, o)
	}, nil
}
