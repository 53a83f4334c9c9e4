package app

import (
	"permitx/internal/auction"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// A supply is what an offer is about, and sets aside from its announcement on
// until it is delivered, or free again. Nothing else of an offer's life depends
// on what that is.
type supply interface {
	// freeAll returns what frees all of an offer that came to nothing.
	freeAll(v *View) func(tx *Tx, o auction.Offer) auction.Offer
	// freeUnsold returns what frees the part that nobody has won, once all
	// winners have their awards.
	freeUnsold(v *View) (func(tx *Tx, o auction.Offer) auction.Offer, error)
	// freeShare returns what frees the share of an award that came to nothing.
	freeShare(v *View, a auction.Award) (func(tx *Tx), error)
}

func supplyOf(o auction.Offer) supply {
	switch {
	case o.Buys():
		return budgetSupply{o}
	case o.OfCredits():
		return creditSupply{o}
	}
	return lotSupply{o}
}

// lotSupply are claims to lots of the reserve.
type lotSupply struct{ auction.Offer }

func (o lotSupply) claimant() claimant { return claimant{reserve.ForOffer, o.ID} }

// unlist makes picks available again.
func (o lotSupply) unlist(tx *Tx, picks []reserve.Pick, document string) {
	if len(picks) > 0 {
		tx.moveLots(lotMove{event: reserve.Unlisting, from: reserve.ListedBucket, picks: picks, reference: o.ID, document: document})
	}
}

func (o lotSupply) freeAll(v *View) func(tx *Tx, o auction.Offer) auction.Offer {
	picks := v.allClaims(o.claimant())
	return func(tx *Tx, now auction.Offer) auction.Offer {
		o.unlist(tx, picks, now.Reason)
		return now
	}
}

func (o lotSupply) freeUnsold(v *View) (func(tx *Tx, o auction.Offer) auction.Offer, error) {
	carry, left := v.carryOver(o.Offer)
	picks, err := v.pickClaims(o.claimant(), o.Unsold())
	return func(tx *Tx, now auction.Offer) auction.Offer {
		o.unlist(tx, picks, now.Document)
		carry(tx, reserve.PickOut(picks, o.Unsold()-left))
		return now
	}, err
}

// freeShare also cancels the notice that asks for the payment.
func (o lotSupply) freeShare(v *View, a auction.Award) (func(tx *Tx), error) {
	if a.Notice == 0 {
		picks, err := v.pickClaims(o.claimant(), a.Quantity)
		return func(tx *Tx) { o.unlist(tx, picks, a.Reason) }, err
	}
	p, err := Get(v, Notices, "notice", a.Notice)
	if err != nil {
		return nil, err
	}
	n, err := v.complete(p)
	if err != nil {
		return nil, err
	}
	cancel := v.cancelNotice(n, a.Reason)
	return func(tx *Tx) { cancel(tx) }, nil
}

// budgetSupply is money that is committed of a budget.
type budgetSupply struct{ auction.Offer }

// release returns what makes an amount of the budget free again.
func (o budgetSupply) release(v *View, amount quantity.Money) (func(tx *Tx, now auction.Offer, document string) auction.Offer, error) {
	if amount == 0 {
		return func(_ *Tx, now auction.Offer, _ string) auction.Offer { return now }, nil
	}
	budget, err := must(Get(v, Budgets, "budget", o.Budget)).Apply(reserve.BudgetRelease, amount)
	return func(tx *Tx, now auction.Offer, document string) auction.Offer {
		tx.putBudget(budget, reserve.BudgetRelease, amount, o.ID, document)
		now.Committed -= amount
		return now
	}, err
}

func (o budgetSupply) freeAll(v *View) func(tx *Tx, o auction.Offer) auction.Offer {
	release := must(o.release(v, o.Committed))
	return func(tx *Tx, now auction.Offer) auction.Offer { return release(tx, now, now.Reason) }
}

// freeUnsold frees what the winners are not paid.
func (o budgetSupply) freeUnsold(v *View) (func(tx *Tx, o auction.Offer) auction.Offer, error) {
	rows, err := Find(v, Awards, Where("offer", o.ID))
	if err != nil {
		return nil, err
	}
	unspent := o.Committed
	for _, a := range rows {
		unspent -= a.Amount
	}
	release, err := o.release(v, unspent)
	return func(tx *Tx, now auction.Offer) auction.Offer { return release(tx, now, now.Document) }, err
}

// freeShare makes the amount free again; what the treasury has paid it asks the
// seller for, and the budget has it again when it is received.
func (o budgetSupply) freeShare(v *View, a auction.Award) (func(tx *Tx), error) {
	if a.PaidAt != 0 {
		r := reserve.TreasuryRefund{
			Award: a.ID, Party: a.Party, Region: a.Region, Amount: a.Amount, Reason: a.Reason, Document: a.Contract, State: reserve.RefundRequested, RequestedAt: v.Now,
		}
		return func(tx *Tx) { Put(tx, Refunds, r) }, nil
	}
	release, err := o.release(v, a.Amount)
	return func(tx *Tx) { Put(tx, Offers, release(tx, o.Offer, a.Reason)) }, err
}
