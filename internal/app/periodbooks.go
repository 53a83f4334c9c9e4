package app

import (
	"context"
	"fmt"
	"sort"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/report"
)

// PeriodFiles are the files of a close: the frozen ones, or what they would be.
// They follow from rows that do not change once the month is over, so that they
// are the same whenever they are made.
func (a *App) PeriodFiles(ctx context.Context, c report.Close) ([]report.File, error) {
	r, _, end, err := a.Moment(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if c.State == report.CloseFrozen {
		var files []report.File
		err := r.Find(ctx, CloseFiles.name, Where("close", c.ID), &files)
		for i, f := range files {
			files[i] = report.File{Name: f.Name, Content: f.Content, Digest: f.Digest}
		}
		return files, err
	}
	return makeFiles(ctx, r, c)
}

func makeFiles(ctx context.Context, r Reader, c report.Close) ([]report.File, error) {
	books, err := readBooks(ctx, r, c.Region, c.Month)
	if err != nil {
		return nil, err
	}
	totals, err := storedTotals(ctx, r, c.Month, c.Month.AddMonths(1).AddDays(-1))
	if err != nil {
		return nil, err
	}
	lines, err := report.Statistics(totals, report.Selection{
		Cycle: report.Monthly, From: c.Month, To: c.Month, Region: c.Region, By: report.ByKind,
	})
	if err != nil {
		return nil, err
	}
	return report.Files(books.Statement(), books.TrialBalance(), report.StatisticsSheet(c.Region, c.Month, lines)), nil
}

// readBooks adds up what a region's month came to: the balances of now, less
// what moved after the month, which is read backwards from its postings.
func readBooks(ctx context.Context, r Reader, region string, month calendar.Date) (report.Books, error) {
	b := report.Books{Region: region, Month: month, Closing: map[report.Part]int64{}, Movement: map[report.Movement]int64{}}
	parts := map[ledger.AccountID]report.Part{}
	for _, q := range []Query{Where("region", region), Where("region", ""), Where("kind", int64(ledger.Forfeits))} { // money is everybody's
		err := eachOf(ctx, r, Accounts, q, func(a ledger.Account) { parts[a.ID] = report.Part{Pollutant: a.Pollutant, Kind: a.Kind} })
		if err != nil {
			return b, err
		}
	}
	err := eachOf(ctx, r, Balances, Query{}, func(x ledger.Balance) {
		if p, known := parts[x.ID]; known {
			b.Closing[p] += x.Balance
		}
	})
	if err != nil {
		return b, err
	}
	start, err := numberBefore(ctx, r, month.Start())
	if err != nil {
		return b, err
	}
	end, err := numberBefore(ctx, r, report.MonthEnd(month))
	if err != nil {
		return b, err
	}
	first, err := idBefore(ctx, r, Postings, start)
	if err != nil {
		return b, err
	}
	err = eachOf(ctx, r, Postings, Query{After: first}, func(p ledger.Posting) {
		for _, side := range []struct {
			account ledger.AccountID
			debit   bool
		}{{p.Debit, true}, {p.Credit, false}} {
			part, known := parts[side.account]
			change := p.Amount
			if side.debit != part.Kind.IsContra() { // a debit lowers what is not contra
				change = -change
			}
			switch {
			case !known:
			case p.Command > end:
				b.Closing[part] -= change
			default:
				b.Movement[report.Movement{Part: part, Reason: p.Reason}] += change
			}
		}
	})
	return b, err
}

// numberBefore is the last journal number that was stamped before an instant.
func numberBefore(ctx context.Context, r Reader, at calendar.Instant) (int64, error) {
	last, err := r.LastID(ctx, Journal.name)
	if err != nil {
		return 0, err
	}
	return lastThat(last, func(number int64) (bool, error) {
		var rows []JournalRow
		if err := r.Find(ctx, Journal.name, Where("number", number), &rows); err != nil {
			return false, err
		}
		if len(rows) == 0 {
			return false, fmt.Errorf("app: the journal has no row %d", number)
		}
		return rows[0].At < at, nil
	})
}

// idBefore is the last row of a table that is never changed which the commands
// up to one wrote.
func idBefore[R any](ctx context.Context, r Reader, t Table[R], command int64) (int64, error) {
	last, err := r.LastID(ctx, t.name)
	if err != nil {
		return 0, err
	}
	return lastThat(last, func(id int64) (bool, error) {
		var rows []R
		if err := r.Find(ctx, t.name, Where("id", id), &rows); err != nil {
			return false, err
		}
		if len(rows) == 0 {
			return false, fmt.Errorf("app: %s has no row %d", t.name, id)
		}
		return commandOf(&rows[0]) <= command, nil
	})
}

// lastThat is the last of the numbers 1 to n that is early, 0 when none is. Early
// ones come first.
func lastThat(n int64, isEarly func(int64) (bool, error)) (int64, error) {
	var failed error
	found := sort.Search(int(n), func(i int) bool {
		early, err := isEarly(int64(i) + 1)
		if err != nil {
			failed = err
		}
		return !early
	})
	return int64(found), failed
}
