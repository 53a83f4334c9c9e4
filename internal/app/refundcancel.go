package app

import (
	"slices"

	"permitx/internal/identity"
	"permitx/internal/reserve"
)

// RefundCancel no longer asks for a refund: what a buy-back was paid is right after
// all, or what should be paid back was never paid. Of a payment notice, or of one
// instalment of it, the payment is taken off with it, so that its receipt is free for
// what it was for; so is that of a revoked award, and the budget has the money again.
type RefundCancel struct {
	Refund     int64
	Document   string
	Instalment int64 // whose payment alone was never made; 0: all that is asked for
}

var _ = declare(RefundCancel{})

// Operation is RefundCancel.
func (RefundCancel) Operation() identity.Operation { return identity.RefundCancel }

// Decide checks that the refund was not received. The result is a
// reserve.TreasuryRefund.
func (c RefundCancel) Decide(v *View) (Apply, error) {
	r, err := v.refund(identity.RefundCancel, c.Refund)
	if err != nil {
		return nil, err
	}
	if c.Instalment != 0 {
		return c.cancelPart(v, r)
	}
	if r, err = r.Cancel(c.Document); err != nil {
		return nil, err
	}
	unpay := func(*Tx) {}
	switch {
	case r.Notice != 0:
		unpay, err = v.neverPaid(r.Notice)
	case r.Award != 0:
		unpay, err = v.awardNeverPaid(r)
	}
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		unpay(tx)
		return Put(tx, Refunds, r)
	}, nil
}

// cancelPart takes the payment off one instalment of a cancelled notice. The others
// are still owed; with the last one the refund is cancelled.
func (c RefundCancel) cancelPart(v *View, r reserve.TreasuryRefund) (Apply, error) {
	if r.Notice == 0 {
		return nil, reserve.ErrRefundPart
	}
	p, err := Get(v, Notices, "notice", r.Notice)
	if err != nil {
		return nil, err
	}
	n, err := v.complete(p)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(n.parts.parts, func(i reserve.Instalment) bool { return i.ID == c.Instalment && i.Paid > 0 })
	if at < 0 {
		return nil, reserve.ErrRefundPart
	}
	i := n.parts.parts[at]
	if r, err = r.CancelPart(i.Paid, c.Document); err != nil {
		return nil, err
	}
	i, receipts, err := v.partNeverPaid(i)
	if err != nil {
		return nil, err
	}
	i.Reason = c.Document
	return func(tx *Tx) any {
		tx.putReceipts(receipts)
		Put(tx, Instalments, i)
		return Put(tx, Refunds, r)
	}, nil
}

// partNeverPaid is an instalment of which nothing was paid, with the receipts that are
// free again.
func (v *View) partNeverPaid(i reserve.Instalment) (reserve.Instalment, []reserve.TaxReceipt, error) {
	taken, _, err := v.receiptsOff(target{i.Notice, i.ID}, i.Proof, i.Matched)
	return i.Unpaid(), taken, err
}

// awardNeverPaid returns what takes the payment off a revoked award of a buy-back. The
// budget has what it did not pay, and the proof is free for what it was of.
func (v *View) awardNeverPaid(r reserve.TreasuryRefund) (func(*Tx), error) {
	a, err := Get(v, Awards, "award", r.Award)
	if err != nil {
		return nil, err
	}
	paidBy, _, err := v.paymentOf(r)
	if err != nil {
		return nil, err
	}
	budget, err := must(Get(v, Budgets, "id", paidBy)).Apply(reserve.BudgetRefund, r.Amount)
	return func(tx *Tx) {
		tx.putBudget(budget, reserve.BudgetRefund, r.Amount, r.ID, r.CancelDocument)
		Put(tx, Awards, a.NeverPaid())
	}, err
}

// neverPaid returns what takes all that was recorded as paid off a cancelled notice,
// or off its instalments. Other receipts that name it stay as they are: it waits for
// no payment.
func (v *View) neverPaid(notice int64) (func(*Tx), error) {
	p, err := Get(v, Notices, "notice", notice)
	if err != nil {
		return nil, err
	}
	n, err := v.complete(p)
	if err != nil {
		return nil, err
	}
	receipts, _, err := v.receiptsOff(target{notice: n.ID}, n.Proof, n.Matched)
	if err != nil {
		return nil, err
	}
	var parts []reserve.Instalment
	for _, i := range n.parts.parts {
		if i.Paid == 0 {
			continue
		}
		unpaid, taken, err := v.partNeverPaid(i)
		if err != nil {
			return nil, err
		}
		receipts, parts = append(receipts, taken...), append(parts, unpaid)
	}
	n.PaymentNotice = n.Unpaid()
	n.sale.Confirmation, n.sale.ConfirmedAt = "", 0
	return func(tx *Tx) {
		tx.putReceipts(receipts)
		for _, i := range parts {
			Put(tx, Instalments, i)
		}
		tx.putNotice(n.PaymentNotice, Put(tx, Sales, n.sale))
	}, nil
}
