package app

import (
	"fmt"
	"math/rand"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// wrong is an allocation to a firm that is to be corrected.
func (k *dealDesk) wrong(f firm, part reserve.Part, q quantity.Quantity) int64 {
	k.t.Helper()
	return done[AllocationResult](k.office, k.leader, Allocate{
		Kind: reserve.Initial, Licence: f.licence.ID, Instrument: k.inst.Code, Part: part, Origin: ledger.Paid, Quantity: q,
		Price: 3000 * quantity.OnePrice, PriceKnown: true, AcquiredOn: today, Document: "wrong",
	}).Allocation.ID
}

// What is available goes back; orders that offer it are withdrawn; what is gone
// is owed, and whoever owes sells nothing until it is settled.
func TestCorrection(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	done[reserve.Movement](k.office, k.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, 20 * one, "d", LotChoice{}})
	f, buyer := k.seller(jiashan, 1, 4*one), k.buyer(jiashan, 2, 1_000_000_00)
	other := k.seller(jiashan, 3, 4*one)
	fromReserve, fromRest := k.wrong(f, reserve.Reserve, 2*one), k.wrong(f, reserve.Unallocated, 2*one)
	good := CorrectionRecord{fromReserve, 2 * one, "counted twice", "嘉环改〔2026〕1号", today, 0}
	nanhu := k.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	k.refuses(nanhu, good, ErrNoRecord)
	k.refuses(k.clerk, good, identity.ErrForbidden)
	for _, tt := range []struct {
		change func(*CorrectionRecord)
		want   *fault.Error
	}{
		{func(c *CorrectionRecord) { c.Allocation = 99 }, ErrNoRecord},
		{func(c *CorrectionRecord) { c.Quantity = 0 }, invalid},
		{func(c *CorrectionRecord) { c.Finding = "" }, invalid},
		{func(c *CorrectionRecord) { c.Document = "" }, invalid},
		{func(c *CorrectionRecord) { c.DecidedOn = 20260702 }, ErrDayToCome},
		{func(c *CorrectionRecord) { c.Quantity = 2*one + 1 }, permit.ErrCorrected},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.leader, c, tt.want)
	}
	order := done[OrderResult](k.office, f.user, k.sell(f, 4*one)).Order.ID
	lots := k.permits(ledger.Reserve, jiashan)
	r := done[CorrectionResult](k.office, k.leader, good)
	if r.Correction.Reversed != 2*one || r.Correction.Debt != 0 || len(r.Cancelled) != 0 || k.permits(ledger.Reserve, jiashan) == lots {
		t.Errorf("%+v", r)
	}
	k.refuses(k.leader, good, permit.ErrCorrected)

	// The rest is sold: 4 are offered, 2 of 6 are left; 5 are to go back.
	done[OrderResult](k.office, buyer.user, k.buy(buyer, 3*one, 3000))
	r = done[CorrectionResult](k.office, k.leader, CorrectionRecord{fromRest, one, "f", "d", today, 0})
	if r.Correction.Reversed != one || len(r.Cancelled) != 0 {
		t.Errorf("%+v", r)
	}
	k.freeze(freezing(f, k.inst.Code, "a", 2*one)) // it is short of nothing: one was free and the order's is withdrawn
	if k.app.st.orders[order] != nil {
		t.Error("the order rests")
	}
	mine := done[OrderResult](k.office, other.user, k.sell(other, one)).Order.ID
	opening := k.allocationOf(f)
	r = done[CorrectionResult](k.office, k.leader, CorrectionRecord{opening, one, "f", "d", today, 0})
	if r.Correction.Reversed != 0 || r.Correction.Debt == 0 || r.Correction.Transfer != 0 || k.app.st.orders[mine] == nil {
		t.Errorf("%+v", r)
	}
	debt := r.Correction.Debt
	k.refuses(f.user, k.sell(f, one), rulebook.ErrDebt)
	k.refuses(f.user, k.offerBy(f, buyer, 100), rulebook.ErrDebt)
	if owed := k.app.Reference().known().owedBy(f.party); owed == 0 || owed != k.app.st.known.owedBy(f.party) {
		t.Errorf("readers know of a debt of %s", owed)
	}
	k.refuses(k.leader, SuccessionRecord{
		Kind: permit.Division, Licence: f.licence.ID, EffectiveOn: today, Document: "d",
		Parts: []SuccessionShare{k.share(buyer, ledger.Paid, one, one), k.share(f, ledger.Paid, one, 0)},
	}, permit.ErrBlocked)

	settle := DebtSettle{Debt: debt, Way: permit.ByPurchase, Instrument: k.inst.Code, Origin: ledger.Paid, Quantity: one / 2, Document: "d"}
	for _, tt := range []struct {
		change func(*DebtSettle)
		want   *fault.Error
	}{
		{func(c *DebtSettle) { c.Debt = 99 }, ErrNoRecord},
		{func(c *DebtSettle) { c.Way = "x" }, invalid},
		{func(c *DebtSettle) { c.Document = "" }, invalid},
		{func(c *DebtSettle) { c.Quantity = 0 }, invalid},
		{func(c *DebtSettle) { c.Quantity = one + 1 }, permit.ErrBeyondDebt},
		{func(c *DebtSettle) { c.Instrument = "CO2-20310630" }, ErrNoRecord},
		{func(c *DebtSettle) {}, ledger.ErrInsufficient},
	} {
		c := settle
		tt.change(&c)
		k.refuses(k.leader, c, tt.want)
	}
	k.allocate(f, one/2, 1000*quantity.OnePrice, today)
	before, surplus := k.permits(ledger.Unallocated, jiashan), k.surplus(f).Available()
	k.waits(k.leader, Debts.name, debt, "settle")
	k.waits(k.clerk, Debts.name, debt, "")
	done[DebtResult](k.office, k.leader, settle)
	if got := k.surplus(f).Available(); got != max(surplus-one/2, 0) {
		t.Errorf("%s t/a are surplus after %s", got, surplus)
	}
	if k.permits(ledger.Unallocated, jiashan) == before {
		t.Error("the purchase did not come back")
	}
	settle.Way, settle.Quantity = permit.ByReserve, one/4
	settle = ofItsWay(settle)
	done[DebtResult](k.office, k.leader, settle)
	k.restart()
	k.refuses(f.user, k.sell(f, one), rulebook.ErrDebt)
	settle.Way = permit.ByCourt
	defer k.waits(k.leader, Debts.name, debt, "")
	if d := done[DebtResult](k.office, k.leader, settle).Debt; d.Open() != 0 || d.SettledAt == 0 {
		t.Errorf("%+v", d)
	}
	k.refuses(k.leader, settle, permit.ErrDebtSettled)
	k.refuses(f.user, k.sell(f, one), ledger.ErrInsufficient) // frozen, and no longer for the debt
}

