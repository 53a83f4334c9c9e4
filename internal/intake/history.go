package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// HistoryQuery asks for a page of what a participant was credited for.
type HistoryQuery struct {
	Scheme      int64
	Participant string  // pseudonym
	Scenarios   []int64 // of the scheme, as they are registered
	From, To    calendar.Date
	After       int64 // activity; 0: from the beginning, or from the end
	Limit       int
	Newest      bool // first
}

// HistoryLine is an activity of a participant, or one that takes another back.
type HistoryLine struct {
	Row                        // of a month that was taken away: number, scenario, day, period and amount
	Points    quantity.Measure // that it gave; 0 where it was taken back
	TakenBack int64            // the activity that takes it back; 0 for none
	TakenAway bool
}

// History is a page of a participant's activities, by number, and whether more
// follow. What stands is found through the participant's days, and what was taken
// back through the index of reversals, all of it as it was at one moment. Where a
// month is taken away meanwhile, it is read once more. Returns ErrNoParticipant, or
// ErrIndexing.
func (in *Intake) History(ctx context.Context, q HistoryQuery) (page []HistoryLine, more bool, err error) {
	p, err := in.Participant(ctx, q.Scheme, q.Participant)
	if err != nil {
		return nil, false, err
	}
	if !in.isIndexed(MonthOf(q.From), MonthOf(q.To)) {
		return nil, false, ErrIndexing
	}
	page, more, err = in.historyNow(ctx, q, p.ID)
	if errors.Is(err, ErrRejected) {
		return in.historyNow(ctx, q, p.ID)
	}
	return page, more, err
}

func (in *Intake) historyNow(ctx context.Context, q HistoryQuery, participant int64) (page []HistoryLine, more bool, err error) {
	r, end, err := in.c.Store.Snapshot(ctx)
	if err != nil {
		return nil, false, err
	}
	defer end()
	months, err := r.Months(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("find the months: %w", err)
	}
	days, err := r.DaysOf(ctx, participant, q.Scenarios, q.From, q.To)
	if err != nil {
		return nil, false, fmt.Errorf("find the days of a participant: %w", err)
	}
	all := standing(days, months)
	for _, m := range months {
		if m < MonthOf(q.From) || m > MonthOf(q.To) {
			continue
		}
		back, err := r.ReversalsOf(ctx, m, participant)
		if err != nil {
			return nil, false, fmt.Errorf("find what was taken back of %s: %w", m, err)
		}
		for _, b := range back {
			if b.Day >= q.From && b.Day <= q.To {
				was := Row{ID: b.Reverses, Day: b.Day}
				all = append(all, HistoryLine{Row: b}, HistoryLine{Row: was, TakenBack: b.ID})
			}
		}
	}
	page, more = q.cut(all)
	return page, more, fillHistory(ctx, r, page)
}

// standing are the activities that days have, of months that are there without
// what their rows say.
func standing(days []Day, months []Month) (all []HistoryLine) {
	for i := range days {
		d := &days[i]
		away := !slices.Contains(months, MonthOf(d.Day))
		for _, s := range d.Spans {
			row := Row{ID: s.Activity, Scenario: d.Scenario, Participant: d.Participant, Day: d.Day, Amount: s.Amount}
			row.From, row.To = instantOf(d.Day, s.From), instantOf(d.Day, s.To)
			all = append(all, HistoryLine{Row: row, Points: s.Points, TakenAway: away})
		}
	}
	return all
}

// instantOf is a second of a day.
func instantOf(d calendar.Date, second int32) calendar.Instant {
	return d.Start() + calendar.Instant(second)*aSecond
}

// cut is the page of lines that is asked for.
func (q *HistoryQuery) cut(all []HistoryLine) (page []HistoryLine, more bool) {
	sign := 1
	if q.Newest {
		sign = -1
	}
	slices.SortFunc(all, func(a, b HistoryLine) int { return sign * cmp.Compare(a.ID, b.ID) })
	if q.After != 0 {
		all = slices.DeleteFunc(all, func(l HistoryLine) bool { return sign*cmp.Compare(l.ID, q.After) <= 0 })
	}
	if len(all) > q.Limit {
		return all[:q.Limit], true
	}
	return all, false
}

// fillHistory reads the rows of a page, a query a month.
func fillHistory(ctx context.Context, r Reader, page []HistoryLine) error {
	ids, at := map[Month][]int64{}, map[int64]int{}
	for i := range page {
		if l := &page[i]; !l.TakenAway && l.Reverses == 0 {
			m := MonthOf(l.Day)
			ids[m], at[l.ID] = append(ids[m], l.ID), i
		}
	}
	for m, of := range ids {
		err := r.RowsOf(ctx, m, of, func(row Row) error {
			page[at[row.ID]].Row = row
			return nil
		})
		if err != nil {
			return fmt.Errorf("read activities of %s: %w", m, err)
		}
	}
	return nil
}

// Spent is a burn of points as its participant sees it.
type Spent struct {
	Burn
	At calendar.Instant
}

// Spent is a page of the points that a participant has exchanged, by number of
// the journal. Returns ErrNoParticipant.
func (in *Intake) Spent(ctx context.Context, scheme int64, participant string, after int64, limit int, newest bool) (page []Spent, more bool, err error) {
	p, err := in.Participant(ctx, scheme, participant)
	if err != nil {
		return nil, false, err
	}
	page, err = in.c.Store.BurnsOf(ctx, p.ID, after, limit+1, newest)
	if err != nil {
		return nil, false, fmt.Errorf("find burned points: %w", err)
	}
	if len(page) > limit {
		return page[:limit], true, nil
	}
	return page, false, nil
}
