package app

import (
	"math"

	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// An order to sell credits holds its tonnes aside in its party's account, and no
// range of them: which units go is decided by the fill, lowest numbers first of
// those that are neither offered by auction nor locked. What is held aside is
// nobody's to use, so that no unit is sold twice (I-84).

// creditAtoms are the atoms of an account of credits, 10⁻⁶ kgCO2e, in an atom of
// a quantity, 10⁻⁶ t.
const creditAtoms = int64(quantity.OneTonne) / int64(quantity.OneQuantity)

// rangesMost bounds the ranges that an order moves: a command stages a bounded
// number of rows.
const rangesMost = 1000

// creditGoods is a party's account of the credits that an instrument is.
func (v *View) creditGoods(party int64, i catalog.Instrument) ledger.Key {
	return ledger.CreditKey(ledger.Credits, rowsOf(v.state, CarbonSchemes).rows[i.Scheme].Region, i.Pollutant, party)
}

// unitsIn is how many units a quantity of an instrument is.
func (v *View) unitsIn(q quantity.Quantity, i catalog.Instrument) int64 {
	return unitsOf(q, rowsOf(v.state, CarbonSchemes).rows[i.Scheme])
}

// checkCreditsOfSale holds that the tonnes are free, and do not lie in too many ranges.
func (e *entry) checkCreditsOfSale(v *View, before *market.Record) error {
	o := &e.order
	if more := o.Hold - before.Hold; more > 0 {
		if err := v.ledger.CheckHold(e.key, more); err != nil {
			return err
		}
	}
	if _, pieces := v.lowestUnits(e.inst.Series, o.Party, v.unitsIn(o.Remaining, e.inst), MaxFills+1); pieces > MaxFills {
		return carbon.ErrPieces.At("quantity")
	}
	return nil
}

// lowestUnits counts the units of the lowest free ranges of a party, as far as
// units and as many ranges as most.
func (v *View) lowestUnits(series, party, units int64, most int) (found int64, pieces int) {
	for r := range v.freeRanges(series, party) {
		if found >= units || pieces == most {
			break
		}
		found += r.Units()
		pieces++
	}
	return min(found, units), pieces
}

// checkRangesMoved returns ErrTooManyFills when the sellers that an order meets
// would deliver out of too many ranges.
func (e *entry) checkRangesMoved(v *View, sellers map[int64]quantity.Quantity) error {
	for party, q := range sellers {
		_, pieces := v.lowestUnits(e.inst.Series, party, v.unitsIn(min(q, e.order.Remaining), e.inst), rangesMost+1)
		if e.ranges += pieces; e.ranges > rangesMost {
			return ErrTooManyFills.With("the order would take credits out of more than %d ranges at once: send it in parts", rangesMost)
		}
	}
	return nil
}

// portion is as much of a quantity as one fill of a call moves: credits out of a
// bounded number of ranges.
func (v *View) portion(sell *market.Record, i catalog.Instrument, q quantity.Quantity) quantity.Quantity {
	if !i.OfCredits() {
		return q
	}
	scheme := rowsOf(v.state, CarbonSchemes).rows[i.Scheme]
	units, pieces := v.lowestUnits(i.Series, sell.Party, unitsOf(q, scheme), rangesMost)
	if whole := tonnesOf(units, scheme).FloorTo(quantity.OneQuantity); pieces == rangesMost && whole > 0 {
		return min(q, whole)
	}
	return q
}

// deliverCredits gives the buyer of a trade the seller's units with the lowest
// numbers, against their price, in one transfer.
func (tx *Tx) deliverCredits(t market.Trade, seller, buyer ledger.Key, i catalog.Instrument) {
	taken, left, err := carbon.Take(tx.freeRanges(i.Series, seller.Party), tx.unitsIn(t.Quantity, i), math.MaxInt)
	if err != nil {
		panic("app: a party has fewer units than its open orders sell")
	}
	tx.changeUnits(taken, func(r *carbon.Range) { r.Party = buyer.Party }, left)
	legs := []ledger.Leg{{Debit: seller, Credit: buyer, Amount: int64(t.Quantity) * creditAtoms, FromHeld: true}}
	if t.Amount > 0 {
		legs = append(legs, ledger.Leg{
			Debit: ledger.FundsKey(buyer.Party), Credit: ledger.FundsKey(seller.Party), Amount: int64(t.Amount), FromHeld: true,
		})
	}
	tx.Post(ledger.Transfer{Reason: ledger.CreditFill, Reference: t.ID, Legs: legs})
}
