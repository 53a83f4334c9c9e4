package app

import (
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var (
	_ = declareCheck((*checker).checkLots)
	_ = declareCheck((*checker).checkLotMovements)
	_ = declareCheck((*checker).checkDayTotals)
)

// checkLots compares the lots with the ledger and with what claims them: for
// each region and pollutant the reserve's account is the sum of the lots, what
// is held aside in it is all but the available part, and of that the reserved
// part is what holds are active on the account (I-20). Earmarked, listed and
// reserved parts are what is claimed of them.
func (c *checker) checkLots() error {
	claims, err := c.claimSums()
	if err != nil {
		return err
	}
	sums := map[ledger.Asset]*lotSum{}
	err = eachOf(c.ctx, c.r, Lots, Where("open", true), func(l reserve.Lot) {
		asset := l.Key().Asset()
		if sums[asset] == nil {
			sums[asset] = &lotSum{}
		}
		sums[asset].add(sumOf(l), 1)
		claimed := claims[l.ID]
		delete(claims, l.ID)
		if claimed.earmarked != l.Earmarked || claimed.frozen != l.FrozenEarmarked || claimed.listed != l.Listed || claimed.reserved != l.Reserved {
			c.report("I-20", Lots.name, l.ID, "has %s earmarked, %s frozen of that, %s listed and %s reserved; its claims come to %s, %s, %s and %s",
				l.Earmarked, l.FrozenEarmarked, l.Listed, l.Reserved, claimed.earmarked, claimed.frozen, claimed.listed, claimed.reserved)
		}
	})
	if err != nil {
		return err
	}
	for lot := range claims {
		c.report("I-20", LotClaims.name, 0, "lot %d is claimed and has nothing left", lot)
	}
	return c.compareReserve(sums)
}

// compareReserve compares the accounts of the reserve with their lots.
func (c *checker) compareReserve(sums map[ledger.Asset]*lotSum) error {
	sold := map[ledger.AccountID]int64{}
	err := eachOf(c.ctx, c.r, Holds, Where("state", string(ledger.HoldActive)), func(h ledger.Hold) { sold[h.Account] += h.Amount })
	if err != nil {
		return err
	}
	for id, a := range c.ledger.accounts {
		if a.Kind != ledger.Reserve {
			continue
		}
		b, sum := c.ledger.balances[id], lotSum{}
		if s := sums[a.Key().Asset()]; s != nil {
			sum = *s
		}
		delete(sums, a.Key().Asset())
		if b.Balance != int64(sum.inReserve) || b.Held != int64(sum.setAside+sum.reserved) || sold[id] != int64(sum.reserved) {
			c.report("I-20", Balances.name, int64(id), "the reserve of %s for %s is %s with %s held aside, %s of it sold; its lots come to %s, %s and %s", a.Region, a.Pollutant,
				quantity.Quantity(b.Balance), quantity.Quantity(b.Held), quantity.Quantity(sold[id]), sum.inReserve, sum.setAside+sum.reserved, sum.reserved)
		}
	}
	for asset := range sums {
		c.report("I-20", Lots.name, 0, "%s has lots for %s and no reserve", asset.Region, asset.Pollutant)
	}
	return nil
}

type claimSum struct{ earmarked, frozen, listed, reserved quantity.Quantity }

// claimSums adds up the open claims to each lot.
func (c *checker) claimSums() (map[int64]claimSum, error) {
	sums := map[int64]claimSum{}
	err := eachOf(c.ctx, c.r, LotClaims, Where("open", true), func(k reserve.LotClaim) {
		s := sums[k.Lot]
		switch k.Owner {
		case reserve.ForProject:
			s.earmarked += k.Quantity
			s.frozen += k.Frozen
		case reserve.ForListing, reserve.ForOffer:
			s.listed += k.Quantity
		case reserve.ForNotice:
			s.reserved += k.Quantity
		default:
			c.report("I-20", LotClaims.name, k.ID, "is claimed for a %q", k.Owner)
		}
		sums[k.Lot] = s
	})
	return sums, err
}

// checkLotMovements adds up the movements of each lot, which are what lies in
// its buckets and what it cost (I-21). It is told from the beginning only.
func (c *checker) checkLotMovements() error {
	if !c.isWhole() {
		return nil
	}
	sums := map[int64]*reserve.Lot{}
	costs := map[int64]quantity.Money{}
	err := eachOf(c.ctx, c.r, LotMovements, Query{}, func(m reserve.LotMovement) {
		l := sums[m.Lot]
		if l == nil {
			l = &reserve.Lot{}
			sums[m.Lot] = l
		}
		if to, err := m.Event.Next(m.FromBucket); err != nil || to != m.ToBucket || m.Quantity <= 0 {
			c.report("I-21", LotMovements.name, m.ID, "%s moves %s from %q to %q", m.Event, m.Quantity, m.FromBucket, m.ToBucket)
			return
		}
		l.Apply(m)
		switch {
		case m.FromBucket == reserve.Outside:
			l.Cost = m.Cost
		case !m.ToBucket.InReserve():
			costs[m.Lot] += m.Cost
		}
	})
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Lots, Query{}, func(l reserve.Lot) {
		s := sums[l.ID]
		delete(sums, l.ID)
		if s == nil || !l.SameBuckets(*s) || l.Cost != s.Cost || l.CostLeft() != l.Cost-costs[l.ID] || l.Open != (l.InReserve() > 0) {
			c.report("I-21", Lots.name, l.ID, "is not what its movements come to")
		}
	})
}

// checkDayTotals compares the totals of each day with the movements (I-22).
func (c *checker) checkDayTotals() error {
	if !c.isWhole() {
		return nil
	}
	type key struct {
		dayKey
		day int32
	}
	sums := map[key]reserve.DayTotal{}
	err := eachOf(c.ctx, c.r, LotMovements, Query{}, func(m reserve.LotMovement) {
		k := key{dayKeyOf(m), int32(m.Day)}
		sums[k] = sums[k].Add(m)
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, DayTotals, Query{}, func(d reserve.DayTotal) {
		k := key{totalKeyOf(d), int32(d.Day)}
		s := sums[k]
		delete(sums, k)
		if d.Quantity != s.Quantity || d.Cost != s.Cost || d.Amount != s.Amount || d.Movements != s.Movements {
			c.report("I-22", DayTotals.name, d.ID, "has %s t/a of %d movements, they come to %s t/a of %d", d.Quantity, d.Movements, s.Quantity, s.Movements)
		}
	})
	for k := range sums {
		c.report("I-22", DayTotals.name, 0, "%s on %d of %s for %s has no total", k.event, k.day, k.region, k.pollutant)
	}
	return err
}
