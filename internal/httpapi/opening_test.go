package httpapi_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/xuri/excelize/v2"

	"permitx/api"
	"permitx/internal/app/apptest"
)

func init() {
	openapi3filter.RegisterBodyDecoder(asXLSX, openapi3filter.FileBodyDecoder)
}

const (
	haining     = "330481"
	openingPath = "/v1/opening-packages?region=330481&cut_off=2026-06-30&document=%E5%90%AF%E5%8A%A8"
)

// openingRows are the sheets of a small package of Haining.
func openingRows() map[string][]string {
	code := apptest.USCC(haining, 1)
	return map[string][]string{
		"parties":  {"uscc,name,region,industry", code + ",甲厂,330481,2319"},
		"licences": {"number,site,region,valid_from,valid_to", code + "001P,一厂,330481,2026-01-01,2031-06-30"},
		"caps":     {"region,pollutant,cap,unallocated,reserve,document,decided_on", "330481,VOCs,100,85.65,10,总量1,2021-03-01"},
		"lots":     {"region,pollutant,provenance,acquired_on,quantity,document", "330481,VOCs,pre_reserved,2022-01-05,10,预留"},
		"holdings": {"licence,pollutant,term_end,origin,quantity,price,acquired_on,document", code + "001P,VOCs,2031-06-30,paid,4.35,4000,2021-07-01,合同"},
		"deposits": {"uscc,amount,bank_reference,received_on", code + ",500.10,流水1,2026-06-30"},
	}
}

