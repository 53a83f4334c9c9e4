package app

import (
	"errors"
	"testing"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/intake"
)

// What is refused again and again is tried after twice the time, up to a day,
// and said once for each reason.
func TestRefusals(t *testing.T) {
	t.Parallel()
	now := calendar.Instant(0)
	r := &Refusals{Clock: func() calendar.Instant { return now }}
	message := intake.Outgoing{Number: 1}
	tries, said := 0, 0
	refuse := func(reason string, days int) {
		for end := now.Add(time.Duration(days) * 24 * time.Hour); now < end; now = now.Add(time.Minute) {
			if !r.due(1) {
				continue
			}
			tries++
			if r.isNew(message, errors.New(reason)) {
				said++
			}
		}
	}
	refuse("no scheme", 10)
	if tries < 15 || tries > 20 || said != 1 { // 9 doublings within the first two days, then one a day
		t.Errorf("tried %d times and said %d", tries, said)
	}
	refuse("no operator", 2)
	if said != 2 {
		t.Errorf("another reason was said %d times", said-1)
	}
	now = now.Add(refusedMost)
	if !r.due(1) || r.isNew(message, nil) || !r.due(1) || r.Count() != 0 || !r.isNew(message, errors.New("no operator")) || r.Count() != 1 {
		t.Error("after a success it does not begin anew")
	}
}
