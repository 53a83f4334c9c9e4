package outside

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// An Import is a package in which another platform says what it knows of a
// region's objects. It changes nothing here: what differs is listed, explained
// by an officer and closed.
type Import struct {
	ID          int64
	System      System
	Number      string // there; sent again with the same lines it is the same import
	Region      string
	AsOf        calendar.Date // the day that the platform speaks of
	State       ImportState
	Digest      string // of its lines
	Lines       int32
	Differences int32
	ReceivedBy  int64 // person
	ReceivedAt  calendar.Instant
	ClosedBy    int64
	ClosedAt    calendar.Instant
	Command     int64
}

// A Difference is a field of an object that the two call differently.
type Difference struct {
	ID          int64
	Import      int64
	Line        int32 // of the package, from 1
	Kind        Kind
	Object      int64  // 0: not known here
	Number      string // there
	Field       string
	Theirs      string
	Ours        string // "": nothing
	Explanation string // "": not yet
	ExplainedBy int64  // person
	ExplainedAt calendar.Instant
	Command     int64
}

// Holding is a kind of line that has no number of its own: what a licence
// holds of an instrument. Its number is that of the licence.
const Holding Kind = "holding"

// LineKinds are the kinds of lines of an import.
var LineKinds = append(slices.Clone(Kinds), Holding)

// A Line is what a platform says of one object.
type Line struct {
	Kind       Kind
	Number     string // there; of a holding the number of the licence here
	Object     int64  // here; 0: that of the number
	Instrument string // of a holding: code
	Origin     string // of a holding
	Values     []Value
}

// A Value is a field of an object as a text.
type Value struct{ Field, Value string }

// The fields of differences that are no field of an object.
const (
	NumberField = "number" // what the platform calls the object
	ObjectField = "object" // whether there is one
)

// The bounds of an import.
const (
	ImportLines  = 500
	ImportValues = 8 // of a line
)

// The faults of an import, in the order in which they are checked.
var (
	// ErrImportLines is returned when an import has no lines or too many.
	ErrImportLines = fault.New(fault.Invalid, "outside_import.lines", "a package has 1 to 500 lines: send a longer one in parts, each with a number of its own").At("lines")
	// ErrImportValues is returned when a line has too many values, or one of them twice.
	ErrImportValues = fault.New(fault.Invalid, "outside_import.values", "a line has at most 8 values, each field once").At("values")
	// ErrImportField is returned when objects of the kind have no such field.
	ErrImportField = fault.New(fault.Invalid, "outside_import.field_unknown", "objects of this kind have no such field").At("values")
	// ErrImportOther is returned when the number is that of a package with other lines.
	ErrImportOther = fault.New(fault.Conflict, "outside_import.number_taken", "a package with this number and other lines was received before").At("number")
	// ErrImportUnexplained is returned when an import is closed while a difference is not explained.
	ErrImportUnexplained = fault.New(fault.Conflict, "outside_import.unexplained", "each difference is explained before the package is closed")
)

// Validate returns a fault that names the first field that is wrong.
func (i Import) Validate() error {
	if err := fault.First(catalog.CheckOneOf("system", i.System, Systems), CheckNumber(i.Number)); err != nil {
		return err
	}
	if !i.AsOf.Valid() {
		return fault.Invalidf("as_of", "must be the day that the package speaks of")
	}
	return nil
}

// Validate returns a fault that names the first field that is wrong.
func (l Line) Validate() error {
	if err := fault.First(catalog.CheckOneOf("kind", l.Kind, LineKinds), CheckNumber(l.Number)); err != nil {
		return err
	}
	switch {
	case l.Object < 0:
		return fault.Invalidf("object", "must not be negative")
	case l.Kind == Holding && l.Object != 0:
		return fault.Invalidf("object", "a holding is named by its licence, instrument and origin")
	case (l.Kind == Holding) != (l.Instrument != ""):
		return fault.Invalidf("instrument", "a holding has one, nothing else has")
	case (l.Kind == Holding) != (l.Origin != ""):
		return fault.Invalidf("origin", "a holding has one, nothing else has")
	case len(l.Values) > ImportValues:
		return ErrImportValues
	}
	seen := map[string]bool{}
	for n, v := range l.Values {
		at := "values/" + strconv.Itoa(n) + "/"
		if seen[v.Field] {
			return ErrImportValues.With("the field %s is there twice", v.Field).At(at + "field")
		}
		seen[v.Field] = true
		if !slices.Contains(Fields[l.Kind], v.Field) {
			return ErrImportField.With("a %s has the fields %s", l.Kind, strings.Join(Fields[l.Kind], ", ")).At(at + "field")
		}
		if len([]rune(v.Value)) > numberMax {
			return fault.Invalidf(at+"value", "a value has at most %d characters", numberMax)
		}
	}
	return nil
}

