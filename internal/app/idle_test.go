package app

import (
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// reclaimed takes a sweep into the reserve without payment.
func (d *buyBackDesk) reclaimed(b reserve.BuyBack) reserve.BuyBack {
	d.t.Helper()
	d.does(d.leader, d.verification(b.ID, b.Quantity))
	d.at(d.today().AddDays(12))
	d.does(d.leader, BuyBackReclaim{b.ID, "decision"})
	return done[BuyBackResult](d.office, d.leader, BuyBackBook{b.ID, "licence change"}).BuyBack
}

// sourcesOf are the days on which what a buy-back used up was acquired.
func (d *buyBackDesk) sourcesOf(b reserve.BuyBack) (days []calendar.Date) {
	for _, s := range rowsIn(d.office, BuyBackSources, Where("buy_back", b.ID)) {
		days = append(days, storedRow(d.office, Acquisitions, s.Acquisition).AcquiredOn)
	}
	return days
}

// Permits that were acquired after the day since which others lie idle are neither
// declared nor swept as these, and what is swept of a part leaves the rest declared.
func TestIdle_AcquiredLater(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	declare := func(q quantity.Quantity, since calendar.Date) IdleDeclare {
		return IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Paid, q, since, "declaration"}
	}
	d.refuses(d.f.user, declare(one, 20200104), ErrIdleBeyond)
	idle := done[IdleResult](d.office, d.f.user, declare(10*one, 20220101)).Declaration.ID
	d.run(d.apply(4*one), reserve.BuyBackInReserve)
	const later = 20260701
	done[AllocationResult](d.office, d.leader, Allocate{
		Licence: d.f.licence.ID, Instrument: d.i.Code, Kind: reserve.Initial, Part: reserve.Unallocated, Origin: ledger.Paid,
		Quantity: 5 * one, Price: yuan(2000), PriceKnown: true, AcquiredOn: later, Document: "bought later",
	})
	d.refuses(d.leader, IdleSweep{idle, 7 * one, "order"}, ErrIdleBeyond)
	part := d.reclaimed(done[BuyBackResult](d.office, d.leader, IdleSweep{idle, 2 * one, "order"}).BuyBack)
	if row := storedRow(d.office, IdleDeclarations, idle); row.State != reserve.IdleOpen || row.Quantity != 4*one || row.BuyBack != 0 || part.HeldOn != 20220101 {
		t.Errorf("%+v, %+v", row, part)
	}
	d.apply(one) // a draft holds nothing
	waiting := d.apply(one)
	d.run(waiting, reserve.BuyBackVerified)
	d.refuses(d.leader, IdleSweep{idle, 4 * one, "order"}, ErrIdleBeyond)
	d.step(d.f.user, waiting, reserve.WithdrawBuyBack)
	rest := done[BuyBackResult](d.office, d.leader, IdleSweep{idle, 0, "order"}).BuyBack
	if rest.Quantity != 4*one {
		t.Errorf("%s are swept", rest.Quantity)
	}
	d.step(d.f.user, rest.ID, reserve.ObjectBuyBack)
	d.step(d.leader, rest.ID, reserve.UpholdBuyBack)
	if row := storedRow(d.office, IdleDeclarations, idle); row.State != reserve.IdleEnded {
		t.Errorf("%+v", row)
	}
	d.refuses(d.clerk, declare(7*one, 20260630), ErrIdleBeyond)
	idle = done[IdleResult](d.office, d.clerk, declare(4*one, 20220101)).Declaration.ID
	all := d.reclaimed(done[BuyBackResult](d.office, d.leader, IdleSweep{idle, 0, "order"}).BuyBack)
	if days := slices.Concat(d.sourcesOf(part), d.sourcesOf(all)); slices.Contains(days, later) || len(days) == 0 {
		t.Errorf("used up what was acquired on %v", days)
	}
	if got := d.holding(ledger.Paid).Balance; got != int64(5*one) {
		t.Errorf("%d are left", got)
	}
	d.check()
}

