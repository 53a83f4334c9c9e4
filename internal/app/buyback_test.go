package app

import (
	"errors"
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// buyBackDesk is an office with a firm of Jiashan that has 10 t/a of paid permits
// (6 at CNY 2,000 and 4 at CNY 6,000) and 2 t/a of free ones, a base price of
// CNY 4,000 and a budget.
type buyBackDesk struct {
	*office
	i      catalog.Instrument
	f      firm
	budget int64
}

func yuan(n int64) quantity.Price { return quantity.Price(n) * quantity.OnePrice }

func openBuyBackDesk(t *testing.T) *buyBackDesk {
	t.Helper()
	o := openOffice(t)
	plant(o.store, Parameters, []rulebook.Parameter{
		{ID: 101, Key: rulebook.BasePrice, Region: jiashan, Pollutant: vocs, Value: "4000", ValidFrom: 20260101, Document: "price"},
		{ID: 102, Key: rulebook.BasePrice, Region: jiaxing, Pollutant: vocs, Value: "5000", ValidFrom: 20260101, ValidTo: 20260701, Document: "city"},
		{ID: 103, Key: rulebook.BasePrice, Region: jiaxing, Pollutant: vocs, Value: "7000", ValidFrom: 20260702, Document: "city's newer"},
		{ID: 104, Key: rulebook.PartMonthUp, Region: "330402", Value: "1", ValidFrom: 20260716, Document: "a part month counts"},
	})
	o.restart()
	d := &buyBackDesk{office: o, i: o.instrument(), f: o.firm(jiashan, 1)}
	o.setCap(jiashan, 100*one, 5*one)
	for _, a := range []struct {
		origin ledger.Origin
		q      quantity.Quantity
		price  int64
	}{{ledger.Paid, 6 * one, 2000}, {ledger.Paid, 4 * one, 6000}, {ledger.Free, 2 * one, 0}} {
		d.give(d.f, a.origin, a.q, a.price)
	}
	d.budget = d.newBudget(1_000_000_00)
	return d
}

// give allocates permits; a price of 0 of paid ones is not known.
func (d *buyBackDesk) give(f firm, origin ledger.Origin, q quantity.Quantity, price int64) {
	d.t.Helper()
	done[AllocationResult](d.office, d.leader, Allocate{
		Licence: f.licence.ID, Instrument: d.i.Code, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: origin,
		Quantity: q, Price: yuan(price), PriceKnown: price > 0 || origin == ledger.Free, AcquiredOn: 20200105, Document: "opening",
	})
}

func (d *buyBackDesk) newBudget(amount quantity.Money) int64 {
	d.t.Helper()
	return done[reserve.Budget](d.office, d.finance, BudgetApprove{jiashan, 2026, "本级财政", amount, "budget"}).ID
}

// at sets the clock to the morning of a day.
func (d *buyBackDesk) at(day calendar.Date) { d.now.set(day.Start() + 9*3_600_000_000) }

func (d *buyBackDesk) holding(origin ledger.Origin) ledger.Balance {
	return d.balance(HoldingKey(d.f.licence, d.i, origin))
}

func (d *buyBackDesk) apply(q quantity.Quantity) int64 {
	d.t.Helper()
	return done[BuyBackResult](d.office, d.f.user, BuyBackApply{d.f.licence.ID, d.i.Code, ledger.Paid, q, reserve.Reduction, "application"}).BuyBack.ID
}

// step takes a step that must succeed.
func (d *buyBackDesk) step(who, id int64, event reserve.BuyBackEvent) reserve.BuyBack {
	d.t.Helper()
	return done[BuyBackResult](d.office, who, BuyBackStep{id, event, 0, "document", "reason"}).BuyBack
}

func (d *buyBackDesk) verification(id int64, q quantity.Quantity) BuyBackVerify {
	return BuyBackVerify{id, q, reserve.EIAAmount, false, true, today, "verification"}
}

// run takes a buy-back from where it is up to a state.
func (d *buyBackDesk) run(id int64, to reserve.BuyBackState) (b reserve.BuyBack) {
	d.t.Helper()
	for b = d.stored(id); b.State != to; {
		b = d.next(b)
	}
	return b
}

// next takes the step that leads on.
func (d *buyBackDesk) next(b reserve.BuyBack) reserve.BuyBack {
	d.t.Helper()
	send := func(who int64, c Command) reserve.BuyBack {
		d.t.Helper()
		return done[BuyBackResult](d.office, who, c).BuyBack
	}
	switch b.State { //nolint:exhaustive // the others have no next step
	case reserve.BuyBackDraft:
		return d.step(d.f.user, b.ID, reserve.SubmitBuyBack)
	case reserve.BuyBackSubmitted:
		return d.step(d.clerk, b.ID, reserve.AcceptBuyBack)
	case reserve.BuyBackAccepted:
		return send(d.leader, d.verification(b.ID, b.Quantity))
	case reserve.BuyBackVerified:
		return d.step(d.leader, b.ID, reserve.PriceBuyBack)
	case reserve.BuyBackPriced:
		return d.step(d.f.user, b.ID, reserve.AgreeBuyBack)
	case reserve.BuyBackAgreed:
		return send(d.leader, BuyBackApprove{b.ID, d.budget, "approval"})
	case reserve.BuyBackApproved:
		return d.step(d.clerk, b.ID, reserve.ContractBuyBack)
	case reserve.BuyBackContracted:
		return send(d.finance, BuyBackPay{b.ID, b.Amount, "order", d.today()})
	case reserve.BuyBackPaid:
		return send(d.leader, BuyBackBook{b.ID, "licence change"})
	}
	d.t.Fatalf("buy-back %d is %s", b.ID, b.State)
	return b
}

func (d *buyBackDesk) today() calendar.Date { return d.now.get().Date() }

func (d *buyBackDesk) stored(id int64) reserve.BuyBack { return storedRow(d.office, BuyBacks, id) }

func storedRow[R any](o *office, t Table[R], id int64) R {
	o.t.Helper()
	var rows []R
	if err := o.store.Find(o.t.Context(), t.name, Where("id", id), &rows); err != nil || len(rows) != 1 {
		o.t.Fatalf("%s %d: %v, %v", t.name, id, rows, err)
	}
	return rows[0]
}

func (d *buyBackDesk) wantBudget(want string) {
	d.t.Helper()
	b := storedRow(d.office, Budgets, d.budget)
	if got := b.Approved.String() + " " + b.Committed.String() + " " + b.Paid.String() + " " + b.Lapsed.String() + " " + b.Carried.String(); got != want {
		d.t.Errorf("the budget is %s, want %s", got, want)
	}
}

// An application goes all the way: the permits are held from its submission,
// priced row by row at the lower of what was paid and the base price, the
// budget is committed at the approval and spent at the payment, and the reserve
// gets a lot; acquisitions and surplus are used up.
func TestBuyBack_ApplicationToLot(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	done[SurplusResult](d.office, d.leader, SurplusVerify{d.f.licence.ID, vocs, 5 * one, reserve.EIAAmount, true, true, today, "surplus", 0, "no records yet"})
	done[AmountResult](d.office, d.leader, AmountRecord{d.f.licence.ID, vocs, 12 * one, reserve.LicenceAmount, "licence"})
	id := d.apply(8 * one)
	if d.holding(ledger.Paid).Held != 0 {
		t.Error("a draft holds permits")
	}
	d.run(id, reserve.BuyBackSubmitted)
	if h := d.holding(ledger.Paid).Held; h != int64(8*one) {
		t.Errorf("held %d", h)
	}
	if s := d.app.st.surplus[surplusKey{d.f.licence.ID, vocs}]; s.Held != 5*one {
		t.Errorf("surplus held %s", s.Held)
	}
	priced := d.run(id, reserve.BuyBackPriced)
	// 6 t/a at 2,000 and 2 t/a at 4,000 for 60 months: 60,000 + 40,000.
	if priced.Months != 60 || priced.Amount != 100_000_00 || priced.BasePrice != yuan(4000) || priced.Rung != reserve.EIAAmount {
		t.Errorf("%+v", priced)
	}
	var rows []reserve.BuyBackPrice
	if err := d.store.Find(t.Context(), BuyBackPrices.name, Where("buy_back", id), &rows); err != nil || len(rows) != 2 ||
		rows[0].Amount != 60_000_00 || rows[1].Amount != 40_000_00 || rows[1].PricePaid != yuan(6000) {
		t.Errorf("%+v, %v", rows, err)
	}
	d.run(id, reserve.BuyBackApproved)
	d.wantBudget("1000000.00 100000.00 0.00 0.00 0.00")
	d.run(id, reserve.BuyBackPaid)
	d.wantBudget("1000000.00 0.00 100000.00 0.00 0.00")
	b := d.run(id, reserve.BuyBackInReserve)
	l := storedRow(d.office, Lots, b.Lot)
	if l.Provenance != reserve.BoughtBack || l.Quantity != 8*one || l.Cost != 100_000_00 || l.Price != yuan(2500) || l.Months != 60 || l.Source != id || l.Document != "document" {
		t.Errorf("%+v", l)
	}
	if d.parts(jiashan) != "100 83 13" || d.holding(ledger.Paid).Balance != int64(2*one) || d.holding(ledger.Paid).Held != 0 {
		t.Errorf("%s, %+v", d.parts(jiashan), d.holding(ledger.Paid))
	}
	if s := d.app.st.surplus[surplusKey{d.f.licence.ID, vocs}]; s.Held != 0 || s.Used != 5*one {
		t.Errorf("surplus %+v", s)
	}
	if a := (&View{state: d.app.st}).amountOf(d.f.licence.ID, vocs); a.Quantity != 4*one {
		t.Errorf("the licence permits %s", a.Quantity)
	}
	if b.LicenceDocument != "licence change" || b.Proof != "order" || b.Contract != "document" {
		t.Errorf("%+v", b)
	}
	d.restart()
	d.check()
}

// A buy-back is priced by the formula of its day, which two persons have set, and keeps
// it with its document; one that was priced before stays as it is (I-125).
func TestBuyBack_PriceFormula(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	set := func(value, region string, from calendar.Date) {
		d.does(d.leader, ParameterSet{Key: rulebook.BuyBackPrice, Value: value, Region: region, ValidFrom: from, Document: "notice of " + value})
	}
	set(rulebook.AsPaid, jiashan, 20260702)
	set(rulebook.AtBase, jiashan, 20260703)
	set("0.5", jiashan, 20260704)
	priced := map[calendar.Date]int64{}
	for _, c := range []struct {
		on       calendar.Date
		formula  reserve.PriceFormula
		document string
		amount   quantity.Money // of 1 t/a that was bought at 2,000, for 59 or 60 months
	}{
		{20260701, rulebook.LowerOfPaidAndBase, rulebook.ProjectDefault, 10_000_00},
		{20260702, rulebook.AsPaid, "notice of paid", 2_000_00 * 59 / 12},
		{20260703, rulebook.AtBase, "notice of base", 4_000_00 * 59 / 12},
		{20260704, "0.5", "notice of 0.5", 2_000_00 * 59 / 12},
	} {
		d.at(c.on)
		id := d.apply(one)
		b := d.run(id, reserve.BuyBackPriced)
		if b.Formula != c.formula || b.FormulaDocument != c.document || b.PricedOn != c.on || max(b.Amount-c.amount, c.amount-b.Amount) > 1 || (b.BasePrice == 0) != (c.formula == rulebook.AsPaid) {
			t.Errorf("on %s: %+v, want %s", c.on, b, c.amount)
		}
		priced[c.on] = id
	}
	first := priced[20260701]
	if b := d.run(first, reserve.BuyBackInReserve); b.Formula != rulebook.LowerOfPaidAndBase || b.Amount != 10_000_00 {
		t.Errorf("priced by another formula later: %+v", b)
	}
	d.check()
	b := d.stored(priced[20260703])
	b.Formula = "0.9"
	d.store.table(BuyBacks.name).put(b.ID, b)
	rows := rowsIn(d.office, BuyBackPrices, Where("buy_back", b.ID))
	d.finds("I-125", rows[0].ID)
}

// Fact 20: free permits are not bought but reclaimed, at no price; paid ones are
// not reclaimed without a cause for it. Nothing is contracted or paid then.
func TestBuyBack_Reclaim(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	free := done[BuyBackResult](d.office, d.f.user, BuyBackApply{d.f.licence.ID, d.i.Code, ledger.Free, 2 * one, reserve.LicenceChange, "d"}).BuyBack.ID
	d.run(free, reserve.BuyBackVerified)
	d.refuses(d.leader, BuyBackStep{free, reserve.PriceBuyBack, 0, "", ""}, rulebook.ErrOnlyReclaimed)
	done[BuyBackResult](d.office, d.leader, BuyBackReclaim{free, "decision"})
	d.refuses(d.clerk, BuyBackStep{free, reserve.ContractBuyBack, 0, "d", ""}, reserve.ErrBuyBackNotNow)
	b := done[BuyBackResult](d.office, d.leader, BuyBackBook{free, "licence change"}).BuyBack
	if l := storedRow(d.office, Lots, b.Lot); l.Provenance != reserve.ReclaimedFree || l.Cost != 0 || l.Document != "decision" {
		t.Errorf("%+v", l)
	}
	d.wantBudget("1000000.00 0.00 0.00 0.00 0.00")

	paid := d.apply(one)
	d.run(paid, reserve.BuyBackVerified)
	d.refuses(d.leader, BuyBackReclaim{paid, "decision"}, reserve.ErrNoReclaim)
	d.step(d.f.user, paid, reserve.WithdrawBuyBack)
	if d.holding(ledger.Paid).Held != 0 {
		t.Error("a withdrawn application holds permits")
	}
}

// Where nothing is paid, permits of unknown price go first, so that what orders
// and deals count on stays; what is unknown is not bought.
func TestBuyBack_UnknownPrices(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	other := d.firm(jiashan, 2)
	d.give(other, ledger.Paid, 3*one, 2000)
	d.give(other, ledger.Paid, 2*one, 0)
	d.f = other
	id := d.apply(4 * one)
	d.run(id, reserve.BuyBackVerified)
	d.refuses(d.leader, BuyBackStep{id, reserve.PriceBuyBack, 0, "", ""}, reserve.ErrPriceUnknown)
	d.step(d.f.user, id, reserve.WithdrawBuyBack)
	id = done[BuyBackResult](d.office, d.leader, BuyBackOpen{other.licence.ID, d.i.Code, ledger.Paid, 3 * one, reserve.Abandoned, "d"}).BuyBack.ID
	d.run(id, reserve.BuyBackVerified)
	d.refuses(d.leader, BuyBackReclaim{id, "decision"}, reserve.ErrObjectionTime)
	d.at(20260709)
	done[BuyBackResult](d.office, d.leader, BuyBackReclaim{id, "decision"})
	done[BuyBackResult](d.office, d.leader, BuyBackBook{id, "licence change"})
	account, _ := d.app.st.ledger.Find(HoldingKey(other.licence, d.i, ledger.Paid))
	if d.app.st.ledger.Unpriced(account) != 0 || d.holding(ledger.Paid).Balance != int64(2*one) {
		t.Errorf("unpriced %s, left %+v", d.app.st.ledger.Unpriced(account), d.holding(ledger.Paid))
	}
}

// A surplus is what the last full year leaves, for whoever takes it: what is verified
// for sale, or on its way back already, is not found again.
func TestBuyBack_WithinTheYear(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	d.does(d.leader, AmountRecord{d.f.licence.ID, vocs, 12 * one, reserve.LicenceAmount, "d"})
	ids := []int64{d.apply(2 * one), d.apply(2 * one)}
	for _, id := range ids {
		d.run(id, reserve.BuyBackAccepted)
	}
	for quarter := range int32(4) {
		d.does(d.clerk, DischargeRecord{d.f.licence.ID, vocs, 2025, quarter + 1, permit.AutomaticMonitor, 2 * one, 0, "d"})
	}
	d.refuses(d.leader, d.verification(ids[0], 5*one), ErrBeyondEstimate)
	d.does(d.leader, d.verification(ids[0], 4*one)) // 12 less 8; of it 2 are to go back
	sale := SurplusVerify{d.f.licence.ID, vocs, 2*one + 1, reserve.LicenceAmount, true, true, today, "d", 2025, ""}
	d.refuses(d.leader, sale, ErrBeyondEstimate)
	sale.Quantity = one
	d.does(d.leader, sale)
	d.refuses(d.leader, d.verification(ids[1], 2*one), ErrBeyondEstimate)
	d.step(d.f.user, ids[0], reserve.WithdrawBuyBack)
	d.does(d.leader, d.verification(ids[1], 2*one))
	d.check()
}

// The bureau does not take a unit for closed whose licence is in force: a departure,
// or the licence's state, says so.
func TestBuyBack_UnitGoesOn(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]Command{
		"departure": DepartureRecord{permit.Closure, 1, today, "d"},
		"revoked":   LicenceState{1, catalog.LicenceRevoked, "r", "d"},
	} {
		for _, cause := range []reserve.BuyBackCause{reserve.UnitClosed, reserve.LicenceCancelled} {
			d := openBuyBackDesk(t)
			c := BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, 6 * one, cause, "d"}
			d.refuses(d.leader, c, ErrUnitGoesOn)
			d.does(d.leader, ends)
			if b := done[BuyBackResult](d.office, d.leader, c).BuyBack; b.State != reserve.BuyBackAccepted {
				t.Errorf("%s: %+v", name, b)
			}
		}
	}
}