// Fields are what an import may say of objects of a kind, besides their number.
var Fields = map[Kind][]string{
	Party:               {"uscc", "name", "region", "state"},
	Licence:             {"number", "holder", "site", "state", "valid_from", "valid_to"},
	Deal:                {"state", "quantity", "price", "amount"},
	Notice:              {"state", "quantity", "price", "amount"},
	Allocation:          {"quantity", "price"},
	CapDecision:         {"change", "decided_on"},
	Project:             {"name", "state"},
	Freeze:              {"state", "order_number", "starts_on", "ends_on"},
	Succession:          {"kind", "effective_on"},
	Correction:          {"quantity"},
	MirroredDeal:        {"quantity", "price", "amount", "settled_on"},
	Trade:               {"quantity", "price", "amount", "day"},
	Lot:                 {"provenance", "quantity", "in_reserve"},
	BuyBack:             {"state", "quantity"},
	Renewal:             {"state", "quantity"},
	Earmark:             {"state"},
	Listing:             {"state", "quantity", "price"},
	Lease:               {"state", "quantity", "price", "amount", "starts_on", "ends_on"},
	Pledge:              {"state", "quantity", "loan", "due_on"},
	JudicialSale:        {"quantity", "amount"},
	Departure:           {"kind", "state", "effective_on"},
	SurplusVerification: {"quantity", "outcome", "verified_on"},
	Offer:               {"state", "quantity", "reserve_price"},
	Award:               {"state", "quantity", "price", "amount"},
	StandingOffer:       {"state", "quantity", "price", "until"},
	Budget:              {"fiscal_year", "source", "approved", "paid"},
	Plan:                {"state"},
	Refund:              {"state", "amount"},
	IdleDeclaration:     {"state", "quantity", "since"},
	Block:               {"state", "quantity", "price", "amount"},
	PublicNotice:        {"kind", "state", "starts_on", "ends_on"},
	LevelTransfer:       {"to_region", "part", "quantity"},
	Movement:            {"direction", "quantity"},
	LotOrder:            {"kind", "quantity"},
	Discharge:           {"year", "quarter", "quantity"},
	Task:                {"year", "quantity"},
	Debt:                {"quantity", "settled"},
	Registration:        {"state"},
	Certificate:         {"quantity", "acquired_on"},
	Holding:             {"quantity"},
}

// DigestOf is the SHA-256 of lines in their order, in hex.
func DigestOf(lines []Line) string {
	b, err := json.Marshal(lines)
	if err != nil {
		panic(err) // texts and numbers always have a form
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Known is what the registry has for a line.
type Known struct {
	Object   int64  // 0: nothing
	Number   string // what the platform calls it, as it was recorded; "": nothing
	Numbered bool   // objects of the kind have numbers
	Values   []Value
}

// Compare lists where a line and what the registry has differ. Decimals are
// equal by their value.
func (l Line) Compare(at int32, ours Known) []Difference {
	d := Difference{Line: at, Kind: l.Kind, Object: ours.Object, Number: l.Number}
	differ := func(field, theirs, ours string) Difference {
		d.Field, d.Theirs, d.Ours = field, theirs, ours
		return d
	}
	if ours.Object == 0 {
		return []Difference{differ(ObjectField, l.Number, "")}
	}
	var all []Difference
	if ours.Numbered && ours.Number != l.Number {
		all = append(all, differ(NumberField, l.Number, ours.Number))
	}
	for _, theirs := range l.Values {
		i := slices.IndexFunc(ours.Values, func(v Value) bool { return v.Field == theirs.Field })
		if own := ours.Values[i].Value; !sameText(theirs.Value, own) {
			all = append(all, differ(theirs.Field, theirs.Value, own))
		}
	}
	return all
}

// sameText reports whether two values are equal as texts, or as decimals.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := quantity.ParseQuantity("value", a)
	y, errY := quantity.ParseQuantity("value", b)
	return errX == nil && errY == nil && x == y
}

// Received returns the import with what it was found to differ in.
func (i Import) Received(lines []Line, found []Difference) Import {
	i.Lines, i.Differences, i.State = int32(len(lines)), int32(len(found)), ImportOpen //nolint:gosec // bounded by ImportLines
	if len(found) == 0 {
		i.State, i.ClosedBy, i.ClosedAt = ImportClosed, i.ReceivedBy, i.ReceivedAt
	}
	return i
}

// Step returns the import after a step, or ErrPackageNotNow.
func (i Import) Step(event ImportEvent) (Import, error) {
	next, err := step(ImportTransitions, i.State, event)
	i.State = next
	return i, err
}

// CheckExplained returns ErrImportUnexplained unless each difference has its text.
func CheckExplained(all []Difference) error {
	for _, d := range all {
		if d.Explanation == "" {
			return ErrImportUnexplained.With("difference %d is not explained: %s of line %d", d.ID, d.Field, d.Line)
		}
	}
	return nil
}

// Explained returns the difference with its text.
func (d Difference) Explained(text string, person int64, at calendar.Instant) (Difference, error) {
	d.Explanation, d.ExplainedBy, d.ExplainedAt = text, person, at
	return d, catalog.CheckDocument("explanation", text)
}
