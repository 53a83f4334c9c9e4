package app

import (
	"fmt"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// today is the day of the office's first commands.
const today = calendar.Date(20260701)

// money writes what the bank, suspense and a party's funds have.
func (o *office) money(party int64) string {
	m := func(k ledger.Key) quantity.Money { return quantity.Money(o.balance(k).Balance) }
	return fmt.Sprintf("%s %s %s", m(ledger.MoneyKey(ledger.Bank)), m(ledger.MoneyKey(ledger.Suspense)), m(ledger.FundsKey(party)))
}

func (o *office) wantMoney(party int64, want string) {
	o.t.Helper()
	if got := o.money(party); got != want {
		o.t.Errorf("bank, suspense, funds: %s, want %s", got, want)
	}
}

// Money of the party is credited, money of somebody else waits.
func TestDepositConfirm(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	good := DepositConfirm{Party: f.party, Amount: 100_00, BankReference: "r1", ReceivedOn: today}
	o.refuses(f.user, good, identity.ErrForbidden)
	for _, tt := range []struct {
		change func(*DepositConfirm)
		want   *fault.Error
	}{
		{func(c *DepositConfirm) { c.Amount = 0 }, invalid},
		{func(c *DepositConfirm) { c.BankReference = "" }, invalid},
		{func(c *DepositConfirm) { c.ReceivedOn = 1 }, invalid},
		{func(c *DepositConfirm) { c.Payer = " x" }, invalid},
		{func(c *DepositConfirm) { c.ReceivedOn = today.AddDays(1) }, ErrDayToCome},
		{func(c *DepositConfirm) { c.Party = 9999 }, ErrNoRecord},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.finance, c, tt.want)
	}
	r := done[DepositResult](o, o.finance, good)
	if r.Entry.State != settlement.EntryConfirmed || r.Deposit.Entry != r.Entry.ID || r.Deposit.Transfer == 0 {
		t.Errorf("%+v", r)
	}
	o.refuses(o.finance, good, ErrReferenceUsed)
	o.wantMoney(f.party, "100.00 0.00 100.00")

	other := good
	other.BankReference, other.Payer = "r2", "somebody else"
	e := done[DepositResult](o, o.finance, other).Entry
	if e.State != settlement.EntrySuspense || e.Difference != settlement.ThirdParty {
		t.Errorf("%+v", e)
	}
	o.refuses(o.finance, other, ErrReferenceInSuspense)
	o.wantMoney(f.party, "200.00 100.00 100.00")
	same := good
	same.BankReference, same.Payer = "r3", f.name+" "
	o.refuses(o.finance, same, invalid)
	same.Payer = "firm 1 of " + jiashan
	done[DepositResult](o, o.finance, same)
	o.wantMoney(f.party, "300.00 100.00 200.00")

	huge := good
	huge.BankReference, huge.Amount = "r4", 1<<63-1
	o.refuses(o.finance, huge, ledger.ErrOverflow)
	done[PartyResult](o, o.leader, PartyState{f.party, catalog.PartyClosed, "r", ""})
	huge.Amount = 1
	o.refuses(o.finance, huge, ErrPartyClosed)
	o.refuses(o.finance, EntryAssign{e.ID, f.party, ""}, ErrPartyClosed)
}

