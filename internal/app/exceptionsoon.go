package app

import (
	"maps"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/market"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// givenPermits are permits that a licence was given.
type givenPermits struct {
	object report.Object
	party  int64
	region string
	on     calendar.Date
}

// soonSales is the search for what licences sold in the month soon after permits of
// the pollutant were given to them.
type soonSales struct {
	*exceptions
	given map[surplusKey][]givenPermits
}

// soonSales finds what licences sold in the month soon after permits of the
// pollutant were allocated to them, or guaranteed out of an earmark. A balance that
// was taken over from an older register was given long before.
func (e *exceptions) soonSales() error {
	s := soonSales{e, map[surplusKey][]givenPermits{}}
	if err := s.allGiven(); err != nil || len(s.given) == 0 {
		return err
	}
	err := e.settled(func(d settlement.Deal) {
		s.judge(report.Object{Table: Deals.name, ID: d.ID}, surplusKey{d.SellerLicence, d.Pollutant}, d.SettledAt.Date(), dealRegions(d))
	})
	if err != nil {
		return err
	}
	err = eachOf(e.ctx, e.r, Blocks, e.inMonth("proposed_at").And("trade", Gt, int64(0)).And("seller_licence", Gt, int64(0)), func(b market.Block) {
		i, _ := ReadTable(e.ref, Instruments).Get(b.Instrument)
		s.judge(report.Object{Table: Blocks.name, ID: b.ID}, surplusKey{b.SellerLicence, i.Pollutant}, b.ProposedAt.Date(), []string{b.SellerRegion, b.BuyerRegion})
	})
	if err != nil {
		return err
	}
	return s.eachSell()
}

// allGiven reads what was given since the longest time ago that is soon.
func (s soonSales) allGiven() error {
	longest := 0
	for _, p := range ReadTable(s.ref, Pollutants).All() {
		longest = max(longest, s.soonDays(p.Code))
	}
	since := func(column string) Query {
		return Query{}.And(column, Ge, int64(s.q.Month.AddDays(-longest).Start())).And(column, Lt, int64(report.MonthEnd(s.q.Month)))
	}
	err := eachOf(s.ctx, s.r, Allocations, since("recorded_at").And("kind", Ne, string(reserve.Opening)), func(a reserve.Allocation) {
		s.add(surplusKey{a.Licence, a.Pollutant}, givenPermits{report.Object{Table: Allocations.name, ID: a.ID}, a.Party, a.Region, a.RecordedAt.Date()})
	})
	if err != nil {
		return err
	}
	guaranteed := func(a reserve.EarmarkAllocation, at calendar.Instant) {
		s.add(surplusKey{a.Licence, a.Pollutant}, givenPermits{report.Object{Table: EarmarkAllocations.name, ID: a.ID}, a.Party, a.Region, at.Date()})
	}
	free := since("recorded_at").And("notice", Eq, int64(0))
	if err := eachOf(s.ctx, s.r, EarmarkAllocations, free, func(a reserve.EarmarkAllocation) { guaranteed(a, a.RecordedAt) }); err != nil {
		return err
	}
	delivered := map[int64]calendar.Instant{} // by notice
	err = eachOf(s.ctx, s.r, Notices, since("delivered_at"), func(n reserve.PaymentNotice) { delivered[n.ID] = n.DeliveredAt })
	if err != nil {
		return err
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(delivered)), partiesPerRead) {
		err := eachOf(s.ctx, s.r, EarmarkAllocations, Query{}.And("notice", In, part), func(a reserve.EarmarkAllocation) { guaranteed(a, delivered[a.Notice]) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (s soonSales) add(to surplusKey, g givenPermits) { s.given[to] = append(s.given[to], g) }

// judge finds a sale that is soon after something was given to its seller.
func (s soonSales) judge(o report.Object, seller surplusKey, on calendar.Date, regions []string) {
	for _, g := range s.given[seller] {
		if days := g.on.DaysUntil(on); days >= 0 && days <= s.soonDays(seller.pollutant) {
			s.exceptions.add(report.Exception{
				Kind: report.SoonSale, Regions: regions, On: on, Objects: []report.Object{o, g.object},
				Detail: "sold " + seller.pollutant + " that its licence was allocated on " + g.on.String(),
			})
			return
		}
	}
}

// eachSell judges the sells placed in the month, of the parties that were given
// permits, of which something was filled.
func (s soonSales) eachSell() error {
	parties := map[int64]string{} // with the region where they were given
	for _, all := range s.given {
		parties[all[0].party] = all[0].region
	}
	instruments := ReadTable(s.ref, Instruments)
	for _, party := range slices.Sorted(maps.Keys(parties)) {
		q := s.inMonth("placed_at").And("party", Eq, party).And("side", Eq, int64(market.Sell))
		err := eachOf(s.ctx, s.r, Orders, q, func(o market.Record) {
			i, _ := instruments.Get(o.Instrument)
			if o.Remaining < o.Quantity {
				s.judge(report.Object{Table: Orders.name, ID: o.ID}, surplusKey{o.Licence, i.Pollutant}, o.PlacedAt.Date(), []string{parties[party]})
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
