package app

import (
	"slices"
	"sort"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
)

// issuanceIndex finds issuances by what is counted once, and mirrors by what they
// are of, so that no command walks a table that grows with history. Those in
// counted, evidence and plants are the ones that count.
type issuanceIndex struct {
	lastUnit int64             // that was given out
	brought  map[message]int64 // by the message that brought it
	evidence map[string]int64  // by the evidence that it rests on
	plants   map[string][]int64
	months   map[pooledMonth][]int64
	mirrors  map[int64]int64         // mirror, by the issuance that its units became
	mirrored map[int64][]mirrorUnits // that are not released, by place and in the order of their numbers
}

type pooledMonth struct {
	scheme      int64
	methodology string
	first       calendar.Date
}

type mirrorUnits struct{ first, last, id int64 }

func pooledMonthOf(i carbon.Issuance) pooledMonth {
	return pooledMonth{i.Scheme, i.Methodology, i.PeriodFrom}
}

// indexIssuances builds the index anew from the rows in memory.
func (s *state) indexIssuances() {
	s.issuances = issuanceIndex{
		brought: map[message]int64{}, evidence: map[string]int64{}, plants: map[string][]int64{}, months: map[pooledMonth][]int64{},
		mirrors: map[int64]int64{}, mirrored: map[int64][]mirrorUnits{},
	}
	v := &View{state: s}
	for i := range All(v, Issuances) {
		s.indexIssuance(i)
	}
	for m := range All(v, Mirrors) {
		s.indexMirror(m)
	}
}

func (s *state) indexIssuance(i carbon.Issuance) {
	x, v := &s.issuances, &View{state: s}
	x.lastUnit = max(x.lastUnit, i.LastUnit)
	if i.Outbox != 0 {
		x.brought[messageOf(i)] = i.ID
		note(x.months, pooledMonthOf(i), i)
	}
	if plant := v.plantOf(i); plant != "" {
		note(x.plants, plant, i)
	}
	switch {
	case i.Live():
		x.evidence[i.EvidenceDigest] = i.ID
	case x.evidence[i.EvidenceDigest] == i.ID:
		delete(x.evidence, i.EvidenceDigest)
	}
}

// note adds an issuance to those of a key, or takes it out when it counts no more.
func note[K comparable](of map[K][]int64, k K, i carbon.Issuance) {
	at, known := slices.BinarySearch(of[k], i.ID)
	switch {
	case i.Live() && !known:
		of[k] = slices.Insert(of[k], at, i.ID)
	case !i.Live() && known:
		of[k] = slices.Delete(of[k], at, at+1)
	}
}

func (s *state) indexMirror(m carbon.Mirror) {
	x := &s.issuances
	x.mirrors[m.Issuance] = m.ID
	all := x.mirrored[m.Place]
	at := sort.Search(len(all), func(n int) bool { return all[n].first >= m.FirstUnit })
	known := at < len(all) && all[at].id == m.ID
	switch {
	case m.Released && known:
		x.mirrored[m.Place] = slices.Delete(all, at, at+1)
	case !m.Released && !known:
		x.mirrored[m.Place] = slices.Insert(all, at, mirrorUnits{m.FirstUnit, m.LastUnit, m.ID})
	}
}

// broughtBy is the issuance that a message has brought, or none.
func (v *View) broughtBy(m message) (carbon.Issuance, bool) {
	id, known := v.issuances.brought[m]
	return rowsOf(v.state, Issuances).rows[id], known
}

// counted are the issuances that count the plant of a project, or the month of a
// pool, as another does.
func (v *View) counted(i carbon.Issuance) []int64 {
	if i.Project != 0 {
		return v.issuances.plants[v.plantOf(i)]
	}
	return v.issuances.months[pooledMonthOf(i)]
}

// mirrorOver is a mirror that is not released and has units in common with
// another, or none. No two of one place have any (I-80), so the one that begins
// last before the end of these is the one to ask.
func (v *View) mirrorOver(m carbon.Mirror) (carbon.Mirror, bool) {
	all := v.issuances.mirrored[m.Place]
	at := sort.Search(len(all), func(n int) bool { return all[n].first > m.LastUnit })
	if at == 0 || all[at-1].last < m.FirstUnit {
		return carbon.Mirror{}, false
	}
	return rowsOf(v.state, Mirrors).rows[all[at-1].id], true
}

// mirrorOf is the mirror whose units an issuance is of, or none.
func (v *View) mirrorOf(i carbon.Issuance) (carbon.Mirror, bool) {
	id, known := v.issuances.mirrors[i.ID]
	return rowsOf(v.state, Mirrors).rows[id], known
}
