package app

import (
	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// OfferCertify certifies the result of an offer: a second officer approves it.
type OfferCertify struct {
	Offer        int64
	ResultDigest string // of the result that the officer has seen
	Document     string
}

var _ = declare(OfferCertify{})

// Operation is OfferCertify.
func (OfferCertify) Operation() identity.Operation { return identity.OfferCertify }

// Decide checks that the offer is ranked and the digest that of its result, and that
// credits can still be used. The result is an OfferResult; the winners' rows follow in
// steps of their own.
func (c OfferCertify) Decide(v *View) (Apply, error) {
	o, err := v.offer(identity.OfferCertify, c.Offer)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if o, err = o.Next(auction.Certify, auction.AsOfficer); err != nil {
		return nil, err
	}
	if c.ResultDigest != o.ResultDigest {
		return nil, ErrResultChanged
	}
	if err := atField(v.checkOfferUsable(o, v.Today), "id"); err != nil {
		return nil, err
	}
	o.CertifiedBy, o.CertifiedAt = v.Actor.Person, v.Now
	return func(tx *Tx) any { return tx.offerResult(Put(tx, Offers, o)) }, nil
}

// Operation is OfferAward.
func (OfferAward) Operation() identity.Operation { return identity.OfferAward }

// Decide writes what the next winners have won and what they pay for it. The
// result is an OfferProgress.
func (c OfferAward) Decide(v *View) (Apply, error) {
	o, err := v.chainStep(identity.OfferAward, c.Offer, auction.WriteAwards)
	if err != nil {
		return nil, err
	}
	if len(c.Registrations) == 0 {
		if o, err = o.Next(auction.Finish, auction.AsSystem); err != nil {
			return nil, err
		}
		done, err := v.awardsDone(o)
		if err != nil {
			return nil, err
		}
		return func(tx *Tx) any { return tx.putProgress(done(tx, o)) }, nil
	}
	if c.Registrations[0] <= o.Awarded {
		return nil, ErrChain
	}
	winners, err := v.winners(o, c.Registrations)
	if err != nil {
		return nil, err
	}
	award, err := v.openAwards(o)
	if err != nil {
		return nil, err
	}
	o.Awarded = c.Registrations[len(c.Registrations)-1]
	return func(tx *Tx) any {
		for _, w := range winners {
			award(tx, Put(tx, Winners, w))
		}
		return tx.putProgress(o)
	}, nil
}

// winners are the awards of some registrations: each bid's amount is rounded for
// itself, and the awards come to what the result does.
func (v *View) winners(o auction.Offer, ids []int64) ([]auction.Winner, error) {
	rows, err := Find(v, Registrations, Query{}.And("id", In, ids).And("offer", Eq, o.ID).And("state", Eq, string(auction.Won)))
	if err != nil {
		return nil, err
	}
	bids, err := Find(v, OpenedBids, Where("offer", o.ID).And("registration", In, ids).And("won", Gt, 0))
	if err != nil {
		return nil, err
	}
	amounts := map[int64]quantity.Money{}
	for _, b := range bids {
		amount, err := o.Amount(b.Paid, b.Won)
		if err != nil {
			return nil, err
		}
		amounts[b.Registration] += amount
	}
	winners := make([]auction.Winner, len(rows))
	for i, r := range rows {
		winners[i] = auction.Winner{
			Offer: o.ID, Registration: r.ID, Party: r.Party, Region: r.Region, Licence: r.Licence, Project: r.Project, Instrument: o.Instrument,
			Quantity: r.Won, Price: r.Price, Amount: amounts[r.ID], Collateral: r.Collateral,
		}
	}
	return winners, nil
}
