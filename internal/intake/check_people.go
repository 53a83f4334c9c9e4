package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"permitx/internal/quantity"
)

// peopleParts are the parts that participants are compared in: where one is
// wrong, its participants are added up one by one.
const peopleParts = 4096

// partsNamed bounds how many parts are looked at so.
const partsNamed = 16

// person is what a participant has, or what some rows say of it.
type person struct {
	id         int64
	amount     quantity.Reduction
	activities int64
	points     quantity.Measure // left, less what is short
}

func ofParticipant(p *Participant) person {
	return person{p.ID, p.Amount, p.Activities, p.Left - p.Short}
}

func ofDay(d *Day) person {
	p := person{id: d.Participant, amount: d.Amount, activities: int64(len(d.Spans))}
	for _, s := range d.Spans {
		p.points += s.Points
	}
	return p
}

func ofBurn(b *Burn) person { return person{id: b.Participant, points: -b.Points} }

// partOfAll is marked sums over the participants of a part.
type partOfAll struct{ amount, activities, points uint64 }

func partOf(participant int64) int { return int(uint64(participant) % peopleParts) } //nolint:gosec // the bits

func (s *partOfAll) add(p person) {
	m := mark(p.id)
	s.amount += m * uint64(p.amount)         //nolint:gosec // the bits
	s.activities += m * uint64(p.activities) //nolint:gosec // the bits
	s.points += m * uint64(p.points)         //nolint:gosec // the bits
}

func (s *partOfAll) take(p person) { s.add(person{p.id, -p.amount, -p.activities, -p.points}) }

// people holds that each participant has what its days gave it, less what it has
// burned (I-71, I-79), after the days were taken from the sums.
func (c *checker) people(ctx context.Context) error {
	if err := c.eachPerson(ctx, func(p person) { c.rows.people[partOf(p.id)].add(p) }, func(p person) { c.rows.people[partOf(p.id)].take(p) }); err != nil {
		return err
	}
	wrong := map[int]bool{}
	for i, left := range c.rows.people {
		if left == (partOfAll{}) {
			continue
		}
		if wrong[i] = true; len(wrong) == partsNamed {
			break
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return c.namePeople(ctx, wrong)
}

// eachPerson calls has with each participant, and burned with what each has burned.
func (c *checker) eachPerson(ctx context.Context, has, burned func(person)) error {
	err := c.r.EachParticipant(ctx, func(p Participant) error {
		if p.Amount > sumMost {
			c.wrong("I-99", "participant %d has %s kgCO2e: more than is plausible", p.ID, p.Amount)
		}
		has(ofParticipant(&p))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the participants: %w", err)
	}
	err = c.r.EachBurn(ctx, func(b Burn) error {
		burned(ofBurn(&b))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the burned points: %w", err)
	}
	return nil
}

// namePeople adds up the participants of some parts one by one.
func (c *checker) namePeople(ctx context.Context, parts map[int]bool) error {
	left := map[int64]person{}
	add := func(p person, sign int64) {
		if !parts[partOf(p.id)] {
			return
		}
		l := left[p.id]
		left[p.id] = person{p.id, l.amount + quantity.Reduction(sign)*p.amount, l.activities + sign*p.activities, l.points + quantity.Measure(sign)*p.points}
	}
	err := c.eachPerson(ctx, func(p person) { add(p, 1) }, func(p person) { add(p, -1) })
	if err != nil {
		return err
	}
	err = c.r.EachDay(ctx, func(d Day) error {
		add(ofDay(&d), -1)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the days of participants: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		l := left[id]
		if l.amount != 0 || l.activities != 0 {
			c.wrong("I-71", "participant %d has %s kgCO2e and %d activities more than its days", id, l.amount, l.activities)
		}
		if l.points != 0 {
			c.wrong("I-79", "participant %d has %s points more than its activities gave and its rewards took", id, l.points)
		}
	}
	return nil
}
