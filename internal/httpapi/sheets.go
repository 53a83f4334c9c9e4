package httpapi

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"permitx/internal/fault"
	"permitx/internal/opening"
)

// The bounds of a file of sheets, unpacked: a small archive may hold a lot.
const (
	unpackedMax = 64 << 20 // bytes
	sheetsMax   = 32
	columnsMax  = 64
)

// errNotSheets is returned for a file that is neither a workbook nor an archive of CSV files.
var errNotSheets = fault.New(fault.Invalid, "request.not_sheets", "the file must be a workbook (.xlsx), or a ZIP archive with a CSV file for each sheet")

// readSheets reads the cells of a workbook, or of an archive of CSV files.
func readSheets(body io.Reader) ([]opening.Grid, error) {
	if body == nil {
		return nil, errNotSheets
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, errNotSheets.Because(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errNotSheets.Because(err)
	}
	unpacked := uint64(0)
	for _, f := range archive.File {
		if unpacked += f.UncompressedSize64; unpacked > unpackedMax || f.UncompressedSize64 > unpackedMax {
			return nil, errTooLarge.With("the file may have at most %d bytes unpacked", unpackedMax)
		}
	}
	for _, f := range archive.File {
		if f.Name == "[Content_Types].xml" {
			return readWorkbook(data)
		}
	}
	return readArchive(archive)
}

// readArchive reads the CSV files of an archive; directories and what the
// archiver has added are passed over.
func readArchive(archive *zip.Reader) ([]opening.Grid, error) {
	var grids []opening.Grid
	for _, f := range archive.File {
		name, isCSV := strings.CutSuffix(path.Base(f.Name), ".csv")
		if !isCSV || strings.HasPrefix(name, ".") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		if len(grids) == sheetsMax {
			return nil, errNotSheets.With("the archive has more than %d CSV files", sheetsMax)
		}
		g, err := readCSV(name, f)
		if err != nil {
			return nil, err
		}
		grids = append(grids, g)
	}
	if grids == nil {
		return nil, errNotSheets.With("the archive has no CSV file: name one for each sheet, such as holdings.csv")
	}
	return grids, nil
}

func readCSV(sheet string, f *zip.File) (opening.Grid, error) {
	g := opening.Grid{Sheet: sheet}
	from, err := f.Open()
	if err != nil {
		return g, errNotSheets.Because(err)
	}
	defer from.Close()
	data, err := io.ReadAll(io.LimitReader(from, unpackedMax))
	if err != nil {
		return g, errNotSheets.Because(err)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	r.FieldsPerRecord = -1
	for {
		row, err := r.Read()
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return g, nil
		case errors.As(err, &syntax):
			return g, errNotSheets.With("%s.csv is not CSV: line %d, column %d: %s", shorten(sheet), syntax.Line, syntax.Column, syntax.Err.Error())
		case err != nil:
			return g, errNotSheets.Because(err)
		case len(row) > columnsMax:
			return g, errNotSheets.With("%s.csv has more than %d columns", shorten(sheet), columnsMax)
		}
		line, _ := r.FieldPos(0)
		for len(g.Rows) < line-1 && len(g.Rows) <= opening.RowsMax { // blank lines, which the reader passes over, are rows of a spreadsheet
			g.Rows = append(g.Rows, nil)
		}
		if g.Rows = append(g.Rows, row); len(g.Rows) > opening.RowsMax+1 {
			return g, nil // one row too many, which is a fault of the package
		}
	}
}

func readWorkbook(data []byte) ([]opening.Grid, error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: unpackedMax, UnzipXMLSizeLimit: unpackedMax, RawCellValue: true})
	if err != nil {
		return nil, errNotSheets.Because(err)
	}
	defer f.Close()
	names := f.GetSheetList()
	if len(names) > sheetsMax {
		return nil, errNotSheets.With("the workbook has more than %d sheets", sheetsMax)
	}
	grids := make([]opening.Grid, len(names))
	for i, name := range names {
		if grids[i], err = readSheet(f, name); err != nil {
			return nil, err
		}
	}
	return grids, nil
}

