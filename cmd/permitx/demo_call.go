package main

import (
	"context"
	"fmt"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
)

const callMarket = "JIASHAN-CALL"

// callFigure is the call auction.
type callFigure struct {
	Market string `json:"market"`
	Price  string `json:"price"`  // CNY/(t·a)
	Volume string `json:"volume"` // t/a
	Trades int64  `json:"trades"`
}

// call is a market that begins its day with a call auction: orders are collected
// for ten minutes and meet at one price.
func (t *story) call(ctx context.Context) error {
	if err := t.openCallMarket(ctx); err != nil {
		return err
	}
	begins, err := t.nextCall(ctx)
	if err != nil {
		return err
	}
	if err := t.until(ctx, begins.Add(time.Minute)); err != nil {
		return err
	}
	if err := t.callOrders(ctx); err != nil {
		return err
	}
	status, err := t.statusIn(ctx, api.MarketPhaseCall)
	if err != nil {
		return err
	}
	for _, i := range status.Instruments {
		if i.Indicative != nil && i.Indicative.Price != nil {
			t.say("Indicative: %s t/a at CNY %s/(t·a); no order has met another yet", i.Indicative.Volume, *i.Indicative.Price)
		}
	}
	if err := t.until(ctx, begins.Add(10*time.Minute)); err != nil {
		return err
	}
	return t.uncrossed(ctx)
}

func (t *story) openCallMarket(ctx context.Context) error {
	_, err := answer[api.Market](read(t.admin.CreateMarket(ctx, &api.CreateMarketParams{IdempotencyKey: commandKey()}, api.MarketInput{
		Code: callMarket, Name: "嘉善VOCs集合竞价（演示）", Pollutant: new(vocs), Regions: []string{jiashan}, LotSize: "0.001", Tick: "1",
		PriceBasis: api.PriceBasisPerYear, ValidFrom: t.today.String(),
	})))
	if err != nil {
		return fmt.Errorf("open the market: %w", err)
	}
	_, err = approved[api.MarketTerms](ctx, t.region(jiashan).leader)(read(t.admin.SetMarketTerms(ctx, callMarket, &api.SetMarketTermsParams{IdempotencyKey: commandKey()},
		api.MarketTermsInput{ValidFrom: t.today.AddDays(1).String(), Timetable: []api.Slot{
			{Phase: api.SlotPhaseCall, From: "09:15", Until: "09:25"}, {Phase: api.SlotPhaseContinuous, From: "09:30", Until: "15:00"},
		}})))
	if err != nil {
		return fmt.Errorf("timetable: %w", err)
	}
	t.say("Market %s: a call from 09:15 to 09:25, continuous trading from 09:30 to 15:00 on working days", callMarket)
	return nil
}

// nextCall finds when the next call begins, by what the market says of itself.
func (t *story) nextCall(ctx context.Context) (calendar.Instant, error) {
	for {
		status, err := t.marketStatus(ctx)
		if err != nil {
			return 0, err
		}
		if status.NextPhase == nil || status.NextPhaseAt == nil {
			return 0, fmt.Errorf("the market %s does not say when it trades", callMarket)
		}
		at, err := instantOf(*status.NextPhaseAt)
		if err != nil || *status.NextPhase == api.MarketPhaseCall {
			return at, err
		}
		if err := t.until(ctx, at.Add(time.Second)); err != nil {
			return 0, err
		}
	}
}

func (t *story) marketStatus(ctx context.Context) (api.MarketStatus, error) {
	return answer[api.MarketStatus](read(t.auditor.GetMarketStatus(ctx, callMarket)))
}

// statusIn waits until the market is in a phase.
func (t *story) statusIn(ctx context.Context, phase api.MarketPhase) (status api.MarketStatus, err error) {
	err = await(ctx, "the market's "+string(phase), func() (bool, error) {
		status, err = t.marketStatus(ctx)
		return status.Phase == phase, err
	})
	return status, err
}

// callOrders are made up: at CNY 2,390 as much is bid as asked, a part of it at
// whatever price the call has.
func (t *story) callOrders(ctx context.Context) error {
	if _, err := t.statusIn(ctx, api.MarketPhaseCall); err != nil {
		return err
	}
	printing, material, optics := t.cast.printing, t.cast.material, t.cast.optics
	for _, o := range []struct {
		by              *firm
		kind            api.OrderKind
		side            api.Side
		quantity, price string
	}{
		{printing, api.OrderKindLimit, api.SideSell, "0.8", "2380"},
		{material, api.OrderKindLimit, api.SideSell, "0.3", "2400"},
		{optics, api.OrderKindLimit, api.SideBuy, "0.6", "2450"},
		{optics, api.OrderKindLimit, api.SideBuy, "0.4", "2390"},
		{printing, api.OrderKindMarket, api.SideSell, "0.2", "2300"},
	} {
		placed, err := t.send(ctx, o.by, api.OrderInput{
			Market: callMarket, Kind: &o.kind, Instrument: t.instrument(vocs, false), Licence: &o.by.licence, Side: o.side, Price: &o.price, Quantity: o.quantity,
		})
		if err != nil {
			return fmt.Errorf("%s wants to %s %s t/a: %w", o.by.name, o.side, o.quantity, err)
		}
		at := "CNY " + o.price + "/(t·a)"
		if o.kind == api.OrderKindMarket {
			at = "the price of this call, before every limit order, protected by " + at
		}
		t.say("%s: order %d, %s %s t/a at %s, is collected", o.by.name, placed.ID, o.side, o.quantity, at)
	}
	return nil
}

// uncrossed waits for the fills of the call and says what it came to.
func (t *story) uncrossed(ctx context.Context) error {
	var done api.Call
	err := await(ctx, "the call's end", func() (bool, error) {
		calls, err := answer[api.CallPage](read(t.auditor.ListCalls(ctx, callMarket, &api.ListCallsParams{})))
		if err != nil || len(calls.Items) == 0 {
			return false, err
		}
		done = calls.Items[0]
		return done.State == api.CallStateDone, nil
	})
	if err != nil {
		return err
	}
	t.called = callFigure{Market: callMarket, Price: done.Price, Volume: done.Traded, Trades: done.Trades}
	t.say("The call: %s t/a in %d trades, all at CNY %s/(t·a); %s t/a more were bid than asked at it", done.Traded, done.Trades, done.Price, done.Surplus)
	return nil
}