// What a unit leaves that is no more comes back although its reduction task was not
// done: it has none left to do. A unit that goes on sells what it saved beyond its task.
func TestBuyBack_UnitEndedBeforeItsTask(t *testing.T) {
	t.Parallel()
	for _, cause := range []reserve.BuyBackCause{reserve.UnitClosed, reserve.LicenceCancelled} {
		d := openBuyBackDesk(t)
		d.does(d.leader, FactRecord{Kind: rulebook.ReductionTask, Licence: d.f.licence.ID, Value: rulebook.NotDone, ValidFrom: today, Document: "d"})
		undone := func(id int64) BuyBackVerify {
			c := d.verification(id, 6*one)
			c.TaskDone = false
			return c
		}
		goesOn := d.apply(6 * one)
		d.run(goesOn, reserve.BuyBackAccepted)
		d.refuses(d.leader, undone(goesOn), rulebook.ErrTaskNotDone)
		d.step(d.f.user, goesOn, reserve.WithdrawBuyBack)

		d.does(d.leader, LicenceState{d.f.licence.ID, catalog.LicenceRevoked, "r", "d"})
		id := done[BuyBackResult](d.office, d.leader, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, 6 * one, cause, "d"}).BuyBack.ID
		d.does(d.leader, undone(id))
		d.step(d.leader, id, reserve.PriceBuyBack)
		d.at(20260709)
		d.step(d.leader, id, reserve.ImposeBuyBack)
		if b := d.run(id, reserve.BuyBackInReserve); b.Amount == 0 || d.holding(ledger.Paid).Balance != int64(4*one) {
			t.Errorf("%s: %+v, left %+v", cause, b, d.holding(ledger.Paid))
		}
		d.check()
	}
}

