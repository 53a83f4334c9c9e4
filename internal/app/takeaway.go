package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"permitx/internal/carbon"
	"permitx/internal/intake"
)

// ErrShownWaits is returned when activities may still have to be shown to who verifies their issuance.
var ErrShownWaits = errors.New("an issuance whose evidence is of the month waits: it must be issued or rejected, and what was rejected back in the intake")

// CheckNotShown holds that nobody has to look at the activities of a month any
// more: each issuance with evidence of it was issued, or was rejected and its
// evidence is that of another. Returns ErrShownWaits, or why the intake says so.
func CheckNotShown(ctx context.Context, in intake.Reader, trading Reader, m intake.Month) error {
	messages, err := intake.ShownBy(ctx, in, m)
	if err != nil {
		return err
	}
	var waits []int64
	err = eachOf(ctx, trading, Issuances, Query{}, func(i carbon.Issuance) {
		if i.FromIntake() && slices.Contains(messages, i.Outbox) && i.State != carbon.Issued && i.State != carbon.Revoked {
			waits = append(waits, i.ID)
		}
	})
	switch {
	case err != nil:
		return fmt.Errorf("read the issuances: %w", err)
	case len(waits) > 0:
		return fmt.Errorf("issuances %v: %w", waits, ErrShownWaits)
	}
	return nil
}
