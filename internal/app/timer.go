package app

import (
	"container/heap"
	"math"
	"strconv"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// Timer is a command that the writer gives itself when its time has come. A
// stop of the server delays it and does not lose it: what is overdue at the
// start is caught up in due order.
type Timer struct {
	ID        int64
	DueAt     calendar.Instant
	Purpose   string // which timer function runs
	Reference int64  // the record that it is about
	State     TimerState
	Command   int64
}

// TimerState is where a timer is in its life.
type TimerState string

// The states of a timer; all but TimerPending are final.
const (
	TimerPending  TimerState = "pending"
	TimerDone     TimerState = "done"
	TimerDisarmed TimerState = "disarmed"
)

// timerKind is what timers are found by.
type timerKind struct {
	purpose   string
	reference int64
}

var timersOf = indexed(PendingTimes, func(t Timer) []timerKind { return []timerKind{{t.Purpose, t.Reference}} })

// timerFunc decides what a timer does about its record, if anything. An error
// leaves the record alone and is journaled with the timer.
type timerFunc func(v *View, reference int64) (Apply, error)

// timerFuncs are what timers can do, by purpose.
var timerFuncs = map[string]timerFunc{}

func declareTimer(purpose string, f timerFunc) bool {
	timerFuncs[purpose] = f
	return true
}

// Arm sets a timer. Purpose must be declared. What is due at once is done before the
// commands that wait.
func (tx *Tx) Arm(at calendar.Instant, purpose string, reference int64) Timer {
	if timerFuncs[purpose] == nil {
		panic("app: nothing is declared for timer " + purpose)
	}
	goesOn := tx.firing != nil && at <= tx.Now
	if goesOn {
		at = tx.firing.next(at, tx.Now)
	}
	t := Put(tx, PendingTimes, Timer{DueAt: at, Purpose: purpose, Reference: reference, State: TimerPending})
	if goesOn {
		tx.streaks[t.ID] = tx.firing
	}
	return t
}

// streak is a timer with those that it arms at once, those that these arm at once, and so
// on: the steps of what is more than one command may do.
type streak struct {
	steps  int              // that were armed
	paused calendar.Instant // until when the last of them waits, once they are too many
	told   bool             // the operator, that they are
}

// A streak that has gone on for streakMost steps would hold up all commands for good where
// it has no end: from then on it makes one step a streakPause, until it ends.
const (
	streakMost  = 10_000
	streakPause = second
)

// next counts a step that is to be made at an instant, and is when it is made.
func (s *streak) next(at, now calendar.Instant) calendar.Instant {
	if s.steps++; s.steps <= streakMost {
		return at
	}
	s.paused = max(s.paused, now) + streakPause
	return s.paused
}

// fire applies what a timer does, nil for nothing.
func (tx *Tx) fire(t Timer, apply Apply) {
	if tx.firing = tx.streaks[t.ID]; tx.firing == nil {
		tx.firing = &streak{}
	}
	if apply != nil {
		apply(tx)
	}
}

// armOnce is Arm of a time to come, unless it is armed already: what is looked at
// out of turn would go on twice from then on.
func (tx *Tx) armOnce(at calendar.Instant, purpose string, reference int64) {
	for t := range timersOf.of(tx.View, timerKind{purpose, reference}) {
		if t.DueAt == at && at > tx.Now {
			return
		}
	}
	tx.Arm(at, purpose, reference)
}

// isArmed reports whether a timer waits for its time.
func (v *View) isArmed(purpose string, reference int64) bool {
	return v.isArmedAfter(math.MinInt64, purpose, reference)
}

// isArmedAfter reports whether a timer waits for a time after another.
func (v *View) isArmedAfter(at calendar.Instant, purpose string, reference int64) bool {
	for t := range timersOf.of(v, timerKind{purpose, reference}) {
		if t.DueAt > at {
			return true
		}
	}
	return false
}

// FireTimer is the command of a timer that is due.
type FireTimer struct{ Timer int64 }

var _ = declare(FireTimer{})

// Operation is TimerFire.
func (FireTimer) Operation() identity.Operation { return identity.TimerFire }

// Decide lets the timer's function decide; a timer that has gone does nothing.
func (c FireTimer) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.TimerFire, identity.Target{}); err != nil {
		return nil, err
	}
	t, err := Get(v, PendingTimes, "timer", c.Timer)
	if err != nil { // disarmed, or done before
		return nil, err
	}
	apply, refusal := timerFuncs[t.Purpose](v, t.Reference)
	if f, ok := fault.As(refusal); !ok && refusal != nil || ok && f.Kind == fault.Unavailable {
		return nil, refusal // not its fault: to be asked again
	}
	if refusal != nil {
		apply = nil
	}
	return func(tx *Tx) any {
		tx.fire(t, apply)
		t.State = TimerDone
		return Put(tx, PendingTimes, t)
	}, nil
}

// timerKey is the idempotency key of a timer's command: the same after a restart.
func timerKey(id int64) string { return "timer-" + strconv.FormatInt(id, 10) }

type timerHeap []Timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if h[i].DueAt != h[j].DueAt {
		return h[i].DueAt < h[j].DueAt
	}
	return h[i].ID < h[j].ID
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push adds a timer; it is for container/heap.
func (h *timerHeap) Push(x any) { *h = append(*h, x.(Timer)) } //nolint:errcheck // only timers are pushed

// Pop removes the last one; it is for container/heap.
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	*h = old[:len(old)-1]
	return t
}

func (s *state) loadTimers() {
	s.streaks = map[int64]*streak{}
	for _, t := range rowsOf(s, PendingTimes).rows {
		s.addTimer(t)
	}
}

func (s *state) addTimer(t Timer) {
	s.day.note(t)
	if t.State == TimerPending {
		heap.Push(&s.dueTimes, t)
	} else {
		rowsOf(s, PendingTimes).remove(t.ID)
		delete(s.streaks, t.ID)
	}
}

// isDue reports whether a timer is due at an instant.
func (s *state) isDue(at calendar.Instant) bool {
	return len(s.dueTimes) > 0 && s.dueTimes[0].DueAt <= at
}

// tryAgain puts back the timers that could not even be decided, because the
// database did not answer.
func (s *state) tryAgain(done []*request, outcomes []outcome) {
	for i, o := range outcomes {
		c, isTimer := done[i].command.(FireTimer)
		if f, ok := fault.As(o.err); isTimer && ok && f.Kind == fault.Unavailable {
			if t, pending := rowsOf(s, PendingTimes).rows[c.Timer]; pending {
				s.addTimer(t)
			}
		}
	}
}

// nextDue returns the first timer that is due at an instant and takes it off
// the heap.
func (s *state) nextDue(at calendar.Instant) (Timer, bool) {
	if !s.isDue(at) {
		return Timer{}, false
	}
	t, ok := heap.Pop(&s.dueTimes).(Timer)
	return t, ok
}