// Every step is refused to those who do not take it and where it is not
// possible; what a step must say is asked for.
func TestBuyBack_Refusals(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	stranger := d.firm(jiashan, 2)
	id := d.apply(8 * one)
	finding := d.verification(id, 8*one)
	nanhu := d.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	step := func(e reserve.BuyBackEvent) BuyBackStep { return BuyBackStep{id, e, 0, "", ""} }
	d.refuses(d.f.user, BuyBackApply{d.f.licence.ID, d.i.Code, ledger.Paid, one, reserve.Idle, "d"}, invalid)
	d.refuses(stranger.user, BuyBackApply{d.f.licence.ID, d.i.Code, ledger.Paid, one, reserve.Reduction, "d"}, ErrNoRecord)
	d.refuses(d.leader, BuyBackApply{d.f.licence.ID, d.i.Code, ledger.Paid, one, reserve.Reduction, "d"}, identity.ErrForbidden)
	d.refuses(d.leader, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, one, reserve.Idle, "d"}, ErrSweepIdle)
	d.refuses(d.leader, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, 11 * one, reserve.UnitClosed, "d"}, ledger.ErrInsufficient)
	d.refuses(stranger.user, step(reserve.SubmitBuyBack), ErrNoRecord)
	d.refuses(d.clerk, step(reserve.SubmitBuyBack), reserve.ErrNotYourBuyBackStep)
	d.refuses(d.clerk, step(reserve.AcceptBuyBack), reserve.ErrBuyBackNotNow)
	d.refuses(d.f.user, BuyBackStep{id, reserve.SubmitBuyBack, 11 * one, "", ""}, ledger.ErrInsufficient)
	d.refuses(d.f.user, BuyBackStep{id, "sell", 0, "", ""}, invalid)
	d.run(id, reserve.BuyBackSubmitted)
	d.refuses(d.clerk, step(reserve.ReturnBuyBack), reserve.ErrBuyBackNote)
	d.step(d.clerk, id, reserve.ReturnBuyBack)
	if d.holding(ledger.Paid).Held != 0 {
		t.Error("a returned application holds permits")
	}
	d.run(id, reserve.BuyBackAccepted)
	d.refuses(d.leader, step(reserve.VerifyBuyBack), reserve.ErrBuyBackDocument)
	d.refuses(d.leader, BuyBackStep{id, reserve.VerifyBuyBack, 0, "d", ""}, ErrBuyBackCommand)
	d.refuses(d.clerk, finding, identity.ErrForbidden)
	d.refuses(nanhu, finding, ErrNoRecord)
	less, later, open := finding, finding, finding
	less.Quantity, later.VerifiedOn, open.TaskDone = one, 20260702, false
	d.refuses(d.leader, less, reserve.ErrVerifiedLess)
	d.refuses(d.leader, later, ErrDayToCome)
	d.refuses(d.leader, open, rulebook.ErrTaskNotDone)
	d.run(id, reserve.BuyBackAgreed)
	d.refuses(d.leader, BuyBackApprove{id, 0, "d"}, ErrBudgetNeeded)
	d.refuses(d.leader, BuyBackApprove{id, 99, "d"}, ErrNoRecord)
	small := done[reserve.Budget](d.office, d.finance, BudgetApprove{jiashan, 2026, "上级补助", 99_999_99, "d"}).ID
	d.refuses(d.leader, BuyBackApprove{id, small, "d"}, reserve.ErrBudgetLeft.At("budget"))
	d.refuses(d.finance, BudgetApprove{jiashan, 2026, "中央补助", -1, "d"}, ErrNoBudget)
	next := done[reserve.Budget](d.office, d.finance, BudgetApprove{jiashan, 2027, "本级财政", 1_000_000_00, "d"}).ID
	d.refuses(d.leader, BuyBackApprove{id, next, "d"}, reserve.ErrBudgetYear)
	elsewhere := done[reserve.Budget](d.office, d.finance, BudgetApprove{jiaxing, 2026, "本级财政", 1_000_000_00, "d"}).ID
	d.refuses(d.leader, BuyBackApprove{id, elsewhere, "d"}, reserve.ErrBudgetRegion)
	d.run(id, reserve.BuyBackContracted)
	d.refuses(d.finance, BuyBackPay{id, 99_999_99, "order", today}, reserve.ErrPaidOther)
	d.refuses(d.finance, BuyBackPay{id, 100_000_00, "order", 20260702}, ErrDayToCome)
	d.refuses(d.leader, BuyBackPay{id, 100_000_00, "order", today}, identity.ErrForbidden)
	d.refuses(d.leader, BuyBackBook{id, "d"}, reserve.ErrBuyBackNotNow)
	d.run(id, reserve.BuyBackPaid)
	d.refuses(d.f.user, step(reserve.WithdrawBuyBack), reserve.ErrBuyBackNotNow)
	other := d.apply(one)
	d.run(other, reserve.BuyBackContracted)
	d.refuses(d.finance, BuyBackPay{other, d.stored(other).Amount, "order", today}, ErrPaymentProofTaken)
}

