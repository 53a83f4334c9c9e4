package main

import (
	"context"
	"fmt"

	"permitx/api"
)

// crossRegion takes the four deals from the proposal to both bureaus' acknowledgement.
func (t *story) crossRegion(ctx context.Context) error {
	for n, d := range t.deals {
		if err := t.deal(ctx, d); err != nil {
			return fmt.Errorf("deal %d: %w", n+1, err)
		}
	}
	return nil
}

// dealStep is one step of a deal, and who takes it.
type dealStep struct {
	by       *actor
	event    api.DealEvent
	document string
	says     string
}

// deal plays one deal. The buyer's handler proposes it.
func (t *story) deal(ctx context.Context, a agreed) error {
	deal, err := t.propose(ctx, a)
	if err != nil {
		return fmt.Errorf("propose: %w", err)
	}
	from, to := t.region(a.seller.region), t.region(a.buyer.region)
	t.say("Deal %d: %s %s → %s %s", deal.ID, from.name, a.seller.name, to.name, a.buyer.name)
	t.say("    %s t/a at CNY %s/(t·a) for %d months = CNY %s", deal.Quantity, deal.Price, deal.Months, deal.Amount)
	confirmer := a.buyer.trader()
	for _, s := range []dealStep{
		{a.seller.trader(), api.DealEventSellerSign, "", "the seller signs: its permits are set aside"},
		{confirmer, api.DealEventBuyerConfirm, "", "the buyer confirms"},
		{from.leader, api.DealEventSellerRegionConfirm, "", from.name + " confirms"},
		{to.leader, api.DealEventBuyerRegionConfirm, "", to.name + " confirms"},
		{t.upper, api.DealEventUpperApprove, made("跨区域交易核准"), "the body above both regions approves"},
		{confirmer, api.DealEventFund, "", "the buyer pays into escrow"},
		{t.upper, api.DealEventSettle, "", "settled: permits, money and both caps move at once"},
		{from.leader, api.DealEventAcknowledgeSeller, "", from.name + " has changed the licence"},
		{to.leader, api.DealEventAcknowledgeBuyer, "", to.name + " has changed the licence"},
	} {
		if s.event == api.DealEventBuyerConfirm && a.buyer.signer != nil {
			if err := t.needsSigner(ctx, deal.ID, a.buyer); err != nil {
				return err
			}
		}
		if deal, err = t.step(ctx, deal.ID, s); err != nil {
			return fmt.Errorf("%s: %w", s.event, err)
		}
		t.say("    %-24s %s", deal.State, s.says)
	}
	return nil
}

func (t *story) propose(ctx context.Context, a agreed) (api.Deal, error) {
	project, err := t.project(ctx, a.buyer, a.project, a.quantity)
	if err != nil {
		return api.Deal{}, fmt.Errorf("project: %w", err)
	}
	return answer[api.Deal](read(a.buyer.handler.ProposeDeal(ctx, &api.ProposeDealParams{IdempotencyKey: commandKey()}, api.DealInput{
		Kind: api.DealKindCrossRegion, Proposer: api.DealSideBuyer,
		SellerParty: a.seller.party, SellerLicence: a.seller.licence, BuyerParty: a.buyer.party, BuyerLicence: a.buyer.licence,
		Instrument: t.instrument(vocs, false), Quantity: a.quantity, Price: a.price, Months: as(termMonths), Payment: api.DealPaymentEscrow,
		Project: &project, CapEffect: as(api.CapEffectPermanent), CapDocument: as(pilotUnknown),
	})))
}

func (t *story) step(ctx context.Context, deal api.ID, s dealStep) (api.Deal, error) {
	in := api.DealStepInput{Event: s.event}
	if s.document != "" {
		in.Document = &s.document
	}
	return answer[api.Deal](read(s.by.StepDeal(ctx, deal, &api.StepDealParams{IdempotencyKey: commandKey()}, in)))
}

// needsSigner shows that a handler may not confirm over the party's limit.
func (t *story) needsSigner(ctx context.Context, deal api.ID, buyer *firm) error {
	_, err := t.step(ctx, deal, dealStep{by: buyer.handler, event: api.DealEventBuyerConfirm})
	if !isProblem(err, "order.signer_needed") {
		return fmt.Errorf("a handler confirms over the limit of CNY %s: %w", buyer.limit, err)
	}
	t.say("    the handler wants to confirm: refused: %s", err)
	return nil
}
