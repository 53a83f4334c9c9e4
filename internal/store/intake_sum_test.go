package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"permitx/internal/carbon"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// yield is a plant's activity of an amount.
func yield(sourceID, who string, hour int, amount quantity.Reduction) intake.Activity {
	a := ride(sourceID, who, 3, hour, 0)
	a.Scenario, a.Inputs = "plant", []carbon.Value{{Name: "kg", Amount: quantity.Measure(amount)}}
	return a
}

// What would make a sum wrong is refused by name, whichever sum it is; the other
// lines go on.
func TestIntake_SumsAreBounded(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		const most = 100_000_000 * quantity.OneTonne
		got := submit(
			t, in, "k", yield("1", "anna", 8, 9_000_000_000_000_000_000), yield("2", "anna", 8, most-1), yield("3", "anna", 9, 2),
			yield("4", "bert", 9, 2), yield("5", "bert", 10, 1), ride("6", "anna", 3, 8, 0),
		)
		said := ""
		for _, a := range got.Activities {
			said += a.Status + a.Code + " "
		}
		const want = "refusedactivity.sum_too_large accepted refusedactivity.sum_too_large refusedactivity.sum_too_large accepted refusedactivity.sum_too_large "
		if said != want {
			t.Errorf("%s; want %s", said, want)
		}
		if got := submit(t, in, "k2", ride("6", "anna", 3, 8, 0), ride("7", "bert", 3, 8, 0)); got.Accepted != 1 {
			t.Errorf("bert's ride: %+v", got)
		}
		verified(t, s)
	})
}

// A message hands on no more units than an issuance may have; the rest is
// carried into the next month, and handed on then.
func TestIntake_UnitsOfAMessage(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		submit(t, in, "k", yield("1", "anna", 8, 1_500_000_000*quantity.OneReduction))
		now = now.Add(62 * 24 * time.Hour)
		for _, m := range []intake.Month{202607, 202608} {
			if _, err := in.CloseMonth(t.Context(), 2, m.String(), intake.MonthClose{Scheme: 1, Month: m, Early: true}); err != nil {
				t.Fatal(err)
			}
		}
		all, err := in.Outgoing(t.Context(), 0, 10)
		if err != nil || len(all) != 2 || all[0].Units != carbon.UnitsMost || all[1].Units != 500_000_000 {
			t.Errorf("messages %+v, %v", all, err)
		}
		verified(t, s)
	})
}

// poisoned is a store that refuses the activity poison, and waits with its first
// commit until it may go.
type poisoned struct {
	*IntakeStore
	once sync.Once
	may  chan struct{}
}

func (p *poisoned) Commit(ctx context.Context, c *intake.Changes) error {
	p.once.Do(func() { <-p.may })
	for _, rows := range c.Rows {
		for i := range rows {
			if rows[i].SourceID == "poison" {
				return fmt.Errorf("write activity: %w", intake.ErrRejected)
			}
		}
	}
	return p.IntakeStore.Commit(ctx, c)
}

// A command that the database refuses fails alone, however many are committed with it.
func TestIntake_OneByOne(t *testing.T) {
	t.Parallel()
	url := freshSQLiteIntake(t)
	s, now := openedIntake(t, url), someDay
	p := &poisoned{IntakeStore: s, may: make(chan struct{})}
	in := intakeOf(t, p, &now)
	defer in.Close()
	var all sync.WaitGroup
	for i := range 10 {
		ctx := &queued{Context: t.Context(), now: make(chan struct{})}
		all.Go(func() {
			id := fmt.Sprint(i)
			if i == 5 {
				id = "poison"
			}
			_, err := in.Submit(ctx, intake.Batch{Actor: 1, Source: 1, Key: id, Activities: []intake.Activity{ride(id, id, 3, 8, 0)}})
			if (id == "poison") != errors.Is(err, intake.ErrNotDone) || id != "poison" && err != nil {
				t.Errorf("%s: %v", id, err)
			}
		})
		<-ctx.now
	}
	close(p.may)
	all.Wait()
	verified(t, s)
}
