package app

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// MaxMarketRegions bounds the regions that a market spans.
const MaxMarketRegions = 100

// clearMarket is the timer that goes on cancelling the orders of a closed market.
const clearMarket = "market.clear"

// sourceDefault is the source of a fact that no text is behind.
const sourceDefault = "project default"

// The faults of markets, in the order in which they are checked.
var (
	// ErrMarketExists is returned when there is a market with this code already.
	ErrMarketExists = fault.New(fault.Conflict, "catalog.market_exists", "there is a market with this code already").At("code")
	// ErrRegionNotValid is returned when a region is not in use today.
	ErrRegionNotValid = fault.New(fault.Refused, "catalog.region_not_valid", "the region is not in use today").
				Under("region.valid", sourceDefault)
	// ErrStateUnchanged is returned when something is in that state already.
	ErrStateUnchanged = fault.New(fault.Conflict, "record.state_unchanged", "it is in this state already").At("state")
	// ErrStateFinal is returned when a state is for good.
	ErrStateFinal = fault.New(fault.Conflict, "record.state_final", "its state is for good").At("state")
)

// MarketOpen opens a market for the instruments of a pollutant or a scheme.
type MarketOpen struct {
	Code       string
	Name       string
	Pollutant  string
	Regions    []string
	LotSize    quantity.Quantity
	Tick       quantity.Price
	PriceBasis catalog.PriceBasis
	Approval   string // document; needed where it spans regions
	ValidFrom  calendar.Date
	ValidTo    calendar.Date // 0: no end
	Source     string        // empty: project default
	// ProjectRequired says that a buy names the project that it is for.
	ProjectRequired bool
	// ResaleNextDay says that what was acquired today is not sold before tomorrow; of
	// credits, what was bought today in such a market.
	ResaleNextDay bool
	Scheme        int64 // whose credits are traded; 0: permits
}

// MarketState halts a market, lets it only cancel, opens it again or closes it. One that is closed is
// closed for good, and its orders are cancelled.
type MarketState struct {
	Market string
	State  catalog.MarketState
	Reason string
}

// MarketResult is a market with its regions, and the orders that its change
// has cancelled. A market that closes with more of them cancels the rest in
// the commands that follow.
type MarketResult struct {
	Market    catalog.Market
	Regions   []string
	Cancelled []int64
}

var (
	_ = declare(MarketOpen{}, MarketState{})
	_ = declareTimer(clearMarket, clearClosedMarket)
)

// Operation is MarketOpen.
func (MarketOpen) Operation() identity.Operation { return identity.MarketOpen }

// Decide checks the market and what it spans. The result is a MarketResult.
func (c MarketOpen) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.MarketOpen, identity.Target{}); err != nil {
		return nil, err
	}
	m := catalog.Market{
		Code: c.Code, Name: c.Name, Pollutant: c.Pollutant, LotSize: c.LotSize, Tick: c.Tick, PriceBasis: c.PriceBasis,
		State: catalog.MarketOpen, Approval: c.Approval, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Source: c.Source,
		ProjectRequired: c.ProjectRequired, ResaleNextDay: c.ResaleNextDay, Scheme: c.Scheme,
	}
	if m.Source == "" {
		m.Source = sourceDefault
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if len(c.Regions) > MaxMarketRegions {
		return nil, fault.Invalidf("regions", "a market spans at most %d regions", MaxMarketRegions)
	}
	if err := m.CheckSpan(c.Regions); err != nil {
		return nil, err
	}
	if err := c.checkGoods(v); err != nil {
		return nil, err
	}
	for i, code := range c.Regions {
		r, err := v.Region("", code)
		if err == nil {
			err = v.checkRegion("", r)
		}
		if err != nil {
			return nil, within("regions", i, err)
		}
	}
	if _, taken := v.byCode.markets[c.Code]; taken {
		return nil, ErrMarketExists.With("there is a market %s already", c.Code)
	}
	return func(tx *Tx) any {
		r := MarketResult{Market: Put(tx, Markets, m), Regions: c.Regions}
		for _, code := range c.Regions {
			Put(tx, MarketAreas, catalog.MarketRegion{Market: r.Market.ID, Region: code})
		}
		if !m.ValidTo.IsZero() {
			tx.Arm(marketEnds(m), timerMarketEnd, r.Market.ID)
		}
		return r
	}, nil
}

// checkGoods holds that what the market is for is there: a pollutant, or a scheme.
// Credits lie in accounts of their scheme's region, whoever has them, so that its
// market is that region's.
func (c MarketOpen) checkGoods(v *View) error {
	if c.Scheme == 0 {
		_, err := v.Pollutant("pollutant", c.Pollutant)
		return err
	}
	s, err := Get(v, CarbonSchemes, "scheme", c.Scheme)
	if err == nil && !slices.Equal(c.Regions, []string{s.Region}) {
		return fault.Invalidf("regions", "a market of the credits of %s is of its scheme's region, %s", s.Code, s.Region)
	}
	return err
}

// checkRegion returns ErrRegionNotValid for a region that is not in use today.
func (v *View) checkRegion(field string, r catalog.Region) error {
	if !r.ValidOn(v.Today) {
		return ErrRegionNotValid.With("%s %s is not in use today", r.Code, r.Name).At(field)
	}
	return nil
}

// Operation is MarketState.
func (MarketState) Operation() identity.Operation { return identity.MarketState }

// Decide checks that the state may change. The leader of one of its regions may
// halt a market, or let it only cancel, at once; to open it again or to close it
// takes all of them, or an administrator. There is no second person: what is
// wrong must stop at once, what was stopped in error goes on at once, and both
// are public with their reason (project default). The result is a MarketResult.
func (c MarketState) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.MarketState, identity.Target{}); err != nil {
		return nil, err
	}
	m, err := v.Market("code", c.Market)
	if err != nil {
		return nil, err
	}
	regions := v.byCode.areas[m.ID]
	if err := c.authorise(v, regions); err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("state", c.State, catalog.MarketStates); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	switch m.State {
	case c.State:
		return nil, ErrStateUnchanged.With("the market is %s already", m.State)
	case catalog.MarketClosed:
		return nil, ErrStateFinal.With("the market is closed for good")
	case catalog.MarketOpen, catalog.MarketCancelOnly, catalog.MarketHalted:
	}
	return func(tx *Tx) any { return tx.setMarket(m, c.State, c.Reason) }, nil
}

func (c MarketState) authorise(v *View, regions []string) error {
	if c.State == catalog.MarketHalted || c.State == catalog.MarketCancelOnly {
		return v.AuthoriseAt("code", identity.MarketState, identity.Target{Regions: regions})
	}
	for _, region := range regions {
		if err := v.AuthoriseAt("code", identity.MarketState, identity.OfRegion(region)); err != nil {
			return err
		}
	}
	return nil
}

// clearMarket cancels orders of a closed market, and comes again for the rest:
// a closed market matches nothing, so that they wait without harm.
func (tx *Tx) clearMarket(id int64) []int64 {
	left := tx.restingOrders(MaxCancels, func(o *market.Record) bool { return o.Market == id })
	if len(left) > MaxCancels {
		tx.Arm(tx.Now, clearMarket, id)
		left = left[:MaxCancels]
	}
	return tx.cancelEach(left, market.Cancelled, market.MarketEnded)
}

func clearClosedMarket(_ *View, id int64) (Apply, error) {
	return func(tx *Tx) any { return tx.clearMarket(id) }, nil
}
