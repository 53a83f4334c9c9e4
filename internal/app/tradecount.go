package app

import (
	"cmp"
	"context"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// The totals of trades by day and month, and how far they are.
var (
	TradeTotals = cold[report.Total]("trade_total")
	TradeRolls  = resident[report.Roll]("trade_roll")
)

const timerCountTrades = "statistics.count"

var _ = declareTimer(timerCountTrades, retrying(timerCountTrades, countTrades))

// tradesPerStep bounds how many trades one command adds up.
const tradesPerStep = 1000

// tradePage is a part of the trades of a source.
type tradePage struct {
	trades []report.Trade
	last   int64 // id of the last row that was looked at
	more   bool
}

// tradeSource reads the trades of one kind of record that were recorded from an
// instant to before another, behind a row. What it reads of a past day never
// changes.
type tradeSource func(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error)

// tradeSources are all places that trades are recorded in; fills come first.
// Their order is stored: add at the end.
var tradeSources = []tradeSource{
	fillsOf, settlementsOf, reversalsOf, salesOf, judicialSalesOf, buyBacksOf, revocationsOf, leasesOf, pledgesOf, creditSalesOf,
	mirroredDealsOf, pledgeSalesOf, boughtAwardsOf,
}

// startCount makes the registry add up its trades each night. Before its first
// day there are none.
func (tx *Tx) startCount() {
	Put(tx, TradeRolls, report.Roll{Through: tx.Today.AddDays(-1)})
	tx.Arm(tx.Today.AddDays(1).Start(), timerCountTrades, 0)
}

// countTrades adds the next part of the trades of past days to their totals,
// and arms itself for the next part or the next night. Readers do not see a
// day's totals before all of it is added up.
func countTrades(v *View, _ int64) (Apply, error) {
	if len(v.batch.Journal) > 0 { // it reads committed rows
		return nil, errCommitFirst
	}
	roll := rollOf(rowsOf(v.state, TradeRolls).rows)
	if roll.Until == 0 {
		roll.Until, roll.Fill, roll.After = v.Today, roll.Trade, roll.Trade
	}
	sums, roll, err := v.countSome(roll)
	if err != nil {
		return nil, err
	}
	rows, err := v.totalsWith(sums)
	if err != nil {
		return nil, err
	}
	next := v.Now
	if int(roll.Source) == len(tradeSources) {
		roll.Through, roll.Trade = roll.Until.AddDays(-1), roll.Fill
		roll.Until, roll.Source, roll.After = 0, 0, 0
		next = v.Today.AddDays(1).Start()
	}
	return func(tx *Tx) any {
		tx.putTotals(rows)
		tx.Arm(next, timerCountTrades, 0)
		return Put(tx, TradeRolls, roll)
	}, nil
}

// rollOf is the one row.
func rollOf(rows map[int64]report.Roll) report.Roll {
	for _, r := range rows {
		return r
	}
	return report.Roll{}
}

// countSome adds up sources until a step's work is done.
func (v *View) countSome(roll report.Roll) (report.Totals, report.Roll, error) {
	sums := report.Totals{}
	counted := 0
	for int(roll.Source) < len(tradeSources) && counted < tradesPerStep {
		page, err := tradeSources[roll.Source](v.ctx, v.store, roll.Start(), roll.Until.Start(), roll.After)
		if err != nil {
			return nil, roll, ErrNotDurable.Because(err)
		}
		for _, t := range page.trades {
			if err := addTrade(sums, t); err != nil {
				return nil, roll, err
			}
		}
		counted += len(page.trades)
		if roll.Source == 0 {
			roll.Fill = page.last
		}
		roll.After = page.last
		if !page.more {
			roll.Source, roll.After = roll.Source+1, 0
		}
	}
	return sums, roll, nil
}

// addTrade adds a trade to the sums of its day and its month.
func addTrade(sums report.Totals, t report.Trade) error {
	if err := sums.Add(report.Day.Of(t)); err != nil {
		return err
	}
	return sums.Add(report.Month.Of(t))
}

// totalsWith are the stored totals with some more added, in a fixed order.
func (v *View) totalsWith(sums report.Totals) ([]report.Total, error) {
	days := map[calendar.Date]bool{}
	for key := range sums {
		days[key.StartsOn] = true
	}
	if len(days) == 0 {
		return nil, nil
	}
	starts := make([]int64, 0, len(days))
	for d := range days {
		starts = append(starts, int64(d))
	}
	stored, err := Find(v, TradeTotals, Query{}.And("starts_on", In, starts))
	if err != nil {
		return nil, err
	}
	var rows []report.Total
	for _, t := range stored {
		more, changed := sums[t.Key()]
		if !changed {
			continue
		}
		if t, err = t.Plus(more); err != nil {
			return nil, err
		}
		rows = append(rows, t)
		delete(sums, t.Key())
	}
	return append(rows, sorted(sums)...), nil
}

// sorted are sums in a fixed order.
func sorted(sums report.Totals) []report.Total {
	rows := make([]report.Total, 0, len(sums))
	for _, t := range sums {
		rows = append(rows, t)
	}
	slices.SortFunc(rows, func(a, b report.Total) int {
		return cmp.Or(cmp.Compare(a.Span, b.Span), cmp.Compare(a.StartsOn, b.StartsOn), cmp.Compare(a.SellerRegion, b.SellerRegion),
			cmp.Compare(a.BuyerRegion, b.BuyerRegion), cmp.Compare(a.Pollutant, b.Pollutant), cmp.Compare(a.Kind, b.Kind))
	})
	return rows
}

// during are the rows of a period by the column of their instant.
func during(column string, from, to calendar.Instant, after int64) Query {
	return Query{}.And(column, Ge, int64(from)).And(column, Lt, int64(to)).Page(after, tradesPerStep)
}

// pageOfTrades turns rows into a page.
func pageOfTrades[R any](rows []R, after int64, as func(R) report.Trade) tradePage {
	p := tradePage{last: after, more: len(rows) == tradesPerStep}
	for i := range rows {
		p.trades = append(p.trades, as(rows[i]))
		p.last = idOf(&rows[i])
	}
	return p
}

// inYear is a trade with what its quantity costs in a year at a price, half-up at
// the fen. Of what is entered that is at most quantity.AmountMax.
func inYear(t report.Trade, p quantity.Price) (report.Trade, error) {
	var err error
	t.Annual, err = quantity.Outright(p, t.Quantity, quantity.HalfUp)
	t.AnnualRest = quantity.OutrightRest(p, t.Quantity, t.Annual)
	return t, err
}

// yearOf is what a year costs of what was paid for some months, half-up at the fen.
func yearOf(m quantity.Money, months int32) quantity.Money {
	return quantity.Money(must(quantity.MulDiv(int64(m), 12, 1, int64(max(months, 1)), quantity.HalfUp)))
}

// fillsOf reads the fills of the continuous markets. Their ids are in the order
// of time: nothing but the id is needed to find them.
func fillsOf(ctx context.Context, r Reader, _, to calendar.Instant, after int64) (tradePage, error) {
	p := tradePage{last: after}
	instruments, err := instrumentsOf(ctx, r)
	if err != nil {
		return p, err
	}
	var fills []market.Trade
	if err := r.Find(ctx, Trades.name, Query{}.Page(after, tradesPerStep), &fills); err != nil {
		return p, err
	}
	p.more = len(fills) == tradesPerStep
	for _, f := range fills {
		if f.At >= to {
			p.more = false
			break
		}
		p.last = f.ID
		t := tradeOfFill(f, instruments[f.Instrument])
		if f.Months > 0 {
			if t, err = inYear(t, f.Price); err != nil {
				return p, err
			}
		}
		p.trades = append(p.trades, t)
	}
	return p, nil
}

// tradeOfFill is a fill as a trade, without what it costs in a year.
func tradeOfFill(f market.Trade, i catalog.Instrument) report.Trade {
	t := report.Trade{
		Kind: report.Market, On: f.At.Date(), SellerRegion: f.SellerRegion, BuyerRegion: f.BuyerRegion,
		Pollutant: i.Pollutant, Trades: 1, Quantity: f.Quantity, Amount: f.Amount,
	}
	if i.OfCredits() {
		t.Kind = report.CreditMarket
	}
	return t
}

func instrumentsOf(ctx context.Context, r Reader) (map[int64]catalog.Instrument, error) {
	of := map[int64]catalog.Instrument{}
	err := eachOf(ctx, r, Instruments, Query{}, func(i catalog.Instrument) { of[i.ID] = i })
	return of, err
}

// tradeOfDeal is a deal as a trade, on the day of its settlement.
func tradeOfDeal(d settlement.Deal) report.Trade {
	t := report.Trade{
		Kind: report.DealLocal, On: d.SettledAt.Date(), SellerRegion: d.SellerRegion, BuyerRegion: d.BuyerRegion, Pollutant: d.Pollutant,
		Trades: 1, Quantity: d.Quantity, Amount: d.Amount,
	}
	if d.Kind == settlement.CrossRegion {
		t.Kind = report.DealCrossRegion
	}
	return must(inYear(t, d.Price))
}

// settlementsOf reads the deals that were settled, also those that were reversed later.
func settlementsOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	var deals []settlement.Deal
	err := r.Find(ctx, Deals.name, during("settled_at", max(from, 1), to, after), &deals)
	return pageOfTrades(deals, after, tradeOfDeal), err
}

