package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/quantity"
)

// Bounds of the check of single activities.
const (
	wrongsAMonth    = 100     // activities of a month that are named
	reversalsAtOnce = 200_000 // of a month, whose days are kept at once
)

// eachOf is what is held of the activities of one month, one by one (I-119).
type eachOf struct {
	month  Month
	wrong  int // activities that are not what the rules make of them
	values []carbon.Value
}

func (c *checker) wrongActivity(id int64, format string, args ...any) {
	if c.each.wrong++; c.each.wrong <= wrongsAMonth {
		c.wrong("I-119", "activity %d of %s %s", id, c.each.month, fmt.Sprintf(format, args...))
	}
}

// beginEach begins a month, and endEach tells what was not named of it.
func (c *checker) beginEach(m Month) { c.each.month, c.each.wrong = m, 0 }

func (c *checker) endEach() {
	if more := c.each.wrong - wrongsAMonth; more > 0 {
		c.wrong("I-119", "%d more activities of %s are not what the rules make of them", more, c.each.month)
	}
}

// activity judges an activity again, whose batch was taken at a time, and adds the
// points that it gives.
func (c *checker) activity(r *Row, taken calendar.Instant) {
	if r.ID <= c.plain { // days and periods were judged by other rules
		taken = 0
	}
	points, err := c.rules.judge(r, taken, c.each.values[:0])
	if err != nil {
		c.wrongActivity(r.ID, "%v", err)
	}
	c.addPoints(r, points)
}

// reversal holds that what takes an activity back is that activity's, and takes
// the points from the sum that it gave.
func (c *checker) reversal(back, was *Row) {
	if back.Computed != -was.Computed || back.Amount != -was.Amount || back.Scheme != was.Scheme || back.Scenario != was.Scenario ||
		back.Methodology != was.Methodology || back.Participant != was.Participant || back.From != was.From || back.To != was.To || was.Reverses != 0 || back.ID < was.ID {
		c.wrongActivity(back.ID, "takes back what activity %d was not", was.ID)
	}
	points, _ := c.rules.judge(was, 0, c.each.values[:0]) // what is wrong with it is said where it lies
	c.addPoints(was, -points)
}

// happened is what a day's cap is made of.
type happened struct {
	id               int64
	computed, amount quantity.Reduction
}

// replay are the days of some participants on which something was taken back, with
// all that was credited on them: there the cap has left more than it shows now.
type replay struct {
	part, parts int64
	days        map[DayKey][]happened
}

func newReplay(part, parts int64) *replay { return &replay{part, parts, map[DayKey][]happened{}} }

func (p *replay) has(participant int64) bool { return participant%p.parts == p.part }

func dayOf(r *Row) DayKey { return DayKey{r.Scenario, r.Day, r.Participant} }

// row keeps an activity, or what takes one back, of the replay's days.
func (p *replay) row(r *Row) {
	k := dayOf(r)
	if all, kept := p.days[k]; kept {
		p.days[k] = append(all, happened{r.ID, r.Computed, r.Amount})
	}
}

// capped holds what the cap of a day has left of each activity of a month, after
// its activities were read with the days of back. Where too much was taken back to
// be kept at once, they are read again for some participants after the others.
func (c *checker) capped(ctx context.Context, m Month, back *replay) error {
	if back.parts == 1 {
		return c.cut(ctx, m, back)
	}
	for part := range back.parts {
		p := newReplay(part, back.parts)
		if err := c.r.Reversals(ctx, m, func(reversal, _ Row) error {
			c.open(p, &reversal)
			return nil
		}); err != nil {
			return fmt.Errorf("read the reversals of %s: %w", m, err)
		}
		if err := c.r.Activities(ctx, m, func(r Row) error {
			p.row(&r)
			return nil
		}); err != nil {
			return fmt.Errorf("read the activities of %s: %w", m, err)
		}
		if err := c.cut(ctx, m, p); err != nil {
			return err
		}
	}
	return nil
}

// open adds the day on which something was taken back, where it has a cap.
func (c *checker) open(p *replay, back *Row) {
	if p.has(back.Participant) && c.rules.Scenarios[back.Scenario].DailyCap > 0 {
		p.days[dayOf(back)] = nil
	}
}

// cut judges the days of a replay again, in the order in which all happened; on
// the other days, what the cap has cut is the last, and the day is full.
func (c *checker) cut(ctx context.Context, m Month, p *replay) error {
	for _, k := range slices.SortedFunc(maps.Keys(p.days), DayKey.compare) {
		s := c.rules.Scenarios[k.Scenario]
		var sum quantity.Reduction
		for _, h := range p.days[k] {
			if want := s.CreditPerson(sum, h.computed); h.amount > 0 && h.amount != want {
				c.wrongActivity(h.id, "was credited %s kgCO2e of %s, and the cap of its day has left %s", h.amount, h.computed, want)
			}
			sum += h.amount
		}
	}
	err := c.r.Cut(ctx, m, func(r Row, spans []Span) error {
		s := c.rules.Scenarios[r.Scenario]
		if _, replayed := p.days[dayOf(&r)]; replayed || !p.has(r.Participant) || s.DailyCap == 0 {
			return nil
		}
		sum, last := quantity.Reduction(0), int64(0)
		for _, span := range spans {
			sum += span.Amount
			last = max(last, span.Activity)
		}
		if last != r.ID || sum != s.DailyCap {
			c.wrongActivity(r.ID, "was cut to %s of %s kgCO2e, and was not the one that reached the cap of its day", r.Amount, r.Computed)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read what was cut of %s: %w", m, err)
	}
	return nil
}
