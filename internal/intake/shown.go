package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// The reasons why activities of a month may still have to be shown.
var (
	ErrShownOpen   = errors.New("a pool that counts activities of the month is still open: close it first")
	ErrShownUnsent = errors.New("a message of the outbox whose evidence is of the month is not sent yet: see that the trading registry takes it")
)

// ShownBy are the messages whose evidence, by which their issuances are verified,
// is of a month's activities, but those that came back. What came back is
// evidence of the pool that took it. Returns ErrShownOpen or ErrShownUnsent.
func ShownBy(ctx context.Context, r Reader, m Month) (messages []int64, err error) {
	with, err := r.PoolsWith(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("find the pools with activities of %s: %w", m, err)
	}
	shows := map[PoolKey]bool{}
	for _, k := range with {
		shows[k] = true
	}
	returns, err := r.Returns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what came back: %w", err)
	}
	back := map[int64]bool{}
	for _, b := range returns { // in order: a pool comes back after it took what it has
		back[b.Message] = true
		if shows[b.rejected()] {
			shows[b.PoolKey] = true
		}
	}
	pools, err := r.AllPools(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the pools: %w", err)
	}
	if i := slices.IndexFunc(pools, func(p Pool) bool { return shows[p.PoolKey] && !p.Closed }); i >= 0 {
		return nil, fmt.Errorf("%v: %w", pools[i].PoolKey, ErrShownOpen)
	}
	err = r.Messages(ctx, 0, func(o Outgoing) error {
		switch {
		case !shows[o.PoolKey] || back[o.Number]:
			return nil
		case !o.Sent:
			return fmt.Errorf("message %d: %w", o.Number, ErrShownUnsent)
		}
		messages = append(messages, o.Number)
		return nil
	})
	return messages, err
}
