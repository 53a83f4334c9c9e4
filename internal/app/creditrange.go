package app

import (
	"iter"
	"slices"

	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
)

// heldRanges finds the ranges that a party holds of a series: the longest first,
// equally long ones by their numbers. Units are taken in this order, so that they
// lie in as few ranges as can be, whatever small ones the party was given.
type heldRanges struct {
	of      map[creditHolder]*rangeList
	free    map[creditHolder]int64 // units of ranges that are free
	owner   map[int64]heldBy       // by range
	holders map[int64][]int64      // parties that hold some of a series, in their order
	locked  map[int64][]int64      // ranges, by the mirror that they are locked for
}

// rangesOfOffer are those that are on sale by an offer.
var rangesOfOffer = indexed(CreditRanges, func(r carbon.Range) []int64 { return when(r.Offer != 0 && r.State == carbon.Held, r.Offer) })

type creditHolder struct{ series, party int64 }

type heldRange struct {
	units, first, id int64
	free             bool
}

// heldBy is where a range stands in the index.
type heldBy struct {
	creditHolder
	heldRange
	mirror int64
}

func heldOf(r carbon.Range) heldBy {
	return heldBy{creditHolder{r.Series, r.Party}, heldRange{r.Units(), r.FirstUnit, r.ID, r.Free()}, r.Mirror}
}

// indexRanges builds the index anew from the ranges in memory.
func (s *state) indexRanges() {
	h, all := heldRanges{map[creditHolder]*rangeList{}, map[creditHolder]int64{}, map[int64]heldBy{}, map[int64][]int64{}, map[int64][]int64{}}, map[creditHolder][]heldRange{}
	for _, r := range rowsOf(s, CreditRanges).rows {
		by := heldOf(r)
		all[by.creditHolder] = append(all[by.creditHolder], by.heldRange)
		h.note(by, by.units)
		h.owner[r.ID] = by
		h.lock(by)
	}
	for holder, held := range all {
		h.of[holder] = rangeListOf(held)
		h.holders[holder.series] = append(h.holders[holder.series], holder.party)
	}
	for _, parties := range h.holders {
		slices.Sort(parties)
	}
	s.credits = h
}

// indexRange keeps the index in step; a range that is used up is history.
func (s *state) indexRange(r carbon.Range) {
	if was, known := s.credits.owner[r.ID]; known {
		s.credits.remove(was)
	}
	if r.State == carbon.Held {
		s.credits.add(heldOf(r))
		return
	}
	rowsOf(s, CreditRanges).remove(r.ID)
}

func (h *heldRanges) add(by heldBy) {
	held := h.of[by.creditHolder]
	if held == nil {
		held = &rangeList{}
		parties := h.holders[by.series]
		at, _ := slices.BinarySearch(parties, by.party)
		h.of[by.creditHolder], h.holders[by.series] = held, slices.Insert(parties, at, by.party)
	}
	held.add(by.heldRange)
	h.owner[by.id] = by
	h.note(by, by.units)
	h.lock(by)
}

func (h *heldRanges) lock(by heldBy) {
	if by.mirror != 0 {
		h.locked[by.mirror] = append(h.locked[by.mirror], by.id)
	}
}

func (h *heldRanges) remove(by heldBy) {
	held := h.of[by.creditHolder]
	held.remove(by.heldRange)
	delete(h.owner, by.id)
	h.note(by, -by.units)
	if by.mirror != 0 { // all of them are unlocked together
		h.locked[by.mirror] = slices.DeleteFunc(h.locked[by.mirror], func(id int64) bool { return id == by.id })
	}
	if held.isEmpty() {
		parties := h.holders[by.series]
		at, _ := slices.BinarySearch(parties, by.party)
		h.holders[by.series] = slices.Delete(parties, at, at+1)
		delete(h.of, by.creditHolder)
	}
}

func (h *heldRanges) note(by heldBy, units int64) {
	if by.free {
		h.free[by.creditHolder] += units
	}
}

// freeRanges are the ranges that a party holds of a series and that are free, the
// longest first. What its open orders sell is among them.
func (v *View) freeRanges(h creditHolder) iter.Seq[carbon.Range] {
	return v.rangesIf(h, carbon.Range.Free)
}

