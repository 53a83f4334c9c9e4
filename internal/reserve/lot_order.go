package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// A LotOrderKind is what an order about lots does.
type LotOrderKind string

// The kinds of orders.
const (
	OrderRetire   LotOrderKind = "retire"   // out of the cap's use for good
	OrderFreeze   LotOrderKind = "freeze"   // of one lot
	OrderUnfreeze LotOrderKind = "unfreeze" // of one lot
)

// LotOrderKinds are all kinds of orders.
var LotOrderKinds = []LotOrderKind{OrderRetire, OrderFreeze, OrderUnfreeze}

// A LotOrder is what the bureau did to lots by a document.
type LotOrder struct {
	ID         int64
	Kind       LotOrderKind
	Region     string
	Pollutant  string
	Lot        int64 // 0: several lots were retired
	Quantity   quantity.Quantity
	Document   string
	Transfer   int64 // 0: nothing left the reserve or came into it
	RecordedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (o LotOrder) Validate() error {
	return fault.First(checkQuantity(o.Quantity), catalog.CheckDocument("document", o.Document))
}

// AddedByOrder are the provenances that an order may bring out of the unallocated
// part. All others come with the buy-back, sweep or return that they name.
var AddedByOrder = []Provenance{PreReserved, GovernmentReduction}

// ErrProvenance is returned when a lot is added by order that comes by another way.
var ErrProvenance = fault.New(fault.Invalid, "lot.provenance", "only what is pre-reserved or reduced by the government is added by order").At("provenance")

// ValidateOrdered is Validate for a lot that is added by order.
func (l Lot) ValidateOrdered() error {
	if err := l.Validate(); err != nil {
		return err
	}
	for _, p := range AddedByOrder {
		if l.Provenance == p {
			return nil
		}
	}
	return ErrProvenance
}

// RetireTransfer is the posting of an order that retires: what is retired stays visible.
func (o LotOrder) RetireTransfer() ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Retirement, Reference: o.ID, Legs: []ledger.Leg{
		{Debit: Reserve.Key(o.Region, o.Pollutant), Credit: ledger.PermitKey(ledger.Retired, o.Region, o.Pollutant), Amount: int64(o.Quantity)},
	}}
}
