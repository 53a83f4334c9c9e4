package app

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/calendar"
	"permitx/internal/market"
	"permitx/internal/report"
)

// Credits that were sold in the book and by auction are counted by series, beside the
// trades in permits, on their day and after the night; what was sold before they
// were counted is counted once.
func TestStatistics_Credits(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 3)
	f.places(f.seller, market.Sell, 10, 40)
	f.places(f.firms[1], market.Buy, 10, 40)
	_, awards := f.sells()
	f.contracts(f.firms[0], awards[0])
	f.does(f.firms[0].user, AwardSettle{awards[0].ID})
	want := []string{"330421 credit_market 1 10 400.00 0.00", "330421 credit_offer 1 60 2700.00 0.00"}
	july := func(when string) {
		t.Helper()
		if diff := cmp.Diff(want, f.july(f.now.get().Date())); diff != "" {
			t.Fatalf("%s:\n%s", when, diff)
		}
	}
	july("on the day")
	lines, err := f.app.Statistics(t.Context(), report.Selection{Cycle: report.Monthly, From: 20260701, To: 20260701, By: report.ByRegion}, f.now.get().Date())
	if err != nil || len(lines) != 0 {
		t.Errorf("of all trades in permits: %+v, %v", lines, err)
	}
	f.now.set(f.now.get() + 24*3_600_000_000)
	f.runTimers()
	july("after the night")
	f.check()

	f.store.leaveBeside()
	totals := f.store.table(TradeTotals.name)
	totals.rows, totals.ids = map[int64]any{}, nil // as a registry has them that did not count credits
	last := slices.Max(f.store.table(PendingTimes.name).ids)
	for n, purpose := range []string{timerCountCreditSales, timerCountCreditFills} {
		id := last + int64(n) + 1
		f.store.table(PendingTimes.name).put(id, Timer{ID: id, DueAt: 1, Purpose: purpose, Reference: int64(n), State: TimerPending})
	}
	f.restart()
	f.runTimers()
	july("counted anew")
	f.check()
}

// What could not be counted when it was due is counted later for the same days: a
// night in between counts none of them twice.
func TestStatistics_CreditsAfterFailure(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 3)
	_, awards := f.sells()
	f.contracts(f.firms[0], awards[0])
	f.does(f.firms[0].user, AwardSettle{awards[0].ID})
	night := f.now.get().Date().AddDays(1).Start()
	f.now.set(night - 30*second)
	f.runTimers()
	last := slices.Max(f.store.table(PendingTimes.name).ids)
	f.store.table(PendingTimes.name).put(last+1, Timer{ID: last + 1, DueAt: 1, Purpose: timerCountCreditSales, State: TimerPending})
	paid := func(c Cond) bool { return c.Column == "paid_at" }
	f.store.broken = func(table string, q Query) bool { return table == Awards.name && slices.ContainsFunc(q.Where, paid) }
	f.restart()
	f.settle()
	f.store.broken = nil
	for _, at := range []calendar.Instant{night, night + 60*second} {
		f.now.set(at)
		f.settle()
		if got := f.july(at.Date()); !slices.Equal(got, []string{"330421 credit_offer 1 60 2700.00 0.00"}) {
			t.Errorf("at %s: %q", at, got)
		}
	}
}
