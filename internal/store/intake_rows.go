package store

import (
	"slices"
	"strconv"

	"permitx/internal/intake"
)

// intakeRows turns the changes of an intake into rows, in the order in which
// they are written.
func intakeRows(c *intake.Changes) []rows {
	var all []rows
	add := func(r rows) {
		if r.n > 0 {
			all = append(all, r)
		}
	}
	add(intakeJournal(c.Journal))
	add(batchMonths(c.Months))
	add(poolParts(c.Parts))
	add(activityKeys(c.Keys))
	for _, m := range monthsOf(c) {
		add(activityRows(m, c.Rows[m]))
	}
	add(erasedParticipants(c.Participants)) // who comes again in the same commit has the name
	add(newParticipants(c.NewParticipants))
	add(countedParticipants(c.Participants))
	add(dayRows(c.NewDays, false))
	add(dayRows(c.Days, true))
	add(totalRows(c.NewTotals, false))
	add(totalRows(c.Totals, true))
	add(poolRows(c.NewPools, false))
	add(poolRows(c.Pools, true))
	add(newOutgoing(c.NewOutgoing))
	add(sentOutgoing(c.Outgoing))
	add(pointBurns(c.Burns))
	add(poolReturns(c.Returns))
	return all
}

func monthsOf(c *intake.Changes) []intake.Month {
	months := make([]intake.Month, 0, len(c.Rows))
	for m := range c.Rows {
		months = append(months, m)
	}
	slices.Sort(months)
	return months
}

// activityTable is the table of a month.
func activityTable(m intake.Month) string { return "activity_" + strconv.Itoa(int(m)) }

func intakeJournal(from []intake.JournalRow) rows {
	r := rows{table: "journal", n: len(from)}
	ints(&r, "number", from, func(j *intake.JournalRow) int64 { return j.Number })
	ints(&r, "at", from, func(j *intake.JournalRow) int64 { return int64(j.At) })
	texts(&r, "kind", from, func(j *intake.JournalRow) string { return string(j.Kind) })
	ints(&r, "actor", from, func(j *intake.JournalRow) int64 { return j.Actor })
	texts(&r, "key", from, func(j *intake.JournalRow) string { return j.Key })
	blobs(&r, "payload", from, func(j *intake.JournalRow) []byte { return j.Payload })
	ints(&r, "accepted", from, func(j *intake.JournalRow) int32 { return j.Accepted })
	ints(&r, "duplicates", from, func(j *intake.JournalRow) int32 { return j.Duplicates })
	ints(&r, "refused", from, func(j *intake.JournalRow) int32 { return j.Refused })
	ints(&r, "amount", from, func(j *intake.JournalRow) int64 { return int64(j.Amount) })
	blobs(&r, "answer", from, func(j *intake.JournalRow) []byte { return j.Answer })
	blobs(&r, "rows", from, func(j *intake.JournalRow) []byte { return j.Rows })
	blobs(&r, "hash", from, func(j *intake.JournalRow) []byte { return j.Hash })
	return r
}

func batchMonths(from []intake.BatchMonth) rows {
	r := rows{table: "batch_month", n: len(from)}
	ints(&r, "batch", from, func(m *intake.BatchMonth) int64 { return m.Batch })
	ints(&r, "month", from, func(m *intake.BatchMonth) intake.Month { return m.Month })
	ints(&r, "activities", from, func(m *intake.BatchMonth) int32 { return m.Activities })
	ints(&r, "amount", from, func(m *intake.BatchMonth) int64 { return int64(m.Amount) })
	blobs(&r, "digest", from, func(m *intake.BatchMonth) []byte { return m.Digest })
	return r
}

func poolParts(from []intake.PoolPart) rows {
	r := rows{table: "pool_part", n: len(from)}
	ints(&r, "batch", from, func(p *intake.PoolPart) int64 { return p.Batch })
	ints(&r, "of", from, func(p *intake.PoolPart) intake.Month { return p.Of })
	ints(&r, "scheme", from, func(p *intake.PoolPart) int64 { return p.Scheme })
	ints(&r, "methodology", from, func(p *intake.PoolPart) int64 { return p.Methodology })
	ints(&r, "month", from, func(p *intake.PoolPart) intake.Month { return p.Month })
	ints(&r, "first", from, func(p *intake.PoolPart) int64 { return p.First })
	ints(&r, "last", from, func(p *intake.PoolPart) int64 { return p.Last })
	ints(&r, "activities", from, func(p *intake.PoolPart) int32 { return p.Activities })
	ints(&r, "amount", from, func(p *intake.PoolPart) int64 { return int64(p.Amount) })
	blobs(&r, "digest", from, func(p *intake.PoolPart) []byte { return p.Digest })
	return r
}

