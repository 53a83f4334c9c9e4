package app

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"permitx/internal/calendar"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// MaxCandleDays bounds the days of one question: all their trades are read.
const MaxCandleDays = 31

// Candles are the days on which an instrument was traded in a market, or closed,
// of those from one day up to another, ascending. They come from the rows of
// trades: ids ascend with time and have no gaps, so that the days are found
// without an index.
func Candles(ctx context.Context, r Reader, m, instrument int64, from, to calendar.Date) ([]market.Candle, error) {
	first, last, err := tradesWithin(ctx, r, from.Start(), to.AddDays(1).Start())
	if err != nil {
		return nil, err
	}
	days := map[calendar.Date]*market.Candle{}
	candle := func(day calendar.Date) *market.Candle {
		if days[day] == nil {
			days[day] = &market.Candle{Day: day}
		}
		return days[day]
	}
	of := Where("market", m).And("instrument", Eq, instrument)
	err = eachOf(ctx, r, Trades, of.And("id", Ge, first).And("id", Lt, last), func(t market.Trade) { candle(t.At.Date()).Add(t) })
	if err != nil {
		return nil, err
	}
	err = eachOf(ctx, r, Closes, of.And("day", Ge, int64(from)).And("day", Le, int64(to)), func(c market.Close) { candle(c.Day).Close = c.Price })
	out := make([]market.Candle, 0, len(days))
	for _, c := range days {
		out = append(out, *c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Day < out[j].Day })
	return out, err
}

// tradesWithin are the first trade at or after an instant, and the first at or
// after another.
func tradesWithin(ctx context.Context, r Reader, from, to calendar.Instant) (first, last int64, err error) {
	return rowsWithin(ctx, r, Trades, from, to, func(t market.Trade) calendar.Instant { return t.At })
}

// rowsWithin is tradesWithin for any table whose ids ascend with time and have no gaps.
func rowsWithin[R any](ctx context.Context, r Reader, t Table[R], from, to calendar.Instant, at func(R) calendar.Instant) (first, last int64, err error) {
	n, err := r.LastID(ctx, t.name)
	if err != nil {
		return 0, 0, fmt.Errorf("read last id of %s: %w", t.name, err)
	}
	var failed error
	since := func(instant calendar.Instant) int64 {
		return int64(sort.Search(int(n), func(i int) bool {
			var rows []R
			failed = errors.Join(failed, r.Find(ctx, t.name, Query{After: int64(i), Limit: 1}, &rows))
			return len(rows) == 0 || at(rows[0]) >= instant
		})) + 1
	}
	return since(from), since(to), failed
}

// MarketStatus is where a market is, for those who look at it.
type MarketStatus struct {
	Session    market.Session // its Market is 0 where the market has no terms: it always trades
	Terms      market.Terms   // of today; its Source is "" where there are none
	NextPhase  market.Phase   // ""; none within a month
	NextAt     calendar.Instant
	LastChange market.Change // by an officer; its Reason is "" where there was none
}

// StatusOf is the status of a market by what is published and committed.
func StatusOf(ctx context.Context, ref *Reference, r Reader, m int64, now calendar.Instant) (MarketStatus, error) {
	var out MarketStatus
	var plan schedule
	for _, t := range ReadTable(ref, TermsOfMarkets).All() {
		if t.Market == m {
			plan = plan.add(t)
		}
	}
	for _, s := range ReadTable(ref, Sessions).All() {
		if s.Market == m {
			out.Session = s
		}
	}
	out.Terms, _ = plan.on(now.Date())
	if next, at, changes := plan.next(now, calendarOf(ref)); changes && len(plan) > 0 {
		out.NextPhase, out.NextAt = next, at
	}
	var changes []market.Change
	if err := r.Find(ctx, MarketChanges.name, Query{Desc: true, Limit: 1}.And("market", Eq, m), &changes); err != nil {
		return out, fmt.Errorf("read table %s: %w", MarketChanges.name, err)
	}
	if len(changes) > 0 {
		out.LastChange = changes[0]
	}
	return out, nil
}

// QuoteOf is the last prices of an instrument in a market, with today's bands.
func QuoteOf(ref *Reference, key BookKey, t market.Terms, tick quantity.Price) (q market.Quote, band, block *market.Band, err error) {
	for _, row := range ReadTable(ref, MarketQuotes).All() {
		if row.Market == key.Market && row.Instrument == key.Instrument {
			q = row
		}
	}
	if band, err = market.BandOf(q.Close, t.Band, tick); err != nil {
		return q, nil, nil, err
	}
	block, err = market.BandOf(q.Close, t.BlockBand, tick)
	return q, band, block, err
}

func calendarOf(ref *Reference) *calendar.Calendar {
	var years []calendar.Year
	var days []calendar.Day
	for _, y := range ReadTable(ref, Years).All() {
		years = append(years, y)
	}
	for _, d := range ReadTable(ref, Days).All() {
		days = append(days, d)
	}
	return calendar.New(years, days)
}
