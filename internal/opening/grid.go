package opening

import (
	"slices"
	"strings"
	"unicode/utf8"

	"permitx/internal/catalog"
)

// A Grid is a sheet as the file has it: cells of text, the header first.
type Grid struct {
	Sheet string
	Rows  [][]string
}

// GuideSheet is the sheet of the template that explains the others; it is not read.
const GuideSheet = "guide"

// read finds the lines of all sheets, and their contents.
func read(grids []Grid, f *faults) (lines []Line, c Contents) {
	rows := 0
	seen := map[string]bool{}
	for _, g := range grids {
		if strings.EqualFold(g.Sheet, GuideSheet) {
			continue
		}
		s := sheet(g.Sheet)
		switch {
		case s == nil:
			f.note(g.Sheet, 0, ErrSheet.With("the sheets are %s", sheetNames()))
			continue
		case seen[g.Sheet]:
			f.note(g.Sheet, 0, ErrTwice.With("the file has the sheet %s twice", g.Sheet))
			continue
		}
		seen[g.Sheet] = true
		found := s.lines(g, f)
		if rows += len(found); rows > RowsMax {
			f.note(g.Sheet, 0, ErrTooMany.With("a package has at most %d rows: open fewer regions at a time", RowsMax))
			return nil, c
		}
		lines = append(lines, found...)
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return place(a.Sheet) - place(b.Sheet) })
	for i := range lines {
		in := cells{line: &lines[i], faults: f}
		lines[i].Sheet.read(&in, &c)
	}
	return lines, c
}

func sheetNames() string {
	names := make([]string, len(Sheets))
	for i, s := range Sheets {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// place is a sheet's place among all sheets: they are taken in this order.
func place(s *Sheet) int {
	return slices.IndexFunc(Sheets, func(o Sheet) bool { return o.Name == s.Name })
}

// lines are the rows of a grid that are not empty, with their cells in the
// order of the sheet's columns.
func (s *Sheet) lines(g Grid, f *faults) []Line {
	var lines []Line
	var at []int
	for i, row := range g.Rows {
		switch {
		case i == 0:
			at = s.header(row, f)
		case isEmpty(row):
		case at != nil:
			lines = append(lines, s.line(i+1, row, g.Rows[0], at, f))
		}
	}
	return lines
}

// header is where each column of the sheet stands, nil when one is missing. Beside
// a column that there is not, or twice, the rows are read.
func (s *Sheet) header(row []string, f *faults) []int {
	at := make([]int, len(s.Columns))
	for i := range at {
		at[i] = -1
	}
	complete := true
	wrong := func(column, format string, args ...any) {
		f.note(s.Name, 1, ErrHeader.With(format, args...).At(column))
	}
	for i, cell := range row {
		name := strings.TrimSpace(cell)
		switch n := s.column(name); {
		case name == "":
		case n < 0:
			wrong(shorten(name), "there is no such column; the columns are %s", s.columnNames())
		case at[n] >= 0:
			wrong(name, "the column is there twice")
		default:
			at[n] = i
		}
	}
	for n, c := range s.Columns {
		if at[n] < 0 && !c.Optional {
			complete = false
			wrong(c.Name, "the column is missing; it holds: %s", c.Holds)
		}
	}
	if !complete {
		return nil
	}
	return at
}

func (s *Sheet) columnNames() string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func isEmpty(row []string) bool {
	return !slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

func (s *Sheet) line(number int, row, names []string, at []int, f *faults) Line {
	l := Line{Sheet: s, Row: number, Cells: make([]string, len(s.Columns))}
	for n, from := range at {
		if from < 0 || from >= len(row) {
			continue
		}
		cell := strings.TrimSpace(row[from])
		if why := unfit(cell); why != "" {
			f.note(s.Name, number, ErrCell.With("%s", why).At(s.Columns[n].Name))
			cell = strings.Map(printable, shorten(cell))
		}
		l.Cells[n] = cell
	}
	for i, cell := range row {
		if strings.TrimSpace(cell) != "" && (i >= len(names) || strings.TrimSpace(names[i]) == "") {
			f.note(s.Name, number, ErrCell.With("%q stands in column %d, which has no name", shorten(cell), i+1))
		}
	}
	return l
}

// unfit says why a text cannot be a cell, or nothing.
func unfit(cell string) string {
	switch {
	case !utf8.ValidString(cell):
		return "the text is not UTF-8: save the file as CSV UTF-8, or send the workbook"
	case utf8.RuneCountInString(cell) > CellMax:
		return "a cell has at most 300 characters"
	case strings.ContainsFunc(cell, catalog.IsUnseen):
		return "a cell is one line of text, without tabs and other characters that are not seen"
	}
	return ""
}

func printable(r rune) rune {
	if catalog.IsUnseen(r) {
		return ' '
	}
	return r
}

// shorten cuts what a fault repeats of the file.
func shorten(s string) string {
	const longest = 40
	if r := []rune(strings.ToValidUTF8(s, "�")); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