func poolReturns(from []intake.PoolReturn) rows {
	r := rows{table: "pool_return", n: len(from)}
	ints(&r, "batch", from, func(p *intake.PoolReturn) int64 { return p.Batch })
	ints(&r, "message", from, func(p *intake.PoolReturn) int64 { return p.Message })
	ints(&r, "of", from, func(p *intake.PoolReturn) intake.Month { return p.Of })
	ints(&r, "scheme", from, func(p *intake.PoolReturn) int64 { return p.Scheme })
	ints(&r, "methodology", from, func(p *intake.PoolReturn) int64 { return p.Methodology })
	ints(&r, "month", from, func(p *intake.PoolReturn) intake.Month { return p.Month })
	ints(&r, "items", from, func(p *intake.PoolReturn) int64 { return p.Items })
	ints(&r, "amount", from, func(p *intake.PoolReturn) int64 { return int64(p.Amount) })
	blobs(&r, "digest", from, func(p *intake.PoolReturn) []byte { return p.Digest })
	return r
}

func activityKeys(from []intake.KeyRow) rows {
	r := rows{table: "activity_key", n: len(from)}
	blobs(&r, "key", from, func(k *intake.KeyRow) []byte { return k.Key[:] })
	ints(&r, "activity", from, func(k *intake.KeyRow) int64 { return k.Activity })
	ints(&r, "month", from, func(k *intake.KeyRow) intake.Month { return k.Month })
	return r
}

func activityRows(m intake.Month, from []intake.Row) rows {
	r := rows{table: activityTable(m), n: len(from)}
	ints(&r, "id", from, func(a *intake.Row) int64 { return a.ID })
	ints(&r, "batch", from, func(a *intake.Row) int64 { return a.Batch })
	ints(&r, "source", from, func(a *intake.Row) int64 { return a.Source })
	texts(&r, "source_id", from, func(a *intake.Row) string { return a.SourceID })
	ints(&r, "scheme", from, func(a *intake.Row) int64 { return a.Scheme })
	ints(&r, "scenario", from, func(a *intake.Row) int64 { return a.Scenario })
	ints(&r, "methodology", from, func(a *intake.Row) int64 { return a.Methodology })
	ints(&r, "participant", from, func(a *intake.Row) int64 { return a.Participant })
	ints(&r, "from_at", from, func(a *intake.Row) int64 { return int64(a.From) })
	ints(&r, "to_at", from, func(a *intake.Row) int64 { return int64(a.To) })
	ints(&r, "day", from, func(a *intake.Row) int64 { return int64(a.Day) })
	texts(&r, "inputs", from, func(a *intake.Row) string { return a.Inputs })
	blobs(&r, "evidence", from, func(a *intake.Row) []byte { return a.Evidence[:] })
	ints(&r, "computed", from, func(a *intake.Row) int64 { return int64(a.Computed) })
	ints(&r, "amount", from, func(a *intake.Row) int64 { return int64(a.Amount) })
	ints(&r, "reverses", from, func(a *intake.Row) int64 { return a.Reverses })
	return r
}

func newParticipants(from []intake.Participant) rows {
	r := participantTotals(from)
	r.changed = false
	ints(&r, "scheme", from, func(p *intake.Participant) int64 { return p.Scheme })
	blobs(&r, "pseudonym", from, func(p *intake.Participant) []byte {
		if p.Erased { // in the same commit
			return nil
		}
		return p.Pseudonym[:]
	})
	return r
}

// countedParticipants leave the indexed pseudonym alone: SQLite writes an index
// anew whose column is set, and PostgreSQL may then keep the row in its page.
func countedParticipants(from []intake.Participant) rows {
	return participantTotals(slices.DeleteFunc(slices.Clone(from), func(p intake.Participant) bool { return p.Erased }))
}

func participantTotals(from []intake.Participant) rows {
	r := rows{table: "participant", n: len(from), changed: true}
	ints(&r, "id", from, func(p *intake.Participant) int64 { return p.ID })
	ints(&r, "amount", from, func(p *intake.Participant) int64 { return int64(p.Amount) })
	ints(&r, "activities", from, func(p *intake.Participant) int64 { return p.Activities })
	ints(&r, "points", from, func(p *intake.Participant) int64 { return int64(p.Left) })
	ints(&r, "points_short", from, func(p *intake.Participant) int64 { return int64(p.Short) })
	ints(&r, "batch", from, func(p *intake.Participant) int64 { return p.Batch })
	return r
}

func pointBurns(from []intake.Burn) rows {
	r := rows{table: "point_burn", n: len(from)}
	ints(&r, "batch", from, func(b *intake.Burn) int64 { return b.Batch })
	ints(&r, "participant", from, func(b *intake.Burn) int64 { return b.Participant })
	ints(&r, "points", from, func(b *intake.Burn) int64 { return int64(b.Points) })
	texts(&r, "reward", from, func(b *intake.Burn) string { return b.Reward })
	return r
}

