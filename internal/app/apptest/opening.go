package apptest

import (
	"fmt"
	"strconv"
	"testing"

	"permitx/internal/app"
	"permitx/internal/opening"
	"permitx/internal/quantity"
)

const haining = "330481"

// openingGrids is a file of Haining with a firm of n holdings, 1 t/a each, and
// as many deposits.
func openingGrids(n int) []opening.Grid {
	code := USCC(haining, 1)
	rows := map[string][][]string{
		"parties":  {{code, "甲厂", haining, "2319", ""}},
		"licences": {{code + "001P", "一厂", haining, "2026-01-01", "2031-06-30"}},
		"caps":     {{haining, VOCs, strconv.Itoa(n + 10), "0", "10", "总量", "2021-03-01"}},
		"lots":     {{haining, VOCs, "opening", "2020-01-01", "10", "", "", "", "旧账"}},
		"freezes":  {{code + "001P", VOCs, "2031-06-30", "paid", "3", "court", "法院", "执1", "执行", "2026-05-01", ""}},
	}
	for i := range n {
		rows["holdings"] = append(rows["holdings"], []string{code + "001P", VOCs, "2031-06-30", "paid", "1", "4000", "2021-07-01", "旧账"})
		rows["deposits"] = append(rows["deposits"], []string{code, "0.01", fmt.Sprint("流水", i), "2026-06-30"})
	}
	var grids []opening.Grid
	for _, s := range opening.Sheets {
		g := opening.Grid{Sheet: s.Name, Rows: [][]string{nil}}
		for _, c := range s.Columns {
			g.Rows[0] = append(g.Rows[0], c.Name)
		}
		g.Rows = append(g.Rows, rows[s.Name]...)
		grids = append(grids, g)
	}
	return grids
}

// An opening package is taken in parts to its control totals, and what was
// kept of a file with faults is kept.
func openingTaken(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 1)
	const holdings = 600
	submit := func(grids []opening.Grid) opening.Package {
		p := opening.Package{Region: haining, CutOff: 20260630, Document: "启动"}
		c, err := app.CheckOpening(t.Context(), f, w.App.Reference(), 20260701, p, grids)
		if err != nil {
			t.Fatal(err)
		}
		return Result[app.OpeningResult](w, w.Leader, c).Package
	}
	bad := openingGrids(holdings)
	bad[4].Rows[1][4] = "x"
	if p := submit(bad); p.State != opening.Faulty || p.Faults != 1 {
		t.Errorf("%+v", p)
	}
	p := submit(openingGrids(holdings))
	w.Must(w.Leader, app.OpeningTake{Package: p.ID})
	waitFor(t, "the package to be taken", func() bool {
		return read[opening.Package](t, f, "opening_package", app.Where("id", p.ID))[0].State == opening.Taken
	})
	total := read[opening.Total](t, f, "opening_total", app.Where("package", p.ID))[0]
	if total.Cap != (holdings+10)*ton || total.Paid != holdings*ton || total.Reserve != 10*ton || !total.Signed {
		t.Errorf("%+v", total)
	}
	parts := read[opening.Part](t, f, "opening_part", app.Where("package", p.ID))
	if got := read[opening.Package](t, f, "opening_package", app.Where("id", p.ID))[0]; int(got.Parts) != len(parts) || got.Money != quantity.Money(holdings) {
		t.Errorf("%+v with %d parts", got, len(parts))
	}
	w.Fund(w.Firms[0], 100)
}