// A price needs a base price in force: of the region or the nearest one above it
// that has one; a later one counts from its day, and so does how months count.
func TestBuyBack_BasePrice(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	apply := func(region string, n int) int64 {
		d.f = d.firm(region, n)
		d.setCap(region, 10*one, 0)
		d.give(d.f, ledger.Paid, 2*one, 9000)
		return d.apply(one)
	}
	elsewhere := apply(qingpu, 6)
	d.run(elsewhere, reserve.BuyBackVerified)
	d.refuses(d.leader, BuyBackStep{elsewhere, reserve.PriceBuyBack, 0, "", ""}, ErrNoBasePrice)
	for _, c := range []struct {
		on     calendar.Date
		base   quantity.Price
		months int32
		amount quantity.Money
	}{
		{today, yuan(5000), 60, 25_000_00},
		{20260715, yuan(7000), 59, 34_416_67}, // whole months to 30 June 2031
		{20260716, yuan(7000), 60, 35_000_00},
	} {
		d.at(c.on)
		if b := d.run(apply("330402", 10+int(c.on%100)), reserve.BuyBackPriced); b.BasePrice != c.base || b.Months != c.months || b.Amount != c.amount {
			t.Errorf("on %s: %+v", c.on, b)
		}
	}
}

// The budget is released when an application is withdrawn, a payment that came
// back is owed again, and a refund after the booking is a case of its own.
func TestBuyBack_Money(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	id := d.apply(8 * one)
	d.run(id, reserve.BuyBackContracted)
	d.step(d.f.user, id, reserve.WithdrawBuyBack)
	d.wantBudget("1000000.00 0.00 0.00 0.00 0.00")
	id = d.apply(8 * one)
	d.run(id, reserve.BuyBackPaid)
	d.refuses(d.finance, RefundRequest{id, 1, "r", "d"}, reserve.ErrNothingToRefund)
	b := d.step(d.finance, id, reserve.FailBuyBack)
	if b.State != reserve.BuyBackContracted || b.PaidOn != 0 || b.Proof != "" {
		t.Errorf("%+v", b)
	}
	d.wantBudget("1000000.00 100000.00 0.00 0.00 0.00")
	d.run(id, reserve.BuyBackInReserve)
	d.refuses(d.finance, RefundRequest{id, 100_000_01, "r", "d"}, reserve.ErrRefundBeyond)
	r := done[reserve.TreasuryRefund](d.office, d.finance, RefundRequest{id, 30_000_00, "too many months", "d"})
	d.waits(d.finance, Refunds.name, r.ID, "receive")
	d.waits(d.leader, Refunds.name, r.ID, "")
	d.refuses(d.finance, RefundRequest{id, 70_000_01, "r", "d"}, reserve.ErrRefundBeyond)
	dropped := done[reserve.TreasuryRefund](d.office, d.leader, RefundRequest{id, 70_000_00, "r", "d"})
	done[reserve.TreasuryRefund](d.office, d.leader, RefundCancel{dropped.ID, "d", 0})
	d.refuses(d.finance, RefundReceive{dropped.ID, "receipt", today}, reserve.ErrRefundState)
	d.refuses(d.leader, RefundReceive{r.ID, "receipt", today}, identity.ErrForbidden)
	d.refuses(d.finance, RefundReceive{r.ID, "receipt", 20260702}, ErrDayToCome)
	d.refuses(d.finance, RefundReceive{r.ID, "receipt", 20260630}, reserve.ErrRefundEarly)
	done[reserve.TreasuryRefund](d.office, d.finance, RefundReceive{r.ID, "receipt", today})
	again := done[reserve.TreasuryRefund](d.office, d.finance, RefundRequest{id, 10_000_00, "too many months, too", "d"})
	d.refuses(d.finance, RefundReceive{again.ID, "receipt", today}, ErrPaymentProofTaken)
	done[reserve.TreasuryRefund](d.office, d.finance, RefundCancel{again.ID, "d", 0})
	d.refuses(d.finance, RefundCancel{r.ID, "d", 0}, reserve.ErrRefundState)
	d.wantBudget("1000000.00 0.00 70000.00 0.00 0.00")
	if d.parts(jiashan) != "100 83 13" {
		t.Errorf("a refund moved permits: %s", d.parts(jiashan))
	}
}