// spareRanges are what open orders, block trades and freezes leave of them.
func (v *View) spareRanges(h creditHolder) iter.Seq[carbon.Range] {
	return v.unsoldRanges(h, v.spareUnits(h))
}

// unsoldRanges are up to so many units of them that open orders and block trades do
// not sell: these sell the longest ones.
func (v *View) unsoldRanges(h creditHolder, most int64) iter.Seq[carbon.Range] {
	sold := v.unitsInBook(h)
	return func(yield func(carbon.Range) bool) {
		left := most
		for r := range v.freeRanges(h) {
			kept := min(sold, r.Units())
			sold -= kept
			r.LastUnit -= kept
			r.LastUnit = min(r.LastUnit, r.FirstUnit+left-1)
			if left -= r.Units(); r.Units() > 0 && !yield(r) || left == 0 {
				return
			}
		}
	}
}

// rangesFor are those that are on sale by an offer.
func (v *View) rangesFor(h creditHolder, offer int64) iter.Seq[carbon.Range] {
	var ranges []carbon.Range
	for r := range rangesOfOffer.of(v, offer) {
		if heldOf(r).creditHolder == h {
			ranges = append(ranges, r)
		}
	}
	slices.SortFunc(ranges, func(a, b carbon.Range) int { return longestFirst(heldOf(a).heldRange, heldOf(b).heldRange) })
	return slices.Values(ranges)
}

// freeOfIssuance are the free ones of an issuance.
func (v *View) freeOfIssuance(h creditHolder, issuance int64) iter.Seq[carbon.Range] {
	return v.rangesIf(h, func(r carbon.Range) bool { return r.Free() && r.Issuance == issuance })
}

// rangesIf must not be changed while it is walked.
func (v *View) rangesIf(h creditHolder, holds func(carbon.Range) bool) iter.Seq[carbon.Range] {
	return func(yield func(carbon.Range) bool) {
		for held := range v.credits.of[h].all() {
			if r := rowsOf(v.state, CreditRanges).rows[held.id]; holds(r) && !yield(r) {
				return
			}
		}
	}
}

// creditAccount is the account of a holder, and the scheme whose units it has.
func (s *state) creditAccount(h creditHolder) (ledger.Key, carbon.Scheme) {
	series := rowsOf(s, CreditSeries).rows[h.series]
	scheme := rowsOf(s, CarbonSchemes).rows[series.Scheme]
	return creditKey(ledger.Credits, scheme, series, h.party), scheme
}

// unitsInBook is how many units a party's open orders and block trades sell.
func (v *View) unitsInBook(h creditHolder) int64 {
	frozen, _ := v.frozenUnits(h)
	return v.credits.free[h] - v.spareUnits(h) - frozen
}

// spareUnits is how many units a party may dispose of.
func (v *View) spareUnits(h creditHolder) int64 {
	key, scheme := v.creditAccount(h)
	return v.ledger.Balance(key).Available() / int64(scheme.SerialUnit)
}

// unitsPromised is how many of them another party relies on: all that no order sells.
func (v *View) unitsPromised(h creditHolder) int64 {
	key, scheme := v.creditAccount(h)
	promised := v.unitsInBook(h)
	for _, o := range v.ordersOn(func(o *market.Record) bool { return v.holdsIn(o, key) }) {
		promised -= o.Hold / int64(scheme.SerialUnit)
	}
	return promised
}

// sellRanges is how many of its free ranges, the longest ones, a party's open
// orders need at most for what they sell of a series (I-97): so whatever is bought
// of them can be delivered at once.
const sellRanges = 400

// deliverable is how many units a party's open orders may sell when some are taken.
func (v *View) deliverable(h creditHolder, taken []carbon.Range) (units int64) {
	parts := map[int64]carbon.Range{}
	for _, r := range taken {
		parts[r.ID] = r
	}
	var left []int64
	for r := range v.credits.of[h].all() {
		part, isTaken := parts[r.id]
		switch {
		case isTaken:
			for _, rest := range rowsOf(v.state, CreditRanges).rows[r.id].Without(part) {
				left = append(left, rest.Units())
			}
		case r.free:
			left = append(left, r.units)
		}
		if len(left) >= sellRanges+2*len(taken) { // shorter ones do not count
			break
		}
	}
	for _, n := range longestOf(left) {
		units += n
	}
	return units
}

