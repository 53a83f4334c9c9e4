package httpapi

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/xuri/excelize/v2"
)

// The forms that a list is exported in: ask for them by Accept. A page is
// exported as it would be answered; the cursor of the next one, if there is
// one, stands in the header Next-After.
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

// export answers a list as CSV or as a spreadsheet when the reader asks for it.
// Everything else goes out as it is.
func (s *Server) export(c *gin.Context) {
	form := c.GetHeader("Accept")
	if c.Request.Method != http.MethodGet || form != csvType && form != xlsxType {
		c.Next()
		return
	}
	k := &kept{ResponseWriter: c.Writer, status: http.StatusOK}
	c.Writer = k
	c.Next()
	c.Writer = k.ResponseWriter
	t, isList := tableOf(k)
	if !isList {
		c.Writer.WriteHeader(k.status)
		s.sent(c, k.body.Bytes())
		return
	}
	write := t.csv
	if form == xlsxType {
		write = t.xlsx
	}
	body, err := write()
	if err != nil {
		s.fail(c, fmt.Errorf("export a list: %w", err))
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Type", form)
	h.Set("Vary", "Accept")
	h.Del("Content-Length")
	if t.next != "" {
		h.Set("Next-After", t.next)
	}
	s.sent(c, body)
}

func (s *Server) sent(c *gin.Context, body []byte) {
	if _, err := c.Writer.Write(body); err != nil {
		s.unsent(c, err)
	}
}

// table is a page of a list: a row an item, a column a field.
type table struct {
	columns []string
	rows    [][]string
	next    string
}

func tableOf(k *kept) (t table, isList bool) {
	var page struct {
		Items []json.RawMessage `json:"items"`
		Next  *int64            `json:"next"`
	}
	if k.status != http.StatusOK || json.Unmarshal(k.body.Bytes(), &page) != nil || page.Items == nil {
		return t, false
	}
	if page.Next != nil {
		t.next = strconv.FormatInt(*page.Next, 10)
	}
	for _, item := range page.Items {
		t.add(item)
	}
	return t, true
}

// add puts an item's fields under their columns; a field that no item had
// before is a new column.
func (t *table) add(item json.RawMessage) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(item, &fields) != nil {
		return
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		if !slices.Contains(t.columns, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	t.columns = append(t.columns, names...)
	row := make([]string, len(t.columns))
	for i, name := range t.columns {
		row[i] = cell(fields[name])
	}
	t.rows = append(t.rows, row)
}

// cell is a field's text. A text that a spreadsheet would take for a formula
// gets an apostrophe; a negative decimal is none.
func cell(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return string(value) // a number, a truth value, a list, nothing
	}
	if strings.ContainsAny(text[:min(1, len(text))], "=+-@\t\r") {
		if strings.Trim(text[1:], "0123456789.") != "" {
			return "'" + text
		}
	}
	return text
}

// csv writes the table with a byte-order mark, without which spreadsheets take
// Chinese for something else.
func (t table) csv() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\uFEFF")
	w := csv.NewWriter(&b)
	if err := w.Write(t.columns); err != nil {
		return nil, err
	}
	for _, row := range t.rows {
		if err := w.Write(append(row, make([]string, len(t.columns)-len(row))...)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// xlsx writes the table as a spreadsheet of texts: a decimal stays as exact as
// it was.
func (t table) xlsx() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter(f.GetSheetName(0))
	if err != nil {
		return nil, err
	}
	for i, row := range append([][]string{t.columns}, t.rows...) {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return nil, err
		}
		cells := make([]any, len(row))
		for j := range row {
			cells[j] = row[j]
		}
		if err := w.SetRow(at, cells); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = f.WriteTo(&b)
	return b.Bytes(), err
}