// A withdrawal holds the amount at once, and is paid or cancelled once.
func TestWithdrawal(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f, g := o.firm(jiashan, 1), o.firm(qingpu, 2)
	done[DepositResult](o, o.finance, DepositConfirm{Party: f.party, Amount: 100_00, BankReference: "r1", ReceivedOn: today})
	o.payee(f.party, "6222")
	good := WithdrawRequest{Party: f.party, Amount: 60_00, PayeeAccount: "6222"}
	o.refuses(o.finance, good, identity.ErrForbidden)
	o.refuses(g.user, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*WithdrawRequest)
		want   *fault.Error
	}{
		{func(c *WithdrawRequest) { c.Amount = -1 }, invalid},
		{func(c *WithdrawRequest) { c.PayeeAccount = "" }, invalid},
		{func(c *WithdrawRequest) { c.Note = "a\x00b" }, invalid},
		{func(c *WithdrawRequest) { c.Amount = 100_01 }, ledger.ErrInsufficient.At("amount")},
	} {
		c := good
		tt.change(&c)
		o.refuses(f.user, c, tt.want)
	}
	w := done[settlement.Withdrawal](o, f.user, good)
	o.refuses(f.user, good, ledger.ErrInsufficient)
	o.refuses(g.user, WithdrawCancel{w.ID}, ErrNoRecord)
	done[settlement.Withdrawal](o, f.user, WithdrawCancel{w.ID})
	o.refuses(f.user, WithdrawCancel{w.ID}, settlement.ErrWithdrawalState)
	w = done[settlement.Withdrawal](o, f.user, good)
	o.restart()
	confirm := WithdrawConfirm{w.ID, "r2", today}
	o.refuses(f.user, confirm, identity.ErrForbidden)
	for _, tt := range []struct {
		change func(*WithdrawConfirm)
		want   *fault.Error
	}{
		{func(c *WithdrawConfirm) { c.Withdrawal = 9999 }, ErrNoRecord},
		{func(c *WithdrawConfirm) { c.BankReference = "" }, invalid},
		{func(c *WithdrawConfirm) { c.PaidOn = 0 }, invalid},
		{func(c *WithdrawConfirm) { c.PaidOn = today.AddDays(1) }, ErrDayToCome},
		{func(c *WithdrawConfirm) { c.BankReference = "r1" }, ErrReferenceUsed},
	} {
		c := confirm
		tt.change(&c)
		o.refuses(o.finance, c, tt.want)
	}
	r := done[WithdrawResult](o, o.finance, confirm)
	if r.Withdrawal.State != settlement.WithdrawalPaid || r.Entry.Posted != -60_00 {
		t.Errorf("%+v", r)
	}
	o.refuses(o.finance, confirm, settlement.ErrWithdrawalState)
	o.refuses(o.finance, WithdrawCancel{w.ID}, settlement.ErrWithdrawalState)
	o.wantMoney(f.party, "40.00 0.00 40.00")
}

// Over the party's limit only a signer may take money out.
func TestWithdrawal_Signer(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := done[PartyResult](o, o.clerk, PartyRegister{Name: "p", USCC: uscc(jiashan, 7), Region: jiashan, Industry: "23", SignerLimit: 10_00}).Party
	handler := o.person("handler", GrantAdd{Role: identity.Enterprise, Party: p.ID})
	signer := o.person("signer", GrantAdd{Role: identity.Enterprise, Party: p.ID, Signer: true})
	done[DepositResult](o, o.finance, DepositConfirm{Party: p.ID, Amount: 100_00, BankReference: "r1", ReceivedOn: today})
	o.payee(p.ID, "a")
	done[settlement.Withdrawal](o, handler, WithdrawRequest{Party: p.ID, Amount: 10_00, PayeeAccount: "a"})
	prepared := o.propose(handler, WithdrawRequest{Party: p.ID, Amount: 10_01, PayeeAccount: "a"})
	held := func() int64 { return o.balance(ledger.FundsKey(p.ID)).Held }
	if held() != 10_00 {
		t.Errorf("before the signer approves, %d fen are held", held())
	}
	other := o.person("other handler", GrantAdd{Role: identity.Enterprise, Party: p.ID})
	o.refuses(other, ProposalApprove{prepared.ID, prepared.EffectsDigest}, ErrSignerNeeded)
	o.refuses(other, ProposalReject{prepared.ID, "no"}, ErrSignerNeeded)
	o.refuses(o.second, ProposalApprove{prepared.ID, prepared.EffectsDigest}, ErrNoRecord)
	done[settlement.Withdrawal](o, signer, ProposalApprove{prepared.ID, prepared.EffectsDigest})
	if held() != 20_01 {
		t.Errorf("after it, %d fen are held", held())
	}
	done[settlement.Withdrawal](o, signer, WithdrawRequest{Party: p.ID, Amount: 10_01, PayeeAccount: "a"})
}

