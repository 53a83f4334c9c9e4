package app

import (
	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// checkDeposits holds what bidders have put up as deposits (I-129): the one amount of the
// offer; or of one for each lot, that of whole lots, no more than one bidder may have and
// no less than he may bid for, and no more was opened of him.
func (c *checker) checkDeposits(o auction.Offer, p *offerParts) {
	if o.Deposit == 0 {
		return
	}
	opened := map[int64]quantity.Quantity{}
	for _, b := range p.bids {
		if !o.FixedQuantity() {
			opened[b.Registration] += b.Quantity
		}
	}
	anybody := o.MostOf(auction.Registration{})
	for id, r := range p.registrations {
		covered := o.Deposited(r)
		switch {
		case o.DepositPer == auction.PerBidder:
			if r.Collateral != o.Deposit {
				c.report("I-129", Registrations.name, id, "has put up CNY %s, the deposit is CNY %s", r.Collateral, o.Deposit)
			}
		case r.Collateral == 0 || r.Collateral%o.Deposit != 0 || covered > anybody:
			c.report("I-129", Registrations.name, id, "has put up CNY %s, a lot's deposit is CNY %s and nobody may have more than %s", r.Collateral, o.Deposit, anybody)
		case min(r.Most().FloorTo(o.LotSize), anybody) > covered || opened[id] > covered:
			c.report("I-129", Registrations.name, id, "has put up a deposit for %s, may bid for %s and has for %s", covered, r.Most(), opened[id])
		}
	}
}
