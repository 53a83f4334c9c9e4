package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/quantity"
)

// KeySum is a digest of a set of keys with their activities, whatever their
// order: keys lie in the order of the index, and activities in that of their ids.
type KeySum struct {
	N   int64
	Sum [4]uint64
}

// Add adds a key and its activity.
func (s *KeySum) Add(k Key, activity int64) {
	var b [len(Key{}) + 8]byte
	copy(b[:], k[:])
	binary.BigEndian.PutUint64(b[len(k):], uint64(activity)) //nolint:gosec // the bits
	h := sha256.Sum256(b[:])
	s.N++
	for i := range s.Sum {
		s.Sum[i] += binary.BigEndian.Uint64(h[8*i:])
	}
}

// Digest is what stays of a month's keys when it is taken away.
func (s *KeySum) Digest() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(s.N)) //nolint:gosec // the bits
	for _, v := range s.Sum {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	h := sha256.Sum256(b)
	return h[:]
}

// count is an amount and the activities that it is of.
type count struct {
	amount     quantity.Reduction
	activities int64
}

func (c count) add(amount quantity.Reduction, activities int64) count {
	return count{c.amount + amount, c.activities + activities}
}

// scenarioDay is a day of a scenario, over all methodologies.
type scenarioDay struct {
	scenario int64
	day      calendar.Date
}

// rowSums are what activities come to in the ways in which other tables say it
// again. They are as many as days and methodologies, whatever the number of activities.
type rowSums struct {
	keys   map[Month]*KeySum      // by the activities
	spans  map[Month]uint64       // marked sums, by the activities less by the days of participants
	totals map[TotalKey]count     // by the totals less by the activities, of the months that are there
	days   map[scenarioDay]count  // by the totals less by the days of participants
	points map[Month]*monthPoints // by the rules less by the days of participants, of the months that are there
	people [peopleParts]partOfAll // by the participants less by their days
}

func newRowSums() rowSums {
	return rowSums{keys: map[Month]*KeySum{}, spans: map[Month]uint64{}, totals: map[TotalKey]count{}, days: map[scenarioDay]count{}, points: map[Month]*monthPoints{}}
}

