package app

import (
	"context"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/report"
)

// stepsOf reads a page of steps of leases or pledges with one of some events.
func stepsOf(ctx context.Context, r Reader, q Query, events ...string) ([]encumbrance.TakenStep, error) {
	var steps []encumbrance.TakenStep
	err := r.Find(ctx, EncumbranceSteps.name, q.And("event", In, events), &steps)
	return steps, err
}

// leasesOf reads the leases that began, on their first day, and what went back of
// the rent of those that ended early, on that day. Of a lease that an opening
// package brought nothing counts: its rent was paid before.
func leasesOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	q := during("at", from, to, after).And("kind", Eq, string(encumbrance.OfLease))
	steps, err := stepsOf(ctx, r, q, string(encumbrance.BeginLease), string(encumbrance.AgreeEnd))
	if err != nil {
		return tradePage{last: after}, err
	}
	leases, err := rowsByID(ctx, r, Leases, steps)
	page := pageOfTrades(steps, after, func(s encumbrance.TakenStep) report.Trade {
		l := leases[s.Reference]
		t := report.Trade{Kind: report.Lease, On: s.At.Date(), SellerRegion: l.Region, BuyerRegion: l.Region, Pollutant: l.Pollutant}
		switch {
		case s.Event == string(encumbrance.BeginLease):
			t.Trades, t.Quantity, t.Amount = 1, l.Quantity, l.Amount
			return must(inYear(t, l.Price))
		case l.Rent != 0:
			t.Amount = -l.Refund
		}
		return t
	})
	page.trades = slices.DeleteFunc(page.trades, func(t report.Trade) bool { return t.Trades == 0 && t.Amount == 0 })
	return page, err
}

// pledgesOf reads the pledges that were registered. A further pledge of the same
// permits adds its loan and nothing else.
func pledgesOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	q := during("at", from, to, after).And("kind", Eq, string(encumbrance.OfPledge))
	steps, err := stepsOf(ctx, r, q, string(encumbrance.RegisterPledge))
	if err != nil {
		return tradePage{last: after}, err
	}
	pledges, err := rowsByID(ctx, r, Pledges, steps)
	return pageOfTrades(steps, after, func(s encumbrance.TakenStep) report.Trade {
		p := pledges[s.Reference]
		t := report.Trade{
			Kind: report.Pledge, On: s.At.Date(), SellerRegion: p.Region, BuyerRegion: p.Region, Pollutant: p.Pollutant, Trades: 1, Amount: p.Loan,
		}
		if p.Behind == 0 {
			t.Quantity, t.Secured = p.Quantity, p.Value
		}
		return t
	}), err
}

// rowsByID are the records that steps are about.
func rowsByID[R any](ctx context.Context, r Reader, t Table[R], steps []encumbrance.TakenStep) (map[int64]R, error) {
	ids, rows := make([]int64, len(steps)), map[int64]R{}
	for n, s := range steps {
		ids[n] = s.Reference
	}
	if len(ids) == 0 {
		return rows, nil
	}
	err := eachOf(ctx, r, t, Query{}.And("id", In, ids), func(row R) { rows[idOf(&row)] = row })
	return rows, err
}

// timerCountEncumbrances is armed by the migration, before any other: leases and pledges
// of the days that are added up are not in their totals yet. They were made by
// hand, so that there are few.
const timerCountEncumbrances = "statistics.count_encumbrances"

var _ = declareTimer(timerCountEncumbrances, countingAnew(timerCountEncumbrances, leasesOf, pledgesOf))

// countingAnew adds what sources have of the days that were added up when it was
// first due. Its reference is the first instant after them, 0 as it is planted:
// when it fails it is tried again for those days, which are more by then.
func countingAnew(purpose string, sources ...tradeSource) timerFunc {
	return func(v *View, end int64) (Apply, error) {
		if end == 0 {
			end = int64(rollOf(rowsOf(v.state, TradeRolls).rows).Start())
		}
		if end == 0 {
			return nil, nil //nolint:nilnil // none were
		}
		return retrying(purpose, func(v *View, end int64) (Apply, error) {
			return v.countAnew(calendar.Instant(end), sources)
		})(v, end)
	}
}

// countAnew adds to the totals what sources have of the days before an instant.
func (v *View) countAnew(end calendar.Instant, sources []tradeSource) (Apply, error) {
	if len(v.batch.Journal) > 0 { // it reads committed rows
		return nil, errCommitFirst
	}
	sums := report.Totals{}
	for _, source := range sources {
		for after, more := int64(0), true; more; {
			page, err := source(v.ctx, v.store, 0, end, after)
			if err != nil {
				return nil, ErrNotDurable.Because(err)
			}
			for _, t := range page.trades {
				if err := addTrade(sums, t); err != nil {
					return nil, err
				}
			}
			after, more = page.last, page.more
		}
	}
	rows, err := v.totalsWith(sums)
	return func(tx *Tx) any {
		tx.putTotals(rows)
		return nil
	}, err
}

func (tx *Tx) putTotals(rows []report.Total) {
	for _, t := range rows {
		Put(tx, TradeTotals, t)
	}
}
