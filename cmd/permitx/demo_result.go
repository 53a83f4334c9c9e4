package main

import (
	"context"
	"fmt"

	"permitx/api"
	"permitx/internal/quantity"
)

// splitNote goes with every figure of a single deal.
const splitNote = "The split into deals is made up: public are only the totals, 13.257 t for CNY 158,900.00 in four deals of eight enterprises."

// demoResult is what --json prints.
type demoResult struct {
	CrossRegion      crossRegion     `json:"cross_region"`
	Regions          []regionChange  `json:"regions"`
	BuyBack          buyBackFigure   `json:"buy_back"`
	Guarantee        guaranteeFigure `json:"guarantee"`
	ReserveStatement statementFigure `json:"reserve_statement"`
	Sale             saleFigure      `json:"sale"`
	Call             callFigure      `json:"call"`
	Carbon           carbonFigure    `json:"carbon"`
	Trades           int             `json:"trades"`
	Violations       int             `json:"violations"`
	Journal          journalHead     `json:"journal"`
	Database         string          `json:"database"`

	found []violation
}

// crossRegion sums the four deals up.
type crossRegion struct {
	Deals        int          `json:"deals"`
	Enterprises  int          `json:"enterprises"`
	Quantity     string       `json:"quantity"`      // t/a
	Amount       string       `json:"amount"`        // CNY
	AveragePrice string       `json:"average_price"` // CNY/t: amount ÷ quantity
	Split        []dealFigure `json:"split"`
	SplitNote    string       `json:"split_note"`
}

// dealFigure is one of the deals.
type dealFigure struct {
	ID           int64  `json:"id"`
	SellerRegion string `json:"seller_region"`
	BuyerRegion  string `json:"buyer_region"`
	Quantity     string `json:"quantity"`
	Price        string `json:"price"`
	Months       int    `json:"months"`
	Amount       string `json:"amount"`
	State        string `json:"state"`
}

// accountKey names a basic account.
type accountKey struct{ region, pollutant string }

// parts are what a basic account consists of, in t/a.
type parts struct {
	Cap         string `json:"cap"`
	Unallocated string `json:"unallocated"`
	Reserve     string `json:"reserve"`
	Holdings    string `json:"holdings"`
	InTransit   string `json:"in_transit"`
	Retired     string `json:"retired"`
}

// regionChange is a basic account before the deals, and at the end.
type regionChange struct {
	Code      string `json:"code"`
	Pollutant string `json:"pollutant"`
	Before    parts  `json:"before"`
	After     parts  `json:"after"`
}

// basicAccounts reads the basic accounts of the demo's regions.
func (t *story) basicAccounts(ctx context.Context) (map[accountKey]parts, error) {
	found := map[accountKey]parts{}
	for _, r := range t.regions {
		page, err := answer[api.BasicAccountPage](read(t.auditor.ListBasicAccounts(ctx, r.code, &api.ListBasicAccountsParams{})))
		if err != nil {
			return nil, fmt.Errorf("basic account of %s: %w", r.code, err)
		}
		for _, b := range page.Items {
			found[accountKey{r.code, b.Pollutant}] = parts{
				Cap: b.Cap, Unallocated: b.Unallocated, Reserve: b.Reserve, Holdings: b.Holdings, InTransit: b.InTransit, Retired: b.Retired,
			}
		}
	}
	return found, nil
}

// end reads what the story came to and checks the books.
func (t *story) end(ctx context.Context, where databaseConfig) (demoResult, error) {
	r := demoResult{Database: dialect(where), BuyBack: t.bought, Guarantee: t.guaranteed, ReserveStatement: t.stated, Sale: t.sold, Call: t.called, Carbon: t.counted}
	var err error
	if r.CrossRegion, err = t.sumUp(ctx); err != nil {
		return r, err
	}
	after, err := t.basicAccounts(ctx)
	if err != nil {
		return r, err
	}
	for _, region := range t.regions {
		for _, pollutant := range []string{vocs, nh3n} {
			k := accountKey{region.code, pollutant}
			r.Regions = append(r.Regions, regionChange{region.code, pollutant, t.before[k], after[k]})
		}
	}
	trades, err := pages(func(after *api.ID) ([]api.Trade, *api.ID, error) {
		p, err := answer[api.TradePage](read(t.auditor.ListTrades(ctx, marketID, &api.ListTradesParams{After: after})))
		return p.Items, p.Next, err
	})
	if err != nil {
		return r, fmt.Errorf("trades: %w", err)
	}
	r.Trades = len(trades)
	head, err := answer[api.JournalHead](read(t.auditor.GetJournalHead(ctx)))
	if err != nil {
		return r, fmt.Errorf("journal: %w", err)
	}
	r.Journal = journalHead{head.Length, head.Head}
	checked, err := checkDatabase(ctx, where.url())
	r.Violations, r.found = len(checked.Violations), checked.Violations
	return r, err
}

// sumUp adds the closed cross-region deals up, as the auditor sees them.
func (t *story) sumUp(ctx context.Context) (crossRegion, error) {
	deals, err := pages(func(after *api.ID) ([]api.Deal, *api.ID, error) {
		p, err := answer[api.DealPage](read(t.auditor.ListDeals(ctx, &api.ListDealsParams{
			Kind: as(api.DealKindCrossRegion), State: as(api.DealStateClosed), After: after,
		})))
		return p.Items, p.Next, err
	})
	if err != nil {
		return crossRegion{}, fmt.Errorf("deals: %w", err)
	}
	var q quantity.Quantity
	var m quantity.Money
	firms := map[api.ID]bool{}
	sum := crossRegion{Deals: len(deals), Split: []dealFigure{}, SplitNote: splitNote}
	for _, d := range deals {
		dq, err := quantity.ParseQuantity("quantity", d.Quantity)
		if err != nil {
			return sum, err
		}
		dm, err := quantity.ParseMoney("amount", d.Amount)
		if err != nil {
			return sum, err
		}
		q, m = q+dq, m+dm
		firms[d.SellerParty], firms[d.BuyerParty] = true, true
		sum.Split = append(sum.Split, dealFigure{
			d.ID, d.SellerRegion, d.BuyerRegion, d.Quantity, d.Price, d.Months, d.Amount, string(d.State),
		})
	}
	mean, err := quantity.MeanPrice(m, q, quantity.MoneyScale, quantity.HalfUp)
	if err != nil {
		return sum, fmt.Errorf("average price: %w", err)
	}
	sum.Enterprises, sum.Quantity, sum.Amount, sum.AveragePrice = len(firms), q.String(), m.String(), mean.String()
	return sum, nil
}
