package httpapi

import (
	"cmp"
	"context"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// GetTrialBalance adds up all balances as they were after one commit, or at the end of
// a day.
func (s *Server) GetTrialBalance(ctx context.Context, r gen.GetTrialBalanceRequestObject) (gen.GetTrialBalanceResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.TrialRead, identity.Target{}); err != nil {
		return nil, err
	}
	var in input
	day := s.asOf(ctx, &in, r.Params.AsOf)
	if err := in.err(); err != nil {
		return nil, err
	}
	rows, registry, end, err := s.app.Moment(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if r.Params.AsOf == nil {
		day = max(day, registry.LastAt.Date())
	}
	var accounts []ledger.Account
	if err := rows.Find(ctx, app.Accounts.Name(), app.Query{}, &accounts); err != nil {
		return nil, err
	}
	held, by, err := app.BalancesAsOf(ctx, rows, accounts, day)
	if err != nil {
		return nil, err
	}
	sums := trialSums(accounts, held, by.Number)
	out := gen.GetTrialBalance200JSONResponse{Command: by.Number, At: optional(by.At.String()), Lines: []api.TrialBalanceLine{}, Balanced: sums.balanced()}
	for _, k := range sums.keys() {
		out.Lines = append(out.Lines, sums.line(k))
	}
	return out, nil
}

// trialKey is a line of a trial balance.
type trialKey struct {
	kind  ledger.Kind
	asset ledger.Asset
}

type trialSum struct{ accounts, atoms int64 }

type trialBalance map[trialKey]*trialSum

// trialSums adds up balances by line, of the accounts that a journal row found open.
func trialSums(accounts []ledger.Account, held map[ledger.AccountID]int64, by int64) trialBalance {
	sums := trialBalance{}
	for _, a := range accounts {
		if a.Command > by {
			continue
		}
		k := trialKey{a.Kind, a.Key().Asset()}
		if sums[k] == nil {
			sums[k] = &trialSum{}
		}
		sums[k].accounts++
		sums[k].atoms += held[a.ID]
	}
	return sums
}

// balanced reports whether debits equal credits within each asset.
func (t trialBalance) balanced() bool {
	net := map[ledger.Asset]int64{}
	for k, sum := range t {
		if k.kind.IsContra() {
			net[k.asset] += sum.atoms
		} else {
			net[k.asset] -= sum.atoms
		}
	}
	for _, n := range net {
		if n != 0 {
			return false
		}
	}
	return true
}

func (t trialBalance) keys() []trialKey {
	keys := make([]trialKey, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b trialKey) int {
		return cmp.Or(cmp.Compare(a.asset.Region, b.asset.Region), cmp.Compare(a.asset.Pollutant, b.asset.Pollutant), cmp.Compare(a.kind, b.kind))
	})
	return keys
}

func (t trialBalance) line(k trialKey) api.TrialBalanceLine {
	sum := t[k]
	out := api.TrialBalanceLine{
		Kind: api.AccountKind(k.kind.String()), Unit: unitOf(k.kind), Region: optional(k.asset.Region), Pollutant: optional(k.asset.Pollutant),
		Accounts: sum.accounts, Debit: amountOf(k.kind, 0), Credit: amountOf(k.kind, sum.atoms),
	}
	if k.kind.IsContra() {
		out.Debit, out.Credit = out.Credit, out.Debit
	}
	return out
}
