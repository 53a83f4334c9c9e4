package app

import (
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// What was paid for permits that are not delivered the tax authority pays back: a
// notice that is cancelled after its payment, by whatever command, opens a refund of
// all that was recorded. Finance closes it with the tax authority's document.

// recorded is what finance has recorded of the payment of a notice, or of the parts
// that it is paid in.
func (n soldNotice) recorded() quantity.Money {
	if n.parts.IsOpen() {
		return n.parts.paid()
	}
	return n.Paid
}

// NeedsApproval is true of a notice that was paid: money is owed of it then.
func (c NoticeCancel) NeedsApproval(v *View) bool {
	n, err := v.notice(identity.NoticeCancel, c.Notice)
	return err != nil || n.recorded() > 0
}

// oweRefund opens the refund of what was paid of a notice that is cancelled.
func (tx *Tx) oweRefund(n reserve.PaymentNotice, paid quantity.Money, document string) {
	if paid == 0 {
		return
	}
	Put(tx, Refunds, reserve.TreasuryRefund{
		Notice: n.ID, Party: n.Party, Region: n.Region, Amount: paid, Reason: n.Reason, Document: document,
		State: reserve.RefundRequested, RequestedAt: tx.Now,
	})
}
