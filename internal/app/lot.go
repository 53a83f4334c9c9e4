package app

import (
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// The tables of the reserve's lots. Lots with something left, open claims and
// the latest total of each event lie in memory; the rest is history.
var (
	Lots         = residentWhere[reserve.Lot]("lot", Where("open", true))
	LotClaims    = residentWhere[reserve.LotClaim]("lot_claim", Where("open", true))
	LotMovements = cold[reserve.LotMovement]("lot_movement")
	DayTotals    = residentWhere[reserve.DayTotal]("reserve_day", Where("latest", true))
)

// addLot brings a new lot into the reserve, all of it available. The posting to
// the reserve is the caller's.
func (tx *Tx) addLot(l reserve.Lot) reserve.Lot { return tx.bringLot(l, reserve.Added) }

func (tx *Tx) bringLot(l reserve.Lot, event reserve.LotEvent) reserve.Lot {
	l, m := l.New(event, tx.Today)
	l = Put(tx, Lots, l)
	m.Lot = l.ID
	tx.addTotals(Put(tx, LotMovements, m))
	return l
}

// lotMove is a movement of parts of lots of one region and pollutant from one
// bucket by an event.
type lotMove struct {
	event     reserve.LotEvent
	from      reserve.Bucket
	picks     []reserve.Pick
	claimant  claimant       // who gets a claim to the parts; zero: nobody
	amount    quantity.Money // that the buyer pays for all of it
	document  string
	reference int64
}

// claimant names the owner of claims.
type claimant struct {
	owner     reserve.ClaimOwner
	reference int64
}

// moveLots moves parts that Decide has picked, and holds aside in the reserve's
// account what the lots set aside. The posting of what leaves the reserve, out
// of its available part, is the caller's, and so is the hold of what is sold.
func (tx *Tx) moveLots(m lotMove) []reserve.LotMovement {
	amounts := m.amounts()
	moved := make([]reserve.LotMovement, len(m.picks))
	for i, p := range m.picks {
		before := mustGet(tx, Lots, p.Lot)
		l, row, err := before.Move(m.event, m.from, p.Quantity, tx.Today)
		if err != nil {
			panic(err)
		}
		row.Amount, row.Document, row.Reference = amounts[i], m.document, m.reference
		Put(tx, Lots, l)
		moved[i] = Put(tx, LotMovements, row)
		tx.moveClaims(p, row, m.claimant)
		tx.setAside(l.Key(), l.SetAside()-before.SetAside())
	}
	tx.addTotals(moved...)
	return moved
}

// amounts are the parts of the amount that fall on each pick.
func (m lotMove) amounts() []quantity.Money {
	weights := make([]int64, len(m.picks))
	for i, p := range m.picks {
		weights[i] = int64(p.Quantity)
	}
	return must(quantity.Apportion(m.amount, weights))
}

// setAside holds more, or less, of the reserve's account aside for its lots.
func (tx *Tx) setAside(k ledger.Key, change quantity.Quantity) {
	if change > 0 {
		tx.Hold(k, int64(change))
	} else {
		tx.Release(k, int64(-change))
	}
}

// moveClaims gives up the claim that a part was picked from, and gives one to
// who gets it. What is frozen stays claimed.
func (tx *Tx) moveClaims(p reserve.Pick, m reserve.LotMovement, to claimant) {
	if p.Claim != 0 {
		c := mustGet(tx, LotClaims, p.Claim)
		if m.FromBucket == reserve.FrozenEarmarked {
			c = c.Change(0, -p.Quantity)
		} else {
			c = c.Change(-p.Quantity, 0)
		}
		switch m.Event { //nolint:exhaustive // by any other event the part is no longer claimed
		case reserve.Freezing:
			c = c.Change(0, p.Quantity)
		case reserve.Unfreeze:
			c = c.Change(p.Quantity, 0)
		}
		Put(tx, LotClaims, c)
	}
	if to.owner != "" {
		Put(tx, LotClaims, reserve.LotClaim{Lot: p.Lot, Owner: to.owner, Reference: to.reference}.Change(p.Quantity, 0))
	}
}

// addTotals adds movements to the totals of their day.
func (tx *Tx) addTotals(moved ...reserve.LotMovement) {
	var sums []reserve.DayTotal
next:
	for _, m := range moved {
		key := dayKeyOf(m)
		for i := range sums {
			if totalKeyOf(sums[i]) == key {
				sums[i] = sums[i].Add(m)
				continue next
			}
		}
		sums = append(sums, tx.totalOfToday(m).Add(m))
	}
	for _, d := range sums {
		Put(tx, DayTotals, d)
	}
}

// totalOfToday is the day's total so far. The first of a day takes the place of
// the latest.
func (tx *Tx) totalOfToday(m reserve.LotMovement) reserve.DayTotal {
	if id, known := tx.lots.days[dayKeyOf(m)]; known {
		d := mustGet(tx, DayTotals, id)
		if d.Day == tx.Today {
			return d
		}
		d.Latest = false
		Put(tx, DayTotals, d)
	}
	return reserve.DayTotal{
		Region: m.Region, Pollutant: m.Pollutant, Day: tx.Today, Event: m.Event, Provenance: m.Provenance, Latest: true,
	}
}
