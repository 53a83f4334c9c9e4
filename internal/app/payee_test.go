package app

import (
	"testing"

	"permitx/internal/approval"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// payee registers an account that a party's money may go to.
func (o *office) payee(party int64, account string) {
	o.t.Helper()
	done[settlement.PayeeAccount](o, o.finance, PayeeRegister{Party: party, Account: account, Document: "开户许可证"})
}

// paidFrom imports a statement that shows money from an account.
func (o *office) paidFrom(reference, payer, account string, amount quantity.Money) StatementResult {
	o.t.Helper()
	return done[StatementResult](o, o.finance, StatementImport{Account: "3304", From: today, To: today, Lines: []settlement.BankLine{
		{Reference: reference, Amount: amount, On: today, Payer: payer, PayerAccount: account},
	}})
}

// Money of a party goes back to an account from which a statement shows that it came,
// once nothing is in question, and to no other.
func TestWithdrawal_PayingAccount(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f, g := o.firm(jiashan, 1), o.firm(qingpu, 2)
	for _, x := range []firm{f, g} {
		o.does(o.finance, DepositConfirm{Party: x.party, Amount: 100_00, BankReference: "in " + x.name, ReceivedOn: today})
	}
	to := func(account string) WithdrawRequest {
		return WithdrawRequest{Party: f.party, Amount: 10_00, PayeeAccount: account}
	}
	o.refuses(f.user, to("6222 01"), settlement.ErrPayeeUnknown)
	o.paidFrom("in "+f.name, f.name, "6222 01", 100_00)
	o.paidFrom("in "+g.name, g.name, "6222 02", 100_00)
	o.refuses(f.user, to("6222 02"), settlement.ErrPayeeUnknown)
	o.does(f.user, to("6222 01"))

	waits := o.paidFrom("unexpected", f.name, "6222 03", 5_00).Differences[0]
	o.refuses(f.user, to("6222 03"), settlement.ErrPayeeUnknown)
	o.does(o.finance, EntryAssign{waits.ID, f.party, ""})
	o.does(f.user, to("6222 03"))
	strangers := o.paidFrom("for the party", "stranger", "6222 05", 5_00).Differences[0]
	o.does(o.finance, EntryAssign{strangers.ID, f.party, "who it is for"})
	o.refuses(f.user, to("6222 05"), settlement.ErrPayeeUnknown)
	o.does(o.finance, DepositConfirm{Party: f.party, Amount: 5_00, BankReference: "typed", ReceivedOn: today, Payer: "stranger"})
	typed := o.paidFrom("typed", "stranger", "6222 06", 5_00).Differences
	for _, e := range append(typed, rowsIn(o, BankEntries, Where("reference", "typed"))...) {
		if e.IsWaiting() {
			o.does(o.finance, EntryAssign{e.ID, f.party, ""})
			break
		}
	}
	o.refuses(f.user, to("6222 06"), settlement.ErrPayeeUnknown)
	back := o.paidFrom("of a stranger", "stranger", "6222 04", 5_00).Differences[0]
	o.does(o.finance, EntryReturn{back.ID, "back", today})
	o.refuses(f.user, to("6222 04"), settlement.ErrPayeeUnknown)
	o.restart()
	w := done[settlement.Withdrawal](o, f.user, to("6222 01"))
	o.check()
	o.does(o.leader, PartyRename{Party: f.party, Name: "新名（嘉善）有限公司", EffectiveOn: today, Document: "d"})
	o.does(f.user, to("6222 01")) // paid under the name that it had
	renamed := o.paidFrom("renamed", "新名(嘉善) 有限公司", "6222 07", 5_00).Differences[0]
	o.does(o.finance, EntryAssign{renamed.ID, f.party, ""})
	o.does(f.user, to("6222 07"))
	o.check()

	table := o.store.table(Withdrawals.name)
	w.PayeeAccount = "6222 02"
	table.rows[w.ID] = w
	if !o.violates("I-123") {
		t.Error("a withdrawal to another's account is not found")
	}
	w.PayeeAccount = "6222 05"
	table.rows[w.ID] = w
	if !o.violates("I-123") {
		t.Error("a withdrawal to a third person's account is not found")
	}
}

// Who has never paid in gets his money at an account that two persons of finance have
// registered, as long as it is not closed.
func TestPayeeAccount(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	o.does(o.finance, DepositConfirm{Party: f.party, Amount: 100_00, BankReference: "in", ReceivedOn: today})
	ask := WithdrawRequest{Party: f.party, Amount: 10_00, PayeeAccount: "6222"}
	good := PayeeRegister{Party: f.party, Account: "6222", Document: "开户许可证"}
	o.refuses(f.user, good, identity.ErrForbidden)
	o.refuses(o.leader, good, identity.ErrForbidden)
	elsewhere := o.person("finance of another region", GrantAdd{Role: identity.Finance, Region: qingpu})
	o.refuses(elsewhere, good, identity.ErrNotYours)
	for _, tt := range []struct {
		change func(*PayeeRegister)
		want   *fault.Error
	}{
		{func(c *PayeeRegister) { c.Party = 9999 }, ErrNoRecord},
		{func(c *PayeeRegister) { c.Account = "" }, invalid},
		{func(c *PayeeRegister) { c.Document = "" }, invalid},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.finance, c, tt.want)
	}
	p := o.propose(o.finance, good)
	o.refuses(f.user, ask, settlement.ErrPayeeUnknown)
	o.refuses(o.finance, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
	a := done[settlement.PayeeAccount](o, o.second, ProposalApprove{p.ID, p.EffectsDigest})
	o.refuses(o.finance, good, settlement.ErrPayeeKnown)
	o.does(f.user, ask)
	o.refuses(f.user, PayeeClose{a.ID}, identity.ErrForbidden)
	o.refuses(elsewhere, PayeeClose{a.ID}, identity.ErrNotYours)
	o.refuses(o.finance, PayeeClose{9999}, ErrNoRecord)
	o.does(o.finance, PayeeClose{a.ID})
	o.refuses(o.finance, PayeeClose{a.ID}, settlement.ErrPayeeClosed)
	o.refuses(f.user, ask, settlement.ErrPayeeUnknown)
	o.payee(f.party, "6222")
	o.does(f.user, ask)
	o.restart()
	o.check()
}
