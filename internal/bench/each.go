package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Each sends every request once, over so many connections, and gives each answer
// to done together with how long it took. It fails when a connection breaks or
// when done does.
//
// done is called by one goroutine at a time.
func Each(ctx context.Context, address string, connections int, requests [][]byte, done func(i int, r Response, latency time.Duration) error) error {
	conns := make([]*Conn, 0, connections)
	defer func() {
		for _, c := range conns {
			_ = c.Close() // nothing is pending
		}
	}()
	for range min(connections, len(requests)) {
		c, err := Dial(ctx, address)
		if err != nil {
			return err
		}
		conns = append(conns, c)
	}
	var (
		group sync.WaitGroup
		next  atomic.Int64
		mu    sync.Mutex
		first error
	)
	for _, c := range conns {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) || ctx.Err() != nil {
					return
				}
				sent := now()
				r, err := c.Do(requests[i])
				latency := now().Sub(sent)
				mu.Lock()
				if err == nil {
					err = done(i, r, latency)
				}
				if err != nil && first == nil {
					first = err
					next.Store(int64(len(requests)))
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	group.Wait()
	if first != nil {
		return first
	}
	return ctx.Err()
}
