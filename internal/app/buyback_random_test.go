package app

import (
	"fmt"
	"math/rand"
	"testing"

	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// Whatever the holder, the bureau and finance do with buy-backs, budgets, offers,
// idle permits and the reserve, in any order, each command is done or refused
// with a fault, and after each one permitx check finds nothing: lots equal the
// ledger, what is held equals the open buy-backs, budgets add up and are never
// negative.
func TestBuyBack_Random(t *testing.T) {
	t.Parallel()
	done := map[identity.Operation]int{}
	for seed := range int64(6) {
		randomBuyBacks(t, rand.New(rand.NewSource(seed)), 160, done)
	}
	walked(t, done, buyBackWalk)
}

func randomBuyBacks(t *testing.T, r *rand.Rand, steps int, done map[identity.Operation]int) {
	t.Helper()
	d := openBuyBackDesk(t)
	firms := []firm{d.f, d.firm(jiashan, 2), d.firm(jiashan, 3)}
	for _, f := range firms {
		d.give(f, ledger.Paid, quantity.Quantity(r.Intn(20)+1)*one/2, 2000)
		d.give(f, ledger.Paid, one, 0)
		d.give(f, ledger.Free, 2*one, 0)
		d.do(d.leader, SurplusVerify{f.licence.ID, vocs, 4 * one, reserve.LicenceAmount, r.Intn(2) == 0, true, today, "surplus", 0, "no records yet"})
		d.do(d.clerk, IdleDeclare{f.licence.ID, d.i.Code, ledger.Origin(r.Intn(2) + 1), one, 20230601, "idle"})
	}
	d.does(d.admin, YearPublish{Year: 2027, Source: "none is a holiday"})
	d.do(d.leader, OfferOpen{jiashan, vocs, yuan(3000), 6 * one, d.budget, 20261231, "offer"})
	for step := range steps {
		if step == steps*3/4 && r.Intn(2) == 0 { // what was committed is paid, released and given back in the next year
			d.at(20270104)
		}
		who, c := d.randomStep(r, firms)
		if d.do(who, c) != nil {
			continue
		}
		if done[c.Operation()]++; c.Operation() == identity.IdleSweep {
			d.wantSwept()
		}
	}
	d.restart()
	d.check()
}

// wantSwept holds that the sweep that was just opened takes no more than what is left of
// what was acquired by the first idle day.
func (d *buyBackDesk) wantSwept() {
	d.t.Helper()
	sweeps := rowsIn(d.office, BuyBacks, Query{}.And("idle", Gt, int64(0)))
	b := sweeps[len(sweeps)-1]
	account, _ := d.app.st.ledger.Find(b.Holding())
	var left quantity.Quantity
	for _, a := range rowsIn(d.office, Acquisitions, Where("account", int64(account))) {
		if a.AcquiredOn <= storedRow(d.office, IdleDeclarations, b.Idle).Since {
			left += a.Remaining
		}
	}
	if b.Quantity > left {
		d.t.Fatalf("swept %s, %s are left of what lay idle", b.Quantity, left)
	}
}

// randomStep is a command that may be done, and often should be.
func (d *buyBackDesk) randomStep(r *rand.Rand, firms []firm) (int64, Command) {
	id := func(table string) int64 { last, _ := d.store.LastID(d.t.Context(), table); return r.Int63n(last+1) + 1 }
	q := func() quantity.Quantity { return quantity.Quantity(r.Intn(40)+1) * one / 10 }
	f := firms[r.Intn(len(firms))]
	origin := ledger.Origin(r.Intn(3) + 1)
	switch r.Intn(35) {
	case 0:
		return f.user, BuyBackApply{f.licence.ID, d.i.Code, origin, q(), reserve.BuyBackCauses[r.Intn(5)], "d"}
	case 18: // acquired after the day since which others lie idle
		return d.leader, Allocate{
			Kind: reserve.Opening, Licence: f.licence.ID, Instrument: d.i.Code, Part: reserve.Unallocated, Origin: origin, Quantity: q() / 4,
			PriceKnown: origin == ledger.Free, AcquiredOn: d.today(), Document: "d",
		}
	case 2:
		return d.clerk, BuyBackOpen{f.licence.ID, d.i.Code, origin, q(), reserve.BuyBackCauses[r.Intn(9)], "d"}
	case 3:
		return d.finance, BudgetApprove{jiashan, int32(2025 + r.Intn(3)), "本级财政", quantity.Money(r.Intn(200_000_00) - 100_000_00), "d"}
	case 4:
		return d.leader, ReserveMove{jiashan, vocs, reserve.Directions[r.Intn(2)], q(), "d", LotChoice{}}
	case 5:
		return f.user, OfferAccept{id(StandingOffers.name), f.licence.ID, d.i.Code, q() / 4, id(SurplusVerifications.name), reserve.Reduction, "d"}
	case 6:
		return d.leader, IdleSweep{id(IdleDeclarations.name), 0, "d"}
	case 7:
		if r.Intn(4) > 0 {
			return d.clerk, IdleDeclare{f.licence.ID, d.i.Code, origin, q(), today.AddMonths(-r.Intn(50)), "d"}
		}
		return d.clerk, IdleEnd{id(IdleDeclarations.name), today, "d"}
	case 1, 8, 16:
		switch r.Intn(5) {
		case 0:
			return d.leader, RefundCancel{id(Refunds.name), "d", 0}
		case 1, 2:
			return d.finance, RefundReceive{id(Refunds.name), fmt.Sprint("receipt", r.Int()), today}
		}
		of := id(BuyBacks.name)
		if booked := rowsIn(d.office, BuyBacks, Where("state", string(reserve.BuyBackInReserve)).And("amount", Gt, int64(0))); len(booked) > 0 && r.Intn(4) > 0 {
			of = booked[r.Intn(len(booked))].ID
		}
		return d.finance, RefundRequest{of, quantity.Money(r.Intn(1_000_00)), "r", "d"}
	case 9:
		if r.Intn(3) == 0 {
			return d.leader, OfferClose{id(StandingOffers.name)}
		}
		return d.leader, OfferOpen{jiashan, vocs, yuan(int64(r.Intn(5000))), q(), d.budget, 20261231, "d"}
	case 11, 14:
		amount := quantity.Money(r.Intn(50_000_00) * r.Intn(2)) // 0: all that is left
		if r.Intn(2) == 0 {
			return d.finance, BudgetLapse{id(Budgets.name), amount, "d"}
		}
		return d.finance, BudgetCarry{id(Budgets.name), amount, "d"}
	case 12:
		given := rowsIn(d.office, Allocations, Where("document", "opening"))
		a := given[r.Intn(len(given))]
		return d.leader, CorrectionRecord{a.ID, []quantity.Quantity{a.Quantity, q()}[r.Intn(2)], "counted twice", "d", today, 0}
	case 13, 15, 17:
		return d.leader, ofItsWay(DebtSettle{id(Debts.name), permit.SettlementWays[r.Intn(len(permit.SettlementWays))], d.i.Code, origin, q() / 8, "d", LotChoice{}})
	case 10:
		d.now.set(d.today().AddDays(r.Intn(3)).Start() + 9*3_600_000_000)
		return d.clerk, Allocate{Licence: 1}
	}
	return d.onward(r, id(BuyBacks.name))
}

// onward is mostly the step that leads a buy-back on, sometimes any other.
func (d *buyBackDesk) onward(r *rand.Rand, id int64) (int64, Command) {
	var rows []reserve.BuyBack
	if err := d.store.Find(d.t.Context(), BuyBacks.name, Where("id", id), &rows); err != nil || len(rows) == 0 {
		return d.leader, BuyBackBook{id, "d"}
	}
	b := rows[0]
	user := d.userOf(b.Party)
	other := func() (int64, Command) {
		event := reserve.BuyBackEvents[r.Intn(len(reserve.BuyBackEvents))]
		return []int64{user, d.clerk, d.leader, d.finance}[r.Intn(4)], BuyBackStep{id, event, 0, "d", "n"}
	}
	if r.Intn(8) == 0 {
		return other()
	}
	step := func(who int64, e reserve.BuyBackEvent) (int64, Command) { return who, BuyBackStep{id, e, 0, "d", "n"} }
	switch b.State { //nolint:exhaustive // any other is over
	case reserve.BuyBackDraft:
		return step(user, reserve.SubmitBuyBack)
	case reserve.BuyBackSubmitted:
		return step(d.clerk, reserve.AcceptBuyBack)
	case reserve.BuyBackAccepted:
		return d.leader, BuyBackVerify{id, b.Quantity, reserve.Rungs[r.Intn(3)], r.Intn(2) == 0, r.Intn(5) > 0, today, "d"}
	case reserve.BuyBackVerified:
		if b.Origin != ledger.Paid || r.Intn(4) == 0 {
			return d.leader, BuyBackReclaim{id, "d"}
		}
		return step(d.leader, reserve.PriceBuyBack)
	case reserve.BuyBackPriced:
		if r.Intn(2) == 0 {
			return step(d.leader, reserve.ImposeBuyBack)
		}
		return step(user, reserve.AgreeBuyBack)
	case reserve.BuyBackAgreed:
		return d.leader, BuyBackApprove{id, d.budget * (1 - min(1, b.Offer)), "d"}
	case reserve.BuyBackApproved:
		if b.Reclaimed {
			return d.leader, BuyBackBook{id, "d"}
		}
		return step(d.clerk, reserve.ContractBuyBack)
	case reserve.BuyBackContracted:
		return d.finance, BuyBackPay{id, b.Amount, fmt.Sprint("order", r.Int()), today}
	case reserve.BuyBackPaid:
		return d.leader, BuyBackBook{id, "d"}
	}
	return other()
}

// userOf is the user of a party.
func (d *buyBackDesk) userOf(party int64) int64 {
	for _, g := range d.app.st.caches[Grants.name].(*cache[identity.Grant]).rows {
		if g.Party == party {
			return g.Person
		}
	}
	return 0
}
