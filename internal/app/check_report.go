package app

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/report"
)

var (
	_ = declareCheck((*checker).checkTotals)
	_ = declareCheck((*checker).checkCloses)
)

// checkTotals adds up all trades of the days that are added up and compares
// them with the totals of these days, and the totals of months with those of
// their days (I-37). It compares month by month, so that its memory grows with
// months and not with days.
func (c *checker) checkTotals() error {
	if !c.isWhole() {
		return nil
	}
	waits, err := c.isArmed(timerCountEncumbrances)
	if err != nil || waits { // old leases and pledges are about to be counted
		return err
	}
	roll, err := readRoll(c.ctx, c.r)
	if err != nil {
		return err
	}
	past, days, months := report.Totals{}, report.Totals{}, report.Totals{}
	add := func(sums report.Totals, t report.Total) {
		if e := sums.Add(monthly(t)); e != nil && err == nil {
			err = e
		}
	}
	walked := eachOf(c.ctx, c.r, TradeTotals, Query{}, func(t report.Total) {
		if t.Span == report.Month {
			add(months, t)
			return
		}
		add(days, t)
		if t.StartsOn <= roll.Through {
			add(past, t)
		} else if roll.Until == 0 {
			c.report("I-37", TradeTotals.name, t.ID, "is of %s, the trades are added up through %s", t.StartsOn, roll.Through)
		}
	})
	if walked != nil || err != nil {
		return fault.First(walked, err)
	}
	trades, err := c.sumTrades(roll)
	if err != nil {
		return err
	}
	since, err := c.startedAt("I-112")
	if err != nil {
		return err
	}
	if since > 0 {
		for _, sums := range []report.Totals{past, days, months, trades} {
			withoutRests(sums, since.Date())
		}
	}
	c.compareTotals(months, days, "its days")
	c.compareTotals(past, trades, "its trades")
	return nil
}

// withoutRests takes from the sums of months, up to the one of a day, what was not
// kept when they were added up (I-112).
func withoutRests(sums report.Totals, through calendar.Date) {
	for key, t := range sums {
		if key.StartsOn <= through {
			t.AnnualRest, t.Priced = 0, 0
			sums[key] = t
		}
	}
}

// sumTrades adds up the trades up to the end of the last day that is added up.
func (c *checker) sumTrades(roll report.Roll) (report.Totals, error) {
	sums := report.Totals{}
	if roll.Through == 0 {
		return sums, nil
	}
	for _, source := range tradeSources {
		for after, more := int64(0), true; more; {
			page, err := source(c.ctx, c.r, 0, roll.Start(), after)
			if err != nil {
				return nil, err
			}
			for _, t := range page.trades {
				if err := sums.Add(report.Month.Of(t)); err != nil {
					return nil, err
				}
			}
			after, more = page.last, page.more
		}
	}
	return sums, nil
}

func (c *checker) compareTotals(got, want report.Totals, what string) {
	for key, sum := range got {
		if w := want[key]; sum.Figures() != w.Figures() && (sum.Figures() != key || w != report.Total{}) {
			c.report("I-37", TradeTotals.name, 0, "%s %s of %s from %s to %s: %d trades, %s t/a, CNY %s; %s come to %d, %s, %s",
				key.Kind, key.StartsOn, key.Pollutant, key.SellerRegion, key.BuyerRegion, sum.Trades, sum.Quantity, sum.Amount, what, w.Trades, w.Quantity, w.Amount)
		}
		delete(want, key)
	}
	for key, w := range want {
		if w.Figures() != key {
			c.report("I-37", TradeTotals.name, 0, "%s %s of %s from %s to %s has no total; %s come to %d, %s, %s",
				key.Kind, key.StartsOn, key.Pollutant, key.SellerRegion, key.BuyerRegion, what, w.Trades, w.Quantity, w.Amount)
		}
	}
}

// checkCloses holds that the files of a frozen close are those that were
// signed, by two persons (I-38).
func (c *checker) checkCloses() error {
	return eachOf(c.ctx, c.r, PeriodCloses, Query{}, func(p report.Close) {
		var files []report.File
		if err := c.r.Find(c.ctx, CloseFiles.name, Where("close", p.ID), &files); err != nil {
			c.report("I-38", PeriodCloses.name, p.ID, "its files cannot be read: %v", err)
			return
		}
		for _, f := range files {
			if report.DigestOf(f.Content) != f.Digest {
				c.report("I-38", CloseFiles.name, f.ID, "%s is not what its digest says", f.Name)
			}
		}
		switch frozen := p.State == report.CloseFrozen; {
		case !frozen && len(files) > 0:
			c.report("I-38", PeriodCloses.name, p.ID, "is %s and keeps files", p.State)
		case frozen && report.ManifestDigest(files) != p.Digest:
			c.report("I-38", PeriodCloses.name, p.ID, "its files are not those that were signed")
		case frozen && (p.CentreBy == 0 || p.FinanceBy == 0 || p.CentreBy == p.FinanceBy):
			c.report("I-38", PeriodCloses.name, p.ID, "is frozen without the signatures of two persons")
		}
	})
}
