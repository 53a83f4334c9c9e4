package app

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/intake"
)

// How long a message that was refused waits: twice as long each time.
const (
	refusedFirst = 5 * time.Minute
	refusedMost  = 24 * time.Hour
)

// Refusals remembers the messages that were refused, so that they are tried
// ever more seldom, and who can mend the cause sees them. A start begins anew.
type Refusals struct {
	Clock Clock
	mu    sync.Mutex
	last  map[int64]refusal
}

type refusal struct {
	scheme int64
	said   string
	since  calendar.Instant // refused, whatever the reason
	wait   time.Duration
	due    calendar.Instant
}

// due reports whether a message is to be tried now.
func (r *Refusals) due(message int64) bool {
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Clock() >= r.last[message].due
}

// isNew notes how a message fared, and reports whether it was refused otherwise
// than before. A refusal with another reason waits from the beginning.
func (r *Refusals) isNew(o intake.Outgoing, err error) bool {
	if r == nil {
		return err != nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		delete(r.last, o.Number)
		return false
	case r.last == nil:
		r.last = map[int64]refusal{}
	}
	before := r.last[o.Number]
	at := r.Clock()
	now := refusal{scheme: o.Scheme, said: err.Error(), since: cmp.Or(before.since, at), wait: refusedFirst}
	if before.said == now.said {
		now.wait = min(2*before.wait, refusedMost)
	}
	now.due = at.Add(now.wait)
	r.last[o.Number] = now
	return before.said != now.said
}

// Count is how many messages were refused and wait.
func (r *Refusals) Count() int64 {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(len(r.last))
}

// WaitingFor are the messages that were refused, for whom may do something about it:
// a scheme's operator, and who closes its months.
func (r *Refusals) WaitingFor(a identity.Actor, of *Reference) []Waiting {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Waiting
	for number, m := range r.last {
		s, known := ReadTable(of, CarbonSchemes).Get(m.scheme)
		target := identity.OfScheme(s.Region, s.Operator)
		if !known || identity.Authorise(a, identity.CreditIssue, target) != nil && identity.Authorise(a, identity.PoolClose, target) != nil {
			continue
		}
		all = append(all, Waiting{Kind: "intake_message", ID: number, Action: "mend", Region: s.Region, Since: m.since, Reason: shortNote(m.said)})
	}
	slices.SortFunc(all, func(a, b Waiting) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
