package opening

import "permitx/internal/fault"

// A Fault is something that is wrong in the file.
type Fault struct {
	Sheet   string
	Row     int    // as a spreadsheet counts: the header is row 1; 0: the whole sheet
	Column  string // "": the whole row
	Code    string
	Detail  string // what is wrong, and what would be right
	Warning bool   // it does not keep the package from being taken
}

// FaultOf is a fault of the core about a row: its field is the column.
func FaultOf(sheet string, row int, err error) Fault {
	f, ok := fault.As(err)
	if !ok {
		panic("opening: not a fault: " + err.Error())
	}
	return Fault{Sheet: sheet, Row: row, Column: f.Field, Code: f.Code, Detail: f.Detail}
}

// Bounds of a package, so that it can be read, shown and taken in bounded work.
const (
	RowsMax   = 50_000 // of all sheets
	CapsMax   = 1_000  // rows of the sheet caps: the control totals
	FaultsMax = 20_000 // listed; a file with more says so in the last one
	CellMax   = 300    // characters
)

// The faults of a file, in the order in which they are checked.
var (
	// ErrSheet is returned when the file has a sheet that no package has.
	ErrSheet = fault.New(fault.Invalid, "opening.sheet_unknown", "a package has no such sheet")
	// ErrHeader is returned when the header of a sheet lacks a column, has one twice or one that there is not.
	ErrHeader = fault.New(fault.Invalid, "opening.header", "the first row must name the columns")
	// ErrTooMany is returned when a package has more rows, or more faults, than can be dealt with.
	ErrTooMany = fault.New(fault.Invalid, "opening.too_many", "the package is too large: open fewer regions at a time")
	// ErrCell is returned when a cell is missing, or is not what its column holds.
	ErrCell = fault.New(fault.Invalid, "opening.cell", "the cell is not what its column holds")
	// ErrTwice is returned when a row says again what an earlier one has said.
	ErrTwice = fault.New(fault.Invalid, "opening.twice", "an earlier row has said this")
	// ErrElsewhere is returned when a row names what is neither in the package nor in the registry.
	ErrElsewhere = fault.New(fault.Invalid, "opening.not_in_package", "the package has no row for this")
	// ErrSum is returned when what is given does not come to its sum.
	ErrSum = fault.New(fault.Invalid, "opening.sum", "the figures do not add up")
	// ErrDay is returned when something would have happened after the cut-off day.
	ErrDay = fault.New(fault.Invalid, "opening.after_cut_off", "the day lies after the cut-off day")
	// ErrOver is returned when a term or a licence is over.
	ErrOver = fault.New(fault.Invalid, "opening.over", "it is over: the registry begins with what is in force")
	// ErrRegistered is returned when the registry has this already.
	ErrRegistered = fault.New(fault.Invalid, "opening.registered", "the registry has this already")
	// ErrNothing is returned when a file has no cap.
	ErrNothing = fault.New(fault.Invalid, "opening.empty", "the package opens nothing: the sheet caps has no row")
)

// faults collects what is wrong: of a cell the first that was found.
type faults struct {
	all   []Fault
	cells map[cellKey]bool
}

type cellKey struct {
	sheet  string
	row    int
	column string
}

func (f *faults) add(one Fault) {
	key := cellKey{one.Sheet, one.Row, one.Column}
	if f.cells[key] && one.Column != "" {
		return
	}
	switch {
	case len(f.all) < FaultsMax-1:
		f.all = append(f.all, one)
	case len(f.all) == FaultsMax-1:
		f.all = append(f.all, FaultOf("", 0, ErrTooMany.With("there are more faults than these %d: correct them and send the file again", FaultsMax-1)))
	}
	if f.cells == nil {
		f.cells = map[cellKey]bool{}
	}
	f.cells[key] = true
}

func (f *faults) note(sheet string, row int, err error) {
	if err != nil {
		f.add(FaultOf(sheet, row, err))
	}
}

// badRows are the rows with a fault so far.
func (f *faults) badRows() map[rowKey]bool {
	bad := map[rowKey]bool{}
	for _, one := range f.all {
		if !one.Warning {
			bad[rowKey{one.Sheet, one.Row}] = true
		}
	}
	return bad
}

type rowKey struct {
	sheet string
	row   int
}
