package store

import (
	"context"
	"fmt"
	"testing"

	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// busy is an intake that takes a batch in before each read of a check.
type busy struct {
	intake.Source
	before func()
}

func (b busy) Snapshot(ctx context.Context) (intake.Reader, func(), error) {
	r, end, err := b.Source.Snapshot(ctx)
	return busyReader{r, b.before}, end, err
}

type busyReader struct {
	intake.Reader
	before func()
}

func (b busyReader) Journal(ctx context.Context, after int64, limit int) ([]intake.JournalRow, error) {
	b.before()
	return b.Reader.Journal(ctx, after, limit)
}

func (b busyReader) EachDay(ctx context.Context, each func(intake.Day) error) error {
	b.before()
	return b.Reader.EachDay(ctx, each)
}

func (b busyReader) Sums(ctx context.Context) (intake.Sums, error) {
	b.before()
	return b.Reader.Sums(ctx)
}

func (b busyReader) AllPools(ctx context.Context) ([]intake.Pool, error) {
	b.before()
	return b.Reader.AllPools(ctx)
}

// Batches that are taken in during a check are no violations: it sees one moment.
func TestIntake_CheckBesideWriter(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		batches := 0
		take := func() {
			batches++
			id := fmt.Sprint(batches)
			submit(t, in, id, ride(id+"a", "p"+id, 3, 8, 0), ride(id+"b", "p"+id, 4, 8, 0))
		}
		for range 70 { // more than one page of the journal
			take()
		}
		found, err := intake.Check(t.Context(), busy{s, take}, ridesRules)
		if err != nil || len(found) > 0 || batches < 75 {
			t.Errorf("%d batches; found %v, %v", batches, found, err)
		}
		verified(t, s)
	})
}

// What is registered and declared after the rules were read is not of the moment
// that a check sees: it is judged by all that was registered until then.
func TestIntake_CheckReadsRulesLast(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		submit(t, in, "a", ride("1", "anna", 3, 8, 0))
		found, err := intake.Check(t.Context(), s, func(ctx context.Context) (intake.Rules, error) {
			r, err := ridesRules(ctx)
			delete(r.Scenarios, 2)
			delete(r.Versions, 2)
			submit(t, in, "b", measured("2", "anna", 8, quantity.OneMeasure)) // by what is registered now
			return r, err
		})
		if err != nil || len(found) > 0 {
			t.Errorf("found %v, %v", found, err)
		}
		verified(t, s)
	})
}