// differences writes the entries of a statement that differ.
func differences(all []settlement.BankEntry) string {
	text := ""
	for _, e := range all {
		text += fmt.Sprintf("%s %s %s; ", e.Reference, e.Difference, e.State)
	}
	return text
}

// A statement is refused as a whole when a line is wrong.
func TestStatementImport_Faults(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	done[DepositResult](o, o.finance, DepositConfirm{Party: f.party, Amount: 100_00, BankReference: "in", ReceivedOn: today})
	line := settlement.BankLine{Reference: "x", Amount: 1, On: today, Payer: "p"}
	good := StatementImport{Account: "6222", From: today, To: today, Lines: []settlement.BankLine{line}}
	o.refuses(f.user, good, identity.ErrForbidden)
	with := func(change func(*settlement.BankLine)) StatementImport {
		c, l := good, line
		change(&l)
		c.Lines = []settlement.BankLine{{Reference: "first", Amount: 1, On: today, Payer: "p"}, l}
		return c
	}
	for _, tt := range []struct {
		c    StatementImport
		want *fault.Error
	}{
		{StatementImport{From: today, To: today, Lines: good.Lines}, invalid},
		{StatementImport{Account: "a", To: today, Lines: good.Lines}, invalid},
		{StatementImport{Account: "a", From: today, Lines: good.Lines}, invalid},
		{StatementImport{Account: "a", From: today, To: today.AddDays(-1), Lines: good.Lines}, invalid},
		{StatementImport{Account: "a", From: today, To: today.AddDays(1), Lines: good.Lines}, ErrDayToCome},
		{StatementImport{Account: "a", From: today, To: today}, ErrStatementLines},
		{StatementImport{Account: "a", From: today, To: today, Lines: make([]settlement.BankLine, MaxStatementLines+1)}, ErrStatementLines},
		{with(func(l *settlement.BankLine) { l.Reference = "" }), invalid},
		{with(func(l *settlement.BankLine) { l.Amount = 0 }), invalid},
		{with(func(l *settlement.BankLine) { l.Amount = -1 << 63 }), invalid},
		{with(func(l *settlement.BankLine) { l.Payer = "" }), invalid},
		{with(func(l *settlement.BankLine) { l.On = today.AddDays(-1) }), ErrLineOutside},
		{with(func(l *settlement.BankLine) { l.Reference = "first" }), ErrLineTwice},
		{with(func(l *settlement.BankLine) { l.Reference, l.Amount = "in", -100_00 }), settlement.ErrLineDirection},
	} {
		o.refuses(o.finance, tt.c, tt.want)
	}
	done[StatementResult](o, o.finance, good)
	o.refuses(o.finance, with(func(*settlement.BankLine) {}), settlement.ErrLineKnown)
	f2 := o.do(o.finance, with(func(l *settlement.BankLine) { l.Payer = "" }))
	if f2 == nil || f2.Field != "lines/1/payer" {
		t.Errorf("%v", f2)
	}
}

