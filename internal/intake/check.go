package intake

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
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
	pools      map[PoolKey]poolSum            // as the parts have them, and what came back
	back       map[PoolKey]quantity.Reduction // what pools took of rejected ones
	returns    []PoolReturn                   // that are not met yet
	rows       rowSums
	rules      Rules
	plain      int64            // up to this one an earlier version has judged, whose reversals have other keys
	earned     quantity.Measure // points of activities that were not taken back
	each       eachOf
	atOnce     int64 // reversals whose days are kept
}

// poolSum is what the parts of a pool come to.
type poolSum struct {
	items    int64
	amount   quantity.Reduction
	evidence []byte
}

// Check reads one moment of an intake whole, in bounded memory, beside its
// writer, and returns all that is wrong. A month that was taken away is proven
// by its digests in the journal and of its keys only: its activities are not
// judged again. rules are read after that moment, so that they have all by which
// was judged until then.
func Check(ctx context.Context, s Source, rules func(context.Context) (Rules, error)) ([]Violation, error) {
	r, end, err := s.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	c := &checker{r: r, months: map[Month]bool{}, pools: map[PoolKey]poolSum{}, back: map[PoolKey]quantity.Reduction{}, rows: newRowSums(), atOnce: reversalsAtOnce}
	proofs, err := c.journal(ctx)
	if err != nil {
		return nil, err
	}
	if c.rules, err = rules(ctx); err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	if err := c.eachMonth(ctx, proofs); err != nil {
		return nil, err
	}
	err = errors.Join(c.days(ctx), c.comparePoints(ctx), c.compareRows(ctx), c.sums(ctx))
	return c.found, err
}

// eachMonth checks the activities of each month, and that none is missing but
// those that were taken away.
func (c *checker) eachMonth(ctx context.Context, proofs map[Month]*monthProofs) (err error) {
	if c.plain, err = c.r.PlainReversals(ctx); err != nil {
		return err
	}
	months, err := c.r.Months(ctx)
	if err != nil {
		return fmt.Errorf("find the months: %w", err)
	}
	for _, m := range months {
		c.months[m] = true
	}
	if err := c.loadTotals(ctx); err != nil {
		return err
	}
	slices.Sort(months)
	for _, m := range months {
		if err := c.wholeMonth(ctx, m, proofs[m]); err != nil {
			return err
		}
	}
	all, err := c.r.Taken(ctx)
	if err != nil {
		return fmt.Errorf("find the months that were taken away: %w", err)
	}
	taken := map[Month][]byte{}
	for _, t := range all {
		taken[t.Month] = t.Keys
	}
	proven := map[Month]int64{}
	for _, m := range slices.Sorted(maps.Keys(proofs)) {
		rest := proofs[m]
		switch {
		case c.months[m] && len(rest.proofs) > rest.met:
			c.wrong("I-74", "batch %d has activities of %s that are not there", rest.proofs[rest.met].Batch, m)
		case !c.months[m] && taken[m] == nil:
			c.wrong("I-74", "the activities of %s are gone, and nobody has taken them away", m)
		}
		for _, p := range rest.proofs {
			proven[m] += int64(p.Activities)
		}
	}
	return c.keys(ctx, taken, proven)
}

// wholeMonth checks the activities of a month and what was taken back of them.
func (c *checker) wholeMonth(ctx context.Context, m Month, of *monthProofs) error {
	c.beginEach(m)
	defer c.endEach()
	back, err := c.reversals(ctx, m)
	if err != nil {
		return err
	}
	if err := c.month(ctx, m, of, back); err != nil {
		return err
	}
	return c.capped(ctx, m, back)
}

func (c *checker) wrong(invariant, format string, args ...any) {
	c.found = append(c.found, Violation{invariant, fmt.Sprintf(format, args...)})
}

// monthProofs are what the journal says of a month, by batch.
type monthProofs struct {
	proofs []BatchMonth
	at     []calendar.Instant // when the batches were taken
	met    int
}

// batch is the proof that is next when it is a batch's, and when that was taken.
func (p *monthProofs) batch(number int64) (proof *BatchMonth, at calendar.Instant) {
	if p.met >= len(p.proofs) || p.proofs[p.met].Batch != number {
		return nil, 0
	}
	return &p.proofs[p.met], p.at[p.met]
}

// journalRead is how many rows of the journal are read at once: the answer to a
// full batch takes some 100 kB.
const journalRead = 64

// journal checks the chain, and collects the proofs of the months.
func (c *checker) journal(ctx context.Context) (map[Month]*monthProofs, error) {
	proofs := map[Month]*monthProofs{}
	var err error
	if c.returns, err = c.r.Returns(ctx); err != nil {
		return nil, fmt.Errorf("read what came back: %w", err)
	}
	var last JournalRow
	for {
		rows, err := c.r.Journal(ctx, last.Number, journalRead)
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		for i := range rows {
			if err := c.journalRow(ctx, &last, &rows[i], proofs); err != nil {
				return nil, err
			}
			last = rows[i]
		}
		if len(rows) < journalRead {
			return proofs, nil
		}
	}
}

