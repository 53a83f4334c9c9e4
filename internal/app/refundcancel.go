package app

import (
	"permitx/internal/identity"
	"permitx/internal/reserve"
)

// RefundCancel no longer asks for a refund: what a buy-back was paid is right after
// all, or what the tax authority should pay back was never paid to it. Of a payment
// notice the payment is taken off with it, so that its receipt is free for what it
// was for.
type RefundCancel struct {
	Refund   int64
	Document string
}

var _ = declare(RefundCancel{})

// Operation is RefundCancel.
func (RefundCancel) Operation() identity.Operation { return identity.RefundCancel }

// Decide checks that the refund was not received and is not owed in any case. The
// result is a reserve.TreasuryRefund.
func (c RefundCancel) Decide(v *View) (Apply, error) {
	r, err := v.refund(identity.RefundCancel, c.Refund)
	if err != nil {
		return nil, err
	}
	if r, err = r.Cancel(c.Document); err != nil {
		return nil, err
	}
	unpay, err := v.neverPaid(r.Notice)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		unpay(tx)
		return Put(tx, Refunds, r)
	}, nil
}

// neverPaid returns what takes all that was recorded as paid off a cancelled notice,
// or off its instalments. Other receipts that name it stay as they are: it waits for
// no payment.
func (v *View) neverPaid(notice int64) (func(*Tx), error) {
	if notice == 0 {
		return func(*Tx) {}, nil
	}
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
		taken, _, err := v.receiptsOff(target{n.ID, i.ID}, i.Proof, i.Matched)
		if err != nil {
			return nil, err
		}
		receipts, parts = append(receipts, taken...), append(parts, i.Unpaid())
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