// creditMove takes units of a series from a party: parts of ranges, and their postings.
type creditMove struct {
	taken    []carbon.Range
	transfer ledger.Transfer
}

// pickUnits picks units of what a party has of a series and does not sell, and posts
// them from its account to another. Fails as pickSpare and the ledger do.
func (v *View) pickUnits(r ledger.Reason, series carbon.Series, from, units int64, to ledger.Key) (creditMove, error) {
	h := creditHolder{series.ID, from}
	taken, err := v.pickSpare(h, units)
	if err != nil {
		return creditMove{}, err
	}
	key, scheme := v.creditAccount(h)
	m := creditMove{taken, transferOf(r, key, to, units*int64(scheme.SerialUnit))}
	return m, atField(v.ledger.Check(m.transfer), "units")
}

func transferOf(r ledger.Reason, from, to ledger.Key, amount int64) ledger.Transfer {
	return ledger.Transfer{Reason: r, Legs: []ledger.Leg{{Debit: from, Credit: to, Amount: amount}}}
}

// pickSpare picks units that a party has and that are neither on sale by its open
// orders and block trades nor frozen. Returns ErrInBook or ErrUnitsFrozen, or fails
// as carbon.Split.
func (v *View) pickSpare(h creditHolder, units int64) ([]carbon.Range, error) {
	if err := v.checkNotFrozen(h, units); err != nil {
		return nil, err
	}
	if spare := v.spareUnits(h); units > spare && units <= v.credits.free[h] {
		return nil, ErrInBook.With("%d units are wanted, open orders and block trades leave %d", units, spare)
	}
	return carbon.Split(v.spareRanges(h), units)
}

// ErrInBook is returned when units that would be used are on sale by open orders or block trades.
var ErrInBook = fault.New(fault.Refused, "carbon.units_in_book", "the units are on sale by open orders and block trades: end these first").At("units").
	Under("carbon.in_book", "project default: what an open order or block trade sells is nobody's to use")

// checkNotInBook returns ErrInBook when open orders and block trades could not deliver
// what they sell any more without units that are named, and ErrUnitsFrozen when
// freezes leave fewer.
func (v *View) checkNotInBook(h creditHolder, named []carbon.Range) error {
	var units int64
	for _, r := range named {
		units += r.Units()
	}
	if err := v.checkNotFrozen(h, units); err != nil {
		return err
	}
	if spare := v.spareUnits(h); units > spare {
		return ErrInBook.With("%d units are wanted, open orders and block trades leave %d", units, spare)
	}
	if sold, left := v.unitsInBook(h), v.deliverable(h, named); sold > left {
		return ErrInBook.With("open orders and block trades sell %d units, of %d longest ranges that are left they could deliver %d", sold, sellRanges, left)
	}
	return nil
}

// moveUnits does what was picked.
func (tx *Tx) moveUnits(m creditMove, reference int64, change func(*carbon.Range)) []carbon.Range {
	moved := tx.changeUnits(m.taken, change)
	m.transfer.Reference = reference
	tx.Post(m.transfer)
	return moved
}

// changeUnits changes parts of ranges; what is left beside a part is a range of its
// own. A part keeps the id of its range, which only gets shorter, so that no two
// rows ever overlap while they are written.
func (tx *Tx) changeUnits(parts []carbon.Range, change func(*carbon.Range)) []carbon.Range {
	changed := make([]carbon.Range, len(parts))
	var left []carbon.Range
	for i, r := range parts {
		left = append(left, mustGet(tx, CreditRanges, r.ID).Without(r)...)
		change(&r)
		changed[i] = Put(tx, CreditRanges, r)
	}
	for _, r := range left {
		r.ID = 0
		Put(tx, CreditRanges, r)
	}
	return changed
}
