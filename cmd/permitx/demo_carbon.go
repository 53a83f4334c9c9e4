package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// carbonNote goes with the figures of the scheme.
const carbonNote = "Known are the 52 g of a bus ride and the 137 g of a metro ride; the scheme, its roofs, participants and prices are made up."

// The scheme's day.
const (
	schemeCode   = "JXCP"
	activities   = 10_000
	duplicateOf  = 40 // every 40th line repeats the one 39 lines before
	offeredTonne = "20"
	retiredKg    = 5000
	claimDays    = 2 // after which an activity may be declared
)

// scenario is what the scheme counts of the day's activities in turn.
type scenario struct {
	code, input, unit, amount string // what one activity measures
	factor, factorUnit        string // kgCO2e for one
	from, to                  string // of the day
}

var scenarios = []scenario{
	{"BUS", "rides", "ride", "1", "0.052", "kgCO2e/ride", "18:00:00", "18:30:00"},
	{"METRO", "rides", "ride", "1", "0.137", "kgCO2e/ride", "08:00:00", "08:40:00"},
	{"ROOF", "energy", "kWh", "20", "0.57", "kgCO2e/kWh", "09:00:00", "16:00:00"},
}

// carbonFigure is what the scheme's day came to.
type carbonFigure struct {
	Accepted      int               `json:"accepted"`
	Duplicates    int               `json:"duplicates"`
	Refused       int               `json:"refused"`
	Reduced       string            `json:"reduced"` // kgCO2e
	Issued        int64             `json:"issued"`  // kgCO2e, whole units
	Carried       string            `json:"carried"` // kgCO2e, into the next month
	Sold          string            `json:"sold"`    // t
	ClearingPrice string            `json:"clearing_price"`
	Traded        creditTradeFigure `json:"traded"`
	Retired       int64             `json:"retired"` // kgCO2e
	Certificate   string            `json:"certificate_serial"`
	Note          string            `json:"note"`
}

// carbonDay is a scheme with those who run it.
type carbonDay struct {
	owner              *firm
	operator, verifier *actor
	chief              *actor // approves methodologies, which are of no region
	scheme             api.ID
	day                calendar.Date
	series             api.ID
}

