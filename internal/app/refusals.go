package app

import (
	"time"

	"permitx/internal/calendar"
)

// How long a message that was refused waits: twice as long each time.
const (
	refusedFirst = 5 * time.Minute
	refusedMost  = 24 * time.Hour
)

// Refusals remembers the messages that were refused, so that they are tried
// ever more seldom. It is for one goroutine, and a start begins anew.
type Refusals struct {
	Clock Clock
	last  map[int64]refusal
}

type refusal struct {
	said string
	wait time.Duration
	due  calendar.Instant
}

// due reports whether a message is to be tried now.
func (r *Refusals) due(message int64) bool { return r == nil || r.Clock() >= r.last[message].due }

// isNew notes how a message fared, and reports whether it was refused otherwise
// than before. A refusal with another reason waits from the beginning.
func (r *Refusals) isNew(message int64, err error) bool {
	switch {
	case r == nil:
		return err != nil
	case err == nil:
		delete(r.last, message)
		return false
	case r.last == nil:
		r.last = map[int64]refusal{}
	}
	before := r.last[message]
	now := refusal{said: err.Error(), wait: refusedFirst}
	if before.said == now.said {
		now.wait = min(2*before.wait, refusedMost)
	}
	now.due = r.Clock().Add(now.wait)
	r.last[message] = now
	return before.said != now.said
}
