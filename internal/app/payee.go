package app

import (
	"slices"
	"strings"

	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/permit"
	"permitx/internal/settlement"
)

// PayeeAccounts are the accounts that finance has registered for parties.
var PayeeAccounts = cold[settlement.PayeeAccount]("payee_account")

// PayeeRegister says that an account is a party's, by a document.
type PayeeRegister struct {
	Party    int64
	Account  string
	Document string
}

// PayeeClose says that no more money goes to a registered account.
type PayeeClose struct{ PayeeAccount int64 }

var (
	_ = declare(PayeeRegister{}, PayeeClose{})
	_ = declareCheck((*checker).checkPayees)
)

// Operation is PayeeRegister.
func (PayeeRegister) Operation() identity.Operation { return identity.PayeeRegister }

// Decide checks that the account is not registered for the party yet. The result is
// a settlement.PayeeAccount.
func (c PayeeRegister) Decide(v *View) (Apply, error) {
	if err := v.mayFinance("party", identity.PayeeRegister, c.Party); err != nil {
		return nil, err
	}
	p := settlement.PayeeAccount{Party: c.Party, Account: c.Account, Document: c.Document, RegisteredAt: v.Now}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	switch known, err := Find(v, PayeeAccounts, registeredPayees(c.Party).And("account", Eq, c.Account)); {
	case err != nil:
		return nil, err
	case len(known) > 0:
		return nil, settlement.ErrPayeeKnown
	}
	return func(tx *Tx) any { return Put(tx, PayeeAccounts, p) }, nil
}

// registeredPayees selects the accounts of a party to which money may go.
func registeredPayees(party int64) Query { return Where("party", party).And("closed_at", Eq, int64(0)) }

// mayFinance returns a fault at the field unless the actor may do op for a party.
func (v *View) mayFinance(field string, op identity.Operation, party int64) error {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return err
	}
	p, err := Get(v, Parties, field, party)
	if err != nil {
		return err
	}
	return v.AuthoriseAt(field, op, identity.OfRegion(p.Region))
}

// Operation is PayeeClose.
func (PayeeClose) Operation() identity.Operation { return identity.PayeeClose }

// Decide checks that the account is not closed. The result is a settlement.PayeeAccount.
func (c PayeeClose) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.PayeeClose, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := Get(v, PayeeAccounts, "id", c.PayeeAccount)
	if err != nil {
		return nil, err
	}
	if err := v.mayFinance("id", identity.PayeeClose, p.Party); err != nil {
		return nil, err
	}
	if p, err = p.Close(v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return Put(tx, PayeeAccounts, p) }, nil
}

// paying selects the bank entries that show, with nothing of them in question, from
// which account money came for a party.
func paying() Query {
	settled := []string{string(settlement.EntryReconciled), string(settlement.EntryAssigned)}
	return Query{}.And("amount", Gt, 0).And("statement", Gt, 0).And("payer_account", Ne, "").And("state", In, settled)
}

// checkPayee returns settlement.ErrPayeeUnknown, which names what would be right,
// unless money of a party may go to an account (I-123).
func (v *View) checkPayee(party int64, account string) error {
	registered, err := Find(v, PayeeAccounts, registeredPayees(party))
	if err != nil {
		return err
	}
	var right []string
	for _, p := range registered {
		right = append(right, p.Account)
	}
	from := paying().And("party", Eq, party)
	paid, err := v.paidItself(party, from.And("payer_account", Eq, account))
	if err != nil || len(paid) > 0 || slices.Contains(right, account) {
		return err
	}
	last, err := v.paidItself(party, from)
	right = append(right, last...)
	slices.Sort(right)
	switch right = slices.Compact(right); {
	case err != nil:
		return err
	case len(right) == 0:
		return settlement.ErrPayeeUnknown.With("no statement shows an account that the party itself paid from: ask finance to register one")
	}
	return settlement.ErrPayeeUnknown.With("money is paid out to an account that the party itself paid from, or one that finance has registered for it: %s",
		strings.Join(right[:min(len(right), payeesNamed)], ", "))
}

// payeesNamed bounds the accounts that a refusal names, paymentsRead the payments that
// are looked at, the last ones.
const (
	payeesNamed  = 5
	paymentsRead = 100
)

// paidItself are the accounts of payments whose payer, by the bank, is the party: under
// a name that it has, or had. What a third person paid is credited to the party, and
// opens no account: one person of finance says whom it was for.
func (v *View) paidItself(party int64, q Query) ([]string, error) {
	p, err := Get(v, Parties, "party", party)
	if err != nil {
		return nil, err
	}
	renames, err := Find(v, Renames, Where("party", party))
	if err != nil {
		return nil, err
	}
	names := []string{p.Name}
	for _, r := range renames {
		names = append(names, r.OldName)
	}
	q.Desc, q.Limit = true, paymentsRead
	entries, err := Find(v, BankEntries, q)
	var accounts []string
	for _, e := range entries {
		if isNamed(names, e.Payer) {
			accounts = append(accounts, e.PayerAccount)
		}
	}
	return accounts, err
}

func isNamed(names []string, payer string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return settlement.SameName(name, payer) })
}

// checkPayees holds that money was asked for to no account but those that its party
// itself paid from or that were registered for it (I-123).
func (c *checker) checkPayees() error {
	began, err := c.startedAt("I-123")
	if err != nil {
		return err
	}
	type payee struct {
		party   int64
		account string
	}
	known := map[payee]bool{}
	err = eachOf(c.ctx, c.r, PayeeAccounts, Query{}, func(p settlement.PayeeAccount) { known[payee{p.Party, p.Account}] = true })
	if err != nil {
		return err
	}
	names := map[int64][]string{}
	err = eachOf(c.ctx, c.r, Parties, Query{}, func(p catalog.Party) { names[p.ID] = append(names[p.ID], p.Name) })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Renames, Query{}, func(r permit.Rename) { names[r.Party] = append(names[r.Party], r.OldName) })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, BankEntries, paying(), func(e settlement.BankEntry) {
		if isNamed(names[e.Party], e.Payer) {
			known[payee{e.Party, e.PayerAccount}] = true
		}
	})
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Withdrawals, Query{}, func(w settlement.Withdrawal) {
		if w.RequestedAt > began && !known[payee{w.Party, w.PayeeAccount}] {
			c.report("I-123", Withdrawals.name, w.ID, "goes to %s, which party %d neither paid from nor has registered", w.PayeeAccount, w.Party)
		}
	})
}
