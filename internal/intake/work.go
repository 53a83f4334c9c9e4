package intake

import (
	"crypto/sha256"
	"slices"
)

// work is a commit that is being made: the rows that were loaded for it, and
// what its commands changed of them. It touches neither clock nor database.
type work struct {
	number  int64 // of the journal row that is being made
	nextIDs Registry

	keys         map[Key]KeyRow
	participants map[Pseudonym]*Participant
	byID         map[int64]*Participant
	days         map[DayKey]*Day
	totals       map[TotalKey]*Total
	rows         map[int64]*Row // loaded to be reversed, and new ones
	pools        map[poolKey]*Pool

	isNew map[any]bool // the rows that the database has not: pointers
	seen  map[any]bool // the rows that changed: pointers

	batchRows map[Month][]*Row // of the batch that is being made
	out       Changes
}

type poolKey struct {
	scheme int64
	month  Month
}

func newWork(r Registry, pools map[poolKey]*Pool) *work {
	return &work{
		nextIDs: r, keys: map[Key]KeyRow{}, participants: map[Pseudonym]*Participant{}, byID: map[int64]*Participant{},
		days: map[DayKey]*Day{}, totals: map[TotalKey]*Total{}, rows: map[int64]*Row{}, pools: pools,
		isNew: map[any]bool{}, seen: map[any]bool{}, batchRows: map[Month][]*Row{},
		out: Changes{Rows: map[Month][]Row{}},
	}
}

// begin starts a command: what it writes carries its number.
func (w *work) begin() {
	w.nextIDs.Length++
	w.number = w.nextIDs.Length
	clear(w.batchRows)
}

func (w *work) participant(scheme int64, name Pseudonym) *Participant {
	p := w.participants[name]
	if p == nil {
		w.nextIDs.Participant++
		p = &Participant{ID: w.nextIDs.Participant, Scheme: scheme, Pseudonym: name}
		w.participants[name], w.byID[p.ID], w.isNew[p] = p, p, true
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
	}
	return d
}

func (w *work) row(at KeyRow) *Row {
	r := w.rows[at.Activity]
	if r == nil {
		panic(errNotLoaded)
	}
	return r
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

// credit adds a row to everything that sums rows up.
func (w *work) credit(p *Participant, d *Day, r *Row) {
	count := int64(1)
	if r.Reverses != 0 {
		count = -1
	}
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
	pool := w.openPool(r.Scheme, MonthOf(r.Day))
	pool.Credited += r.Amount
	w.touchPool(pool)
}

// openPool is the pool of a month, or of the first month after it that is open.
func (w *work) openPool(scheme int64, m Month) *Pool {
	for {
		p := w.pools[poolKey{scheme, m}]
		switch {
		case p == nil && w.closedAfter(scheme, m):
		case p == nil:
			p = &Pool{Scheme: scheme, Month: m}
			w.pools[poolKey{scheme, m}], w.isNew[p] = p, true
			w.touchPool(p)
			return p
		case !p.Closed:
			return p
		}
		m = m.Next()
	}
}

// closedAfter reports whether the scheme has closed a month from m on.
func (w *work) closedAfter(scheme int64, m Month) bool {
	for k, p := range w.pools {
		if k.scheme == scheme && k.month >= m && p.Closed {
			return true
		}
	}
	return false
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
	return whole.Sum(nil)
}

// changes are what is to be committed.
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
