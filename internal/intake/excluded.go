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

// excluded are reversals of what the pools of a scheme's month count and a list
// of another register has got since: at most MaxActivities and one more.
func (in *Intake) excluded(ctx context.Context, w *work, r *request) (back []line, err error) {
	of, err := in.countedIn(ctx, w, r)
	if err != nil {
		return nil, err
	}
	identifiers := map[string]bool{}
	each := func(do func(row *Row, s *Scenario, identifier string) error) error {
		return in.eachIdentified(ctx, r, of, do)
	}
	if err := each(func(_ *Row, _ *Scenario, identifier string) error {
		identifiers[identifier] = true
		return nil
	}); err != nil || len(identifiers) == 0 {
		return nil, err
	}
	entries, err := excludedOf(ctx, r.reg, identifiers)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	err = each(func(row *Row, s *Scenario, identifier string) error {
		for _, e := range entries[identifier] {
			if e.Touches(row.Day, row.Day) {
				back = append(back, row.taken(s, &e))
				break
			}
		}
		if len(back) > MaxActivities {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return back, err
}

// countedIn is what the pools of a month count, and what comes back into them in
// the same commit, by the month in which the activities lie.
func (in *Intake) countedIn(ctx context.Context, w *work, r *request) (map[Month]map[counted]bool, error) {
	s, err := newSampler(ctx, in.c.Store)
	if err != nil {
		return nil, err
	}
	var keys []PoolKey
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

// eachIdentified calls do with the activities that were counted so, name a plant
// or a certificate, and were not taken back.
func (in *Intake) eachIdentified(ctx context.Context, r *request, of map[Month]map[counted]bool, do func(row *Row, s *Scenario, identifier string) error) error {
	for _, m := range slices.Sorted(maps.Keys(of)) {
		if in.gone[m] { // nothing of it can be taken back
			continue
		}
		err := in.c.Store.Identified(ctx, m, r.scheme, func(row Row) error {
			s, inputs := r.reg.Counted(row.Scenario, row.Methodology)
			if !of[m][counted{row.Batch, s.First}] {
				return nil
			}
			return do(&row, s, identifierOf(row.Inputs, inputs))
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