// archive is a ZIP archive of CSV files.
func archive(sheets map[string][]string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, rows := range sheets {
		w, err := z.Create(name + ".csv")
		if err == nil {
			_, err = w.Write([]byte("\uFEFF" + strings.Join(rows, "\r\n")))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func openingFile() string { return archive(openingRows()) }

// workbook fills the template, with numbers and days as a spreadsheet has them.
func (w *world) workbook(sheets map[string][]string) string {
	w.t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(w.get("/v1/opening-template", "").body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	for name, rows := range sheets {
		header, err := f.GetRows(name)
		if err != nil {
			w.t.Fatal(err)
		}
		names := strings.Split(rows[0], ",")
		for r, row := range rows[1:] {
			for i, cell := range strings.Split(row, ",") {
				column := 1
				for column <= len(header[0]) && header[0][column-1] != names[i] {
					column++
				}
				at, err := excelize.CoordinatesToCellName(column, r+2)
				if err != nil {
					w.t.Fatal(err)
				}
				if err := f.SetCellValue(name, at, stored(names[i], cell)); err != nil {
					w.t.Fatal(err)
				}
			}
		}
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

// stored is a cell as somebody's spreadsheet may have it.
func stored(column, cell string) any {
	if day, err := time.Parse(time.DateOnly, cell); err == nil {
		return day
	}
	switch {
	case column == "quantity" && cell == "0.0625":
		return 0.0625
	case column == "quantity" && cell == "4.35":
		return 4.3499999999999996447
	case cell == "TRUE":
		return true
	}
	return cell
}

// exponents is a workbook in which 0.0625 is stored with an exponent, as some
// spreadsheets store small numbers.
func exponents(t *testing.T, book string) string {
	t.Helper()
	from, err := zip.NewReader(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	to := zip.NewWriter(&b)
	for _, f := range from.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		w, err := to.Create(f.Name)
		if err == nil {
			_, err = w.Write(bytes.ReplaceAll(data, []byte("<v>0.0625</v>"), []byte("<v>6.25E-02</v>")))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A number that is stored with an exponent is the number that is shown; true, which
// is stored as 1, is none.
func TestOpening_StoredCells(t *testing.T) {
	t.Parallel()
	w := open(t)
	sheets := openingRows()
	sheets["holdings"] = append(sheets["holdings"], apptest.USCC(haining, 1)+"001P,VOCs,2031-06-30,paid,0.0625,4000,2021-07-01,合同")
	sheets["caps"][1] = "330481,VOCs,100,85.5875,10,总量1,2021-03-01"
	p := decode[api.OpeningPackage](t, w.post(openingPath, w.leader, exponents(t, w.workbook(sheets))))
	if p.State != api.OpeningStateChecked || p.Totals[0].HeldPaid != "4.4125" {
		t.Errorf("%+v %s", p, w.get(fmt.Sprintf("/v1/opening-packages/%d/faults", p.ID), w.leader).body)
	}
	sheets["deposits"][1] = apptest.USCC(haining, 1) + ",TRUE,流水1,2026-06-30"
	p = decode[api.OpeningPackage](t, w.post(openingPath, w.leader, w.workbook(sheets)))
	faults := w.get(fmt.Sprintf("/v1/opening-packages/%d/faults", p.ID), w.leader).body
	if p.State != api.OpeningStateFaulty || !bytes.Contains(faults, []byte(`"column":"amount"`)) || !bytes.Contains(faults, []byte("TRUE")) {
		t.Errorf("%+v %s", p, faults)
	}
}

// A package goes from the template to the taken balances, over HTTP: as a
// workbook and as CSV files it is the same package.
func TestOpening(t *testing.T) {
	t.Parallel()
	w := open(t)
	asCSV := decode[api.OpeningPackage](t, w.post(openingPath, w.leader, openingFile()))
	p := decode[api.OpeningPackage](t, w.post(openingPath, w.leader, w.workbook(openingRows())))
	if p.State != api.OpeningStateChecked || asCSV.State != api.OpeningStateChecked || len(p.Totals) != 1 || p.Totals[0] != asCSV.Totals[0] || p.Totals[0].HeldPaid != "4.35" {
		t.Fatalf("%+v\n%+v\n%s", p, asCSV, w.get(fmt.Sprintf("/v1/opening-packages/%d/faults", p.ID), w.auditor).body)
	}
	if a := w.approved(fmt.Sprintf("/v1/opening-packages/%d/take", p.ID), w.leader, ""); a.status >= http.StatusBadRequest {
		t.Fatalf("%d %s", a.status, a.body)
	}
	read := func() api.OpeningPackage {
		return decode[api.OpeningPackage](t, w.get(fmt.Sprintf("/v1/opening-packages/%d", p.ID), w.auditor))
	}
	waitFor(t, "the package to be taken", func() bool { return read().State == api.OpeningStateTaken })
	if got := read(); !got.Totals[0].Signed || got.Done != got.Parts || got.Money != "500.10" {
		t.Errorf("%+v", got)
	}
	if body := string(w.get("/v1/regions/330481/accounts", "").body); !strings.Contains(body, `"cap":"100"`) || !strings.Contains(body, `"reserve":"10"`) {
		t.Errorf("%s", body)
	}
	if a := w.approved(fmt.Sprintf("/v1/opening-packages/%d/take", asCSV.ID), w.leader, ""); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the second package of the region: %d %s", a.status, a.body)
	}
}

// A file with faults keeps all of them, in pages and as a spreadsheet, and
// nothing else.
func TestOpening_Faults(t *testing.T) {
	t.Parallel()
	w := open(t)
	sheets := openingRows()
	const bad = 700
	for range bad {
		sheets["holdings"] = append(sheets["holdings"], apptest.USCC(haining, 1)+"001P,VOCs,2031-06-30,bought,1,1,2021-07-01,d")
	}
	p := decode[api.OpeningPackage](t, w.post(openingPath, w.leader, archive(sheets)))
	if p.State != api.OpeningStateFaulty || p.Faults != bad || p.Parts != 0 {
		t.Fatalf("%+v", p)
	}
	path, seen := fmt.Sprintf("/v1/opening-packages/%d/faults?limit=300", p.ID), 0
	for next := path; next != ""; {
		page := decode[api.OpeningFaultPage](t, w.get(next, w.leader))
		for _, f := range page.Items {
			seen++
			if f.ID != int64(seen) || f.Sheet != "holdings" || *f.Row != int32(seen)+2 || *f.Column != "origin" || !strings.Contains(f.Detail, "paid, free, unknown") {
				t.Fatalf("fault %d: %+v", seen, f)
			}
		}
		if next = ""; page.Next != nil {
			next = fmt.Sprintf("%s&after=%d", path, *page.Next)
		}
	}
	if seen != bad {
		t.Errorf("%d faults are listed, want %d", seen, bad)
	}
	if a := w.post(fmt.Sprintf("/v1/opening-packages/%d/take", p.ID), w.leader, ""); a.status != http.StatusConflict {
		t.Errorf("%d %s", a.status, a.body)
	}
	if body := w.get("/v1/parties", w.auditor).body; bytes.Contains(body, []byte("甲厂")) {
		t.Errorf("%s", body)
	}
}

// What is no package is refused with what would be right.
func TestOpening_BadInput(t *testing.T) {
	t.Parallel()
	w := open(t)
	asFile := func(r *http.Request) { r.Header.Set("Content-Type", "application/octet-stream") }
	for name, c := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"no archive":         {openingPath, "PK but no archive", 400, "request.not_sheets"},
		"text":               {openingPath, "region,cap", 400, "request.not_sheets"},
		"nothing":            {openingPath, "", 400, "request.not_sheets"},
		"no sheet":           {openingPath, archive(nil), 400, "request.not_sheets"},
		"broken CSV":         {openingPath, archive(map[string][]string{"caps": {"a,\"b"}}), 400, "request.not_sheets"},
		"bomb":               {openingPath, archive(map[string][]string{"caps": {strings.Repeat("0", 65<<20)}}), 413, "request.too_large"},
		"day to come":        {strings.Replace(openingPath, "2026-06-30", "2026-12-31", 1), openingFile(), 400, "request.day_to_come"},
		"no day":             {strings.Replace(openingPath, "2026-06-30", "2026-02-30", 1), openingFile(), 400, "request.invalid"},
		"no such region":     {strings.Replace(openingPath, "330481", "330499", 1), openingFile(), 404, "record.not_found"},
		"region without own": {strings.Replace(openingPath, "region=330481&", "", 1), openingFile(), 400, "request.invalid"},
	} {
		a := w.send(http.MethodPost, c.path, w.leader, c.body, asFile)
		if p := decode[api.Problem](t, a); a.status != c.status || p.Code != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	w.isProblem(w.send(http.MethodPost, openingPath, w.west, openingFile(), asFile), http.StatusNotFound, "record.not_found", "region")
	if a := w.post(openingPath, w.leader, `{}`); a.status != http.StatusBadRequest || !strings.Contains(string(a.body), "octet-stream") {
		t.Errorf("JSON: %d %s", a.status, a.body)
	}
}
