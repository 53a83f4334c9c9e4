package httpapi

import (
	"context"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// ListHoldings lists holdings with what of them may be sold now.
func (s *Server) ListHoldings(ctx context.Context, r gen.ListHoldingsRequestObject) (gen.ListHoldingsResponseObject, error) {
	may, err := s.see(ctx, identity.HoldingRead)
	if err != nil {
		return nil, err
	}
	q, err := s.holdingQuery(r.Params.Party, r.Params.Licence, r.Params.Instrument)
	if err != nil {
		return nil, err
	}
	q = equal(q, "region", r.Params.Region)
	rows, next, err := find(ctx, s, app.Accounts, alternatives(q, may.by([]string{"party"}, []string{"region"})), pageOf(r.Params.Limit, r.Params.After), accountID)
	if err != nil {
		return nil, err
	}
	balances, err := s.balancesOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	unpriced, err := s.unpriced(ctx, rows)
	if err != nil {
		return nil, err
	}
	surplus, err := s.surplusOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	frozen, err := s.frozen(ctx)
	if err != nil {
		return nil, err
	}
	instruments := app.ReadTable(s.app.Reference(), app.Instruments)
	return gen.ListHoldings200JSONResponse{Next: next, Items: convertAll(rows, func(a ledger.Account) api.Holding {
		i, _ := instruments.Get(a.Instrument)
		return holdingOf(a, balances[a.ID], i, frozen[a.ID], sellable(a, balances[a.ID], unpriced[a.ID], surplus[surplusKey{a.Licence, a.Pollutant}]))
	})}, nil
}

// holdingQuery selects holdings.
func (s *Server) holdingQuery(party, licence *api.ID, instrument *string) (app.Query, error) {
	q := equal(equal(app.Where("kind", int64(ledger.Holding)), "party", party), "licence", licence)
	if instrument != nil {
		i, err := s.instrument("instrument", *instrument)
		if err != nil {
			return q, err
		}
		q = q.And("instrument", app.Eq, i.ID)
	}
	return q, nil
}

func holdingOf(a ledger.Account, b ledger.Balance, i catalog.Instrument, frozen int64, sellable quantity.Quantity) api.Holding {
	return api.Holding{
		ID: int64(a.ID), Party: a.Party, Licence: a.Licence, Region: a.Region, Pollutant: a.Pollutant, Instrument: i.Code,
		TermEnd: i.TermEnd.String(), Origin: api.Origin(a.Origin.String()), Balance: amountOf(a.Kind, b.Balance),
		Held: amountOf(a.Kind, b.Held), Frozen: amountOf(a.Kind, frozen), Available: amountOf(a.Kind, b.Available()), Sellable: sellable.String(),
	}
}

// sellable is what an order may offer of a holding now: what is paid for, has
// a known price, is available, and is covered by verified surplus.
func sellable(a ledger.Account, b ledger.Balance, unpriced quantity.Quantity, s market.Surplus) quantity.Quantity {
	if a.Origin != ledger.Paid {
		return 0
	}
	return max(0, min(quantity.Quantity(b.Available())-unpriced, s.Available()))
}

// unpriced adds up what of some holdings was taken over without a price.
func (s *Server) unpriced(ctx context.Context, accounts []ledger.Account) (map[ledger.AccountID]quantity.Quantity, error) {
	sums := map[ledger.AccountID]quantity.Quantity{}
	if len(accounts) == 0 {
		return sums, nil
	}
	q := app.Query{}.And("account", app.In, convertAll(accounts, accountID)).And("price_known", app.Eq, false).And("remaining", app.Gt, 0)
	var rows []ledger.Acquisition
	if err := s.rows.Find(ctx, app.Acquisitions.Name(), q, &rows); err != nil {
		return nil, err
	}
	for _, a := range rows {
		sums[a.Account] += a.Remaining
	}
	return sums, nil
}

type surplusKey struct {
	licence   int64
	pollutant string
}

// surplusOf reads the verified surplus of the licences of some holdings.
func (s *Server) surplusOf(ctx context.Context, accounts []ledger.Account) (map[surplusKey]market.Surplus, error) {
	found := map[surplusKey]market.Surplus{}
	if len(accounts) == 0 {
		return found, nil
	}
	licences := convertAll(accounts, func(a ledger.Account) int64 { return a.Licence })
	slices.Sort(licences)
	var rows []market.Surplus
	if err := s.rows.Find(ctx, app.Surpluses.Name(), app.Query{}.And("licence", app.In, slices.Compact(licences)), &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		found[surplusKey{r.Licence, r.Pollutant}] = r
	}
	return found, nil
}

// ListSurplus lists how much the bureau has verified as surplus.
func (s *Server) ListSurplus(ctx context.Context, r gen.ListSurplusRequestObject) (gen.ListSurplusResponseObject, error) {
	may, err := s.see(ctx, identity.HoldingRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "licence", r.Params.Licence), "pollutant", r.Params.Pollutant)
	licences := app.ReadTable(s.app.Reference(), app.Licences)
	if !may.all || r.Params.Party != nil {
		ids := []int64{}
		for id, l := range licences.All() {
			if may.has(l.Party, l.Region) && is(r.Params.Party, l.Party) {
				ids = append(ids, id)
			}
		}
		if len(ids) > maxIDs {
			return nil, errTooWide
		}
		q = q.And("licence", app.In, ids)
	}
	rows, next, err := find(ctx, s, app.Surpluses, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After), func(r market.Surplus) int64 { return r.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListSurplus200JSONResponse{Next: next, Items: convertAll(rows, func(r market.Surplus) api.Surplus {
		l, _ := licences.Get(r.Licence)
		return api.Surplus{
			ID: r.ID, Party: l.Party, Licence: r.Licence, Pollutant: r.Pollutant, Verified: r.Verified.String(), Used: r.Used.String(),
			Held: r.Held.String(), Available: r.Available().String(),
		}
	})}, nil
}

// errTooWide is returned for a list over so many objects that it must be
// narrowed.
var errTooWide = fault.Invalidf("party", "the list is over too many objects: ask for one party or licence")

// ListAcquisitions lists where holdings came from.
func (s *Server) ListAcquisitions(ctx context.Context, r gen.ListAcquisitionsRequestObject) (gen.ListAcquisitionsResponseObject, error) {
	may, err := s.see(ctx, identity.HoldingRead)
	if err != nil {
		return nil, err
	}
	rows, next, err := s.acquisitions(ctx, may, r.Params)
	if err != nil {
		return nil, err
	}
	accounts, err := s.accountsOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	instruments := app.ReadTable(s.app.Reference(), app.Instruments)
	return gen.ListAcquisitions200JSONResponse{Next: next, Items: convertAll(rows, func(a ledger.Acquisition) api.Acquisition {
		account := accounts[a.Account]
		i, _ := instruments.Get(account.Instrument)
		return acquisitionOf(a, account, i)
	})}, nil
}

// acquisitions reads a page of the acquisitions of the holdings that a caller may see.
func (s *Server) acquisitions(ctx context.Context, may scope, params api.ListAcquisitionsParams) ([]ledger.Acquisition, *api.ID, error) {
	q := equal(app.Query{}, "account", params.Account)
	if !may.all || params.Party != nil || params.Licence != nil || params.Instrument != nil {
		ids, err := s.holdingIDs(ctx, may, params)
		if err != nil {
			return nil, nil, err
		}
		q = q.And("account", app.In, ids)
	}
	return find(ctx, s, app.Acquisitions, []app.Query{q}, pageOf(params.Limit, params.After), func(a ledger.Acquisition) int64 { return a.ID })
}

// holdingIDs are the accounts of the holdings that a list of acquisitions is over.
func (s *Server) holdingIDs(ctx context.Context, may scope, params api.ListAcquisitionsParams) ([]int64, error) {
	q, err := s.holdingQuery(params.Party, params.Licence, params.Instrument)
	if err != nil {
		return nil, err
	}
	q = equal(q, "id", params.Account)
	rows, next, err := find(ctx, s, app.Accounts, alternatives(q, may.by([]string{"party"}, []string{"region"})), page{limit: maxIDs}, accountID)
	if err != nil {
		return nil, err
	}
	if next != nil {
		return nil, errTooWide
	}
	return convertAll(rows, accountID), nil
}

func (s *Server) accountsOf(ctx context.Context, rows []ledger.Acquisition) (map[ledger.AccountID]ledger.Account, error) {
	accounts := map[ledger.AccountID]ledger.Account{}
	if len(rows) == 0 {
		return accounts, nil
	}
	ids := convertAll(rows, func(a ledger.Acquisition) int64 { return int64(a.Account) })
	slices.Sort(ids)
	var found []ledger.Account
	if err := s.rows.Find(ctx, app.Accounts.Name(), app.Query{}.And("id", app.In, slices.Compact(ids)), &found); err != nil {
		return nil, err
	}
	for _, a := range found {
		accounts[a.ID] = a
	}
	return accounts, nil
}

func acquisitionOf(a ledger.Acquisition, account ledger.Account, i catalog.Instrument) api.Acquisition {
	out := api.Acquisition{
		ID: a.ID, Account: int64(a.Account), Party: account.Party, Licence: account.Licence, Instrument: i.Code, TermEnd: i.TermEnd.String(),
		Origin: api.Origin(account.Origin.String()), AcquiredOn: a.AcquiredOn.String(), PriceKnown: a.PriceKnown, Document: a.Document,
		Trade: optional(a.Trade), Deal: optional(a.Deal), Quantity: a.Quantity.String(), Remaining: a.Remaining.String(),
		Flags: []api.AcquisitionFlag{},
	}
	if out.Price = priceOf(a.Price, a.PriceKnown); out.Price == nil {
		out.Flags = append(out.Flags, api.AcquisitionFlagPriceUnknown)
	}
	if account.Origin == ledger.UnknownOrigin {
		out.Flags = append(out.Flags, api.AcquisitionFlagOriginUnknown)
	}
	return out
}
