package app

import (
	"permitx/internal/auction"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

var (
	_ = declareCheck((*checker).checkProjects)
	_ = declareCheck((*checker).checkEarmarks)
)

// projectSums are the figures of a project's need as they follow from the
// orders, deals, payment notices and entries.
type projectSums struct{ open, bought, assigned, retired, bidding quantity.Quantity }

// checkProjects holds the figures of every project against what they come
// from (I-26, I-27, I-117, I-120): what open orders, block trades, deals and notices
// are for; what bidders keep; what orders were filled and entries brought; the entries
// of block trades; and the retired share of each assignment, which must be posted.
func (c *checker) checkProjects() error {
	sums := map[needKey]*projectSums{}
	of := func(project int64, pollutant string) *projectSums {
		key := needKey{project, pollutant}
		if sums[key] == nil {
			sums[key] = &projectSums{}
		}
		return sums[key]
	}
	if err := c.sumProjectBuys(of); err != nil {
		return err
	}
	entries := map[needKey][]permit.Entry{}
	err := eachOf(c.ctx, c.r, ProjectEntries, Query{}, func(e permit.Entry) {
		s := of(e.Project, e.Pollutant)
		s.bought += e.Bought
		s.assigned += e.Assigned
		s.retired += e.Retired
		key := needKey{e.Project, e.Pollutant}
		entries[key] = append(entries[key], e)
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, ProjectNeeds, Query{}, func(n permit.Need) {
		want := *of(n.Project, n.Pollutant)
		if got := (projectSums{n.Open, n.Bought, n.Assigned, n.Retired, n.Bidding}); got != want || !n.IsSound() {
			c.report("I-26", ProjectNeeds.name, n.ID, "has the figures %+v of %s needed, what it has bid for, bought and been assigned come to %+v", got, n.Needed, want)
		}
		c.checkShares(n, entries[needKey{n.Project, n.Pollutant}])
		delete(sums, needKey{n.Project, n.Pollutant})
	})
	for key := range sums {
		c.report("I-26", Projects.name, key.project, "buys %s, which it does not need", key.pollutant)
	}
	if err == nil {
		err = c.checkBlockEntries(entries)
	}
	return c.checkOffsets(entries, err)
}

// sumProjectBuys adds up what orders, deals, block trades and payment notices are for.
func (c *checker) sumProjectBuys(of func(project int64, pollutant string) *projectSums) error {
	pollutants, err := c.pollutants()
	if err != nil {
		return err
	}
	named := Query{}.And("project", Gt, int64(0))
	err = eachOf(c.ctx, c.r, Orders, named, func(o market.Record) {
		s := of(o.Project, pollutants[o.Instrument])
		s.bought += o.Quantity - o.Remaining
		if o.State == market.Open {
			s.open += o.Remaining
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Deals, named, func(d settlement.Deal) {
		if d.IsBuyersWord() {
			of(d.Project, d.Pollutant).open += d.Arriving
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Blocks, named, func(b market.Block) { of(b.Project, pollutants[b.Instrument]).open += wantedOfBlock(b) })
	if err != nil {
		return err
	}
	if err := c.sumProjectBids(of); err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Notices, named, func(n reserve.PaymentNotice) {
		if n.State == reserve.NoticeIssued || n.State == reserve.NoticeProved {
			of(n.Project, n.Pollutant).open += n.Quantity
		}
	})
}

// checkBlockEntries holds the settled block trades that name a project against the
// entries by which it has bought what they brought, one each (I-120).
func (c *checker) checkBlockEntries(entries map[needKey][]permit.Entry) error {
	bought := map[int64]permit.Entry{} // by block trade
	for _, list := range entries {
		for _, e := range list {
			if e.Kind == permit.ByBlock {
				if other, twice := bought[e.Reference]; twice {
					c.report("I-120", ProjectEntries.name, max(e.ID, other.ID), "has bought what block trade %d brought a second time", e.Reference)
				}
				bought[e.Reference] = e
			}
		}
	}
	err := eachOf(c.ctx, c.r, Blocks, Query{}.And("project", Gt, int64(0)), func(b market.Block) {
		e, is := bought[b.ID]
		if is != (b.State == market.BlockSettled) || is && (e.Project != b.Project || e.Bought != b.Quantity || e.Instrument != b.Instrument) {
			c.report("I-120", Blocks.name, b.ID, "is %s, of %s for project %d, which has bought %s by it", b.State, b.Quantity, b.Project, e.Bought)
		}
		delete(bought, b.ID)
	})
	for block, e := range bought {
		c.report("I-120", ProjectEntries.name, e.ID, "has bought by block trade %d, which is for no project", block)
	}
	return err
}

// sumProjectBids adds up what bidders and winners of auctions keep (I-117).
func (c *checker) sumProjectBids(of func(project int64, pollutant string) *projectSums) error {
	pollutants := map[int64]string{}
	if err := eachOf(c.ctx, c.r, Offers, Query{}, func(o auction.Offer) { pollutants[o.ID] = o.Pollutant }); err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Registrations, Query{}.And("bidding", Gt, int64(0)), func(r auction.Registration) {
		of(r.Project, pollutants[r.Offer]).bidding += r.Bidding
	})
}

// checkShares replays the entries of a need: each assignment retires the share
// that its ratio asks for, reckoned on all that was assigned by then (I-27).
func (c *checker) checkShares(n permit.Need, entries []permit.Entry) {
	at := permit.Need{Ratio: n.Ratio}
	for _, e := range entries {
		if e.Kind == permit.ByAssign && e.Retired != at.Share(e.Assigned) {
			c.report("I-27", ProjectEntries.name, e.ID, "retires %s of %s, the ratio %s asks for %s", e.Retired, e.Assigned, n.Ratio, at.Share(e.Assigned))
		}
		at = at.With(e)
	}
}

// checkOffsets holds that each retired share is posted, and nothing else with
// this reason.
func (c *checker) checkOffsets(entries map[needKey][]permit.Entry, err error) error {
	if err != nil {
		return err
	}
	want := map[int64]int64{} // by transfer
	for _, list := range entries {
		for _, e := range list {
			if e.Kind == permit.ByAssign && e.Transfer != 0 {
				want[e.Transfer] = int64(e.Retired)
			}
		}
	}
	err = eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.Offset)), func(p ledger.Posting) {
		if want[p.Transfer] != p.Amount || c.ledger.accounts[p.Credit].Kind != ledger.Retired {
			c.report("I-27", Postings.name, p.ID, "retires %s for no assignment to a project", quantity.Quantity(p.Amount))
		}
		delete(want, p.Transfer)
	})
	for transfer := range want {
		c.report("I-27", ProjectEntries.name, transfer, "names a transfer of a retired share that is not posted")
	}
	return err
}

// checkEarmarks holds the active earmarks of each project against what it needs
// (I-101), those that were made before this held excepted, whatever was given of
// them since.
func (c *checker) checkEarmarks() error {
	since, err := c.start("I-101")
	if err != nil {
		return err
	}
	made := map[int64]bool{}
	making := Where("event", string(reserve.Earmarking)).And("command", Gt, since)
	if err := eachOf(c.ctx, c.r, LotMovements, making, func(m reserve.LotMovement) { made[m.Reference] = true }); err != nil {
		return err
	}
	kept := map[needKey]quantity.Quantity{}
	active := Where("state", string(reserve.EarmarkActive)).And("project", Gt, int64(0))
	err = eachOf(c.ctx, c.r, Earmarks, active, func(e reserve.Earmark) {
		if made[e.ID] {
			kept[needKey{e.Project, e.Pollutant}] += e.Left()
		}
	})
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, ProjectNeeds, Query{}, func(n permit.Need) {
		if sum := kept[needKey{n.Project, n.Pollutant}]; sum > n.Need {
			c.report("I-101", ProjectNeeds.name, n.ID, "needs %s t/a, earmarks have %s t/a for it", n.Need, sum)
		}
	})
}
