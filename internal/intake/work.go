package intake

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	"permitx/internal/quantity"
)

// work is a commit that is being made: the rows that were loaded for it, and
// what its commands changed of them. It touches neither clock nor database.
type work struct {
	pace    *Pace
	number  int64              // of the journal row that is being made
	amount  quantity.Reduction // that it has credited
	nextIDs Registry
	before  *work // the commit that is on its way; empty where none is

	answered     map[ActorKey]earlier
	keys         map[Key]KeyRow
	participants map[Pseudonym]*Participant
	byID         map[int64]*Participant
	days         map[DayKey]*Day
	totals       map[TotalKey]*Total
	rows         map[int64]*Row // loaded to be reversed, and new ones
	pools        map[PoolKey]*Pool
	gone         map[Month]bool // that were taken away
	erased       []Pseudonym

	isNew map[any]bool // the rows that the database has not: pointers
	seen  map[any]bool // the rows that changed: pointers
	made  []any        // participants and days that the command has made

	batchRows map[Month][]*Row      // of the batch that is being made
	parts     map[partKey]*openPart // of the batch that is being made
	sealed    []PoolPart            // those that have ended
	returned  []PoolReturn          // of the command that is being made
	messages  map[int64]Outgoing    // loaded to come back
	out       Changes
}

// partKey names a part of the batch that is being made.
type partKey struct {
	pool *Pool
	of   Month
}

// openPart is a part that is being made.
type openPart struct {
	PoolPart
	digest hash.Hash
}

// newWork begins a commit of about so many activities.
func newWork(r Registry, pools map[PoolKey]*Pool, gone map[Month]bool, pace *Pace, activities int) *work {
	return &work{
		pace: pace, nextIDs: r, before: &work{}, answered: map[ActorKey]earlier{},
		keys: make(map[Key]KeyRow, activities), participants: make(map[Pseudonym]*Participant, activities), byID: make(map[int64]*Participant, activities),
		days: make(map[DayKey]*Day, activities), totals: map[TotalKey]*Total{}, rows: make(map[int64]*Row, activities), pools: pools, gone: gone,
		isNew: make(map[any]bool, activities), seen: make(map[any]bool, 2*activities), batchRows: map[Month][]*Row{}, parts: map[partKey]*openPart{}, messages: map[int64]Outgoing{},
		out: Changes{Rows: map[Month][]Row{}},
	}
}

// begin starts a command: what it writes carries its number.
func (w *work) begin() {
	w.nextIDs.Length++
	w.number = w.nextIDs.Length
	w.amount = 0
	clear(w.batchRows)
	clear(w.parts)
	w.sealed = w.sealed[:0]
	w.returned = w.returned[:0]
}

func (w *work) participant(scheme int64, name Pseudonym) *Participant {
	p := w.participants[name]
	if p == nil {
		w.nextIDs.Participant++
		p = &Participant{ID: w.nextIDs.Participant, Scheme: scheme, Pseudonym: name}
		w.participants[name], w.byID[p.ID], w.isNew[p] = p, p, true
		w.made = append(w.made, p)
	}
	return p
}

func (w *work) participantByID(id int64) *Participant {
	p := w.byID[id]
	if p == nil {
		panic(errNotLoaded)
	}
	return p
}

func (w *work) day(k DayKey) *Day {
	d := w.days[k]
	if d == nil {
		d = &Day{DayKey: k}
		w.days[k], w.isNew[d] = d, true
		w.made = append(w.made, d)
	}
	return d
}

// addRow gives an activity its number and its key.
func (w *work) addRow(r *Row, k Key) {
	w.nextIDs.Activity++
	r.ID = w.nextIDs.Activity
	m := MonthOf(r.Day)
	row := KeyRow{k, r.ID, m}
	w.keys[k], w.rows[r.ID] = row, r
	w.out.Keys = append(w.out.Keys, row)
	w.batchRows[m] = append(w.batchRows[m], r)
}

// credit adds a row, of a scenario's methodology, to everything that sums rows up.
func (w *work) credit(s *Scenario, p *Participant, d *Day, r *Row) {
	count := int64(1)
	if r.Reverses != 0 {
		count = -1
	}
	w.amount += r.Amount
	p.Amount += r.Amount
	p.Activities += count
	p.Batch = w.number
	w.seen[p] = true
	d.Amount += r.Amount
	d.Batch = w.number
	w.seen[d] = true
	k := TotalKey{r.Scheme, r.Scenario, r.Methodology, r.Day}
	t := w.totals[k]
	if t == nil {
		t = &Total{TotalKey: k}
		w.totals[k], w.isNew[t] = t, true
	}
	t.Amount += r.Amount
	t.Activities += count
	t.Batch = w.number
	w.seen[t] = true
	w.pool(w.openPool(PoolKey{r.Scheme, s.First, MonthOf(r.Day)}), r)
}

// pool adds a row to a pool, and to the batch's part of it.
func (w *work) pool(p *Pool, r *Row) {
	p.Credited += r.Amount
	p.Items++
	w.touchPool(p)
	k := partKey{p, MonthOf(r.Day)}
	part := w.parts[k]
	if part == nil {
		part = &openPart{PoolPart{Batch: w.number, Of: k.of, PoolKey: p.PoolKey, First: r.ID}, sha256.New()}
		w.parts[k] = part
		part.write(p.Scheme, p.Methodology, int64(p.Month))
	}
	part.Last = r.ID
	part.Activities++
	part.Amount += r.Amount
	part.write(r.ID)
	part.digest.Write(r.Evidence[:])
}

