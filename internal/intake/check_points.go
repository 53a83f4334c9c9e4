package intake

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"permitx/internal/quantity"
)

// monthPoints are marked sums of points of a month's activities, by part of the
// participants: what the rules give, less what days say was given.
type monthPoints [peopleParts]uint64

func (p *monthPoints) add(k DayKey, activity int64, points quantity.Measure) {
	p[partOf(k.Participant)] += mark(k.Scenario, int64(k.Day), k.Participant, activity) * uint64(points) //nolint:gosec // the bits
}

// pointsIn are the sums of a month.
func (c *checker) pointsIn(m Month) *monthPoints {
	p := c.rows.points[m]
	if p == nil {
		p = &monthPoints{}
		c.rows.points[m] = p
	}
	return p
}

// addPoints adds what an activity gives by the rules.
func (c *checker) addPoints(r *Row, points quantity.Measure) {
	c.pointsIn(MonthOf(r.Day)).add(dayOf(r), r.ID, points)
}

// takePoints takes what a day says was given from the sum of its month, which is there.
func (c *checker) takePoints(d *Day) {
	p := c.pointsIn(MonthOf(d.Day))
	for _, s := range d.Spans {
		p.add(d.DayKey, s.Activity, -s.Points)
	}
}

// comparePoints names the activities whose points are not what the rules give:
// only where the sums of a part of the participants differ, it looks at each (I-119).
func (c *checker) comparePoints(ctx context.Context) error {
	for _, m := range slices.Sorted(maps.Keys(c.rows.points)) {
		var wrong []int
		for part, left := range c.rows.points[m] {
			if left != 0 {
				wrong = append(wrong, part)
			}
		}
		c.beginEach(m)
		for parts := range slices.Chunk(wrong, partsNamed) {
			if err := c.namePoints(ctx, m, parts); err != nil {
				return err
			}
			if c.each.wrong > wrongsAMonth {
				break
			}
		}
		c.endEach()
	}
	return nil
}

// given is what the rules give for an activity, and what its day says.
type given struct {
	activity, batch int64
	due, points     quantity.Measure
}

// namePoints compares the points of each activity of some participants. Fewer than
// the rules give are those of a participant who could have no more: the answer to
// the batch has said so.
func (c *checker) namePoints(ctx context.Context, m Month, parts []int) error {
	due, err := c.duePoints(ctx, m, parts)
	if err != nil {
		return err
	}
	var fewer []given
	err = c.r.EachDay(ctx, func(d Day) error {
		if MonthOf(d.Day) != m {
			return nil
		}
		for _, s := range d.Spans {
			switch g, known := due[s.Activity]; {
			case !known:
			case s.Points > g.due:
				c.wrongActivity(s.Activity, "has given %s points, and the rules give %s", s.Points, g.due)
			case s.Points < g.due:
				g.points = s.Points
				fewer = append(fewer, g)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the days of participants: %w", err)
	}
	slices.SortFunc(fewer, func(a, b given) int {
		return cmp.Or(cmp.Compare(a.batch, b.batch), cmp.Compare(a.activity, b.activity))
	})
	var cut map[int64]quantity.Measure
	for i, g := range fewer {
		if i == 0 || g.batch != fewer[i-1].batch {
			if cut, err = c.pointsCut(ctx, g.batch); err != nil {
				return err
			}
		}
		if g.points+cut[g.activity] != g.due {
			c.wrongActivity(g.activity, "has given %s points, and the rules give %s", g.points, g.due)
		}
	}
	return nil
}

// duePoints are the points that the rules give for the activities of some
// participants in a month which were not taken back.
func (c *checker) duePoints(ctx context.Context, m Month, parts []int) (map[int64]given, error) {
	due := map[int64]given{}
	err := c.r.Activities(ctx, m, func(r Row) error {
		switch {
		case !slices.Contains(parts, partOf(r.Participant)):
		case r.Reverses != 0:
			delete(due, r.Reverses)
		default:
			points, _ := c.rules.judge(&r, 0, c.each.values[:0]) // what is wrong is said already
			due[r.ID] = given{activity: r.ID, batch: r.Batch, due: points}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the activities of %s: %w", m, err)
	}
	return due, nil
}

// pointsCut are the points that the answer to a batch says were not given, by activity.
func (c *checker) pointsCut(ctx context.Context, batch int64) (map[int64]quantity.Measure, error) {
	row, err := c.r.JournalRow(ctx, batch)
	if err != nil || row.Kind != KindBatch {
		return nil, err
	}
	var answer struct {
		Activities []struct {
			Activity int64
			Cut      string `json:"points_cut"`
		}
	}
	body, err := unpackAnswer(row.Answer)
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil {
		return nil, nil //nolint:nilerr // it says nothing: what is missing is wrong
	}
	cut := map[int64]quantity.Measure{}
	for _, a := range answer.Activities {
		if points, err := quantity.ParseMeasure("points_cut", a.Cut); err == nil {
			cut[a.Activity] = points
		}
	}
	return cut, nil
}
