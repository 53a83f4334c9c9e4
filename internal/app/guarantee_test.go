package app

import (
	"fmt"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// What a project pays for is bound by its notice and given when that is delivered.
// A notice that lapses gives back to the earmark, as long as that lasts, and to
// nobody when the project no longer needs it.
func TestGuarantee_Paid(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 40*one, 20*one)
	project := o.project(f, 4*one, 1_500_000)
	c := EarmarkMake{
		Region: jiashan, Pollutant: vocs, Project: project, Name: "a plant", Document: "d", Priority: 1, Need: 4 * one, Ratio: 1_500_000, ExpiresOn: 20260710,
	}
	e := o.earmarkOf(c)
	give := EarmarkAllocate{e.ID, f.licence.ID, i.Code, one, ledger.Paid, 4000 * quantity.OnePrice, "d", 0}
	o.refuses(o.leader, give, reserve.ErrDueOfPaid)
	give.DueOn = 20260630
	o.refuses(o.leader, give, ErrDuePast)
	give.DueOn = 20260930
	sell := func(need quantity.Quantity) reserve.EarmarkAllocation {
		t.Helper()
		give.Earmark, give.Need = e.ID, need
		return done[EarmarkAllocationResult](o, o.leader, give).Allocation
	}
	cancel := func(a reserve.EarmarkAllocation) {
		t.Helper()
		done[NoticeResult](o, o.leader, NoticeCancel{a.Notice, "not paid"})
		if a = storedRow(o, EarmarkAllocations, a.ID); a.State() != reserve.AllocationLapsed {
			t.Errorf("%+v", a)
		}
	}
	is := func(lots, want string) {
		t.Helper()
		o.wantLots(jiashan, lots)
		now := storedRow(o, Earmarks, e.ID)
		if got := fmt.Sprintf("%s %s of %s", now.State, now.Given, now.Need); got != want {
			t.Errorf("the earmark is %s, want %s", got, want)
		}
		o.check()
	}
	a := sell(one)
	n := storedRow(o, Notices, a.Notice)
	if a.State() != reserve.AllocationWaits || n.Quantity != 3*one/2 || n.Project != project || n.Amount != 6000*5*quantity.OneMoney {
		t.Errorf("%+v %+v", a, n)
	}
	is("1 available 14 earmarked 4.5 reserved 1.5", "active 1 of 4")
	c.Need = 100
	o.refuses(o.leader, c, reserve.ErrEarmarkNeed)
	o.restart()
	cancel(a)
	is("1 available 14 earmarked 6", "active 0 of 4")
	a = sell(4 * one)
	is("1 available 14 reserved 6", "allocated 4 of 4")
	cancel(a)
	is("1 available 14 earmarked 6", "active 0 of 4")

	paid := sell(one)
	o.refuses(o.leader, NoticeDeliver{paid.Notice}, reserve.ErrNoticeState)
	done[NoticeResult](o, o.finance, NoticeProve{paid.Notice, n.Amount, "receipt", 20260701})
	done[NoticeResult](o, o.finance, NoticeConfirm{paid.Notice, "seen"})
	done[NoticeResult](o, o.leader, NoticeDeliver{paid.Notice})
	paid = storedRow(o, EarmarkAllocations, paid.ID)
	need, _ := (&View{state: o.app.st}).needOf(project, vocs)
	if paid.State() != reserve.AllocationGiven || need.Open != 0 || need.Bought != 3*one/2 || need.Kept() != one ||
		o.balance(HoldingKey(f.licence, i, ledger.Paid)).Balance != int64(one) {
		t.Errorf("%+v %+v", paid, need)
	}
	is("1 available 14 earmarked 4.5 transferred 1.5", "active 1 of 4")

	sell(2 * one) // the project is reduced: its notice ends, and what is lacking stays
	is("1 available 14 earmarked 1.5 reserved 3 transferred 1.5", "active 3 of 4")
	done[ProjectResult](o, o.leader, ProjectStep{Project: project, Event: permit.Reduce, Document: "d", Needs: []ProjectNeed{{Pollutant: vocs, Need: 2 * one}}})
	is("1 available 17 earmarked 1.5 transferred 1.5", "active 1 of 2")

	a = sell(one)
	o.now.set(calendar.NewDate(2026, 7, 11).Start())
	o.runTimers()
	is("1 available 17 reserved 1.5 transferred 1.5", "allocated 2 of 2")
	cancel(a)
	is("1 available 18.5 transferred 1.5", "expired 1 of 2")
}
