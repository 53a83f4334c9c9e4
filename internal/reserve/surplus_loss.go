package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// A SurplusLossKind is why verified surplus was lost without being sold.
type SurplusLossKind string

// The kinds of losses.
const (
	LostToCourt      SurplusLossKind = "judicial_sale" // a court sold permits that the surplus was of
	LostToPledge     SurplusLossKind = "pledge_sale"   // they were sold, or taken, out of a pledge
	LostToCorrection SurplusLossKind = "correction"    // they, or others of the licence, had been allocated wrongly
	LostToDischarge  SurplusLossKind = "discharge"     // what is recorded of the last full year leaves less
	LostToRevocation SurplusLossKind = "revocation"    // they were revoked: their instalments were not paid
)

// SurplusLossKinds are all kinds of losses.
var SurplusLossKinds = []SurplusLossKind{LostToCourt, LostToPledge, LostToCorrection, LostToDischarge, LostToRevocation}

// A SurplusLoss takes back a part of what was verified as surplus and neither
// sold nor held. It never changes.
type SurplusLoss struct {
	ID         int64
	Party      int64
	Region     string
	Licence    int64
	Pollutant  string
	Kind       SurplusLossKind
	Reference  int64 // the sale, the correction or the instalment plan; of a discharge the year
	Quantity   quantity.Quantity
	Document   string
	RecordedAt calendar.Instant
	Command    int64
}