func erasedParticipants(from []intake.Participant) rows {
	from = slices.DeleteFunc(slices.Clone(from), func(p intake.Participant) bool { return !p.Erased })
	r := participantTotals(from)
	blobs(&r, "pseudonym", from, func(*intake.Participant) []byte { return nil })
	return r
}

func dayRows(from []intake.Day, changed bool) rows {
	r := rows{table: "participant_day", n: len(from), changed: changed, keys: 3} //nolint:mnd // scenario, day, participant
	ints(&r, "scenario", from, func(d *intake.Day) int64 { return d.Scenario })
	ints(&r, "day", from, func(d *intake.Day) int64 { return int64(d.Day) })
	ints(&r, "participant", from, func(d *intake.Day) int64 { return d.Participant })
	ints(&r, "amount", from, func(d *intake.Day) int64 { return int64(d.Amount) })
	blobs(&r, "spans", from, func(d *intake.Day) []byte { return intake.PackSpans(d.Spans) })
	ints(&r, "batch", from, func(d *intake.Day) int64 { return d.Batch })
	return r
}

func totalRows(from []intake.Total, changed bool) rows {
	r := rows{table: "day_total", n: len(from), changed: changed, keys: 4} //nolint:mnd // scheme, scenario, methodology, day
	ints(&r, "scheme", from, func(t *intake.Total) int64 { return t.Scheme })
	ints(&r, "scenario", from, func(t *intake.Total) int64 { return t.Scenario })
	ints(&r, "methodology", from, func(t *intake.Total) int64 { return t.Methodology })
	ints(&r, "day", from, func(t *intake.Total) int64 { return int64(t.Day) })
	ints(&r, "amount", from, func(t *intake.Total) int64 { return int64(t.Amount) })
	ints(&r, "activities", from, func(t *intake.Total) int64 { return t.Activities })
	ints(&r, "batch", from, func(t *intake.Total) int64 { return t.Batch })
	return r
}

func poolRows(from []intake.Pool, changed bool) rows {
	r := rows{table: "pool", n: len(from), changed: changed, keys: 3} //nolint:mnd // scheme, methodology, month
	ints(&r, "scheme", from, func(p *intake.Pool) int64 { return p.Scheme })
	ints(&r, "methodology", from, func(p *intake.Pool) int64 { return p.Methodology })
	ints(&r, "month", from, func(p *intake.Pool) intake.Month { return p.Month })
	ints(&r, "credited", from, func(p *intake.Pool) int64 { return int64(p.Credited) })
	ints(&r, "carried", from, func(p *intake.Pool) int64 { return int64(p.Carried) })
	ints(&r, "items", from, func(p *intake.Pool) int64 { return p.Items })
	blobs(&r, "evidence", from, func(p *intake.Pool) []byte { return append([]byte{}, p.Evidence...) }) // never NULL
	ints(&r, "units", from, func(p *intake.Pool) int64 { return p.Units })
	ints(&r, "unit", from, func(p *intake.Pool) int64 { return int64(p.Unit) })
	bools(&r, "closed", from, func(p *intake.Pool) bool { return p.Closed })
	ints(&r, "batch", from, func(p *intake.Pool) int64 { return p.Batch })
	return r
}

func newOutgoing(from []intake.Outgoing) rows {
	r := rows{table: "outbox", n: len(from)}
	ints(&r, "number", from, func(o *intake.Outgoing) int64 { return o.Number })
	ints(&r, "scheme", from, func(o *intake.Outgoing) int64 { return o.Scheme })
	ints(&r, "methodology", from, func(o *intake.Outgoing) int64 { return o.Methodology })
	ints(&r, "month", from, func(o *intake.Outgoing) intake.Month { return o.Month })
	ints(&r, "units", from, func(o *intake.Outgoing) int64 { return o.Units })
	ints(&r, "unit", from, func(o *intake.Outgoing) int64 { return int64(o.Unit) })
	ints(&r, "items", from, func(o *intake.Outgoing) int64 { return o.Items })
	blobs(&r, "evidence", from, func(o *intake.Outgoing) []byte { return o.Evidence })
	bools(&r, "sent", from, func(o *intake.Outgoing) bool { return o.Sent })
	ints(&r, "batch", from, func(o *intake.Outgoing) int64 { return o.Batch })
	return r
}

// sentOutgoing notes that messages arrived.
func sentOutgoing(from []intake.Outgoing) rows {
	r := rows{table: "outbox", n: len(from), changed: true}
	ints(&r, "number", from, func(o *intake.Outgoing) int64 { return o.Number })
	bools(&r, "sent", from, func(o *intake.Outgoing) bool { return o.Sent })
	ints(&r, "batch", from, func(o *intake.Outgoing) int64 { return o.Batch })
	return r
}
