package app

import (
	"cmp"
	"errors"
	"fmt"

	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// exclusion is a bidder whom the rules no longer admit to an auction whose window
// has not closed: what he put up goes back, and his bids do not count.
type exclusion struct {
	bidder auction.Registration // with the reason
	hold   ledger.Hold
}

// bidder is what open registrations are found by: one of the three.
type bidder struct {
	party, licence int64
	region         string
}

var biddersBy = indexed(Registrations, func(r auction.Registration) []bidder {
	return when(r.State == auction.Registered, bidder{party: r.Party}, bidder{licence: r.Licence}, bidder{region: r.Region})
})

// bidsFor are the registrations of a licence that hold something.
var bidsFor = indexed(Registrations, func(r auction.Registration) []int64 { return when(r.Hold != 0, r.Licence) })

// biddersRefused returns the bidders, of some, whom the rules
// refuse by what is known: at most chainBacks and one more.
func (v *View) biddersRefused(k *knowledge, of bidder) ([]exclusion, error) {
	return v.biddersOut(of, func(o auction.Offer, r auction.Registration) string {
		return reasonOf(v.judgeBidder(k, o, r, max(r.Quantity, o.LotSize)))
	})
}

// biddersOut returns the bidders, of some, against whom there is
// a reason, in auctions whose windows have not closed: at most chainBacks and one more.
func (v *View) biddersOut(of bidder, why func(auction.Offer, auction.Registration) string) ([]exclusion, error) {
	var out []exclusion
	for r := range biddersBy.of(v, of) {
		o := rowsOf(v.state, Offers).rows[r.Offer]
		if !o.State.IsSealed() {
			continue
		}
		reason := why(o, r)
		if reason == "" {
			continue
		}
		h, err := Get(v, Holds, "hold", r.Hold)
		if err != nil {
			return nil, err
		}
		if out = append(out, exclusion{r.Excluded(reason), h}); len(out) > chainBacks {
			break
		}
	}
	return out, nil
}

// reasonOf names the rule that refuses; "" where none does.
func reasonOf(err error) string {
	f, ok := fault.As(err)
	switch {
	case ok && f.Rule == "":
		return f.Detail
	case ok:
		return fmt.Sprintf("%s (%s: %s)", f.Detail, f.Rule, f.Citation)
	}
	return ""
}

// revoked returns what takes a licence out of force for good by an act, and out of
// the auctions whose windows have not closed.
func (v *View) revoked(l catalog.Licence, act string) (func(*Tx), error) {
	bidders, err := v.biddersOut(bidder{licence: l.ID}, because(catalog.LicenceRevoked, act))
	l.State = catalog.LicenceRevoked
	return func(tx *Tx) {
		tx.excludeSome(bidders, timerLicenceEnd, l.ID)
		Put(tx, Licences, l)
	}, err
}

// because is the reason of an officer who has changed the state of a party or a licence.
func because[S ~string](state S, reason string) func(auction.Offer, auction.Registration) string {
	return func(auction.Offer, auction.Registration) string { return fmt.Sprintf("%s: %s", state, reason) }
}

// biddersAbout are the bidders that a fact is about.
func biddersAbout(f rulebook.Fact) bidder {
	switch f.Kind.Subject() {
	case rulebook.OfLicence:
		return bidder{licence: f.Licence}
	case rulebook.OfParty:
		return bidder{party: f.Party}
	case rulebook.OfRegion:
	}
	return bidder{region: f.Region}
}

// timerPartyBidders comes for the bidders of a party that are more than one command excludes.
const timerPartyBidders = "party.bidders"

var _ = declareTimer(timerPartyBidders, retrying(timerPartyBidders, reviewBidders))

// reviewBidders excludes a party from the auctions that do not admit it any more.
func reviewBidders(v *View, party int64) (Apply, error) {
	barred := v.checkBarred(party)
	if barred != nil && !errors.Is(barred, auction.ErrBarred) {
		return nil, barred
	}
	bidders, err := v.biddersOut(bidder{party: party}, func(o auction.Offer, r auction.Registration) string {
		return cmp.Or(reasonOf(barred), reasonOf(v.judgeBidder(v.known, o, r, max(r.Quantity, o.LotSize))))
	})
	return func(tx *Tx) any {
		tx.excludeSome(bidders, timerPartyBidders, party)
		return nil
	}, err
}

// excludeSome excludes as many bidders as one command may. The timer comes at once
// for the rest, before any other command.
func (tx *Tx) excludeSome(bidders []exclusion, purpose string, reference int64) {
	if len(bidders) > chainBacks {
		tx.Arm(tx.Now, purpose, reference)
		bidders = bidders[:chainBacks]
	}
	tx.exclude(bidders)
}

// exclude takes bidders out of their auctions.
func (tx *Tx) exclude(refused []exclusion) {
	if tx.dry != nil {
		tx.dryExclude(refused)
		return
	}
	for _, x := range refused {
		tx.returnCollateral(x.bidder, x.hold)
		r := tx.freeOfBidder(x.bidder)
		r.Hold = 0
		Put(tx, Registrations, r)
		tx.leaveRoom(r)
		o := mustGet(tx, Offers, r.Offer)
		tx.publishIncident(o, fmt.Sprintf("A bidder of offer %d is excluded", o.ID),
			"The rules no longer admit a bidder, whose bids do not count. What was put up goes back.")
	}
}

// leaveRoom takes the bids of an excluded bidder out of an open window. Of an
// ascending auction the best of the others is the best now.
func (tx *Tx) leaveRoom(r auction.Registration) {
	room := tx.rooms[r.Offer]
	if room == nil {
		return
	}
	o := mustGet(tx, Offers, r.Offer)
	if o.IsOpen() {
		o.ClearingPrice = room.bestWithout(r.ID)
		Put(tx, Offers, o)
	}
	room.leave(r.ID, o.ClearingPrice)
	tx.changed.quotes = append(tx.changed.quotes, seenQuote{offer: o, quote: auction.Quote{Registration: r.ID}})
}

// bestWithout is the best bid of an ascending auction without those of a bidder; 0 for none.
func (r *offerRoom) bestWithout(registration int64) (best quantity.Price) {
	for _, b := range r.opened {
		if b.Registration != registration {
			best = max(best, b.Price)
		}
	}
	return best
}

// leave takes a bidder out of the room.
func (r *offerRoom) leave(registration int64, best quantity.Price) {
	delete(r.last, registration)
	for id, b := range r.opened {
		if b.Registration == registration {
			delete(r.opened, id)
		}
	}
	r.best = best
}