// reversalsOf reads the reversals of deals.
func reversalsOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	var steps []settlement.DealStep
	q := during("at", from, to, after).And("event", Eq, string(settlement.Reverse))
	if err := r.Find(ctx, DealSteps.name, q, &steps); err != nil || len(steps) == 0 {
		return tradePage{last: after}, err
	}
	ids := make([]int64, len(steps))
	for i, s := range steps {
		ids[i] = s.Deal
	}
	var deals []settlement.Deal
	if err := r.Find(ctx, Deals.name, Query{}.And("id", In, ids), &deals); err != nil {
		return tradePage{last: after}, err
	}
	byID := map[int64]settlement.Deal{}
	for _, d := range deals {
		byID[d.ID] = d
	}
	return pageOfTrades(steps, after, func(s settlement.DealStep) report.Trade {
		return tradeOfDeal(byID[s.Deal]).Reversed(s.At.Date())
	}), nil
}

// salesOf reads the sales out of the reserve, on the day of their delivery. The
// payment of a renewal is no sale, and what an opening brought was sold before.
func salesOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	var sales []reserve.PaymentNotice
	err := r.Find(ctx, Notices.name, during("delivered_at", max(from, 1), to, after).And("renewal", Eq, int64(0)).And("opening", Eq, int64(0)), &sales)
	return pageOfTrades(sales, after, func(n reserve.PaymentNotice) report.Trade {
		return must(inYear(report.Trade{
			Kind: report.PrimarySale, On: n.DeliveredAt.Date(), SellerRegion: n.Region, BuyerRegion: n.Region, Pollutant: n.Pollutant,
			Trades: 1, Quantity: n.Quantity, Amount: n.Amount,
		}, n.Price))
	}), err
}

