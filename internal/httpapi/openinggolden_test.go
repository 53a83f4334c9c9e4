package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"permitx/api"
)

var updateGolden = flag.Bool("update", false, "rewrite the workbook and the outcome in testdata/opening")

const goldenDir = "testdata/opening"

// goldenSheets are the CSV files of the golden package.
func goldenSheets(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	sheets := map[string][]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sheets[strings.TrimSuffix(filepath.Base(file), ".csv")] = strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	return sheets
}

// openingOutcome is what the golden package comes to: the counts and control
// totals that are signed off, and what the registry says afterwards.
type openingOutcome struct {
	Rows       api.OpeningCounts      `json:"rows"`
	Money      []string               `json:"money"` // deposits, budgets, loans, unpaid
	Totals     []api.OpeningTotal     `json:"totals"`
	Statements []api.ReserveStatement `json:"statements"`
	Leases     int                    `json:"leases"`
	Pledges    int                    `json:"pledges"`
	Unpaid     int                    `json:"instalment_plans"`
}

// The golden package, as CSV files and as a workbook, comes to the control
// totals and the reserve statement that are written down beside it.
func TestOpening_Golden(t *testing.T) {
	t.Parallel()
	sheets := goldenSheets(t)
	book, want := filepath.Join(goldenDir, "opening.xlsx"), filepath.Join(goldenDir, "outcome.json")
	if *updateGolden {
		if err := os.WriteFile(book, []byte(open(t).workbook(sheets)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asBook, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	for form, file := range map[string]string{"CSV": archive(sheets), "workbook": string(asBook)} {
		got, err := json.MarshalIndent(open(t).opened(t, file), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, '\n'); *updateGolden {
			if err := os.WriteFile(want, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(want)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, golden) {
			t.Errorf("as %s the package comes to\n%s", form, got)
		}
	}
}

// opened takes a package of Haining and reads what it has come to.
func (w *world) opened(t *testing.T, file string) openingOutcome {
	t.Helper()
	p := decode[api.OpeningPackage](w.t, w.post(openingPath, w.leader, file))
	if p.State != api.OpeningStateChecked {
		w.t.Fatalf("%+v\n%s", p, w.get(fmt.Sprintf("/v1/opening-packages/%d/faults", p.ID), w.auditor).body)
	}
	path := fmt.Sprintf("/v1/opening-packages/%d", p.ID)
	if a := w.approved(path+"/take", w.leader, ""); a.status >= http.StatusBadRequest {
		w.t.Fatalf("%d %s", a.status, a.body)
	}
	waitFor(t, "the package to be taken", func() bool {
		p = decode[api.OpeningPackage](w.t, w.get(path, w.auditor))
		return p.State == api.OpeningStateTaken
	})
	out := openingOutcome{Rows: p.Rows, Money: []string{p.Money, p.BudgetMoney, p.Loans, p.Unpaid}, Totals: p.Totals}
	for _, pollutant := range []string{"VOCs", "COD"} {
		out.Statements = append(out.Statements, decode[api.ReserveStatement](w.t,
			w.get("/v1/reserve-statement?region=330481&from=2026-01-01&to=2026-12-31&pollutant="+pollutant, w.leader)))
	}
	out.Leases = len(decode[api.LeasePage](w.t, w.get("/v1/leases", w.auditor)).Items)
	out.Pledges = len(decode[api.PledgePage](w.t, w.get("/v1/pledges", w.auditor)).Items)
	out.Unpaid = len(decode[api.InstalmentPlanPage](w.t, w.get("/v1/instalment-plans", w.auditor)).Items)
	return out
}