// readSheet reads a sheet's cells as they are stored, not as they are shown: a
// format that shows two decimals does not lose the others.
func readSheet(f *excelize.File, name string) (opening.Grid, error) {
	g := opening.Grid{Sheet: name}
	rows, err := f.Rows(name)
	if err != nil {
		return g, errNotSheets.Because(err)
	}
	defer rows.Close()
	for rows.Next() && len(g.Rows) <= opening.RowsMax+1 {
		row, err := rows.Columns()
		if err != nil {
			return g, errNotSheets.Because(err)
		}
		if len(row) > columnsMax {
			return g, errNotSheets.With("the sheet %s has more than %d columns", shorten(name), columnsMax)
		}
		for i, cell := range row {
			row[i] = asShown(f, name, i+1, len(g.Rows)+1, cell)
		}
		g.Rows = append(g.Rows, row)
	}
	return g, nil
}

// digitsExact is how many significant digits of a number a spreadsheet keeps.
const digitsExact = 15

// asShown is what a spreadsheet shows of a stored cell with all its decimals, where
// that is something else: of a number, and of true and false, stored as 1 and 0.
func asShown(f *excelize.File, sheet string, column, row int, cell string) string {
	if !isStoredNumber(cell) && cell != "0" && cell != "1" {
		return cell
	}
	at, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return cell
	}
	switch kind, err := f.GetCellType(sheet, at); {
	case err != nil:
	case kind == excelize.CellTypeBool:
		return map[string]string{"0": "FALSE", "1": "TRUE"}[cell]
	case isStoredNumber(cell) && (kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset):
		return shortNumber(cell)
	}
	return cell
}

// isStoredNumber reports whether a cell's text may be a number with the digits
// that binary fractions add, or an exponent: 4.35 is stored as 4.3499999999999996,
// 0.00001 as 1E-05. A code of 18 digits is a text.
func isStoredNumber(cell string) bool {
	return (len(cell) > digitsExact || strings.ContainsAny(cell, "Ee")) && strings.Trim(cell, "0123456789.Ee+-") == ""
}

// shortNumber is a stored number with the digits that the spreadsheet shows.
func shortNumber(cell string) string {
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return cell
	}
	if v, err = strconv.ParseFloat(strconv.FormatFloat(v, 'g', digitsExact, 64), 64); err != nil {
		return cell
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// openingTemplate writes the workbook of a package: a guide, then each sheet
// with its header. All cells are texts, so that what is typed stays as it is.
func openingTemplate() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49}) // @
	if err != nil {
		return nil, err
	}
	guide := [][]any{{"sheet", "工作表", "column", "列", "must be filled", "holds", "example"}}
	if err := f.SetSheetName(f.GetSheetName(0), opening.GuideSheet); err != nil {
		return nil, err
	}
	for _, s := range opening.Sheets {
		if _, err := f.NewSheet(s.Name); err != nil {
			return nil, err
		}
		header := make([]any, len(s.Columns))
		for i, c := range s.Columns {
			header[i] = c.Name
		}
		last, err := excelize.ColumnNumberToName(len(header))
		if err != nil {
			return nil, err
		}
		if err := errors.Join(f.SetColStyle(s.Name, "A:"+last, text), f.SetColWidth(s.Name, "A", last, 22), f.SetSheetRow(s.Name, "A1", &header)); err != nil {
			return nil, err
		}
		guide = append(guide, guideOf(s)...)
	}
	for i, row := range guide {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return nil, err
		}
		if err := f.SetSheetRow(opening.GuideSheet, at, &row); err != nil {
			return nil, err
		}
	}
	if err := f.SetColWidth(opening.GuideSheet, "A", "G", 24); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = f.WriteTo(&b)
	return b.Bytes(), err
}

// guideOf are the rows of the guide about a sheet.
func guideOf(s opening.Sheet) [][]any {
	rows := [][]any{{s.Name, s.Title, "", "", "", s.About, ""}}
	for _, c := range s.Columns {
		needed := "yes"
		if c.Optional {
			needed = "no"
		}
		rows = append(rows, []any{s.Name, s.Title, c.Name, c.Title, needed, c.Holds, c.Example})
	}
	return rows
}
