package app

import (
	"reflect"
	"slices"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// account is the number of the account with a key.
func (o *office) account(k ledger.Key) ledger.AccountID {
	o.t.Helper()
	id, ok := o.app.st.ledger.Find(k)
	if !ok {
		o.t.Fatalf("%s is not open", k)
	}
	return id
}

// deskOfTransfers is an office with two firms that have money, the first with
// permits of two prices and a second licence that has some too.
func deskOfTransfers(t *testing.T) (o *office, f, g firm, first, second ledger.Key) {
	t.Helper()
	o = openOffice(t)
	o.setCap(jiashan, 100*one, 10*one)
	i := o.instrument()
	f, g = o.firm(jiashan, 1), o.firm(jiashan, 2)
	sister := f
	sister.licence = done[LicenceResult](o, o.clerk, LicenceRegister{
		Party: f.party, Number: uscc(jiashan, 1) + "002P", Kind: "licence", Site: "two", Region: jiashan, ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	o.allocate(f, i, 5*one)
	done[AllocationResult](o, o.leader, Allocate{
		Licence: f.licence.ID, Instrument: i.Code, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: ledger.Paid,
		Quantity: 3 * one, AcquiredOn: 20250101, Document: "old register",
	})
	o.allocate(sister, i, one)
	o.allocate(g, i, one)
	for n, x := range []firm{f, g} {
		done[DepositResult](o, o.finance, DepositConfirm{Party: x.party, Amount: 100_00, BankReference: string(rune('a' + n)), ReceivedOn: today})
	}
	return o, f, g, HoldingKey(f.licence, i, ledger.Paid), HoldingKey(sister.licence, i, ledger.Paid)
}

// Each correcting transfer stays within its asset, its kinds and its officer's
// reach, and takes only what is free.
func TestTransferPost_Faults(t *testing.T) {
	t.Parallel()
	o, f, g, first, second := deskOfTransfers(t)
	i := o.app.st.byCode.instruments["VOCs-20310630"]
	funds, other := o.account(ledger.FundsKey(f.party)), o.account(ledger.FundsKey(g.party))
	bank := o.account(ledger.MoneyKey(ledger.Bank))
	holding, sibling := o.account(first), o.account(second)
	foreign := o.account(ledger.HoldingKey(jiashan, vocs, g.party, g.licence.ID, i, ledger.Paid))
	reserved := o.account(ledger.PermitKey(ledger.Reserve, jiashan, vocs))
	nanhu := o.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	for _, tt := range []struct {
		who  int64
		c    TransferPost
		want *fault.Error
	}{
		{f.user, TransferPost{funds, other, 1, "d", ""}, identity.ErrForbidden},
		{o.finance, TransferPost{funds, other, 1, "", ""}, invalid},
		{o.finance, TransferPost{funds, other, 1, "d", "\t"}, invalid},
		{o.finance, TransferPost{9999, other, 1, "d", ""}, ErrNoRecord},
		{o.finance, TransferPost{funds, 9999, 1, "d", ""}, ErrNoRecord},
		{o.leader, TransferPost{funds, other, 1, "d", ""}, ErrNoRecord},
		{o.finance, TransferPost{holding, sibling, 1, "d", ""}, ErrNoRecord},
		{nanhu, TransferPost{holding, sibling, 1, "d", ""}, ErrNoRecord},
		{o.finance, TransferPost{funds, other, 0, "d", ""}, ledger.ErrAmountNotPositive},
		{o.finance, TransferPost{funds, other, -1, "d", ""}, ledger.ErrAmountNotPositive},
		{o.finance, TransferPost{funds, funds, 1, "d", ""}, ledger.ErrAccountsEqual},
		{o.finance, TransferPost{funds, bank, 1, "d", ""}, ErrTransferKinds.At("credit_account")},
		{o.finance, TransferPost{bank, funds, 1, "d", ""}, ErrTransferKinds.At("credit_account")},
		{o.leader, TransferPost{holding, reserved, 1, "d", ""}, ErrTransferKinds.At("credit_account")},
		{o.leader, TransferPost{holding, foreign, 1, "d", ""}, ErrTransferHolders.At("credit_account")},
		{o.finance, TransferPost{funds, other, 100_01, "d", ""}, ledger.ErrInsufficient.At("amount")},
		{o.leader, TransferPost{holding, sibling, int64(8*one) + 1, "d", ""}, ledger.ErrInsufficient.At("amount")},
	} {
		o.refuses(tt.who, tt.c, tt.want)
	}
	both := o.person("both", GrantAdd{Role: identity.BureauLeader})
	done[identity.Grant](o, o.admin, GrantAdd{Person: both, Role: identity.Finance})
	o.refuses(both, TransferPost{holding, funds, 1, "d", ""}, ledger.ErrAssetsDiffer)
}

// Money moves between funds; permits take their acquisitions along, first in
// first out, with date, price and document.
func TestTransferPost(t *testing.T) {
	t.Parallel()
	o, f, g, first, second := deskOfTransfers(t)
	r := done[TransferResult](o, o.finance, TransferPost{o.account(ledger.FundsKey(f.party)), o.account(ledger.FundsKey(g.party)), 30_00, "d", "n"})
	if len(r.Postings) != 1 || r.Postings[0].Reason != ledger.Correction || r.Postings[0].Reference != 1 {
		t.Errorf("%+v", r)
	}
	o.wantMoney(f.party, "200.00 0.00 70.00")
	done[TransferResult](o, o.leader, TransferPost{o.account(first), o.account(second), int64(4 * one), "d", ""})
	moved := o.app.st.ledger.Acquisitions(o.account(second))
	if len(moved) != 3 || moved[0].Document != "old register" || moved[0].Quantity != 3*one || moved[0].PriceKnown ||
		moved[1].Quantity != one || moved[2].Quantity != one || moved[2].AcquiredOn != 20260701 {
		for _, a := range moved {
			t.Errorf("%+v", *a)
		}
	}
	o.restart()
	o.check()
}

// A proposed transfer waits for another who corrects such accounts, and for nobody else.
func TestTransferPost_Waits(t *testing.T) {
	t.Parallel()
	o, f, g, first, second := deskOfTransfers(t)
	finance, leader := o.person("finance 2", GrantAdd{Role: identity.Finance}), o.person("leader 2", GrantAdd{Role: identity.BureauLeader, Region: jiashan})
	for _, tt := range []struct {
		proposer, other int64
		not             []int64
		c               TransferPost
	}{
		{o.finance, finance, []int64{o.finance, o.leader, leader}, TransferPost{o.account(ledger.FundsKey(f.party)), o.account(ledger.FundsKey(g.party)), 30_00, "d", ""}},
		{o.leader, leader, []int64{o.leader, o.finance, finance}, TransferPost{o.account(first), o.account(second), int64(one), "d", ""}},
	} {
		p := o.propose(tt.proposer, tt.c)
		o.waits(tt.other, Proposals.name, p.ID, "approve")
		for _, person := range tt.not {
			o.waits(person, Proposals.name, p.ID, "")
		}
	}
}

// A correction leaves the permits that open orders need: those with a price.
func TestTransferPost_PricedHeld(t *testing.T) {
	t.Parallel()
	o, f, _, first, second := deskOfTransfers(t)
	done[MarketResult](o, o.admin, MarketOpen{
		Code: "YRD", Name: "n", Pollutant: vocs, Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice, PriceBasis: "per_year",
	})
	done[SurplusResult](o, o.leader, SurplusVerify{
		Licence: f.licence.ID, Pollutant: vocs, Quantity: 5 * one, Rung: reserve.EIAAmount, Monitored: true, TaskDone: true,
		VerifiedOn: today, Document: "d", NoYear: "no records yet",
	})
	i, err := (&View{state: o.app.st}).Instrument("", "VOCs-20310630")
	if err != nil {
		t.Fatal(err)
	}
	done[OrderResult](o, f.user, o.order(f, i, market.Sell, 3000, 4*one))
	move := func(q quantity.Quantity) TransferPost {
		return TransferPost{o.account(first), o.account(second), int64(q), "d", ""}
	}
	o.refuses(o.leader, move(4*one+1), ledger.ErrInsufficient)
	done[TransferResult](o, o.leader, move(3*one)) // those without a price are the oldest
	done[TransferResult](o, o.leader, move(one))
	o.refuses(o.leader, move(1), ledger.ErrInsufficient)
	done[TransferResult](o, o.leader, TransferPost{o.account(second), o.account(first), int64(4 * one), "d", ""})
	done[TransferResult](o, o.leader, TransferPost{o.account(second), o.account(first), int64(one), "d", ""})
	done[AllocationResult](o, o.leader, Allocate{ // young ones without a price
		Licence: f.licence.ID, Instrument: i.Code, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: ledger.Paid,
		Quantity: 9 * one, AcquiredOn: 20260701, Document: "other register",
	})
	o.refuses(o.leader, move(6*one), ErrPricedHeld) // 3 unpriced, then 3 of 6 priced: 3 would be left for the 4 held
	done[TransferResult](o, o.leader, move(5*one))
}

// Done whole, a batch names each transfer that does not fit on what those
// before it that fit would leave; the first decides the answer.
func TestTransferBatch_AllNamesEachMisfit(t *testing.T) {
	t.Parallel()
	o, f, g, _, _ := deskOfTransfers(t)
	funds, other := o.account(ledger.FundsKey(f.party)), o.account(ledger.FundsKey(g.party))
	good := TransferPost{funds, other, 60_00, "d", "note"}
	several := []TransferPost{
		good, good,
		{other, funds, 1, "d", ""},
		{funds, funds, 1, "d", ""},
		{funds, other, 40_02, "d", ""},
		{funds, other, 40_01, "d", ""},
		{9999, other, 1, "d", ""},
	}
	for _, tt := range []struct {
		all  []TransferPost
		want *fault.Error
		at   []string
	}{
		{[]TransferPost{good, good}, ledger.ErrInsufficient, []string{"transfers/1/amount"}},
		{[]TransferPost{good, {funds, 9999, 1, "d", ""}}, ErrNoRecord, []string{"transfers/1/credit_account"}},
		{[]TransferPost{{funds, other, 1, "", ""}, good}, invalid, []string{"transfers/0/document"}},
		{several, ledger.ErrInsufficient, []string{"transfers/1/amount", "transfers/3/credit_account", "transfers/4/amount", "transfers/6/debit_account"}},
	} {
		c := TransferBatch{Mode: AllItems, Transfers: tt.all}
		o.refuses(o.finance, c, tt.want)
		_, err := c.Decide(&View{state: o.app.st, Actor: o.app.st.actor(o.finance)})
		got, ok := fault.As(err)
		if !ok {
			t.Fatal(err)
		}
		at := []string{got.Field}
		if len(got.All) > 0 {
			at = at[:0]
			for _, e := range got.All {
				at = append(at, e.Field)
			}
		}
		if !slices.Equal(at, tt.at) {
			t.Errorf("misfits at %v, want %v", at, tt.at)
		}
	}
	o.wantMoney(f.party, "200.00 0.00 100.00")
}

// rowsOfLastCommand counts the rows that the newest command wrote.
func (o *office) rowsOfLastCommand() (n int64) {
	for _, name := range []string{Postings.name, Acquisitions.name, Balances.name, Orders.name, Trades.name, Surpluses.name} {
		for _, row := range o.store.table(name).rows {
			if reflect.ValueOf(row).FieldByName("Command").Int() == o.store.row().Length {
				n++
			}
		}
	}
	return n
}

// A large batch of money is fast: the aim is 40,000 postings a second with the
// database behind it, so that the writer must do many times that.
func BenchmarkTransferBatch(b *testing.B) {
	st := benchState(b, 100)
	batch := TransferBatch{Transfers: make([]TransferPost, MaxTransfers)}
	for n := range batch.Transfers {
		batch.Transfers[n] = TransferPost{ledger.AccountID(n%99 + 2), ledger.AccountID((n+1)%99 + 2), 1, "正式文件 1 号", ""}
	}
	b.ReportAllocs()
	for b.Loop() {
		encodePayload(batch)
		v := &View{
			state: st, batch: &Batch{Records: map[string]*Records{}}, Now: dayOne, Today: today, Number: st.registry.Length + 1,
			Actor: identity.Actor{Person: 1, Grants: []identity.Grant{{Role: identity.Finance}}},
		}
		st.registry.Length++
		apply, err := batch.Decide(v)
		if err != nil {
			b.Fatal(err)
		}
		tx := &Tx{View: v}
		r := apply(tx).(TransferBatchResult)
		if r.Items[MaxTransfers-1].Fault != nil {
			b.Fatal(r.Items[MaxTransfers-1].Fault)
		}
		tx.digest()
	}
	b.ReportMetric(float64(b.N)*MaxTransfers/b.Elapsed().Seconds(), "postings/s")
}

// benchState is a state with funds of some parties and nothing else.
func benchState(b *testing.B, parties int64) *state {
	b.Helper()
	st, err := load(b.Context(), newFakeStore(), Registry{})
	if err != nil {
		b.Fatal(err)
	}
	st.ledger.Load(ledger.Account{ID: 1, Kind: ledger.Bank}, ledger.Balance{ID: 1, Balance: 1_000_000 * parties})
	for p := range parties {
		id := ledger.AccountID(p + 2)
		st.ledger.Load(ledger.Account{ID: id, Kind: ledger.Funds, Party: p + 1}, ledger.Balance{ID: id, Balance: 1_000_000})
	}
	return st
}
