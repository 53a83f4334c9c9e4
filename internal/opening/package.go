package opening

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
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// State is where a package is in its life.
type State string

// The states of a package.
const (
	Faulty    State = "faulty"    // only its faults were kept
	Checked   State = "checked"   // waits for its sign-off
	Verifying State = "verifying" // signed off; each part is held against the registry once more
	Taking    State = "taking"    // part after part is taken; nobody changes anything else
	Taken     State = "taken"
	Refused   State = "refused" // the registry had changed; nothing was taken
)

// States are all states of a package.
var States = []State{Faulty, Checked, Verifying, Taking, Taken, Refused}

// IsRunning reports whether a package is being taken.
func (s State) IsRunning() bool { return s == Verifying || s == Taking }

// Event is what happens to a package.
type Event string

// The events of a package.
const (
	SignOff Event = "sign_off" // by two persons
	Verify  Event = "verify"   // all parts fit
	Refuse  Event = "refuse"   // a part does not fit
	Finish  Event = "finish"   // all parts are taken
)

// Events are all events of a package.
var Events = []Event{SignOff, Verify, Refuse, Finish}

// By is who moves a package on.
type By string

// Who may.
const (
	Officer By = "officer"
	System  By = "system"
)

// transitions is every step that a package can take.
var transitions = map[Event]struct {
	from, to State
	by       By
}{
	SignOff: {Checked, Verifying, Officer},
	Verify:  {Verifying, Taking, System},
	Refuse:  {Verifying, Refused, System},
	Finish:  {Taking, Taken, System},
}

// ErrState is returned when a package does not allow an event in its state.
var ErrState = fault.New(fault.Conflict, "opening.state", "the package does not allow this in its state")

// A Package is a submitted file and what became of it. Counts are rows.
type Package struct {
	ID          int64
	Region      string // with all regions below it
	CutOff      calendar.Date
	Document    string // that orders the opening
	Digest      string // of the kept lines, SHA-256 in hex; "" of a faulty one
	State       State
	Parts       int32 // of the kept lines
	Done        int32 // parts, of the pass in hand
	Parties     int32
	Licences    int32
	Caps        int32
	Lots        int32
	Holdings    int32
	Deposits    int32
	Freezes     int32
	Budgets     int32
	Pledges     int32
	Leases      int32
	Sales       int32 // that are paid in instalments
	Instalments int32 // of these, unpaid
	FundFreezes int32
	Money       quantity.Money // Σ deposits
	BudgetMoney quantity.Money // Σ budgets
	Loans       quantity.Money // Σ pledges
	Unpaid      quantity.Money // Σ instalments
	Faults      int32
	Warnings    int32
	Reason      string // of a refusal
	SubmittedBy int64  // person
	SubmittedAt calendar.Instant
	SignedAt    calendar.Instant // 0: not yet
	EndedAt     calendar.Instant // 0: not yet
	Command     int64
}

// Validate returns a fault that names the first field that is wrong.
func (p Package) Validate() error {
	if err := catalog.CheckRegionCode("region", p.Region); err != nil {
		return err
	}
	if !p.CutOff.Valid() {
		return fault.Invalidf("cut_off", "must be a day, for example 2026-06-30")
	}
	return catalog.CheckText("document", p.Document, documentMax)
}

// documentMax bounds the document's number: it stands in the document of each
// row, which holds 500 characters with the row's own.
const documentMax = 100

// Step returns the package after an event, or ErrState.
func (p Package) Step(e Event, by By) (Package, error) {
	t := transitions[e]
	if p.State != t.from || by != t.by {
		return p, ErrState.With("the package is %s", p.State)
	}
	if p.State = t.to; p.State.IsRunning() {
		p.Done = 0
	}
	return p, nil
}

// A PartKind is what a part keeps.
type PartKind string

// The kinds of parts.
const (
	LinePart  PartKind = "lines"
	FaultPart PartKind = "faults"
)

// PartKinds are all kinds of parts.
var PartKinds = []PartKind{LinePart, FaultPart}

// PartRows is how many lines or faults a part keeps: what one command takes.
const PartRows = 250

// A Part keeps some lines or faults of a package; it never changes.
type Part struct {
	ID      int64
	Package int64
	Kind    PartKind
	Number  int32 // from 1
	Text    string
	Command int64
}

// A Total is what a package opens of a region and a pollutant: its control
// total, in t/a.
type Total struct {
	ID            int64
	Package       int64
	Region        string
	Pollutant     string
	Cap           quantity.Quantity
	Unallocated   quantity.Quantity
	Reserve       quantity.Quantity
	Paid          quantity.Quantity // held, by origin
	Free          quantity.Quantity
	UnknownOrigin quantity.Quantity
	Lots          int32 // rows
	Holdings      int32
	Signed        bool
	Command       int64
}

