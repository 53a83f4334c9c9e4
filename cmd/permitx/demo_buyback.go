package main

import (
	"context"
	"fmt"

	"permitx/api"
)

// buyBackFigure is the buy-back of the story.
type buyBackFigure struct {
	ID         int64  `json:"id"`
	Region     string `json:"region"`
	Pollutant  string `json:"pollutant"`
	Quantity   string `json:"quantity"`   // t/a
	BasePrice  string `json:"base_price"` // CNY/(t·a)
	PricePaid  string `json:"price_paid"` // by the enterprise
	Months     int    `json:"months"`
	Amount     string `json:"amount"` // CNY
	State      string `json:"state"`
	Lot        int64  `json:"lot"`
	BudgetLeft string `json:"budget_left"` // CNY
	PriceRule  string `json:"price_rule"`
}

// What is bought back, and for what; all of it is made up.
const (
	buyBackQuantity  = "0.5"    // t/a
	buyBackBasePrice = "3600"   // CNY/(t·a)
	buyBackBudget    = "200000" // CNY
)

// buyBack lets the textile firm sell a part of its NH3-N permits back to its
// bureau: from the application to a lot of the reserve.
func (t *story) buyBack(ctx context.Context) error {
	f := t.cast.textile
	region := t.region(f.region)
	budget, err := t.buyBackMoney(ctx, region)
	if err != nil {
		return err
	}
	b, err := answer[api.BuyBack](read(f.handler.ApplyBuyBack(ctx, &api.ApplyBuyBackParams{IdempotencyKey: commandKey()}, api.BuyBackInput{
		Licence: f.licence, Instrument: t.instrument(nh3n, false), Origin: api.OriginPaid, Quantity: buyBackQuantity,
		Cause: api.BuyBackCauseReduction, Document: made("回购申请"),
	})))
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	t.say("Buy-back %d: %s applies that %s t/a of %s go back to %s", b.ID, f.name, b.Quantity, b.Instrument, region.name)
	plain := func(by *actor, event api.BuyBackEvent, document string) func(api.BuyBack) (api.BuyBack, error) {
		return func(b api.BuyBack) (api.BuyBack, error) { return t.stepBuyBack(ctx, by, b.ID, event, document) }
	}
	for _, s := range []struct {
		take func(api.BuyBack) (api.BuyBack, error)
		says string
	}{
		{plain(f.handler, api.BuyBackEventSubmit, ""), "submitted: the permits are held from now on"},
		{plain(region.clerk, api.BuyBackEventAccept, ""), "the bureau takes it up"},
		{func(b api.BuyBack) (api.BuyBack, error) { return t.verifyBuyBack(ctx, region, b) }, "surplus verified from the EIA amount, the second rung of the verification order"},
		{plain(region.leader, api.BuyBackEventPrice, ""), "priced: the lower of what was paid and the base price, by the months left"},
		{plain(f.handler, api.BuyBackEventAgree, ""), "the enterprise agrees"},
		{func(b api.BuyBack) (api.BuyBack, error) { return t.approveBuyBack(ctx, region, b, budget) }, "the leader approves, and finance with him: the amount is committed in the budget"},
		{plain(region.clerk, api.BuyBackEventContract, made("回购合同")), "contract signed"},
		{func(b api.BuyBack) (api.BuyBack, error) { return t.payBuyBack(ctx, b) }, "the treasury has paid, outside the platform"},
		{func(b api.BuyBack) (api.BuyBack, error) { return t.bookBuyBack(ctx, region, b) }, "booked: holding −, reserve +, a new lot"},
	} {
		if b, err = s.take(b); err != nil {
			return fmt.Errorf("%s: %w", s.says, err)
		}
		t.say("    %-12s %s", b.State, s.says)
	}
	if err := t.sayLicence(ctx, f, nh3n); err != nil {
		return err
	}
	return t.sumUpBuyBack(ctx, b)
}

// buyBackMoney sets the base price and approves a budget: each by two persons.
func (t *story) buyBackMoney(ctx context.Context, r *demoRegion) (api.ID, error) {
	p, err := approved[api.Parameter](ctx, r.leader)(read(r.clerk.SetParameter(ctx, &api.SetParameterParams{IdempotencyKey: commandKey()}, api.ParameterInput{
		Key: "buy_back.base_price", Region: &r.code, Pollutant: as(nh3n), Value: buyBackBasePrice, ValidFrom: t.today.String(), Document: made("排污权有偿使用基准价"),
	})))
	if err != nil {
		return 0, fmt.Errorf("base price: %w", err)
	}
	budget, err := approved[api.Budget](ctx, r.leader)(read(t.finance.ApproveBudget(ctx, &api.ApproveBudgetParams{IdempotencyKey: commandKey()}, api.BudgetInput{
		Region: r.code, FiscalYear: t.today.Year(), Source: "本级财政（虚构）", Amount: buyBackBudget, Document: made("收储资金预算"),
	})))
	if err != nil {
		return 0, fmt.Errorf("budget: %w", err)
	}
	t.say("Base price of %s in %s: CNY %s/(t·a); budget of %d: CNY %s", nh3n, r.name, p.Value, budget.FiscalYear, budget.Approved)
	return budget.ID, nil
}

