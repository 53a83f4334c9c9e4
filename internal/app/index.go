package app

import (
	"iter"
	"slices"
)

// Index finds the rows of a resident table by what they are about. Commands go by
// it where a table grows with history or with the number of parties: what they
// cost does not grow with what there is. internal/archtest holds them to it.
type Index[K comparable, R any] struct {
	table Table[R]
	at    int // among those of the table
}

// indexed gives a table an index. The keys of a row are what it is found by; a row
// that is history has none, where nobody asks for it.
func indexed[K comparable, R any](t Table[R], keys func(R) []K) Index[K, R] {
	info := tables[t.name]
	x := Index[K, R]{t, len(info.indexes)}
	info.indexes = append(info.indexes, func() any { return &listing[K, R]{keys, map[K][]int64{}} })
	tables[t.name] = info
	return x
}

// when is the keys of a row that is found by them only if something holds.
func when[K comparable](holds bool, keys ...K) []K {
	if holds {
		return keys
	}
	return nil
}

// of are the rows with a key, in the order of their ids. None may be written while
// they are walked.
func (x Index[K, R]) of(v *View, key K) iter.Seq[R] {
	c := rowsOf(v.state, x.table)
	l := c.indexes[x.at].(*listing[K, R]) //nolint:errcheck // made by indexed
	return func(yield func(R) bool) {
		for _, id := range l.ids[key] {
			if !yield(c.rows[id]) {
				return
			}
		}
	}
}

// first is the one of them with the least id, or none.
func (x Index[K, R]) first(v *View, key K) (row R, found bool) {
	for row := range x.of(v, key) {
		return row, true
	}
	return row, false
}

func (x Index[K, R]) has(v *View, key K) bool {
	_, found := x.first(v, key)
	return found
}

// rowIndex is an index of any key.
type rowIndex[R any] interface {
	list(id int64, row R)
	unlist(id int64, row R)
}

// listing is the ids of a table's rows by key, ascending.
type listing[K comparable, R any] struct {
	keys func(R) []K
	ids  map[K][]int64
}

func (l *listing[K, R]) list(id int64, row R) {
	for _, k := range l.keys(row) {
		if at, listed := slices.BinarySearch(l.ids[k], id); !listed {
			l.ids[k] = slices.Insert(l.ids[k], at, id)
		}
	}
}

func (l *listing[K, R]) unlist(id int64, row R) {
	for _, k := range l.keys(row) {
		at, listed := slices.BinarySearch(l.ids[k], id)
		switch {
		case !listed:
		case len(l.ids[k]) == 1:
			delete(l.ids, k)
		default:
			l.ids[k] = slices.Delete(l.ids[k], at, at+1)
		}
	}
}
