package app

import (
	"testing"

	"permitx/internal/calendar"
)

const timerEndless, timerToAndFro, timerForks = "test.endless", "test.to_and_fro", "test.forks"

var _ = []bool{
	declareTimer(timerEndless, func(_ *View, id int64) (Apply, error) {
		return func(tx *Tx) any { return tx.Arm(tx.Now, timerEndless, id) }, nil
	}),
	declareTimer(timerToAndFro, func(_ *View, id int64) (Apply, error) {
		return func(tx *Tx) any { return tx.Arm(tx.Now, timerToAndFro, -id) }, nil
	}),
	declareTimer(timerForks, func(_ *View, id int64) (Apply, error) {
		return func(tx *Tx) any {
			tx.Arm(tx.Now, timerForks, 2*id)
			return tx.Arm(tx.Now, timerForks, 2*id+1)
		}, nil
	}),
}

// Timers that arm themselves or each other at once and never end do not hold up the commands
// that wait: after as many steps as no others take they make one a second.
func TestTimer_WithoutEnd(t *testing.T) {
	t.Parallel()
	for _, purpose := range []string{timerEndless, timerToAndFro, timerForks} {
		t.Run(purpose, func(t *testing.T) {
			t.Parallel()
			endless(t, purpose)
		})
	}
}

func endless(t *testing.T, purpose string) {
	t.Helper()
	o := openOffice(t)
	o.settle()
	if err := o.app.Close(); err != nil {
		t.Fatal(err)
	}
	due := Timer{ID: 1_000_000, DueAt: o.now.get(), Purpose: purpose, Reference: 7, State: TimerPending}
	o.store.mu.Lock()
	o.store.table(PendingTimes.name).put(due.ID, due)
	o.store.mu.Unlock()
	o.start()
	steps := func() (done int) {
		for _, timer := range tableOf(o, PendingTimes) {
			if timer.Purpose == purpose && timer.State == TimerDone {
				done++
			}
		}
		return done
	}
	for n, quarter := range []calendar.Date{20310331, 20310930, 20311231} {
		if got := steps(); got != streakMost+1+n {
			t.Errorf("%d steps, not %d", got, streakMost+1+n)
		}
		o.does(o.admin, InstrumentAdd{Pollutant: vocs, TermEnd: quarter})
		o.now.set(o.now.get() + streakPause)
	}
}
