package httpapi

import (
	"context"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

var _ = register(func(r app.StatementResult) api.BankStatement {
	today := r.Statement.ImportedAt.Date()
	out := bankStatementOf(r.Statement, r.Reconciled, len(r.Differences))
	out.Differences = convertAll(r.Differences, func(e settlement.BankEntry) api.BankEntry { return bankEntryOf(e, today) })
	return out
}, identity.StatementImport)

// ListBankStatements lists the imported statements, without their differences.
func (s *Server) ListBankStatements(ctx context.Context, r gen.ListBankStatementsRequestObject) (gen.ListBankStatementsResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.MoneyRead, identity.Target{}); err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.BankStatements, []app.Query{{}}, p, func(b settlement.BankStatement) int64 { return b.ID })
	if err != nil {
		return nil, err
	}
	differing, open, err := s.countDifferences(ctx, rows)
	if err != nil {
		return nil, err
	}
	return gen.ListBankStatements200JSONResponse{Next: next, Items: convertAll(rows, func(b settlement.BankStatement) api.BankStatement {
		return bankStatementOf(b, int(b.Lines)-differing[b.ID], open[b.ID])
	})}, nil
}

// countDifferences counts, as app.Reconcile does, the lines of each statement
// that differ, and all of its differences that nobody has dealt with.
func (s *Server) countDifferences(ctx context.Context, statements []settlement.BankStatement) (differing, open map[int64]int, err error) {
	differing, open = map[int64]int{}, map[int64]int{}
	if len(statements) == 0 {
		return differing, open, nil
	}
	ids := convertAll(statements, func(b settlement.BankStatement) int64 { return b.ID })
	var lines []settlement.BankEntry
	q := app.Query{}.And("statement", app.In, ids).And("difference", app.Ne, string(settlement.NoDifference))
	if err := s.rows.Find(ctx, app.BankEntries.Name(), q, &lines); err != nil {
		return nil, nil, err
	}
	for _, e := range lines {
		differing[e.Statement]++
		if e.IsWaiting() {
			open[e.Statement]++
		}
	}
	missing, err := s.missingEntries(ctx, statements)
	if err != nil {
		return nil, nil, err
	}
	for _, b := range statements {
		for _, e := range missing {
			if isIn(b, e.BookedOn) {
				open[b.ID]++
			}
		}
	}
	return differing, open, nil
}

// missingEntries are the payments that finance has confirmed for the days of
// some statements and that no statement has.
func (s *Server) missingEntries(ctx context.Context, statements []settlement.BankStatement) ([]settlement.BankEntry, error) {
	from, to := statements[0].PeriodFrom, statements[0].PeriodTo
	for _, b := range statements {
		from, to = min(from, b.PeriodFrom), max(to, b.PeriodTo)
	}
	var entries []settlement.BankEntry
	q := app.Where("statement", int64(0)).And("booked_on", app.Ge, int64(from)).And("booked_on", app.Le, int64(to))
	return entries, s.rows.Find(ctx, app.BankEntries.Name(), q, &entries)
}

// isIn reports whether a day lies in a statement's period.
func isIn(b settlement.BankStatement, day calendar.Date) bool {
	return b.PeriodFrom <= day && day <= b.PeriodTo
}

// GetBankStatement shows a statement with its differences.
func (s *Server) GetBankStatement(ctx context.Context, r gen.GetBankStatementRequestObject) (gen.GetBankStatementResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.MoneyRead, identity.Target{}); err != nil {
		return nil, err
	}
	found, err := app.Reconcile(ctx, s.rows, r.ID)
	if err != nil {
		return nil, err
	}
	today := s.app.Now().Date()
	out := bankStatementOf(found.Statement, found.Reconciled, found.Open)
	out.Differences = convertAll(found.Differences, func(e settlement.BankEntry) api.BankEntry { return bankEntryOf(e, today) })
	return gen.GetBankStatement200JSONResponse(out), nil
}

func bankStatementOf(b settlement.BankStatement, reconciled, open int) api.BankStatement {
	return api.BankStatement{
		ID: b.ID, Account: b.Account, From: b.PeriodFrom.String(), To: b.PeriodTo.String(), Lines: int64(b.Lines), Received: b.Received.String(),
		Paid: b.Paid.String(), Reconciled: int64(reconciled), Open: int64(open), ImportedAt: b.ImportedAt.String(),
	}
}

// ImportBankStatement brings a statement of the bank.
func (s *Server) ImportBankStatement(ctx context.Context, r gen.ImportBankStatementRequestObject) (gen.ImportBankStatementResponseObject, error) {
	var in input
	c := app.StatementImport{
		Account: r.Body.Account, From: read(&in, "from", r.Body.From, calendar.ParseDate), To: read(&in, "to", r.Body.To, calendar.ParseDate),
	}
	for i, l := range r.Body.Lines {
		at := "lines/" + strconv.Itoa(i)
		c.Lines = append(c.Lines, settlement.BankLine{
			Reference: l.Reference, Amount: read(&in, at+"/amount", l.Amount, quantity.ParseMoney), On: read(&in, at+"/on", l.On, calendar.ParseDate),
			Payer: l.Payer, PayerAccount: deref(l.PayerAccount), Remark: deref(l.Remark),
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
