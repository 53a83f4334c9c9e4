package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

var _ = register(func(r app.DepositResult) api.Deposit { return depositOf(r.Deposit, r.Entry.State) }, identity.DepositConfirm)

// ListDeposits lists what finance has confirmed as received.
func (s *Server) ListDeposits(ctx context.Context, r gen.ListDepositsRequestObject) (gen.ListDepositsResponseObject, error) {
	may, err := s.see(ctx, identity.FundsRead)
	if err != nil {
		return nil, err
	}
	q, err := onDays(equal(app.Query{}, "party", r.Params.Party), "received_on", r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Deposits, alternatives(q, may.by([]string{"party"}, nil)), p, func(d settlement.Deposit) int64 { return d.ID })
	if err != nil {
		return nil, err
	}
	states, err := s.entryStates(ctx, rows)
	if err != nil {
		return nil, err
	}
	return gen.ListDeposits200JSONResponse{
		Items: convertAll(rows, func(d settlement.Deposit) api.Deposit { return depositOf(d, states[d.Entry]) }), Next: next,
	}, nil
}

// onDays restricts a column of days to those from one to another; either may
// be open.
func onDays(q app.Query, column string, from, to *string) (app.Query, error) {
	if _, _, err := period(from, to); err != nil {
		return q, err
	}
	var in input
	if from != nil {
		q = q.And(column, app.Ge, int64(read(&in, "from", *from, calendar.ParseDate)))
	}
	if to != nil {
		q = q.And(column, app.Le, int64(read(&in, "to", *to, calendar.ParseDate)))
	}
	return q, in.err()
}

// entryStates are the states of the bank entries of some deposits.
func (s *Server) entryStates(ctx context.Context, deposits []settlement.Deposit) (map[int64]settlement.EntryState, error) {
	states := make(map[int64]settlement.EntryState, len(deposits))
	if len(deposits) == 0 {
		return states, nil
	}
	ids := convertAll(deposits, func(d settlement.Deposit) int64 { return d.Entry })
	var entries []settlement.BankEntry
	if err := s.rows.Find(ctx, app.BankEntries.Name(), app.Query{}.And("id", app.In, ids), &entries); err != nil {
		return nil, err
	}
	for _, e := range entries {
		states[e.ID] = e.State
	}
	return states, nil
}

func depositOf(d settlement.Deposit, state settlement.EntryState) api.Deposit {
	return api.Deposit{
		ID: d.ID, Party: d.Party, Amount: d.Amount.String(), BankReference: d.BankReference, ReceivedOn: d.ReceivedOn.String(),
		Payer: optional(d.Payer), Entry: d.Entry, State: api.BankEntryState(state), Transfer: d.Transfer, RecordedAt: instantOf(d.RecordedAt),
	}
}

// ConfirmDeposit says that money of a party has arrived.
func (s *Server) ConfirmDeposit(ctx context.Context, r gen.ConfirmDepositRequestObject) (gen.ConfirmDepositResponseObject, error) {
	var in input
	c := app.DepositConfirm{
		Party: r.Body.Party, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), BankReference: r.Body.BankReference,
		ReceivedOn: read(&in, "received_on", r.Body.ReceivedOn, calendar.ParseDate), Payer: deref(r.Body.Payer),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
