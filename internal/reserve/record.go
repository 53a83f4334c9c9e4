package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// The faults of this package, in the order in which they are checked. A plain
// mistake in one field is a request.invalid that names it.
var (
	// ErrNoChange is returned when a cap decision changes nothing.
	ErrNoChange = fault.New(fault.Invalid, "reserve.no_change", "a cap decision changes the cap").At("change")
	// ErrQuantity is returned when a quantity is zero or negative.
	ErrQuantity = fault.New(fault.Invalid, "reserve.quantity_not_positive", "the quantity must be more than zero").At("quantity")
	// ErrLevels is returned when indicators would move between two regions of which
	// neither lies in the other.
	ErrLevels = fault.New(fault.Invalid, "reserve.not_two_levels", "indicators move between a region and one that lies in it").At("to_region")
	// ErrPriceNeeded is returned when paid permits are allocated without their price.
	// A price is unknown only where a balance is taken over.
	ErrPriceNeeded = fault.New(fault.Invalid, "reserve.price_needed", "name the price of paid permits; only an opening balance may lack it").At("price")
	// ErrPriceOfFree is returned when free permits are given a price.
	ErrPriceOfFree = fault.New(fault.Invalid, "reserve.price_of_free_permits", "free permits have no price: leave it out").At("price")
	// ErrUnknownOrigin is returned when permits of unknown origin are given out anew.
	ErrUnknownOrigin = fault.New(fault.Invalid, "reserve.origin_unknown", "only an opening balance may be of unknown origin").At("origin")
	// ErrNoAmount is returned when a sale is so small that it would cost nothing.
	ErrNoAmount = fault.New(fault.Invalid, "reserve.amount_zero", "quantity, price and months come to less than half a fen").At("quantity")
)

// A Part is a part of a basic account that is nobody's holding.
type Part string

// The parts.
const (
	Unallocated Part = "unallocated"
	Reserve     Part = "reserve"
)

// Parts are all parts.
var Parts = []Part{Unallocated, Reserve}

// Key returns the account of the part.
func (p Part) Key(region, pollutant string) ledger.Key {
	if p == Reserve {
		return ledger.PermitKey(ledger.Reserve, region, pollutant)
	}
	return ledger.PermitKey(ledger.Unallocated, region, pollutant)
}

// A CapDecision sets or changes the cap of a region by an approved document.
type CapDecision struct {
	ID         int64
	Region     string
	Pollutant  string
	Change     quantity.Quantity // t/a; negative: the cap is lowered
	Document   string
	DecidedOn  calendar.Date
	Cap        quantity.Quantity // afterwards
	Transfer   int64
	RecordedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (d CapDecision) Validate() error {
	if d.Change == 0 {
		return ErrNoChange
	}
	return fault.First(catalog.CheckDocument("document", d.Document), checkDay("decided_on", d.DecidedOn))
}

// A Direction is which way a quantity moves between unallocated and reserve.
type Direction string

// The directions.
const (
	ToReserve     Direction = "to_reserve"
	ToUnallocated Direction = "to_unallocated"
)

// Directions are all directions.
var Directions = []Direction{ToReserve, ToUnallocated}

// A Movement moves permits between the unallocated part and the reserve.
type Movement struct {
	ID         int64
	Region     string
	Pollutant  string
	Direction  Direction
	Quantity   quantity.Quantity
	Document   string
	Transfer   int64
	RecordedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (m Movement) Validate() error {
	return fault.First(
		catalog.CheckOneOf("direction", m.Direction, Directions),
		checkQuantity(m.Quantity),
		catalog.CheckDocument("document", m.Document),
	)
}

// A LevelTransfer moves indicators, cap and all, between the basic accounts of a
// region and of one that lies in it.
type LevelTransfer struct {
	ID           int64
	FromRegion   string
	ToRegion     string
	Pollutant    string
	Quantity     quantity.Quantity
	Part         Part // where it leaves from and arrives at
	Document     string
	FromTransfer int64
	ToTransfer   int64
	RecordedAt   calendar.Instant
	Command      int64
}

// Validate returns a fault that names the first field that is wrong.
func (t LevelTransfer) Validate() error {
	if t.FromRegion == t.ToRegion ||
		!catalog.IsWithin(t.FromRegion, t.ToRegion, true) && !catalog.IsWithin(t.ToRegion, t.FromRegion, true) {
		return ErrLevels.With("neither of %.40q and %.40q lies in the other: indicators move up or down between levels", t.FromRegion, t.ToRegion)
	}
	return fault.First(
		checkQuantity(t.Quantity),
		catalog.CheckOneOf("part", t.Part, Parts),
		catalog.CheckDocument("document", t.Document),
	)
}

// An AllocationKind is why permits are given out.
type AllocationKind string

// The kinds of allocation.
const (
	Initial AllocationKind = "initial" // a first allocation (初始排污权)
	Opening AllocationKind = "opening" // a balance taken over from an older register
	Renewal AllocationKind = "renewal" // a new term after re-verification
)

// AllocationKinds are all kinds of allocation.
var AllocationKinds = []AllocationKind{Initial, Opening, Renewal}

// An Allocation gives permits to a licence.
type Allocation struct {
	ID          int64
	Party       int64
	Region      string
	Licence     int64
	Instrument  int64
	Pollutant   string
	Kind        AllocationKind
	Part        Part // where they come from
	Origin      ledger.Origin
	Quantity    quantity.Quantity
	Price       quantity.Price // CNY/(t·a)
	PriceKnown  bool           // also true of free permits, whose price is 0
	AcquiredOn  calendar.Date
	Document    string
	Account     ledger.AccountID
	Acquisition int64
	Transfer    int64
	RecordedAt  calendar.Instant
	Command     int64
}

// Validate returns a fault that names the first field that is wrong.
func (a Allocation) Validate() error {
	if err := fault.First(
		catalog.CheckOneOf("kind", a.Kind, AllocationKinds),
		catalog.CheckOneOf("from", a.Part, Parts),
		checkQuantity(a.Quantity),
	); err != nil {
		return err
	}
	switch a.Origin {
	case ledger.Paid:
		if !a.PriceKnown && a.Kind != Opening {
			return ErrPriceNeeded
		}
	case ledger.Free:
		if a.Price != 0 {
			return ErrPriceOfFree
		}
	case ledger.UnknownOrigin:
		if a.Kind != Opening {
			return ErrUnknownOrigin
		}
	case ledger.NoOrigin:
		return fault.Invalidf("origin", "must be one of paid, free, unknown")
	default:
		return fault.Invalidf("origin", "must be one of paid, free, unknown")
	}
	if a.Price < 0 || a.Price > 0 && !a.PriceKnown {
		return fault.Invalidf("price", "must not be negative")
	}
	return fault.First(checkDay("acquired_on", a.AcquiredOn), catalog.CheckDocument("document", a.Document))
}

func checkQuantity(q quantity.Quantity) error {
	switch {
	case q <= 0:
		return ErrQuantity
	case q > quantity.QuantityMax:
		return fault.Invalidf("quantity", "must be at most %s t/a", quantity.QuantityMax)
	}
	return nil
}

func checkDay(field string, d calendar.Date) error {
	if !d.Valid() {
		return fault.Invalidf(field, "must be a day, for example 2026-07-01")
	}
	return nil
}
