package app

import (
	"fmt"
	"testing"

	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// guaranteed is a project that was given 4 t/a out of its earmark at the ratio 1.5, for
// CNY 90,000.
func guaranteed(t *testing.T) (k *dealDesk, f firm, project int64, g reserve.EarmarkAllocation) {
	t.Helper()
	k = openTermDesk(t)
	done[reserve.Movement](k.office, k.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, 20 * one, "d", LotChoice{}})
	f = k.buyer(jiashan, 1, 1_000_00)
	project = k.project(f, 4*one, 1_500_000)
	e := k.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Project: project, Name: "a plant", Document: "d", Priority: 1, Need: 4 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	})
	g = done[EarmarkAllocationResult](k.office, k.leader, EarmarkAllocate{
		e.ID, f.licence.ID, k.inst.Code, 4 * one, ledger.Paid, 3000 * quantity.OnePrice, "d", 20260801,
	}).Allocation
	n := storedRow(k.office, Notices, g.Notice)
	done[NoticeResult](k.office, k.finance, NoticeProve{n.ID, n.Amount, "r", today})
	done[NoticeResult](k.office, k.finance, NoticeConfirm{n.ID, "seen"})
	done[NoticeResult](k.office, k.leader, NoticeDeliver{n.ID})
	return k, f, project, storedRow(k.office, EarmarkAllocations, g.ID)
}

// has holds the figures of the project, and what lies in the reserve and is retired.
func (k *dealDesk) has(project int64, want string) {
	k.t.Helper()
	n, _ := (&View{state: k.app.st}).needOf(project, vocs)
	got := fmt.Sprintf("needed %s bought %s assigned %s retired %s, reserve %s retired %s", n.Needed, n.Bought, n.Assigned, n.Retired,
		quantity.Quantity(k.balance(reserve.Reserve.Key(jiashan, vocs)).Balance), quantity.Quantity(k.balance(ledger.PermitKey(ledger.Retired, jiashan, vocs)).Balance))
	if got != want {
		k.t.Errorf("%s, want %s", got, want)
	}
}

// refunds are what is asked for of a correction.
func (k *dealDesk) refunds(x permit.Correction) (sum quantity.Money) {
	k.t.Helper()
	for _, r := range rowsIn(k.office, Refunds, Where("correction", x.ID)) {
		if r.State == reserve.RefundRequested {
			sum += r.Amount
		}
	}
	return sum
}

// What is taken back of a guarantee takes back its offset share, its project's figures and
// what was paid for it: at once of what is available, and of what was owed when it is settled
// by a purchase. What the reserve or a court settles the project keeps.
func TestCorrection_GuaranteeOfProject(t *testing.T) {
	t.Parallel()
	k, f, project, g := guaranteed(t)
	paid := storedRow(k.office, Notices, g.Notice).Paid
	k.has(project, "needed 6 bought 6 assigned 6 retired 2, reserve 14 retired 2")
	correct := func(q quantity.Quantity) permit.Correction {
		return done[CorrectionResult](k.office, k.leader, CorrectionRecord{0, q, "counted twice", "d", today, g.ID}).Correction
	}
	x := correct(one)
	k.has(project, "needed 6 bought 4.5 assigned 4.5 retired 1.5, reserve 15.5 retired 1.5")
	if x.OffsetShare != one/2 || k.refunds(x) != paid/4 {
		t.Errorf("%+v, CNY %s of %s are refunded", x, k.refunds(x), paid)
	}
	r := rowsIn(k.office, Refunds, Where("correction", x.ID))[0]
	k.waits(k.finance, Refunds.name, r.ID, "receive")
	done[reserve.TreasuryRefund](k.office, k.finance, RefundReceive{r.ID, "退库1", today})
	k.check()

	k.freeze(freezing(f, k.inst.Code, "a", 2*one)) // of the 3 that are left one is available
	x = correct(3 * one)
	k.has(project, "needed 6 bought 3 assigned 3 retired 1, reserve 17 retired 1")
	if x.Reversed != one || x.OffsetShare != one/2 || x.Debt == 0 || k.refunds(x) != paid/4 {
		t.Errorf("%+v, CNY %s of %s are refunded", x, k.refunds(x), paid)
	}
	settle := func(way permit.SettlementWay, q quantity.Quantity) permit.DebtSettlement {
		return done[DebtResult](k.office, k.leader, ofItsWay(DebtSettle{x.Debt, way, k.inst.Code, ledger.Paid, q, "d", LotChoice{}})).Settlement
	}
	settle(permit.ByCourt, one/2)
	settle(permit.ByReserve, one/2)
	k.has(project, "needed 6 bought 3 assigned 3 retired 1, reserve 16.5 retired 1")
	k.wrong(f, reserve.Unallocated, one)
	if s := settle(permit.ByPurchase, one); s.OffsetShare != one/2 || k.refunds(x) != 2*(paid/4) {
		t.Errorf("%+v, CNY %s of %s are refunded", s, k.refunds(x), paid)
	}
	k.has(project, "needed 6 bought 1.5 assigned 1.5 retired 0.5, reserve 16.5 retired 0.5")
	k.restart()
	k.check()
	asked := rowsIn(k.office, Refunds, Where("correction", x.ID).And("state", Eq, string(reserve.RefundRequested)))
	done[reserve.TreasuryRefund](k.office, k.finance, RefundCancel{asked[0].ID, "never paid", 0})
	k.check()
}

