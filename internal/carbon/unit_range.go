package carbon

import (
	"iter"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Series is the credits of a scheme and vintage, which the ledger counts as
// one asset.
type Series struct {
	ID      int64
	Code    string // SeriesCode
	Scheme  int64
	Vintage int32
	ValidTo calendar.Date // last day on which its credits can be used, by the life of its scheme when the first were issued; zero: no end
	Command int64
}

// A RangeState says whether the units of a range are held, used up or lost.
type RangeState string

// The states of a range; all but Held are final.
const (
	Held         RangeState = "held"
	Retired      RangeState = "retired"
	RangeRevoked RangeState = "revoked"
	RangeExpired RangeState = "expired"
)

// RangeStates are all states of a range.
var RangeStates = []RangeState{Held, Retired, RangeRevoked, RangeExpired}

// A Range is units of one issuance that share their holder and their fate.
// Ranges are split and never joined, and never overlap: each unit of an
// issuance is in exactly one (I-65).
type Range struct {
	ID         int64
	Issuance   int64
	Series     int64
	FirstUnit  int64
	LastUnit   int64
	Party      int64  // that holds it, or held it last
	Region     string // the scheme's
	State      RangeState
	Retirement int64 // that used it up; 0: none
	Offer      int64 // that it is on sale by, and held for; 0: none
	Mirror     int64 // that it is locked for, as another scheme has recognised it; 0: none
	ExpiredOn  calendar.Date
	Command    int64
}

// Free reports whether its holder may dispose of it.
func (r Range) Free() bool { return r.Offer == 0 && r.Mirror == 0 }

// Units is how many units the range has.
func (r Range) Units() int64 { return r.LastUnit - r.FirstUnit + 1 }

// piecesMost bounds how many ranges one transfer or retirement takes.
const piecesMost = 500

// The faults of picking units, in the order in which they are checked.
var (
	// ErrUnits is returned when a party has fewer units of the series.
	ErrUnits = fault.New(fault.Refused, "carbon.units_short", "the party holds fewer units of the series").At("units")
	// ErrPieces is returned when the units lie in too many ranges.
	ErrPieces = fault.New(fault.Refused, "carbon.too_many_ranges", "the units lie in too many ranges: take fewer at a time").At("units").
			Under("command.parts", "project default: what one command may move")
)

// Split takes units from ranges in the order in which they come; of the last of
// them it takes the lowest numbers. Returns ErrUnits or ErrPieces.
func Split(ranges iter.Seq[Range], units int64) ([]Range, error) {
	if units <= 0 {
		return nil, fault.Invalidf("units", "must be more than zero")
	}
	return Take(ranges, units, piecesMost)
}

// Take is Split from at most so many ranges.
func Take(ranges iter.Seq[Range], units int64, most int) (taken []Range, err error) {
	wanted := units
	for r := range ranges {
		if len(taken) == most {
			return nil, ErrPieces
		}
		r.LastUnit = min(r.LastUnit, r.FirstUnit+units-1)
		taken = append(taken, r)
		if units -= r.Units(); units == 0 {
			return taken, nil
		}
	}
	return nil, ErrUnits.With("%d units are wanted, %d are there", wanted, wanted-units)
}

// Without is what remains of a range when a part of it is taken, beside that part.
func (r Range) Without(part Range) []Range {
	before, after := r, r
	before.LastUnit, after.FirstUnit = part.FirstUnit-1, part.LastUnit+1
	return slices.DeleteFunc([]Range{before, after}, func(left Range) bool { return left.Units() == 0 })
}

// A Purpose is what credits are retired for.
type Purpose string

// The purposes (Beijing: quota offset, event neutrality, voluntary
// cancellation, compensation of ecological damage).
const (
	Voluntary    Purpose = "voluntary"
	Neutrality   Purpose = "event_neutrality"
	Compensation Purpose = "damage_compensation"
	Offset       Purpose = "offset"
)

// Purposes are all purposes.
var Purposes = []Purpose{Voluntary, Neutrality, Compensation, Offset}

// A Retirement uses credits up for good.
type Retirement struct {
	ID          int64
	Party       int64
	Region      string // the scheme's
	Series      int64
	Units       int64
	Amount      quantity.Reduction
	Purpose     Purpose
	Beneficiary string // in whose name
	Occasion    string // the event, the case, the document
	Obligation  int64  // of an offset; 0: none
	RetiredAt   calendar.Instant
	Command     int64
}

// Validate returns a fault that names the first field that is wrong.
func (r Retirement) Validate() error {
	if err := fault.First(
		catalog.CheckOneOf("purpose", r.Purpose, Purposes),
		catalog.CheckText("beneficiary", r.Beneficiary, textMax),
		catalog.CheckText("occasion", r.Occasion, sourceMax),
	); err != nil {
		return err
	}
	if (r.Obligation != 0) != (r.Purpose == Offset) {
		return fault.Invalidf("obligation", "an offset names its obligation, and nothing else does")
	}
	return nil
}

// An Obligation is what a firm must surrender for a year, of which credits may
// offset a share.
type Obligation struct {
	ID          int64
	Party       int64
	Region      string
	Year        int32
	Amount      quantity.Reduction
	Share       quantity.Ratio     // that credits may offset: 5 %
	Outside     quantity.Ratio     // of that, what credits from outside the region may: Beijing half of it
	Used        quantity.Reduction // of credits so far
	UsedOutside quantity.Reduction // of that, from outside
	Document    string
	Command     int64
}

// ErrOffsetCap is returned when credits would offset more of an obligation than they may.
var ErrOffsetCap = fault.New(fault.Refused, "carbon.offset_cap", "credits may offset a share of the obligation only").At("units").
	Under("carbon.offset_cap", "上海市碳排放管理试行办法; 北京: 5 %, 一半以上为本地")

// Use is the obligation after credits have offset a part of it; foreign are
// those from outside its region. Returns ErrOffsetCap.
func (o Obligation) Use(amount quantity.Reduction, foreign bool) (Obligation, error) {
	most, err := share(o.Amount, o.Share)
	if err != nil {
		return o, err
	}
	mostForeign, err := share(most, o.Outside)
	if err != nil {
		return o, err
	}
	switch {
	case amount > most-o.Used:
		return o, ErrOffsetCap.With("of %s kgCO2e credits may offset %s, and have offset %s", o.Amount, most, o.Used)
	case foreign && amount > mostForeign-o.UsedOutside:
		return o, ErrOffsetCap.With("of %s kgCO2e credits from outside may offset %s, and have offset %s", o.Amount, mostForeign, o.UsedOutside)
	}
	o.Used += amount
	if foreign {
		o.UsedOutside += amount
	}
	return o, nil
}

// share is a share of an amount, rounded down: it is granted.
func share(r quantity.Reduction, k quantity.Ratio) (quantity.Reduction, error) {
	v, err := quantity.MulDiv(int64(r), int64(k), 1, int64(quantity.OneRatio), quantity.Down)
	return quantity.Reduction(v), err
}

// A Debt is units of an issuance that were wrong and spent. The issuance's party
// owes them; until it has given up as many, nothing is issued for what the issuance
// is of: the plant of a project, a scheme's pools.
type Debt struct {
	ID       int64
	Issuance int64
	Scheme   int64
	Party    int64
	Region   string
	Units    int64
	Settled  int64
	Document string
	Command  int64
}

// Left is what is still owed.
func (d Debt) Left() int64 { return d.Units - d.Settled }

// ErrDebtOpen is returned when credits would be issued while some of the same debtor are owed.
var ErrDebtOpen = fault.New(fault.Refused, "carbon.debt_open", "credits that were wrong and spent are owed: nothing is issued before").
	Under("carbon.debt", "project default")
