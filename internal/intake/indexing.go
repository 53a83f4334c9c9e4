package intake

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// indexPause is how long what could not be indexed waits to be tried again.
const indexPause = 10 * time.Second

// unindexed says of which months what was taken back cannot be found yet.
func (in *Intake) unindexed() map[Month]bool {
	if left := in.left.Load(); left != nil {
		return *left
	}
	return nil
}

// isIndexed reports whether all that was taken back of some months can be found.
func (in *Intake) isIndexed(from, to Month) bool {
	for m := range in.unindexed() {
		if m >= from && m <= to {
			return false
		}
	}
	return true
}

// findUnindexed reads which months an earlier version has left without the index
// of reversals, the newest first.
func (in *Intake) findUnindexed(ctx context.Context) ([]Month, error) {
	months, err := in.c.Store.Unindexed(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the months without an index of reversals: %w", err)
	}
	left := make(map[Month]bool, len(months))
	for _, m := range months {
		left[m] = true
	}
	in.left.Store(&left)
	slices.Sort(months)
	slices.Reverse(months)
	return months, nil
}

// index makes the indexes of reversals that are not there, a month at a time,
// beside the writer. What is done stays done: whoever comes after an end in the
// middle goes on with the rest.
func (in *Intake) index(ctx context.Context, months []Month) {
	defer close(in.indexed)
	for len(months) > 0 {
		for _, m := range months {
			if err := in.indexMonth(ctx, m); err != nil && ctx.Err() == nil {
				in.c.Log.WarnContext(ctx, "what was taken back of a month could not be indexed", slog.String("month", m.String()), slog.Any("error", err))
			}
		}
		again, err := in.findUnindexed(ctx)
		if err != nil && ctx.Err() == nil { // those that are known to be missing are tried again
			in.c.Log.WarnContext(ctx, "it is not known what is not indexed", slog.Any("error", err))
		} else {
			months = again
		}
		if len(months) > 0 && !wait(ctx, indexPause) {
			return
		}
	}
}

func (in *Intake) indexMonth(ctx context.Context, m Month) error {
	if err := in.c.Store.IndexReversals(ctx, m); err != nil {
		return err
	}
	left := map[Month]bool{}
	for other := range in.unindexed() {
		if other != m {
			left[other] = true
		}
	}
	in.left.Store(&left)
	in.c.Log.InfoContext(ctx, "what was taken back of a month is indexed", slog.String("month", m.String()))
	return nil
}

// wait waits and reports whether it was not ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
