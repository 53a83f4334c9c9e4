package app

import (
	"context"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/outside"
	"permitx/internal/report"
)

// mirroredDealsOf reads the deals that were made on other platforms. They count as
// agreements on the day on which they were recorded: a month that is closed stays
// as it was signed (project default).
func mirroredDealsOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	var deals []outside.Mirror
	err := r.Find(ctx, MirroredDeals.name, during("recorded_at", from, to, after), &deals)
	return pageOfTrades(deals, after, func(m outside.Mirror) report.Trade {
		t := report.Trade{
			Kind: report.DealLocal, On: m.RecordedAt.Date(), SellerRegion: m.Region, BuyerRegion: m.Region, Pollutant: m.Pollutant,
			Trades: 1, Quantity: m.Quantity, Amount: m.Amount,
		}
		if m.BuyerRegion != "" && m.BuyerRegion != m.Region {
			t.Kind, t.BuyerRegion = report.DealCrossRegion, m.BuyerRegion
		}
		return must(inYear(t, m.Price))
	}), err
}

// pledgeSalesOf reads what was sold to enforce a pledge: an agreement within its
// region, or a buy-back where the government took it.
func pledgeSalesOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	var sales []encumbrance.PledgeSale
	if err := r.Find(ctx, PledgeSales.name, during("recorded_at", from, to, after), &sales); err != nil || len(sales) == 0 {
		return tradePage{last: after}, err
	}
	instruments, err := instrumentsOf(ctx, r)
	return pageOfTrades(sales, after, func(s encumbrance.PledgeSale) report.Trade {
		t := report.Trade{
			Kind: report.DealLocal, On: s.RecordedAt.Date(), SellerRegion: s.Region, BuyerRegion: s.Region, Pollutant: instruments[s.Instrument].Pollutant,
			Trades: 1, Quantity: s.Quantity, Amount: s.Amount,
		}
		if s.BuyerParty == 0 {
			t.Kind = report.BuyBack
		}
		return must(inYear(t, s.Price))
	}), err
}

// boughtAwardsOf reads what was bought back at reverse auctions, on the day on
// which it came into the reserve.
func boughtAwardsOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	q := during("ended_at", max(from, 1), to, after).And("lot", Gt, int64(0))
	awards, offers, err := awardsWhere(ctx, r, q)
	return pageOfTrades(awards, after, func(a auction.Award) report.Trade {
		return report.Trade{
			Kind: report.BuyBack, On: a.EndedAt.Date(), SellerRegion: a.Region, BuyerRegion: a.Region, Pollutant: offers[a.Offer].Pollutant,
			Trades: 1, Quantity: a.Quantity, Amount: a.Amount, Annual: yearOf(a.Amount, offers[a.Offer].Months),
		}
	}), err
}

// awardsWhere reads awards, and their offers by id.
func awardsWhere(ctx context.Context, r Reader, q Query) (awards []auction.Award, offers map[int64]auction.Offer, err error) {
	offers = map[int64]auction.Offer{}
	if err := r.Find(ctx, Awards.name, q, &awards); err != nil || len(awards) == 0 {
		return nil, offers, err
	}
	ids := make([]int64, len(awards))
	for n, a := range awards {
		ids[n] = a.Offer
	}
	return awards, offers, eachOf(ctx, r, Offers, Query{}.And("id", In, ids), func(o auction.Offer) { offers[o.ID] = o })
}

// timerCountMore is armed by the migration, before any other: what these sources
// have of the days that are added up is not in their totals yet.
const timerCountMore = "statistics.count_more"

var _ = declareTimer(timerCountMore, countingAnew(timerCountMore, mirroredDealsOf, pledgeSalesOf, boughtAwardsOf))
