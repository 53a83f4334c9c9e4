package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/market"
)

// timerMarketEnd closes a market when its last day is over.
const timerMarketEnd = "market.end"

var _ = declareTimer(timerMarketEnd, endMarket)

// marketEnds is when a market that has a last day closes.
func marketEnds(m catalog.Market) calendar.Instant { return m.ValidTo.AddDays(1).Start() }

// endMarket closes a market for good, as an officer may before, and cancels what rests
// in it. What its session has to do, such as the closing prices of its last day, is done first.
func endMarket(v *View, id int64) (Apply, error) {
	m, err := Get(v, Markets, "market", id)
	if err != nil || m.State == catalog.MarketClosed {
		return nil, err
	}
	if end := marketEnds(m); v.Now < end { // it came to look early
		return func(tx *Tx) any { return tx.Arm(end, timerMarketEnd, id) }, nil
	}
	if f := v.floors[id]; f != nil && f.session.ID != 0 && v.hasSessionWork(f.session) {
		c := v.Calendar()
		return func(tx *Tx) any {
			tx.catchUp(m, f.session, c)
			return tx.Arm(tx.Now, timerMarketEnd, id)
		}, nil
	}
	return func(tx *Tx) any { return tx.setMarket(m, catalog.MarketClosed, "the last day of the market is over") }, nil
}

// setMarket brings a market into another state, says why, and does what follows.
func (tx *Tx) setMarket(m catalog.Market, to catalog.MarketState, why string) MarketResult {
	was := m.State
	m.State = to
	r := MarketResult{Market: Put(tx, Markets, m), Regions: tx.byCode.areas[m.ID]}
	Put(tx, MarketChanges, market.Change{Market: m.ID, State: string(to), Reason: why, Person: tx.Actor.Person, At: tx.Now})
	switch {
	case to == catalog.MarketClosed:
		r.Cancelled = tx.clearMarket(m.ID)
	case was == catalog.MarketHalted:
		tx.resumeSession(m)
	}
	return r
}
