package outside

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// An Export is a dated package of what the registry knows of a region, for
// another platform: states at the end of To, and what happened from From to To.
// Its files are kept, so that it prints the same again.
type Export struct {
	ID         int64
	System     System
	Region     string
	Number     int32 // 1, 2, … for the system and region
	FirstDay   calendar.Date
	LastDay    calendar.Date
	State      ExportState
	Digest     string // of the names and digests of its files
	MadeBy     int64  // person
	MadeAt     calendar.Instant
	Receipt    string // what the platform calls its receipt
	ReceivedOn calendar.Date
	Command    int64
}

// An ExportFile is a file of an export. It never changes.
type ExportFile struct {
	ID      int64
	Export  int64
	Name    string
	Content string // UTF-8
	Digest  string // SHA-256 of Content, in hex
	Command int64
}

// ExportRows bounds the rows of one file: a sheet of a workbook holds no more
// beside its header.
const ExportRows = 1<<20 - 1

// The faults of an export, in the order in which they are checked.
var (
	// ErrDaysNotOver is returned when the days of an export are not over: what it says would still change.
	ErrDaysNotOver = fault.New(fault.Refused, "outside_export.not_over", "a package is made of days that are over").At("to").
			Under("outside_export.days_over", "project default")
	// ErrExportLarge is returned when a file would have more than 1,048,575 rows.
	ErrExportLarge = fault.New(fault.Refused, "outside_export.too_large", "a file of the package would have more than 1048575 rows: name fewer days").
			Under("outside_export.rows", "project default")
	// ErrPackageNotNow is returned when the state of a package does not allow a step.
	ErrPackageNotNow = fault.New(fault.Conflict, "outside_package.not_now", "the package does not allow this step now")
)

// Validate returns a fault that names the first field that is wrong.
func (e Export) Validate(today calendar.Date) error {
	switch {
	case !e.FirstDay.Valid():
		return fault.Invalidf("from", "must be the first day of the package")
	case !e.LastDay.Valid():
		return fault.Invalidf("to", "must be the last day of the package")
	case e.LastDay < e.FirstDay:
		return fault.Invalidf("to", "the last day %s is before the first, %s", e.LastDay, e.FirstDay)
	case e.LastDay >= today:
		return ErrDaysNotOver.With("a package is made of days that are over: the last is to be before %s", today)
	}
	return catalog.CheckOneOf("system", e.System, Systems)
}

// NextNumber is the number of the export that comes after these of its system
// and region.
func NextNumber(before []Export) int32 { return int32(len(before)) + 1 } //nolint:gosec // packages of a region

// Received returns the export after the platform has answered for it, or
// ErrPackageNotNow.
func (e Export) Received(receipt string, on calendar.Date) (Export, error) {
	if err := catalog.CheckDocument("receipt", receipt); err != nil {
		return e, err
	}
	if !on.Valid() {
		return e, fault.Invalidf("received_on", "must be the day of the receipt")
	}
	next, err := step(ExportTransitions, e.State, ExportReceipt)
	e.State, e.Receipt, e.ReceivedOn = next, receipt, on
	return e, err
}

// step finds where a step leads in a table of transitions.
func step[S, E ~string](table []Transition[S, E], from S, event E) (S, error) {
	i := slices.IndexFunc(table, func(t Transition[S, E]) bool { return t.From == from && t.Event == event })
	if i < 0 {
		return from, ErrPackageNotNow.With("the package is %s: it cannot %s now", from, event)
	}
	return table[i].To, nil
}