// journalRow checks a row that follows another, and adds its proofs.
func (c *checker) journalRow(ctx context.Context, before, j *JournalRow, proofs map[Month]*monthProofs) error {
	if j.Number != before.Number+1 {
		c.wrong("I-74", "journal row %d follows %d", j.Number, before.Number)
	}
	if hash := j.chain(before.Hash); !bytes.Equal(hash, j.Hash) {
		c.wrong("I-74", "journal row %d has not the hash of what it says", j.Number)
	}
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
		p := proofs[m.Month]
		p.proofs, p.at = append(p.proofs, m), append(p.at, j.At)
	}
	if err := c.parts(ctx, j.Number, whole); err != nil {
		return err
	}
	c.takenBack(j.Number, whole)
	if !bytes.Equal(whole.Sum(nil), j.Rows) || activities != int64(j.Accepted) || amount != j.Amount {
		c.wrong("I-74", "journal row %d has not the proofs of its months", j.Number)
	}
	c.activities += activities
	c.amount += amount
	return nil
}

// parts adds a batch's parts to their pools, and to the digest of its row.
func (c *checker) parts(ctx context.Context, batch int64, whole hash.Hash) error {
	parts, err := c.r.Parts(ctx, batch)
	if err != nil {
		return fmt.Errorf("find the parts of batch %d: %w", batch, err)
	}
	for i := range parts {
		p := &parts[i]
		whole.Write(p.Digest)
		s := c.pools[p.PoolKey]
		c.pools[p.PoolKey] = poolSum{s.items + int64(p.Activities), s.amount + p.Amount, nextEvidence(s.evidence, p.Digest)}
	}
	return nil
}

// takenBack adds what came back by a command to the pool that took it, and to
// the digest of its row.
func (c *checker) takenBack(batch int64, whole hash.Hash) {
	for len(c.returns) > 0 && c.returns[0].Batch <= batch {
		r := c.returns[0]
		c.returns = c.returns[1:]
		whole.Write(r.Digest)
		s := c.pools[r.PoolKey]
		c.pools[r.PoolKey] = poolSum{s.items + r.Items, s.amount, nextEvidence(s.evidence, r.Digest)}
		c.back[r.PoolKey] += r.Amount
	}
}

