package app

import (
	"context"
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/intake"
)

// Lister says what lists of other registers have of what an intake has handed on.
type Lister interface {
	Listed(ctx context.Context, message int64) (intake.Listed, error)
}

// Counter says what an intake counts of a plant.
type Counter interface {
	CountedOf(ctx context.Context, schemes []int64, plant string, from, to calendar.Date) (intake.Listed, error)
}

// AskActivities asks an intake whether participants' activities count a plant on days
// of a project's issuance, in whichever scheme. What they declare later is refused,
// since the issuance counts it. Returns ErrPeriodCounted.
func AskActivities(ctx context.Context, in Counter, r *Reference, i carbon.Issuance) error {
	var schemes []int64
	for id := range ReadTable(r, CarbonSchemes).All() {
		schemes = append(schemes, id)
	}
	plant := PlantOf(r, i)
	found, err := in.CountedOf(ctx, schemes, plant, i.PeriodFrom, i.PeriodTo)
	if err == nil && found.Activities > 0 {
		err = ErrPeriodCounted.With("activity %d of scheme %d, and %d more, count %.64q in the period: reject it, or have them taken back", found.First.ID, found.First.Scheme, found.Activities-1, plant).At("id")
	}
	return err
}

// AskLists asks the lists of other registers for what an issuance of the
// registry's own intake counts, and returns the number of the journal up to which
// they have nothing of it. Whatever changes them later has a larger number, by which
// the step that issues it is refused. Returns carbon.ErrExcluded.
func AskLists(ctx context.Context, in Lister, trading Reader, i carbon.Issuance) (asked int64, err error) {
	if asked, err = trading.LastID(ctx, Journal.name); err != nil { // before the lists are read
		return 0, fmt.Errorf("read the journal: %w", err)
	}
	found, err := in.Listed(ctx, i.Outbox)
	if err != nil {
		return 0, err
	}
	if e := found.Entry; found.Activities > 0 {
		return 0, carbon.ErrExcluded.With("%s: it counts activity %d and %d more that lists have got since the month was closed; reject it, and the next close takes them back",
			e.Describe(), found.First.ID, found.Activities-1).At("id")
	}
	return asked, nil
}
