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
