package app

import (
	"strings"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// The formula names the days of a term only where all of its months are paid for.
func TestPriceQuote_Formula(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i := o.instrument()
	q := PriceQuote{Kind: PriceOfDeal, Quantity: one, Price: yuan(2400)}
	whole, err := o.app.PriceQuoteOf(q, i.Code, "")
	if err != nil || !strings.Contains(whole.Formula(), " months from 2026-07-01 to "+i.TermEnd.String()+", a part month counted as one") {
		t.Errorf("%v, %s", err, whole.Formula())
	}
	q.Months = 37
	part, err := o.app.PriceQuoteOf(q, i.Code, "")
	want := "1 t/a × CNY 2400/(t·a) × 37 / 12 = CNY 7400.00, rounded half-up to the fen (37 months)"
	if err != nil || whole.Months <= 37 || part.Formula() != want || part.Amount != quantity.Money(7400_00) {
		t.Errorf("%v, %d, %s", err, whole.Months, part.Formula())
	}
}

// A lease is quoted for as many months as the command takes: by the row of its lessor's region and industry.
func TestPriceQuote_LeaseMonths(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	lessor, lessee := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 100_000_00)
	k.lasts(rulebook.LeaseMost, jiaxing, "6")
	k.does(k.leader, ParameterSet{Key: rulebook.LeaseMost, Region: jiaxing, Industry: "2319", Value: "18", ValidFrom: 20260701, Document: "months"})
	quoted := func(region, industry string, months int) error {
		q := PriceQuote{Kind: PriceOfLease, Quantity: one, Price: yuan(1000), Months: months, Region: region, Industry: industry}
		_, err := k.app.PriceQuoteOf(q, k.inst.Code, "")
		return err
	}
	for _, c := range []struct {
		region, industry string
		most             int
	}{{"", "", 12}, {jiashan, "", 6}, {jiashan, "2319", 18}, {jiashan, "2311", 6}, {"", "2319", 12}, {qingpu, "2319", 12}} {
		if err := quoted(c.region, c.industry, c.most); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if err := quoted(c.region, c.industry, c.most+1); !isFault(err, invalid) {
			t.Errorf("%+v: a month more: %v", c, err)
		}
	}
	if err := quoted("990000", "", 1); !isFault(err, invalid) {
		t.Errorf("of no region: %v", err)
	}
	for _, q := range []PriceQuote{{Region: jiashan}, {Industry: "2319"}} {
		q.Kind, q.Quantity, q.Price = PriceOfDeal, one, yuan(1000)
		if _, err := k.app.PriceQuoteOf(q, k.inst.Code, ""); !isFault(err, invalid) {
			t.Errorf("a deal by %s%s: %v", q.Region, q.Industry, err)
		}
	}
	lease := k.leaseOf(lessor, lessee, one)
	lease.Months = 19
	k.refuses(lessor.user, lease, rulebook.ErrLeaseMonths)
	lease.Months = 18
	k.does(lessor.user, lease)
}

