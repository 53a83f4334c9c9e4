package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/market"
	"permitx/internal/rulebook"
)

var _ = declareCheck((*checker).checkRules)

// checkRules holds the rows that the rules judge by to their form (I-33), and
// every open order to the facts of the last command's day that forbid it
// whatever it is for: a party on the blacklist, a licence not in force (I-34).
func (c *checker) checkRules() error {
	facts := map[int64][]rulebook.Fact{} // of parties
	parties, licences := map[int64]catalog.Party{}, map[int64]catalog.Licence{}
	since, err := c.start("I-33 seen")
	if err != nil {
		return err
	}
	// Texts of before may have characters that are not seen: the rows stay, and one
	// that is recorded anew counts in the place of one.
	forgive := func(command int64, texts ...*string) {
		for _, s := range texts {
			if command <= since {
				*s = catalog.Seen(*s)
			}
		}
	}
	malformed := func(table string, id int64, err error) {
		if err != nil {
			c.report("I-33", table, id, "is not well formed: %v", err)
		}
	}
	for _, step := range []func() error{
		func() error {
			return eachOf(c.ctx, c.r, Facts, Query{}, func(f rulebook.Fact) {
				forgive(f.Command, &f.Value, &f.Document)
				malformed(Facts.name, f.ID, f.Validate())
				if f.Kind.Subject() == rulebook.OfParty {
					facts[f.Party] = append(facts[f.Party], f)
				}
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, ZoneRules, Query{}, func(z rulebook.ZoneRule) {
				forgive(z.Command, &z.Zone, &z.Document)
				malformed(ZoneRules.name, z.ID, z.Validate())
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, Parameters, Query{}, func(p rulebook.Parameter) {
				forgive(p.Command, &p.Document, &p.Words)
				malformed(Parameters.name, p.ID, p.Validate())
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, Parties, Query{}, func(p catalog.Party) { parties[p.ID] = p })
		},
		func() error {
			return eachOf(c.ctx, c.r, Licences, Query{}, func(l catalog.Licence) { licences[l.ID] = l })
		},
		func() error { return c.checkOpenOrders(facts, parties, licences) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkOpenOrders(facts map[int64][]rulebook.Fact, parties map[int64]catalog.Party, licences map[int64]catalog.Licence) error {
	on := c.registry.LastAt.Date()
	var running []market.Sweep // their orders are about to go, before anything else is done
	if err := eachOf(c.ctx, c.r, OrderSweeps, Where("state", string(market.SweepRunning)), func(w market.Sweep) { running = append(running, w) }); err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Orders, Where("state", int64(market.Open)), func(o market.Record) {
		switch l := licences[o.Licence]; {
		case slices.ContainsFunc(running, func(w market.Sweep) bool { return w.Selects(&o) }):
		case parties[o.Party].State != catalog.PartyActive:
			c.report("I-34", Orders.name, o.ID, "is open, its party %d is %s", o.Party, parties[o.Party].State)
		case !o.OfCredits() && !l.InForce(on):
			c.report("I-34", Orders.name, o.ID, "is open, its licence %s is %s, to %s", l.Number, l.State, l.ValidTo)
		case rulebook.ConductOf(facts[o.Party], on).BlacklistedBy != "":
			c.report("I-34", Orders.name, o.ID, "is open, its party %d is on the blacklist", o.Party)
		}
	})
}