// A budget is raised and lowered as far as it is not spent; what is left at the
// end of its year lapses or is carried over.
func TestBudget_Year(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	id := d.apply(8 * one)
	d.run(id, reserve.BuyBackApproved)
	lower := BudgetApprove{jiashan, 2026, "本级财政", -900_000_01, "d"}
	d.refuses(d.finance, lower, reserve.ErrBudgetLeft)
	lower.Amount = -500_000_00
	done[reserve.Budget](d.office, d.finance, lower)
	d.refuses(d.leader, lower, identity.ErrForbidden)
	lower.Amount = 0
	d.refuses(d.finance, lower, invalid)
	d.refuses(d.finance, BudgetLapse{d.budget, 0, "d"}, reserve.ErrBudgetRunning)
	done[reserve.Budget](d.office, d.admin2027(), BudgetLapse{d.budget, 100_000_00, "lapse"})
	done[reserve.Budget](d.office, d.finance, BudgetCarry{d.budget, 0, "carry"})
	d.wantBudget("500000.00 100000.00 0.00 100000.00 300000.00")
	d.refuses(d.finance, BudgetCarry{d.budget, 0, "carry"}, ErrNothingLeft)
	d.refuses(d.finance, BudgetLapse{d.budget, 1, "d"}, reserve.ErrBudgetLeft)
	next := d.app.st.caches[Budgets.name].(*cache[reserve.Budget]).rows[2]
	if next.FiscalYear != 2027 || next.Approved != 300_000_00 || next.Source != "本级财政" {
		t.Errorf("%+v", next)
	}
	// What was committed in the old year is paid from it; what it releases can still lapse.
	d.run(id, reserve.BuyBackContracted)
	d.step(d.f.user, id, reserve.WithdrawBuyBack)
	done[reserve.Budget](d.office, d.finance, BudgetLapse{d.budget, 0, "rest"})
	d.wantBudget("500000.00 0.00 0.00 200000.00 300000.00")
}