func (t *story) stepBuyBack(ctx context.Context, by *actor, id api.ID, event api.BuyBackEvent, document string) (api.BuyBack, error) {
	in := api.BuyBackStepInput{Event: event}
	if document != "" {
		in.Document = &document
	}
	return answer[api.BuyBack](read(by.StepBuyBack(ctx, id, &api.StepBuyBackParams{IdempotencyKey: commandKey()}, in)))
}

func (t *story) verifyBuyBack(ctx context.Context, r *demoRegion, b api.BuyBack) (api.BuyBack, error) {
	return answer[api.BuyBack](read(r.leader.VerifyBuyBack(ctx, b.ID, &api.VerifyBuyBackParams{IdempotencyKey: commandKey()}, api.BuyBackVerificationInput{
		Quantity: b.Quantity, Rung: api.VerificationRungEiaAmount, TaskDone: true, VerifiedOn: t.today.String(), Document: made("富余排污权核定"),
	})))
}

// approveBuyBack proposes the purchase as the leader and approves it as finance.
func (t *story) approveBuyBack(ctx context.Context, r *demoRegion, b api.BuyBack, budget api.ID) (api.BuyBack, error) {
	return approved[api.BuyBack](ctx, t.finance)(read(r.leader.ApproveBuyBack(ctx, b.ID, &api.ApproveBuyBackParams{IdempotencyKey: commandKey()},
		api.BuyBackApprovalInput{Budget: &budget, Document: made("回购核准")})))
}

func (t *story) payBuyBack(ctx context.Context, b api.BuyBack) (api.BuyBack, error) {
	return answer[api.BuyBack](read(t.finance.PayBuyBack(ctx, b.ID, &api.PayBuyBackParams{IdempotencyKey: commandKey()}, api.PaymentProofInput{
		Amount: *b.Amount, Proof: made("国库支付凭证"), PaidOn: t.today.String(),
	})))
}

func (t *story) bookBuyBack(ctx context.Context, r *demoRegion, b api.BuyBack) (api.BuyBack, error) {
	return answer[api.BuyBack](read(r.leader.BookBuyBack(ctx, b.ID, &api.BookBuyBackParams{IdempotencyKey: commandKey()}, api.DocumentInput{Document: made("排污许可证变更")})))
}

// sayLicence reads by what a firm's licence was changed last.
func (t *story) sayLicence(ctx context.Context, f *firm, pollutant string) error {
	page, err := answer[api.LicenceQuantityChangePage](read(t.auditor.ListLicenceQuantityChanges(ctx, &api.ListLicenceQuantityChangesParams{
		Licence: &f.licence, Pollutant: &pollutant, NewestFirst: as(true), Limit: as(1),
	})))
	if err != nil {
		return fmt.Errorf("changes of the licence of %s: %w", f.name, err)
	}
	if len(page.Items) != 1 {
		return fmt.Errorf("nothing has changed the licence of %s", f.name)
	}
	c := page.Items[0]
	t.say("    licence of %s: %s %s t/a by %s (%s)", f.name, pollutant, c.Change, c.Kind, c.Document)
	return nil
}

// sumUpBuyBack reads what the buy-back came to.
func (t *story) sumUpBuyBack(ctx context.Context, b api.BuyBack) error {
	rows, err := answer[api.BuyBackPricePage](read(t.auditor.GetBuyBackPrices(ctx, b.ID)))
	if err != nil {
		return fmt.Errorf("prices: %w", err)
	}
	if len(rows.Items) != 1 {
		return fmt.Errorf("the buy-back has %d rows, the firm acquired once", len(rows.Items))
	}
	budget, err := answer[api.Budget](read(t.auditor.GetBudget(ctx, *b.Budget)))
	if err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	row := rows.Items[0]
	t.bought = buyBackFigure{
		ID: b.ID, Region: b.Region, Pollutant: b.Pollutant, Quantity: b.Quantity, BasePrice: *b.BasePrice, PricePaid: row.PricePaid,
		Months: *b.Months, Amount: *b.Amount, State: string(b.State), Lot: *b.Lot, BudgetLeft: budget.Left, PriceRule: *b.PriceRule,
	}
	t.say("    %s t/a × min(CNY %s paid, CNY %s base) × %d / 12 months = CNY %s; lot %d of the reserve; budget left CNY %s",
		b.Quantity, row.PricePaid, *b.BasePrice, *b.Months, *b.Amount, *b.Lot, budget.Left)
	t.say("    %s", *b.PriceRule)
	return nil
}