// mark is a number that belongs to values, like a random one: amounts times the
// marks of where they lie come to another sum when they lie elsewhere.
func mark(values ...int64) (h uint64) { // splitmix64 over the values
	for _, v := range values {
		h = (h ^ uint64(v)) + 0x9e3779b97f4a7c15 //nolint:gosec // the bits
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

func markedSpan(k DayKey, s Span) uint64 {
	return mark(k.Scenario, int64(k.Day), k.Participant, s.Activity, int64(s.From), int64(s.To)) * uint64(s.Amount) //nolint:gosec // the bits
}

// row adds an activity. The key of a reversal is made of what it takes back: see reversals.
func (c *checker) row(m Month, r *Row) {
	from, to := secondsOf(r.From, r.To)
	activity, n := r.ID, int64(1)
	if r.Reverses != 0 {
		activity, n = r.Reverses, -1
	} else if v, known := c.rules.Versions[r.Methodology]; known {
		c.keySum(m).Add(keyIn(&carbon.Scenario{Methodology: v.Code, DataSource: c.rules.Scenarios[r.Scenario].DataSource}, r.Source, r.SourceID), r.ID)
	} else {
		c.wrong("I-70", "activity %d is of methodology %d, which there is not", r.ID, r.Methodology)
	}
	c.rows.spans[m] += markedSpan(DayKey{r.Scenario, r.Day, r.Participant}, Span{activity, from, to, r.Amount, 0})
	k := TotalKey{r.Scheme, r.Scenario, r.Methodology, r.Day}
	c.rows.totals[k] = c.rows.totals[k].add(-r.Amount, -n)
}

// reversals adds the keys of a month's reversals, holds each against what it takes
// back, and returns the days that they were on.
func (c *checker) reversals(ctx context.Context, m Month) (*replay, error) {
	n, p := int64(0), newReplay(0, 1)
	err := c.r.Reversals(ctx, m, func(back, was Row) error {
		key := reversalKey
		if back.ID <= c.plain {
			key = plainReversalKey
		}
		c.keySum(m).Add(key(c.rules.Versions[back.Methodology].Code, back.Source, was.SourceID), back.ID)
		c.reversal(&back, &was)
		if n++; n <= c.atOnce {
			c.open(p, &back)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the reversals of %d: %w", m, err)
	}
	if n > c.atOnce { // the days are read once more for each part
		clear(p.days)
		p.parts = n/c.atOnce + 1
	}
	return p, nil
}

func (c *checker) keySum(m Month) *KeySum {
	s := c.rows.keys[m]
	if s == nil {
		s = &KeySum{}
		c.rows.keys[m] = s
	}
	return s
}

// keys holds the keys of each month against its activities, or against what was
// noted of them when they were taken away (I-70).
func (c *checker) keys(ctx context.Context, taken map[Month][]byte, proven map[Month]int64) error {
	found := map[Month]*KeySum{}
	err := c.r.EachKey(ctx, func(k KeyRow) error {
		if found[k.Month] == nil {
			found[k.Month] = &KeySum{}
		}
		found[k.Month].Add(k.Key, k.Activity)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	for m := range proven {
		if found[m] == nil {
			found[m] = &KeySum{}
		}
	}
	for _, m := range slices.Sorted(maps.Keys(found)) {
		switch s := found[m]; {
		case s.N != proven[m]:
			c.wrong("I-70", "%d keys of %s, and %d activities", s.N, m, proven[m])
		case c.months[m] && *s != *c.keySum(m), !c.months[m] && taken[m] != nil && !slices.Equal(s.Digest(), taken[m]):
			c.wrong("I-70", "the keys of %s are not those of its activities", m)
		}
	}
	return nil
}

// loadTotals reads the totals of days, which days and activities are taken from.
func (c *checker) loadTotals(ctx context.Context) error {
	err := c.r.EachTotal(ctx, func(t Total) error {
		k := scenarioDay{t.Scenario, t.Day}
		c.rows.days[k] = c.rows.days[k].add(t.Amount, t.Activities)
		if c.months[MonthOf(t.Day)] {
			c.rows.totals[t.TotalKey] = c.rows.totals[t.TotalKey].add(t.Amount, t.Activities)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the totals of days: %w", err)
	}
	return nil
}

// day takes a participant's day from what it is a part of.
func (c *checker) day(d *Day) {
	k := scenarioDay{d.Scenario, d.Day}
	c.rows.days[k] = c.rows.days[k].add(-d.Amount, -int64(len(d.Spans)))
	m := MonthOf(d.Day)
	for _, s := range d.Spans {
		c.rows.spans[m] -= markedSpan(d.DayKey, s)
	}
	if c.months[m] {
		c.takePoints(d)
	}
	c.rows.people[partOf(d.Participant)].take(ofDay(d))
}

// compareRows holds that all that was taken from each other leaves nothing (I-71).
func (c *checker) compareRows(ctx context.Context) error {
	for _, k := range slices.SortedFunc(maps.Keys(c.rows.totals), func(a, b TotalKey) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Methodology, b.Methodology))
	}) {
		if left := c.rows.totals[k]; left != (count{}) {
			c.wrong("I-71", "the total of %v in scenario %d by methodology %d has %s kgCO2e and %d activities more than there are", k.Day, k.Scenario, k.Methodology, left.amount, left.activities)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(c.rows.days), func(a, b scenarioDay) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.scenario, b.scenario))
	}) {
		if left := c.rows.days[k]; left != (count{}) {
			c.wrong("I-71", "the total of %v in scenario %d has %s kgCO2e and %d activities more than its participants", k.day, k.scenario, left.amount, left.activities)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(c.rows.spans)) {
		if c.months[m] && c.rows.spans[m] != 0 {
			c.wrong("I-71", "days of participants in %s are not those of the activities", m)
		}
	}
	return c.people(ctx)
}
