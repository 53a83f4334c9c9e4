package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
)

// Listed are activities of a pool that was handed on and that lists of other
// registers have by now.
type Listed struct {
	Message    int64 // that handed them on, where more than one was asked for
	Activities int64
	First      Row // of them
	Entry      carbon.Exclusion
}

// Listed asks the lists of other registers again for what a message handed on, all
// as it was at one moment. What was taken back since is taken out of the pool that
// is open, and not asked for. Where a month is taken away meanwhile, it is read once
// more. Returns carbon.ErrSampleTaken where nobody can know any more what was counted.
func (in *Intake) Listed(ctx context.Context, message int64) (Listed, error) {
	found, err := in.listedNow(ctx, message)
	if errors.Is(err, ErrRejected) {
		return in.listedNow(ctx, message)
	}
	return found, err
}

func (in *Intake) listedNow(ctx context.Context, message int64) (Listed, error) {
	reg, err := in.c.Register()
	if err != nil {
		return Listed{}, ErrUnavailable.Because(err)
	}
	r, end, err := in.c.Store.Snapshot(ctx)
	if err != nil {
		return Listed{}, err
	}
	defer end()
	o, err := r.Message(ctx, message)
	if err != nil {
		return Listed{}, fmt.Errorf("read the outbox: %w", err)
	}
	l, gone, err := listingOf(ctx, r, o)
	switch {
	case err != nil:
		return Listed{}, err
	case len(gone) > 0:
		return Listed{}, carbon.ErrSampleTaken.With("the activities of %s were taken away: bring their table back, or reject the issuance", gone[0]).At("id")
	}
	var found Listed
	err = l.by(reg).each(ctx, func(row *Row, e *carbon.Exclusion) error {
		if found.Activities++; found.Activities == 1 {
			found.First, found.Entry = *row, *e
		}
		return nil
	})
	return found, err
}

// CountedOf finds what schemes count of a plant on the days from … to, and was not
// taken back, all as it was at one moment. Months that were taken away are passed over.
func (in *Intake) CountedOf(ctx context.Context, schemes []int64, plant string, from, to calendar.Date) (Listed, error) {
	found, err := in.countedOfNow(ctx, schemes, plant, from, to)
	if errors.Is(err, ErrRejected) {
		return in.countedOfNow(ctx, schemes, plant, from, to)
	}
	return found, err
}

func (in *Intake) countedOfNow(ctx context.Context, schemes []int64, plant string, from, to calendar.Date) (found Listed, err error) {
	reg, err := in.c.Register()
	if err != nil {
		return found, ErrUnavailable.Because(err)
	}
	r, end, err := in.c.Store.Snapshot(ctx)
	if err != nil {
		return found, err
	}
	defer end()
	months, err := r.Months(ctx)
	if err != nil {
		return found, fmt.Errorf("find the months: %w", err)
	}
	for _, m := range months {
		if m < MonthOf(from) || m > MonthOf(to) {
			continue
		}
		for _, scheme := range schemes {
			err := r.Identified(ctx, m, scheme, func(row Row) error {
				_, inputs := reg.Counted(row.Scenario, row.Methodology)
				if row.Day < from || row.Day > to || identifierOf(row.Inputs, inputs) != plant {
					return nil
				}
				if found.Activities++; found.Activities == 1 {
					found.First = row
				}
				return nil
			})
			if err != nil {
				return found, fmt.Errorf("read the activities of %s that name a plant: %w", m, err)
			}
		}
	}
	return found, nil
}

// listingOf is a listing of what a message handed on, and the months of it that
// were taken away.
func listingOf(ctx context.Context, r Reader, o Outgoing) (l *listing, gone []Month, err error) {
	of, err := countedIn(ctx, r, []PoolKey{o.PoolKey})
	if err != nil {
		return nil, nil, err
	}
	months, err := r.Months(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("find the months: %w", err)
	}
	for m := range of {
		if !slices.Contains(months, m) {
			gone = append(gone, m)
			delete(of, m)
		}
	}
	return &listing{r: r, scheme: o.Scheme, of: of}, gone, nil
}

// StillListed calls each with the activities that a message handed on, which were not
// taken back and are in the lists that entries answers from. Months that were taken
// away are passed over.
func StillListed(ctx context.Context, r Reader, o Outgoing, rules *Rules, entries func(ctx context.Context, identifiers []string) ([]carbon.Exclusion, error), each func(row *Row, e *carbon.Exclusion) error) error {
	l, _, err := listingOf(ctx, r, o)
	if err != nil {
		return err
	}
	first := map[string]int64{}
	for id, v := range rules.Versions {
		if v.Version == 1 {
			first[v.Code] = id
		}
	}
	l.entries = entries
	l.counted = func(row *Row) (int64, int) {
		v := rules.Versions[row.Methodology]
		return first[v.Code], v.Inputs
	}
	return l.each(ctx, each)
}
