package permit

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A ProjectKind says what a project does to the site.
type ProjectKind string

// The kinds of project (新建、改建、扩建).
const (
	NewProject ProjectKind = "new"
	Rebuilt    ProjectKind = "rebuilt"
	Expanded   ProjectKind = "expanded"
)

// ProjectKinds are all kinds of project.
var ProjectKinds = []ProjectKind{NewProject, Rebuilt, Expanded}

// A Project is a building project that needs permits.
type Project struct {
	ID           int64
	EIA          string // number of the environmental impact assessment's approval, unique
	Name         string
	Kind         ProjectKind
	Party        int64
	Licence      int64 // whose permits are put to it
	Region       string
	Industry     string // GB/T 4754
	Zone         string // of 生态环境分区管控; may be empty
	State        ProjectState
	Document     string // of the last decision; empty before the first
	RegisteredBy int64  // person
	RegisteredAt calendar.Instant
	DecidedOn    calendar.Date // the day whose offset ratio holds; 0 before
	Command      int64
}

// The limits of a project's texts, in characters.
const (
	eiaMax  = 100
	nameMax = 200
	zoneMax = 64
)

// MaxNeeds bounds the pollutants of one project.
const MaxNeeds = 20

// The faults of a project, in the order in which they are checked.
var (
	// ErrNeedStep is returned when a need or a quantity has more than four decimals.
	ErrNeedStep = fault.New(fault.Invalid, "project.need_off_step", "the quantity must be a multiple of 0.0001 t/a").At("need")
	// ErrNoNeeds is returned when a project needs nothing, or too many pollutants.
	ErrNoNeeds = fault.New(fault.Invalid, "project.needs_missing", "name what the project needs, for 1 to 20 pollutants").At("needs")
	// ErrNeedTwice is returned when a pollutant is named twice.
	ErrNeedTwice = fault.New(fault.Invalid, "project.pollutant_twice", "each pollutant is named once").At("needs")
)

// Validate returns a fault that names the first field that is wrong.
func (p Project) Validate() error {
	if err := fault.First(
		catalog.CheckText("eia", p.EIA, eiaMax),
		catalog.CheckText("name", p.Name, nameMax),
		catalog.CheckOneOf("kind", p.Kind, ProjectKinds),
		catalog.CheckIndustry("industry", p.Industry),
	); err != nil || p.Zone == "" {
		return err
	}
	return catalog.CheckText("zone", p.Zone, zoneMax)
}

// A Step is a step that a project has taken. It never changes.
type Step struct {
	ID        int64
	Project   int64
	Event     ProjectEvent
	Person    int64
	FromState ProjectState
	ToState   ProjectState
	Document  string
	Note      string
	At        calendar.Instant
	Command   int64
}

// An EntryKind is why a project's figures changed.
type EntryKind string

// The kinds of entry. What the market's fills bring is in the trades and has
// no entry of its own.
const (
	ByDeal      EntryKind = "deal"        // bought and put to the project in one: r is applied once
	ByReversal  EntryKind = "reversal"    // the deal was undone
	ByNotice    EntryKind = "sale"        // a payment notice was delivered
	ByGuarantee EntryKind = "guarantee"   // allocated from the reserve (重大项目保障)
	ByBlock     EntryKind = "block_trade" // a block trade was settled
	ByAssign    EntryKind = "assignment"  // put to the project out of the licence's holding
	ByRelease   EntryKind = "release"     // the project was reduced or cancelled: what it no longer needs

	ByCorrection EntryKind = "correction" // a guarantee was wrong, and so much of it was taken back
)

// EntryKinds are all kinds of entry.
var EntryKinds = []EntryKind{ByDeal, ByReversal, ByNotice, ByGuarantee, ByBlock, ByAssign, ByRelease, ByCorrection}

// An Entry is a change of a project's figures for a pollutant. It never
// changes. A release and a correction have negative figures; what it retired stays retired. It keeps
// also by how much the need was lowered: one that frees nothing is recorded, too.
type Entry struct {
	ID         int64
	Project    int64
	Party      int64
	Region     string
	Pollutant  string
	Kind       EntryKind
	Reference  int64 // the deal, notice, block trade, allocation or correction
	Instrument int64 // of an assignment
	Bought     quantity.Quantity
	Assigned   quantity.Quantity
	Retired    quantity.Quantity
	Surplus    quantity.Quantity // of a release: what the licence may sell back to the government
	Document   string
	Transfer   int64 // of the retirement, or of what took it back; 0 where nothing was retired
	At         calendar.Instant
	Needed     quantity.Quantity // of a release (I-113): what is needed after it
	Lowered    quantity.Quantity // by how much that is less than before
	Missing    quantity.Quantity // what must still be bought after it
	Command    int64
}

// Uncovers reports whether a release is what no longer lets a project have q: before
// it so much was missing, and after it no longer.
func (e Entry) Uncovers(q quantity.Quantity) bool {
	before := e.Missing + e.Lowered + e.Bought // what is bought beyond the need goes with it
	return before >= q && e.Missing < q
}
