package app

import (
	"fmt"
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/reserve"
)

// paidPart lets a list of the tax authority bring the payment of a part.
func (o *office) paidPart(n NoticeResult, part, receipt string, i reserve.Instalment) {
	o.t.Helper()
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(n.Sale.NoticeNumber()+part, receipt, i.Amount)}})
}

// deliveredPlan is a plan whose first part is paid and whose permits are delivered.
func deliveredPlan(t *testing.T) (*office, firm, NoticeResult, PlanResult) {
	t.Helper()
	o, _, f, n, plan := instalmentOffice(t)
	o.paidPart(n, "/1", "r-1", plan.Parts[0])
	done[NoticeResult](o, o.leader, NoticeDeliver{n.Notice.ID})
	return o, f, n, plan
}

// A payer quoted the wrong part: two persons take the payment off it, its receipt
// proves the right one, and the part waits with its day. One whose day is over by
// then is frozen, and has its time of grace anew, whatever timer ran before.
func TestInstalmentWithdraw(t *testing.T) {
	t.Parallel()
	o, _, n, plan := deliveredPlan(t)
	second, third := plan.Parts[1], plan.Parts[2]
	o.paidPart(n, "/3", "r-2", third) // of another amount than the second, which it is not for
	c := InstalmentWithdraw{third.ID, "of another sale"}
	o.refuses(o.leader, c, identity.ErrForbidden)
	o.refuses(o.finance, InstalmentWithdraw{third.ID, ""}, invalid)
	o.refuses(o.finance, InstalmentWithdraw{second.ID, "r"}, reserve.ErrPartState)
	o.refuses(o.finance, ProofWithdraw{n.Notice.ID, "r"}, reserve.ErrPlanState)
	if refused, proposed := o.send(o.finance, c); refused != nil || !proposed {
		t.Fatalf("alone: %v", refused)
	}
	r := done[PlanResult](o, o.finance, c)
	if i := r.Parts[2]; r.Plan.State != reserve.PlanDelivered || i.Paid != 0 || i.Matched || i.Proof != "" || i.DueOn != third.DueOn || i.Reason != c.Reason {
		t.Errorf("%+v", r)
	}
	if got := o.receiptNow("r-2"); got.State != reserve.ReceiptUnmatched || got.Notice != 0 || got.Instalment != 0 {
		t.Errorf("%+v", got)
	}
	o.waits(o.finance, Instalments.name, second.ID, "prove")

	o.now.set(calendar.NewDate(2027, 8, 5).Start())
	o.runTimers() // the second is overdue: its time of grace runs until 30 August
	o.paidPart(n, "/2", "r-3", second)
	o.now.set(calendar.NewDate(2027, 8, 20).Start())
	if r := done[PlanResult](o, o.finance, InstalmentWithdraw{second.ID, "bounced"}); r.Plan.State != reserve.PlanFrozen {
		t.Errorf("a part is overdue again and the plan %s", r.Plan.State)
	}
	for _, day := range []struct {
		on   calendar.Date
		want reserve.PlanState
	}{{20270919, reserve.PlanFrozen}, {20270920, reserve.PlanRevoked}} {
		o.now.set(day.on.Start())
		o.runTimers()
		if got := storedRow(o, InstalmentPlans, plan.Plan.ID); got.State != day.want {
			t.Errorf("on %s the plan is %s, want %s", day.on, got.State, day.want)
		}
	}
	if b := o.balance(n.Notice.Holding()); b.Balance != 17_600_000 {
		t.Errorf("%+v", b)
	}
	o.refuses(o.finance, InstalmentWithdraw{plan.Parts[0].ID, "r"}, reserve.ErrPaymentSpent)
	o.restart()
	o.check()
}

