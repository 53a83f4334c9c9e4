package permit

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// The faults of corrections and debts, in the order in which they are checked.
var (
	// ErrCorrectionOf is returned unless a correction is of an allocation or of a guarantee.
	ErrCorrectionOf = fault.New(fault.Invalid, "correction.of_one", "name the allocation, or the allocation out of an earmark").At("allocation")
	// ErrNotGiven is returned when a guarantee would be corrected that waits for its payment or has lapsed.
	ErrNotGiven = fault.New(fault.Conflict, "correction.not_given", "nothing was given yet: cancel the payment notice").At("earmark_allocation")
	// ErrCorrected is returned when more would be corrected than the allocation gave.
	ErrCorrected = fault.New(fault.Refused, "correction.beyond_allocation", "the allocation did not give so much that is not corrected yet").At("quantity").
			Under("correction.within_allocation", "project default")
	// ErrDebtSettled is returned when a debt is settled already.
	ErrDebtSettled = fault.New(fault.Conflict, "debt.settled", "the debt is settled already")
	// ErrBeyondDebt is returned when more would be settled than is owed.
	ErrBeyondDebt = fault.New(fault.Refused, "debt.beyond", "not so much is owed").At("quantity")
)

// Correction takes back what was allocated wrongly. What the licence has
// available is posted back; the rest is its debt. Whoever bought of it keeps it.
type Correction struct {
	ID         int64
	Allocation int64 // 0: of a guarantee
	Party      int64
	Licence    int64
	Region     string
	Instrument int64
	Pollutant  string
	Origin     ledger.Origin
	Quantity   quantity.Quantity // found to be wrong, t/a
	Reversed   quantity.Quantity // of it, posted back
	Finding    string            // what was wrong
	Document   string            // the decision
	DecidedOn  calendar.Date
	Debt       int64 // 0: all was reversed
	Transfer   int64 // 0: nothing was available
	RecordedAt calendar.Instant
	// EarmarkAllocation is the guarantee that is corrected; 0: an allocation is.
	EarmarkAllocation int64
	// OffsetShare is what of a guarantee's offset share went back with what was reversed.
	OffsetShare quantity.Quantity
	Command     int64
}

// Validate returns a fault that names the first field that is wrong.
func (c Correction) Validate() error {
	if c.Quantity <= 0 {
		return fault.Invalidf("quantity", "must be greater than zero")
	}
	if err := fault.First(catalog.CheckDocument("finding", c.Finding), catalog.CheckDocument("document", c.Document)); err != nil {
		return err
	}
	if !c.DecidedOn.Valid() {
		return fault.Invalidf("decided_on", "must be the day of the decision")
	}
	return nil
}

// Debt is what a licence owes of permits that were allocated wrongly and are no
// longer there. While it is open its party cannot sell.
type Debt struct {
	ID         int64
	Correction int64
	Party      int64
	Licence    int64
	Region     string
	Pollutant  string
	Quantity   quantity.Quantity // t/a
	Settled    quantity.Quantity
	RecordedAt calendar.Instant
	SettledAt  calendar.Instant // 0: it is open
	Command    int64
}

// Open is what is still owed.
func (d Debt) Open() quantity.Quantity { return d.Quantity - d.Settled }

// Settle is the debt after q of it was settled.
func (d Debt) Settle(q quantity.Quantity, at calendar.Instant) (Debt, error) {
	switch {
	case q <= 0:
		return d, fault.Invalidf("quantity", "must be greater than zero")
	case d.Open() == 0:
		return d, ErrDebtSettled
	case q > d.Open():
		return d, ErrBeyondDebt.With("%s t/a are owed", d.Open())
	}
	if d.Settled += q; d.Open() == 0 {
		d.SettledAt = at
	}
	return d, nil
}

// A SettlementWay is how a debt is settled.
type SettlementWay string

// The ways.
const (
	ByPurchase SettlementWay = "purchase" // out of what the licence has acquired since
	ByReserve  SettlementWay = "reserve"  // the government covers it out of its reserve
	ByCourt    SettlementWay = "court"    // a court decides otherwise: nothing is posted
)

// SettlementWays are all ways.
var SettlementWays = []SettlementWay{ByPurchase, ByReserve, ByCourt}

// DebtSettlement is a part of a debt that was settled. It never changes.
type DebtSettlement struct {
	ID         int64
	Debt       int64
	Party      int64
	Region     string
	Way        SettlementWay
	Instrument int64         // by purchase: whose permits were taken
	Origin     ledger.Origin // likewise
	Quantity   quantity.Quantity
	Document   string
	Transfer   int64 // 0: by a court
	RecordedAt calendar.Instant
	// OffsetShare is what of a guarantee's offset share went back with a purchase.
	OffsetShare quantity.Quantity
	Command     int64
}