// admin2027 is the finance officer on the first working day of 2027.
func (d *buyBackDesk) admin2027() int64 { d.at(20270104); return d.finance }

// A compulsory buy-back gives its holder the right to object, answered within
// five working days; only then, and after the time to object, the bureau goes on
// against his will. He cannot withdraw it.
func TestBuyBack_Compulsory(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	id := done[BuyBackResult](d.office, d.clerk, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, 6 * one, reserve.ReductionTask, "order"}).BuyBack.ID
	if d.holding(ledger.Paid).Held != int64(6*one) {
		t.Error("the permits are not held")
	}
	d.refuses(d.f.user, BuyBackStep{id, reserve.WithdrawBuyBack, 0, "", ""}, reserve.ErrBuyBackNotNow)
	task := d.verification(id, 6*one)
	task.TaskDone = false // the region's task needs it
	if b := done[BuyBackResult](d.office, d.leader, task).BuyBack; b.ObjectUntil != 20260708 {
		t.Errorf("may object until %s", b.ObjectUntil)
	}
	d.step(d.leader, id, reserve.PriceBuyBack)
	impose := BuyBackStep{id, reserve.ImposeBuyBack, 0, "", "the task needs it"}
	d.refuses(d.leader, impose, reserve.ErrObjectionTime)
	d.refuses(d.f.user, BuyBackStep{id, reserve.ObjectBuyBack, 0, "", ""}, reserve.ErrBuyBackNote)
	d.at(20260708)
	if b := d.step(d.f.user, id, reserve.ObjectBuyBack); b.ObjectionDueOn != 20260715 || !b.IsOverdue(20260716) {
		t.Errorf("to be answered by %s", b.ObjectionDueOn)
	}
	d.at(20260709)
	d.refuses(d.leader, impose, reserve.ErrBuyBackNotNow)
	d.refuses(d.f.user, BuyBackStep{id, reserve.AgreeBuyBack, 0, "", ""}, reserve.ErrBuyBackNotNow)
	d.step(d.leader, id, reserve.DismissBuyBack)
	d.refuses(d.f.user, BuyBackStep{id, reserve.ObjectBuyBack, 0, "", "again"}, reserve.ErrObjectionLate)
	done[BuyBackResult](d.office, d.leader, impose)
	d.run(id, reserve.BuyBackInReserve)
	d.wantBudget("1000000.00 0.00 60000.00 0.00 0.00")

	upheld := done[BuyBackResult](d.office, d.clerk, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Free, one, reserve.Abandoned, "order"}).BuyBack.ID
	d.step(d.f.user, upheld, reserve.ObjectBuyBack)
	if b := d.step(d.leader, upheld, reserve.UpholdBuyBack); b.State != reserve.BuyBackRejected || d.holding(ledger.Free).Held != 0 {
		t.Errorf("%+v", b)
	}
}