// carbon tells a day of a scheme, from its activities to a retirement.
func (t *story) carbon(ctx context.Context) error {
	t.say("%s", carbonNote)
	t.counted = carbonFigure{Note: carbonNote}
	c := &carbonDay{day: min(t.today.AddDays(-t.today.Day()), t.today.AddDays(-claimDays))} // of the month before
	for _, step := range []struct {
		name string
		take func(context.Context, *carbonDay) error
	}{
		{"register", t.registerScheme}, {"activities", t.submitDay}, {"issue", t.issueMonth}, {"sell", t.sellCredits}, {"trade", t.tradeCredits}, {"retire", t.retireCredits},
	} {
		if err := step.take(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// registerScheme registers the scheme, its methodologies and scenarios; a leader approves each.
func (t *story) registerScheme(ctx context.Context, c *carbonDay) (err error) {
	r := t.jiaxing
	c.owner = &firm{name: "嘉兴碳普惠运营（示例企业）", uscc: madeUpUSCC(jiaxing, 90), region: jiaxing, industry: "7512"}
	if err := t.register(ctx, c.owner); err != nil {
		return err
	}
	if c.operator, err = t.join(ctx, "碳普惠运营系统", api.GrantInput{Role: api.RoleOperator, Region: &r.code, Party: &c.owner.party}); err != nil {
		return err
	}
	if c.verifier, err = t.join(ctx, "碳普惠核查员", api.GrantInput{Role: api.RoleVerifier, Region: &r.code}); err != nil {
		return err
	}
	if c.chief, err = t.join(ctx, "碳普惠方法学主管", api.GrantInput{Role: api.RoleBureauLeader}); err != nil {
		return err
	}
	from := calendar.NewDate(c.day.Year(), 1, 1).String()
	scheme, err := approved[api.CarbonScheme](ctx, r.leader)(read(r.clerk.RegisterCarbonScheme(ctx, &api.RegisterCarbonSchemeParams{IdempotencyKey: commandKey()},
		api.CarbonSchemeInput{Code: schemeCode, Name: "嘉兴碳普惠（演示）", Region: r.code, Operator: c.owner.party, SerialUnit: "1", Salt: "DEMO", ValidFrom: from, Source: "project default"})))
	if err != nil {
		return err
	}
	c.scheme = scheme.ID
	for _, s := range scenarios {
		if err := t.registerScenario(ctx, c, s, from); err != nil {
			return fmt.Errorf("%s: %w", s.code, err)
		}
	}
	t.say("Scheme %s counts %d kinds of activities in units of 1 kgCO2e; what is less is carried into the next month", schemeCode, len(scenarios))
	return nil
}

func (t *story) registerScenario(ctx context.Context, c *carbonDay, s scenario, from api.Date) error {
	r := t.jiaxing
	_, err := approved[api.Methodology](ctx, c.chief)(read(r.clerk.RegisterMethodology(ctx, &api.RegisterMethodologyParams{IdempotencyKey: commandKey()},
		api.MethodologyInput{
			Code: s.code, Version: 1, Name: s.code, Formula: s.input + " * factor", ResultUnit: api.MethodologyInputResultUnitKgCO2E, RoundTo: "0.000001",
			Rounding: api.CarbonRoundingDown, Most: "1000", ValidFrom: from, Source: made("方法学"),
			Inputs:  []api.MethodologyVariable{{Name: s.input, Unit: s.unit, Least: "0", Most: "100"}},
			Factors: []api.MethodologyFactor{{Name: "factor", Unit: s.factorUnit, Value: s.factor, Source: carbonNote}},
		})))
	if err != nil {
		return err
	}
	_, err = approved[api.Scenario](ctx, r.leader)(read(r.clerk.RegisterScenario(ctx, &api.RegisterScenarioParams{IdempotencyKey: commandKey()},
		api.ScenarioInput{Scheme: c.scheme, Code: s.code, Name: s.code, Methodology: s.code, ClaimFrom: claimDays, ClaimTo: 366, ValidFrom: from, Source: "project default: the demo looks back"})))
	return err
}

// submitDay sends the day in one batch, and sends it again.
func (t *story) submitDay(ctx context.Context, c *carbonDay) error {
	var body strings.Builder
	for n := range activities {
		of := n
		if n%duplicateOf == duplicateOf-1 {
			of -= duplicateOf - 1
		}
		s := scenarios[of%len(scenarios)]
		day := fmt.Sprintf("%04d-%02d-%02d", c.day.Year(), c.day.Month(), c.day.Day())
		fmt.Fprintf(&body, `{"source_id":"%d","scenario":%q,"participant":"%032x","from":"%sT%s+08:00","to":"%sT%s+08:00","inputs":[{"name":%q,"value":%q,"unit":%q}],"evidence":"%064x"}`+"\n",
			of, s.code, of/len(scenarios), day, s.from, day, s.to, s.input, s.amount, s.unit, of)
	}
	key := commandKey()
	for _, again := range []bool{false, true} {
		got, err := answer[api.ActivityBatch](read(c.operator.SubmitActivityBatchWithBody(ctx,
			&api.SubmitActivityBatchParams{Scheme: c.scheme, IdempotencyKey: key}, "application/x-ndjson", strings.NewReader(body.String()))))
		if err != nil {
			return err
		}
		if again {
			t.say("The same batch again gets the same answer, number %d", got.ID)
			continue
		}
		t.counted.Accepted, t.counted.Duplicates, t.counted.Refused, t.counted.Reduced = int(got.Accepted), int(got.Duplicates), int(got.Refused), got.Amount
		t.say("%d activities of %s in one batch: %d accepted, %d planted duplicates found, %d refused; %s kgCO2e",
			activities, c.day, got.Accepted, got.Duplicates, got.Refused, got.Amount)
	}
	return nil
}

// issueMonth closes the month; what the intake delivers is verified by one person and issued by another.
func (t *story) issueMonth(ctx context.Context, c *carbonDay) error {
	_, err := answer[struct{}](read(c.verifier.ClosePool(ctx, &api.ClosePoolParams{IdempotencyKey: commandKey()},
		api.PoolCloseInput{Scheme: c.scheme, Month: fmt.Sprintf("%04d-%02d", c.day.Year(), c.day.Month()), Early: new(true)})))
	if err != nil {
		return err
	}
	var found []api.Issuance
	err = await(ctx, "the delivery of the month", func() (bool, error) {
		p, err := answer[api.IssuancePage](read(t.jiaxing.leader.ListIssuances(ctx, &api.ListIssuancesParams{Scheme: &c.scheme})))
		found = p.Items
		return len(found) == len(scenarios), err
	})
	if err != nil {
		return err
	}
	for _, i := range found {
		if _, err := answer[api.IssuanceSample](read(c.verifier.GetIssuanceSample(ctx, i.ID))); err != nil {
			return err
		}
		_, err := answer[api.Issuance](read(c.verifier.StepIssuance(ctx, i.ID, &api.StepIssuanceParams{IdempotencyKey: commandKey()},
			api.IssuanceStepInput{Event: api.IssuanceEventVerify, Document: as(made("核查报告"))})))
		if err != nil {
			return err
		}
		done, err := answer[api.Issuance](read(t.jiaxing.leader.StepIssuance(ctx, i.ID, &api.StepIssuanceParams{IdempotencyKey: commandKey()},
			api.IssuanceStepInput{Event: api.IssuanceEventIssue})))
		if err != nil {
			return err
		}
		t.counted.Issued += done.Units
		t.say("    %s: %d kgCO2e, of the evidence the pieces %.30s… were looked at", orElse(done.Serial, ""), done.Units, orElse(done.Sample, ""))
	}
	return nil
}

// sellCredits sells tonnes of the pool in a uniform-price auction, paid through the ledger.
func (t *story) sellCredits(ctx context.Context, c *carbonDay) error {
	series, err := answer[api.CreditSeriesPage](read(t.auditor.ListCreditSeries(ctx, &api.ListCreditSeriesParams{})))
	if err != nil || len(series.Items) == 0 {
		return fmt.Errorf("no series: %w", err)
	}
	c.series = series.Items[len(series.Items)-1].ID
	o, err := t.offerCredits(ctx, c)
	if err != nil {
		return err
	}
	bids := []struct {
		b        *bidder
		price, q string
	}{{t.bidders[0], "62", "12"}, {t.bidders[1], "55", "6"}, {t.bidders[2], "48", "9"}}
	for _, x := range bids {
		_, err := answer[api.Registration](read(x.b.handler.RegisterBidder(ctx, o.ID, &api.RegisterBidderParams{IdempotencyKey: commandKey()}, api.RegistrationInput{Party: &x.b.party})))
		if err != nil {
			return err
		}
	}
	opens, err := instantOf(o.OpensAt)
	if err == nil {
		err = t.until(ctx, opens.Add(5*time.Minute))
	}
	if err != nil {
		return err
	}
	if _, err := t.offerIn(ctx, o.ID, api.AuctionStateBidding); err != nil {
		return err
	}
	for _, x := range bids {
		_, err := answer[api.QuoteReceipt](read(x.b.handler.PlaceQuote(ctx, o.ID, &api.PlaceQuoteParams{IdempotencyKey: commandKey()},
			api.QuoteInput{Steps: []api.QuoteStep{{Price: x.price, Quantity: as(x.q)}}})))
		if err != nil {
			return err
		}
	}
	if err := t.until(ctx, opens.Add(saleWindow)); err != nil {
		return err
	}
	return t.settleCredits(ctx, o)
}

// offerCredits puts the tonnes up, on the first working day from when their notice has stood.
func (t *story) offerCredits(ctx context.Context, c *carbonDay) (o api.AuctionOffer, err error) {
	for day := t.today.AddDays(saleNotice); ; day = day.AddDays(1) {
		opens := day.Start().Add(10 * time.Hour)
		o, err = approved[api.AuctionOffer](ctx, t.jiaxing.leader)(read(c.owner.handler.OfferCredits(ctx, &api.OfferCreditsParams{IdempotencyKey: commandKey()}, api.CreditOfferInput{
			Seller: c.owner.party, Series: c.series, Format: api.AuctionFormatUniform, Quantity: offeredTonne, ReservePrice: "40", LotSize: "1", Tick: "0.5",
			Collateral: as(api.AuctionCollateralDeposit), Deposit: as("100"), Tie: as(api.AuctionTieTime), Undersubscribed: as(api.AuctionUndersubscribedClear),
			InterruptionSeconds: int(saleJumps.Seconds()), InterruptionRule: api.InterruptionRuleExtend,
			RegisterUntil: day.AddDays(-1).Start().String(), OpensAt: opens.String(), ClosesAt: as(opens.Add(saleWindow).String()),
			Title: "碳普惠减排量竞价（演示）", Document: made("寄售合同"),
		})))
		if !isProblem(err, "offer.not_a_working_day") {
			break
		}
	}
	if err == nil {
		t.say("Offer %d: %s t of %s by %s, from CNY %s/t, of %s", o.ID, o.Quantity, o.Instrument, o.Format, o.ReservePrice, orElse(o.Seller, ""))
	}
	return o, err
}

// settleCredits certifies the result; each winner signs and pays, and has his serial numbers.
func (t *story) settleCredits(ctx context.Context, o api.AuctionOffer) error {
	r := t.jiaxing
	ranked, err := t.offerIn(ctx, o.ID, api.AuctionStateRanked)
	if err != nil {
		return err
	}
	_, err = approved[api.AuctionOffer](ctx, r.leader)(read(r.clerk.CertifyOffer(ctx, o.ID, &api.CertifyOfferParams{IdempotencyKey: commandKey()},
		api.CertifyInput{ResultDigest: *ranked.ResultDigest, Document: made("竞价结果确认")})))
	if err != nil {
		return err
	}
	if o, err = t.offerIn(ctx, o.ID, api.AuctionStateCertified); err != nil {
		return err
	}
	awards, err := answer[api.AwardPage](read(r.leader.ListAwards(ctx, &api.ListAwardsParams{Offer: &o.ID})))
	if err != nil {
		return err
	}
	for _, a := range awards.Items {
		b := t.firm(a.Party)
		if _, err := answer[api.Award](read(b.handler.SignAward(ctx, a.ID, &api.SignAwardParams{IdempotencyKey: commandKey()}))); err != nil {
			return err
		}
		_, err := answer[api.Award](read(r.clerk.ContractAward(ctx, a.ID, &api.ContractAwardParams{IdempotencyKey: commandKey()}, api.AwardContractInput{Contract: fmt.Sprint("DEMO-CP-", a.ID)})))
		if err != nil {
			return err
		}
		if a, err = answer[api.Award](read(b.handler.SettleAward(ctx, a.ID, &api.SettleAwardParams{IdempotencyKey: commandKey()}))); err != nil {
			return err
		}
		t.say("    %s t for CNY %s, paid and %s in one transfer  %s", a.Quantity, a.Amount, a.State, b.name)
	}
	t.counted.Sold, t.counted.ClearingPrice = orElse(o.Volume, ""), orElse(o.ClearingPrice, "")
	t.say("Sold: %s t at CNY %s/t", t.counted.Sold, t.counted.ClearingPrice)
	return nil
}

// retireCredits retires what the first winner has bought for an event, and checks the certificate as anybody.
func (t *story) retireCredits(ctx context.Context, c *carbonDay) error {
	b := t.bidders[0]
	done, err := answer[api.RetirementCertificate](read(b.handler.RetireCredits(ctx, &api.RetireCreditsParams{IdempotencyKey: commandKey()}, api.RetirementInput{
		Party: b.party, Series: c.series, Units: retiredKg, Purpose: api.RetirementPurposeEventNeutrality, Beneficiary: b.name, Occasion: made("南湖马拉松（虚构）"),
	})))
	if err != nil {
		return err
	}
	public, err := api.NewClient(t.url)
	if err != nil {
		return err
	}
	seen, err := answer[api.RetirementCertificate](read(public.GetRetirement(ctx, done.Retirement.ID)))
	if err != nil {
		return err
	}
	t.counted.Retired, t.counted.Certificate = seen.Retirement.Units, seen.Serials[0]
	t.say("Retirement %d, journal row %d, as anybody sees it: %d kgCO2e, %s", seen.Retirement.ID, seen.JournalNumber, seen.Retirement.Units, strings.Join(seen.Serials, ", "))
	pools, err := answer[api.PoolList](read(public.ListPools(ctx, &api.ListPoolsParams{Scheme: c.scheme})))
	if err != nil {
		return err
	}
	var carried quantity.Reduction
	for _, p := range pools.Pools {
		if p.Closed {
			left, err := quantity.ParseReduction("left", p.Left)
			if err != nil {
				return err
			}
			carried += left
		}
	}
	t.counted.Carried = carried.String()
	t.say("In all: %s kgCO2e counted = %d issued + %s carried into the next month; %s t sold, %d kg retired", t.counted.Reduced, t.counted.Issued, t.counted.Carried, t.counted.Sold, t.counted.Retired)
	return nil
}
