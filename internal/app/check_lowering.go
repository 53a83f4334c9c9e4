package app

import (
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkLowerings)

// checkLowerings holds that each step that lowers a need says by how much, and what
// was missing then (I-113): the entries of a need follow each other down to what is
// needed now, each is of a reduction or cancellation, and what is missing after it is
// what is needed less what was bought by then.
func (c *checker) checkLowerings() error {
	since, err := c.start(loweringInvariant)
	if err != nil {
		return err
	}
	steps := map[int64]permit.Step{} // by command
	lowering := Query{}.And("event", In, anyOf([]permit.ProjectEvent{permit.Reduce, permit.Cancel})).And("command", Gt, since)
	if err := eachOf(c.ctx, c.r, ProjectSteps, lowering, func(s permit.Step) { steps[s.Command] = s }); err != nil {
		return err
	}
	silent := map[int64]permit.Step{} // reductions without an entry
	for command, s := range steps {
		if s.Event == permit.Reduce {
			silent[command] = s
		}
	}
	entries := map[needKey][]permit.Entry{}
	err = eachOf(c.ctx, c.r, ProjectEntries, Where("kind", string(permit.ByRelease)).And("command", Gt, since), func(e permit.Entry) {
		key := needKey{e.Project, e.Pollutant}
		before := entries[key]
		switch {
		case steps[e.Command].Project != e.Project:
			c.report("I-113", ProjectEntries.name, e.ID, "lowers a need of project %d, of which no step does", e.Project)
		case e.Lowered <= 0 || len(before) > 0 && before[len(before)-1].Needed != e.Needed+e.Lowered:
			c.report("I-113", ProjectEntries.name, e.ID, "lowers the need for %s by %s to %s, which does not follow what was needed before", e.Pollutant, e.Lowered, e.Needed)
		}
		entries[key] = append(before, e)
		delete(silent, e.Command)
	})
	if err != nil {
		return err
	}
	for _, s := range silent {
		c.report("I-113", ProjectSteps.name, s.ID, "is a reduction that lowers no need")
	}
	var needs []permit.Need
	if err := eachOf(c.ctx, c.r, ProjectNeeds, Query{}, func(n permit.Need) { needs = append(needs, n) }); err != nil {
		return err
	}
	for _, n := range needs {
		if err := c.checkMissing(n, entries[needKey{n.Project, n.Pollutant}]); err != nil {
			return err
		}
	}
	return nil
}

// checkMissing compares the releases of a need, of those that were not verified
// before, with what was bought by then: that is what is bought now less what came later.
func (c *checker) checkMissing(n permit.Need, released []permit.Entry) error {
	if len(released) == 0 {
		return nil
	}
	if last := released[len(released)-1]; last.Needed != n.Needed {
		c.report("I-113", ProjectNeeds.name, n.ID, "needs %s, its last reduction has left %s", n.Needed, last.Needed)
	}
	for len(released) > 0 && released[0].Command <= c.from.Number {
		released = released[1:]
	}
	if len(released) == 0 {
		return nil
	}
	later, err := c.boughtSince(n, released[0])
	if err != nil {
		return err
	}
	for _, e := range released {
		bought := n.Bought
		for _, b := range later {
			if b.command > e.Command || b.entry > e.ID {
				bought -= b.quantity
			}
		}
		if e.Missing != e.Needed-bought {
			c.report("I-113", ProjectEntries.name, e.ID, "leaves %s missing of %s, %s were bought by then", e.Missing, e.Needed, bought)
		}
	}
	return nil
}

// boughtLater is what a need got, or lost, after an entry.
type boughtLater struct {
	command, entry int64 // 0: a fill has no entry
	quantity       quantity.Quantity
}

// boughtSince is what a need got after an entry, by entries and by fills of the market.
func (c *checker) boughtSince(n permit.Need, e permit.Entry) (all []boughtLater, err error) {
	of := Where("project", n.Project)
	err = eachOf(c.ctx, c.r, ProjectEntries, of.And("pollutant", Eq, n.Pollutant).And("id", Gt, e.ID), func(x permit.Entry) {
		all = append(all, boughtLater{x.Command, x.ID, x.Bought})
	})
	if err != nil {
		return nil, err
	}
	pollutants, err := c.pollutants()
	if err != nil {
		return nil, err
	}
	var orders []int64
	err = eachOf(c.ctx, c.r, Orders, naming("project", n.Project), func(o market.Record) {
		if pollutants[o.Instrument] == n.Pollutant && o.Remaining < o.Quantity {
			orders = append(orders, o.ID)
		}
	})
	for len(orders) > 0 && err == nil {
		some := orders[:min(len(orders), 500)]
		orders = orders[len(some):]
		err = eachOf(c.ctx, c.r, Trades, Query{}.And("buy_order", In, some).And("command", Gt, e.Command), func(t market.Trade) {
			all = append(all, boughtLater{t.Command, 0, t.Quantity})
		})
	}
	return all, err
}
