package app

import (
	"maps"
	"slices"

	"permitx/internal/carbon"
	"permitx/internal/ledger"
)

// heldRanges finds the ranges that a party holds of a series.
type heldRanges struct {
	of    map[creditHolder]map[int64]bool
	owner map[int64]creditHolder // by range
}

type creditHolder struct{ series, party int64 }

// indexRanges builds the index anew from the ranges in memory.
func (s *state) indexRanges() {
	s.credits = heldRanges{map[creditHolder]map[int64]bool{}, map[int64]creditHolder{}}
	for _, r := range rowsOf(s, CreditRanges).rows {
		s.credits.add(r)
	}
}

func (h *heldRanges) add(r carbon.Range) {
	owner := creditHolder{r.Series, r.Party}
	if h.of[owner] == nil {
		h.of[owner] = map[int64]bool{}
	}
	h.of[owner][r.ID] = true
	h.owner[r.ID] = owner
}

// indexRange keeps the index in step; a range that is used up is history.
func (s *state) indexRange(r carbon.Range) {
	if owner, known := s.credits.owner[r.ID]; known {
		delete(s.credits.of[owner], r.ID)
		delete(s.credits.owner, r.ID)
	}
	if r.State == carbon.Held {
		s.credits.add(r)
		return
	}
	rowsOf(s, CreditRanges).remove(r.ID)
}

// rangesOf are the ranges that a party holds of a series and that are free, by
// their ids.
func (v *View) rangesOf(series, party int64) []carbon.Range {
	return v.rangesIf(series, party, carbon.Range.Free)
}

// rangesFor are those that are on sale by an offer.
func (v *View) rangesFor(series, party, offer int64) []carbon.Range {
	return v.rangesIf(series, party, func(r carbon.Range) bool { return r.Offer == offer })
}

func (v *View) rangesIf(series, party int64, holds func(carbon.Range) bool) (ranges []carbon.Range) {
	for _, id := range slices.Sorted(maps.Keys(v.credits.of[creditHolder{series, party}])) {
		if r := rowsOf(v.state, CreditRanges).rows[id]; holds(r) {
			ranges = append(ranges, r)
		}
	}
	return ranges
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
	taken, left, err := carbon.Split(ranges, units)
	if err != nil {
		return creditMove{}, err
	}
	m := creditMove{taken, left, ledger.Transfer{Reason: r, Legs: []ledger.Leg{{
		Debit: creditKey(ledger.Credits, scheme, series, from), Credit: to, Amount: units * int64(scheme.SerialUnit),
	}}}}
	return m, v.ledger.Check(m.transfer)
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
