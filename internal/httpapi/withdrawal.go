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

var (
	_ = register(withdrawalOf, identity.WithdrawRequest, identity.WithdrawCancel)
	_ = register(func(r app.WithdrawResult) api.Withdrawal { return withdrawalOf(r.Withdrawal) }, identity.WithdrawConfirm)
)

// ListWithdrawals lists what parties asked to be paid out.
func (s *Server) ListWithdrawals(ctx context.Context, r gen.ListWithdrawalsRequestObject) (gen.ListWithdrawalsResponseObject, error) {
	may, err := s.see(ctx, identity.FundsRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "party", r.Params.Party), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Withdrawals, alternatives(q, may.by([]string{"party"}, nil)), p, func(w settlement.Withdrawal) int64 { return w.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListWithdrawals200JSONResponse{Items: convertAll(rows, withdrawalOf), Next: next}, nil
}

// GetWithdrawal shows a withdrawal.
func (s *Server) GetWithdrawal(ctx context.Context, r gen.GetWithdrawalRequestObject) (gen.GetWithdrawalResponseObject, error) {
	may, err := s.see(ctx, identity.FundsRead)
	if err != nil {
		return nil, err
	}
	w, known, err := get(ctx, s, app.Withdrawals, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(w.Party) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetWithdrawal200JSONResponse(withdrawalOf(w)), nil
}

func withdrawalOf(w settlement.Withdrawal) api.Withdrawal {
	return api.Withdrawal{
		ID: w.ID, Party: w.Party, Amount: w.Amount.String(), PayeeAccount: w.PayeeAccount, Note: optional(w.Note), State: api.WithdrawalState(w.State),
		BankReference: optional(w.BankReference), PaidOn: dateOf(w.PaidOn), Entry: optional(w.Entry), Transfer: optional(w.Transfer),
		RequestedAt: w.RequestedAt.String(),
	}
}

// RequestWithdrawal asks for money to be paid out.
func (s *Server) RequestWithdrawal(ctx context.Context, r gen.RequestWithdrawalRequestObject) (gen.RequestWithdrawalResponseObject, error) {
	var in input
	c := app.WithdrawRequest{
		Party: r.Body.Party, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), PayeeAccount: r.Body.PayeeAccount,
		Note: deref(r.Body.Note),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ConfirmWithdrawal says that the bank has paid a withdrawal.
func (s *Server) ConfirmWithdrawal(ctx context.Context, r gen.ConfirmWithdrawalRequestObject) (gen.ConfirmWithdrawalResponseObject, error) {
	var in input
	c := app.WithdrawConfirm{Withdrawal: r.ID, BankReference: r.Body.BankReference, PaidOn: read(&in, "on", r.Body.On, calendar.ParseDate)}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// CancelWithdrawal gives the amount of a withdrawal back.
func (s *Server) CancelWithdrawal(ctx context.Context, r gen.CancelWithdrawalRequestObject) (gen.CancelWithdrawalResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.WithdrawCancel{Withdrawal: r.ID})
}
