package intake

import (
	"context"
	"errors"
	"fmt"
)

// errEnough ends a walk through rows.
var errEnough = errors.New("intake: enough")

// Sampled is a piece of evidence of a pool, and the activity that it shows.
type Sampled struct {
	Number int64
	Row    Row // zero for a piece from before pools had parts
}

// Sample finds the activities behind numbers of pieces of evidence, which go up,
// of the pool that a message handed on. ofMethodology says which versions are
// those of the pool's methodology.
func (in *Intake) Sample(ctx context.Context, message int64, numbers []int64, ofMethodology func(version int64) bool) ([]Sampled, error) {
	r := in.c.Store
	o, err := r.Message(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	pools, err := r.AllPools(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the pools: %w", err)
	}
	unnumbered := int64(0)
	for i := range pools {
		if pools[i].PoolKey == o.PoolKey {
			unnumbered = pools[i].Unnumbered
		}
	}
	return sample(ctx, r, o.PoolKey, unnumbered, numbers, ofMethodology)
}

func sample(ctx context.Context, r Reader, k PoolKey, unnumbered int64, numbers []int64, ofMethodology func(version int64) bool) ([]Sampled, error) {
	parts, err := r.PartsOf(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("find the parts of %v: %w", k, err)
	}
	all := make([]Sampled, 0, len(numbers))
	before := unnumbered // pieces before the part
	for i := range parts {
		p := &parts[i]
		for len(all) < len(numbers) && numbers[len(all)] <= before+int64(p.Activities) {
			s := Sampled{Number: numbers[len(all)]}
			if s.Number > before {
				if s.Row, err = p.piece(ctx, r, s.Number-before, ofMethodology); err != nil {
					return nil, err
				}
			}
			all = append(all, s)
		}
		before += int64(p.Activities)
	}
	for _, n := range numbers[len(all):] {
		all = append(all, Sampled{Number: n})
	}
	return all, nil
}

// piece is the n-th activity of a part, from 1.
func (p *PoolPart) piece(ctx context.Context, r Reader, n int64, ofMethodology func(version int64) bool) (found Row, err error) {
	err = r.Between(ctx, p.Of, p.First, p.Last, func(row Row) error {
		if row.Scheme != p.Scheme || !ofMethodology(row.Methodology) {
			return nil
		}
		if n--; n > 0 {
			return nil
		}
		found = row
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return found, fmt.Errorf("find a piece of evidence of batch %d: %w", p.Batch, err)
	}
	return found, nil
}
