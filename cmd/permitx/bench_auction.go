package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"permitx/internal/auction"
)

// measureClear clears auctions of a thousand to a hundred thousand bids, in this
// process. Of each size the slowest format counts.
func measureClear(_ context.Context, b *benchRun, _ benchMeasure) error {
	for _, thousands := range []int{1, 10, 100} {
		var slowest time.Duration
		for _, format := range auction.Formats() {
			c := auction.Load(format, thousands*1_000)
			runtime.GC()
			started := time.Now()
			if _, err := auction.Clear(&c); err != nil {
				return fmt.Errorf("%s: %w", format, err)
			}
			slowest = max(slowest, time.Since(started))
		}
		b.add(fmt.Sprintf("auction_clear_%dk_ms", thousands), "ms", float64(slowest.Microseconds())/1_000)
	}
	return nil
}
