package app

import (
	"cmp"
	"context"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// ExceptionQuery is which exceptions are asked for; empty fields do not restrict.
type ExceptionQuery struct {
	Kind   report.ExceptionKind
	Region string        // with the regions below it
	Month  calendar.Date // of the trades; its first day
	AsOf   calendar.Date // counts what was recorded up to the end of this day; 0: up to now
	Intake Finder        // the registry's own; nil: there is none
}

// exceptions collects what an auditor should look at.
type exceptions struct {
	app   *App
	ctx   context.Context //nolint:containedctx // of one walk
	r     Reader
	ref   *Reference // as r has its rows
	q     ExceptionQuery
	today calendar.Date
	known *knowledge // the thresholds
	found []report.Exception
}

// Exceptions returns what an auditor should look at, by kind and in a fixed
// order. That somebody is named is no finding.
func (a *App) Exceptions(ctx context.Context, q ExceptionQuery) ([]report.Exception, error) {
	if err := report.CheckDay("month", q.Month); err != nil {
		return nil, err
	}
	e := &exceptions{app: a, ctx: ctx, r: a.Reader(), q: q, today: a.Now().Date()}
	if e.q.AsOf >= e.today {
		e.q.AsOf = 0
	}
	if e.q.AsOf != 0 {
		past, err := a.ReaderAsOf(ctx, q.AsOf)
		if err != nil {
			return nil, err
		}
		e.r, e.today = past, q.AsOf
	}
	var err error
	if e.ref, err = a.ReferenceFor(ctx, e.r); err != nil {
		return nil, err
	}
	e.known = e.ref.known()
	for _, source := range []struct {
		kinds []report.ExceptionKind
		walk  func() error
	}{
		{[]report.ExceptionKind{report.SameContact, report.SameAccount}, e.bothSides},
		{[]report.ExceptionKind{report.PriceOutlier}, e.outliers},
		{[]report.ExceptionKind{report.SoonSale}, e.soonSales},
		{[]report.ExceptionKind{report.RuleOverridden}, e.overridden},
		{[]report.ExceptionKind{report.DecidedAlone}, e.decidedAlone},
		{[]report.ExceptionKind{report.DeliveryRefused}, e.deliveryRefused},
		{[]report.ExceptionKind{report.ListedSince}, e.listedSince},
		{[]report.ExceptionKind{report.DeadlineExpired}, e.pastDeadline},
	} {
		if q.Kind != "" && !slices.Contains(source.kinds, q.Kind) {
			continue
		}
		if err := source.walk(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(e.found, func(a, b report.Exception) int {
		return cmp.Or(cmp.Compare(slices.Index(report.ExceptionKinds, a.Kind), slices.Index(report.ExceptionKinds, b.Kind)), cmp.Compare(a.On, b.On))
	})
	return e.found, nil
}

// add keeps an exception that is asked for.
func (e *exceptions) add(x report.Exception) {
	inRegion := func(code string) bool { return catalog.IsWithin(code, e.q.Region, true) }
	if (e.q.Kind == "" || e.q.Kind == x.Kind) && (e.q.Region == "" || len(x.Regions) == 0 || slices.ContainsFunc(x.Regions, inRegion)) {
		e.found = append(e.found, x)
	}
}

// threshold is the value of a parameter for a pollutant on the last day of the
// month, in the region that is asked for.
func (e *exceptions) threshold(key rulebook.Key, pollutant string) quantity.Ratio {
	at := rulebook.Place{Region: e.q.Region, Pollutant: pollutant}
	_, value, _ := rulebook.Lookup(e.known, key, at, e.lastDay())
	return value
}

// soonDays is up to how many days after an allocation a sale is soon.
func (e *exceptions) soonDays(pollutant string) int {
	return int(e.threshold(rulebook.SoonDays, pollutant) / quantity.OneRatio)
}

// lastDay is the last day of the month, of which a past report knew what was so then.
func (e *exceptions) lastDay() calendar.Date {
	last := report.MonthEnd(e.q.Month).Date().AddDays(-1)
	if e.q.AsOf != 0 {
		last = min(last, e.today)
	}
	return last
}

// inMonth is a query for the rows of the month by the column of their instant.
func (e *exceptions) inMonth(column string) Query {
	return Query{}.And(column, Ge, int64(e.q.Month.Start())).And(column, Lt, int64(report.MonthEnd(e.q.Month)))
}

// settled calls each with the deals that were settled in the month.
func (e *exceptions) settled(each func(settlement.Deal)) error {
	return eachOf(e.ctx, e.r, Deals, e.inMonth("settled_at"), each)
}

func objects(table string, ids ...int64) []report.Object {
	out := make([]report.Object, len(ids))
	for i, id := range ids {
		out[i] = report.Object{Table: table, ID: id}
	}
	return out
}

func dealRegions(d settlement.Deal) []string { return []string{d.SellerRegion, d.BuyerRegion} }

// outliers finds the trades of the month whose price is far from the month's
// mean price of a year for the pollutant.
func (e *exceptions) outliers() error {
	lines, err := e.app.Statistics(e.ctx, report.Selection{Cycle: report.Monthly, From: e.q.Month, To: e.q.Month, By: report.ByPollutant}, e.today)
	if err != nil {
		return err
	}
	means := map[string]quantity.Price{}
	for _, l := range lines {
		if p, known := l.MeanAnnualPrice(); known {
			means[l.Pollutant] = p
		}
	}
	judge := func(o report.Object, p quantity.Price, pollutant string, at calendar.Instant, regions ...string) {
		if mean := means[pollutant]; report.Outlies(p, mean, e.threshold(rulebook.OutlierShare, pollutant)) {
			e.add(report.Exception{
				Kind: report.PriceOutlier, Regions: regions, On: at.Date(), Objects: []report.Object{o},
				Detail: p.String() + " CNY/(t·a); the mean of " + pollutant + " in the month is " + mean.String(),
			})
		}
	}
	if err := e.settled(func(d settlement.Deal) {
		judge(report.Object{Table: Deals.name, ID: d.ID}, d.Price, d.Pollutant, d.SettledAt, dealRegions(d)...)
	}); err != nil {
		return err
	}
	err = eachOf(e.ctx, e.r, Notices, e.inMonth("delivered_at").And("renewal", Eq, int64(0)), func(n reserve.PaymentNotice) {
		judge(report.Object{Table: Notices.name, ID: n.ID}, n.Price, n.Pollutant, n.DeliveredAt, n.Region)
	})
	if err != nil {
		return err
	}
	return e.eachOutlyingFill(means, func(t market.Trade, pollutant string) {
		judge(report.Object{Table: Trades.name, ID: t.ID}, t.Price, pollutant, t.At, t.SellerRegion, t.BuyerRegion)
	})
}

// eachOutlyingFill lets the database pick the fills, of which there are many.
func (e *exceptions) eachOutlyingFill(means map[string]quantity.Price, each func(market.Trade, string)) error {
	first, end, err := tradesWithin(e.ctx, e.r, e.q.Month.Start(), report.MonthEnd(e.q.Month))
	if err != nil {
		return err
	}
	for _, i := range ReadTable(e.ref, Instruments).All() {
		low, high := report.OutlierBounds(means[i.Pollutant], e.threshold(rulebook.OutlierShare, i.Pollutant))
		if means[i.Pollutant] == 0 {
			continue
		}
		fills := Query{After: first - 1}.And("id", Lt, end).And("instrument", Eq, i.ID).And("months", Gt, int64(0))
		for _, q := range []Query{fills.And("price", Lt, int64(low)), fills.And("price", Gt, int64(high))} {
			if err := eachOf(e.ctx, e.r, Trades, q, func(t market.Trade) { each(t, i.Pollutant) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// overridden finds what officers have set aside of what the registry asks for by
// itself, always with a reason: the check digit of an early code; the tax
// authority's list as the proof of a payment; the record of a full year's
// discharge as the base of a surplus that may be sold. No command takes an
// exception from any rule of law.
func (e *exceptions) overridden() error {
	add := func(region string, on calendar.Date, about []report.Object, detail string) {
		e.add(report.Exception{Kind: report.RuleOverridden, Regions: []string{region}, On: on, Objects: about, Detail: detail})
	}
	err := eachOf(e.ctx, e.r, Parties, Where("uscc_warning", true), func(p catalog.Party) {
		add(p.Region, 0, objects(Parties.name, p.ID), "the check digit of "+p.USCC+" is wrong and a leader has confirmed it")
	})
	if err != nil {
		return err
	}
	if err := e.unlisted(add); err != nil {
		return err
	}
	q := e.inMonth("recorded_at").And("outcome", Eq, string(reserve.MayBeSold)).And("no_year", Ne, "")
	return eachOf(e.ctx, e.r, SurplusVerifications, q, func(s reserve.SurplusVerification) {
		add(s.Region, s.RecordedAt.Date(), objects(SurplusVerifications.name, s.ID), "surplus was verified for sale without a year's discharge: "+s.NoYear)
	})
}

// unlisted finds the payments that finance has confirmed and that no list of
// the tax authority had: whole ones by the day of the word, parts by the day of
// their payment.
func (e *exceptions) unlisted(add func(region string, on calendar.Date, about []report.Object, detail string)) error {
	const detail = "finance has confirmed a payment that no list had: "
	err := eachOf(e.ctx, e.r, Sales, e.inMonth("confirmed_at"), func(s reserve.Sale) {
		add(s.Region, s.ConfirmedAt.Date(), objects(Notices.name, s.Notice), detail+s.Confirmation)
	})
	if err != nil {
		return err
	}
	parts := Query{}.And("paid_on", Ge, int64(e.q.Month)).And("paid_on", Lt, int64(report.MonthEnd(e.q.Month).Date())).And("confirmation", Ne, "")
	var found []reserve.Instalment
	if err := eachOf(e.ctx, e.r, Instalments, parts, func(i reserve.Instalment) { found = append(found, i) }); err != nil {
		return err
	}
	for _, i := range found {
		var of []reserve.Sale
		if err := e.r.Find(e.ctx, Sales.name, Where("notice", i.Notice), &of); err != nil {
			return err
		}
		add(of[0].Region, i.PaidOn, append(objects(Notices.name, i.Notice), objects(Instalments.name, i.ID)...), detail+i.Confirmation)
	}
	return nil
}
