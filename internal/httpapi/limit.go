package httpapi

import (
	"sync"
	"sync/atomic"
	"time"
)

// limitKey is whose rate is limited.
type limitKey struct {
	person  int64
	address string // of callers without a key
}

// limiter lets each caller send so many requests a second and, after a pause,
// twice as many at once. For each caller it keeps one number: when the
// requests so far would have come at the allowed rate (the generic cell rate
// algorithm).
type limiter struct {
	interval  int64 // ns between two requests
	tolerance int64 // ns that a caller may be ahead
	now       func() int64
	callers   sync.Map // limitKey → *atomic.Int64
	count     atomic.Int64
}

const (
	burstSeconds = 2
	maxCallers   = 100_000 // then those who pause are forgotten
)

func newLimiter(perSecond int) *limiter {
	start := time.Now()
	return &limiter{
		interval: int64(time.Second) / int64(perSecond), tolerance: burstSeconds * int64(time.Second),
		now: func() int64 { return int64(time.Since(start)) },
	}
}

// allows counts a request and reports whether it is within the rate.
func (l *limiter) allows(k limitKey) bool {
	due := l.due(k)
	now := l.now()
	for {
		old := due.Load()
		next := max(old, now) + l.interval
		if next-now > l.tolerance {
			return false
		}
		if due.CompareAndSwap(old, next) {
			return true
		}
	}
}

func (l *limiter) due(k limitKey) *atomic.Int64 {
	if v, known := l.callers.Load(k); known {
		return v.(*atomic.Int64) //nolint:errcheck,forcetypeassert // only these are stored
	}
	v, known := l.callers.LoadOrStore(k, new(atomic.Int64))
	if !known && l.count.Add(1) > maxCallers {
		l.forget()
	}
	return v.(*atomic.Int64) //nolint:errcheck,forcetypeassert // only these are stored
}

// forget drops those who are not ahead: they start anew without a difference.
func (l *limiter) forget() {
	now := l.now()
	l.count.Store(0)
	l.callers.Range(func(k, v any) bool {
		if v.(*atomic.Int64).Load() <= now { //nolint:errcheck,forcetypeassert // only these are stored
			l.callers.Delete(k)
		} else {
			l.count.Add(1)
		}
		return true
	})
}