// Each line meets its payment; what differs waits, and every difference can be
// settled. The bank account is at every moment what was posted of its entries.
func TestStatement_Reconciliation(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f, g := o.firm(jiashan, 1), o.firm(qingpu, 2)
	deposit := func(reference string, amount quantity.Money, payer string) {
		done[DepositResult](o, o.finance, DepositConfirm{Party: f.party, Amount: amount, BankReference: reference, ReceivedOn: today, Payer: payer})
	}
	deposit("equal", 1000_00, "")
	deposit("partial", 200_00, "")
	deposit("excess", 300_00, "")
	deposit("wrong-name", 400_00, "")
	deposit("third", 500_00, "stranger")
	deposit("not-there", 600_00, "")
	o.payee(f.party, "a")
	w := done[settlement.Withdrawal](o, f.user, WithdrawRequest{Party: f.party, Amount: 50_00, PayeeAccount: "a"})
	done[WithdrawResult](o, o.finance, WithdrawConfirm{w.ID, "out", today})
	late := done[settlement.Withdrawal](o, f.user, WithdrawRequest{Party: f.party, Amount: 70_00, PayeeAccount: "a"})
	o.wantMoney(f.party, "2950.00 500.00 2450.00")

	line := func(reference string, amount quantity.Money, payer string) settlement.BankLine {
		return settlement.BankLine{Reference: reference, Amount: amount, On: today, Payer: payer}
	}
	r := done[StatementResult](o, o.finance, StatementImport{Account: "6222", From: today, To: today, Lines: []settlement.BankLine{
		line("equal", 1000_00, f.name),
		line("partial", 150_00, f.name),
		line("excess", 330_00, f.name),
		line("wrong-name", 400_00, "somebody"),
		line("third", 500_00, "stranger"),
		line("nobody", 80_00, "stranger"),
		line("out", -50_00, f.name),
		line("early", -70_00, f.name),
	}})
	if r.Reconciled != 2 || r.Statement.Received != 2460_00 || r.Statement.Paid != 120_00 || r.Statement.Lines != 8 {
		t.Errorf("%+v", r)
	}
	want := "partial partial suspense; excess excess suspense; wrong-name third_party suspense; third third_party suspense; " +
		"nobody unmatched suspense; early unmatched suspense; "
	if got := differences(r.Differences); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	o.wantMoney(f.party, "3060.00 610.00 2450.00") // 30 of the excess, 80 of nobody, 500 of the stranger
	ids := map[string]int64{}
	for _, e := range r.Differences {
		ids[e.Reference] = e.ID
	}
	report, err := Reconcile(t.Context(), o.store, r.Statement.ID)
	if err != nil || report.Reconciled != 2 || report.Open != 7 {
		t.Errorf("%+v %v", report, err)
	}
	if n := len(report.Differences); report.Differences[n-1].Reference != "not-there" || report.Differences[n-1].Difference != settlement.MissingInStatement {
		t.Errorf("%s", differences(report.Differences))
	}
	if _, err := Reconcile(t.Context(), o.store, 9999); err == nil {
		t.Error("there is no statement 9999")
	}

	// Who may, and what is settled with whom.
	o.refuses(f.user, EntryAssign{ids["nobody"], g.party, ""}, identity.ErrForbidden)
	o.refuses(o.finance, EntryAssign{9999, g.party, ""}, ErrNoRecord)
	o.refuses(o.finance, EntryAssign{ids["nobody"], 9999, ""}, ErrNoRecord)
	o.refuses(o.finance, EntryAssign{ids["nobody"], g.party, "a\nb"}, invalid)
	o.refuses(o.finance, EntryAssign{ids["early"], f.party, ""}, settlement.ErrPaymentUnexplained)
	o.refuses(o.finance, EntryAssign{ids["partial"], g.party, ""}, settlement.ErrEntryOfOther)
	o.refuses(o.finance, EntryReturn{ids["partial"], "back", today}, settlement.ErrNothingToReturn)
	o.refuses(o.finance, EntryReturn{ids["nobody"], "", today}, invalid)
	o.refuses(o.finance, EntryReturn{ids["nobody"], "back", today.AddDays(1)}, ErrDayToCome)
	o.refuses(o.finance, EntryReturn{ids["nobody"], "equal", today}, ErrReferenceUsed)

	done[EntryResult](o, o.finance, EntryAssign{ids["nobody"], g.party, "letter"})
	o.refuses(o.finance, EntryAssign{ids["nobody"], g.party, ""}, settlement.ErrEntryNotWaiting)
	o.refuses(o.finance, EntryReturn{ids["nobody"], "back", today}, settlement.ErrEntryNotWaiting)
	done[EntryResult](o, o.finance, EntryAssign{ids["partial"], f.party, ""})
	done[EntryResult](o, o.finance, EntryAssign{ids["wrong-name"], f.party, ""})
	done[EntryResult](o, o.finance, EntryAssign{ids["excess"], f.party, ""})
	o.wantMoney(f.party, "3010.00 500.00 2430.00")
	back := done[EntryResult](o, o.finance, EntryReturn{ids["third"], "back", today})
	if back.Entry.State != settlement.EntryReturned || back.Payment.Posted != -500_00 || back.Payment.Returns != ids["third"] {
		t.Errorf("%+v", back)
	}
	done[WithdrawResult](o, o.finance, WithdrawConfirm{late.ID, "early", today})
	o.wantMoney(f.party, "2440.00 0.00 2360.00")

	// The next statement brings the payment back, and nothing is left to do.
	o.now.set(o.now.get() + 24*3_600_000_000)
	next := done[StatementResult](o, o.finance, StatementImport{Account: "6222", From: today, To: today.AddDays(1), Lines: []settlement.BankLine{
		line("back", -500_00, "stranger"), line("not-there", 600_00, f.name),
	}})
	if next.Reconciled != 2 || len(next.Differences) != 0 {
		t.Errorf("%+v", next)
	}
	report, err = Reconcile(t.Context(), o.store, r.Statement.ID)
	if err != nil || report.Open != 0 || report.Reconciled != 3 { // with the payment that was explained
		t.Errorf("%+v %v", report, err)
	}
}

