package app

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// creditMarkets are the markets of the scheme: in the second what was bought waits until tomorrow.
var creditMarkets = []string{"JXCP", "JXCP-T1"}

// ruledFloor is a floor of credits in which what an order is refused for changes.
type ruledFloor struct {
	*ruledOffice
	floor  *creditFloor
	frozen []int64
	orders int
}

func openRuledFloor(t *testing.T, seed int64) *ruledFloor {
	t.Helper()
	f := openCreditFloor(t, 3)
	f.does(f.admin, f.market(func(m *MarketOpen) { m.Code, m.ResaleNextDay = creditMarkets[1], true }))
	o := &ruledOffice{office: f.office, r: rand.New(rand.NewSource(seed)), refusedBy: map[string]int{}, allowed: map[rulebook.Action]int{}}
	o.every = 200
	o.firms = append(slices.Clone(f.firms), f.seller)
	return &ruledFloor{ruledOffice: o, floor: f}
}

// change is a fact, a state, a freeze or an order, more often what lets trade than what stops it.
func (f *ruledFloor) change() {
	f.t.Helper()
	by, bad := pick(f.r, f.firms...), f.r.Intn(4) == 0
	switch f.r.Intn(8) {
	case 0:
		value := rulebook.Lifted
		if bad {
			value = rulebook.Listed
		}
		f.try(f.leader, FactRecord{Kind: rulebook.Blacklisted, Party: by.party, Value: value, ValidFrom: f.now.get().Date(), Document: "d"})
	case 1:
		f.changeState(firm{party: by.party}, bad)
	case 2:
		state := catalog.MarketOpen
		if bad {
			state = catalog.MarketHalted
		}
		f.try(f.admin, MarketState{pick(f.r, creditMarkets...), state, "reason"})
	case 3:
		if len(f.frozen) > 0 {
			f.does(f.leader, FreezeRelease{Freeze: f.frozen[0], Document: "d"})
			f.frozen = f.frozen[1:]
			return
		}
		f.orders++
		f.frozen = append(f.frozen, f.freeze(freezingUnits(f.floor.seller, fmt.Sprint("order ", f.orders), 1+f.r.Int63n(900))).ID)
	case 4, 5:
		f.try(by.user, f.order(by, market.Sell, 40, market.GTC))
	case 6:
		f.try(by.user, f.order(by, market.Buy, 40, market.IOC))
	case 7:
		f.try(by.user, OrderSweep{Party: by.party})
	}
}

func (f *ruledFloor) order(by firm, side market.Side, price int64, tif market.TimeInForce) PlaceOrder {
	c := f.floor.order(by, side, quantity.Quantity(1+f.r.Intn(120)), price)
	c.Market, c.TimeInForce = pick(f.r, creditMarkets...), tif
	return c
}

// trial is an order that meets no other, of any size, sometimes in a market of permits.
func (f *ruledFloor) trial() trial {
	by := pick(f.r, f.firms...)
	c := f.order(by, market.Sell, 50, market.IOC)
	in := trial{q: Question{Action: rulebook.Sell, Instrument: f.floor.inst.Code, Party: by.party}, person: by.user, asks: pick(f.r, by.user, f.leader)}
	if f.r.Intn(3) == 0 {
		c.Side, c.Price, in.q.Action = market.Buy, yuan(30), rulebook.Buy
	}
	switch f.r.Intn(10) {
	case 0:
		c.Quantity += one / 2
	case 1, 2:
		c.Quantity *= 10
	case 3:
		c.Market = ticks
	}
	in.q.Market, in.q.Quantity, in.c = c.Market, c.Quantity, c
	return in
}

// What eligibility says of credits, the orders do: as TestEligibility_AgreesWithCommands.
// No rule about permits alone has a row in the answer.
func TestEligibility_CreditsAgreeWithCommands(t *testing.T) {
	t.Parallel()
	f := openRuledFloor(t, 20261128)
	f.does(f.admin, MarketOpen{
		Code: ticks, Name: "market", Pollutant: vocs, Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice / 100, PriceBasis: catalog.PerYear,
	})
	for n := range 1000 {
		f.change()
		if n%50 == 49 {
			f.now.set(f.now.get() + calendar.Instant(24*60*60*1_000_000))
			f.settle()
		}
		f.compare(n, f.trial())
	}
	f.check()
	t.Logf("allowed %v, refused by %v", f.allowed, f.refusedBy)
	for _, a := range []rulebook.Action{rulebook.Sell, rulebook.Buy} {
		if f.allowed[a] == 0 {
			t.Errorf("no %s was allowed", a)
		}
	}
	for _, id := range []string{
		"party.active", "party.blacklist", ErrMarketNotOpen.Code, ErrWrongInstrument.Code, ErrQuantityStep.Code,
		ErrUnitsFrozen.Code, ledger.ErrInsufficient.Code, ErrResaleToday.Code,
	} {
		if f.refusedBy[id] == 0 {
			t.Errorf("%s never refused", id)
		}
	}
}

