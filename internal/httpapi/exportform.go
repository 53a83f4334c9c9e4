package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// exportForm is how the answer of an operation is exported, by the contract: a
// table of the list, a table of each further one, and a table of the figures that
// stand beside them. Fields are in the order of their names, so that the columns
// of a list are the same whatever it holds.
type exportForm struct {
	tables  []tableForm // that of the list comes first
	figures []string
}

// tableForm is an array of objects, a column a field.
type tableForm struct {
	name    string
	columns []string
}

// The fields of an answer that are no rows of it by themselves.
const (
	listField = "items" // of an operation that does not name another one by x-list
	nextField = "next"
)

// exportFormOf reads how an operation's answer is exported; nil: it is no list.
func exportFormOf(op *openapi3.Operation) *exportForm {
	ok := op.Responses.Status(http.StatusOK)
	if ok == nil || ok.Value.Content["application/json"] == nil {
		return nil
	}
	fields := fieldsOf(ok.Value.Content["application/json"].Schema.Value)
	list, named := op.Extensions["x-list"].(string)
	if !named {
		list = listField
	}
	if fields[list] == nil || columnsOf(fields[list]) == nil { // items may be a number
		return nil
	}
	f := &exportForm{tables: []tableForm{{list, columnsOf(fields[list])}}}
	for _, name := range namesOf(fields) {
		switch columns := columnsOf(fields[name]); {
		case name == list || name == nextField:
		case columns != nil:
			f.tables = append(f.tables, tableForm{name, columns})
		default:
			f.figures = append(f.figures, name)
		}
	}
	return f
}

// fieldsOf are the fields of an object, those of all its variants together.
func fieldsOf(s *openapi3.Schema) map[string]*openapi3.Schema {
	fields := map[string]*openapi3.Schema{}
	for name, field := range s.Properties {
		fields[name] = field.Value
	}
	for _, variants := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, v := range variants {
			for name, field := range fieldsOf(v.Value) {
				fields[name] = field
			}
		}
	}
	return fields
}

// columnsOf are the names of the fields of an array's objects; nil: it is no array of objects.
func columnsOf(s *openapi3.Schema) []string {
	if s = resolved(s); !s.Type.Is(openapi3.TypeArray) {
		return nil
	}
	return namesOf(fieldsOf(s.Items.Value))
}

func namesOf(fields map[string]*openapi3.Schema) []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// exported is an answer in its tables; next is the cursor of the next page, if
// there is one.
func (f *exportForm) exported(body []byte) (tables []table, next string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, "", fmt.Errorf("read the answer: %w", err)
	}
	for _, form := range f.tables {
		t := table{name: form.name, columns: form.columns}
		var items []map[string]json.RawMessage
		if sent := fields[form.name]; sent != nil {
			if err := json.Unmarshal(sent, &items); err != nil {
				return nil, "", fmt.Errorf("read the %s of the answer: %w", form.name, err)
			}
		}
		for _, item := range items {
			row := make([]string, len(form.columns))
			for i, name := range form.columns {
				row[i] = cell(item[name])
			}
			t.rows = append(t.rows, row)
		}
		tables = append(tables, t)
	}
	if len(f.figures) > 0 {
		t := table{name: "figures", columns: []string{"figure", "value"}}
		for _, name := range f.figures {
			t.rows = append(t.rows, []string{name, cell(fields[name])})
		}
		tables = append(tables, t)
	}
	return tables, string(fields[nextField]), nil
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
