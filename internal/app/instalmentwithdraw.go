package app

import (
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// InstalmentWithdraw takes a payment off the instalment that it was not for: the
// part waits again with its day, and its receipt is free for what it was for.
type InstalmentWithdraw struct {
	Instalment int64
	Reason     string
}

var _ = declare(InstalmentWithdraw{})

// Operation is InstalmentWithdraw.
func (InstalmentWithdraw) Operation() identity.Operation { return identity.InstalmentWithdraw }

// Decide checks that the part is paid and that what its payment has freed is still
// there: permits that were paid for in full are held again. Receipts that the wrong
// proof kept from being matched with the part are matched now. The result is a
// PlanResult.
func (c InstalmentWithdraw) Decide(v *View) (Apply, error) {
	n, at, err := v.partOfPlan(identity.InstalmentWithdraw, c.Instalment)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if err := checkPartWithdrawal(n, at); err != nil {
		return nil, err
	}
	i := n.parts.parts[at]
	taken, rest, err := v.receiptsOff(target{n.ID, i.ID}, i.Proof, i.Matched)
	if err != nil {
		return nil, err
	}
	if rest, err = v.rematch(target{n.ID, i.ID}, i.Amount, rest); err != nil {
		return nil, err
	}
	i = i.Unpaid()
	i.Reason = c.Reason
	if reserve.AreMatched(rest) {
		i = i.ProvedByList(reserve.Standing(rest))
	}
	n.parts.parts[at] = i
	return v.partWaitsAgain(n, at, append(taken, rest...))
}

// checkPartWithdrawal refuses what is not paid, or was decided by its payment.
func checkPartWithdrawal(n soldNotice, at int) error {
	switch i := n.parts.parts[at]; {
	case n.parts.State == reserve.PlanRevoked:
		return reserve.ErrPaymentSpent.With("the permits were revoked by what was paid of them")
	case n.parts.State != reserve.PlanApproved && n.parts.State != reserve.PlanPaid && !n.parts.State.IsRunning():
		return reserve.ErrPlanState.With("the plan is %s", n.parts.State)
	case i.Paid == 0:
		return reserve.ErrPartState.With("a payment is withdrawn that was recorded")
	case n.Opening != 0 && i.Sequence == 1:
		return reserve.ErrPaymentSpent.With("the opening package has brought it, and it was signed off")
	}
	return nil
}

// partWaitsAgain returns what writes a part whose payment was taken off it, or was
// replaced by other receipts, with the receipts. Of a plan that was paid the permits
// are held again, and its notice waits.
func (v *View) partWaitsAgain(n soldNotice, at int, receipts []reserve.TaxReceipt) (Apply, error) {
	free, err := v.freePermits(n)
	if err != nil {
		return nil, err
	}
	reopens := n.parts.State == reserve.PlanPaid
	holds := reopens && !n.parts.isSettled()
	if holds {
		if err := v.checkHeldAgain(n); err != nil {
			return nil, err
		}
	}
	return func(tx *Tx) any {
		tx.putReceipts(receipts)
		if reopens {
			n.parts.State = reserve.PlanDelivered
		}
		if holds {
			n = tx.holdAgain(n)
		}
		r := tx.putParts(n, free, at)
		if i := r.Parts[at]; r.Plan.State.IsRunning() && i.Paid == 0 {
			tx.armUnpaid(n, i)
		}
		return r
	}, nil
}

// checkHeldAgain refuses to take a payment off permits of which a part has been
// sold, pledged or moved since they were paid for in full.
func (v *View) checkHeldAgain(n soldNotice) error {
	id, _ := v.ledger.Find(n.Holding())
	// What was taken over without a price cannot stand in for what is held.
	if free := quantity.Quantity(v.ledger.BalanceOf(id).Available()) - v.ledger.Unpriced(id); free < n.Quantity {
		return reserve.ErrPaymentSpent.With("of the %s t/a that were paid for %s are available", n.Quantity, max(free, 0))
	}
	return nil
}

// holdAgain holds the permits of a plan that was paid, as from its delivery on,
// and lets its notice wait.
func (tx *Tx) holdAgain(n soldNotice) soldNotice {
	n.parts.Hold = tx.putHold(n.Holding(), int64(n.Quantity), ledger.ForSale, n.parts.ID).ID
	if n.Opening != 0 { // it names the plan's
		n.Hold = n.parts.Hold
	}
	n.PaymentNotice, n.State = n.Unpaid(), reserve.NoticeIssued
	n.Transfer, n.Acquisition = 0, 0 // of the plan, until all is paid
	n.PaymentNotice = tx.putNotice(n.PaymentNotice, n.sale).Notice
	return n
}

// armUnpaid watches the day of a part that waits again. Where it is over the time of
// grace begins with the withdrawal, as it does at an opening (project default).
func (tx *Tx) armUnpaid(n soldNotice, i reserve.Instalment) {
	if i.IsOverdue(tx.Today) {
		tx.armGrace(n.PaymentNotice, i.ID, tx.Today)
	} else {
		tx.armOnce(i.DueOn.AddDays(1).Start(), timerInstalmentDue, i.ID)
	}
}
