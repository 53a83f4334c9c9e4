package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// ListAccounts lists accounts with their balances.
func (s *Server) ListAccounts(ctx context.Context, r gen.ListAccountsRequestObject) (gen.ListAccountsResponseObject, error) {
	may, err := s.seeAccounts(ctx)
	if err != nil {
		return nil, err
	}
	q := app.Query{}
	if r.Params.Kind != nil {
		q = q.And("kind", app.Eq, int64(kindNamed(*r.Params.Kind)))
	}
	q = equal(q, "region", r.Params.Region)
	q = equal(q, "pollutant", r.Params.Pollutant)
	q = equal(q, "party", r.Params.Party)
	q = equal(q, "licence", r.Params.Licence)
	rows, next, err := find(ctx, s, app.Accounts, alternatives(q, may.by()), pageOf(r.Params.Limit, r.Params.After), accountID)
	if err != nil {
		return nil, err
	}
	balances, err := s.balancesOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	return gen.ListAccounts200JSONResponse{
		Items: convertAll(rows, func(a ledger.Account) api.Account { return s.accountOf(a, balances[a.ID]) }), Next: next,
	}, nil
}

func accountID(a ledger.Account) int64 { return int64(a.ID) }

// equal restricts a column to a filter's value, if it is set.
func equal[T any](q app.Query, column string, value *T) app.Query {
	if value == nil {
		return q
	}
	return q.And(column, app.Eq, *value)
}

func kindNamed(name api.AccountKind) ledger.Kind {
	for _, k := range ledger.Kinds {
		if k.String() == string(name) {
			return k
		}
	}
	return 0
}

// GetAccount shows an account.
func (s *Server) GetAccount(ctx context.Context, r gen.GetAccountRequestObject) (gen.GetAccountResponseObject, error) {
	a, b, err := s.account(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return gen.GetAccount200JSONResponse(s.accountOf(a, b)), nil
}

// account reads an account that the caller may see, or the same fault as for
// one that does not exist.
func (s *Server) account(ctx context.Context, id int64) (ledger.Account, ledger.Balance, error) {
	may, err := s.seeAccounts(ctx)
	if err != nil {
		return ledger.Account{}, ledger.Balance{}, err
	}
	a, known, err := get(ctx, s, app.Accounts, id)
	if err != nil {
		return a, ledger.Balance{}, err
	}
	if !known || !may.has(a) {
		return a, ledger.Balance{}, identity.ErrNotYours.At("id")
	}
	b, _, err := get(ctx, s, app.Balances, id)
	return a, b, err
}

// accountScope is which accounts a caller may see: officers those of permits
// in their regions, and money only who may see funds.
type accountScope struct{ permits, money scope }

func (s *Server) seeAccounts(ctx context.Context) (accountScope, error) {
	permits, err := s.see(ctx, identity.AccountRead)
	if err != nil {
		return accountScope{}, err
	}
	money, err := s.see(ctx, identity.FundsRead)
	if err != nil { // permits only
		money = scope{}
	}
	return accountScope{permits, money}, nil
}

func (sc accountScope) has(a ledger.Account) bool {
	if !a.Kind.IsMoney() {
		return sc.permits.has(a.Party, a.Region)
	}
	return sc.money.has(a.Party)
}

// by is scope.by for accounts.
func (sc accountScope) by() []app.Cond {
	switch {
	case sc.permits.all && sc.money.all:
		return nil
	case sc.permits.all:
		return append(sc.money.by([]string{"party"}, nil), app.Cond{Column: "kind", Op: app.In, Value: kindsWhere(false)})
	case sc.money.all:
		return append(sc.permits.by([]string{"party"}, []string{"region"}), app.Cond{Column: "kind", Op: app.In, Value: kindsWhere(true)})
	}
	return sc.permits.by([]string{"party"}, []string{"region"})
}

// kindsWhere are the kinds that count money, or those that do not.
func kindsWhere(money bool) []int64 {
	var kinds []int64
	for _, k := range ledger.Kinds {
		if k.IsMoney() == money {
			kinds = append(kinds, int64(k))
		}
	}
	return kinds
}

func (s *Server) accountOf(a ledger.Account, b ledger.Balance) api.Account {
	out := api.Account{
		ID: int64(a.ID), Kind: api.AccountKind(a.Kind.String()), Unit: unitOf(a.Kind), Region: optional(a.Region),
		Pollutant: optional(a.Pollutant), Party: optional(a.Party), Licence: optional(a.Licence),
		Balance: amountOf(a.Kind, b.Balance), Held: amountOf(a.Kind, b.Held), Available: amountOf(a.Kind, b.Available()),
	}
	if a.Kind == ledger.Holding {
		i, _ := app.ReadTable(s.app.Reference(), app.Instruments).Get(a.Instrument)
		out.Instrument, out.Origin = &i.Code, new(api.Origin(a.Origin.String()))
	}
	return out
}

func unitOf(k ledger.Kind) api.Unit {
	switch {
	case k.IsPermit():
		return api.UnitTA
	case k.IsMoney():
		return api.UnitCNY
	}
	return api.UnitKgCO2E
}

// maxIDs bounds the ids in one condition; databases bound them too.
const maxIDs = 30_000

// balancesOf reads the balances of accounts, in one statement where they are
// not too many, so that they belong together.
func (s *Server) balancesOf(ctx context.Context, accounts []ledger.Account) (map[ledger.AccountID]ledger.Balance, error) {
	ids := convertAll(accounts, accountID)
	balances := make(map[ledger.AccountID]ledger.Balance, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), maxIDs)
		var rows []ledger.Balance
		if err := s.rows.Find(ctx, app.Balances.Name(), app.Query{}.And("id", app.In, ids[:n]), &rows); err != nil {
			return nil, err
		}
		for _, b := range rows {
			balances[b.ID] = b
		}
		ids = ids[n:]
	}
	return balances, nil
}

// ListFunds lists the money of parties.
func (s *Server) ListFunds(ctx context.Context, r gen.ListFundsRequestObject) (gen.ListFundsResponseObject, error) {
	may, err := s.see(ctx, identity.FundsRead)
	if err != nil {
		return nil, err
	}
	q := equal(app.Where("kind", int64(ledger.Funds)), "party", r.Params.Party)
	rows, next, err := find(ctx, s, app.Accounts, alternatives(q, may.by([]string{"party"}, nil)), pageOf(r.Params.Limit, r.Params.After), accountID)
	if err != nil {
		return nil, err
	}
	balances, err := s.balancesOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	return gen.ListFunds200JSONResponse{Next: next, Items: convertAll(rows, func(a ledger.Account) api.Funds {
		b := balances[a.ID]
		return api.Funds{
			Account: int64(a.ID), Party: a.Party, Balance: amountOf(a.Kind, b.Balance), Held: amountOf(a.Kind, b.Held),
			Available: amountOf(a.Kind, b.Available()),
		}
	})}, nil
}
