package app

import (
	"context"
	"sync"

	"permitx/internal/calendar"
)

// request is a command on its way through the writer.
type request struct {
	ctx     context.Context //nolint:containedctx // the caller's, looked at once before the command runs
	command Command
	person  int64
	system  bool
	key     string
	payload []byte
	digest  [32]byte
	at      calendar.Instant
	done    chan outcome // has room for one
}

type outcome struct {
	answer Answer
	err    error
}

// queue is where commands wait for the writer. Its order is the order of
// their stamps: both are given under one lock.
type queue struct {
	clock Clock
	limit int

	mu     sync.Mutex
	last   calendar.Instant // the latest stamp
	items  []*request
	spare  []*request
	closed bool
	wake   chan struct{} // has room for one
}

func newQueue(clock Clock, last calendar.Instant, limit int) *queue {
	return &queue{clock: clock, limit: limit, last: last, wake: make(chan struct{}, 1)}
}

// stamp gives the present instant; it never runs backwards. The lock must be held.
func (q *queue) stamp() calendar.Instant {
	q.last = max(q.last, q.clock())
	return q.last
}

// add stamps a command and puts it at the end of the queue. Returns
// ErrStopping or ErrQueueFull.
func (q *queue) add(r *request) error {
	q.mu.Lock()
	switch {
	case q.closed:
		q.mu.Unlock()
		return ErrStopping
	case len(q.items) >= q.limit:
		q.mu.Unlock()
		return ErrQueueFull
	}
	r.at = q.stamp()
	q.items = append(q.items, r)
	q.mu.Unlock()
	q.signal()
	return nil
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns the commands that wait, at most limit, and the instant now.
func (q *queue) take(limit int) (waiting []*request, now calendar.Instant, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(limit, len(q.items))
	waiting = append(q.spare[:0], q.items[:n]...)
	rest := copy(q.items, q.items[n:])
	clear(q.items[rest:])
	q.items = q.items[:rest]
	q.spare = waiting
	if rest > 0 {
		q.signal()
	}
	return waiting, q.stamp(), q.closed && rest == 0
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) depth() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
