package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"permitx/internal/quantity"
)

// Violation is an invariant that does not hold.
type Violation struct {
	Invariant string
	Detail    string
}

// checker is one run of Check.
type checker struct {
	r     Reader
	found []Violation

	months     map[Month]bool // that have a table still
	activities int64
	amount     quantity.Reduction
}

// Check reads an intake whole, in bounded memory, and returns all that is
// wrong. A month whose table was taken away is proven by its digests in the
// journal only.
func Check(ctx context.Context, r Reader) ([]Violation, error) {
	c := &checker{r: r, months: map[Month]bool{}}
	months, err := r.Months(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the months: %w", err)
	}
	for _, m := range months {
		c.months[m] = true
	}
	proofs, err := c.journal(ctx)
	if err != nil {
		return nil, err
	}
	slices.Sort(months)
	for _, m := range months {
		if err := c.month(ctx, m, proofs[m]); err != nil {
			return nil, err
		}
	}
	for m, rest := range proofs {
		if c.months[m] && len(rest.proofs) > rest.met {
			c.wrong("I-74", "batch %d has activities of %d that are not there", rest.proofs[rest.met].Batch, m)
		}
	}
	return c.found, c.sums(ctx)
}

func (c *checker) wrong(invariant, format string, args ...any) {
	c.found = append(c.found, Violation{invariant, fmt.Sprintf(format, args...)})
}

// monthProofs are what the journal says of a month, by batch.
type monthProofs struct {
	proofs []BatchMonth
	met    int
}

// journal checks the chain, and collects the proofs of the months.
func (c *checker) journal(ctx context.Context) (map[Month]*monthProofs, error) {
	proofs := map[Month]*monthProofs{}
	var before []byte
	last := int64(0)
	err := c.r.Journal(ctx, 0, func(j JournalRow) error {
		if j.Number != last+1 {
			c.wrong("I-74", "journal row %d follows %d", j.Number, last)
		}
		last = j.Number
		if hash := j.chain(before); !bytes.Equal(hash, j.Hash) {
			c.wrong("I-74", "journal row %d has not the hash of what it says", j.Number)
		}
		before = j.Hash
		of, err := c.r.BatchMonths(ctx, j.Number)
		if err != nil {
			return fmt.Errorf("find the proofs of batch %d: %w", j.Number, err)
		}
		whole, activities, amount := sha256.New(), int64(0), quantity.Reduction(0)
		for _, m := range of {
			whole.Write(m.Digest)
			activities += int64(m.Activities)
			amount += m.Amount
			if proofs[m.Month] == nil {
				proofs[m.Month] = &monthProofs{}
			}
			proofs[m.Month].proofs = append(proofs[m.Month].proofs, m)
		}
		if !bytes.Equal(whole.Sum(nil), j.Rows) || activities != int64(j.Accepted) || amount != j.Amount {
			c.wrong("I-74", "journal row %d has not the proofs of its months", j.Number)
		}
		c.activities += activities
		c.amount += amount
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return proofs, nil
}

// month checks the rows of a month against their proofs.
func (c *checker) month(ctx context.Context, m Month, of *monthProofs) error {
	if of == nil {
		of = &monthProofs{}
	}
	var now BatchMonth
	h, buffer := sha256.New(), []byte(nil)
	end := func() {
		if now.Batch == 0 {
			return
		}
		switch {
		case of.met >= len(of.proofs) || of.proofs[of.met].Batch != now.Batch:
			c.wrong("I-74", "activities of batch %d in %d have no proof at their place", now.Batch, m)
			return
		case !bytes.Equal(of.proofs[of.met].Digest, h.Sum(nil)):
			c.wrong("I-74", "activities of batch %d in %d are not what they were", now.Batch, m)
		}
		of.met++
	}
	err := c.r.Activities(ctx, m, func(r Row) error {
		if r.Batch != now.Batch {
			end()
			now = BatchMonth{Batch: r.Batch}
			h.Reset()
		}
		buffer = r.appendCanonical(buffer[:0])
		h.Write(buffer)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the activities of %d: %w", m, err)
	}
	end()
	return nil
}

// sums compares what each table comes to with what the journal counted.
func (c *checker) sums(ctx context.Context) error {
	s, err := c.r.Sums(ctx)
	if err != nil {
		return errors.Join(errors.New("add up the tables"), err)
	}
	if s.Keys != c.activities {
		c.wrong("I-70", "%d keys, and %d activities", s.Keys, c.activities)
	}
	for _, sum := range []struct {
		name   string
		amount int64
	}{{"participants", s.ParticipantAmount}, {"days of participants", s.DayAmount}, {"totals of days", s.TotalAmount}} {
		if sum.amount != int64(c.amount) {
			c.wrong("I-71", "%s come to %s kgCO2e, and the activities to %s", sum.name, quantity.Reduction(sum.amount), c.amount)
		}
	}
	if s.TotalCount != s.ParticipantCount {
		c.wrong("I-71", "participants have %d activities, and the days %d", s.ParticipantCount, s.TotalCount)
	}
	return c.pools(ctx, s)
}

// pools checks that all that was credited is issued, carried or pending.
func (c *checker) pools(ctx context.Context, s Sums) error {
	pools, err := c.r.AllPools(ctx)
	if err != nil {
		return fmt.Errorf("read the pools: %w", err)
	}
	var credited, issued quantity.Reduction
	carried := map[int64]quantity.Reduction{} // by scheme, what its last pool hands on
	for _, p := range pools {
		credited += p.Credited
		issued += quantity.Reduction(p.Units) * p.Unit
		if p.Carried != carried[p.Scheme] {
			c.wrong("I-72", "the pool %d of scheme %d carries %s, and the ones before left %s", p.Month, p.Scheme, p.Carried, carried[p.Scheme])
		}
		carried[p.Scheme] = 0
		if p.Closed {
			carried[p.Scheme] = p.Left()
			if p.Left() >= p.Unit && p.Unit > 0 {
				c.wrong("I-72", "the pool %d of scheme %d left a whole unit", p.Month, p.Scheme)
			}
		}
	}
	if credited != c.amount {
		c.wrong("I-72", "the pools have %s kgCO2e, and the activities %s", credited, c.amount)
	}
	if int64(issued) != s.Issued {
		c.wrong("I-72", "the pools issued %s kgCO2e, and the outbox %s", issued, quantity.Reduction(s.Issued))
	}
	return nil
}
