package app

import (
	"permitx/internal/auction"
	"permitx/internal/carbon"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkCreditsOffered)

// eachOffered visits the ranges that are on sale, with their units and scheme.
func (c *checker) eachOffered(visit func(r carbon.Range, units int64, scheme carbon.Scheme)) error {
	return c.eachAside(func(r carbon.Range, units int64, scheme carbon.Scheme) {
		if r.Offer != 0 {
			visit(r, units, scheme)
		}
	})
}

// eachAside visits the ranges that are on sale or locked.
func (c *checker) eachAside(visit func(r carbon.Range, units int64, scheme carbon.Scheme)) error {
	if err := c.readSeries(); err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, CreditRanges, Where("state", string(carbon.Held)), func(r carbon.Range) {
		if !r.Free() {
			visit(r, r.Units(), c.schemes[c.series[r.Series].Scheme])
		}
	})
}

// readSeries reads the series and their schemes, once.
func (c *checker) readSeries() error {
	if c.series != nil {
		return nil
	}
	c.series, c.schemes = map[int64]carbon.Series{}, map[int64]carbon.Scheme{}
	err := eachOf(c.ctx, c.r, CreditSeries, Query{}, func(s carbon.Series) { c.series[s.ID] = s })
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, CarbonSchemes, Query{}, func(s carbon.Scheme) { c.schemes[s.ID] = s })
}

// checkCreditsOffered holds that what is on sale is the seller's, of the series
// that is offered, and after the certification what its open awards are of (I-78).
func (c *checker) checkCreditsOffered() error {
	offers, aside := map[int64]auction.Offer{}, map[int64]quantity.Quantity{}
	err := eachOf(c.ctx, c.r, Offers, Query{}.And("series", Gt, int64(0)), func(o auction.Offer) { offers[o.ID] = o })
	if err != nil {
		return err
	}
	err = c.eachOffered(func(r carbon.Range, units int64, scheme carbon.Scheme) {
		if o := offers[r.Offer]; r.State != carbon.Held || r.Party != o.Seller || r.Series != o.Series {
			c.report("I-78", CreditRanges.name, r.ID, "is on sale by offer %d, which is of another holder or series", r.Offer)
		}
		aside[r.Offer] += tonnesOf(units, scheme)
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Awards, Query{}.And("seller", Gt, int64(0)), func(a auction.Award) {
		if a.State.IsOpen() {
			aside[a.Offer] -= a.Quantity
		}
	})
	for id, o := range offers {
		if o.State == auction.OfferCertified && aside[id] != 0 {
			c.report("I-78", Offers.name, id, "has %s t set aside beyond what its open awards are of", aside[id])
		}
	}
	return err
}

// soldCredits are the legs of a delivery against payment.
type soldCredits struct{ units, paid int64 }

func (c *checker) soldCredits(sold map[int64]soldCredits) error {
	return eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.CreditSale)), func(p ledger.Posting) {
		s := sold[p.Reference]
		if c.ledger.accounts[p.Debit].Kind == ledger.Credits {
			s.units += p.Amount
		} else {
			s.paid += p.Amount
		}
		sold[p.Reference] = s
	})
}

// checkAwardOfCredits holds that an award of credits is delivered and paid in
// one, or not at all (I-78).
func (c *checker) checkAwardOfCredits(a auction.Award, o auction.Offer, p *awardParts) {
	s := p.sold[a.ID]
	delete(p.sold, a.ID)
	want := soldCredits{}
	if a.State == auction.AwardDelivered {
		want = soldCredits{int64(a.Quantity/quantity.OneQuantity) * int64(quantity.OneTonne), int64(a.Amount)}
	}
	if s != want || a.Seller != o.Seller || a.Notice != 0 || a.State == auction.AwardPaid {
		c.report("I-78", Awards.name, a.ID, "is %s for %s t and CNY %s, %d and %d were posted", a.State, a.Quantity, a.Amount, s.units, s.paid)
	}
}
