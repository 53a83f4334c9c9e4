package httpapi

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/xuri/excelize/v2"
)

// The forms that a list or statement is exported in: ask for them by Accept. A
// page is exported as it would be answered, with the figures beside its list; the
// cursor of the next one, if there is one, stands in the header Next-After.
const (
	csvType  = "text/csv"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// kept is a response that is held back until its form is known.
type kept struct {
	gin.ResponseWriter
	body   bytes.Buffer
	status int
}

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// WriteHeaderNow does nothing: the response is not yet sent.
func (k *kept) WriteHeaderNow() {}

// Write keeps the body.
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// WriteString keeps the body.
func (k *kept) WriteString(s string) (int, error) { return k.body.WriteString(s) }

// export answers a list as CSV or as a workbook when the reader asks for it.
// Everything else goes out as it is.
func (s *Server) export(c *gin.Context) {
	form := c.GetHeader("Accept")
	o := s.operations[route{c.Request.Method, c.FullPath()}]
	if form != csvType && form != xlsxType || o == nil || o.export == nil {
		c.Next()
		return
	}
	k := &kept{ResponseWriter: c.Writer, status: http.StatusOK}
	c.Writer = k
	c.Next()
	c.Writer = k.ResponseWriter
	if k.status != http.StatusOK {
		c.Writer.WriteHeader(k.status)
		s.sent(c, k.body.Bytes())
		return
	}
	write := writeCSV
	if form == xlsxType {
		write = writeXLSX
	}
	tables, next, err := o.export.exported(k.body.Bytes())
	var body []byte
	if err == nil {
		body, err = write(tables)
	}
	if err != nil {
		s.fail(c, fmt.Errorf("export a list: %w", err))
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Type", form)
	h.Set("Vary", "Accept")
	h.Del("Content-Length")
	if next != "" {
		h.Set("Next-After", next)
	}
	s.sent(c, body)
}

func (s *Server) sent(c *gin.Context, body []byte) {
	if _, err := c.Writer.Write(body); err != nil {
		s.unsent(c, err)
	}
}

// table is a list of an answer: a row an item, a column a field.
type table struct {
	name    string
	columns []string
	rows    [][]string
}

// writeCSV writes one table below the other, each after the first behind an
// empty row and a row with its name; all rows have as many cells. It begins with a
// byte-order mark, without which spreadsheets take Chinese for something else.
func writeCSV(tables []table) ([]byte, error) {
	width := 0
	for _, t := range tables {
		width = max(width, len(t.columns))
	}
	var b bytes.Buffer
	b.WriteString("\uFEFF")
	w := csv.NewWriter(&b)
	write := func(rows ...[]string) error {
		for _, row := range rows {
			if err := w.Write(append(slices.Clip(row), make([]string, width-len(row))...)); err != nil {
				return err
			}
		}
		return nil
	}
	for i, t := range tables {
		var head [][]string
		if i > 0 {
			head = [][]string{nil, {t.name}}
		}
		if err := errors.Join(write(head...), write(t.columns), write(t.rows...)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// writeXLSX writes a workbook with a sheet a table, all of texts: a decimal
// stays as exact as it was.
func writeXLSX(tables []table) ([]byte, error) {
	f := excelize.NewFile().SetZipWriter(newOrderedArchive)
	defer f.Close()
	for i, t := range tables {
		if i == 0 {
			if err := f.SetSheetName(f.GetSheetName(0), t.name); err != nil {
				return nil, err
			}
		} else if _, err := f.NewSheet(t.name); err != nil {
			return nil, err
		}
		if err := writeSheet(f, t); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	return b.Bytes(), err
}

// orderedArchive is an archive with its parts in the order of their names, in whatever
// order they come: the same tables are the same bytes.
type orderedArchive struct {
	*zip.Writer

	parts map[string]*bytes.Buffer
}

func newOrderedArchive(w io.Writer) excelize.ZipWriter {
	return &orderedArchive{zip.NewWriter(w), map[string]*bytes.Buffer{}}
}

// Create keeps a part until the archive is closed.
func (a *orderedArchive) Create(name string) (io.Writer, error) {
	a.parts[name] = &bytes.Buffer{}
	return a.parts[name], nil
}

// Close writes the parts.
func (a *orderedArchive) Close() error {
	for _, name := range slices.Sorted(maps.Keys(a.parts)) {
		w, err := a.Writer.Create(name)
		if err != nil {
			return err
		}
		if _, err := a.parts[name].WriteTo(w); err != nil {
			return err
		}
	}
	return a.Writer.Close()
}

func writeSheet(f *excelize.File, t table) error {
	w, err := f.NewStreamWriter(t.name)
	if err != nil {
		return err
	}
	for i, row := range append([][]string{t.columns}, t.rows...) {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		cells := make([]any, len(row))
		for j := range row {
			cells[j] = row[j]
		}
		if err := w.SetRow(at, cells); err != nil {
			return err
		}
	}
	return w.Flush()
}
