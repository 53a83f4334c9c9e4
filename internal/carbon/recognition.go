package carbon

import (
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Recognition says that a scheme takes another scheme's credits of a
// methodology for its own, and how many: a dated row of the table that the
// schemes of the Delta agree on.
type Recognition struct {
	ID          int64
	Scheme      int64              // that recognises
	Origin      string             // code of the other scheme, which this registry may have or not
	Methodology string             // code, as in the origin's serial numbers
	Unit        quantity.Reduction // of the origin's serial numbers: 1 kgCO2e or 1 t
	Factor      quantity.Ratio     // of the origin's amount that is recognised; 1: all
	ValidFrom   calendar.Date
	ValidTo     calendar.Date // last day; zero: no end
	Document    string        // the agreement
	Command     int64
}

// ValidOn reports whether credits are recognised on a day.
func (r Recognition) ValidOn(on calendar.Date) bool {
	return on >= r.ValidFrom && (r.ValidTo.IsZero() || on <= r.ValidTo)
}

// Validate returns a fault that names the first field that is wrong.
func (r Recognition) Validate() error {
	if err := fault.First(CheckCode("origin", r.Origin), CheckCode("methodology", r.Methodology), catalog.CheckText("document", r.Document, sourceMax)); err != nil {
		return err
	}
	switch {
	case r.Unit != quantity.OneReduction && r.Unit != quantity.OneTonne:
		return fault.Invalidf("unit", "must be 1 or 1000 kgCO2e")
	case r.Factor <= 0 || r.Factor > quantity.OneRatio:
		return fault.Invalidf("factor", "must be more than 0 and at most 1: nobody is credited what was not reduced")
	}
	return checkPeriod(r.ValidFrom, r.ValidTo)
}

// Recognised is how many of a scheme's serial units are given for units of the
// origin. What is less than one is not given.
func (r Recognition) Recognised(units int64, unit quantity.Reduction) (int64, error) {
	amount, err := quantity.MulDiv(units, int64(r.Unit), 1, 1, quantity.Down)
	if err == nil {
		amount, err = quantity.MulDiv(amount, int64(r.Factor), 1, int64(quantity.OneRatio), quantity.Down)
	}
	if err != nil {
		return 0, err
	}
	return amount / int64(unit), nil
}

// A Mirror is units of another scheme that were locked there, and are credits of
// this one. No unit has two (I-80).
type Mirror struct {
	ID          int64
	Recognition int64
	Issuance    int64 // here
	Party       int64
	Region      string // of the scheme that recognises
	Origin      string // code of the scheme
	Home        int64  // the scheme, where this registry has it; 0: another registry has
	Place       int64  // keeps the numbers of registries apart: 0 is this one
	Serial      string // at the origin
	FirstUnit   int64
	LastUnit    int64
	Lock        string // of another registry: the document by which it has locked them
	Released    bool   // the issuance was rejected: they are unlocked
	Command     int64
}

// Units is how many units of the origin it is of.
func (m Mirror) Units() int64 { return m.LastUnit - m.FirstUnit + 1 }

// The faults of mirroring, in the order in which they are checked.
var (
	// ErrSerial is returned when a serial number cannot be read.
	ErrSerial = fault.New(fault.Invalid, "carbon.serial", "a serial number is written scheme-methodology-project-vintage-from-to").At("serial")
	// ErrNotRecognised is returned when a scheme does not recognise such credits today.
	ErrNotRecognised = fault.New(fault.Refused, "carbon.not_recognised", "the scheme does not recognise these credits").At("serial").
				Under("carbon.recognition", "project default: the schemes' agreement, by the table of recognised methodologies")
	// ErrMirrored is returned when a unit is mirrored already.
	ErrMirrored = fault.New(fault.Conflict, "carbon.mirrored", "units of these are mirrored already").At("serial")
	// ErrNotHeld is returned when the party does not have all of the units, or not freely.
	ErrNotHeld = fault.New(fault.Refused, "carbon.units_not_held", "the party does not hold all of these units freely").At("serial")
)

// A Serial is what a serial number says.
type Serial struct {
	Scheme      string
	Methodology string
	Source      string
	Vintage     int32
	First, Last int64
}

// Bounds of what a serial number says.
const (
	serialParts = 6
	unitMost    = 1 << 40 // numbers of units; the registries' numbers lie above
)

// ParseSerial reads a serial number as Issuance.Serial writes it, or returns ErrSerial.
func ParseSerial(s string) (n Serial, err error) {
	parts := strings.Split(s, "-")
	if len(parts) != serialParts {
		return n, ErrSerial
	}
	n = Serial{Scheme: parts[0], Methodology: parts[1], Source: parts[2]}
	if err := fault.First(CheckCode("serial", n.Scheme), CheckCode("serial", n.Methodology), CheckCode("serial", n.Source)); err != nil {
		return n, ErrSerial
	}
	vintage, err := strconv.ParseInt(parts[3], 10, 32)
	if err == nil {
		n.First, err = strconv.ParseInt(parts[4], 10, 64)
	}
	if err == nil {
		n.Last, err = strconv.ParseInt(parts[5], 10, 64)
	}
	if n.Vintage = int32(vintage); err != nil || n.String() != s || vintage < 2000 || vintage > 2100 || n.First <= 0 || n.Last < n.First || n.Last >= unitMost {
		return n, ErrSerial
	}
	return n, nil
}

// String writes the serial number.
func (n Serial) String() string {
	return Issuance{Methodology: n.Methodology, Source: n.Source, Vintage: n.Vintage}.Serial(n.Scheme, n.First, n.Last)
}

// Cut takes the units first to last out of ranges, which are in the order of
// their numbers. Returns ErrNotHeld unless all of the units are there, or ErrPieces.
func Cut(ranges []Range, first, last int64) (taken []Range, err error) {
	next := first
	for _, r := range ranges {
		if r.LastUnit < next || next > last {
			continue
		}
		if r.FirstUnit > next {
			return nil, ErrNotHeld.With("unit %d is not there", next)
		}
		if len(taken) == piecesMost {
			return nil, ErrPieces
		}
		r.FirstUnit, r.LastUnit = next, min(r.LastUnit, last)
		taken = append(taken, r)
		next = r.LastUnit + 1
	}
	if next <= last {
		return nil, ErrNotHeld.With("unit %d is not there", next)
	}
	return taken, nil
}
