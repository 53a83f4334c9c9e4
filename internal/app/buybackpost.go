package app

import (
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// buyBackEffect is what a step does beside moving the buy-back to its next state.
type buyBackEffect func(tx *Tx, b *reserve.BuyBack)

func nothing(*Tx, *reserve.BuyBack) {}

// decideHold holds the permits, and with them as much of the surplus that was
// verified for sale: it is not sold a second time.
func (v *View) decideHold(b *reserve.BuyBack) (buyBackEffect, error) {
	return v.decideHoldWith(b, min(b.Quantity, v.surplusOf(*b).Available()))
}

// decideHoldWith holds the permits, and a part of the surplus with them.
func (v *View) decideHoldWith(b *reserve.BuyBack, surplus quantity.Quantity) (buyBackEffect, error) {
	if err := v.ledger.CheckHold(b.Holding(), int64(b.Quantity)); err != nil {
		return nil, atField(err, "quantity")
	}
	return func(tx *Tx, b *reserve.BuyBack) {
		b.Hold = tx.putHold(b.Holding(), int64(b.Quantity), ledger.ForBuyBack, b.ID).ID
		tx.holdSurplus(b, surplus)
	}, nil
}

// holdSurplus holds more of the licence's surplus for a buy-back, or less.
func (tx *Tx) holdSurplus(b *reserve.BuyBack, change quantity.Quantity) {
	if change != 0 {
		tx.ChangeSurplus(b.Licence, b.Pollutant, func(s *market.Surplus) { s.Held += change })
		b.SurplusHeld += change
	}
}

// decideFree gives back all that a buy-back keeps from others: permits and
// surplus, the budget's commitment, its part of a standing offer, and the
// declaration that it sweeps. One that is returned may be submitted again.
func (v *View) decideFree(m *buyBackMove) (buyBackEffect, error) {
	b := m.BuyBack
	var effects []buyBackEffect
	if b.State.IsHeld() {
		h, err := Get(v, Holds, "id", b.Hold)
		if err != nil {
			return nil, err
		}
		effects = append(effects, func(tx *Tx, b *reserve.BuyBack) {
			tx.closeHold(h, ledger.HoldVoided)
			tx.holdSurplus(b, -b.SurplusHeld)
			b.ObjectionDueOn = 0
		})
	}
	if m.move.To == reserve.BuyBackDraft {
		effects = append(effects, func(_ *Tx, b *reserve.BuyBack) { b.Hold = 0 })
	}
	if b.IsCommitted() {
		budget, err := must(Get(v, Budgets, "id", b.Budget)).Apply(reserve.BudgetRelease, b.Amount)
		if err != nil {
			return nil, err
		}
		effects = append(effects, func(tx *Tx, b *reserve.BuyBack) {
			tx.putBudget(budget, reserve.BudgetRelease, b.Amount, b.ID, m.document)
		})
	}
	if b.Offer != 0 {
		offer := must(Get(v, StandingOffers, "id", b.Offer))
		offer.Remaining += b.Quantity
		effects = append(effects, func(tx *Tx, _ *reserve.BuyBack) { Put(tx, StandingOffers, offer) })
	}
	if b.Idle != 0 {
		idle, err := v.idleAfter(b, m.move, m.document)
		if err != nil {
			return nil, err
		}
		effects = append(effects, func(tx *Tx, _ *reserve.BuyBack) { Put(tx, IdleDeclarations, idle) })
	}
	return allOf(effects), nil
}

func allOf(effects []buyBackEffect) buyBackEffect {
	return func(tx *Tx, b *reserve.BuyBack) {
		for _, f := range effects {
			f(tx, b)
		}
	}
}

// idleAfter is the declaration that a buy-back sweeps after its last step: without
// the permits where these are in the reserve or were found not to be idle, and open
// for all of them again otherwise.
func (v *View) idleAfter(b reserve.BuyBack, last reserve.BuyBackMove, document string) (reserve.IdleDeclaration, error) {
	d, err := Get(v, IdleDeclarations, "id", b.Idle)
	if err != nil {
		return d, err
	}
	if last.To == reserve.BuyBackInReserve || last.Event == reserve.UpholdBuyBack {
		return d.Less(b.Quantity, v.Today, document), nil
	}
	d.BuyBack = 0
	return d, nil
}

// decideBook brings the permits into the reserve: holding to reserve in one
// posting, a lot with what it cost, acquisitions and surplus used up, the licence lowered.
func (v *View) decideBook(b reserve.BuyBack, document string) (buyBackEffect, error) {
	h, err := Get(v, Holds, "id", b.Hold)
	if err != nil {
		return nil, err
	}
	used, err := v.rowsToUse(b)
	if err == nil {
		err = reserve.CheckRows(used, reserve.BookedRowsMax)
	}
	if err != nil {
		return nil, err
	}
	t := reserve.BuyBackTransfer(b)
	if err := v.ledger.Check(t); err != nil {
		return nil, err
	}
	// Surplus that was verified meanwhile covers these permits too.
	more := min(b.Quantity-b.SurplusHeld, v.surplusOf(b).Available())
	effects := []buyBackEffect{func(tx *Tx, b *reserve.BuyBack) {
		b.LicenceDocument, b.BookedAt = document, tx.Now
		tx.closeHold(h, ledger.HoldPosted)
		b.Transfer = tx.Post(t)[0].Transfer
		tx.Use(b.Holding(), used)
		for _, a := range used {
			Put(tx, BuyBackSources, reserve.BuyBackSource{BuyBack: b.ID, Acquisition: a.ID, Quantity: a.Quantity})
		}
		if b.Cause.OfSurplus() {
			b.Uncovered = b.Quantity - b.SurplusHeld - more
		}
		tx.useSurplus(b, more)
		tx.licenceChanged(b.Licence, b.Pollutant, amountChange{permit.AmountBuyBack, b.ID, -b.Quantity, document})
		b.Lot = tx.addLot(b.AsLot(tx.Today)).ID
	}}
	if b.Idle != 0 {
		idle, err := v.idleAfter(b, reserve.BuyBackMove{Event: reserve.BookBuyBack, To: reserve.BuyBackInReserve}, document)
		if err != nil {
			return nil, err
		}
		effects = append(effects, func(tx *Tx, _ *reserve.BuyBack) { Put(tx, IdleDeclarations, idle) })
	}
	return allOf(effects), nil
}

// rowsToUse are the parts of acquisitions that a buy-back uses up.
func (v *View) rowsToUse(b reserve.BuyBack) ([]ledger.Acquisition, error) {
	id, _ := v.ledger.Find(b.Holding())
	if b.Reclaimed {
		return b.ToReclaim(v.ledger.Acquisitions(id)), nil
	}
	return reserve.PricedRows(v.ledger.Acquisitions(id), b.Quantity)
}

// useSurplus uses up the surplus that a buy-back holds, and some more.
func (tx *Tx) useSurplus(b *reserve.BuyBack, more quantity.Quantity) {
	if held := b.SurplusHeld; held+more > 0 {
		tx.ChangeSurplus(b.Licence, b.Pollutant, func(s *market.Surplus) {
			s.Held -= held
			s.Used += held + more
		})
	}
	b.SurplusHeld = 0
}
