package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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
	for _, s := range []dealStep{
		{a.seller.trader(), api.DealEventSellerSign, "", "the seller signs: its permits are set aside"},
		{a.buyer.handler, api.DealEventBuyerConfirm, "", "the buyer confirms"},
		{from.leader, api.DealEventSellerRegionConfirm, "", from.name + " confirms"},
		{to.leader, api.DealEventBuyerRegionConfirm, "", to.name + " confirms"},
		{t.upper, api.DealEventUpperApprove, made("跨区域交易核准"), "the body above both regions approves"},
		{a.buyer.handler, api.DealEventFund, "", "the buyer pays into escrow"},
		{t.upper, api.DealEventSettle, "", "settled: permits, money and both caps move at once"},
		{from.leader, api.DealEventAcknowledgeSeller, "", from.name + " has changed the licence"},
		{to.leader, api.DealEventAcknowledgeBuyer, "", to.name + " has changed the licence"},
	} {
		var signed bool
		if deal, signed, err = t.step(ctx, deal.ID, s, a.buyer.signer); err != nil {
			return fmt.Errorf("%s: %w", s.event, err)
		}
		if signed {
			s.says += ": over the limit of CNY " + a.buyer.limit + " the handler prepares it and the signer approves"
		}
		t.say("    %-24s %s", deal.State, s.says)
	}
	return errors.Join(t.sayLicence(ctx, a.seller, vocs), t.sayLicence(ctx, a.buyer, vocs))
}

func (t *story) propose(ctx context.Context, a agreed) (api.Deal, error) {
	project, err := t.project(ctx, a.buyer, a.project, vocs, a.quantity, "1")
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

// step takes a step of a deal. One that is over the party's limit waits for
// its signer, who approves it.
func (t *story) step(ctx context.Context, deal api.ID, s dealStep, signer *actor) (d api.Deal, signed bool, err error) {
	in := api.DealStepInput{Event: s.event}
	if s.document != "" {
		in.Document = &s.document
	}
	r, err := read(s.by.StepDeal(ctx, deal, &api.StepDealParams{IdempotencyKey: commandKey()}, in))
	d, err = approved[api.Deal](ctx, signer)(r, err)
	return d, r.status == http.StatusAccepted, err
}