// of is the sum of an origin.
func (t *Total) of(o ledger.Origin) *quantity.Quantity {
	switch o {
	case ledger.Paid:
		return &t.Paid
	case ledger.Free:
		return &t.Free
	case ledger.UnknownOrigin, ledger.NoOrigin:
	}
	return &t.UnknownOrigin
}

// Held is what the total says is held of an origin.
func (t Total) Held(o ledger.Origin) quantity.Quantity { return *t.of(o) }

// KeepLines are the texts of the parts that keep some lines.
func KeepLines(lines []Line) []string {
	var texts []string
	for part := range slices.Chunk(lines, PartRows) {
		var b strings.Builder
		for _, l := range part {
			b.WriteString(l.String())
			b.WriteByte('\n')
		}
		texts = append(texts, b.String())
	}
	return texts
}

// KeepFaults are the texts of the parts that keep some faults.
func KeepFaults(all []Fault) []string {
	var texts []string
	for part := range slices.Chunk(all, PartRows) {
		b, err := json.Marshal(part)
		if err != nil {
			panic("opening: a fault cannot be written: " + err.Error())
		}
		texts = append(texts, string(b))
	}
	return texts
}

// ParseFaults reads kept faults back.
func ParseFaults(text string) ([]Fault, error) {
	var all []Fault
	return all, json.Unmarshal([]byte(text), &all)
}

// Digest is that of the kept lines of a package, in hex.
func Digest(parts []string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Money is the sum of the deposits, ErrSum where it cannot be held.
func (c Contents) Money() (quantity.Money, error) {
	return sumOf(c.Deposits, func(d Deposit) (int, quantity.Money) { return d.Row, d.Amount })
}

// BudgetMoney is the sum of the budgets, ErrSum where it cannot be held.
func (c Contents) BudgetMoney() (quantity.Money, error) {
	return sumOf(c.Budgets, func(b Budget) (int, quantity.Money) { return b.Row, b.Amount })
}

// Loans is the sum of what the pledges secure, ErrSum where it cannot be held.
func (c Contents) Loans() (quantity.Money, error) {
	return sumOf(c.Pledges, func(p Pledge) (int, quantity.Money) { return p.Row, p.Loan })
}

// Unpaid is the sum of the unpaid instalments, ErrSum where it cannot be held.
func (c Contents) Unpaid() (quantity.Money, error) {
	return sumOf(c.Instalments, func(i Instalment) (int, quantity.Money) { return i.Row, i.Amount })
}

func sumOf[R any](rows []R, of func(R) (row int, amount quantity.Money)) (sum quantity.Money, err error) {
	for _, r := range rows {
		row, amount := of(r)
		if sum, err = quantity.Add(sum, amount); err != nil {
			return 0, ErrSum.With("with row %d the sum is beyond what a registry can hold", row).At("amount")
		}
	}
	return sum, nil
}

// A Count is how many rows of a sheet a package has.
type Count struct {
	Sheet string
	Rows  int32
}

// Text is the number.
func (c Count) Text() string { return strconv.Itoa(int(c.Rows)) }

// Counts are the rows of each sheet.
func (p Package) Counts() []Count {
	return []Count{
		{"parties", p.Parties},
		{"licences", p.Licences},
		{"caps", p.Caps},
		{"lots", p.Lots},
		{"holdings", p.Holdings},
		{"deposits", p.Deposits},
		{"pledges", p.Pledges},
		{"leases", p.Leases},
		{"instalment_sales", p.Sales},
		{"instalments", p.Instalments},
		{"freezes", p.Freezes},
		{"fund_freezes", p.FundFreezes},
		{"budgets", p.Budgets},
	}
}

// Holding is the package with the counts of its contents, whose money can be
// added up.
func (p Package) Holding(c Contents) Package {
	count := func(n int) int32 { return int32(n) } //nolint:gosec // RowsMax bounds them
	p.Parties, p.Licences, p.Caps, p.Lots = count(len(c.Parties)), count(len(c.Licences)), count(len(c.Caps)), count(len(c.Lots))
	p.Holdings, p.Deposits, p.Freezes = count(len(c.Holdings)), count(len(c.Deposits)), count(len(c.Freezes))
	p.Budgets, p.Pledges, p.Leases = count(len(c.Budgets)), count(len(c.Pledges)), count(len(c.Leases))
	p.Sales, p.Instalments, p.FundFreezes = count(len(c.Sales)), count(len(c.Instalments)), count(len(c.FundFreezes))
	p.Money, _ = c.Money()
	p.BudgetMoney, _ = c.BudgetMoney()
	p.Loans, _ = c.Loans()
	p.Unpaid, _ = c.Unpaid()
	return p
}

// Regions are the regions of some totals, each once, in their order.
func Regions(totals []Total) []string {
	var codes []string
	for _, t := range totals {
		if !slices.Contains(codes, t.Region) {
			codes = append(codes, t.Region)
		}
	}
	return codes
}
