package main

import (
	"context"
	"fmt"

	"permitx/api"
)

// government fills the basic accounts and says which regions may deal.
func (t *story) government(ctx context.Context) error {
	for _, r := range t.regions {
		for _, account := range []struct{ pollutant, cap, reserve string }{{vocs, r.vocs, r.vocsReserve}, {nh3n, r.nh3n, r.nh3nReserve}} {
			if err := t.basicAccount(ctx, r, account.pollutant, account.cap, account.reserve); err != nil {
				return fmt.Errorf("%s %s: %w", r.name, account.pollutant, err)
			}
		}
		t.say("%s %s  caps: VOCs %s t/a (reserve %s), NH3-N %s t/a (reserve %s)", r.code, r.name, r.vocs, r.vocsReserve, r.nh3n, r.nh3nReserve)
	}
	if err := t.pairs(ctx); err != nil {
		return err
	}
	for _, i := range []struct{ pollutant, end string }{
		{vocs, t.termEnd.String()}, {nh3n, t.termEnd.String()}, {vocs, t.oldTermEnd.String()},
	} {
		made, err := answer[api.Instrument](read(t.admin.CreateInstrument(ctx, &api.CreateInstrumentParams{IdempotencyKey: commandKey()},
			api.InstrumentInput{Pollutant: &i.pollutant, TermEnd: &i.end})))
		if err != nil {
			return fmt.Errorf("instrument %s %s: %w", i.pollutant, i.end, err)
		}
		t.say("Instrument %s: %d months left today", made.Code, *made.MonthsLeft)
	}
	if err := t.calendar(ctx); err != nil {
		return err
	}
	return t.openMarket(ctx)
}

// calendar makes sure that the days to pay can be reckoned: none is promised
// in a year whose holidays are not published.
func (t *story) calendar(ctx context.Context) error {
	years := []api.Year{t.today.Year()}
	if next := t.today.AddMonths(3).Year(); next != years[0] { // the sale's days to sign and pay
		years = append(years, next)
	}
	for _, year := range years {
		y, err := answer[api.CalendarYear](read(t.admin.GetCalendarYear(ctx, year)))
		if err == nil && y.Published {
			continue
		}
		_, err = answer[api.CalendarYear](read(t.admin.PublishCalendarYear(ctx, &api.PublishCalendarYearParams{IdempotencyKey: commandKey()},
			api.CalendarYearInput{Year: year, Source: made("节假日安排"), Days: []api.CalendarDay{}})))
		if err != nil {
			return fmt.Errorf("calendar of %d: %w", year, err)
		}
		t.say("Calendar of %d: its notice is not in the program, so the demo makes one up, without holidays", year)
	}
	return nil
}

// basicAccount decides a cap and moves a part of it into the reserve: the
// clerk proposes, the leader approves.
func (t *story) basicAccount(ctx context.Context, r *demoRegion, pollutant, limit, reserve string) error {
	_, err := approved[api.CapDecision](ctx, r.leader)(read(r.clerk.DecideCap(ctx, &api.DecideCapParams{IdempotencyKey: commandKey()}, api.CapDecisionInput{
		Region: r.code, Pollutant: pollutant, Change: limit, DecidedOn: t.monthsAgo(12), Document: made("总量控制指标 " + r.code + " " + pollutant),
	})))
	if err != nil {
		return err
	}
	_, err = approved[api.ReserveMovement](ctx, r.leader)(read(r.clerk.MoveReserve(ctx, &api.MoveReserveParams{IdempotencyKey: commandKey()}, api.ReserveMovementInput{
		Region: r.code, Pollutant: pollutant, Direction: api.ReserveDirectionToReserve, Quantity: reserve,
		Document: made("政府储备 " + r.code + " " + pollutant),
	})))
	return err
}

// pairs lets the four regions of the pilot deal in VOCs, in every direction.
// What the pilot's rules really say is not public.
func (t *story) pairs(ctx context.Context) error {
	for _, seller := range pilot {
		for _, buyer := range pilot {
			if seller == buyer {
				continue
			}
			_, err := approved[api.RegionPair](ctx, t.admin)(read(t.upper.CreateRegionPair(ctx, &api.CreateRegionPairParams{IdempotencyKey: commandKey()}, api.RegionPairInput{
				Pollutant: vocs, SellerRegion: seller, BuyerRegion: buyer, Coefficient: "1", ValidFrom: "2024-06-01", Document: pilotUnknown,
				Approvals: []api.Approver{api.ApproverSellerBureau, api.ApproverBuyerBureau, api.ApproverUpper},
			})))
			if err != nil && !isProblem(err, "region_pair.exists") {
				return fmt.Errorf("pair %s to %s: %w", seller, buyer, err)
			}
		}
	}
	for _, code := range pilot {
		_, err := answer[api.Attainment](read(t.upper.RecordAttainment(ctx, &api.RecordAttainmentParams{IdempotencyKey: commandKey()}, api.AttainmentInput{
			Region: code, Pollutant: vocs, Year: t.today.Year() - 1, Attained: true, Document: made("环境质量目标完成情况"),
		})))
		if err != nil {
			return fmt.Errorf("attainment of %s: %w", code, err)
		}
	}
	t.say("Pairs that may deal: the pilot of 2024, %v, VOCs only; both bureaus and the body above approve. Its rules are not public:", pilot)
	t.say("coefficient 1, offset ratio 1 (the targets of last year were attained: made up) are project defaults.")
	return nil
}