// offerBy is a deal that the seller proposes.
func (k *dealDesk) offerBy(seller, buyer firm, q quantity.Quantity) DealPropose {
	c := k.offer(seller, buyer, q, 1000)
	c.Proposer = settlement.SellerSide
	return c
}

// ofItsWay names permits of the licence in a purchase only.
func ofItsWay(c DebtSettle) DebtSettle {
	if c.Way != permit.ByPurchase {
		c.Instrument, c.Origin = "", ledger.NoOrigin
	}
	return c
}

// allocationOf is the first allocation of a firm.
func (k *dealDesk) allocationOf(f firm) int64 {
	k.t.Helper()
	var rows []reserve.Allocation
	if err := k.store.Find(k.t.Context(), Allocations.name, Where("licence", f.licence.ID), &rows); err != nil || len(rows) == 0 {
		k.t.Fatal(err)
	}
	return rows[0].ID
}

// A guarantee is corrected as an allocation is: what of it is available goes back into
// the reserve, what was sold is owed, and who bought it keeps it. What was not given is
// not corrected, and nothing is corrected twice.
func TestCorrection_Guarantee(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	done[reserve.Movement](k.office, k.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, 20 * one, "d", LotChoice{}})
	f, buyer := k.seller(jiashan, 1, 4*one), k.buyer(jiashan, 2, 1_000_000_00)
	e := k.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "d", Priority: 1, Need: 4 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	})
	give := EarmarkAllocate{e.ID, f.licence.ID, k.inst.Code, 2 * one, ledger.Paid, 3000 * quantity.OnePrice, "d", 20260801}
	g := done[EarmarkAllocationResult](k.office, k.leader, give).Allocation
	good := CorrectionRecord{0, 2 * one, "counted twice", "嘉环改〔2026〕2号", today, g.ID}
	k.refuses(k.leader, good, permit.ErrNotGiven)
	n := storedRow(k.office, Notices, g.Notice)
	done[NoticeResult](k.office, k.finance, NoticeProve{n.ID, n.Amount, "r", today})
	done[NoticeResult](k.office, k.finance, NoticeConfirm{n.ID, "seen"})
	done[NoticeResult](k.office, k.leader, NoticeDeliver{n.ID})
	for _, tt := range []struct {
		change func(*CorrectionRecord)
		want   *fault.Error
	}{
		{func(c *CorrectionRecord) { c.Allocation = k.allocationOf(f) }, permit.ErrCorrectionOf},
		{func(c *CorrectionRecord) { c.EarmarkAllocation = 0 }, permit.ErrCorrectionOf},
		{func(c *CorrectionRecord) { c.EarmarkAllocation = 99 }, ErrNoRecord},
		{func(c *CorrectionRecord) { c.Quantity = 2*one + 1 }, permit.ErrCorrected},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.leader, c, tt.want)
	}
	done[OrderResult](k.office, f.user, k.sell(f, 4*one))
	done[OrderResult](k.office, buyer.user, k.buy(buyer, 4*one, 3000))
	k.freeze(freezing(f, k.inst.Code, "a", one)) // of the 2 that are left one is available
	inReserve := k.balance(reserve.Reserve.Key(jiashan, vocs)).Balance
	x := done[CorrectionResult](k.office, k.leader, good).Correction
	if x.Reversed != one || x.Debt == 0 || x.EarmarkAllocation != g.ID || x.Allocation != 0 {
		t.Errorf("%+v", x)
	}
	if d := rowsOf(k.app.st, Debts).rows[x.Debt]; d.Quantity != one || d.Licence != f.licence.ID {
		t.Errorf("%+v", d)
	}
	if got := k.balance(reserve.Reserve.Key(jiashan, vocs)).Balance; got != inReserve+int64(3*one/2) { // with the offset share
		t.Errorf("the reserve has %d, before %d", got, inReserve)
	}
	if got := k.balance(HoldingKey(buyer.licence, k.inst, ledger.Paid)).Balance; got != int64(4*one) {
		t.Errorf("the buyer keeps %d", got)
	}
	k.refuses(k.leader, good, permit.ErrCorrected)
	k.restart()
	k.check()
	x.Quantity += one
	k.store.table(Corrections.name).put(x.ID, x)
	k.finds("I-32", g.ID)
}

