package app

import (
	"cmp"
	"iter"
	"slices"

	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/ledger"
)

// heldRanges finds the ranges that a party holds of a series, by their numbers.
type heldRanges struct {
	of    map[creditHolder][]heldRange
	owner map[int64]heldBy // by range
}

type creditHolder struct{ series, party int64 }

type heldRange struct{ first, id int64 }

// heldBy is where a range stands in the index.
type heldBy struct {
	creditHolder
	first int64
}

func byFirst(a, b heldRange) int {
	return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.id, b.id))
}

// indexRanges builds the index anew from the ranges in memory.
func (s *state) indexRanges() {
	h := heldRanges{map[creditHolder][]heldRange{}, map[int64]heldBy{}}
	for _, r := range rowsOf(s, CreditRanges).rows {
		holder := creditHolder{r.Series, r.Party}
		h.of[holder] = append(h.of[holder], heldRange{r.FirstUnit, r.ID})
		h.owner[r.ID] = heldBy{holder, r.FirstUnit}
	}
	for _, held := range h.of {
		slices.SortFunc(held, byFirst)
	}
	s.credits = h
}

// indexRange keeps the index in step; a range that is used up is history.
func (s *state) indexRange(r carbon.Range) {
	if was, known := s.credits.owner[r.ID]; known {
		s.credits.remove(was, r.ID)
	}
	if r.State == carbon.Held {
		s.credits.add(heldBy{creditHolder{r.Series, r.Party}, r.FirstUnit}, r.ID)
		return
	}
	rowsOf(s, CreditRanges).remove(r.ID)
}

func (h *heldRanges) add(by heldBy, id int64) {
	held := h.of[by.creditHolder]
	at, _ := slices.BinarySearchFunc(held, heldRange{by.first, id}, byFirst)
	h.of[by.creditHolder] = slices.Insert(held, at, heldRange{by.first, id})
	h.owner[id] = by
}

func (h *heldRanges) remove(by heldBy, id int64) {
	held := h.of[by.creditHolder]
	at, _ := slices.BinarySearchFunc(held, heldRange{by.first, id}, byFirst)
	h.of[by.creditHolder] = slices.Delete(held, at, at+1)
	delete(h.owner, id)
}

// freeRanges are the ranges that a party holds of a series and that are free, by
// their numbers. What its open orders sell is among them.
func (v *View) freeRanges(series, party int64) iter.Seq[carbon.Range] {
	return v.rangesIf(series, party, carbon.Range.Free)
}

// rangesOf are these ranges in a list.
func (v *View) rangesOf(series, party int64) []carbon.Range {
	return slices.Collect(v.freeRanges(series, party))
}

// rangesFor are those that are on sale by an offer.
func (v *View) rangesFor(series, party, offer int64) []carbon.Range {
	return slices.Collect(v.rangesIf(series, party, func(r carbon.Range) bool { return r.Offer == offer }))
}

// rangesIf must not be changed while it is walked.
func (v *View) rangesIf(series, party int64, holds func(carbon.Range) bool) iter.Seq[carbon.Range] {
	return func(yield func(carbon.Range) bool) {
		for _, held := range v.credits.of[creditHolder{series, party}] {
			if r := rowsOf(v.state, CreditRanges).rows[held.id]; holds(r) && !yield(r) {
				return
			}
		}
	}
}

// creditMove takes units of a series from a party: ranges, and their postings.
type creditMove struct {
	taken    []carbon.Range
	left     carbon.Range // of the range that was split; no units where none was
	transfer ledger.Transfer
}

// pickUnits picks units of what a party has of a series, and posts them from
// its account to another. Fails as carbon.Split and the ledger do.
func (v *View) pickUnits(r ledger.Reason, series carbon.Series, from int64, ranges []carbon.Range, units int64, to ledger.Key) (creditMove, error) {
	scheme := rowsOf(v.state, CarbonSchemes).rows[series.Scheme]
	key := creditKey(ledger.Credits, scheme, series, from)
	m, err := cutUnits(r, key, to, scheme, ranges, units)
	if err != nil {
		return m, err
	}
	if err := v.checkNotInBook(key, units, scheme); err != nil {
		return creditMove{}, atField(err, "units")
	}
	return m, v.ledger.Check(m.transfer)
}

// cutUnits is pickUnits without a look at what is held aside.
func cutUnits(r ledger.Reason, from, to ledger.Key, scheme carbon.Scheme, ranges []carbon.Range, units int64) (creditMove, error) {
	taken, left, err := carbon.Split(ranges, units)
	return creditMove{taken, left, ledger.Transfer{Reason: r, Legs: []ledger.Leg{{
		Debit: from, Credit: to, Amount: units * int64(scheme.SerialUnit),
	}}}}, err
}

// ErrInBook is returned when units that would be used are on sale by open orders.
var ErrInBook = fault.New(fault.Refused, "carbon.units_in_book", "the units are on sale by open orders: cancel orders first").
	Under("carbon.in_book", "project default: what an open order sells is nobody's to use")

// checkNotInBook returns ErrInBook when a party's free ranges have units and its
// open orders sell so many of them that there are fewer to use.
func (v *View) checkNotInBook(k ledger.Key, units int64, scheme carbon.Scheme) error {
	if free := v.ledger.Balance(k).Available() / int64(scheme.SerialUnit); units > free {
		return ErrInBook.With("%d units are wanted, open orders leave %d", units, max(free, 0))
	}
	return nil
}

// move does what was picked: each range that was taken is changed, what is
// left of the last is a range of its own. A taken range keeps its id and only
// gets shorter, so that no two rows ever overlap while they are written.
func (tx *Tx) moveUnits(m creditMove, reference int64, change func(*carbon.Range)) []carbon.Range {
	moved := tx.changeUnits(m.taken, change, m.left)
	m.transfer.Reference = reference
	tx.Post(m.transfer)
	return moved
}

// changeUnits writes what was picked, and what is left of ranges that were split.
func (tx *Tx) changeUnits(taken []carbon.Range, change func(*carbon.Range), left ...carbon.Range) []carbon.Range {
	changed := make([]carbon.Range, len(taken))
	for i, r := range taken {
		change(&r)
		changed[i] = Put(tx, CreditRanges, r)
	}
	for _, r := range left {
		if r.LastUnit != 0 {
			Put(tx, CreditRanges, r)
		}
	}
	return changed
}
