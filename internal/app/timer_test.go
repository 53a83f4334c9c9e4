package app

import (
	"testing"

	"permitx/internal/calendar"
)

const timerEndless = "test.endless"

var _ = declareTimer(timerEndless, func(_ *View, id int64) (Apply, error) {
	return func(tx *Tx) any { return tx.Arm(tx.Now, timerEndless, id) }, nil
})

// A timer that arms itself at once and never ends does not hold up the commands that
// wait: after as many steps as no other takes it makes one a second.
func TestTimer_WithoutEnd(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.settle()
	if err := o.app.Close(); err != nil {
		t.Fatal(err)
	}
	due := Timer{ID: 1_000_000, DueAt: o.now.get(), Purpose: timerEndless, Reference: 7, State: TimerPending}
	o.store.mu.Lock()
	o.store.table(PendingTimes.name).put(due.ID, due)
	o.store.mu.Unlock()
	o.start()
	steps := func() (done int) {
		for _, timer := range tableOf(o, PendingTimes) {
			if timer.Purpose == timerEndless && timer.State == TimerDone {
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
