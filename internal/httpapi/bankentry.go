package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/settlement"
)

// An entry that a command has dealt with waits no longer, so that it has no age.
var _ = register(func(r app.EntryResult) api.BankEntry { return bankEntryOf(r.Entry, r.Entry.BookedOn) }, identity.EntryAssign, identity.EntryReturn)

// ListBankEntries lists the movements of the platform's bank account.
func (s *Server) ListBankEntries(ctx context.Context, r gen.ListBankEntriesRequestObject) (gen.ListBankEntriesResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.MoneyRead, identity.Target{}); err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "state", textOf(r.Params.State)), "party", r.Params.Party)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := s.bankEntries(ctx, q, p, r.Params.Difference)
	if err != nil {
		return nil, err
	}
	today := s.app.Now().Date()
	return gen.ListBankEntries200JSONResponse{
		Items: convertAll(rows, func(e settlement.BankEntry) api.BankEntry { return bankEntryOf(e, today) }), Next: next,
	}, nil
}

// bankEntries reads entries, with the difference missing_in_statement, which
// is not stored, where they have it. What is asked for by a difference that
// the rows do not have is read on until the page is full.
func (s *Server) bankEntries(ctx context.Context, q app.Query, p page, difference *api.BankDifference) ([]settlement.BankEntry, *api.ID, error) {
	if d := deref(difference); d == api.BankDifferenceMissingInStatement {
		q = q.And("statement", app.Eq, int64(0)).And("difference", app.Eq, string(settlement.NoDifference))
	} else {
		q = equal(q, "difference", textOf(difference))
	}
	var kept []settlement.BankEntry
	for rest := p; ; {
		rows, next, err := find(ctx, s, app.BankEntries, []app.Query{q}, rest, bankEntryID)
		if err != nil {
			return nil, nil, err
		}
		if err := s.markMissing(ctx, rows); err != nil {
			return nil, nil, err
		}
		if difference == nil {
			return rows, next, nil
		}
		for _, e := range rows {
			if is(difference, api.BankDifference(e.Difference)) {
				kept = append(kept, e)
			}
		}
		if next == nil || len(kept) > p.limit {
			kept, next = cut(p, kept, bankEntryID)
			return kept, next, nil
		}
		rest.after = *next
	}
}

func bankEntryID(e settlement.BankEntry) int64 { return e.ID }

// markMissing gives entries the difference missing_in_statement where finance
// has confirmed a payment for a day that a statement is there for, and no
// statement has it.
func (s *Server) markMissing(ctx context.Context, entries []settlement.BankEntry) error {
	var from, to calendar.Date
	for _, e := range entries {
		if e.Statement == 0 && e.Difference == settlement.NoDifference {
			if from == 0 || e.BookedOn < from {
				from = e.BookedOn
			}
			to = max(to, e.BookedOn)
		}
	}
	if from == 0 {
		return nil
	}
	var statements []settlement.BankStatement
	q := app.Query{}.And("period_to", app.Ge, int64(from)).And("period_from", app.Le, int64(to))
	if err := s.rows.Find(ctx, app.BankStatements.Name(), q, &statements); err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		if e.Statement != 0 || e.Difference != settlement.NoDifference {
			continue
		}
		for _, b := range statements {
			if isIn(b, e.BookedOn) {
				e.Difference = settlement.MissingInStatement
				break
			}
		}
	}
	return nil
}

// bankEntryOf shows an entry as it is on a day.
func bankEntryOf(e settlement.BankEntry, today calendar.Date) api.BankEntry {
	out := api.BankEntry{
		ID: e.ID, Reference: e.Reference, Amount: e.Amount.String(), On: e.BookedOn.String(), Payer: optional(e.Payer),
		PayerAccount: optional(e.PayerAccount), Remark: optional(e.Remark), State: api.BankEntryState(e.State),
		Difference: api.BankDifference(e.Difference), Statement: optional(e.Statement), Deposit: optional(e.Deposit),
		Withdrawal: optional(e.Withdrawal), Party: optional(e.Party), ReturnReference: optional(e.ReturnReference), ReturnedOn: dateOf(e.ReturnedOn),
	}
	if e.Expected != 0 && e.Expected != e.Amount {
		out.Expected = new(e.Expected.String())
	}
	if e.IsWaiting() || e.Difference == settlement.MissingInStatement {
		out.AgeDays = int64(max(e.BookedOn.DaysUntil(today), 0))
	}
	return out
}

// AssignBankEntry settles what waits of an entry with a party.
func (s *Server) AssignBankEntry(ctx context.Context, r gen.AssignBankEntryRequestObject) (gen.AssignBankEntryResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.EntryAssign{Entry: r.ID, Party: r.Body.Party, Document: deref(r.Body.Document)})
}

// ReturnBankEntry says that what lies of an entry in suspense was paid back.
func (s *Server) ReturnBankEntry(ctx context.Context, r gen.ReturnBankEntryRequestObject) (gen.ReturnBankEntryResponseObject, error) {
	var in input
	c := app.EntryReturn{Entry: r.ID, BankReference: r.Body.BankReference, On: read(&in, "on", r.Body.On, calendar.ParseDate)}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}
