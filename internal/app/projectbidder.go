package app

import (
	"cmp"
	"fmt"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var biddersFor = indexed(Registrations, func(r auction.Registration) []int64 { return when(r.Project != 0, r.Project) })

// projectAuctionsMost bounds the auctions that a project is registered for at a
// time, and so what one step of it excludes.
const projectAuctionsMost = chainBacks

// ErrProjectAuctions is returned when a project is registered for too many auctions whose windows have not closed.
var ErrProjectAuctions = fault.New(fault.Refused, "registration.too_many_of_project", "a project is registered for at most 50 auctions at a time").At("project").
	Under("offer.auctions_of_project", "project default")

// checkProjectBid holds that a project has use for the least that an auction
// gives, and is not registered for too many.
func (v *View) checkProjectBid(o auction.Offer, r auction.Registration, need permit.Need) error {
	open := 0
	for other := range biddersFor.of(v, r.Project) {
		if other.State == auction.Registered && rowsOf(v.state, Offers).rows[other.Offer].State.IsSealed() {
			open++
		}
	}
	if open >= projectAuctionsMost {
		return ErrProjectAuctions
	}
	return checkProjectRoom(need, o.Least())
}

// mostFor is how much a bidder for a project bids for at most: what he names, or
// all that he may. It is kept of what the project needs, so that no two auctions,
// nor an order or a deal beside one, come to more (I-117).
func (v *View) mostFor(o auction.Offer, r auction.Registration, named quantity.Quantity, need permit.Need) (quantity.Quantity, error) {
	most, err := o.MostFor(r, named, need.Room())
	if err == nil && most > need.Room() {
		err = checkProjectRoom(need, most)
	}
	return most, at("max_quantity", err)
}

// keepForBidder is a registration that keeps so much of what its project needs.
func (tx *Tx) keepForBidder(r auction.Registration, pollutant string, q quantity.Quantity) auction.Registration {
	if more := q - r.Bidding; more != 0 {
		tx.changeNeed(r.Project, pollutant, func(n *permit.Need) { n.Bidding += more })
		r.Bidding = q
	}
	return r
}

// freeOfBidder is a registration that keeps nothing any more.
func (tx *Tx) freeOfBidder(r auction.Registration) auction.Registration {
	if r.Bidding == 0 {
		return r
	}
	return tx.keepForBidder(r, mustGet(tx, Offers, r.Offer).Pollutant, 0)
}

// keepWon is a ranked registration that keeps what it has won, and nothing where
// that is more than a step since the close has left: its award is revoked.
func (tx *Tx) keepWon(r auction.Registration, pollutant string) auction.Registration {
	if r.QuantityMost == 0 {
		return r
	}
	won := r.Won
	if n, _ := tx.needOf(r.Project, pollutant); n.Room()+r.Bidding < won {
		won = 0
	}
	return tx.keepForBidder(r, pollutant, won)
}

// awardAsked is the registration of an award that keeps nothing for it any more: its
// payment was asked for, or it has come to nothing.
func (tx *Tx) awardAsked(r auction.Registration) auction.Registration {
	if r.Bidding == 0 {
		return r
	}
	return Put(tx, Registrations, tx.freeOfBidder(r))
}

// projectBidders are who bids for a project, or has won for it and was not asked to
// pay yet: what a step of it makes of them.
type projectBidders struct {
	out  []exclusion            // whose windows have not closed, for what it no longer needs
	less []auction.Registration // for more than it needs: what is over is cut when their bids are opened
	gone []auction.Registration // that keep less, or nothing, since their windows have closed
}

// biddersAfter are the bidders of a project after a step of it, of the needs that
// it changes, or of all where nothing is bought any more. What they bid is sealed and
// not looked at. What is left of a need goes to those who have won, and then to those
// who registered first.
func (v *View) biddersAfter(p permit.Project, changed []permit.Need) (b projectBidders, err error) {
	left := map[string]quantity.Quantity{}
	for _, n := range changed {
		left[n.Pollutant] = n.Room()
	}
	for _, r := range v.biddersOf(p.ID) {
		o := must(Get(v, Offers, "offer", r.Offer))
		has, is := left[o.Pollutant]
		switch {
		case !is && p.State.MayBuy():
			continue
		case !p.State.MayBuy():
			has = 0
		}
		kept, err := b.take(v, p, o, r, has)
		if err != nil {
			return b, err
		}
		left[o.Pollutant] = has - kept
	}
	return b, nil
}

// biddersOf are the open registrations for a project, and those that keep something
// of its needs, in the order in which they do after a step.
func (v *View) biddersOf(project int64) (all []auction.Registration) {
	for r := range biddersFor.of(v, project) {
		if r.State == auction.Registered || r.Bidding > 0 {
			all = append(all, r)
		}
	}
	rank := func(r auction.Registration) int {
		if r.State == auction.Won {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b auction.Registration) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// take adds what becomes of a bidder whose project needs so much more, and returns
// what is kept for him.
func (b *projectBidders) take(v *View, p permit.Project, o auction.Offer, r auction.Registration, has quantity.Quantity) (quantity.Quantity, error) {
	switch {
	case !o.State.IsSealed():
		kept := min(r.Bidding, has)
		if r.State == auction.Won && kept < r.Bidding {
			kept = 0
		}
		if kept < r.Bidding {
			r.Bidding = kept
			b.gone = append(b.gone, r)
		}
		return kept, nil
	case !p.State.MayBuy():
		return 0, b.exclude(v, r, fmt.Sprintf("the project is %s (%s: %s)", p.State, ruleProject, citeProject))
	case has < o.Least():
		return 0, b.exclude(v, r, fmt.Sprintf("the project needs %s t/a of %s more, the least to be had is %s (%s: %s)", has, o.Pollutant, o.Least(), ruleProject, citeProject))
	case r.QuantityMost == 0 || has < r.QuantityMost:
		r = r.Limited(has)
		b.less = append(b.less, r)
	}
	return r.Bidding, nil
}

func (b *projectBidders) exclude(v *View, r auction.Registration, reason string) error {
	h, err := Get(v, Holds, "hold", r.Hold)
	b.out = append(b.out, exclusion{r.Excluded(reason), h})
	return err
}

// apply excludes the bidders, and limits those who bid on. What is only shown is how
// many they are, and what is kept for them no longer.
func (b projectBidders) apply(tx *Tx) {
	tx.exclude(b.out)
	if tx.dry != nil {
		tx.dry.limited += len(b.less)
		for _, x := range b.out {
			tx.freeOfBidder(x.bidder)
		}
	}
	for _, r := range slices.Concat(b.less, b.gone) {
		kept := r.Bidding
		r.Bidding = mustGet(tx, Registrations, r.ID).Bidding
		r = tx.keepForBidder(r, mustGet(tx, Offers, r.Offer).Pollutant, kept)
		if tx.dry == nil {
			Put(tx, Registrations, r)
		}
	}
}

// revoke returns what takes an award back without a forfeit.
func (v *View) revoke(a auction.Award, reason string) (func(tx *Tx) AwardResult, error) {
	a, err := a.Revoked(reason, v.Now)
	if err != nil {
		return nil, err
	}
	r, h, err := v.putUpFor(a)
	if err != nil {
		return nil, err
	}
	free, err := supplyOf(must(Get(v, Offers, "offer", a.Offer))).freeShare(v, a)
	return func(tx *Tx) AwardResult {
		free(tx)
		tx.giveBackTo(tx.awardAsked(r), h)
		return tx.putAward(a)
	}, err
}

// cancelUnpaid returns what cancels a notice that nobody has paid, with the award
// that it is about.
func (v *View) cancelUnpaid(n soldNotice, reason string) (func(tx *Tx), error) {
	if n.sale.Kind == reserve.ByGuarantee {
		n.projectGone = true
	}
	if n.sale.Kind != reserve.ByAuction {
		cancel := v.cancelNotice(n, reason)
		return func(tx *Tx) { cancel(tx) }, nil
	}
	a, _, err := v.awardOf(n)
	if err != nil {
		return nil, err
	}
	revoke, err := v.revoke(a, reason)
	return func(tx *Tx) { revoke(tx) }, err
}
