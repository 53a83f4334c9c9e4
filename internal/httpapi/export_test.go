package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// The forms of an export.
const (
	asCSV  = "text/csv"
	asXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// exported is what a list answers in a form, to anybody: the contract knows JSON only.
func (w *world) exported(path, form string) (int, http.Header, []byte) {
	w.t.Helper()
	return w.exportedTo("", path, form)
}

// exportedTo is what a list answers in a form to who has a key.
func (w *world) exportedTo(key, path, form string) (int, http.Header, []byte) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+path, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Accept", form)
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, response.Header, body.Bytes()
}

// A list is exported as CSV and as a spreadsheet with the same cells, to those
// who may read it; everything else is answered as it always is.
func TestExport(t *testing.T) {
	t.Parallel()
	w := open(t)
	fetch := w.exported
	status, header, body := fetch("/v1/regions?limit=3", asCSV)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(body), "\uFEFF"))).ReadAll()
	if err != nil || status != http.StatusOK || header.Get("Content-Type") != asCSV || len(rows) != 4 || header.Get("Next-After") == "" {
		t.Fatalf("%d %v, %d rows, %v", status, header, len(rows), err)
	}
	_, header, body = fetch("/v1/regions?limit=3", asXLSX)
	f, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil || header.Get("Content-Type") != asXLSX {
		t.Fatalf("%v, %v", header, err)
	}
	defer f.Close()
	sheet, err := f.GetRows(f.GetSheetName(0))
	if err != nil || len(sheet) != len(rows) {
		t.Fatalf("%d rows in the sheet, %v", len(sheet), err)
	}
	for i := range sheet {
		for j := range sheet[i] {
			if sheet[i][j] != rows[i][j] {
				t.Errorf("cell %d, %d is %q in the sheet and %q in CSV", i, j, sheet[i][j], rows[i][j])
			}
		}
	}
	if status, header, _ := fetch("/v1/orders", asCSV); status != http.StatusUnauthorized || header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("orders without a key: %d %v", status, header)
	}
	if status, header, _ := fetch("/v1/regions/330421", asCSV); status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		t.Errorf("one region: %d %v", status, header)
	}
}