// Permits that were delivered on a payment of another sale are frozen until the first
// part is paid for certain, and go back where it is not.
func TestInstalmentWithdraw_First(t *testing.T) {
	t.Parallel()
	o, f, n, plan := deliveredPlan(t)
	first := plan.Parts[0]
	state := func() reserve.PlanState { return storedRow(o, InstalmentPlans, plan.Plan.ID).State }
	done[PlanResult](o, o.finance, InstalmentWithdraw{first.ID, "of another sale"})
	if state() != reserve.PlanFrozen {
		t.Errorf("its first part is not paid, and the plan is %s", state())
	}
	o.check()
	done[PlanResult](o, o.finance, InstalmentProve{first.ID, first.Amount, "r-2", today})
	if state() != reserve.PlanFrozen {
		t.Errorf("its first part is not certain, and the plan is %s", state())
	}
	done[PlanResult](o, o.finance, InstalmentConfirm{first.ID, "seen"})
	if state() != reserve.PlanDelivered {
		t.Errorf("its first part is certain, and the plan is %s", state())
	}
	done[PlanResult](o, o.finance, InstalmentWithdraw{first.ID, "of another sale, too"})
	o.now.set(calendar.NewDate(2026, 8, 31).Start()) // due on 31 July, with 30 days of grace
	o.runTimers()
	if b := o.balance(n.Notice.Holding()); state() != reserve.PlanRevoked || b.Balance != 0 || b.Held != 0 {
		t.Errorf("%s, %+v", state(), b)
	}
	lots := o.lotRows(jiashan)
	if l := lots[len(lots)-1]; l.Provenance != reserve.UnsoldReturn || l.Available != n.Notice.Quantity || l.Cost != 0 {
		t.Errorf("%+v", l)
	}
	o.refuses(f.user, InstalmentRequest{n.Notice.ID, []reserve.PlannedPart{{Amount: 1, DueOn: today}}, "d"}, reserve.ErrNoticeState)
	o.restart()
	o.check()
}

// What was paid in full and was not is held again, as long as it is all there.
func TestInstalmentWithdraw_Paid(t *testing.T) {
	t.Parallel()
	o, f, n, plan := deliveredPlan(t)
	pay := func() {
		for k, i := range plan.Parts {
			if storedRow(o, Instalments, i.ID).Paid == 0 {
				done[PlanResult](o, o.finance, InstalmentProve{i.ID, i.Amount, fmt.Sprint("paid ", k, " ", o.keys), today})
				done[PlanResult](o, o.finance, InstalmentConfirm{i.ID, "seen"})
			}
		}
	}
	want := func(plan1 reserve.PlanState, notice reserve.NoticeState, free int64) {
		t.Helper()
		p, got, b := storedRow(o, InstalmentPlans, plan.Plan.ID), storedRow(o, Notices, n.Notice.ID), o.balance(n.Notice.Holding())
		if p.State != plan1 || got.State != notice || b.Available() != free*int64(one) || got.DeliveredAt == 0 || (got.Paid > 0) != (notice == reserve.NoticeDelivered) {
			t.Errorf("%+v\n%+v\n%+v", p, got, b)
		}
		o.check()
	}
	pay()
	want(reserve.PlanPaid, reserve.NoticeDelivered, 44)
	done[PlanResult](o, o.finance, InstalmentWithdraw{plan.Parts[2].ID, "of another sale"})
	want(reserve.PlanDelivered, reserve.NoticeIssued, 0)
	o.refuses(o.leader, NoticeDeliver{n.Notice.ID}, reserve.ErrPlanState)
	o.refuses(o.leader, NoticeCancel{n.Notice.ID, "r"}, reserve.ErrNoticeState)
	pay()
	want(reserve.PlanPaid, reserve.NoticeDelivered, 44)
	done[PlanResult](o, o.finance, InstalmentWithdraw{plan.Parts[0].ID, "of another sale"})
	want(reserve.PlanFrozen, reserve.NoticeIssued, 0)
	pay()

	done[SurplusResult](o, o.leader, SurplusVerify{f.licence.ID, vocs, one, reserve.EIAAmount, true, true, today, "d", 0, "no records yet"})
	i := rowsIn(o, Instruments, Where("id", n.Notice.Instrument))[0]
	sell := done[OrderResult](o, f.user, o.order(f, i, market.Sell, 3000, one)).Order
	o.refuses(o.finance, InstalmentWithdraw{plan.Parts[1].ID, "r"}, reserve.ErrPaymentSpent)
	o.does(f.user, CancelOrder{Order: sell.ID})
	done[PlanResult](o, o.finance, InstalmentWithdraw{plan.Parts[1].ID, "r"})
	want(reserve.PlanDelivered, reserve.NoticeIssued, 0)
	o.restart()
	o.check()
}

