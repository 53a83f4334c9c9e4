package app

import (
	"fmt"
	"math/rand"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// Whatever officers, finance and firms do, in any order, each command is done
// or refused with a fault, and after each one permitx check finds nothing.
func TestBureauAndMoney_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			randomOffice(t, rand.New(rand.NewSource(seed)), 120)
		})
	}
}

func randomOffice(t *testing.T, r *rand.Rand, steps int) {
	t.Helper()
	o := openOffice(t)
	i := o.instrument()
	regions := []string{jiashan, jiaxing, qingpu}
	firms := []firm{o.firm(jiashan, 1), o.firm(jiashan, 2), o.firm(qingpu, 3)}
	pick := func() firm { return firms[r.Intn(len(firms))] }
	id := func(table string) int64 { last, _ := o.store.LastID(t.Context(), table); return r.Int63n(last+1) + 1 }
	q := func() quantity.Quantity { return quantity.Quantity(r.Intn(50)) * one / 10 }
	money := func() quantity.Money { return quantity.Money(r.Intn(5000)) }
	reference := func() string { return fmt.Sprint("r", r.Intn(60)) }
	part := func() reserve.Part { return reserve.Parts[r.Intn(2)] }
	line := func() settlement.BankLine {
		l := settlement.BankLine{Reference: reference(), Amount: money() - 2000, On: today, Payer: pick().name, PayerAccount: []string{"", "a", "b"}[r.Intn(3)]}
		var known []settlement.BankEntry
		if err := o.store.Find(t.Context(), BankEntries.name, Where("reference", l.Reference), &known); err == nil && len(known) > 0 && r.Intn(4) > 0 {
			l.Amount = known[0].Amount + quantity.Money(r.Intn(3)-1)*100
		}
		return l
	}
	commands := []func() (int64, Command){
		func() (int64, Command) {
			return o.leader, CapDecide{regions[r.Intn(3)], vocs, 3*q() - 3*one, "d", today}
		},
		func() (int64, Command) {
			return o.leader, ReserveMove{regions[r.Intn(3)], vocs, reserve.Directions[r.Intn(2)], q(), "d", LotChoice{}}
		},
		func() (int64, Command) {
			return o.upper, LevelMove{regions[r.Intn(2)], regions[r.Intn(2)], vocs, q(), part(), "d", LotChoice{}}
		},
		func() (int64, Command) {
			origin := ledger.Origin(r.Intn(3) + 1)
			return o.leader, Allocate{pick().licence.ID, i.Code, reserve.AllocationKinds[r.Intn(3)], part(), origin, q(), 0, origin == ledger.Paid && r.Intn(2) == 0, today, "d", LotChoice{}}
		},
		func() (int64, Command) {
			return o.clerk, NoticeIssue{pick().licence.ID, i.Code, q(), quantity.OnePrice, today, "", 0, LotChoice{}, false}
		},
		func() (int64, Command) {
			n := reserve.PaymentNotice{}
			var rows []reserve.PaymentNotice
			if err := o.store.Find(t.Context(), Notices.name, Where("id", id(Notices.name)), &rows); err == nil && len(rows) > 0 {
				n = rows[0]
			}
			return o.finance, NoticeProve{n.ID, n.Amount, reference(), today}
		},
		func() (int64, Command) { return o.leader, NoticeDeliver{id(Notices.name)} },
		func() (int64, Command) { return o.leader, NoticeCancel{id(Notices.name), "r"} },
		func() (int64, Command) {
			return o.leader, SurplusVerify{pick().licence.ID, vocs, q(), reserve.EIAAmount, r.Intn(2) == 0, true, today, "d", 0, "no records yet"}
		},
		func() (int64, Command) {
			return o.finance, DepositConfirm{pick().party, money(), reference(), today, []string{"", "stranger"}[r.Intn(2)]}
		},
		func() (int64, Command) {
			return o.finance, PayeeRegister{pick().party, []string{"a", "b"}[r.Intn(2)], "d"}
		},
		func() (int64, Command) { return o.finance, PayeeClose{id(PayeeAccounts.name)} },
		func() (int64, Command) {
			f := pick()
			return f.user, WithdrawRequest{f.party, money(), []string{"a", "b"}[r.Intn(2)], ""}
		},
		func() (int64, Command) {
			return o.finance, WithdrawConfirm{id(Withdrawals.name), reference(), today}
		},
		func() (int64, Command) { return o.finance, WithdrawCancel{id(Withdrawals.name)} },
		func() (int64, Command) {
			return o.finance, StatementImport{"a", today, today, []settlement.BankLine{line(), line(), line()}}
		},
		func() (int64, Command) { return o.finance, EntryAssign{id(BankEntries.name), pick().party, ""} },
		func() (int64, Command) { return o.finance, EntryReturn{id(BankEntries.name), reference(), today} },
		func() (int64, Command) {
			return o.finance, TransferPost{ledger.AccountID(id(Accounts.name)), ledger.AccountID(id(Accounts.name)), int64(money()), "d", ""}
		},
		func() (int64, Command) {
			return o.leader, TransferPost{ledger.AccountID(id(Accounts.name)), ledger.AccountID(id(Accounts.name)), int64(q()), "d", ""}
		},
		func() (int64, Command) {
			return o.leader, PartyState{pick().party, catalog.PartyStates[r.Intn(2)], "r", ""}
		},
	}
	for _, region := range regions {
		o.setCap(region, 20*one, 10*one)
	}
	done := map[string]int{}
	for range steps {
		who, c := commands[r.Intn(len(commands))]()
		if o.do(who, c) == nil {
			done[string(c.Operation())]++
		}
	}
	o.restart()
	o.check()
	if len(done) < 10 {
		t.Errorf("too little was done: %v", done)
	}
}