// What a reduction has freed before is not taken off the project twice.
func TestCorrection_GuaranteeOfReducedProject(t *testing.T) {
	t.Parallel()
	k, f, project, g := guaranteed(t)
	done[ProjectResult](k.office, k.leader, ProjectStep{Project: project, Event: permit.Reduce, Document: "d", Needs: []ProjectNeed{{Pollutant: vocs, Need: one}}})
	k.has(project, "needed 1.5 bought 1.5 assigned 1.5 retired 0.5, reserve 14 retired 2")
	x := done[CorrectionResult](k.office, k.leader, CorrectionRecord{0, 4 * one, "f", "d", today, g.ID}).Correction
	if x.Reversed != one || x.OffsetShare != one/2 || x.Debt == 0 { // 3 are held for the buy-back of what was freed
		t.Errorf("%+v", x)
	}
	k.has(project, "needed 1.5 bought 0 assigned 0 retired 0, reserve 15.5 retired 1.5")
	k.wrong(f, reserve.Unallocated, 3*one)
	done[DebtResult](k.office, k.leader, DebtSettle{x.Debt, permit.ByPurchase, k.inst.Code, ledger.Paid, 3 * one, "d", LotChoice{}})
	k.has(project, "needed 1.5 bought 0 assigned 0 retired 0, reserve 15.5 retired 0")
	k.restart()
	k.check()
}

// permitx check names what was taken back without what belongs to it.
func TestCheck_GuaranteesBack(t *testing.T) {
	t.Parallel()
	k, _, _, g := guaranteed(t)
	x := done[CorrectionResult](k.office, k.leader, CorrectionRecord{0, one, "f", "d", today, g.ID}).Correction
	r := rowsIn(k.office, Refunds, Where("correction", x.ID))[0]
	var entry permit.Entry
	for _, e := range rowsIn(k.office, ProjectEntries, Where("kind", string(permit.ByCorrection))) {
		entry = e
	}
	k.check()
	for _, tt := range []struct {
		id    int64
		alter func() func()
	}{
		{g.ID, func() func() {
			return swap(k.store.table(Corrections.name), x.ID, func(x *permit.Correction) { x.OffsetShare-- })
		}},
		{g.ID, func() func() {
			return swap(k.store.table(Refunds.name), r.ID, func(r *reserve.TreasuryRefund) { r.Amount-- })
		}},
		{r.ID, func() func() {
			return swap(k.store.table(Refunds.name), r.ID, func(r *reserve.TreasuryRefund) { r.Correction = 99 })
		}},
		{entry.ID, func() func() {
			return swap(k.store.table(ProjectEntries.name), entry.ID, func(e *permit.Entry) { e.Bought++ })
		}},
		{x.ID, func() func() {
			return swap(k.store.table(ProjectEntries.name), entry.ID, func(e *permit.Entry) { e.Kind, e.Transfer = permit.ByRelease, 0 })
		}},
	} {
		restore := tt.alter()
		k.finds("I-116", tt.id)
		restore()
	}
	k.check()
}
