package app

import (
	"context"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
)

// How long a report of a day that is just over waits for what is on its way, and between two looks.
const (
	dayWait  = 3 * time.Second
	dayPause = 5 * time.Millisecond
)

// AwaitEnd waits until nothing of a day that is over is on its way any more: what was
// stamped in it is durable, by a writer that still has its role, and what is stamped from
// now on is of a later day. What is read of the day after that never changes. Returns
// ErrStale where that is not so in time.
func (a *App) AwaitEnd(ctx context.Context, day calendar.Date) error {
	end := int64(day.AddDays(1).Start())
	if int64(a.Now()) < end || a.settled.Load() >= end {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, dayWait)
	defer stop()
	look := time.NewTicker(dayPause)
	defer look.Stop()
	for a.settled.Load() < end {
		a.awaited.Store(end)
		a.queue.signal()
		select {
		case <-a.stopped:
			return ErrStale
		case <-ctx.Done():
			return ErrStale.Because(ctx.Err())
		case <-look.C:
		}
	}
	return nil
}

// BalancesAsOf are the balances of accounts as they were at the end of a day: those of
// now, less what was posted since. The journal row is the last by then; its number is 0
// where there was none. What it returns of a day that is over never changes.
func BalancesAsOf(ctx context.Context, r Reader, accounts []ledger.Account, day calendar.Date) (held map[ledger.AccountID]int64, by JournalRow, err error) {
	sign := make(map[ledger.AccountID]int64, len(accounts)) // of a debit
	for _, a := range accounts {
		if sign[a.ID] = -1; a.Kind.IsContra() {
			sign[a.ID] = 1
		}
	}
	held = make(map[ledger.AccountID]int64, len(accounts))
	if err := eachOf(ctx, r, Balances, Query{}, func(b ledger.Balance) {
		if sign[b.ID] != 0 {
			held[b.ID] = b.Balance
		}
	}); err != nil {
		return nil, by, err
	}
	last, err := numberBefore(ctx, r, day.AddDays(1).Start())
	if err != nil {
		return nil, by, err
	}
	var rows []JournalRow
	if err := r.Find(ctx, Journal.name, Where("number", last), &rows); err != nil {
		return nil, by, err
	}
	if len(rows) > 0 {
		by = rows[0]
	}
	after, err := idBefore(ctx, r, Postings, last)
	if err != nil {
		return nil, by, err
	}
	return held, by, eachOf(ctx, r, Postings, Query{After: after}, func(p ledger.Posting) {
		if s := sign[p.Debit]; s != 0 {
			held[p.Debit] -= s * p.Amount
		}
		if s := sign[p.Credit]; s != 0 {
			held[p.Credit] += s * p.Amount
		}
	})
}
