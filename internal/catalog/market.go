package catalog

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A PriceBasis says what a price is for.
type PriceBasis string

// The price bases.
const (
	PerYear  PriceBasis = "per_year" // CNY/(t·a): amount = quantity × price × months left / 12
	Outright PriceBasis = "outright" // CNY/t: amount = quantity × price
)

// PriceBases are all price bases.
var PriceBases = []PriceBasis{PerYear, Outright}

// A MarketState says whether orders are accepted.
type MarketState string

// The states of a market.
const (
	MarketOpen MarketState = "open"
	// MarketCancelOnly takes no order: what rests may be cancelled, and a call that
	// is under way is carried out at its end.
	MarketCancelOnly MarketState = "cancel_only"
	// MarketHalted takes no order and matches none, a call that ends included: what
	// rests may be cancelled.
	MarketHalted MarketState = "halted"
	MarketClosed MarketState = "closed" // for good
)

// MarketStates are all states of a market.
var MarketStates = []MarketState{MarketOpen, MarketCancelOnly, MarketHalted, MarketClosed}

// A Market is a place where the instruments of one pollutant, or of one
// carbon-inclusive scheme, are traded under one set of steps.
type Market struct {
	ID         int64
	Code       string
	Name       string
	Pollutant  string            // code; empty: credits
	Scheme     int64             // whose credits are traded; 0: permits
	LotSize    quantity.Quantity // smallest step of a quantity
	Tick       quantity.Price    // smallest step of a price
	PriceBasis PriceBasis
	State      MarketState
	Approval   string // document of the standing approval, where the market spans regions
	// ProjectRequired says that a buy names the project that it is for.
	ProjectRequired bool
	// ResaleNextDay says that what was acquired today is not sold before tomorrow; of
	// credits, what was bought today in such a market.
	ResaleNextDay bool
	ValidFrom     calendar.Date
	ValidTo       calendar.Date // last day; zero: no end
	Source        string
	Command       int64
}

// A MarketRegion says that a market spans a region, by its own account only:
// each county of a city is a row of its own.
type MarketRegion struct {
	ID      int64
	Market  int64
	Region  string // code
	Command int64
}

// Validate returns a fault that names the first field that is wrong. What the
// market spans is checked by CheckSpan.
func (m Market) Validate() error {
	if err := fault.First(
		checkCode("code", m.Code),
		checkText("name", m.Name, textMax),
		m.checkGoods(),
	); err != nil {
		return err
	}
	if m.LotSize <= 0 {
		return fault.Invalidf("lot_size", "must be more than zero, for example 0.0001")
	}
	if m.Tick <= 0 {
		return fault.Invalidf("tick", "must be more than zero, for example 1")
	}
	if err := fault.First(
		checkOneOf("price_basis", m.PriceBasis, PriceBases),
		checkOneOf("state", m.State, MarketStates),
	); err != nil {
		return err
	}
	if m.Approval != "" {
		if err := checkText("approval", m.Approval, sourceMax); err != nil {
			return err
		}
	}
	return fault.First(checkPeriod(m.ValidFrom, m.ValidTo), checkText("source", m.Source, sourceMax))
}

// checkGoods holds that a market is for the permits of a pollutant, or for the
// credits of a scheme: whole tonnes at a price that knows no term, which nobody
// buys for a project.
func (m Market) checkGoods() error {
	switch {
	case m.Scheme == 0:
		return checkCode("pollutant", m.Pollutant)
	case m.Pollutant != "":
		return fault.Invalidf("pollutant", "a market is for a pollutant or for a scheme: name one of them")
	case m.PriceBasis != Outright:
		return fault.Invalidf("price_basis", "credits have no term: their price is outright")
	case !m.LotSize.IsMultipleOf(quantity.OneQuantity):
		return fault.Invalidf("lot_size", "credits are traded in whole tonnes, for example 1")
	case m.ProjectRequired:
		return fault.Invalidf("project_required", "credits are bought for no project")
	}
	return nil
}

// Lists reports whether an instrument is traded in the market.
func (m Market) Lists(i Instrument) bool {
	return i.Scheme == m.Scheme && (m.Scheme != 0 || i.Pollutant == m.Pollutant)
}

// CheckSpan returns a fault unless regions are the codes of one region or, with a
// standing approval, of several. Every fill between two regions moves their caps,
// also between two counties of one city, so that it rests on that approval.
func (m Market) CheckSpan(regions []string) error {
	if len(regions) == 0 {
		return ErrMarketWithoutRegion.At("regions")
	}
	seen := make(map[string]bool, len(regions))
	for _, code := range regions {
		if err := CheckRegionCode("regions", code); err != nil {
			return err
		}
		if seen[code] {
			return ErrMarketRegionTwice.With("%s is listed twice", code).At("regions")
		}
		seen[code] = true
	}
	if len(regions) > 1 && m.Approval == "" {
		return ErrMarketApproval.With("the market spans %d regions: name the document that approves this, by its number",
			len(regions)).At("approval")
	}
	return nil
}

// ValidOn reports whether the market exists on that day, in whatever state.
func (m Market) ValidOn(on calendar.Date) bool { return inPeriod(on, m.ValidFrom, m.ValidTo) }