// A receipt that a list has brought proves one thing: what is taken off one part lets
// those that named it be matched, and proves the right part when finance says so.
func TestInstalmentWithdraw_Receipts(t *testing.T) {
	t.Parallel()
	o, _, n, plan := deliveredPlan(t)
	second, third, number := plan.Parts[1], plan.Parts[2], n.Sale.NoticeNumber()
	done[PlanResult](o, o.finance, InstalmentProve{second.ID, second.Amount, "of another", today})
	half := taxRow(number+"/2", "r-2", second.Amount/2)
	rest := taxRow(number+"/2", "r-3", second.Amount-second.Amount/2)
	rest.PaidOn = today.AddDays(-3)
	mixed := taxRow(number+"/3", "of another", third.Amount) // the receipt that finance took for the second
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{half, rest, mixed}})
	for _, r := range []string{"r-2", "r-3", "of another"} {
		if got := o.receiptNow(r); got.State != reserve.ReceiptProofDiffers {
			t.Errorf("%+v", got)
		}
	}
	r := done[PlanResult](o, o.finance, InstalmentWithdraw{second.ID, "of the third part"})
	if i := r.Parts[1]; !i.Matched || i.Paid != second.Amount || i.Proof != "r-3" || i.PaidOn != today {
		t.Errorf("%+v", i)
	}
	o.check()
	o.refuses(o.finance, InstalmentProve{third.ID, third.Amount, "r-2", today}, ErrProofTaken) // half of the second
	r = done[PlanResult](o, o.finance, InstalmentProve{third.ID, third.Amount, "of another", today})
	if i := r.Parts[2]; !i.Matched || r.Plan.State != reserve.PlanPaid || o.receiptNow("of another").State != reserve.ReceiptMatched {
		t.Errorf("%+v %s", i, r.Plan.State)
	}
	if got := storedRow(o, Notices, n.Notice.ID); got.State != reserve.NoticeDelivered || !got.Matched {
		t.Errorf("%+v", got)
	}
	o.restart()
	o.check()
}

// A plan that its parts do not bear out is found, and so is a part that its receipts
// do not come to.
func TestCheck_Plans(t *testing.T) {
	t.Parallel()
	o, _, n, plan := deliveredPlan(t)
	o.check()
	finds := func(invariant, table string, id int64) {
		t.Helper()
		found, err := Check(t.Context(), o.store, o.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == invariant && v.Table == table && v.ID == id }) {
			t.Errorf("%v %v", found, err)
		}
	}
	first := storedRow(o, Instalments, plan.Parts[0].ID)
	wrong := first
	wrong.Matched = false
	o.store.table(Instalments.name).put(first.ID, wrong)
	finds("I-115", InstalmentPlans.name, plan.Plan.ID)
	finds("I-110", Instalments.name, first.ID)
	wrong = first
	wrong.Amount++
	o.store.table(Instalments.name).put(first.ID, wrong)
	finds("I-115", InstalmentPlans.name, plan.Plan.ID)
	finds("I-110", Instalments.name, first.ID)
	o.store.table(Instalments.name).put(first.ID, first)
	p := storedRow(o, InstalmentPlans, plan.Plan.ID)
	p.State = reserve.PlanPaid
	o.store.table(InstalmentPlans.name).put(p.ID, p)
	finds("I-115", InstalmentPlans.name, p.ID)
	finds("I-115", Holds.name, p.Hold)
	p.State = reserve.PlanDelivered
	o.store.table(InstalmentPlans.name).put(p.ID, p)
	notice := storedRow(o, Notices, n.Notice.ID)
	notice.State = reserve.NoticeCancelled
	o.store.table(Notices.name).put(notice.ID, notice)
	finds("I-115", InstalmentPlans.name, p.ID)
}