// An order is quoted with the buyer's fee by today's schedule of its market, and what
// is held for it is the total of the quote. A price that is outright has no months.
func TestPriceQuote_Fee(t *testing.T) {
	t.Parallel()
	o := stateFunded(t)
	q := PriceQuote{Kind: PriceOfOrder, Quantity: 100_000 * one, Price: yuan(60)}
	got, err := o.app.PriceQuoteOf(q, o.inst.Code, "")
	if err != nil || got.Market.Code != ticks || got.Months != 0 || got.Amount.String() != "6000000.00" || got.Fee.String() != "87500.00" || got.Total.String() != "6087500.00" {
		t.Errorf("%+v %v", got, err)
	}
	if want := "100000 t × CNY 60/t = CNY 6000000.00, rounded down to the fen"; got.Formula() != want {
		t.Errorf("%s", got.Formula())
	}
	if want := "CNY 5000000.00 × 0.015 + CNY 1000000.00 × 0.0125, at least CNY 1000.00 = CNY 87500.00, rounded half-up to the fen"; got.FeeFormula != want {
		t.Errorf("%s", got.FeeFormula)
	}
	o.places(1, market.Buy, "60.00", 100_000)
	if held := o.held(1); held != got.Total {
		t.Errorf("%s is held; quoted %s", held, got.Total)
	}
	q.StateFunded = true
	if free, err := o.app.PriceQuoteOf(q, o.inst.Code, ticks); err != nil || free.Fee != 0 || free.Total != free.Amount || free.FeeFormula != "no fee: the state funds the party wholly" {
		t.Errorf("%+v %v", free, err)
	}
	q = PriceQuote{Kind: PriceOfDeal, Quantity: one, Price: yuan(60)}
	if deal, err := o.app.PriceQuoteOf(q, o.inst.Code, ""); err != nil || deal.Months == 0 || deal.Fee != 0 || deal.Total != deal.Amount || deal.FeeFormula == "" {
		t.Errorf("%+v %v", deal, err)
	}
	if _, err := o.app.PriceQuoteOf(q, o.inst.Code, ticks); !isFault(err, invalid) {
		t.Errorf("a deal in a market: %v", err)
	}
	q.Kind = PriceOfBlock
	if _, err := o.app.PriceQuoteOf(q, o.inst.Code, "NONE"); !isFault(err, invalid) {
		t.Errorf("in no market: %v", err)
	}
	o.does(o.admin, MarketOpen{
		Code: "YEAR", Name: "by the year", Pollutant: vocs, Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice, PriceBasis: catalog.PerYear,
	})
	if either, err := o.app.PriceQuoteOf(q, o.inst.Code, ""); err != nil || either.KnowsFee() || either.FeeFormula != "not known: 2 markets trade it, name one: "+ticks+", YEAR" {
		t.Errorf("in one of two markets: %+v %v", either, err)
	}
	o.does(o.admin, MarketState{Market: ticks, State: catalog.MarketClosed, Reason: "r"})
	if left, err := o.app.PriceQuoteOf(q, o.inst.Code, ""); err != nil || left.Market.Code != "YEAR" {
		t.Errorf("in the one that is not closed: %+v %v", left, err)
	}
	if year, err := o.app.PriceQuoteOf(q, o.inst.Code, "YEAR"); err != nil || year.Months == 0 || year.FeeFormula != "no fee" || year.Total != year.Amount {
		t.Errorf("%+v %v", year, err)
	}
}

// Credits are quoted as they are ordered: outright, with the fee, and for no months.
func TestPriceQuote_Credits(t *testing.T) {
	t.Parallel()
	f := openBlockFloor(t, 1, MarketTerms{})
	f.does(f.admin, FeeScheduleSet{Market: "JXCP", Scheme: market.Chengdu, ValidFrom: f.now.get().Date().AddDays(1), Document: "d"})
	f.now.set(f.now.get().Date().AddDays(1).Start())
	f.settle()
	for _, kind := range []PriceQuoteKind{PriceOfOrder, PriceOfBlock} {
		q, err := f.app.PriceQuoteOf(PriceQuote{Kind: kind, Quantity: 650 * one, Price: yuan(40)}, f.inst.Code, "")
		if err != nil || q.Months != 0 || q.Amount.String() != "26000.00" || q.Fee.String() != "260.00" || q.Total.String() != "26260.00" {
			t.Errorf("%s: %+v %v", kind, q, err)
		}
		if want := "650 t × CNY 40/t = CNY 26000.00, rounded down to the fen"; q.Formula() != want {
			t.Errorf("%s: %s", kind, q.Formula())
		}
	}
	if _, err := f.app.PriceQuoteOf(PriceQuote{Kind: PriceOfDeal, Quantity: one, Price: yuan(40)}, f.inst.Code, ""); !isFault(err, ErrInstrumentOfCredits) {
		t.Errorf("a deal: %v", err)
	}
	if _, err := f.app.PriceQuoteOf(PriceQuote{Kind: PriceOfOrder, Quantity: one, Price: yuan(40), Months: 1}, f.inst.Code, ""); !isFault(err, invalid) {
		t.Errorf("by the month: %v", err)
	}
}
