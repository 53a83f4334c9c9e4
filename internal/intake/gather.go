package intake

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"permitx/internal/carbon"
)

// gather reads what the requests need to be judged: the commands answered
// before, the keys, the participants, their days, what is reversed, the totals.
// Each is one query, whatever the number of activities.
// What is on its way lies over them.
func (in *Intake) gather(ctx context.Context, w *work, all []*request) ([][]line, error) {
	if err := w.loadAnswered(ctx, in.c.Store, all); err != nil {
		return nil, err
	}
	lines := make([][]line, len(all))
	need := newNeeds()
	if err := w.loadMessages(ctx, in.c.Store, all); err != nil {
		return nil, err
	}
	for i, r := range all {
		if _, known := w.answered[ActorKey{r.actor, r.key}]; known {
			continue
		}
		if r.kind == KindErase || r.kind == KindBurn {
			need.names[r.person] = true
		}
		lines[i] = make([]line, len(r.batch))
		for j := range r.batch {
			in.c.Pace.Breathe(j)
			lines[i][j] = r.batch[j].read(r.reg, r.source, r.at)
			need.line(&lines[i][j])
		}
		if r.kind != KindPool {
			continue
		}
		var err error
		if lines[i], err = in.excluded(ctx, w, r); err != nil {
			return nil, err
		}
		for j := range lines[i] {
			need.line(&lines[i][j])
		}
	}
	if err := checkExcluded(ctx, all, lines); err != nil {
		return nil, err
	}
	if err := need.load(ctx, in.c.Store, w, in.people, lines); err != nil {
		return nil, err
	}
	return lines, nil
}

// checkExcluded refuses what a list of another register counts.
func checkExcluded(ctx context.Context, all []*request, lines [][]line) error {
	identifiers := map[string]bool{}
	for _, batch := range lines {
		for i := range batch {
			if l := &batch[i]; l.mayBeExcluded() {
				identifiers[l.Identifier] = true
			}
		}
	}
	if len(identifiers) == 0 {
		return nil
	}
	entries, err := excludedOf(ctx, all[0].reg.Excluded, identifiers) // the register is one for a whole commit
	if err != nil {
		return err
	}
	for _, batch := range lines {
		for i := range batch {
			if l := &batch[i]; l.mayBeExcluded() {
				if err := carbon.CheckExcluded(entries[l.Identifier], l.day, l.day); err != nil {
					l.fault = faultOf(err)
				}
			}
		}
	}
	return nil
}

// excludedOf are the entries that lists have of identifiers.
func excludedOf(ctx context.Context, ask func(ctx context.Context, identifiers []string) ([]carbon.Exclusion, error), identifiers map[string]bool) (map[string][]carbon.Exclusion, error) {
	found, err := ask(ctx, keysOf(identifiers))
	if err != nil {
		return nil, fmt.Errorf("find exclusions: %w", err)
	}
	entries := map[string][]carbon.Exclusion{}
	for _, e := range found {
		entries[e.Identifier] = append(entries[e.Identifier], e)
	}
	return entries, nil
}

func (l *line) mayBeExcluded() bool { return l.Identifier != "" && l.Reverses == "" && l.fault == nil }

// loadAnswered finds the commands that were answered before.
func (w *work) loadAnswered(ctx context.Context, s Store, all []*request) error {
	keys := make([]ActorKey, len(all))
	for i, r := range all {
		keys[i] = ActorKey{r.actor, r.key}
	}
	rows, err := s.Answered(ctx, keys)
	if err != nil {
		return fmt.Errorf("find commands by key: %w", err)
	}
	for _, row := range rows {
		w.answered[ActorKey{row.Actor, row.Key}] = earlier{row, nil}
	}
	over(w.answered, w.before.answered, keys)
	return nil
}

// needs are the keys of the rows that a work needs.
type needs struct {
	keys   []Key
	names  map[Pseudonym]bool
	people map[int64]bool
}

func newNeeds() *needs { return &needs{names: map[Pseudonym]bool{}, people: map[int64]bool{}} }

func (n *needs) line(l *line) {
	if l.scenario == nil {
		return
	}
	n.keys = append(n.keys, l.key)
	if l.other != (Key{}) {
		n.keys = append(n.keys, l.other)
	}
	for _, s := range l.takes {
		other := *l
		other.take(s)
		n.keys = append(n.keys, other.key, other.reversed, other.plain)
	}
	if l.Reverses != "" {
		n.keys = append(n.keys, l.reversed, l.plain)
	} else if l.fault == nil {
		n.names[l.name] = true
	}
}

