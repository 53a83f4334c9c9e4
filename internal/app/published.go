package app

import (
	"iter"
	"maps"
	"sync"
)

// publishedPageRows is how many rows lie in a page: the unit that is copied
// when one of them changes.
const publishedPageRows = 256

// Published is a resident table as readers see it: its rows after a commit. It
// never changes, so it is read without a lock and the writer waits for nobody.
type Published[R any] struct {
	pages []*publishedPage[R] // row id lies in page (id - 1) / publishedPageRows
}

type publishedPage[R any] struct {
	rows [publishedPageRows]R
	has  [publishedPageRows]bool
}

// Reference is all published tables of one commit.
type Reference struct {
	tables map[string]any
	known  func() *knowledge // of these tables, made when somebody asks
}

// knowing is a reference over published tables.
func knowing(tables map[string]any) *Reference {
	r := &Reference{tables: tables}
	r.known = sync.OnceValue(func() *knowledge {
		k := newKnowledge()
		for _, t := range knownTables {
			t.read(r, k)
		}
		return k
	})
	return r
}

// ReadTable returns a resident table as it is in r.
func ReadTable[R any](r *Reference, t Table[R]) *Published[R] {
	p, ok := r.tables[t.name].(*Published[R])
	if !ok {
		panic("app: table " + t.name + " is not resident")
	}
	return p
}

// Reference returns the resident tables after the last commit. A reader sees
// every change that was answered before it asked.
func (a *App) Reference() *Reference { return a.reference.Load() }

// Get returns a row by id, and false when there is none.
func (p *Published[R]) Get(id int64) (row R, ok bool) {
	page, at := (id-1)/publishedPageRows, (id-1)%publishedPageRows
	if id < 1 || page >= int64(len(p.pages)) || p.pages[page] == nil || !p.pages[page].has[at] {
		return row, false
	}
	return p.pages[page].rows[at], true
}

// All are the rows in the order of their ids.
func (p *Published[R]) All() iter.Seq2[int64, R] { return p.After(0) }

// Rows are those of All without their ids.
func (p *Published[R]) Rows() iter.Seq[R] {
	return func(yield func(R) bool) {
		for _, row := range p.All() {
			if !yield(row) {
				return
			}
		}
	}
}

// After are the rows with greater ids than one, in the order of their ids.
func (p *Published[R]) After(id int64) iter.Seq2[int64, R] {
	return func(yield func(int64, R) bool) {
		id := max(id, 0)
		for page := id / publishedPageRows; page < int64(len(p.pages)); page++ {
			if rows := p.pages[page]; rows != nil && !rows.each(page*publishedPageRows+1, id, yield) {
				return
			}
		}
	}
}

// each yields the rows of a page whose first id is first, those up to after left out.
func (p *publishedPage[R]) each(first, after int64, yield func(int64, R) bool) bool {
	for i := range p.rows {
		if id := first + int64(i); id > after && p.has[i] && !yield(id, p.rows[i]) {
			return false
		}
	}
	return true
}

// with returns p with the rows of some ids as they are in a cache; nil ids are
// all of them. Pages without a change are shared.
func (p *Published[R]) with(c *cache[R], ids []int64) *Published[R] {
	next := &Published[R]{}
	if ids == nil {
		ids = c.order
	} else if p != nil {
		next.pages = append(next.pages, p.pages...)
	}
	fresh := map[int64]bool{}
	for _, id := range ids {
		page, at := (id-1)/publishedPageRows, (id-1)%publishedPageRows
		for int64(len(next.pages)) <= page {
			next.pages = append(next.pages, nil)
		}
		if !fresh[page] {
			copied := &publishedPage[R]{}
			if old := next.pages[page]; old != nil {
				*copied = *old
			}
			next.pages[page], fresh[page] = copied, true
		}
		next.pages[page].rows[at], next.pages[page].has[at] = c.rows[id], true
	}
	return next
}

// publish is part of anyCache.
func (c *cache[R]) publish(old any, ids []int64) any {
	p, _ := old.(*Published[R])
	return p.with(c, ids)
}

// publishReference makes the changed rows of resident tables visible to
// readers. Only the writer calls it.
func (a *App) publishReference() {
	old, s := a.reference.Load(), a.st
	switch {
	case !s.changed.resident.loaded:
		next := knowing(make(map[string]any, len(s.caches)))
		for name, c := range s.caches {
			next.tables[name] = c.publish(nil, nil)
		}
		s.changed.resident = residentChanges{loaded: true, rows: map[string][]int64{}}
		a.reference.Store(next)
	case len(s.changed.resident.rows) > 0:
		next, same := knowing(maps.Clone(old.tables)), true
		for name, ids := range s.changed.resident.rows {
			next.tables[name] = s.caches[name].publish(old.tables[name], ids)
			same = same && !isKnown(name)
		}
		if same {
			next.known = old.known
		}
		clear(s.changed.resident.rows)
		a.reference.Store(next)
	}
}

// residentChanges says which rows of resident tables a publication must
// rebuild: all of them until they were loaded once.
type residentChanges struct {
	loaded bool
	rows   map[string][]int64
}

func (r *residentChanges) mark(table string, id int64) {
	if r.loaded {
		r.rows[table] = append(r.rows[table], id)
	}
}