// Idle permits are swept after 36 months and a day (fact 21), by a compulsory
// buy-back; the declaration is over with it, or when its holder is right.
func TestIdle_Sweep(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	declare := IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Paid, 5 * one, 20230701, "declaration"}
	beyond, later := declare, declare
	beyond.Quantity, later.Since = 11*one, 20260702
	d.refuses(d.f.user, beyond, ErrIdleBeyond)
	d.refuses(d.f.user, later, ErrDayToCome)
	idle := done[IdleResult](d.office, d.f.user, declare).Declaration
	if idle.DeclaredBy != reserve.ByEnterprise {
		t.Errorf("%+v", idle)
	}
	d.refuses(d.clerk, declare, ErrIdleDeclared)
	sweep := IdleSweep{idle.ID, 0, "order"}
	d.refuses(d.leader, sweep, rulebook.ErrNotIdle)
	d.at(20260702)
	d.refuses(d.clerk, sweep, identity.ErrForbidden)
	b := done[BuyBackResult](d.office, d.leader, sweep).BuyBack
	if b.Quantity != 5*one || b.Cause != reserve.Idle || b.Kind != reserve.Compulsory {
		t.Errorf("%+v", b)
	}
	d.refuses(d.leader, sweep, reserve.ErrIdleSwept)
	d.refuses(d.f.user, IdleEnd{idle.ID, 20260702, "used again"}, reserve.ErrIdleSwept)
	done[BuyBackResult](d.office, d.leader, d.verification(b.ID, 5*one))
	d.at(20260713)
	done[BuyBackResult](d.office, d.leader, BuyBackReclaim{b.ID, "decision"})
	b = done[BuyBackResult](d.office, d.leader, BuyBackBook{b.ID, "licence change"}).BuyBack
	if l := storedRow(d.office, Lots, b.Lot); l.Provenance != reserve.SweptIdle || l.Cost != 0 {
		t.Errorf("%+v", l)
	}
	if after := storedRow(d.office, IdleDeclarations, idle.ID); after.State != reserve.IdleEnded || after.BuyBack != b.ID {
		t.Errorf("%+v", after)
	}

	recorded := done[IdleResult](d.office, d.clerk, IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Free, one, 20230101, "inspection"}).Declaration
	d.refuses(d.f.user, IdleEnd{recorded.ID, 20260702, "d"}, ErrIdleOfBureau)
	d.refuses(d.clerk, IdleEnd{recorded.ID, 20221231, "d"}, ErrUsedBefore)
	swept := done[BuyBackResult](d.office, d.leader, IdleSweep{recorded.ID, 0, "order"}).BuyBack
	d.step(d.leader, swept.ID, reserve.RejectBuyBack)
	if again := storedRow(d.office, IdleDeclarations, recorded.ID); again.State != reserve.IdleOpen || again.BuyBack != 0 {
		t.Errorf("rejected: %+v", again)
	}
	swept = done[BuyBackResult](d.office, d.leader, IdleSweep{recorded.ID, 0, "order"}).BuyBack
	d.step(d.f.user, swept.ID, reserve.ObjectBuyBack)
	d.step(d.leader, swept.ID, reserve.UpholdBuyBack)
	if over := storedRow(d.office, IdleDeclarations, recorded.ID); over.State != reserve.IdleEnded {
		t.Errorf("upheld: %+v", over)
	}
	d.refuses(d.clerk, IdleEnd{recorded.ID, 20260702, "d"}, reserve.ErrIdleEnded)
}

// A standing offer buys at its price as long as quantity and budget last; what
// accepts it is agreed and committed at once, and given back when withdrawn.
func TestStandingOffer(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	open := OfferOpen{jiashan, vocs, yuan(3000), 5 * one, d.budget, 20261231, "offer"}
	past, next := open, open
	past.Until, next.Budget = 20260630, 99
	d.refuses(d.leader, past, ErrOfferOver)
	d.refuses(d.leader, next, ErrNoRecord)
	long := open
	long.Until = 20270101
	d.refuses(d.leader, long, ErrOfferBeyondBudget)
	offer := done[reserve.StandingOffer](d.office, d.leader, open)
	accept := OfferAccept{offer.ID, d.f.licence.ID, d.i.Code, 4 * one, 1, reserve.Reduction, "acceptance"}
	d.refuses(d.f.user, accept, ErrNoRecord)
	s := done[SurplusResult](d.office, d.leader, SurplusVerify{d.f.licence.ID, vocs, 5 * one, reserve.LicenceAmount, false, true, today, "surplus", 0, "no records yet"}).Verification
	d.refuses(d.clerk, accept, identity.ErrForbidden)
	b := done[BuyBackResult](d.office, d.f.user, accept).BuyBack
	if b.State != reserve.BuyBackAgreed || b.Amount != 60_000_00 || b.Rung != reserve.LicenceAmount || b.Verification != s.ID || d.holding(ledger.Paid).Held != int64(4*one) {
		t.Errorf("%+v", b)
	}
	d.wantBudget("1000000.00 60000.00 0.00 0.00 0.00")
	d.refuses(d.f.user, accept, reserve.ErrOfferUsedUp)
	accept.Quantity = one
	second := done[BuyBackResult](d.office, d.f.user, accept).BuyBack
	accept.Quantity = 1
	d.refuses(d.f.user, accept, reserve.ErrOfferUsedUp)
	d.step(d.f.user, second.ID, reserve.WithdrawBuyBack)
	if o := storedRow(d.office, StandingOffers, offer.ID); o.Remaining != one {
		t.Errorf("%+v", o)
	}
	d.wantBudget("1000000.00 60000.00 0.00 0.00 0.00")
	d.refuses(d.leader, BuyBackApprove{b.ID, 99, "d"}, ErrBudgetSet)
	done[BuyBackResult](d.office, d.leader, BuyBackApprove{b.ID, 0, "approval"})
	d.run(b.ID, reserve.BuyBackInReserve)
	d.wantBudget("1000000.00 0.00 60000.00 0.00 0.00")

	accept.Quantity = one + 1
	bigger := done[reserve.StandingOffer](d.office, d.leader, open)
	accept.Offer = bigger.ID
	d.refuses(d.f.user, accept, ErrVerificationUsed)
	done[reserve.Budget](d.office, d.finance, BudgetApprove{jiashan, 2026, "本级财政", -930_000_00, "lowered"})
	accept.Quantity = one
	d.refuses(d.f.user, accept, reserve.ErrBudgetLeft)
	done[reserve.StandingOffer](d.office, d.leader, OfferClose{bigger.ID})
	d.refuses(d.f.user, accept, reserve.ErrOfferClosed)
	d.refuses(d.leader, OfferClose{bigger.ID}, reserve.ErrOfferClosed)
}

