package app

import (
	"reflect"
	"slices"
	"testing"

	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// lists reports whether rows are found in another cache of the table as in this one.
func (c *cache[R]) lists(other anyCache) bool {
	return reflect.DeepEqual(c.listed(), other.(*cache[R]).listed())
}

// listed are the ids of the rows that each index finds, by key.
func (c *cache[R]) listed() (all []any) {
	for _, x := range c.indexes {
		all = append(all, x.(interface{ found() any }).found())
	}
	return all
}

func (l *listing[K, R]) found() any { return l.ids }

// An index finds the rows that have a key now, in the order of their ids, and none of those that are gone.
func TestIndex(t *testing.T) {
	t.Parallel()
	c := newCache[permit.Debt](Debts.name, Query{})
	v := &View{state: &state{caches: map[string]anyCache{Debts.name: c}}}
	put := func(id, licence int64, settled int) {
		c.put(id, permit.Debt{ID: id, Licence: licence, Quantity: 5, Settled: quantity.Quantity(settled)})
	}
	for step, s := range []struct {
		do   func()
		want [2][]int64 // of licences 1 and 2
	}{
		{func() { put(3, 1, 0) }, [2][]int64{{3}, nil}},
		{func() { put(7, 1, 0) }, [2][]int64{{3, 7}, nil}},
		{func() { put(5, 1, 0) }, [2][]int64{{3, 5, 7}, nil}},
		{func() { put(3, 1, 4) }, [2][]int64{{3, 5, 7}, nil}},
		{func() { put(5, 2, 0) }, [2][]int64{{3, 7}, {5}}},
		{func() { put(3, 1, 5) }, [2][]int64{{7}, {5}}},
		{func() { c.remove(7) }, [2][]int64{nil, {5}}},
		{func() { put(3, 1, 0) }, [2][]int64{{3}, {5}}},
	} {
		s.do()
		for n, want := range s.want {
			var got []int64
			for d := range debtsOwed.of(v, int64(1+n)) {
				got = append(got, d.ID)
			}
			first, found := debtsOwed.first(v, int64(1+n))
			if !slices.Equal(got, want) || found != (want != nil) || found && first.ID != want[0] {
				t.Errorf("step %d: licence %d has %v, first %d; want %v", step, 1+n, got, first.ID, want)
			}
		}
	}
}
