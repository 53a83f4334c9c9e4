package opening

import (
	"fmt"
	"strconv"
	"strings"
)

// A Line is a row of a sheet, its cells in the order of the sheet's columns.
type Line struct {
	Sheet *Sheet
	Row   int // as a spreadsheet counts
	Cells []string
}

// String is the line as it is kept: sheet, row and cells with tabs between.
func (l Line) String() string {
	return l.Sheet.Name + "\t" + strconv.Itoa(l.Row) + "\t" + strings.Join(l.Cells, "\t")
}

// ParseLines reads kept lines back. They were right when they were kept; an
// error says that somebody has changed them.
func ParseLines(text string) (Contents, error) {
	var c Contents
	var f faults
	for kept := range strings.Lines(text) {
		l, err := parseLine(strings.TrimSuffix(kept, "\n"))
		if err != nil {
			return c, err
		}
		l.Sheet.read(&cells{line: &l, faults: &f}, &c)
	}
	for _, wrong := range f.all {
		if !wrong.Warning {
			return c, fmt.Errorf("opening: %s row %d: %s", wrong.Sheet, wrong.Row, wrong.Detail)
		}
	}
	return c, nil
}

func parseLine(kept string) (Line, error) {
	parts := strings.Split(kept, "\t")
	s := sheet(parts[0])
	for s != nil && len(parts) > 2 && len(parts)-2 < len(s.Columns) && s.Columns[len(parts)-2].Optional { // kept before the sheet had the column
		parts = append(parts, "")
	}
	if s == nil || len(parts) != 2+len(s.Columns) {
		return Line{}, fmt.Errorf("opening: %q is no line of a package", shorten(kept))
	}
	row, err := strconv.Atoi(parts[1])
	if err != nil {
		return Line{}, fmt.Errorf("opening: %q is no line of a package: %w", shorten(kept), err)
	}
	return Line{Sheet: s, Row: row, Cells: parts[2:]}, nil
}