// A payment that the bank made otherwise than it was confirmed is made good
// from or to the party's funds; one that is short of money waits.
func TestStatement_PaymentDiffers(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	done[DepositResult](o, o.finance, DepositConfirm{Party: f.party, Amount: 100_00, BankReference: "in", ReceivedOn: today})
	o.payee(f.party, "a")
	pay := func(reference string, amount quantity.Money) {
		w := done[settlement.Withdrawal](o, f.user, WithdrawRequest{Party: f.party, Amount: amount, PayeeAccount: "a"})
		done[WithdrawResult](o, o.finance, WithdrawConfirm{w.ID, reference, today})
	}
	pay("more", 20_00)
	pay("less", 30_00)
	r := done[StatementResult](o, o.finance, StatementImport{Account: "a", From: today, To: today, Lines: []settlement.BankLine{
		{Reference: "more", Amount: -29_00, On: today, Payer: f.name},
		{Reference: "less", Amount: -26_00, On: today, Payer: f.name},
		{Reference: "in", Amount: 40_00, On: today, Payer: f.name},
	}})
	if got, want := differences(r.Differences), "more excess suspense; less partial suspense; in partial suspense; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	o.wantMoney(f.party, "50.00 0.00 50.00")
	done[EntryResult](o, o.finance, EntryAssign{r.Differences[0].ID, f.party, ""})
	o.wantMoney(f.party, "41.00 0.00 41.00")
	o.refuses(o.finance, EntryAssign{r.Differences[2].ID, f.party, ""}, ledger.ErrInsufficient)
	done[EntryResult](o, o.finance, EntryAssign{r.Differences[1].ID, f.party, ""})
	o.wantMoney(f.party, "45.00 0.00 45.00")
	done[DepositResult](o, o.finance, DepositConfirm{Party: f.party, Amount: 20_00, BankReference: "in2", ReceivedOn: today})
	done[EntryResult](o, o.finance, EntryAssign{r.Differences[2].ID, f.party, ""})
	o.wantMoney(f.party, "5.00 0.00 5.00")
}
