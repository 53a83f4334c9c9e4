package app

import (
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkSuccessions)

// checkSuccessions holds that each succession posted exactly its parts, each
// departure what it reclaimed, and that no posting of this kind is without one (I-31);
// and that a succession without parts names who goes on (I-145).
func (c *checker) checkSuccessions() error {
	posted := map[int64][]ledger.Posting{}
	if err := eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.Succession)), func(p ledger.Posting) {
		posted[p.Transfer] = append(posted[p.Transfer], p)
	}); err != nil {
		return err
	}
	parts := map[int64][]permit.SuccessionPart{}
	if err := eachOf(c.ctx, c.r, SuccessionParts, Query{}, func(p permit.SuccessionPart) { parts[p.Succession] = append(parts[p.Succession], p) }); err != nil {
		return err
	}
	if err := eachOf(c.ctx, c.r, Successions, Query{}, func(s permit.Succession) {
		c.checkSuccession(s, parts[s.ID], posted[s.Transfer])
		delete(posted, s.Transfer)
		delete(parts, s.ID)
	}); err != nil {
		return err
	}
	for id := range parts {
		c.report("I-31", SuccessionParts.name, id, "is a part of no succession")
	}
	if err := eachOf(c.ctx, c.r, Departures, Query{}, func(d permit.Departure) {
		var reclaimed quantity.Quantity
		for _, p := range posted[d.Transfer] {
			from, to := c.ledger.accounts[p.Debit], c.ledger.accounts[p.Credit]
			if from.Licence != d.Licence || from.Origin != ledger.Free || to.Kind != ledger.Reserve || p.Reference != d.ID {
				c.report("I-31", Postings.name, p.ID, "is not a reclamation by departure %d", d.ID)
			}
			reclaimed += quantity.Quantity(p.Amount)
		}
		if reclaimed != d.Reclaimed {
			c.report("I-31", Departures.name, d.ID, "has reclaimed %s, its postings come to %s", d.Reclaimed, reclaimed)
		}
		delete(posted, d.Transfer)
	}); err != nil {
		return err
	}
	for transfer := range posted {
		c.report("I-31", Postings.name, transfer, "is by no succession and no departure")
	}
	return nil
}

// checkSuccession compares a succession's postings with the parts that did not
// stay, in their order.
func (c *checker) checkSuccession(s permit.Succession, parts []permit.SuccessionPart, postings []ledger.Posting) {
	n, stays := 0, false
	for _, p := range parts {
		if p.ToLicence == s.Licence {
			stays = true
			continue
		}
		if n >= len(postings) || !c.isPart(s, p, postings[n]) {
			c.report("I-31", SuccessionParts.name, p.ID, "moved %s t/a to licence %d, which is not posted so", p.Quantity, p.ToLicence)
			return
		}
		n++
	}
	if (s.Successor != 0) != (len(parts) == 0) || s.Successor == s.Licence {
		c.report("I-145", Successions.name, s.ID, "has %d parts and names licence %d as its successor", len(parts), s.Successor)
	}
	if n != len(postings) || stays == s.Closed {
		c.report("I-31", Successions.name, s.ID, "has %d parts that moved and %d postings", n, len(postings))
	}
}

func (c *checker) isPart(s permit.Succession, p permit.SuccessionPart, posting ledger.Posting) bool {
	from, to := c.ledger.accounts[posting.Debit], c.ledger.accounts[posting.Credit]
	return posting.Reference == s.ID && posting.Amount == int64(p.Quantity) && from.Licence == s.Licence && to.Licence == p.ToLicence &&
		from.Instrument == p.Instrument && to.Instrument == p.Instrument && from.Origin == p.Origin && to.Origin == p.Origin
}

// movedSurplus adds what verified surplus successions moved between licences.
func (c *checker) movedSurplus(verified map[surplusKey]quantity.Quantity) error {
	from := map[int64]int64{}
	if err := eachOf(c.ctx, c.r, Successions, Query{}, func(s permit.Succession) { from[s.ID] = s.Licence }); err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, SuccessionParts, Query{}, func(p permit.SuccessionPart) {
		verified[surplusKey{from[p.Succession], p.Pollutant}] -= p.Surplus
		verified[surplusKey{p.ToLicence, p.Pollutant}] += p.Surplus
	})
}
