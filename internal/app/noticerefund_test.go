package app

import (
	"slices"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// finds holds that permitx check finds an invariant broken of a row.
func (o *office) finds(invariant string, id int64) {
	o.t.Helper()
	found, err := Check(o.t.Context(), o.store, o.store.row())
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == invariant && v.ID == id }) {
		o.t.Errorf("not %s of %d: %v %v", invariant, id, found, err)
	}
}

// refundOf is the refund of a notice; the zero refund is none.
func (o *office) refundOf(notice int64) (r reserve.TreasuryRefund) {
	o.t.Helper()
	for _, r = range rowsIn(o, Refunds, Where("notice", notice)) {
		return r
	}
	return r
}

// What was paid and can be delivered no more is given back to the reserve by two
// persons, and owed as one refund, which ends when the buyer has the money. What
// nobody has paid one person cancels, and nothing is owed.
func TestNoticeRefund(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	sell := func() reserve.PaymentNotice {
		return done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice * 20, DueOn: today}).Notice
	}
	paid, unpaid := sell(), sell()
	done[NoticeResult](o, o.finance, NoticeProve{paid.ID, paid.Amount, "r-1", today})
	done[NoticeResult](o, o.finance, NoticeConfirm{paid.ID, "seen"})
	o.does(o.leader, LicenceState{Licence: f.licence.ID, State: catalog.LicenceRevoked, Reason: "r", Document: "d"})
	if f := o.do(o.leader, NoticeDeliver{paid.ID}); f == nil {
		t.Fatal("delivered to a licence that was revoked")
	}
	c := NoticeCancel{unpaid.ID, "the licence was revoked"}
	if refused, proposed := o.send(o.leader, c); refused != nil || proposed {
		t.Errorf("of what nobody has paid: %v, proposed: %t", refused, proposed)
	}
	c.Notice = paid.ID
	if refused, proposed := o.send(o.leader, c); refused != nil || !proposed {
		t.Errorf("of what was paid: %v, proposed: %t", refused, proposed)
	}
	done[NoticeResult](o, o.leader, c)
	o.wantLots(jiashan, "1 available 10")
	r := o.refundOf(paid.ID)
	if r.Amount != paid.Amount || r.Party != f.party || r.Reason != c.Reason || r.State != reserve.RefundRequested || o.refundOf(unpaid.ID).ID != 0 {
		t.Errorf("%+v, of what was not paid %+v", r, o.refundOf(unpaid.ID))
	}
	o.waits(o.finance, Refunds.name, r.ID, "receive")
	o.check()

	o.refuses(o.leader, RefundReceive{r.ID, "退库1", today}, identity.ErrForbidden)
	if r = done[reserve.TreasuryRefund](o, o.finance, RefundReceive{r.ID, "退库1", today}); r.State != reserve.RefundReceived || r.Proof != "退库1" {
		t.Errorf("%+v", r)
	}
	o.refuses(o.finance, RefundReceive{r.ID, "退库2", today}, reserve.ErrRefundState)
	o.restart()
	o.check()
}

// What a payment notice was never paid for is no longer owed when two persons say so:
// its receipt is free, and proves what it was for.
func TestRefundCancel(t *testing.T) {
	t.Parallel()
	o, _, sell := openSales(t)
	right, wrong := sell(), sell()
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(wrong.Sale.NoticeNumber(), "r-1", wrong.Notice.Amount)}})
	done[NoticeResult](o, o.leader, NoticeCancel{wrong.Notice.ID, "not wanted"})
	r := o.refundOf(wrong.Notice.ID)
	o.refuses(o.finance, NoticeProve{right.Notice.ID, right.Notice.Amount, "r-1", today}, ErrProofTaken)
	o.refuses(o.finance, RefundCancel{r.ID, "", 0}, invalid)
	o.refuses(o.clerk, RefundCancel{r.ID, "d", 0}, identity.ErrForbidden)
	c := RefundCancel{r.ID, "the payer quoted the wrong notice", 0}
	if refused, proposed := o.send(o.finance, c); refused != nil || !proposed {
		t.Errorf("alone: %v, proposed: %t", refused, proposed)
	}
	if r = done[reserve.TreasuryRefund](o, o.finance, c); r.State != reserve.RefundCancelled || r.CancelDocument != c.Document {
		t.Errorf("%+v", r)
	}
	n := storedRow(o, Notices, wrong.Notice.ID)
	if n.State != reserve.NoticeCancelled || n.Paid != 0 || n.Proof != "" || n.Matched || n.Reason != "not wanted" || o.receiptNow("r-1").State != reserve.ReceiptUnmatched {
		t.Errorf("%+v %+v", n, o.receiptNow("r-1"))
	}
	o.waits(o.finance, Refunds.name, r.ID, "")
	o.refuses(o.finance, RefundReceive{r.ID, "退库1", today}, reserve.ErrRefundState)
	done[NoticeResult](o, o.finance, NoticeProve{right.Notice.ID, right.Notice.Amount, "r-1", today})
	done[NoticeResult](o, o.leader, NoticeDeliver{right.Notice.ID})
	o.restart()
	o.check()
	n.Paid = n.Amount
	o.store.table(Notices.name).put(n.ID, n)
	o.finds("I-118", r.ID)
}

