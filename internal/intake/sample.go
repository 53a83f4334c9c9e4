package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// errEnough ends a walk through rows.
var errEnough = errors.New("intake: enough")

// Sampled is a piece of evidence of a pool, and the activity that it shows.
type Sampled struct {
	Number int64
	Row    Row  // zero for a piece that there is not, or of a month that was taken away
	Taken  bool // its month was taken away
}

// Sample finds the activities behind numbers of pieces of evidence, which go up,
// of the pool that a message handed on, all as it was at one moment. ofMethodology
// says which versions are those of the pool's methodology. Where a month is taken
// away meanwhile, it is read once more.
func (in *Intake) Sample(ctx context.Context, message int64, numbers []int64, ofMethodology func(version int64) bool) ([]Sampled, error) {
	found, err := in.sampleNow(ctx, message, numbers, ofMethodology)
	if errors.Is(err, ErrRejected) {
		return in.sampleNow(ctx, message, numbers, ofMethodology)
	}
	return found, err
}

func (in *Intake) sampleNow(ctx context.Context, message int64, numbers []int64, ofMethodology func(version int64) bool) ([]Sampled, error) {
	r, end, err := in.c.Store.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	o, err := r.Message(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	s, err := newSampler(ctx, r)
	if err != nil {
		return nil, err
	}
	all, err := s.parts(ctx, o.PoolKey)
	if err != nil {
		return nil, err
	}
	months, err := r.Months(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the months: %w", err)
	}
	return sample(ctx, r, all, numbers, ofMethodology, months)
}

// sampler knows what is asked of all pools.
type sampler struct {
	r       Reader
	returns map[PoolKey][]PoolReturn // by the pool that took them
}

func newSampler(ctx context.Context, r Reader) (*sampler, error) {
	s := &sampler{r, map[PoolKey][]PoolReturn{}}
	returns, err := r.Returns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what came back: %w", err)
	}
	for _, back := range returns {
		s.returns[back.PoolKey] = append(s.returns[back.PoolKey], back)
	}
	return s, nil
}

// parts are those of a pool in the order in which they came. What came back of a
// pool before is all that this one has.
func (s *sampler) parts(ctx context.Context, k PoolKey) ([]PoolPart, error) {
	parts, err := s.r.PartsOf(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("find the parts of %v: %w", k, err)
	}
	var all []PoolPart
	returns := s.returns[k]
	for i := 0; i <= len(parts); i++ {
		for len(returns) > 0 && (i == len(parts) || returns[0].Batch < parts[i].Batch) {
			of, err := s.parts(ctx, returns[0].rejected())
			if err != nil {
				return nil, err
			}
			all, returns = append(all, of...), returns[1:]
		}
		if i < len(parts) {
			all = append(all, parts[i])
		}
	}
	return all, nil
}

func sample(ctx context.Context, r Reader, parts []PoolPart, numbers []int64, ofMethodology func(version int64) bool, months []Month) ([]Sampled, error) {
	all := make([]Sampled, 0, len(numbers))
	before := int64(0) // pieces before the part
	for i := range parts {
		p := &parts[i]
		for len(all) < len(numbers) && numbers[len(all)] <= before+int64(p.Activities) {
			found := Sampled{Number: numbers[len(all)]}
			if found.Taken = !slices.Contains(months, p.Of); !found.Taken {
				var err error
				if found.Row, err = p.piece(ctx, r, found.Number-before, ofMethodology); err != nil {
					return nil, err
				}
			}
			all = append(all, found)
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
