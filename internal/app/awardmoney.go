package app

import (
	"permitx/internal/auction"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// timerLosers gives losers back what they have put up, some at a time.
const timerLosers = "award.losers"

var _ = declareTimer(timerLosers, retrying(timerLosers, giveBackToLosers))

// awardsDone returns what follows once all winners have their awards: what
// nobody has won is free again, and the losers get back what they have put up.
func (v *View) awardsDone(o auction.Offer) (func(tx *Tx, o auction.Offer) auction.Offer, error) {
	free, err := supplyOf(o).freeUnsold(v)
	return func(tx *Tx, o auction.Offer) auction.Offer {
		o = free(tx, o)
		tx.Arm(tx.Now, timerLosers, o.ID)
		return o
	}, err
}

// giveBackToLosers gives some losers of an offer back what they have put up, and
// comes again for the others.
func giveBackToLosers(v *View, offer int64) (Apply, error) {
	rows, err := Find(v, Registrations, Where("offer", offer).And("state", Eq, string(auction.Lost)).And("hold", Gt, 0).Page(0, chainBacks))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	holds := make([]ledger.Hold, len(rows))
	for i, r := range rows {
		if holds[i], err = Get(v, Holds, "hold", r.Hold); err != nil {
			return nil, err
		}
	}
	return func(tx *Tx) any {
		for i, r := range rows {
			tx.giveBackTo(r, holds[i])
		}
		return tx.Arm(tx.Now, timerLosers, offer)
	}, nil
}

// giveBackTo gives a bidder back what he has put up: to the account that it came
// from, and to no other.
func (tx *Tx) giveBackTo(r auction.Registration, h ledger.Hold) {
	if r.Hold == 0 {
		return
	}
	tx.returnCollateral(r, h)
	r.Hold = 0
	Put(tx, Registrations, r)
}

// forfeit takes what a bidder loses of what he has put up. The rest goes back.
func (tx *Tx) forfeit(r auction.Registration, h ledger.Hold, lost quantity.Money, to ledger.Key) {
	if lost == 0 {
		tx.giveBackTo(r, h)
		return
	}
	tx.closeHold(h, ledger.HoldPosted)
	legs := []ledger.Leg{{Debit: depositKey(r.Party), Credit: to, Amount: int64(lost), FromHeld: true}}
	if rest := h.Amount - int64(lost); rest > 0 {
		legs = append(legs, ledger.Leg{Debit: depositKey(r.Party), Credit: ledger.FundsKey(r.Party), Amount: rest, FromHeld: true})
	}
	tx.Post(ledger.Transfer{Reason: ledger.BidForfeit, Reference: r.ID, Legs: legs})
	r.Hold = 0
	Put(tx, Registrations, r)
}

// awardOf is the award that a payment notice is about; none of other sales.
func (v *View) awardOf(n soldNotice) (a auction.Award, is bool, err error) {
	if n.sale.Kind != reserve.ByAuction {
		return a, false, nil
	}
	rows, err := Find(v, Awards, naming("notice", n.ID))
	if err != nil {
		return a, false, err
	}
	return rows[0], true, nil
}

// awardPaid returns what a proven payment means for the award that it is about:
// its winner gets back what he has put up.
func (v *View) awardPaid(n soldNotice) (func(tx *Tx), error) {
	a, is, err := v.awardOf(n)
	if err != nil || !is {
		return func(*Tx) {}, err
	}
	if a, err = a.Paid(v.Now); err != nil {
		return nil, err
	}
	r, h, err := v.putUpFor(a)
	return func(tx *Tx) {
		tx.giveBackTo(r, h)
		Put(tx, Awards, a)
	}, err
}

// awardDelivered returns what the delivery means for the award that it is about.
func (v *View) awardDelivered(n soldNotice) (func(tx *Tx, transfer int64), error) {
	a, is, err := v.awardOf(n)
	if err != nil || !is {
		return func(*Tx, int64) {}, err
	}
	if err := v.checkFree(a); err != nil {
		return nil, err
	}
	certifyBy, err := v.auctionDay(rulebook.AuctionDocument, must(Get(v, Offers, "offer", a.Offer)), v.Today)
	if err != nil {
		return nil, err
	}
	if a, err = a.Delivered(0, v.Now, certifyBy); err != nil {
		return nil, err
	}
	return func(tx *Tx, transfer int64) {
		a.Transfer = transfer
		Put(tx, Awards, a)
	}, nil
}

// checkBarred returns auction.ErrBarred for a party that has let an award go.
func (v *View) checkBarred(party int64) error {
	rows, err := Find(v, Awards, Where("party", party).And("barred_until", Ge, int64(v.Today)))
	if err == nil && len(rows) > 0 {
		err = auction.ErrBarred.With("the bidder has let award %d go and is barred until %s", rows[0].ID, rows[0].BarredUntil)
	}
	return err
}
