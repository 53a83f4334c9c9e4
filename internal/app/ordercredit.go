package app

import (
	"math"

	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// An order to sell credits holds its tonnes aside in its party's account, and no
// range of them: which units go is decided by the fill, the longest ranges first
// of those that are neither offered by auction nor locked. What is held aside is
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

// goodsHolder is whose credits of an instrument they are.
func goodsHolder(party int64, i catalog.Instrument) creditHolder {
	return creditHolder{i.Series, party}
}

// checkCreditsOfSale holds that the tonnes are free, and that what the party's open
// orders sell with them lies in few enough ranges.
func (e *entry) checkCreditsOfSale(v *View, before *market.Record) error {
	o := &e.order
	more := o.Hold - before.Hold
	if more <= 0 {
		return nil
	}
	h := goodsHolder(o.Party, e.inst)
	if err := v.checkCreditsThere(h, more); err != nil {
		return err
	}
	return fault.First(v.checkCreditResale(e.market, h, more), v.checkDeliverable(h, more))
}

// checkCreditsThere holds that a party has so much of a series to set aside.
func (v *View) checkCreditsThere(h creditHolder, more int64) error {
	key, scheme := v.creditAccount(h)
	if err := v.checkNotFrozen(h, more/int64(scheme.SerialUnit)); err != nil {
		return atField(err, "quantity")
	}
	return atField(v.ledger.CheckHold(key, more), "quantity")
}

// checkDeliverable holds that what a party sells of a series, and more of it, lies
// in few enough ranges.
func (v *View) checkDeliverable(h creditHolder, more int64) error {
	if v.credits.of[h].length() <= sellRanges {
		return nil
	}
	_, scheme := v.creditAccount(h)
	return checkLongest(more/int64(scheme.SerialUnit), v.unitsInBook(h), v.deliverable(h, nil))
}

// checkLongest is View.checkDeliverable of units where so many are sold, and the
// longest ranges have so many.
func checkLongest(more, sold, most int64) error {
	if sold+more > most {
		return carbon.ErrPieces.With("the party's orders may sell its %d longest ranges, which have %d units; they sell %d already", sellRanges, most, sold).At("quantity")
	}
	return nil
}

// countRanges counts the ranges that a party delivers a number of units from, as far as rangesMost and one.
func (v *View) countRanges(h creditHolder, units int64) (ranges int) {
	for r := range v.freeRanges(h) {
		if units <= 0 || ranges > rangesMost {
			break
		}
		units -= r.Units()
		ranges++
	}
	return ranges
}

// checkRangesMoved returns ErrTooManyRanges when the parties that would deliver,
// what they sell at most, would do so out of too many ranges.
func (e *entry) checkRangesMoved(v *View, sellers map[int64]quantity.Quantity) error {
	for party, q := range sellers {
		e.ranges += v.countRanges(goodsHolder(party, e.inst), v.unitsIn(min(q, e.order.Remaining), e.inst))
	}
	if e.ranges > rangesMost {
		return ErrTooManyRanges.With("the order would take credits out of more than %d ranges at once: send it in parts", rangesMost)
	}
	return nil
}

// deliverCredits gives the buyer of a trade the seller's units, the longest ranges
// first, against their price, in one transfer.
func (tx *Tx) deliverCredits(t market.Trade, seller, buyer ledger.Key, i catalog.Instrument) {
	units := tx.unitsIn(t.Quantity, i)
	taken, err := carbon.Take(tx.freeRanges(goodsHolder(seller.Party, i)), units, math.MaxInt)
	if err != nil {
		panic("app: a party has fewer units than its open orders sell")
	}
	tx.changeUnits(taken, func(r *carbon.Range) { r.Party = buyer.Party })
	tx.notePurchase(t.Market, goodsHolder(buyer.Party, i), units)
	legs := []ledger.Leg{{Debit: seller, Credit: buyer, Amount: int64(t.Quantity) * creditAtoms, FromHeld: true}}
	if t.Amount > 0 {
		legs = append(legs, ledger.Leg{
			Debit: ledger.FundsKey(buyer.Party), Credit: ledger.FundsKey(seller.Party), Amount: int64(t.Amount), FromHeld: true,
		})
	}
	tx.Post(ledger.Transfer{Reason: ledger.CreditFill, Reference: t.ID, Legs: legs})
}
