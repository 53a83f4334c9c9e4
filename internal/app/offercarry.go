package app

import (
	"fmt"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// checkProgramme holds an offer against the others of its programme.
func (v *View) checkProgramme(o auction.Offer) error {
	for other := range v.programmeOf(o) {
		if other.State != auction.OfferCancelled && other.State != auction.OfferVoid {
			return o.CheckProgramme(other)
		}
	}
	return nil
}

// carryOver returns what carries over to the next offers of a programme what one
// did not sell, out of lots that are available again, and what is left for
// nobody. An offer that is set aside in too many parts takes nothing more.
func (v *View) carryOver(o auction.Offer) (carry func(tx *Tx, picks []reserve.Pick), left quantity.Quantity) {
	var others []auction.Offer
	parts := len(v.claims(lotSupply{o}.claimant()))
	for x := range v.programmeOf(o) {
		if parts+len(v.claims(lotSupply{x}.claimant())) <= reserve.PicksMax {
			others = append(others, x)
		}
	}
	carries, left := o.CarryTo(others, v.Now)
	return func(tx *Tx, picks []reserve.Pick) {
		for _, c := range carries {
			part := reserve.PickOut(picks, c.Quantity)
			picks = reserve.PickRest(picks, c.Quantity)
			tx.carryTo(o, c, part)
		}
	}, left
}

// carryTo gives an offer what another did not sell, and publishes its new volume.
func (tx *Tx) carryTo(from auction.Offer, c auction.CarryOver, picks []reserve.Pick) {
	to := mustGet(tx, Offers, c.ToOffer).Takes(c.Quantity)
	tx.moveLots(lotMove{
		event: reserve.Offering, from: reserve.AvailableBucket, picks: picks, claimant: claimant{reserve.ForOffer, to.ID}, reference: to.ID, document: from.Document,
	})
	c.Notice = Put(tx, PublicNotices, approval.PublicNotice{
		Region: to.Region, Kind: "offer", Subject: to.ID, Title: fmt.Sprintf("竞价数量调整 · Volume of offer %d", to.ID), Document: from.Document,
		Body: fmt.Sprintf("第 %d 号竞价未成交的 %s %s 转入第 %d 号竞价，竞价数量由 %s 调整为 %s %s（计划 %s）。\n"+
			"%s %s that offer %d did not sell are carried over to offer %d: it offers %s %s now, of %s that were planned.",
			from.ID, c.Quantity, to.Unit(), to.ID, to.Quantity-c.Quantity, to.Quantity, to.Unit(), to.Planned,
			c.Quantity, to.Unit(), from.ID, to.ID, to.Quantity, to.Unit(), to.Planned),
		StartsOn: tx.Today, EndsOn: to.OpensAt.Date(), State: approval.NoticePosted, PostedAt: tx.Now,
	}).ID
	Put(tx, CarryOvers, c)
	Put(tx, Offers, to)
}
