package app

import (
	"time"

	"permitx/internal/calendar"
)

// Clock gives the present instant. Tests set their own.
type Clock func() calendar.Instant

// SystemClock is the machine's clock. It is the only place of the core that
// reads one; a command sees the stamp it was given when it entered the queue.
func SystemClock() calendar.Instant { return calendar.InstantOf(time.Now()) }
