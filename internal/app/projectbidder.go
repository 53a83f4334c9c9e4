package app

import (
	"fmt"

	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

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
	for offer, of := range v.bidders { // no more than run: those that have ended have no open registration
		id, known := of[r.Party]
		if known && rowsOf(v.state, Offers).rows[offer].State.IsSealed() && rowsOf(v.state, Registrations).rows[id].Project == r.Project {
			open++
		}
	}
	if open >= projectAuctionsMost {
		return ErrProjectAuctions
	}
	return checkProjectRoom(need, o.Least())
}

// projectBidders are who bids for a project in windows that have not closed:
// what a step of it makes of them.
type projectBidders struct {
	out  []exclusion            // for what it no longer needs
	less []auction.Registration // for more than it needs: what is over is cut when their bids are opened
}

// biddersAfter are the bidders of a project after a step of it. What they bid is
// sealed and not looked at.
func (v *View) biddersAfter(p permit.Project, changed []permit.Need) (b projectBidders, err error) {
	missing := func(pollutant string) quantity.Quantity {
		n, _ := v.needOf(p.ID, pollutant)
		for _, c := range changed {
			if c.Pollutant == pollutant {
				n = c
			}
		}
		return n.Missing()
	}
	ofProject := func(r auction.Registration) bool { return r.Project == p.ID }
	b.out, err = v.biddersOut(ofProject, func(o auction.Offer, r auction.Registration) string {
		left := missing(o.Pollutant)
		switch {
		case o.Buys(): // he sells
		case !p.State.MayBuy():
			return fmt.Sprintf("the project is %s (%s: %s)", p.State, ruleProject, citeProject)
		case left < o.Least():
			return fmt.Sprintf("the project needs %s t/a of %s more, the least to be had is %s (%s: %s)", left, o.Pollutant, o.Least(), ruleProject, citeProject)
		case r.QuantityMost == 0 || left < r.QuantityMost:
			b.less = append(b.less, r.Limited(left))
		}
		return ""
	})
	return b, err
}

// apply excludes the bidders, and limits those who bid on.
func (b projectBidders) apply(tx *Tx) {
	tx.exclude(b.out)
	if tx.dry != nil {
		tx.dry.limited += len(b.less)
		return
	}
	for _, r := range b.less {
		Put(tx, Registrations, r)
	}
}

// isNeeded reports whether a project still needs what was won for it: not where a
// step after the close has ended it, or has lowered the need below what was won.
func (v *View) isNeeded(a auction.Award) (bool, error) {
	w, err := Get(v, Winners, "winner", a.Winner)
	if err != nil || w.Project == 0 {
		return true, err
	}
	o := must(Get(v, Offers, "offer", a.Offer))
	p, err := Get(v, Projects, "project", w.Project)
	if err != nil || !p.State.MayBuy() {
		return false, err
	}
	n, _ := v.needOf(p.ID, o.Pollutant)
	if a.Notice != 0 || n.Missing() >= a.Quantity {
		return true, nil
	}
	reduced, err := Find(v, ProjectSteps, Where("project", p.ID).And("event", Eq, string(permit.Reduce)).And("at", Ge, int64(o.ClosedAt)))
	return len(reduced) == 0, err
}

// revoke returns what takes an award back without a forfeit.
func (v *View) revoke(a auction.Award, reason string) (func(tx *Tx) auction.Award, error) {
	a, err := a.Revoked(reason, v.Now)
	if err != nil {
		return nil, err
	}
	r, h, err := v.putUpFor(a)
	if err != nil {
		return nil, err
	}
	free, err := supplyOf(must(Get(v, Offers, "offer", a.Offer))).freeShare(v, a)
	return func(tx *Tx) auction.Award {
		free(tx)
		tx.giveBackTo(r, h)
		return Put(tx, Awards, a)
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