// Of a sale in parts all that was recorded of its parts is taken off.
func TestRefundCancel_Parts(t *testing.T) {
	t.Parallel()
	o, _, _, n, plan := instalmentOffice(t)
	first := plan.Parts[0]
	done[PlanResult](o, o.finance, InstalmentProve{first.ID, first.Amount, "r-1", today})
	done[NoticeResult](o, o.leader, NoticeCancel{n.Notice.ID, "frozen"})
	done[reserve.TreasuryRefund](o, o.finance, RefundCancel{o.refundOf(n.Notice.ID).ID, "it was paid for another", 0})
	if i := storedRow(o, Instalments, first.ID); i.Paid != 0 || i.Proof != "" || i.PaidOn != 0 {
		t.Errorf("%+v", i)
	}
	o.restart()
	o.check()
}

// One part of a sale that was never paid is taken off its refund, which is then of the
// others; with the last one nothing is asked for any more.
func TestRefundCancel_OnePart(t *testing.T) {
	t.Parallel()
	o, _, _, n, plan := instalmentOffice(t)
	first, second := plan.Parts[0], plan.Parts[1]
	done[PlanResult](o, o.finance, InstalmentProve{first.ID, first.Amount, "r-1", today})
	done[PlanResult](o, o.finance, InstalmentProve{second.ID, second.Amount, "r-2", today})
	done[NoticeResult](o, o.leader, NoticeCancel{n.Notice.ID, "frozen"})
	r := o.refundOf(n.Notice.ID)
	if r.Amount != first.Amount+second.Amount {
		t.Fatalf("%+v", r)
	}
	o.refuses(o.finance, RefundCancel{r.ID, "d", plan.Parts[2].ID}, reserve.ErrRefundPart)
	o.refuses(o.finance, RefundCancel{r.ID, "", second.ID}, invalid)
	c := RefundCancel{r.ID, "it was paid for another", second.ID}
	if refused, proposed := o.send(o.finance, c); refused != nil || !proposed {
		t.Errorf("alone: %v, proposed: %t", refused, proposed)
	}
	if r = done[reserve.TreasuryRefund](o, o.finance, c); r.State != reserve.RefundRequested || r.Amount != first.Amount || r.CancelDocument != "" {
		t.Errorf("%+v", r)
	}
	if i := storedRow(o, Instalments, second.ID); i.Paid != 0 || i.Proof != "" || i.Reason != c.Document || storedRow(o, Instalments, first.ID).Paid != first.Amount {
		t.Errorf("%+v", i)
	}
	o.restart()
	o.check()
	o.refuses(o.finance, c, reserve.ErrRefundPart)
	c.Instalment = first.ID
	if r = done[reserve.TreasuryRefund](o, o.finance, c); r.State != reserve.RefundCancelled || r.Amount != first.Amount || r.CancelDocument != c.Document {
		t.Errorf("%+v", r)
	}
	o.restart()
	o.check()
}

// Of a sale in parts the parts that were paid are owed, and of a guarantee the
// earmark keeps the permits.
func TestNoticeRefund_PartsAndGuarantees(t *testing.T) {
	t.Parallel()
	o, i, f, n, plan := instalmentOffice(t)
	first := plan.Parts[0]
	done[PlanResult](o, o.finance, InstalmentProve{first.ID, first.Amount, "r-1", today})
	done[NoticeResult](o, o.leader, NoticeCancel{n.Notice.ID, "frozen"})
	if r := o.refundOf(n.Notice.ID); r.Amount != first.Amount {
		t.Errorf("%+v, want CNY %s", r, first.Amount)
	}
	e := o.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "d", Priority: 1, Need: one, Ratio: quantity.OneRatio, ExpiresOn: 20260930,
	})
	a := done[EarmarkAllocationResult](o, o.leader, EarmarkAllocate{e.ID, f.licence.ID, i.Code, one, ledger.Paid, 4000 * quantity.OnePrice, "d", 20260930}).Allocation
	asked := storedRow(o, Notices, a.Notice)
	done[NoticeResult](o, o.finance, NoticeProve{asked.ID, asked.Amount, "r-2", today})
	done[NoticeResult](o, o.leader, NoticeCancel{asked.ID, "refused"})
	if r, e := o.refundOf(asked.ID), storedRow(o, Earmarks, e.ID); r.Amount != asked.Amount || e.State != reserve.EarmarkActive || e.Given != 0 {
		t.Errorf("%+v %+v", r, e)
	}
	o.restart()
	o.check()
}

// A refund of another amount is found, and that none is owed of what was paid.
func TestCheck_NoticeRefunds(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	n := done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice * 20, DueOn: today}).Notice
	done[NoticeResult](o, o.finance, NoticeProve{n.ID, n.Amount, "r", today})
	done[NoticeResult](o, o.leader, NoticeCancel{n.ID, "r"})
	o.check()
	r := o.refundOf(n.ID)
	r.Amount--
	o.store.table(Refunds.name).put(r.ID, r)
	o.finds("I-118", r.ID)
	r.Notice, r.BuyBack = 0, 1
	o.store.table(Refunds.name).put(r.ID, r)
	o.finds("I-118", n.ID)
}
