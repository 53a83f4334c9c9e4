package app

import (
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// FeeQuote is what one who buys or sells for an amount pays by the schedule of today.
type FeeQuote struct {
	Market       int64
	Side         market.Side
	Amount       quantity.Money
	SingleBidder bool // a listing that one bidder takes, at its price
	StateFunded  bool // the state funds the party wholly

	Schedule int64 // 0: the market has none today
	Fee      quantity.Money
	Formula  string
}

// FeeQuoteOf fills in a quote by the schedule of its market.
func (a *App) FeeQuoteOf(q FeeQuote) FeeQuote {
	ref := a.Reference()
	t := TariffOf(ref, FeeScheduleOn(ref, q.Market, a.Now().Date()))
	exempt := q.StateFunded && t.Exempt == market.StateFundedExempt
	q.Schedule, q.Fee, q.Formula = t.ID, t.Fee(q.Side, q.Amount, q.SingleBidder), t.Formula(q.Side, q.Amount, q.SingleBidder, exempt)
	if exempt {
		q.Fee = 0
	}
	return q
}

// TariffOf is a schedule with its tiers.
func TariffOf(ref *Reference, f market.FeeSchedule) market.Tariff {
	t := market.Tariff{FeeSchedule: f}
	for _, tier := range ReadTable(ref, FeeTiers).All() {
		if tier.Schedule == f.ID {
			t.Tiers = append(t.Tiers, tier)
		}
	}
	return t
}
