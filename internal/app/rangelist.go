package app

import (
	"cmp"
	"iter"
	"slices"
	"sort"
)

// A rangeList is the ranges of one holder, the longest first and equally long ones by
// their numbers. They lie in runs of bounded length: what comes and goes moves
// those of its run, however many there are.
type rangeList struct{ runs [][]heldRange }

const runMost = 512

func longestFirst(a, b heldRange) int {
	return cmp.Or(cmp.Compare(b.units, a.units), cmp.Compare(a.first, b.first))
}

// rangeListOf takes ranges in any order.
func rangeListOf(all []heldRange) *rangeList {
	slices.SortFunc(all, longestFirst)
	return &rangeList{slices.Collect(slices.Chunk(all, runMost))}
}

func (l *rangeList) isEmpty() bool { return len(l.runs) == 0 }

func (l *rangeList) length() (n int) {
	if l == nil {
		return 0
	}
	for _, run := range l.runs {
		n += len(run)
	}
	return n
}

// run is where a range is, or belongs: in the first run that does not end before it.
func (l *rangeList) run(r heldRange) int {
	n := sort.Search(len(l.runs), func(n int) bool { return longestFirst(l.runs[n][len(l.runs[n])-1], r) >= 0 })
	return min(n, len(l.runs)-1)
}

func (l *rangeList) add(r heldRange) {
	if l.isEmpty() {
		l.runs = [][]heldRange{{r}}
		return
	}
	n := l.run(r)
	at, _ := slices.BinarySearchFunc(l.runs[n], r, longestFirst)
	run := slices.Insert(l.runs[n], at, r)
	if l.runs[n] = run; len(run) > runMost {
		half := len(run) / 2
		l.runs[n] = run[:half:half]
		l.runs = slices.Insert(l.runs, n+1, slices.Clone(run[half:]))
	}
}

func (l *rangeList) remove(r heldRange) {
	n := l.run(r)
	at, _ := slices.BinarySearchFunc(l.runs[n], r, longestFirst)
	if l.runs[n] = slices.Delete(l.runs[n], at, at+1); len(l.runs[n]) == 0 {
		l.runs = slices.Delete(l.runs, n, n+1)
	}
}

// all must not be changed while it is walked.
func (l *rangeList) all() iter.Seq[heldRange] {
	return func(yield func(heldRange) bool) {
		if l == nil {
			return
		}
		for _, run := range l.runs {
			for _, r := range run {
				if !yield(r) {
					return
				}
			}
		}
	}
}
