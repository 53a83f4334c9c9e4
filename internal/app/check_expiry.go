package app

import (
	"maps"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/ledger"
)

var _ = declareCheck((*checker).checkExpiry)

// checkExpiry holds that a series ends on the day that its scheme's life of its vintage
// gives it, that its units expire after that day and never before, by as many as its
// issuances count, and that while any are held a timer waits for it, so that what
// nobody relies on is gone when a day is over (I-131).
func (c *checker) checkExpiry() error {
	if err := c.readSeries(); err != nil {
		return err
	}
	var lives []carbon.Life
	if err := eachOf(c.ctx, c.r, CreditLives, Query{}, func(l carbon.Life) { lives = append(lives, l) }); err != nil {
		return err
	}
	for id, s := range c.series {
		if want := carbon.LifeOf(slices.Values(lives), s.Scheme, s.Vintage).LastDay(s.Vintage); s.ValidTo != want {
			c.report("I-131", CreditSeries.name, id, "ends on %s, by the life of its vintage on %s", s.ValidTo, want)
		}
	}
	held, err := c.checkExpired()
	if err != nil {
		return err
	}
	if err := c.checkExpiryTimers(held); err != nil {
		return err
	}
	return c.checkLeftOver()
}

// checkExpired compares the ranges that have expired with their series and issuances,
// and returns the series with an end of which units are held.
func (c *checker) checkExpired() (held map[int64]bool, err error) {
	held = map[int64]bool{}
	expired := map[int64]int64{} // units, by issuance
	err = eachOf(c.ctx, c.r, CreditRanges, Query{}, func(r carbon.Range) {
		s := c.series[r.Series]
		switch r.State { //nolint:exhaustive // what is used does not expire
		case carbon.Held:
			held[s.ID] = held[s.ID] || !s.ValidTo.IsZero()
		case carbon.RangeExpired:
			expired[r.Issuance] += r.Units()
			if !s.Expired(r.ExpiredOn) {
				c.report("I-131", CreditRanges.name, r.ID, "expired on %s, the last day of %s is %s", r.ExpiredOn, s.Code, s.ValidTo)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return held, eachOf(c.ctx, c.r, Issuances, Query{}, func(i carbon.Issuance) {
		if i.ExpiredUnits != expired[i.ID] {
			c.report("I-131", Issuances.name, i.ID, "counts %d units that have expired, its ranges come to %d", i.ExpiredUnits, expired[i.ID])
		}
	})
}

// checkExpiryTimers holds that a timer waits for each series of which units are held:
// for the day after its last one, or for tomorrow at the latest.
func (c *checker) checkExpiryTimers(held map[int64]bool) error {
	waits := map[int64]calendar.Date{}
	q := Where("purpose", timerExpiry).And("state", Eq, string(TimerPending))
	err := eachOf(c.ctx, c.r, PendingTimes, q, func(t Timer) { waits[t.Reference] = t.DueAt.Date() })
	for id := range held {
		s := c.series[id]
		if due := max(s.ValidTo, c.registry.LastAt.Date()).AddDays(1); held[id] && (waits[id].IsZero() || waits[id] > due) {
			c.report("I-131", CreditSeries.name, id, "ends on %s and has units that are held; what makes them expire waits for %s", s.ValidTo, waits[id])
		}
	}
	return err
}

// checkLeftOver holds that of a series whose last day is over nothing is available that
// was available when a day ended.
func (c *checker) checkLeftOver() error {
	today, over := c.registry.LastAt.Date(), map[string]carbon.Series{}
	for _, s := range c.series {
		if s.Expired(today) {
			over[s.Code] = s
		}
	}
	left := map[int64][]ledger.AccountID{} // by the command that has changed its balance last
	for id, a := range c.ledger.accounts {
		if b := c.ledger.balances[id]; a.Kind == ledger.Credits && over[a.Pollutant].ID != 0 && b.Available() > 0 {
			left[b.Command] = append(left[b.Command], id)
		}
	}
	expiring := map[int64]bool{} // now, in steps
	q := Where("purpose", timerExpiry).And("state", Eq, string(TimerPending)).And("due_at", Le, int64(c.registry.LastAt))
	if err := eachOf(c.ctx, c.r, PendingTimes, q, func(t Timer) { expiring[t.Reference] = true }); err != nil {
		return err
	}
	for some := range slices.Chunk(slices.Collect(maps.Keys(left)), findMost) {
		var rows []JournalRow
		if err := c.r.Find(c.ctx, Journal.name, Query{}.And("number", In, some), &rows); err != nil {
			return err
		}
		for _, j := range rows {
			for _, id := range left[j.Number] {
				key := c.ledger.accounts[id].Key()
				if s := over[key.Pollutant]; j.At.Date() < today && !expiring[s.ID] {
					c.report("I-131", Balances.name, int64(id), "%s is available since %s, the last day of %s was %s", key, j.At.Date(), s.Code, s.ValidTo)
				}
			}
		}
	}
	return nil
}