// A debt goes with the whole licence to its successor, who then may not sell.
func TestCorrection_DebtFollows(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f, to := k.seller(jiashan, 1, 4*one), k.seller(jiashan, 2, 4*one)
	k.freeze(freezing(f, k.inst.Code, "a", 4*one))
	debt := done[CorrectionResult](k.office, k.leader, CorrectionRecord{k.allocationOf(f), one, "f", "d", today, 0}).Correction.Debt
	done[SuccessionResult](k.office, k.leader, SuccessionRecord{
		Kind: permit.Merger, Licence: f.licence.ID, EffectiveOn: today, Document: "d", Parts: []SuccessionShare{k.share(to, ledger.Paid, 4*one, 4*one)},
	})
	if d := rowsOf(k.app.st, Debts).rows[debt]; d.Party != to.party || d.Licence != to.licence.ID {
		t.Errorf("%+v", d)
	}
	k.refuses(to.user, k.sell(to, one), rulebook.ErrDebt)
}

// Whatever is allocated, sold, frozen, corrected and settled, in any order,
// check finds nothing: what was wrong is back or owed.
func TestCorrection_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			randomCorrections(t, rand.New(rand.NewSource(seed)), 120)
		})
	}
}

func randomCorrections(t *testing.T, r *rand.Rand, steps int) {
	t.Helper()
	k := openTermDesk(t)
	done[reserve.Movement](k.office, k.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, 30 * one, "d", LotChoice{}})
	firms := []firm{k.seller(jiashan, 1, 10*one), k.seller(jiashan, 2, 10*one), k.buyer(jiashan, 3, 500_000_00)}
	e := k.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "d", Priority: 1, Need: 10 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	})
	project := k.project(firms[0], 10*one, 1_500_000)
	kept := k.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Project: project, Name: "another", Document: "d", Priority: 1, Need: 8 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	})
	people := []int64{k.leaders[jiashan], k.finance}
	for _, f := range firms {
		people = append(people, f.user)
	}
	pick := func() firm { return firms[r.Intn(len(firms))] }
	q := func() quantity.Quantity { return quantity.Quantity(1+r.Intn(40)) * 100_000 }
	some := func(name string) int64 { return r.Int63n(k.app.st.lastID[name]+1) + 1 }
	origins := []ledger.Origin{ledger.Paid, ledger.Paid, ledger.Free}
	commands := []func() (int64, Command){
		func() (int64, Command) {
			o := origins[r.Intn(3)]
			return k.leader, Allocate{
				Kind: reserve.Initial, Licence: pick().licence.ID, Instrument: k.inst.Code, Part: reserve.Parts[r.Intn(2)], Origin: o, Quantity: q(),
				Price: quantity.OnePrice * quantity.Price(2-int(o)), PriceKnown: o == ledger.Paid, AcquiredOn: today, Document: "d",
			}
		},
		func() (int64, Command) {
			return k.leader, CorrectionRecord{some(Allocations.name), 2 * q(), "f", "d", today, 0}
		},
		func() (int64, Command) {
			return k.leader, EarmarkAllocate{e.ID, pick().licence.ID, k.inst.Code, q() / 10, ledger.Free, 0, "d", 0}
		},
		func() (int64, Command) {
			o := origins[r.Intn(3)]
			due := calendar.Date(0)
			if o == ledger.Paid {
				due = 20260930
			}
			return k.leader, EarmarkAllocate{kept.ID, firms[0].licence.ID, k.inst.Code, q() / 10, o, quantity.OnePrice * quantity.Price(2-int(o)), "d", due}
		},
		func() (int64, Command) {
			n := some(Notices.name)
			if found := rowsIn(k.office, Notices, Where("id", n).And("state", Eq, string(reserve.NoticeIssued))); len(found) > 0 {
				if k.do(k.finance, NoticeProve{n, found[0].Amount, fmt.Sprint("r", r.Int()), today}) == nil {
					k.do(k.finance, NoticeConfirm{n, "seen"})
				}
			}
			return k.leader, NoticeDeliver{n}
		},
		func() (int64, Command) {
			need, _ := (&View{state: k.app.st}).needOf(project, vocs)
			return k.leader, ProjectStep{Project: project, Event: permit.Reduce, Document: "d", Needs: []ProjectNeed{{Pollutant: vocs, Need: need.Need - q()/4}}}
		},
		func() (int64, Command) {
			return k.leader, CorrectionRecord{0, q() / 5, "f", "d", today, some(EarmarkAllocations.name)}
		},
		func() (int64, Command) {
			return k.leader, ofItsWay(DebtSettle{some(Debts.name), permit.SettlementWays[r.Intn(3)], k.inst.Code, origins[r.Intn(3)], q() / 4, "d", LotChoice{}})
		},
		func() (int64, Command) { f := pick(); return f.user, k.sell(f, q()) },
		func() (int64, Command) { f := pick(); return f.user, k.buy(f, q(), 3000) },
		func() (int64, Command) {
			return k.leader, FreezePlace{FreezeTerms: freezing(pick(), k.inst.Code, fmt.Sprint(r.Intn(1000)), q())}
		},
		func() (int64, Command) { return k.leader, FreezeRelease{some(Freezes.name), "d"} },
	}
	did := map[string]int{}
	for range steps {
		if r.Intn(8) == 0 {
			k.randomProposal(r, firms)
			k.randomStep(r, people, map[settlement.DealState]int{})
			continue
		}
		who, c := commands[r.Intn(len(commands))]()
		if k.do(who, c) == nil {
			did[string(c.Operation())]++
		}
	}
	k.restart()
	k.check()
	if did["correction.record"] == 0 || did["order.place"] == 0 {
		t.Errorf("too little was done: %v", did)
	}
}