// month checks the rows of a month against their proofs, and each by the rules;
// those of days on which something was taken back it keeps.
func (c *checker) month(ctx context.Context, m Month, of *monthProofs, back *replay) error {
	if of == nil {
		of = &monthProofs{}
	}
	now, taken := int64(0), calendar.Instant(0)
	h, buffer := sha256.New(), []byte(nil)
	end := func() {
		if now == 0 {
			return
		}
		proof, _ := of.batch(now)
		if proof == nil {
			c.wrong("I-74", "activities of batch %d in %d have no proof at their place", now, m)
			return
		}
		if !bytes.Equal(proof.Digest, h.Sum(nil)) {
			c.wrong("I-74", "activities of batch %d in %d are not what they were", now, m)
		}
		of.met++
	}
	err := c.r.Activities(ctx, m, func(r Row) error {
		if r.Batch != now {
			end()
			now = r.Batch
			_, taken = of.batch(now)
			h.Reset()
		}
		buffer = r.appendCanonical(buffer[:0])
		h.Write(buffer)
		c.row(m, &r)
		back.row(&r)
		if r.Reverses == 0 {
			c.activity(&r, taken)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the activities of %d: %w", m, err)
	}
	end()
	return nil
}

// days holds that the periods of a participant's day do not overlap, and come
// to what it credits, within the cap (I-73).
func (c *checker) days(ctx context.Context) error {
	err := c.r.EachDay(ctx, func(d Day) error {
		var sum quantity.Reduction
		to := int32(0)
		slices.SortFunc(d.Spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
		for _, s := range d.Spans {
			if s.From < to || s.To <= s.From {
				c.wrong("I-73", "activity %d of participant %d on %v in scenario %d overlaps the one before", s.Activity, d.Participant, d.Day, d.Scenario)
			}
			sum += s.Amount
			to = s.To
			c.earned += s.Points
		}
		c.day(&d)
		if most := c.rules.Scenarios[d.Scenario].DailyCap; sum != d.Amount || most > 0 && sum > most {
			c.wrong("I-73", "participant %d has %s on %v in scenario %d; its activities come to %s, the cap is %s", d.Participant, d.Amount, d.Day, d.Scenario, sum, most)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the days of participants: %w", err)
	}
	return nil
}

// sums compares what each table comes to with what the journal counted.
func (c *checker) sums(ctx context.Context) error {
	s, err := c.r.Sums(ctx)
	if err != nil {
		return errors.Join(errors.New("add up the tables"), err)
	}
	for _, sum := range []struct {
		name   string
		amount int64
	}{{"participants", s.ParticipantAmount}, {"days of participants", s.DayAmount}, {"totals of days", s.TotalAmount}} {
		if sum.amount != int64(c.amount) {
			c.wrong("I-71", "%s come to %s kgCO2e, and the activities to %s", sum.name, quantity.Reduction(sum.amount), c.amount)
		}
	}
	if s.Points != int64(c.earned)-s.Burned {
		c.wrong("I-79", "participants have %s points, of %s earned and %s burned", quantity.Measure(s.Points), c.earned, quantity.Measure(s.Burned))
	}
	if s.TotalCount != s.ParticipantCount {
		c.wrong("I-71", "participants have %d activities, and the days %d", s.ParticipantCount, s.TotalCount)
	}
	return c.checkPools(ctx)
}

// lineage names the pools of a methodology in a scheme, over all months.
type lineage struct{ scheme, methodology int64 }

// checkPools checks that all that was credited is issued, carried or pending,
// by methodology (I-72), and that a pool is its parts (I-75).
func (c *checker) checkPools(ctx context.Context) error {
	pools, err := c.r.AllPools(ctx)
	if err != nil {
		return fmt.Errorf("read the pools: %w", err)
	}
	var credited quantity.Reduction
	handed := map[PoolKey]int64{}               // units
	carried := map[lineage]quantity.Reduction{} // what the last pool hands on
	for i := range pools {
		p := &pools[i]
		l := lineage{p.Scheme, p.Methodology}
		credited += p.Credited
		if p.Carried != carried[l]+c.back[p.PoolKey] {
			c.wrong("I-72", "%v carries %s, and the ones before left %s, and %s came back", p.PoolKey, p.Carried, carried[l], c.back[p.PoolKey])
		}
		carried[l] = 0
		if p.Closed {
			carried[l] = p.Left()
			if p.Left() >= p.Unit && p.Units < carbon.UnitsMost {
				c.wrong("I-72", "%v left a whole unit", p.PoolKey)
			}
		}
		if p.Units > 0 {
			handed[p.PoolKey] = p.Units
		}
		c.pool(p)
	}
	for _, r := range c.returns {
		c.wrong("I-86", "message %d came back by row %d, which there is not", r.Message, r.Batch)
	}
	for l, left := range carried {
		if left != 0 && !slices.ContainsFunc(pools, func(p Pool) bool { return lineage{p.Scheme, p.Methodology} == l && !p.Closed }) {
			c.wrong("I-72", "methodology %d of scheme %d left %s, which no pool carries", l.methodology, l.scheme, left)
		}
	}
	if credited != c.amount {
		c.wrong("I-72", "the pools have %s kgCO2e, and the activities %s", credited, c.amount)
	}
	return c.outbox(ctx, pools, handed)
}

// pool holds a pool against its parts (I-75).
func (c *checker) pool(p *Pool) {
	parts := c.pools[p.PoolKey]
	if p.Items != parts.items || p.Credited != parts.amount || !bytes.Equal(p.Evidence, parts.evidence) {
		c.wrong("I-75", "%v has %d pieces of evidence and %s kgCO2e, and its parts %d and %s, or other evidence",
			p.PoolKey, p.Items, p.Credited, parts.items, parts.amount)
	}
	if p.Credited > sumMost || p.Units > carbon.UnitsMost {
		c.wrong("I-99", "%v has %s kgCO2e, or hands on %d units: more than is plausible", p.PoolKey, p.Credited, p.Units)
	}
	delete(c.pools, p.PoolKey)
}

// outbox holds the messages against the pools that handed units on.
func (c *checker) outbox(ctx context.Context, pools []Pool, handed map[PoolKey]int64) error {
	for k := range c.pools {
		c.wrong("I-75", "%v has parts and is not there", k)
	}
	evidence := map[PoolKey][]byte{}
	for i := range pools {
		evidence[pools[i].PoolKey] = pools[i].digest()
	}
	returns, err := c.r.Returns(ctx)
	if err != nil {
		return fmt.Errorf("read what came back: %w", err)
	}
	back := map[int64]PoolReturn{}
	for _, r := range returns {
		back[r.Message] = r
	}
	err = c.r.Messages(ctx, 0, func(o Outgoing) error {
		if r, known := back[o.Number]; known && (r.rejected() != o.PoolKey || r.Amount != o.Amount() || r.Items != o.Items || !bytes.Equal(r.Digest, o.Evidence)) {
			c.wrong("I-86", "%s came back of message %d, which is of %s of %v", r.Amount, o.Number, o.Amount(), o.PoolKey)
		}
		delete(back, o.Number)
		if handed[o.PoolKey] != o.Units || !bytes.Equal(evidence[o.PoolKey], o.Evidence) {
			c.wrong("I-72", "message %d hands on %d units of %v, and the pool %d, or of other evidence", o.Number, o.Units, o.PoolKey, handed[o.PoolKey])
		}
		delete(handed, o.PoolKey)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	for _, r := range back {
		c.wrong("I-86", "row %d took message %d back, which there is not", r.Batch, r.Message)
	}
	for k, units := range handed {
		c.wrong("I-72", "no message hands the %d units of %v on", units, k)
	}
	return nil
}
