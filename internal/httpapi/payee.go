package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/settlement"
)

var _ = register(payeeAccountOf, identity.PayeeRegister, identity.PayeeClose)

// ListPayeeAccounts lists the accounts that finance has registered for parties.
func (s *Server) ListPayeeAccounts(ctx context.Context, r gen.ListPayeeAccountsRequestObject) (gen.ListPayeeAccountsResponseObject, error) {
	may, err := s.see(ctx, identity.FundsRead)
	if err != nil {
		return nil, err
	}
	q := alternatives(equal(app.Query{}, "party", r.Params.Party), may.by([]string{"party"}, nil))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.PayeeAccounts, q, p, func(a settlement.PayeeAccount) int64 { return a.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListPayeeAccounts200JSONResponse{Items: convertAll(rows, payeeAccountOf), Next: next}, nil
}

func payeeAccountOf(a settlement.PayeeAccount) api.PayeeAccount {
	return api.PayeeAccount{
		ID: a.ID, Party: a.Party, Account: a.Account, Document: a.Document,
		RegisteredAt: a.RegisteredAt.String(), ClosedAt: instantOf(a.ClosedAt),
	}
}

// RegisterPayeeAccount registers an account that a party's money may be paid out to.
func (s *Server) RegisterPayeeAccount(ctx context.Context, r gen.RegisterPayeeAccountRequestObject) (gen.RegisterPayeeAccountResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.PayeeRegister{Party: r.Body.Party, Account: r.Body.Account, Document: r.Body.Document})
}

// ClosePayeeAccount lets no more money go to a registered account.
func (s *Server) ClosePayeeAccount(ctx context.Context, r gen.ClosePayeeAccountRequestObject) (gen.ClosePayeeAccountResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.PayeeClose{PayeeAccount: r.ID})
}
