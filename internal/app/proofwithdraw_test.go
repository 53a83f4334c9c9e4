package app

import (
	"fmt"
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// receiptNow is a receipt of a list, by its number.
func (o *office) receiptNow(number string) reserve.TaxReceipt {
	o.t.Helper()
	return rowsIn(o, TaxReceipts, Where("receipt", number))[0]
}

// A payer quoted the wrong notice, so that a list matched it: two persons take it
// off, and finance proves the right one by its receipt. Nothing is taken off what is
// delivered.
func TestProofWithdraw(t *testing.T) {
	t.Parallel()
	o, _, sell := openSales(t)
	right, wrong := sell(), sell()
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(wrong.Sale.NoticeNumber(), "r-1", wrong.Notice.Amount)}})
	c := ProofWithdraw{wrong.Notice.ID, "the payer quoted the wrong notice"}
	o.refuses(o.leader, c, identity.ErrForbidden)
	o.refuses(o.finance, ProofWithdraw{right.Notice.ID, "r"}, reserve.ErrNoticeState)
	o.refuses(o.finance, ProofWithdraw{wrong.Notice.ID, ""}, invalid)
	o.refuses(o.finance, NoticeProve{right.Notice.ID, right.Notice.Amount, "r-1", today}, ErrProofTaken)

	n := done[NoticeResult](o, o.finance, c).Notice
	if n.State != reserve.NoticeIssued || n.Paid != 0 || n.Matched || n.DueOn != today || n.Reason != c.Reason {
		t.Errorf("%+v", n)
	}
	if r := o.receiptNow("r-1"); r.State != reserve.ReceiptUnmatched || r.Notice != 0 {
		t.Errorf("%+v", r)
	}
	o.refuses(o.leader, NoticeDeliver{n.ID}, reserve.ErrNoticeState)
	o.check()
	proved := done[NoticeResult](o, o.finance, NoticeProve{right.Notice.ID, right.Notice.Amount, "r-1", today}).Notice
	if r := o.receiptNow("r-1"); !proved.Matched || r.State != reserve.ReceiptMatched || r.Notice != proved.ID {
		t.Errorf("%+v %+v", proved, r)
	}
	done[NoticeResult](o, o.leader, NoticeDeliver{proved.ID})
	o.refuses(o.finance, ProofWithdraw{proved.ID, "too late"}, reserve.ErrPaymentSpent)
	o.restart()
	o.check()
}

// Finance proved two notices by each other's receipts: the list finds both
// different, and what is taken off one lets its own receipt be matched with it.
func TestProofWithdraw_Swapped(t *testing.T) {
	t.Parallel()
	o, _, sell := openSales(t)
	n := [2]NoticeResult{sell(), sell()}
	done[NoticeResult](o, o.finance, NoticeProve{n[0].Notice.ID, n[0].Notice.Amount, "r-1", today})
	done[NoticeResult](o, o.finance, NoticeProve{n[1].Notice.ID, n[1].Notice.Amount, "r-0", today})
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{
		taxRow(n[0].Sale.NoticeNumber(), "r-0", n[0].Notice.Amount), taxRow(n[1].Sale.NoticeNumber(), "r-1", n[1].Notice.Amount),
	}})
	if o.receiptNow("r-0").State != reserve.ReceiptProofDiffers || o.receiptNow("r-1").State != reserve.ReceiptProofDiffers {
		t.Fatalf("%+v %+v", o.receiptNow("r-0"), o.receiptNow("r-1"))
	}
	done[NoticeResult](o, o.finance, ProofWithdraw{n[0].Notice.ID, "swapped"})
	done[NoticeResult](o, o.finance, ProofWithdraw{n[1].Notice.ID, "swapped"})
	done[NoticeResult](o, o.finance, NoticeProve{n[0].Notice.ID, n[0].Notice.Amount, "r-0", today})
	first, second := storedRow(o, Notices, n[0].Notice.ID), storedRow(o, Notices, n[1].Notice.ID)
	if !first.Matched || first.Proof != "r-0" || !second.Matched || second.Proof != "r-1" {
		t.Errorf("%+v\n%+v", first, second)
	}
	o.check()
}

// What was paid in two on two days is paid on the later, in whichever order a list
// has them, also where it is matched only once a wrong proof was withdrawn.
func TestProofWithdraw_LatestDay(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	rows := func(n NoticeResult, name string) []reserve.TaxRow {
		later, earlier := taxRow(n.Sale.NoticeNumber(), name+"-later", n.Notice.Amount/2), taxRow(n.Sale.NoticeNumber(), name+"-earlier", n.Notice.Amount-n.Notice.Amount/2)
		earlier.PaidOn = later.PaidOn.AddDays(-3)
		return []reserve.TaxRow{later, earlier}
	}
	for _, wrong := range []bool{false, true} {
		n := done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice * 20, DueOn: today})
		if wrong {
			done[NoticeResult](o, o.finance, NoticeProve{n.Notice.ID, n.Notice.Amount, "of another", today})
		}
		done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", rows(n, fmt.Sprint(wrong))})
		if wrong {
			done[NoticeResult](o, o.finance, ProofWithdraw{n.Notice.ID, "of another"})
		}
		if got := storedRow(o, Notices, n.Notice.ID); !got.Matched || got.PaidOn != today || got.Proof != fmt.Sprint(wrong, "-earlier") {
			t.Errorf("after a wrong proof: %t: %+v", wrong, got)
		}
	}
	o.check()
}

