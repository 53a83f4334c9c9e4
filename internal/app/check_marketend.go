package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
)

var _ = declareCheck((*checker).checkMarketEnds)

// checkMarketEnds holds that a market with a last day is closed, or has a timer that comes
// to close it when that day is over, if not before (I-137).
func (c *checker) checkMarketEnds() error {
	ends := map[int64]calendar.Instant{}
	q := Where("purpose", timerMarketEnd).And("state", Eq, string(TimerPending))
	if err := eachOf(c.ctx, c.r, PendingTimes, q, func(t Timer) { ends[t.Reference] = t.DueAt }); err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Markets, Query{}, func(m catalog.Market) {
		if m.ValidTo.IsZero() || m.State == catalog.MarketClosed {
			return
		}
		if due, waits := ends[m.ID]; !waits || due > max(marketEnds(m), c.registry.LastAt+streakPause) {
			c.report("I-137", Markets.name, m.ID, "is %s, its last day is %s and no timer comes to close it then", m.State, m.ValidTo)
		}
	})
}
