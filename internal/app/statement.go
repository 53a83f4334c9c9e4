package app

import (
	"context"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/settlement"
)

// BankStatements are the imported statements of the bank.
var BankStatements = cold[settlement.BankStatement]("bank_statement")

// MaxStatementLines bounds an import.
const MaxStatementLines = 1000

// The faults of a bank statement, in the order in which they are checked.
var (
	// ErrStatementLines is returned when a statement has no lines or too many.
	ErrStatementLines = fault.New(fault.Invalid, "bank_statement.lines", "a statement has 1 to 1000 lines: import a longer one in parts").At("lines")
	// ErrLineOutside is returned when a line does not lie in the statement's period.
	ErrLineOutside = fault.New(fault.Invalid, "bank_statement.line_outside", "the line does not lie in the statement's period")
	// ErrLineTwice is returned when a statement has a reference twice.
	ErrLineTwice = fault.New(fault.Invalid, "bank_statement.line_twice", "the reference is that of another line already")
)

// StatementImport brings a statement of the bank. Each line meets the payment
// that finance has confirmed under its reference; what has no counterpart, or
// differs from it, waits for finance.
type StatementImport struct {
	Account string // number of the platform's bank account
	From    calendar.Date
	To      calendar.Date // last day
	Lines   []settlement.BankLine
}

// StatementResult is a statement with its lines that wait for finance.
type StatementResult struct {
	Statement   settlement.BankStatement
	Reconciled  int
	Differences []settlement.BankEntry
}

var _ = declare(StatementImport{})

// Operation is StatementImport.
func (StatementImport) Operation() identity.Operation { return identity.StatementImport }

// met is a line's entry as it was before the statement and as it is after it.
type met struct{ before, after settlement.BankEntry }

// Decide checks the lines and meets each with what is known of it. The result
// is a StatementResult.
func (c StatementImport) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.StatementImport, identity.Target{}); err != nil {
		return nil, err
	}
	s, err := c.check(v)
	if err != nil {
		return nil, err
	}
	entries, err := c.meet(v)
	if err != nil {
		return nil, err
	}
	var transfers []ledger.Transfer
	for _, e := range entries {
		if t, moves := settlement.SuspenseTransfer(0, e.before, e.after); moves {
			transfers = append(transfers, t)
		}
	}
	if err := v.ledger.Check(transfers...); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.reconcile(s, entries) }, nil
}

// check checks the statement by itself.
func (c StatementImport) check(v *View) (settlement.BankStatement, error) {
	s := settlement.BankStatement{Account: c.Account, PeriodFrom: c.From, PeriodTo: c.To, Lines: int32(len(c.Lines)), ImportedAt: v.Now} //nolint:gosec // bounded below
	if err := catalog.CheckText("account", c.Account, settlement.ReferenceMax); err != nil {
		return s, err
	}
	switch {
	case !c.From.Valid():
		return s, fault.Invalidf("from", "must be the first day of the statement")
	case !c.To.Valid():
		return s, fault.Invalidf("to", "must be the last day of the statement")
	case c.To < c.From:
		return s, fault.Invalidf("to", "the last day %s must not be before the first, %s", c.To, c.From)
	}
	if err := v.checkPast("to", c.To); err != nil {
		return s, err
	}
	if len(c.Lines) == 0 || len(c.Lines) > MaxStatementLines {
		return s, ErrStatementLines.With("the statement has %d lines, not 1 to %d: import a longer one in parts", len(c.Lines), MaxStatementLines)
	}
	seen := make(map[string]bool, len(c.Lines))
	for i, l := range c.Lines {
		if err := within("lines", i, l.Validate()); err != nil {
			return s, err
		}
		switch {
		case l.On < c.From || l.On > c.To:
			return s, within("lines", i, ErrLineOutside.With("%s does not lie between %s and %s", l.On, c.From, c.To).At("on"))
		case seen[l.Reference]:
			return s, within("lines", i, ErrLineTwice.With("%s is the reference of another line already", l.Reference).At("reference"))
		}
		seen[l.Reference] = true
		if l.Amount > 0 {
			s.Received += l.Amount
		} else {
			s.Paid -= l.Amount
		}
	}
	return s, nil
}

// meet finds what is known of each line. The statement has no number yet: 1
// stands for it.
func (c StatementImport) meet(v *View) ([]met, error) {
	references := make([]string, len(c.Lines))
	for i, l := range c.Lines {
		references[i] = l.Reference
	}
	rows, err := Find(v, BankEntries, Query{}.And("reference", In, references))
	if err != nil {
		return nil, err
	}
	known := make(map[string]settlement.BankEntry, len(rows))
	for _, e := range rows {
		known[e.Reference] = e
	}
	all := make([]met, len(c.Lines))
	for i, l := range c.Lines {
		before, has := known[l.Reference]
		if !has {
			all[i].after = settlement.NewLine(l, 1)
			all[i].after.RecordedAt = v.Now
			continue
		}
		after, err := before.Meet(l, 1)
		if err != nil {
			return nil, within("lines", i, err)
		}
		all[i] = met{before, after}
	}
	return all, nil
}

// reconcile writes a statement and what its lines came to.
func (tx *Tx) reconcile(s settlement.BankStatement, entries []met) StatementResult {
	r := StatementResult{Statement: Put(tx, BankStatements, s)}
	for _, m := range entries {
		m.after.Statement = r.Statement.ID
		e := Put(tx, BankEntries, m.after)
		if t, moves := settlement.SuspenseTransfer(e.ID, m.before, m.after); moves {
			tx.Post(t)
		}
		if e.IsWaiting() {
			r.Differences = append(r.Differences, e)
		} else if e.Difference == settlement.NoDifference {
			r.Reconciled++
		}
	}
	return r
}

// Reconciliation is how a statement and what finance has confirmed agree.
type Reconciliation struct {
	Statement   settlement.BankStatement
	Reconciled  int // lines without a difference
	Open        int // differences that nobody has dealt with
	Differences []settlement.BankEntry
}

// Reconcile reads a statement with its differences, those that were dealt with
// included: first the lines that differ, then, as MissingInStatement, the
// payments that finance had confirmed for its period and that no statement has.
// Returns ErrNoRecord.
func Reconcile(ctx context.Context, r Reader, statement int64) (Reconciliation, error) {
	var found []settlement.BankStatement
	if err := r.Find(ctx, BankStatements.name, Where("id", statement), &found); err != nil {
		return Reconciliation{}, ErrNotDurable.Because(err)
	}
	if len(found) == 0 {
		return Reconciliation{}, ErrNoRecord.At("id")
	}
	out := Reconciliation{Statement: found[0]}
	var lines, missing []settlement.BankEntry
	if err := r.Find(ctx, BankEntries.name, Where("statement", statement), &lines); err != nil {
		return out, ErrNotDurable.Because(err)
	}
	for _, e := range lines {
		if e.Difference == settlement.NoDifference {
			out.Reconciled++
			continue
		}
		if e.IsWaiting() {
			out.Open++
		}
		out.Differences = append(out.Differences, e)
	}
	q := Where("statement", int64(0)).And("booked_on", Ge, int64(out.Statement.PeriodFrom)).
		And("booked_on", Le, int64(out.Statement.PeriodTo)).Page(0, MaxStatementLines)
	if err := r.Find(ctx, BankEntries.name, q, &missing); err != nil {
		return out, ErrNotDurable.Because(err)
	}
	for _, e := range missing {
		e.Difference = settlement.MissingInStatement
		out.Differences = append(out.Differences, e)
	}
	out.Open += len(missing)
	return out, nil
}
