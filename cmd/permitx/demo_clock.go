package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"permitx/internal/app"
	"permitx/internal/calendar"
)

// demoClock is the machine's clock and by how much the story has moved it
// ahead: days pass in it that nobody wants to wait for.
type demoClock struct{ ahead atomic.Int64 } // µs

func (c *demoClock) now() calendar.Instant {
	return app.SystemClock() + calendar.Instant(c.ahead.Load())
}

// moveTo moves the clock ahead; it never goes back.
func (c *demoClock) moveTo(at calendar.Instant) {
	if d := at - c.now(); d > 0 {
		c.ahead.Add(int64(d))
	}
}

const (
	patience = 60 * time.Second // for what the registry does by itself
	glance   = 20 * time.Millisecond
)

// until moves the clock of the demo, and waits for the server to live in that time.
func (t *story) until(ctx context.Context, at calendar.Instant) error {
	t.clock.moveTo(at)
	t.today = t.clock.now().Date()
	t.say("— the clock is moved to %s —", at.Time().In(calendar.Shanghai).Format("2006-01-02 15:04:05"))
	return await(ctx, "the server", func() (bool, error) {
		r, err := read(t.auditor.CheckReadiness(ctx))
		return r.status == http.StatusOK, err
	})
}

// await asks until it is so.
func await(ctx context.Context, what string, so func() (bool, error)) error {
	for deadline := time.Now().Add(patience); ; {
		switch is, err := so(); {
		case err != nil || is:
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("%s: nothing happens for %s", what, patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(glance):
		}
	}
}
