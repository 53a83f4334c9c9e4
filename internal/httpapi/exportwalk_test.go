package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/xuri/excelize/v2"
)

// listOf is the field of an operation's answer that is its list, "" where it is
// none; that of a statement has another name, which the contract says.
func listOf(o *openapi3.Operation) string {
	if named, is := o.Extensions["x-list"].(string); is {
		return named
	}
	ok := o.Responses.Status(http.StatusOK)
	if ok == nil || ok.Value.Content["application/json"] == nil {
		return ""
	}
	items := ok.Value.Content["application/json"].Schema.Value.Properties["items"]
	if items == nil || !items.Value.Type.Is(openapi3.TypeArray) { // of an issuance it is a number
		return ""
	}
	return "items"
}

// Every list and every statement of the contract is exported in both forms: each
// item with each of its fields, the header also of an empty list, and what stands
// beside the list.
func TestExport_Walk(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	w.certify() // what is published of an auction is a list, too
	keys := []string{""}
	for _, a := range w.actors() {
		keys = append(keys, a.key)
	}
	walked, empty, named := 0, 0, 0
	contractOperations(func(method, path string, o *openapi3.Operation) {
		list := listOf(o)
		if strings.HasPrefix(o.OperationID, "list") && list == "" {
			t.Errorf("%s is no list", o.OperationID)
		}
		if method != http.MethodGet || list == "" {
			return
		}
		if list != "items" {
			named++
		}
		at := w.query(o.OperationID)
		n := slices.IndexFunc(keys, func(key string) bool { return w.get(at, key).status == http.StatusOK })
		if n < 0 {
			t.Errorf("%s is answered to nobody", path)
			return
		}
		walked++
		if w.sameExported(o, list, at, keys[n]) == 0 {
			if empty++; list == "winners" {
				t.Error("the published result has no winners")
			}
		}
	})
	if walked < 100 || named < 6 || empty == 0 || empty > walked/2 {
		t.Errorf("%d lists were walked, %d of them with a name of their own, %d of them empty", walked, named, empty)
	}
}

// sameExported compares what is exported with what is answered, and returns how
// many items that has.
func (w *world) sameExported(o *openapi3.Operation, list, path, key string) int {
	w.t.Helper()
	var answered map[string]json.RawMessage
	var items []map[string]json.RawMessage
	if err := json.Unmarshal(w.get(path, key).body, &answered); err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(answered[list], &items); err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
	answer := o.Responses.Status(http.StatusOK).Value.Content["application/json"].Schema.Value
	for _, form := range []string{asCSV, asXLSX} {
		status, header, body := w.exportedTo(key, path, form)
		if status != http.StatusOK || header.Get("Content-Type") != form || header.Get("Next-After") != string(answered["next"]) {
			w.t.Errorf("%s as %s: %d %v", path, form, status, header)
			continue
		}
		rows := w.rowsOf(form, body)
		if len(rows) < 1+len(items) {
			w.t.Errorf("%s as %s has %d rows, for %d items", path, form, len(rows), len(items))
			continue
		}
		for name := range answer.Properties[list].Value.Items.Value.Properties {
			if !slices.Contains(rows[0], name) {
				w.t.Errorf("%s as %s has no column %s", path, form, name)
			}
		}
		for i, item := range items {
			for name, value := range item {
				column := slices.Index(rows[0], name)
				if column < 0 || !isCell(rows[1+i], column, value) {
					w.t.Errorf("%s as %s: %s of item %d is not %s", path, form, name, i, value)
				}
			}
		}
		for name, value := range answered {
			if name != list && name != "next" && !isBeside(rows[1+len(items):], name, value) {
				w.t.Errorf("%s as %s: %s is not beside the list", path, form, name)
			}
		}
	}
	return len(items)
}

// rowsOf are the rows of all sheets, or of the CSV.
func (w *world) rowsOf(form string, body []byte) (rows [][]string) {
	w.t.Helper()
	if form == asCSV {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(body), "\uFEFF"))).ReadAll()
		if err != nil {
			w.t.Fatal(err)
		}
		return rows
	}
	f, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	for n, name := range f.GetSheetList() {
		sheet, err := f.GetRows(name)
		if err != nil {
			w.t.Fatal(err)
		}
		if n > 0 {
			rows = append(rows, []string{name})
		}
		rows = append(rows, sheet...)
	}
	return rows
}

// isCell reports whether a row's cell says what a field does; a workbook leaves
// out the empty cells at the end of a row.
func isCell(row []string, column int, value json.RawMessage) bool {
	text := string(value)
	var quoted string
	if json.Unmarshal(value, &quoted) == nil {
		text = quoted
	}
	got := ""
	if column < len(row) {
		got = row[column]
	}
	return got == text || got == "'"+text
}

// isBeside reports whether rows have a figure, or a further table with as many
// rows as a list has items.
func isBeside(rows [][]string, name string, value json.RawMessage) bool {
	var further []map[string]json.RawMessage
	isList := json.Unmarshal(value, &further) == nil
	for i, row := range rows {
		if len(row) == 0 {
			continue
		}
		if row[0] == name && (isList && len(rows)-i >= 2+len(further) || isCell(row, 1, value)) {
			return true
		}
	}
	return false
}

// The figures of a statement are below its list, whether that has rows or not.
func TestExport_Figures(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	for path, figures := range map[string][]string{
		"reserve-statement?region=330421&pollutant=VOCs&from=2026-01-01&to=2026-12-31": {"mean_cost", "mean_price", "sold", "turnover", "ledger"},
		"forfeit-statement?region=330421&from=2026-01-01&to=2026-12-31":                {"opening", "forfeited", "paid_out", "closing"},
		"fees?from=2026-01-01&to=2026-12-31":                                           {"fee"},
		"trial-balance":                                                                {"balanced", "command"},
	} {
		key := w.leader
		if path == "trial-balance" || strings.HasPrefix(path, "fees") {
			key = w.finance
		}
		status, _, body := w.exportedTo(key, "/v1/"+path, asCSV)
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
			continue
		}
		rows := w.rowsOf(asCSV, body)
		at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == "figures" })
		if at < 2 || strings.Join(rows[at-1], "") != "" || rows[at+1][0] != "figure" || rows[at+1][1] != "value" {
			t.Errorf("%s: %q", path, rows)
			continue
		}
		for _, name := range figures {
			if !slices.ContainsFunc(rows[at+2:], func(row []string) bool { return row[0] == name }) {
				t.Errorf("%s has no figure %s: %s", path, name, strconv.Quote(string(body)))
			}
		}
	}
}