// permitx check names a correction, a debt and a settlement that were altered.
func TestCheck_Corrections(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 4*one)
	k.freeze(freezing(f, k.inst.Code, "a", 3*one))
	x := done[CorrectionResult](k.office, k.leader, CorrectionRecord{k.allocationOf(f), one, "f", "d", today, 0}).Correction
	k.freeze(freezing(f, k.inst.Code, "b", 3*one))
	y := done[CorrectionResult](k.office, k.leader, CorrectionRecord{k.wrong(f, reserve.Unallocated, one), one, "f", "d", today, 0}).Correction
	s := done[DebtResult](k.office, k.leader, DebtSettle{Debt: y.Debt, Way: permit.ByCourt, Quantity: one / 2, Document: "d"}).Settlement
	corrections, debts, settlements := k.store.table(Corrections.name), k.store.table(Debts.name), k.store.table(DebtSettlements.name)
	if x.Reversed != one || y.Reversed != 0 {
		t.Fatalf("%+v %+v", x, y)
	}
	for name, alter := range map[string]func() func(){
		"I-32 reversed": func() func() { return swap(corrections, x.ID, func(x *permit.Correction) { x.Reversed-- }) },
		"I-32 quantity": func() func() { return swap(corrections, x.ID, func(x *permit.Correction) { x.Quantity += 100 * one }) },
		"I-32 licence":  func() func() { return swap(corrections, x.ID, func(x *permit.Correction) { x.Licence++ }) },
		"I-32 transfer": func() func() { return swap(corrections, x.ID, func(x *permit.Correction) { x.Transfer = 0 }) },
		"I-32 debt":     func() func() { return swap(debts, y.Debt, func(d *permit.Debt) { d.Quantity-- }) },
		"I-32 settled":  func() func() { return swap(debts, y.Debt, func(d *permit.Debt) { d.Settled++ }) },
		"I-32 way": func() func() {
			return swap(settlements, s.ID, func(s *permit.DebtSettlement) { s.Way = permit.ByReserve })
		},
	} {
		restore := alter()
		k.names(name)
		restore()
	}
	k.check()
}
