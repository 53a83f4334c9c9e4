package intake_test

import (
	"testing"
	"testing/synctest"
	"time"

	"permitx/internal/intake"
)

// TestPace_Breathe: a batch sleeps while the exchange is at work, and else never.
func TestPace_Breathe(t *testing.T) {
	for _, c := range []struct {
		name  string
		pace  *intake.Pace
		slept time.Duration
	}{
		{"none", nil, 0},
		{"alone", &intake.Pace{Trading: func() bool { return false }}, 0},
		{"beside orders", &intake.Pace{Trading: func() bool { return true }}, 2 * 200 * time.Microsecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				for line := range 2 * 64 {
					c.pace.Breathe(line)
				}
				if slept := time.Since(start); slept != c.slept {
					t.Errorf("slept %v in 128 lines, want %v", slept, c.slept)
				}
			})
		})
	}
}

// TestPace_Rest: a pause is as long as the statement before it took, but no longer than a
// moment where the database was stuck.
func TestPace_Rest(t *testing.T) {
	t.Parallel()
	p := &intake.Pace{Trading: func() bool { return true }}
	for took, least := range map[time.Duration]time.Duration{5 * time.Millisecond: 5 * time.Millisecond, time.Hour: 50 * time.Millisecond} {
		started := time.Now()
		if p.Rest(took); time.Since(started) < least {
			t.Errorf("after %v it rested for less than %v", took, least)
		}
	}
}
