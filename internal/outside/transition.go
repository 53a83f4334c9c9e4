package outside

// Transition is a row of a table: in the state From the step Event leads to To.
// Who may take it is in identity.Table.
type Transition[S, E ~string] struct {
	From  S
	Event E
	To    S
}

// An ExportState is where an export is.
type ExportState string

// The states of an export.
const (
	ExportMade     ExportState = "made"
	ExportReceived ExportState = "received" // the platform has answered for it
)

// ExportStates are all states of an export.
var ExportStates = []ExportState{ExportMade, ExportReceived}

// An ExportEvent is a step of an export.
type ExportEvent string

// ExportReceipt is the only step of an export.
const ExportReceipt ExportEvent = "receipt"

// ExportTransitions are every step that can be taken; what is not here is refused.
var ExportTransitions = []Transition[ExportState, ExportEvent]{{ExportMade, ExportReceipt, ExportReceived}}

// An ImportState is where an import is.
type ImportState string

// The states of an import. One without a difference is closed as it comes.
const (
	ImportOpen   ImportState = "open" // its differences are being explained
	ImportClosed ImportState = "closed"
)

// ImportStates are all states of an import.
var ImportStates = []ImportState{ImportOpen, ImportClosed}

// An ImportEvent is a step of an import.
type ImportEvent string

// The steps of an import.
const (
	ImportExplain ImportEvent = "explain"
	ImportClose   ImportEvent = "close"
)

// ImportEvents are all steps of an import.
var ImportEvents = []ImportEvent{ImportExplain, ImportClose}

// ImportTransitions are every step that can be taken; what is not here is refused.
var ImportTransitions = []Transition[ImportState, ImportEvent]{
	{ImportOpen, ImportExplain, ImportOpen},
	{ImportOpen, ImportClose, ImportClosed},
}
