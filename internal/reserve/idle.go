package reserve

import (
	"cmp"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// The faults of idle permits, in the order in which they are checked.
var (
	// ErrIdleEnded is returned when a declaration is over.
	ErrIdleEnded = fault.New(fault.Conflict, "idle_declaration.ended", "the permits are no longer declared idle")
	// ErrIdleSwept is returned when a declaration rests in a buy-back.
	ErrIdleSwept = fault.New(fault.Conflict, "idle_declaration.swept", "the permits are being bought back")
)

// IdleDeclaredBy is who says that permits lie idle.
type IdleDeclaredBy string

// Who may say so.
const (
	ByEnterprise IdleDeclaredBy = "enterprise"
	ByBureau     IdleDeclaredBy = "bureau"
)

// An IdleState is open or ended.
type IdleState string

// The states of a declaration.
const (
	IdleOpen  IdleState = "open"
	IdleEnded IdleState = "ended"
)

// IdleStates are all states of a declaration.
var IdleStates = []IdleState{IdleOpen, IdleEnded}

// An IdleDeclaration says that a part of a holding is not used since a day.
type IdleDeclaration struct {
	ID          int64
	Party       int64
	Region      string
	Licence     int64
	Instrument  int64
	Pollutant   string
	Origin      ledger.Origin
	Quantity    quantity.Quantity
	Since       calendar.Date // the first idle day
	DeclaredBy  IdleDeclaredBy
	Document    string
	State       IdleState
	BuyBack     int64 // that sweeps it; 0: none
	EndedOn     calendar.Date
	EndDocument string
	RecordedAt  calendar.Instant
	DeclaredOf  int64         // the licence that it was declared of, where it has followed its permits; 0: it has not
	HeldOn      calendar.Date // the permits were acquired by this day: the first idle one, or that of their new term; 0: see Held
	Command     int64
}

// Validate returns a fault that names the first field that is wrong.
func (d IdleDeclaration) Validate() error {
	if d.Origin < ledger.Paid || d.Origin > ledger.UnknownOrigin {
		return fault.Invalidf("origin", "must be one of paid, free, unknown")
	}
	return fault.First(checkQuantity(d.Quantity), checkDay("since", d.Since), catalog.CheckDocument("document", d.Document))
}

// Holding is the account of the permits.
func (d IdleDeclaration) Holding() ledger.Key {
	return ledger.HoldingKey(d.Region, d.Pollutant, d.Party, d.Licence, d.Instrument, d.Origin)
}

// SweepableFrom is the first day on which the permits may be swept: what was
// idle for exactly so many months is not yet idle for longer.
func (d IdleDeclaration) SweepableFrom(months int) calendar.Date {
	return d.Since.AddMonths(months).AddDays(1)
}

// MonthsIdle are the whole months until a day, which is the first one after them.
func (d IdleDeclaration) MonthsIdle(on calendar.Date) int32 {
	var n int32
	for d.Since.AddMonths(int(n)+1) <= on {
		n++
	}
	return n
}

// CheckSweep returns ErrIdleEnded or ErrIdleSwept.
func (d IdleDeclaration) CheckSweep() error {
	switch {
	case d.State != IdleOpen:
		return ErrIdleEnded.With("since %s they are not declared idle", d.EndedOn)
	case d.BuyBack != 0:
		return ErrIdleSwept.With("buy-back %d takes them back already", d.BuyBack)
	}
	return nil
}

// Held returns the declaration with the day by which its permits were acquired.
// One of before that was recorded has the first idle day, or that of the new term
// into which a renewal has carried it.
func (d IdleDeclaration) Held(renewed calendar.Date) IdleDeclaration {
	d.HeldOn = cmp.Or(d.HeldOn, renewed, d.Since)
	return d
}

// Less returns the declaration of what is left of it: open, or over where that is nothing.
func (d IdleDeclaration) Less(q quantity.Quantity, on calendar.Date, document string) IdleDeclaration {
	if q >= d.Quantity {
		return d.End(on, document)
	}
	d.Quantity, d.BuyBack = d.Quantity-q, 0
	return d
}

// Follows returns the declaration of a quantity of its permits in another holding:
// who has declared it, by which document, and since when they lie idle stay as they were (I-114).
func (d IdleDeclaration) Follows(to ledger.Key, q quantity.Quantity) IdleDeclaration {
	d.DeclaredOf = cmp.Or(d.DeclaredOf, d.Licence)
	d.Party, d.Licence, d.Instrument, d.Origin, d.Quantity = to.Party, to.Licence, to.Instrument, to.Origin, q
	return d
}

// StillIdle is how much of each of the open declarations about one holding lies idle:
// what was acquired by their day and is still there, beside what buy-backs hold of it (I-111).
// Those that lie idle for the longest have what there is.
func StillIdle(open []IdleDeclaration, rows []*ledger.Acquisition, held []BuyBack) map[int64]quantity.Quantity {
	idle, swept := make(map[int64]quantity.Quantity, len(open)), map[int64]quantity.Quantity{}
	var taken quantity.Quantity
	for _, b := range held {
		if taken += b.Quantity; b.Idle != 0 {
			swept[b.Idle] += b.Quantity
		}
	}
	for _, d := range LongestFirst(open) {
		rest := min(d.Quantity-swept[d.ID], AcquiredBy(rows, d.HeldOn)-taken)
		rest = max(rest, 0)
		idle[d.ID] = swept[d.ID] + rest
		taken += rest
	}
	return idle
}

// AcquiredBy is what is left of acquisitions of a day or of days before.
func AcquiredBy(rows []*ledger.Acquisition, day calendar.Date) (q quantity.Quantity) {
	for _, a := range rows {
		if a.AcquiredOn <= day {
			q += a.Remaining
		}
	}
	return q
}

// LongestFirst are declarations in the order in which they have what there is of a holding.
func LongestFirst(d []IdleDeclaration) []IdleDeclaration {
	return slices.SortedFunc(slices.Values(d), func(a, b IdleDeclaration) int { return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.ID, b.ID)) })
}

// End returns the declaration that is over since a day.
func (d IdleDeclaration) End(on calendar.Date, document string) IdleDeclaration {
	d.State, d.EndedOn, d.EndDocument = IdleEnded, on, document
	return d
}
