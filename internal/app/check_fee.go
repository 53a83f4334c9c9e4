package app

import (
	"permitx/internal/calendar"
	"permitx/internal/market"
	"permitx/internal/rulebook"
)

var _ = declareCheck((*checker).checkExempt)

// exemptions is what says who was exempt from fees: the facts of parties.
type exemptions map[int64][]rulebook.Fact

// by reports whether a schedule exempts a party from what came at an instant, by what
// was recorded then. It cannot tell where something was recorded at the same instant.
func (x exemptions) by(t *market.Tariff, party int64, at calendar.Instant) (exempt, known bool) {
	var then []rulebook.Fact
	for _, f := range x[party] {
		if f.RecordedAt == at {
			return false, false
		}
		if f.RecordedAt < at {
			then = append(then, f)
		}
	}
	k := knowledge{parties: map[int64][]rulebook.Fact{party: then}}
	return k.exemptBy(t.Exempt, party, at.Date()) != "", true
}

// checkExempt holds that an order pays by its market's schedule of the day on which it
// came, and by none where that exempts its party; and that a block trade says of its
// sides which are exempt (I-127).
func (c *checker) checkExempt() error {
	if !c.isWhole() {
		return nil
	}
	tariffs, err := c.tariffs()
	if err != nil || len(tariffs) == 0 {
		return err
	}
	facts := exemptions{}
	err = eachOf(c.ctx, c.r, Facts, Where("kind", string(rulebook.StateFunded)), func(f rulebook.Fact) { facts[f.Party] = append(facts[f.Party], f) })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Orders, Query{}, func(o market.Record) {
		t := tariffAt(tariffs, o.Market, o.PlacedAt.Date())
		want := t.ID
		exempt, known := facts.by(t, o.Party, o.PlacedAt)
		if exempt {
			want = 0
		}
		if known && o.Schedule != want {
			c.report("I-127", Orders.name, o.ID, "pays by schedule %d; by that of its day and what was recorded then it is %d", o.Schedule, want)
		}
	})
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Blocks, Query{}, func(b market.Block) {
		t := tariffAt(tariffs, b.Market, b.ProposedAt.Date())
		for _, s := range [2]struct {
			party int64
			says  bool
		}{{b.BuyerParty, b.BuyerExempt}, {b.SellerParty, b.SellerExempt}} {
			if exempt, known := facts.by(t, s.party, b.ProposedAt); known && exempt != s.says {
				c.report("I-127", Blocks.name, b.ID, "says of party %d that it is exempt from the fee: %t; by what was recorded then it is %t", s.party, s.says, exempt)
			}
		}
	})
}

// tariffAt is the schedule of a market on a day.
func tariffAt(tariffs map[int64]*market.Tariff, marketID int64, day calendar.Date) *market.Tariff {
	of := &noTariff
	for _, t := range tariffs {
		if t.Market == marketID && t.ValidFrom <= day && t.ValidFrom > of.ValidFrom {
			of = t
		}
	}
	return of
}