// The day from which idle permits may be swept is that of the rule, by the row of the holder's industry.
func TestIdle_MonthsOfIndustry(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	idle := done[IdleResult](d.office, d.f.user, IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Paid, one, 20240801, "declaration"}).Declaration
	d.refuses(d.leader, IdleSweep{idle.ID, 0, "order"}, rulebook.ErrNotIdle)
	d.does(d.leader, ParameterSet{Key: rulebook.IdleMonths, Industry: "2319", Value: "12", ValidFrom: 20260701, Document: "months"})
	if months := IdleMonths(d.app.Reference(), idle, 20260701); months != 12 {
		t.Errorf("swept after %d months", months)
	}
	d.does(d.leader, IdleSweep{idle.ID, 0, "order"})
}

// A sweep holds as many permits as lay idle. Where others are sold meanwhile, first in first
// out, it takes the next ones; of what has no price it takes those of its day first.
func TestIdle_SoldMeanwhile(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	idle := done[IdleResult](d.office, d.f.user, IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Paid, 10 * one, 20220101, "d"}).Declaration.ID
	sweep := done[BuyBackResult](d.office, d.leader, IdleSweep{idle, 6 * one, "order"}).BuyBack
	for _, priced := range []bool{true, false} {
		c := Allocate{
			Licence: d.f.licence.ID, Instrument: d.i.Code, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: ledger.Paid,
			Quantity: 4 * one, PriceKnown: priced, AcquiredOn: today, Document: "later",
		}
		if priced {
			c.Price = yuan(2000)
		}
		d.does(d.leader, c)
	}
	d.run(d.apply(8*one), reserve.BuyBackInReserve)
	sweep = d.reclaimed(sweep)
	if days := d.sourcesOf(sweep); len(days) != 2 || days[0] != 20200105 {
		t.Errorf("used up what was acquired on %v", days)
	}
	d.check()
}

// What a successor has declared and sold does not lie idle again when others' permits come
// to him, which they have acquired before.
func TestIdle_Refilled(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to, buyer := k.firm(jiashan, 1), k.firm(jiashan, 2), k.buyer(jiashan, 3, 1_000_000_00)
	for _, f := range []firm{from, to} {
		k.allocate(f, 4*one, 1000*quantity.OnePrice, 20200101)
		k.verify(f, 4*one)
	}
	idle := done[IdleResult](k.office, to.user, IdleDeclare{to.licence.ID, k.inst.Code, ledger.Paid, 3 * one, 20220101, "d"}).Declaration.ID
	k.does(to.user, k.sell(to, 2*one))
	k.does(buyer.user, k.buy(buyer, 2*one, 3000))
	k.does(k.leader, SuccessionRecord{
		Kind: permit.Merger, Licence: from.licence.ID, EffectiveOn: today, Document: "d", Parts: []SuccessionShare{k.share(to, ledger.Paid, 4*one, 4*one)},
	})
	if row := storedRow(k.office, IdleDeclarations, idle); row.Quantity != 2*one || row.State != reserve.IdleOpen {
		t.Errorf("%+v", row)
	}
	k.refuses(k.leader, IdleSweep{idle, 3 * one, "d"}, ErrIdleBeyond)
	k.check()
}

// A sweep of more than was acquired by its day is found, and one that was booked beside it (I-111).
func TestCheck_Sweeps(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	idle := done[IdleResult](d.office, d.f.user, IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Paid, 10 * one, 20220101, "d"}).Declaration.ID
	b := d.reclaimed(done[BuyBackResult](d.office, d.leader, IdleSweep{idle, 5 * one, "d"}).BuyBack)
	other := done[BuyBackResult](d.office, d.leader, IdleSweep{idle, one, "d"}).BuyBack
	found := func() bool {
		all, err := Check(t.Context(), d.store, d.store.row())
		return err == nil && slices.ContainsFunc(all, func(v Violation) bool { return v.Invariant == "I-111" })
	}
	change := func(of reserve.BuyBack, change func(*reserve.BuyBack)) {
		row := storedRow(d.office, BuyBacks, of.ID)
		was := row
		change(&row)
		d.store.table(BuyBacks.name).put(row.ID, row)
		if !found() {
			t.Errorf("%+v", row)
		}
		d.store.table(BuyBacks.name).put(row.ID, was)
	}
	if found() {
		t.Error("found before")
	}
	change(b, func(b *reserve.BuyBack) { b.HeldOn = 20200104 })
	change(b, func(b *reserve.BuyBack) { b.Quantity += one })
	change(other, func(b *reserve.BuyBack) { b.Quantity += 5 * one })
	change(other, func(b *reserve.BuyBack) { b.HeldOn = 20200104 })
}
