package app

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A list in runs is the sorted list, whatever comes and goes, at its ends and between.
func TestRangeList(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 2))
	var want []heldRange
	for id := range int64(3 * runMost) {
		want = append(want, heldRange{1 + random.Int64N(40), id, id, true})
	}
	l := rangeListOf(slices.Clone(want))
	slices.SortFunc(want, longestFirst)
	same := func(n int) {
		t.Helper()
		if got := slices.Collect(l.all()); !slices.Equal(got, want) || l.length() != len(want) || l.isEmpty() != (len(want) == 0) {
			t.Fatalf("step %d: %d ranges, want %d in another order", n, len(got), len(want))
		}
		for _, run := range l.runs {
			if len(run) == 0 || len(run) > runMost {
				t.Fatalf("step %d: a run of %d", n, len(run))
			}
		}
	}
	same(-1)
	for n := range 12 * runMost {
		grows := n/runMost%4 != 3 || len(want) == 0
		if r := (heldRange{1 + random.Int64N(60), int64(10_000 + n), int64(n), n%2 == 0}); grows && random.IntN(3) > 0 || len(want) == 0 {
			at, _ := slices.BinarySearchFunc(want, r, longestFirst)
			want = slices.Insert(want, at, r)
			l.add(r)
		} else {
			at := random.IntN(len(want))
			l.remove(want[at])
			want = slices.Delete(want, at, at+1)
		}
		if n%97 == 0 {
			same(n)
		}
	}
	for len(want) > 0 {
		l.remove(want[0])
		want = want[1:]
		if len(want)%400 == 0 {
			same(len(want))
		}
	}
	l.add(heldRange{1, 1, 1, true})
	if l.length() != 1 {
		t.Errorf("%d ranges", l.length())
	}
}

// A row that was removed and comes again has its place, and none is there twice.
func TestCache_RemoveAndPut(t *testing.T) {
	t.Parallel()
	type row struct{ ID, Command int64 }
	c := &cache[row]{rows: map[int64]row{}}
	ids := func() (all []int64) {
		for _, id := range c.order {
			if _, known := c.rows[id]; known {
				all = append(all, id)
			}
		}
		return all
	}
	for id := range int64(10) {
		c.put(1+id, row{ID: 1 + id})
	}
	c.remove(3)
	c.put(3, row{ID: 3})
	for _, id := range []int64{2, 4, 5, 6, 7, 8} {
		c.remove(id)
	}
	c.put(5, row{ID: 5})
	if got := ids(); !slices.Equal(got, []int64{1, 3, 5, 9, 10}) || len(c.order) > 2*len(c.rows) {
		t.Errorf("%v of %v", got, c.order)
	}
}