// When a term ends, what the treasury has paid for goes into the reserve; what
// it has not paid lapses, its money is free again and the declarations are over.
func TestBuyBack_TermEnd(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	paid, contracted, draft := d.apply(4*one), d.apply(3*one), d.apply(one)
	d.run(paid, reserve.BuyBackPaid)
	d.run(contracted, reserve.BuyBackContracted)
	idle := done[IdleResult](d.office, d.f.user, IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Free, one, 20230701, "d"}).Declaration
	k := &dealDesk{office: d.office}
	k.advance(d.i.TermEnd.AddDays(1).Start())
	d.check()
	for id, want := range map[int64]reserve.BuyBackState{paid: reserve.BuyBackInReserve, contracted: reserve.BuyBackLapsed, draft: reserve.BuyBackLapsed} {
		if b := d.stored(id); b.State != want {
			t.Errorf("buy-back %d is %s, want %s", id, b.State, want)
		}
	}
	d.wantBudget("1000000.00 0.00 40000.00 0.00 0.00")
	if d.parts(jiashan) != "100 91 9" || storedRow(d.office, IdleDeclarations, idle.ID).State != reserve.IdleEnded {
		t.Errorf("%s", d.parts(jiashan))
	}
	if !slices.Contains(d.lots(jiashan), "2 available 4") {
		t.Errorf("%v", d.lots(jiashan))
	}
}

// Over the party's limit a signer of the party must approve what binds it: a
// price that is agreed to, a standing offer that is accepted.
func TestBuyBack_Signer(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	code := uscc(jiashan, 9)
	party := done[PartyResult](d.office, d.clerk, PartyRegister{Name: "limited", USCC: code, Region: jiashan, Industry: "2319", SignerLimit: 5_000_00}).Party.ID
	licence := done[LicenceResult](d.office, d.clerk, LicenceRegister{
		Party: party, Number: code + "001P", Kind: catalog.KindLicence, Site: "site", Region: jiashan, ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	handler := d.person("handler", GrantAdd{Role: identity.Enterprise, Party: party})
	signer := d.person("signer", GrantAdd{Role: identity.Enterprise, Party: party, Signer: true})
	d.f = firm{party: party, licence: licence, user: handler}
	d.give(d.f, ledger.Paid, 4*one, 2000)
	verification := done[SurplusResult](d.office, d.leader, SurplusVerify{licence.ID, vocs, 2 * one, reserve.EIAAmount, true, true, today, "surplus", 0, "no records yet"}).Verification.ID
	id := d.apply(one)
	d.run(id, reserve.BuyBackPriced) // for CNY 10,000
	agree := BuyBackStep{id, reserve.AgreeBuyBack, 0, "", ""}
	p := d.propose(handler, agree)
	if d.stored(id).State != reserve.BuyBackPriced {
		t.Error("a handler agrees over the limit")
	}
	done[BuyBackResult](d.office, signer, ProposalApprove{p.ID, p.EffectsDigest})
	if b := d.stored(id); b.State != reserve.BuyBackAgreed {
		t.Errorf("%+v", b)
	}
	offer := done[reserve.StandingOffer](d.office, d.leader, OfferOpen{jiashan, vocs, yuan(1500), one, d.budget, 20261231, "offer"})
	accept := OfferAccept{offer.ID, licence.ID, d.i.Code, one, verification, reserve.Reduction, "acceptance"}
	p = d.propose(handler, accept)
	if b := done[BuyBackResult](d.office, signer, ProposalApprove{p.ID, p.EffectsDigest}).BuyBack; b.Amount != 7_500_00 || b.OpenedBy != handler {
		t.Errorf("%+v", b)
	}
}

// A draft is submitted although its document has a character that is not seen, from before:
// its applicant could only withdraw it.
func TestBuyBack_DocumentOfBefore(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	b := d.stored(d.apply(8 * one))
	b.Document = "application\u200b 7"
	v := &View{state: d.app.st, Now: d.now.get(), Today: d.today()}
	if _, err := v.decideSubmit(&buyBackMove{BuyBack: b}, 5*one); err != nil {
		t.Error(err)
	}
	if _, err := v.decideSubmit(&buyBackMove{BuyBack: b}, quantity.QuantityMax+1); !errors.Is(err, fault.Invalidf("quantity", "")) {
		t.Errorf("too much: %v", err)
	}
}
