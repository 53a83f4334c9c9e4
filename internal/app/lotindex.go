package app

import (
	"cmp"
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// lotIndex finds what lies in the reserve without walking all lots: a registry
// has 100,000 of them.
type lotIndex struct {
	shelves map[ledger.Asset]*shelf
	claims  map[claimant][]int64 // open claims, ascending
	byLot   map[int64][]int64    // open claims to a lot, ascending
	days    map[dayKey]int64     // the latest totals
}

// shelf is the open lots of a region and pollutant. Those with something
// available are kept in the orders in which they leave.
type shelf struct {
	lots             map[int64]*shelved
	oldest, cheapest []*shelved
	sum              lotSum
}

// shelved is what the shelf must know of a lot to find it and to add up.
type shelved struct {
	id         int64
	acquiredOn calendar.Date
	unitCost   quantity.Price
	sum        lotSum
}

// lotSum is what lots come to.
type lotSum struct{ inReserve, setAside, reserved, available quantity.Quantity }

func (s *lotSum) add(o lotSum, sign quantity.Quantity) {
	s.inReserve += sign * o.inReserve
	s.setAside += sign * o.setAside
	s.reserved += sign * o.reserved
	s.available += sign * o.available
}

func sumOf(l reserve.Lot) lotSum {
	return lotSum{inReserve: l.InReserve(), setAside: l.SetAside(), reserved: l.Reserved, available: l.Available}
}

type dayKey struct {
	region, pollutant string
	event             reserve.LotEvent
	provenance        reserve.Provenance
}

func dayKeyOf(m reserve.LotMovement) dayKey {
	return dayKey{m.Region, m.Pollutant, m.Event, m.Provenance}
}

func totalKeyOf(d reserve.DayTotal) dayKey {
	return dayKey{d.Region, d.Pollutant, d.Event, d.Provenance}
}

// byAge and byCost are the two orders; a lot is found in each by its own key.
func byAge(a, b *shelved) int {
	return cmp.Or(cmp.Compare(a.acquiredOn, b.acquiredOn), cmp.Compare(a.id, b.id))
}

func byCost(a, b *shelved) int { return cmp.Or(cmp.Compare(a.unitCost, b.unitCost), byAge(a, b)) }

// indexLots builds the index after the resident tables have been read.
func (s *state) indexLots() {
	s.lots = lotIndex{shelves: map[ledger.Asset]*shelf{}, claims: map[claimant][]int64{}, byLot: map[int64][]int64{}, days: map[dayKey]int64{}}
	for _, l := range rowsOf(s, Lots).rows {
		x := s.shelf(l.Key().Asset()).place(l)
		if l.Available > 0 {
			sh := s.shelf(l.Key().Asset())
			sh.oldest, sh.cheapest = append(sh.oldest, x), append(sh.cheapest, x)
		}
	}
	for _, sh := range s.lots.shelves {
		slices.SortFunc(sh.oldest, byAge)
		slices.SortFunc(sh.cheapest, byCost)
	}
	for c := range All(&View{state: s}, LotClaims) {
		s.indexClaim(c)
	}
	for _, d := range rowsOf(s, DayTotals).rows {
		s.lots.days[totalKeyOf(d)] = d.ID
	}
}

func (s *state) shelf(a ledger.Asset) *shelf {
	sh := s.lots.shelves[a]
	if sh == nil {
		sh = &shelf{lots: map[int64]*shelved{}}
		s.lots.shelves[a] = sh
	}
	return sh
}

// place records what a lot comes to, and returns it as the shelf knows it.
func (sh *shelf) place(l reserve.Lot) *shelved {
	x := sh.lots[l.ID]
	if x == nil {
		x = &shelved{id: l.ID, acquiredOn: l.AcquiredOn, unitCost: l.UnitCost()}
		sh.lots[l.ID] = x
	}
	sh.sum.add(x.sum, -1)
	x.sum = sumOf(l)
	sh.sum.add(x.sum, 1)
	return x
}

// indexLot keeps the shelf in step with a lot that was written.
func (s *state) indexLot(l reserve.Lot) {
	sh := s.shelf(l.Key().Asset())
	old := sh.lots[l.ID]
	had := old != nil && old.sum.available > 0
	x := sh.place(l)
	if has := l.Available > 0; had != has {
		sh.oldest = keep(sh.oldest, x, byAge, has)
		sh.cheapest = keep(sh.cheapest, x, byCost, has)
	}
	if !l.Open {
		delete(sh.lots, l.ID)
		rowsOf(s, Lots).remove(l.ID)
	}
}

// keep puts a lot at its place in a sorted row, or takes it out.
func keep(row []*shelved, x *shelved, order func(a, b *shelved) int, in bool) []*shelved {
	at, found := slices.BinarySearchFunc(row, x, order)
	switch {
	case in && !found:
		return slices.Insert(row, at, x)
	case !in && found:
		return slices.Delete(row, at, at+1)
	}
	return row
}

// indexClaim keeps the claims of an owner and of a lot in step.
func (s *state) indexClaim(c reserve.LotClaim) {
	owner := claimant{c.Owner, c.Reference}
	keepID(s.lots.claims, owner, c.ID, c.Open)
	keepID(s.lots.byLot, c.Lot, c.ID, c.Open)
	if !c.Open {
		rowsOf(s, LotClaims).remove(c.ID)
	}
}

func keepID[K comparable](index map[K][]int64, key K, id int64, in bool) {
	ids := index[key]
	at, found := slices.BinarySearch(ids, id)
	switch {
	case in && !found:
		index[key] = slices.Insert(ids, at, id)
	case !in && found && len(ids) == 1:
		delete(index, key)
	case !in && found:
		index[key] = slices.Delete(ids, at, at+1)
	}
}

func (s *state) indexDay(d reserve.DayTotal) {
	if d.Latest {
		s.lots.days[totalKeyOf(d)] = d.ID
	} else {
		rowsOf(s, DayTotals).remove(d.ID)
	}
}

// reserveDiffers says how the reserve's account differs from its lots, or
// nothing (I-20).
func (s *state) reserveDiffers(a ledger.Asset) string {
	b := s.ledger.Balance(ledger.PermitKey(ledger.Reserve, a.Region, a.Pollutant))
	var sum lotSum
	if sh := s.lots.shelves[a]; sh != nil {
		sum = sh.sum
	}
	if quantity.Quantity(b.Balance) == sum.inReserve && quantity.Quantity(b.Held) == sum.setAside+sum.reserved {
		return ""
	}
	return fmt.Sprintf("the reserve of %s for %s is %s with %s held aside, its lots come to %s and %s", a.Region, a.Pollutant,
		quantity.Quantity(b.Balance), quantity.Quantity(b.Held), sum.inReserve, sum.setAside+sum.reserved)
}

// mustAgree panics when a command has moved the reserve's account without its
// lots, or lots without the account (I-20).
func (tx *Tx) mustAgree() {
	for _, m := range tx.touched.balances {
		if a, _ := tx.ledger.Account(m.id); a.Kind == ledger.Reserve {
			tx.mustAgreeOn(a.Key().Asset())
		}
	}
	for _, m := range tx.touched.records {
		if m.table == Lots.name {
			if l, ok := tx.batch.Records[m.table].ByID[m.id].(*reserve.Lot); ok {
				tx.mustAgreeOn(l.Key().Asset())
			}
		}
	}
}

func (tx *Tx) mustAgreeOn(a ledger.Asset) {
	if differs := tx.reserveDiffers(a); differs != "" {
		panic("app: " + differs)
	}
}
