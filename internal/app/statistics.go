package app

import (
	"context"
	"maps"
	"math"
	"sync"

	"permitx/internal/calendar"
	"permitx/internal/report"
)

// openDays are the fills of the days that are not added up yet, as far as
// somebody has asked for them: each fill is read once.
type openDays struct {
	mu   sync.Mutex
	fill int64 // up to this one
	sums report.Totals
}

// Totals returns what the trades come to by month, from a month on, counting
// those that were recorded up to the end of asOf: for a past day it returns the
// same again.
func (a *App) Totals(ctx context.Context, from, asOf calendar.Date) ([]report.Total, error) {
	a.openDays.mu.Lock()
	r, _, end, err := a.Moment(ctx) // under the lock: no reader is behind what openDays has dropped
	if err != nil {
		a.openDays.mu.Unlock()
		return nil, err
	}
	defer end()
	roll, err := readRoll(ctx, r)
	var fills report.Totals
	if err == nil && asOf > roll.Through {
		fills, err = a.openDays.read(ctx, r, roll)
	}
	a.openDays.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if asOf > roll.Through {
		if err := addOpen(ctx, r, roll, fills); err != nil {
			return nil, err
		}
	}
	stored, err := storedTotals(ctx, r, from, min(roll.Through, asOf))
	if err != nil {
		return nil, err
	}
	sums := report.Totals{}
	for _, t := range stored {
		if err := sums.Add(t); err != nil {
			return nil, err
		}
	}
	for _, t := range fills {
		if t.StartsOn <= asOf && report.MonthOf(t.StartsOn) >= from {
			if err := sums.Add(monthly(t)); err != nil {
				return nil, err
			}
		}
	}
	return sorted(sums), nil
}

// read returns the sums of the fills that are not added up, by day.
func (o *openDays) read(ctx context.Context, r Reader, roll report.Roll) (report.Totals, error) {
	if o.fill < roll.Trade || o.sums == nil {
		o.fill, o.sums = roll.Trade, report.Totals{}
	}
	maps.DeleteFunc(o.sums, func(t, _ report.Total) bool { return t.StartsOn <= roll.Through })
	for more := true; more; {
		page, err := fillsOf(ctx, r, 0, math.MaxInt64, o.fill)
		if err != nil {
			return nil, err
		}
		for _, t := range page.trades {
			if err := o.sums.Add(report.Day.Of(t)); err != nil {
				return nil, err
			}
		}
		o.fill, more = page.last, page.more
	}
	return maps.Clone(o.sums), nil
}

// addOpen adds the other trades that are not added up, by day. They are made by
// hand, so that there are few.
func addOpen(ctx context.Context, r Reader, roll report.Roll, sums report.Totals) error {
	for _, source := range tradeSources[1:] {
		for after, more := int64(0), true; more; {
			page, err := source(ctx, r, roll.Start(), math.MaxInt64, after)
			if err != nil {
				return err
			}
			for _, t := range page.trades {
				if err := sums.Add(report.Day.Of(t)); err != nil {
					return err
				}
			}
			after, more = page.last, page.more
		}
	}
	return nil
}

func readRoll(ctx context.Context, r Reader) (report.Roll, error) {
	var rows []report.Roll
	if err := r.Find(ctx, TradeRolls.name, Query{}, &rows); err != nil || len(rows) == 0 {
		return report.Roll{}, err
	}
	return rows[0], nil
}

// storedTotals reads the totals from a month through a day that is added up,
// by month: whole months as they are stored, a part of one from its days.
func storedTotals(ctx context.Context, r Reader, from, through calendar.Date) ([]report.Total, error) {
	if through == 0 {
		return nil, nil
	}
	part := report.MonthOf(through.AddDays(1)) // the month that is not over by then
	var out []report.Total
	keep := func(t report.Total) { out = append(out, monthly(t)) }
	months := Where("span", string(report.Month)).And("starts_on", Ge, int64(from)).And("starts_on", Lt, int64(part))
	if err := eachOf(ctx, r, TradeTotals, months, keep); err != nil {
		return nil, err
	}
	days := Where("span", string(report.Day)).And("starts_on", Ge, int64(max(from, part))).And("starts_on", Le, int64(through))
	err := eachOf(ctx, r, TradeTotals, days, keep)
	return out, err
}

// monthly is a total as a part of its month's.
func monthly(t report.Total) report.Total {
	t.Span, t.StartsOn = report.Month, report.MonthOf(t.StartsOn)
	return t.Figures()
}

// Statistics returns the lines that a selection asks for, counting what was
// recorded up to the end of asOf.
func (a *App) Statistics(ctx context.Context, s report.Selection, asOf calendar.Date) ([]report.Statistic, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	totals, err := a.Totals(ctx, s.Cycle.Before(s.From), asOf)
	if err != nil {
		return nil, err
	}
	return report.Statistics(totals, s)
}