func (p *openPart) write(all ...int64) {
	var b [8]byte
	for _, v := range all {
		binary.BigEndian.PutUint64(b[:], uint64(v)) //nolint:gosec // the bits
		p.digest.Write(b[:])
	}
}

// openPool is the pool of a month, or of the first month after it that the
// scheme has not closed.
func (w *work) openPool(k PoolKey) *Pool {
	p, k := w.findPool(k)
	if p == nil {
		p = &Pool{PoolKey: k}
		w.pools[k], w.isNew[p] = p, true
		w.touchPool(p)
	}
	return p
}

// findPool is openPool's pool, nil where there is none yet, and its key.
func (w *work) findPool(k PoolKey) (*Pool, PoolKey) {
	if p := w.pools[k]; p != nil && !p.Closed {
		return p, k
	}
	k.Month = max(k.Month, w.closedTo(k.Scheme).Next())
	return w.pools[k], k
}

// closedTo is the last month that a scheme has closed; 0: none.
func (w *work) closedTo(scheme int64) (last Month) {
	for k, p := range w.pools {
		if k.Scheme == scheme && p.Closed {
			last = max(last, k.Month)
		}
	}
	return last
}

func (w *work) touchPool(p *Pool) {
	p.Batch = w.number
	w.seen[p] = true
}

// seal makes the proofs of the rows that the command wrote, and returns the
// digest over all of them.
func (w *work) seal() []byte {
	months := make([]Month, 0, len(w.batchRows))
	for m := range w.batchRows {
		months = append(months, m)
	}
	slices.Sort(months)
	whole := sha256.New()
	var buffer []byte
	for _, m := range months {
		proof := BatchMonth{Batch: w.number, Month: m}
		h := sha256.New()
		for _, r := range w.batchRows[m] {
			buffer = r.appendCanonical(buffer[:0])
			h.Write(buffer)
			proof.Activities++
			proof.Amount += r.Amount
			w.out.Rows[m] = append(w.out.Rows[m], *r)
		}
		proof.Digest = h.Sum(nil)
		whole.Write(proof.Digest)
		w.out.Months = append(w.out.Months, proof)
	}
	w.sealParts()
	for _, part := range w.sealed {
		whole.Write(part.Digest)
	}
	for _, r := range w.returned {
		whole.Write(r.Digest)
	}
	w.out.Returns = append(w.out.Returns, w.returned...)
	return whole.Sum(nil)
}

// sealParts ends the parts of the command, by month of the activities, scheme
// and methodology, and goes on with the evidence of their pools.
func (w *work) sealParts() {
	parts := make([]PoolPart, 0, len(w.parts))
	for _, open := range w.parts {
		open.Digest = open.digest.Sum(nil)
		parts = append(parts, open.PoolPart)
	}
	slices.SortFunc(parts, func(a, b PoolPart) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.Methodology, b.Methodology))
	})
	for i := range parts {
		p := w.pools[parts[i].PoolKey]
		p.Evidence = nextEvidence(p.Evidence, parts[i].Digest)
	}
	clear(w.parts)
	w.sealed = append(w.sealed, parts...)
	w.out.Parts = append(w.out.Parts, parts...)
}

// nextEvidence is a pool's evidence after a part, or after what came back.
func nextEvidence(before, digest []byte) []byte {
	sum := sha256.Sum256(append(bytes.Clone(before), digest...))
	return sum[:]
}

// drop takes out what the command made for an activity that was then refused, and is not
// written: what comes after it is judged as it would be in a commit of its own.
func (w *work) drop() {
	for _, row := range w.made {
		if w.seen[row] {
			continue
		}
		switch row := row.(type) {
		case *Participant:
			delete(w.participants, row.Pseudonym)
			delete(w.byID, row.ID)
		case *Day:
			delete(w.days, row.DayKey)
		}
	}
	w.made = w.made[:0]
}

// changes are what is to be committed, each kind in the order of its index.
func (w *work) changes() *Changes {
	for row := range w.seen {
		fresh := w.isNew[row]
		switch row := row.(type) {
		case *Participant:
			put(&w.out.NewParticipants, &w.out.Participants, fresh, *row)
		case *Day:
			put(&w.out.NewDays, &w.out.Days, fresh, *row)
		case *Total:
			put(&w.out.NewTotals, &w.out.Totals, fresh, *row)
		case *Pool:
			put(&w.out.NewPools, &w.out.Pools, fresh, *row)
		}
	}
	slices.SortFunc(w.out.Keys, func(a, b KeyRow) int { return a.Key.compare(b.Key) })
	slices.SortFunc(w.out.NewDays, func(a, b Day) int { return a.compare(b.DayKey) })
	slices.SortFunc(w.out.Days, func(a, b Day) int { return a.compare(b.DayKey) })
	slices.SortFunc(w.out.NewParticipants, func(a, b Participant) int { return int(a.ID - b.ID) })
	slices.SortFunc(w.out.Participants, func(a, b Participant) int { return int(a.ID - b.ID) })
	return &w.out
}

func put[R any](fresh, changed *[]R, isNew bool, row R) {
	if isNew {
		*fresh = append(*fresh, row)
	} else {
		*changed = append(*changed, row)
	}
}