// A winner whose payment was for another notice puts up again what he had back,
// and is in default after the day that he had to pay by. One who cannot keeps it.
func TestProofWithdraw_Award(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	a := awards[0]
	awarded(d.office, d.firms[0].user, AwardSign{a.ID})
	a = awarded(d.office, d.clerk, AwardContract{a.ID, "合同 1"})
	d.does(d.finance, NoticeProve{Notice: a.Notice, Amount: a.Amount, Proof: "缴款 1", PaidOn: 20260713})
	d.wantFunds(d.firms[0], "1000000.00")
	d.does(d.finance, ProofWithdraw{a.Notice, "of another firm"})
	d.wantFunds(d.firms[0], "995000.00")
	if got := storedRow(d.office, Awards, a.ID); got.State != auction.AwardContracted || got.PaidAt != 0 || got.PayBy != a.PayBy {
		t.Errorf("%+v", got)
	}
	d.check()
	d.later(14)
	if got := awarded(d.office, d.clerk, AwardDefault{a.ID, "not paid"}); got.Forfeited != 5000_00 {
		t.Errorf("%+v", got)
	}
	d.restart()
	d.check()
}

// A renewal that was not paid after all lapses by its rule once its day is over;
// what a list has made ready is not taken back.
func TestProofWithdraw_Renewal(t *testing.T) {
	t.Parallel()
	s := openTermSite(t)
	s.grant(ledger.Paid, 4*one)
	r := s.renew(s.apply(ledger.Paid, 4*one), 4*one, 100*quantity.OnePrice)
	n := s.notice(r.Notice)
	done[NoticeResult](s.office, s.finance, NoticeProve{n.ID, n.Amount, "receipt", s.now.get().Date()})
	s.pass(r.DueOn.AddDays(1))
	s.send(s.finance, ProofWithdraw{n.ID, "of another firm"})
	if refused, _ := s.send(s.second, ProposalApprove{s.proposal.ID, s.proposal.EffectsDigest}); refused != nil {
		t.Fatal(refused)
	}
	s.runTimers()
	if got := s.renewal(r.ID); got.State != permit.RenewalLapsed {
		t.Errorf("%+v", got)
	}
	s.check()
}

// Receipts that are matched with a notice and do not come to its amount, or prove
// another one, are found.
func TestCheck_Receipts(t *testing.T) {
	t.Parallel()
	o, _, sell := openSales(t)
	n, other := sell(), sell()
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(n.Sale.NoticeNumber(), "r", n.Notice.Amount)}})
	o.check()
	r := o.receiptNow("r")
	r.Amount--
	o.store.table(TaxReceipts.name).put(r.ID, r)
	found, err := Check(t.Context(), o.store, o.store.row())
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-110" && v.ID == n.Notice.ID }) {
		t.Errorf("%v %v", found, err)
	}
	other.Notice.Proof = "r"
	o.store.table(Notices.name).put(other.Notice.ID, other.Notice)
	found, err = Check(t.Context(), o.store, o.store.row())
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-139" && v.ID == other.Notice.ID }) {
		t.Errorf("%v %v", found, err)
	}
}

// openSales is an office with a cap, a firm, and what issues it a payment notice for one t/a.
func openSales(t *testing.T) (o *office, f firm, sell func() NoticeResult) {
	t.Helper()
	o = openOffice(t)
	i := o.instrument()
	f = o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	return o, f, func() NoticeResult {
		return done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice * 20, DueOn: today})
	}
}

// A receipt that proves one notice pays no part of another that a list has named with it,
// whether the list or finance came first, and whoever of them proves the other one.
func TestProof_PaysOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	sell := func(q quantity.Quantity) NoticeResult {
		return done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: q, Price: quantity.OnePrice * 12, DueOn: today})
	}
	lists := func(n NoticeResult, receipts ...string) {
		t.Helper()
		var rows []reserve.TaxRow
		for _, r := range receipts {
			rows = append(rows, taxRow(n.Sale.NoticeNumber(), r, n.Notice.Amount/2))
		}
		done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", rows})
	}
	unmatched := func(n NoticeResult, receipts ...string) {
		t.Helper()
		if got := storedRow(o, Notices, n.Notice.ID); got.Matched {
			t.Errorf("%+v", got)
		}
		for _, r := range receipts {
			if got := o.receiptNow(r); got.State != reserve.ReceiptProofDiffers {
				t.Errorf("%s is %s", r, got.State)
			}
		}
		o.check()
	}
	proves := func(n NoticeResult, receipt string) {
		t.Helper()
		done[NoticeResult](o, o.finance, NoticeProve{n.Notice.ID, n.Notice.Amount, receipt, today})
	}

	first, other := sell(2*one), sell(one)
	proves(other, "a-1")
	lists(first, "a-1", "a-2")
	unmatched(first, "a-1", "a-2")
	proves(first, "a-2")
	unmatched(first, "a-1", "a-2")

	second, other := sell(2*one), sell(one)
	lists(second, "b-1")
	proves(other, "b-1")
	lists(second, "b-2")
	unmatched(second, "b-1", "b-2")

	third, other := sell(2*one), sell(one)
	lists(third, "c-1", "c-2") // matched
	done[NoticeResult](o, o.finance, ProofWithdraw{third.Notice.ID, "c-1 is of another"})
	proves(other, "c-1")
	if got := o.receiptNow("c-1"); got.Notice != other.Notice.ID || got.State != reserve.ReceiptMatched {
		t.Errorf("%+v", got)
	}
	o.check()
}