// judicialSalesOf reads the sales of permits by order of a court. Their price is not by year.
func judicialSalesOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	var sales []encumbrance.JudicialSale
	if err := r.Find(ctx, JudicialSales.name, during("recorded_at", from, to, after).And("series", Eq, int64(0)), &sales); err != nil || len(sales) == 0 {
		return tradePage{last: after}, err
	}
	instruments, err := instrumentsOf(ctx, r)
	if err != nil {
		return tradePage{last: after}, err
	}
	ids := make([]int64, len(sales))
	for i, s := range sales {
		ids[i] = s.BuyerLicence
	}
	var licences []catalog.Licence
	if err := r.Find(ctx, Licences.name, Query{}.And("id", In, ids), &licences); err != nil {
		return tradePage{last: after}, err
	}
	regions := map[int64]string{}
	for _, l := range licences {
		regions[l.ID] = l.Region
	}
	return pageOfTrades(sales, after, func(s encumbrance.JudicialSale) report.Trade {
		return report.Trade{
			Kind: report.JudicialSale, On: s.RecordedAt.Date(), SellerRegion: s.Region, BuyerRegion: regions[s.BuyerLicence],
			Pollutant: instruments[s.Instrument].Pollutant, Trades: 1, Quantity: s.Quantity, Amount: s.Amount,
		}
	}), nil
}

// buyBacksOf reads what was bought back, on the day it came into the reserve.
// What is reclaimed without payment is no trade.
func buyBacksOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	var bought []reserve.BuyBack
	err := r.Find(ctx, BuyBacks.name, during("booked_at", max(from, 1), to, after).And("reclaimed", Eq, false), &bought)
	return pageOfTrades(bought, after, func(b reserve.BuyBack) report.Trade {
		return report.Trade{
			Kind: report.BuyBack, On: b.BookedAt.Date(), SellerRegion: b.Region, BuyerRegion: b.Region, Pollutant: b.Pollutant,
			Trades: 1, Quantity: b.Quantity, Amount: b.Amount, Annual: yearOf(b.Amount, b.Months),
		}
	}), err
}

// revocationsOf reads what was taken back of sales because it was not paid for:
// it lowers the sales of its own day. What an opening brought was counted by
// no day.
func revocationsOf(ctx context.Context, r Reader, from, to calendar.Instant, after int64) (tradePage, error) {
	var plans []reserve.InstalmentPlan
	if err := r.Find(ctx, InstalmentPlans.name, during("revoked_at", max(from, 1), to, after), &plans); err != nil || len(plans) == 0 {
		return tradePage{last: after}, err
	}
	ids := make([]int64, len(plans))
	for i, p := range plans {
		ids[i] = p.Notice
	}
	var notices []reserve.PaymentNotice
	if err := r.Find(ctx, Notices.name, Query{}.And("id", In, ids), &notices); err != nil {
		return tradePage{last: after}, err
	}
	var parts []reserve.Instalment
	if err := r.Find(ctx, Instalments.name, Query{}.And("notice", In, ids), &parts); err != nil {
		return tradePage{last: after}, err
	}
	sold, paid := map[int64]reserve.PaymentNotice{}, map[int64]quantity.Money{}
	for _, n := range notices {
		sold[n.ID] = n
	}
	for _, i := range parts {
		paid[i.Plan] += i.Paid
	}
	page := pageOfTrades(plans, after, func(p reserve.InstalmentPlan) report.Trade {
		n := sold[p.Notice]
		return must(inYear(report.Trade{
			Kind: report.PrimarySale, On: p.RevokedAt.Date(), SellerRegion: n.Region, BuyerRegion: n.Region, Pollutant: n.Pollutant,
			Quantity: p.Revoked, Amount: n.Amount - paid[p.ID],
		}, n.Price)).Reversed(p.RevokedAt.Date())
	})
	at := 0
	for i, p := range plans {
		if sold[p.Notice].Opening == 0 {
			page.trades[at] = page.trades[i]
			at++
		}
	}
	page.trades = page.trades[:at]
	return page, nil
}