func (n *needs) load(ctx context.Context, s Store, w *work, kept *people, lines [][]line) error {
	if err := n.loadKeys(ctx, s, w, lines); err != nil {
		return err
	}
	if err := n.loadPeople(ctx, s, w, kept); err != nil {
		return err
	}
	days, totals := map[DayKey]bool{}, map[TotalKey]bool{}
	for _, batch := range lines {
		for i := range batch {
			neededOf(w, &batch[i], days, totals)
		}
	}
	dayKeys, totalKeys := sorted(days, DayKey.compare), keysOf(totals)
	found, err := s.Days(ctx, dayKeys)
	if err != nil {
		return fmt.Errorf("find days: %w", err)
	}
	for i := range found {
		w.days[found[i].DayKey] = &found[i]
	}
	over(w.days, w.before.days, dayKeys)
	sums, err := s.Totals(ctx, totalKeys)
	if err != nil {
		return fmt.Errorf("find totals: %w", err)
	}
	for i := range sums {
		w.totals[sums[i].TotalKey] = &sums[i]
	}
	over(w.totals, w.before.totals, totalKeys)
	return nil
}

// loadKeys finds the keys that are taken, and the rows that are to be reversed.
func (n *needs) loadKeys(ctx context.Context, s Store, w *work, lines [][]line) error {
	slices.SortFunc(n.keys, Key.compare)
	taken, err := s.Keys(ctx, n.keys)
	if err != nil {
		return fmt.Errorf("find keys: %w", err)
	}
	for _, k := range taken {
		w.keys[k.Key] = k
	}
	over(w.keys, w.before.keys, n.keys)
	reversed := map[Month][]int64{}
	need := func(k Key) {
		at, known := w.keys[k]
		if row := w.before.rows[at.Activity]; row != nil {
			w.rows[row.ID], n.people[row.Participant] = row, true
		} else if known {
			reversed[at.Month] = append(reversed[at.Month], at.Activity)
		}
	}
	for _, batch := range lines {
		for i := range batch {
			l := &batch[i]
			for _, s := range l.takes {
				need(keyIn(&s.Scenario, l.source, l.Reverses))
			}
			if l.Reverses != "" && l.scenario != nil && len(l.takes) == 0 {
				need(l.reversed)
			}
		}
	}
	if err := w.loadReversed(ctx, s, n, reversed); err != nil {
		return err
	}
	for _, batch := range lines {
		for i := range batch {
			batch[i].find(w)
		}
	}
	return nil
}

// loadReversed finds the rows that may be taken back.
func (w *work) loadReversed(ctx context.Context, s Store, n *needs, reversed map[Month][]int64) error {
	for m, ids := range reversed {
		rows, err := s.Rows(ctx, m, ids)
		if err != nil {
			return fmt.Errorf("find activities of %d: %w", m, err)
		}
		for i := range rows {
			w.rows[rows[i].ID] = &rows[i]
			n.people[rows[i].Participant] = true
		}
	}
	return nil
}

// loadPeople finds participants. Those whom the commit on its way has by name are kept.
func (n *needs) loadPeople(ctx context.Context, s Store, w *work, kept *people) error {
	for name := range n.names {
		if one, known := kept.get(name); known {
			w.addPerson(&one)
			delete(n.names, name)
		}
	}
	names, ids := sorted(n.names, Pseudonym.compare), sorted(n.people, cmp.Compare)
	named, err := s.Participants(ctx, names)
	if err != nil {
		return fmt.Errorf("find participants: %w", err)
	}
	numbered, err := s.ParticipantsByID(ctx, ids)
	if err != nil {
		return fmt.Errorf("find participants: %w", err)
	}
	for _, id := range ids {
		w.addPerson(w.before.byID[id])
	}
	for _, found := range [][]Participant{named, numbered} {
		for i := range found {
			w.addPerson(&found[i])
		}
	}
	return nil
}

// addPerson adds a participant who is not there yet.
func (w *work) addPerson(p *Participant) {
	if p == nil || w.byID[p.ID] != nil {
		return
	}
	w.byID[p.ID] = p
	if !p.Erased {
		w.participants[p.Pseudonym] = p
	}
}

// neededOf names the day and the total of a line; of a participant who is new,
// nothing is there yet.
func neededOf(w *work, l *line, days map[DayKey]bool, totals map[TotalKey]bool) {
	if l.scenario == nil {
		return
	}
	if l.Reverses != "" {
		if at, known := w.keys[l.reversed]; known {
			r := w.rows[at.Activity]
			if r == nil { // its month was taken away
				return
			}
			days[DayKey{r.Scenario, r.Day, r.Participant}] = true
			totals[TotalKey{r.Scheme, r.Scenario, r.Methodology, r.Day}] = true
		}
		return
	}
	if l.fault != nil {
		return
	}
	totals[TotalKey{l.scenario.Scheme, l.scenario.ID, l.scenario.Version, l.day}] = true
	if p := w.participants[l.name]; p != nil {
		days[DayKey{l.scenario.ID, l.day, p.ID}] = true
	}
}

func keysOf[K comparable](m map[K]bool) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// sorted gives keys in the order of their index: ten thousand places of a tree
// of millions are found faster one after the other than back and forth.
func sorted[K comparable](m map[K]bool, compare func(a, b K) int) []K {
	return slices.SortedFunc(maps.Keys(m), compare)
}
