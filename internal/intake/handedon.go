package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"permitx/internal/carbon"
)

// HandedOn finds what the pools of schemes have handed on, was not taken back since,
// and is in one of some entries of lists, by message and entry. It looks at a scheme's
// month at a time, each as it was at one moment, and only at months in which an entry
// holds. Months that were taken away are passed over.
func (in *Intake) HandedOn(ctx context.Context, schemes []int64, entries []carbon.Exclusion) ([]Listed, error) {
	reg, err := in.c.Register()
	if err != nil {
		return nil, ErrUnavailable.Because(err)
	}
	months, err := in.c.Store.Months(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the months: %w", err)
	}
	s := &search{reg: reg, entries: map[string][]carbon.Exclusion{}, found: map[handedOn]*Listed{}}
	for _, e := range entries {
		s.entries[e.Identifier] = append(s.entries[e.Identifier], e)
	}
	for _, m := range months {
		if !slices.ContainsFunc(entries, func(e carbon.Exclusion) bool { return e.Touches(m.First(), m.Next().First().AddDays(-1)) }) {
			continue
		}
		for _, scheme := range schemes {
			if err := s.month(ctx, in.c.Store, m, scheme); err != nil && !errors.Is(err, ErrRejected) {
				return nil, err
			}
		}
	}
	all := make([]Listed, 0, len(s.found))
	for _, l := range s.found {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b Listed) int {
		return cmp.Or(cmp.Compare(a.Message, b.Message), cmp.Compare(a.Entry.ID, b.Entry.ID))
	})
	return all, nil
}

// search looks for what was handed on and entries have.
type search struct {
	reg     Register
	entries map[string][]carbon.Exclusion // by identifier
	found   map[handedOn]*Listed
}

type handedOn struct{ message, entry int64 }

// ofBatch names what a batch counted by a methodology and an entry has.
type ofBatch struct {
	counted
	entry int64
}

// month adds what is found in a scheme's month.
func (s *search) month(ctx context.Context, from Source, m Month, scheme int64) error {
	r, end, err := from.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer end()
	in := map[ofBatch]*Listed{}
	err = r.Identified(ctx, m, scheme, func(row Row) error {
		of, inputs := s.reg.Counted(row.Scenario, row.Methodology)
		for _, e := range s.entries[identifierOf(row.Inputs, inputs)] {
			if e.Touches(row.Day, row.Day) {
				add(in, ofBatch{counted{row.Batch, of.First}, e.ID}, Listed{Activities: 1, First: row, Entry: e})
			}
		}
		return nil
	})
	if err != nil || len(in) == 0 {
		return err
	}
	t, err := newTracer(ctx, r)
	if err != nil {
		return err
	}
	for of, l := range in {
		if l.Message, err = t.message(ctx, of.counted, m, scheme); err != nil {
			return err
		}
		if l.Message != 0 {
			add(s.found, handedOn{l.Message, of.entry}, *l)
		}
	}
	return nil
}

// add puts activities to those that are there under a key.
func add[K comparable](to map[K]*Listed, k K, l Listed) {
	was := to[k]
	if was == nil {
		to[k] = &l
		return
	}
	was.Activities += l.Activities
	if l.First.ID < was.First.ID {
		was.First = l.First
	}
}

// tracer leads from what a batch counted to the message that handed it on.
type tracer struct {
	r        Reader
	parts    map[int64][]PoolPart // by batch
	took     map[PoolKey]PoolKey  // the pool that took what came back of another
	messages map[PoolKey]int64
}

func newTracer(ctx context.Context, r Reader) (*tracer, error) {
	t := &tracer{r, map[int64][]PoolPart{}, map[PoolKey]PoolKey{}, map[PoolKey]int64{}}
	returns, err := r.Returns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what came back: %w", err)
	}
	for _, back := range returns {
		t.took[back.rejected()] = back.PoolKey
	}
	err = r.Messages(ctx, 0, func(o Outgoing) error {
		t.messages[o.PoolKey] = o.Number
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return t, nil
}

// message is that of the pool that has what a batch counted of a scheme's month; 0
// while that is not closed.
func (t *tracer) message(ctx context.Context, of counted, m Month, scheme int64) (int64, error) {
	parts, known := t.parts[of.batch]
	if !known {
		var err error
		if parts, err = t.r.Parts(ctx, of.batch); err != nil {
			return 0, fmt.Errorf("find the parts of batch %d: %w", of.batch, err)
		}
		t.parts[of.batch] = parts
	}
	at := slices.IndexFunc(parts, func(p PoolPart) bool { return p.Of == m && p.Scheme == scheme && p.Methodology == of.methodology })
	if at < 0 {
		return 0, nil
	}
	pool := parts[at].PoolKey
	for took, back := t.took[pool]; back; took, back = t.took[pool] {
		pool = took
	}
	return t.messages[pool], nil
}
