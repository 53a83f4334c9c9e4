package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"permitx/api"
)

// earlyBidders bid well before the end; the others wait for the last seconds.
const earlyBidders = 7

// window is the hour in which the quotes come in, sealed.
func (t *story) window(ctx context.Context, o api.AuctionOffer) error {
	opens, err := instantOf(o.OpensAt)
	if err != nil {
		return err
	}
	closes := opens.Add(saleWindow)
	if err := t.until(ctx, opens.Add(5*time.Minute)); err != nil {
		return err
	}
	if _, err := t.offerIn(ctx, o.ID, api.AuctionStateBidding); err != nil {
		return err
	}
	if err := t.refusedQuotes(ctx, o.ID); err != nil {
		return err
	}
	for _, b := range t.bidders[len(t.bidders)-earlyBidders:] {
		if err := t.quote(ctx, o.ID, b, b.last); err != nil {
			return err
		}
	}
	if err := t.until(ctx, closes.Add(-lastMoments)); err != nil {
		return err
	}
	for _, b := range t.bidders[1 : len(t.bidders)-earlyBidders] {
		if err := t.quote(ctx, o.ID, b, b.last); err != nil {
			return err
		}
	}
	t.say("%d quotes are sealed; until the window closes nobody reads them, officers included. %d of %d bidders came in the last %s",
		len(t.bidders)+saleQuotes-1, len(t.bidders)-earlyBidders-1, len(t.bidders), lastMoments)
	if err := t.until(ctx, closes); err != nil {
		return err
	}
	err = t.quote(ctx, o.ID, t.bidders[1], "30000")
	return t.refused("a quote after the close", err, "quote.late")
}

// refusedQuotes lets the first bidder use up his quotes, each higher than the one before.
func (t *story) refusedQuotes(ctx context.Context, offer api.ID) error {
	b := t.bidders[0]
	last, err := strconv.Atoi(b.last)
	if err != nil {
		return err
	}
	below := t.quote(ctx, offer, b, "3999")
	if err := t.refused("a quote below the base price", below, "quote.below_reserve_price"); err != nil {
		return err
	}
	const step = 400 // CNY/(t·a)
	for n := range saleQuotes {
		if err := t.quote(ctx, offer, b, strconv.Itoa(last-step*(saleQuotes-1-n))); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		same := t.quote(ctx, offer, b, strconv.Itoa(last-step*(saleQuotes-1)))
		if err := t.refused("a quote that is not higher than his last", same, "quote.not_higher"); err != nil {
			return err
		}
	}
	eleventh := t.quote(ctx, offer, b, strconv.Itoa(last+step))
	return t.refused("an eleventh quote", eleventh, "quote.too_many")
}

// quote sends a quote; far above the base price the bidder says that he knows.
func (t *story) quote(ctx context.Context, offer api.ID, b *bidder, price string) error {
	_, err := answer[api.QuoteReceipt](read(b.handler.PlaceQuote(ctx, offer, &api.PlaceQuoteParams{IdempotencyKey: commandKey()},
		api.QuoteInput{Steps: []api.QuoteStep{{Price: price}}, ConfirmPrice: as(true)})))
	if err != nil {
		return fmt.Errorf("%s bids CNY %s: %w", b.name, price, err)
	}
	return nil
}
