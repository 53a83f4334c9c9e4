package app

import (
	"errors"

	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// ProofWithdraw takes a payment off the notice that it was not for: its receipt is
// free, and finance proves the right notice by it. The journal keeps both matches.
type ProofWithdraw struct {
	Notice int64
	Reason string
}

var _ = declare(ProofWithdraw{})

// Operation is ProofWithdraw.
func (ProofWithdraw) Operation() identity.Operation { return identity.ProofWithdraw }

// Decide checks that the payment is proved and nothing came of it yet. The notice
// waits again with the day that it was due on; receipts that the wrong proof kept
// from being matched with it are matched now. The result is a NoticeResult.
func (c ProofWithdraw) Decide(v *View) (Apply, error) {
	n, err := v.notice(identity.ProofWithdraw, c.Notice)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if err := v.checkWithdrawal(n); err != nil {
		return nil, err
	}
	taken, rest, err := v.receiptsOff(target{notice: n.ID}, n.Proof, n.Matched)
	if err != nil {
		return nil, err
	}
	return v.waitAgain(n, taken, rest, c.Reason)
}

// checkWithdrawal refuses what has come of a payment already.
func (v *View) checkWithdrawal(n soldNotice) error {
	switch {
	case n.parts.IsOpen() || n.parts.State == reserve.PlanPaid:
		return reserve.ErrPlanState.With("the notice is paid in instalments: withdraw the payment of each")
	case n.State == reserve.NoticeDelivered:
		return reserve.ErrPaymentSpent.With("the notice is delivered")
	case n.State != reserve.NoticeProved:
		return reserve.ErrNoticeState.With("the payment notice is %s: what is proved is withdrawn", n.State)
	case n.Renewal != 0:
		if r, err := Get(v, Renewals, "renewal", n.Renewal); err != nil || r.State != permit.RenewalNoticed {
			return errors.Join(err, reserve.ErrPaymentSpent.With("the renewal that it is for is %s", r.State))
		}
	}
	return nil
}

// receiptsOff are the listed receipts that the payment of a notice, or instalment, is,
// free again, and the others that name it.
func (v *View) receiptsOff(t target, proof string, matched bool) (taken, rest []reserve.TaxReceipt, err error) {
	named, err := v.receiptsNaming(t)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range named {
		if r.Receipt == proof || matched && r.State == reserve.ReceiptMatched {
			r.Notice, r.Instalment, r.Asked, r.State = 0, 0, 0, reserve.ReceiptUnmatched
			taken = append(taken, r)
		} else {
			rest = append(rest, r)
		}
	}
	return taken, rest, nil
}

// waitAgain returns what takes the payment off a notice. Receipts that finance's
// own proof kept from being matched with it prove it now.
func (v *View) waitAgain(n soldNotice, taken, rest []reserve.TaxReceipt, reason string) (Apply, error) {
	p, s := n.Unpaid(), n.sale
	p.State, p.Reason = reserve.NoticeIssued, reason
	s.Confirmation, s.ConfirmedAt = "", 0
	rest, err := v.rematch(target{notice: n.ID}, n.Amount, rest)
	if err != nil {
		return nil, err
	}
	unpaid := func(*Tx) {}
	if reserve.AreMatched(rest) {
		p = v.provedByList(p, reserve.Standing(rest))
		p.Matched = true
		if p, err = v.judgePaid(n, p); err != nil {
			return nil, err
		}
	} else if unpaid, err = v.awardUnpaid(n); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.putReceipts(append(taken, rest...))
		r := tx.putNotice(p, Put(tx, Sales, s))
		unpaid(tx)
		if p.Matched {
			tx.renewalPaid(p)
		} else if p.Renewal != 0 && tx.Today > p.DueOn { // its timer saw it paid
			tx.Arm(tx.Now, timerRenewalDue, p.Renewal)
		}
		return r
	}, nil
}

// rematch gives receipts that name a notice, or instalment, of an amount their state,
// now that it waits again.
func (v *View) rematch(t target, amount quantity.Money, receipts []reserve.TaxReceipt) ([]reserve.TaxReceipt, error) {
	taken, err := v.takenProofs(numbersOf(receipts))
	state := matchedBy(t, reserve.Asked{Amount: amount, Waits: true}, receipts, taken)
	for i := range receipts {
		receipts[i].State = state
	}
	return receipts, err
}

// awardUnpaid returns what it means for an award that it was not paid: its winner
// puts up again what he had back, or the payment stays. Its deadline is the old one.
func (v *View) awardUnpaid(n soldNotice) (func(*Tx), error) {
	a, is, err := v.awardOf(n)
	if err != nil || !is {
		return func(*Tx) {}, err
	}
	if a, err = a.Unpaid(); err != nil {
		return nil, err
	}
	r, err := v.registration("registration", a.Registration)
	if err != nil {
		return nil, err
	}
	if err := v.ledger.CheckOne(ledger.BidCollateral, ledger.Leg{Debit: ledger.FundsKey(r.Party), Credit: depositKey(r.Party), Amount: int64(r.Collateral)}); err != nil {
		return nil, err
	}
	return func(tx *Tx) {
		tx.putUpMoney(r)
		Put(tx, Awards, a)
	}, nil
}
