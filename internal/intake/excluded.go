package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"permitx/internal/carbon"
	"permitx/internal/quantity"
)

// counted names what a batch counted by a methodology, which stands by its first version.
type counted struct{ batch, methodology int64 }

// listing finds what pools count, name a plant or a certificate by, and lists of
// other registers have.
type listing struct {
	r       Reader
	scheme  int64
	of      map[Month]map[counted]bool // by the month in which the activities lie
	counted func(row *Row) (first int64, inputs int)
	entries func(ctx context.Context, identifiers []string) ([]carbon.Exclusion, error)
}

// by takes what a register knows.
func (l *listing) by(reg Register) *listing {
	l.counted = func(row *Row) (int64, int) {
		s, inputs := reg.Counted(row.Scenario, row.Methodology)
		return s.First, inputs
	}
	l.entries = reg.Excluded
	return l
}

// excluded are reversals of what the pools of a scheme's month count and a list
// of another register has got since: at most MaxActivities and one more.
func (in *Intake) excluded(ctx context.Context, w *work, r *request) (back []line, err error) {
	of, err := countedIn(ctx, in.c.Store, w.keysOf(r))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(of, func(m Month, _ map[counted]bool) bool { return in.gone[m] }) // nothing of it can be taken back
	l := (&listing{r: in.c.Store, scheme: r.scheme, of: of}).by(r.reg)
	err = l.each(ctx, func(row *Row, e *carbon.Exclusion) error {
		s, _ := r.reg.Counted(row.Scenario, row.Methodology)
		if back = append(back, row.taken(s, e)); len(back) > MaxActivities {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return back, err
}

// keysOf are the pools of the month that a request closes, and what comes back
// into them in the same commit.
func (w *work) keysOf(r *request) (keys []PoolKey) {
	for k, p := range w.pools {
		if k.Scheme == r.scheme && k.Month == r.month && !p.Closed {
			keys = append(keys, k)
		}
	}
	for _, o := range w.messages {
		if o.Scheme == r.scheme {
			keys = append(keys, o.PoolKey)
		}
	}
	return keys
}

// countedIn is what pools count, by the month in which the activities lie.
func countedIn(ctx context.Context, r Reader, keys []PoolKey) (map[Month]map[counted]bool, error) {
	s, err := newSampler(ctx, r)
	if err != nil {
		return nil, err
	}
	of := map[Month]map[counted]bool{}
	for _, k := range keys {
		parts, err := s.parts(ctx, k)
		if err != nil {
			return nil, err
		}
		for i := range parts {
			p := &parts[i]
			if of[p.Of] == nil {
				of[p.Of] = map[counted]bool{}
			}
			of[p.Of][counted{p.Batch, p.Methodology}] = true
		}
	}
	return of, nil
}

// each calls do with each activity that a list has on its day, and the entry.
func (l *listing) each(ctx context.Context, do func(row *Row, e *carbon.Exclusion) error) error {
	identifiers := map[string]bool{}
	if err := l.eachIdentified(ctx, func(_ *Row, identifier string) error {
		identifiers[identifier] = true
		return nil
	}); err != nil || len(identifiers) == 0 {
		return err
	}
	entries, err := excludedOf(ctx, l.entries, identifiers)
	if err != nil || len(entries) == 0 {
		return err
	}
	return l.eachIdentified(ctx, func(row *Row, identifier string) error {
		for _, e := range entries[identifier] {
			if e.Touches(row.Day, row.Day) {
				return do(row, &e)
			}
		}
		return nil
	})
}

// eachIdentified calls do with the activities that were counted so, name a plant
// or a certificate, and were not taken back.
func (l *listing) eachIdentified(ctx context.Context, do func(row *Row, identifier string) error) error {
	for _, m := range slices.Sorted(maps.Keys(l.of)) {
		err := l.r.Identified(ctx, m, l.scheme, func(row Row) error {
			first, inputs := l.counted(&row)
			if !l.of[m][counted{row.Batch, first}] {
				return nil
			}
			return do(&row, identifierOf(row.Inputs, inputs))
		})
		if err != nil {
			return fmt.Errorf("read the activities of %s that name a plant: %w", m, err)
		}
	}
	return nil
}

// identifierOf is the identifier in what written gives of so many inputs.
func identifierOf(written string, inputs int) string {
	for range inputs {
		written = written[:max(strings.LastIndex(written, between), 0)]
	}
	return strings.TrimPrefix(written, identifierIs)
}

// taken is a reversal of an activity that a list has; its evidence is the entry.
func (r *Row) taken(s *Scenario, e *carbon.Exclusion) line {
	l := line{source: r.Source, day: r.Day, Activity: &Activity{
		SourceID: r.SourceID, Scenario: s.Code, Reverses: r.SourceID, Identifier: e.Identifier, CountedIn: string(e.List),
		Evidence: sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s/%s", e.List, e.Identifier, e.ValidFrom, e.Source)),
	}}
	l.take(s)
	return l
}

// decidePool closes a month, after what a list has got since was taken back.
func (w *work) decidePool(r *request, row *JournalRow, excluded []line) ([]byte, error) {
	pools, err := w.closing(r)
	if err == nil {
		err = w.checkExcluded(excluded)
	}
	if err != nil {
		return nil, err
	}
	results := w.takeExcluded(excluded)
	row.count(results)
	w.sealParts() // what is handed on rests on them
	unit, _ := r.reg.Unit(r.scheme)
	for _, p := range pools {
		w.closePool(p, unit)
	}
	return appendClose(nil, row, r, pools, w.answerExcluded(excluded, results)), nil
}

// takeExcluded takes back what a list has got, before the month is closed.
func (w *work) takeExcluded(lines []line) []Result {
	results := make([]Result, 0, len(lines))
	for i := range lines {
		w.pace.Breathe(i)
		results = append(results, w.judge(lines[i].source, &lines[i]))
	}
	return results
}

// checkExcluded returns a fault where not all that a list has got can be taken back.
func (w *work) checkExcluded(lines []line) error {
	if len(lines) > MaxActivities {
		return ErrPoolExcluded.With("lists of other registers have more than %d activities of the month by now: take activities back first", MaxActivities)
	}
	owed := map[int64]quantity.Measure{}
	for i := range lines {
		was := w.rows[w.keys[lines[i].reversed].Activity]
		if was == nil {
			return ErrPoolExcluded.With("activity %.64q is in a list of another register by now, and cannot be taken back", lines[i].Reverses)
		}
		for _, s := range w.day(DayKey{was.Scenario, was.Day, was.Participant}).Spans {
			if s.Activity == was.ID {
				owed[was.Participant] += s.Points
			}
		}
		if w.participantByID(was.Participant).Add(-owed[was.Participant]).Short > PointsMost {
			return ErrPointsOwed.With("activity %d is in a list of another register by now; its participant is short of too many points to take it back", was.ID)
		}
	}
	return nil
}