// A question about credits says what an order of them says, and nothing of permits;
// what a party has is looked at only for those who may see it.
func TestEligibility_Credits(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 1)
	f.does(f.admin, FeeScheduleSet{Market: "JXCP", Scheme: market.Guangdong, ValidFrom: f.now.get().Date().AddDays(1), Document: "d"})
	f.does(f.leader, FactRecord{Kind: rulebook.StateFunded, Party: f.seller.party, Value: rulebook.Yes, ValidFrom: f.now.get().Date(), Document: "register"})
	f.now.set(f.now.get().Date().AddDays(1).Start())
	f.settle()
	q := Question{Action: rulebook.Sell, Instrument: f.inst.Code, Party: f.seller.party, Market: "JXCP", Quantity: 1000 * one}
	ask := func(person int64, q Question) (Eligibility, error) {
		return f.app.Eligibility(t.Context(), f.app.st.actor(person), q)
	}
	e, err := ask(f.seller.user, q)
	if err != nil || !e.Allowed || len(e.Opinions) != 2 || e.FeeExemptBy != "register" || e.Quantity != q.Quantity || e.Ratio.Value != "" {
		t.Errorf("%+v %v", e, err)
	}
	for _, o := range e.Opinions {
		if !o.Rule.Credits || o.Outcome != rulebook.Passed {
			t.Errorf("%s says %+v", o.Rule.ID, o.Finding)
		}
	}
	q.Quantity += one
	if e, err := ask(f.seller.user, q); err != nil || e.Allowed || len(e.Obstacles) != 1 || e.Obstacles[0].Code != ledger.ErrInsufficient.Code {
		t.Errorf("%+v %v", e, err)
	}
	away := f.person("away", GrantAdd{Role: identity.BureauClerk, Region: "330402"})
	for name, c := range map[string]struct {
		person int64
		set    func(q *Question)
		want   *fault.Error
	}{
		"another's":  {f.firms[0].user, func(*Question) {}, ErrNoRecord},
		"elsewhere":  {away, func(*Question) {}, ErrNoRecord},
		"nobody":     {f.leader, func(q *Question) { q.Party = 999 }, ErrNoRecord},
		"a deal":     {f.leader, func(q *Question) { q.Action = rulebook.Deal }, ErrQuestionOfCredits},
		"a need":     {f.leader, func(q *Question) { q.Action, q.Need = rulebook.Buy, one }, ErrQuestionOfCredits},
		"both":       {f.leader, func(q *Question) { q.Seller = f.seller.licence.ID }, ErrTrader},
		"a licence":  {f.leader, func(q *Question) { q.Party, q.Seller = 0, f.seller.licence.ID }, ErrTraderOfCredits},
		"a project":  {f.leader, func(q *Question) { q.Project = 1 }, ErrProjectOfCredits},
		"a unit":     {f.leader, func(q *Question) { q.ExistingUnit = true }, ErrProjectOfCredits},
		"months":     {f.leader, func(q *Question) { q.Months = 1 }, ErrQuestionTerms},
		"permits":    {f.leader, func(q *Question) { q.Instrument = tableOf(f.office, Instruments)[0].Code }, ErrTraderOfPermits},
		"a pledge":   {f.leader, func(q *Question) { q.Party, q.Seller, q.Action = 0, f.seller.licence.ID, rulebook.Pledge }, ErrInstrumentOfCredits},
		"no licence": {f.leader, func(q *Question) { q.Party = 0 }, ErrQuestionSide},
	} {
		asked := q
		c.set(&asked)
		var got *fault.Error
		if _, err := ask(c.person, asked); !errors.As(err, &got) || got.Code != c.want.Code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