// openMarket opens a market of one region: no cap moves by its trades.
func (t *story) openMarket(ctx context.Context) error {
	m, err := answer[api.Market](read(t.admin.CreateMarket(ctx, &api.CreateMarketParams{IdempotencyKey: commandKey()}, api.MarketInput{
		Code: marketID, Name: "嘉善VOCs连续交易（演示）", Pollutant: new(vocs), Regions: []string{jiashan}, LotSize: "0.001", Tick: "1",
		PriceBasis: api.PriceBasisPerYear, ValidFrom: t.monthsAgo(1),
	})))
	if err != nil {
		return fmt.Errorf("open the market: %w", err)
	}
	t.say("Market %s: lots of %s t/a, ticks of CNY %s/(t·a)", m.Code, m.LotSize, m.Tick)
	return nil
}

// enterprises registers the firms and gives them what they begin with.
func (t *story) enterprises(ctx context.Context) error {
	for n, f := range t.cast.all() {
		if err := t.register(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		t.say("%s %s  %s, licence %s001P", f.region, t.region(f.region).name, f.name, f.uscc)
		for _, o := range f.openings {
			if err := t.takeOver(ctx, f, o); err != nil {
				return fmt.Errorf("%s: balance of %s: %w", f.name, o.pollutant, err)
			}
		}
		if f.surplus != "" {
			if err := t.verify(ctx, f); err != nil {
				return fmt.Errorf("%s: surplus: %w", f.name, err)
			}
		}
		if f.deposit != "" {
			if err := t.pay(ctx, f, n); err != nil {
				return fmt.Errorf("%s: deposit: %w", f.name, err)
			}
		}
	}
	if err := t.bankStatement(ctx); err != nil {
		return fmt.Errorf("bank statement: %w", err)
	}
	var err error
	t.before, err = t.basicAccounts(ctx)
	return err
}

// takeOver enters a balance from an older register, with its acquisition.
func (t *story) takeOver(ctx context.Context, f *firm, o opening) error {
	in := api.AllocationInput{
		Licence: f.licence, Instrument: t.instrument(o.pollutant, o.old), Kind: api.AllocationKindOpening, From: api.CapPartUnallocated,
		Origin: o.origin, Quantity: o.quantity, AcquiredOn: t.monthsAgo(o.monthsAgo), Document: made("原登记系统结转"),
	}
	price := "price not known: may not be sold"
	switch {
	case o.price != "":
		in.Price, price = &o.price, "at CNY "+o.price+"/(t·a)"
	case o.origin == api.OriginFree:
		price = "may not be sold"
	case o.origin == api.OriginUnknown:
		price = "origin not known: may not be sold"
	}
	a, err := approved[api.Allocation](ctx, t.region(f.region).leader)(read(t.region(f.region).clerk.AllocatePermits(ctx, &api.AllocatePermitsParams{IdempotencyKey: commandKey()}, in)))
	if err == nil {
		t.say("    holds %s t/a of %s, %s, of %s, %s", a.Quantity, a.Instrument, a.Origin, a.AcquiredOn, price)
	}
	return err
}

// verify records the bureau's finding that a part of the permits is surplus.
func (t *story) verify(ctx context.Context, f *firm) error {
	noYear := "the register took the licence over without records of its discharge"
	s, err := answer[api.SurplusVerification](read(t.region(f.region).leader.VerifySurplus(ctx, &api.VerifySurplusParams{IdempotencyKey: commandKey()},
		api.SurplusVerificationInput{
			Licence: f.licence, Pollutant: vocs, Quantity: f.surplus, Rung: api.VerificationRungLicenceAmount, Monitored: true, TaskDone: true,
			VerifiedOn: t.monthsAgo(1), Document: made("富余排污权核定"), NoYear: &noYear,
		})))
	if err == nil {
		t.say("    verified surplus: %s t/a of %s", s.Quantity, s.Pollutant)
	}
	return err
}
