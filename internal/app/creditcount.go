package app

import (
	"context"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/market"
	"permitx/internal/report"
)

// creditSalesOf reads the credits that were won at auctions, on the day on which
// they were paid and delivered.
func creditSalesOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	q := during("paid_at", max(from, 1), to, after).And("seller", Gt, int64(0))
	awards, offers, err := awardsWhere(ctx, r, q)
	return pageOfTrades(awards, after, func(a auction.Award) report.Trade {
		return report.Trade{
			Kind: report.CreditOffer, On: a.PaidAt.Date(), SellerRegion: a.Region, BuyerRegion: a.Region, Pollutant: offers[a.Offer].Pollutant,
			Trades: 1, Quantity: a.Quantity, Amount: a.Amount,
		}
	}), err
}

// These are armed by the migration, before any other: what was traded of credits on
// the days that are added up is not in their totals yet.
const (
	timerCountCreditSales = "statistics.count_credit_sales"
	timerCountCreditFills = "statistics.count_credit_fills"
)

var (
	_ = declareTimer(timerCountCreditSales, countingAnew(timerCountCreditSales, creditSalesOf))
	_ = declareTimer(timerCountCreditFills, retrying(timerCountCreditFills, countCreditFills))
)

// countCreditFills adds up those among a number of fills, the last of which it is
// about, and comes again for those before them.
func countCreditFills(v *View, last int64) (Apply, error) {
	if len(v.batch.Journal) > 0 { // it reads committed rows
		return nil, errCommitFirst
	}
	before, sums := max(last-tradesPerStep, 0), report.Totals{}
	instruments, err := instrumentsOf(v.ctx, v.store)
	if err != nil {
		return nil, ErrNotDurable.Because(err)
	}
	var fills []market.Trade
	if err := v.store.Find(v.ctx, Trades.name, Query{}.And("id", Le, last).Page(before, tradesPerStep), &fills); err != nil {
		return nil, ErrNotDurable.Because(err)
	}
	for _, f := range fills {
		if i := instruments[f.Instrument]; i.OfCredits() {
			if err := addTrade(sums, tradeOfFill(f, i)); err != nil {
				return nil, err
			}
		}
	}
	rows, err := v.totalsWith(sums)
	return func(tx *Tx) any {
		tx.putTotals(rows)
		if before > 0 {
			tx.Arm(tx.Now, timerCountCreditFills, before)
		}
		return nil
	}, err
}
