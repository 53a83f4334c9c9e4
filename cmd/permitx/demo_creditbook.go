package main

import (
	"context"
	"fmt"
	"strings"

	"permitx/api"
)

// The market of the scheme's credits, and the trade in it: who has bought by auction sells a part on.
const (
	creditMarket = "JXCP-BOOK"
	askedTonne   = "5"
	askedPrice   = "50"
	wantedTonne  = "3"
	wantedPrice  = "52" // and gets it at what was asked
)

// creditTradeFigure is the trade of credits in the book.
type creditTradeFigure struct {
	Market   string   `json:"market"`
	Price    string   `json:"price"`    // CNY/t
	Quantity string   `json:"quantity"` // t
	Amount   string   `json:"amount"`   // CNY
	Serials  []string `json:"serials"`  // that have moved to the buyer
	Units    int64    `json:"units"`    // kgCO2e, that these are
}

// tradeCredits opens a market of the scheme's credits, in whose book a winner of the auction sells to another.
func (t *story) tradeCredits(ctx context.Context, c *carbonDay) error {
	instrument, err := t.openCreditMarket(ctx, c)
	if err != nil {
		return err
	}
	seller, buyer := t.bidders[0], t.bidders[2]
	order := func(b *bidder, side api.Side, price, quantity string) (api.Order, error) {
		o, err := answer[api.Order](read(b.handler.PlaceOrder(ctx, &api.PlaceOrderParams{IdempotencyKey: commandKey()}, api.OrderInput{
			Market: creditMarket, Instrument: instrument, Party: &b.party, Side: side, Price: &price, Quantity: quantity,
		})))
		if err == nil {
			t.say("%s: order %d, %s %s t at CNY %s/t → %s", b.name, o.ID, o.Side, o.Quantity, o.Price, o.State)
		}
		return o, err
	}
	before, err := heldRanges(ctx, buyer, instrument)
	if err != nil {
		return err
	}
	ask, err := order(seller, api.SideSell, askedPrice, askedTonne)
	if err != nil {
		return err
	}
	bid, err := order(buyer, api.SideBuy, wantedPrice, wantedTonne)
	if err != nil {
		return err
	}
	if len(bid.Fills) != 1 {
		return fmt.Errorf("the order to buy met %d others, not one", len(bid.Fills))
	}
	fill := bid.Fills[0]
	after, err := heldRanges(ctx, buyer, instrument)
	if err != nil {
		return err
	}
	f := creditTradeFigure{Market: creditMarket, Price: fill.Price, Quantity: fill.Quantity, Amount: fill.Amount}
	for id, r := range after {
		if _, had := before[id]; !had {
			f.Serials, f.Units = append(f.Serials, r.Serial), f.Units+r.Units
		}
	}
	t.counted.Traded = f
	t.say("    trade %d: %s t at CNY %s/t = CNY %s, against %d kgCO2e that are now the buyer's: %s", fill.Trade, fill.Quantity, fill.Price, fill.Amount, f.Units, strings.Join(f.Serials, ", "))
	_, err = answer[api.Order](read(seller.handler.CancelOrder(ctx, ask.ID, &api.CancelOrderParams{IdempotencyKey: commandKey()})))
	return err
}

// openCreditMarket makes the series an instrument and opens the market.
func (t *story) openCreditMarket(ctx context.Context, c *carbonDay) (instrument string, err error) {
	i, err := answer[api.Instrument](read(t.admin.CreateInstrument(ctx, &api.CreateInstrumentParams{IdempotencyKey: commandKey()}, api.InstrumentInput{Series: &c.series})))
	if err != nil {
		return "", err
	}
	m, err := answer[api.Market](read(t.admin.CreateMarket(ctx, &api.CreateMarketParams{IdempotencyKey: commandKey()}, api.MarketInput{
		Code: creditMarket, Name: "嘉兴碳普惠连续交易（演示）", Scheme: &c.scheme, Regions: []string{jiaxing}, LotSize: "1", Tick: "0.1",
		PriceBasis: api.PriceBasisOutright, ValidFrom: t.monthsAgo(1),
	})))
	if err == nil {
		t.say("Market %s: credits of %s in lots of %s t, ticks of CNY %s/t", m.Code, i.Code, m.LotSize, m.Tick)
	}
	return i.Code, err
}

// heldRanges are what a firm holds of a series, by number.
func heldRanges(ctx context.Context, b *bidder, series string) (map[api.ID]api.CreditRange, error) {
	p, err := answer[api.CreditRangePage](read(b.handler.ListCredits(ctx, &api.ListCreditsParams{State: as(api.RangeStateHeld)})))
	held := map[api.ID]api.CreditRange{}
	for _, r := range p.Items {
		if r.Series == series {
			held[r.ID] = r
		}
	}
	return held, err
}
