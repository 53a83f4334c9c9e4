package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"permitx/api"
)

// session is a few minutes of the market: three firms of one region trade
// what they had before the deals.
func (t *story) session(ctx context.Context) error {
	printing, material, optics := t.cast.printing, t.cast.material, t.cast.optics
	first, err := t.place(ctx, printing, api.SideSell, "2", "2450", api.TimeInForceGtc)
	if err != nil {
		return err
	}
	for _, o := range []struct {
		by              *firm
		side            api.Side
		quantity, price string
		force           api.TimeInForce
	}{
		{material, api.SideSell, "1.2", "2430", api.TimeInForceGtc},
		{optics, api.SideBuy, "0.5", "2440", api.TimeInForceGtc}, // a part of the best offer, at its price
		{optics, api.SideBuy, "1.5", "2450", api.TimeInForceGtc}, // the rest of it, then a part of the next
		{material, api.SideBuy, "0.3", "2400", api.TimeInForceGtc},
		{printing, api.SideSell, "0.4", "2400", api.TimeInForceIoc}, // fills 0.3, the rest is dropped
	} {
		if _, err := t.place(ctx, o.by, o.side, o.quantity, o.price, o.force); err != nil {
			return err
		}
	}
	if err := t.showBook(ctx); err != nil {
		return err
	}
	cancelled, err := answer[api.Order](read(printing.trader().CancelOrder(ctx, first, &api.CancelOrderParams{IdempotencyKey: commandKey()})))
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	t.say("%s cancels its order %d: %s of %s t/a were left, and are free again", printing.name, first, cancelled.Remaining, cancelled.Quantity)
	return t.refusals(ctx)
}

// refusals are orders that must not be taken.
func (t *story) refusals(ctx context.Context) error {
	current, old := t.instrument(vocs, false), t.instrument(vocs, true)
	for _, o := range []struct {
		by              *firm
		instrument      string
		side            api.Side
		quantity, price string
		code, why       string
	}{
		{t.cast.optics, current, api.SideSell, "0.5", "2500", "rule.no_verified_surplus", "no verified surplus"},
		{t.cast.optics, current, api.SideBuy, "20", "2500", "ledger.insufficient_balance", "not enough money"},
		{t.cast.material, old, api.SideSell, "0.5", "2000", "rule.only_paid_permits", "permits of unknown origin"},
		{t.cast.printing, old, api.SideSell, "0.5", "2000", "rule.only_paid_permits", "permits of unknown price"},
	} {
		_, err := t.send(ctx, o.by, api.OrderInput{
			Market: marketID, Instrument: o.instrument, Licence: &o.by.licence, Side: o.side, Price: &o.price, Quantity: o.quantity,
		})
		if err == nil {
			return fmt.Errorf("an order that must be refused (%s) was taken", o.why)
		}
		var p problemError
		if !errors.As(err, &p) || p.Code != o.code {
			return fmt.Errorf("an order that must be refused with %s was answered: %w", o.code, err)
		}
		t.say("%s wants to %s %s t/a: refused, %s: %s", o.by.name, o.side, o.quantity, o.why, p.Error())
	}
	return nil
}

func (t *story) send(ctx context.Context, f *firm, o api.OrderInput) (api.Order, error) {
	return answer[api.Order](read(f.trader().PlaceOrder(ctx, &api.PlaceOrderParams{IdempotencyKey: commandKey()}, o)))
}

// place sends an order and says what became of it.
func (t *story) place(ctx context.Context, f *firm, side api.Side, quantity, price string, force api.TimeInForce) (api.ID, error) {
	o, err := t.send(ctx, f, api.OrderInput{
		Market: marketID, Instrument: t.instrument(vocs, false), Licence: &f.licence, Side: side, Price: &price, Quantity: quantity, TimeInForce: &force,
	})
	if err != nil {
		return 0, fmt.Errorf("%s wants to %s %s t/a: %w", f.name, side, quantity, err)
	}
	t.say("%s: order %d, %s %s t/a at CNY %s/(t·a), %s → %s, %s left", f.name, o.ID, o.Side, o.Quantity, o.Price, force, o.State, o.Remaining)
	for _, trade := range o.Fills {
		t.say("    trade %d: %s t/a at CNY %s/(t·a) = CNY %s", trade.Trade, trade.Quantity, trade.Price, trade.Amount)
	}
	return o.ID, nil
}

// showBook prints the book as everybody may see it.
func (t *story) showBook(ctx context.Context) error {
	b, err := answer[api.Book](read(t.auditor.GetBook(ctx, marketID, &api.GetBookParams{Instrument: t.instrument(vocs, false)})))
	if err != nil {
		return fmt.Errorf("book: %w", err)
	}
	t.say("The book now: bids: %s; asks: %s", levels(b.Bids), levels(b.Asks))
	return nil
}

func levels(all []api.BookLevel) string {
	if len(all) == 0 {
		return "none"
	}
	var text []string
	for _, l := range all {
		text = append(text, l.Quantity+" t/a at CNY "+l.Price)
	}
	return strings.Join(text, ", ")
}
