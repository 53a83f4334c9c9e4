package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Rung is what a verified quantity was taken from, in order of precedence.
type Rung string

// The rungs (金华 VOCs 排污权核算办法: the amount of the licence if no source is
// missing, else that of the environmental impact assessment, else emission
// factors).
const (
	LicenceAmount  Rung = "licence_amount"
	EIAAmount      Rung = "eia_amount"
	EmissionFactor Rung = "emission_factor"
)

// Rungs are all rungs, the first one preferred.
var Rungs = []Rung{LicenceAmount, EIAAmount, EmissionFactor}

// A SurplusOutcome is what may become of a surplus.
type SurplusOutcome string

// The outcomes (浙江省大气污染防治条例 art. 16).
const (
	MayBeSold   SurplusOutcome = "sale" // to another unit, or back to the government
	BuyBackOnly SurplusOutcome = "buy_back_only"
	NotTradable SurplusOutcome = "not_tradable"
)

// SurplusOutcomes are all outcomes.
var SurplusOutcomes = []SurplusOutcome{MayBeSold, BuyBackOnly, NotTradable}

// OutcomeOf says what may become of the surplus of paid permits: the reduction
// task comes first, and without automatic monitors only the government may buy.
func OutcomeOf(monitored, taskDone bool) SurplusOutcome {
	switch {
	case !taskDone:
		return NotTradable
	case !monitored:
		return BuyBackOnly
	}
	return MayBeSold
}

// A SurplusVerification is the bureau's finding that a part of a licence's
// permits is surplus.
type SurplusVerification struct {
	ID         int64
	Party      int64
	Region     string
	Licence    int64
	Pollutant  string
	Quantity   quantity.Quantity
	Rung       Rung
	Monitored  bool // the site has automatic monitors
	TaskDone   bool // its reduction task is done
	Outcome    SurplusOutcome
	Year       int32             // whose discharge it rests on; 0: none was named
	Permitted  quantity.Quantity // of that year, as they were
	Actual     quantity.Quantity
	Task       quantity.Quantity
	NoYear     string // why it rests on no year's discharge; empty where it does
	VerifiedOn calendar.Date
	Document   string
	RecordedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (s SurplusVerification) Validate() error {
	return fault.First(
		checkQuantity(s.Quantity),
		catalog.CheckOneOf("rung", s.Rung, Rungs),
		checkDay("verified_on", s.VerifiedOn),
		catalog.CheckDocument("document", s.Document),
	)
}
