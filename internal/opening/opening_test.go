package opening_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/calendar"
	"permitx/internal/opening"
)

var update = flag.Bool("update", false, "rewrite docs/opening-package.md")

const documented = "../../docs/opening-package.md"

const (
	cutOff = calendar.Date(20260630)
	today  = calendar.Date(20260701)
	valid  = "91330421MA000000ND" // a party of the file
	known  = "91330421MA0000002F" // one that the registry has
	bank   = "91330400MA0000009X" // another one, without licences
	gone   = "91330421MA0000004P" // one that is closed
	far    = "91310118MA0000005B" // one that is registered in another region
)

// good is a file in which everything is right. Its licences are those of two
// parties, one of which the registry has already.
func good() []opening.Grid {
	return grids(`
parties   | uscc,name,region,industry,signer_limit
          | 91330421MA000000ND,甲厂,330421,2319,
licences  | number,site,region,valid_from,valid_to
          | 91330421MA000000ND001P,一厂,330421,2026-01-01,2031-06-30
          | 91330421MA000000ND002X,二厂,330400,2026-01-01,2031-06-30
          | 91330421MA0000002F002P,乙厂,330421,2026-01-01,2031-06-30
caps      | region,pollutant,cap,unallocated,reserve,document,decided_on
          | 330421,VOCs,106,60,10,总量〔2021〕1号,2021-03-01
          | 330400,COD,20.5,0,0,总量〔2021〕2号,2021/3/1
lots      | region,pollutant,provenance,acquired_on,quantity,price,months,cost,document
          | 330421,VOCs,bought_back,2022-01-05,4,4000,60,80000,收储1
          | 330421,VOCs,opening,2020-01-01,6,,,,旧账
holdings  | licence,pollutant,term_end,origin,quantity,price,acquired_on,document
          | 91330421MA000000ND001P,VOCs,2031-06-30,paid,20,4000,2021-07-01,d
          | 91330421MA000000ND001P,VOCs,2031-06-30,paid,5,,2019-07-01,d
          | 91330421MA000000ND001P,VOCs,2028-12-31,free,5,,44013,d
          | 91330421MA000000ND002X,COD,2031-06-30,unknown,20.5,,2019-07-01,d
deposits  | uscc,amount,bank_reference,received_on
          | 91330421MA000000ND,500.10,流水1,2026-06-30
pledges   | licence,pollutant,term_end,quantity,pledgee,value,loan,due_on,document,rank
          | 91330421MA000000ND001P,VOCs,2031-06-30,10,91330400MA0000009X,200000,150000.50,2028-06-30,押1,
          | 91330421MA000000ND001P,VOCs,2031-06-30,10,91330400MA0000009X,200000,40000,2029-06-30,押2,2
leases    | licence,pollutant,term_end,quantity,lessee,price,starts_on,months,document
          | 91330421MA000000ND001P,VOCs,2031-06-30,12,91330421MA0000002F002P,1000,2026-01-01,24,租1
instalment_sales | sale,licence,pollutant,term_end,quantity,price,months,amount,paid,paid_on,sold_on,document
          | S1,91330421MA0000002F002P,VOCs,2031-06-30,6,4000,60,120000,48000,2026-03-31,2026-03-01,让1
instalments | sale,amount,due_on
          | S1,36000,2026-12-31
          | S1,36000,2027-06-30
fund_freezes | uscc,amount,issuer,issuer_name,order_number,reason,starts_on,ends_on
          | 91330421MA000000ND,100,court,嘉善法院,（2026）2号,执行,2026-05-01,
freezes   | licence,pollutant,term_end,origin,quantity,issuer,issuer_name,order_number,reason,starts_on,ends_on
          | 91330421MA000000ND001P,VOCs,2031-06-30,paid,1,court,嘉善法院,（2026）1号,执行,2026-05-01,
budgets   | region,fiscal_year,source,amount,document
          | 330421,2026,专项资金,1000,d
`)
}

// grids reads a table of sheets: their name before the bar, cells by commas.
func grids(text string) []opening.Grid {
	var all []opening.Grid
	for line := range strings.Lines(strings.TrimSpace(text)) {
		name, cells, _ := strings.Cut(line, "|")
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, opening.Grid{Sheet: name})
		}
		row := strings.Split(strings.TrimSpace(cells), ",")
		all[len(all)-1].Rows = append(all[len(all)-1].Rows, row)
	}
	return all
}

// registry knows two regions and two pollutants, one party and one licence.
func registry() opening.Registry {
	in := func(codes ...string) func(string) bool {
		return func(code string) bool { return slices.Contains(codes, code) }
	}
	return opening.Registry{
		Today: today, Scope: "330400", Region: in("330421", "330400", "310118"), Pollutant: in("VOCs", "COD"), Party: in(known, bank, far), Licence: in(known + "001P"),
		Licensed: in(known), Bank: in(far), Closed: in(gone),
		Home:     func(code string) string { return code[2:8] },
		Validate: func(opening.Contents, func(string, int, error)) {},
	}
}

// A file without a fault comes out as records and control totals, and is the
// same when its kept lines are read back.
func TestCheck_Good(t *testing.T) {
	t.Parallel()
	got := opening.Check(good(), cutOff, registry())
	if len(got.Faults) > 0 {
		t.Fatalf("faults: %+v", got.Faults)
	}
	const ton = 1_000_000
	want := []opening.Total{
		{Region: "330421", Pollutant: "VOCs", Cap: 106 * ton, Unallocated: 60 * ton, Reserve: 10 * ton, Paid: 31 * ton, Free: 5 * ton, Lots: 2, Holdings: 4},
		{Region: "330400", Pollutant: "COD", Cap: 20.5 * ton, UnknownOrigin: 20.5 * ton, Holdings: 1},
	}
	if diff := cmp.Diff(want, got.Totals); diff != "" {
		t.Error(diff)
	}
	if h := got.Contents.Holdings; h[1].PriceKnown || !h[0].PriceKnown || h[2].AcquiredOn != 20200701 {
		t.Errorf("holdings %+v", h)
	}
	back, err := opening.ParseLines(strings.Join(opening.KeepLines(got.Lines), ""))
	if diff := cmp.Diff(got.Contents, back); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// change replaces one cell.
func change(all []opening.Grid, sheet string, row int, column, text string) []opening.Grid {
	for _, g := range all {
		if g.Sheet == sheet {
			g.Rows[row-1][slices.Index(g.Rows[0], column)] = text
		}
	}
	return all
}

// Every kind of bad cell is named by sheet, row and column, with what would be
// right, and nothing else of the file is blamed for it.
func TestCheck_BadCells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sheet  string
		row    int
		column string
		text   string
		code   string
		says   string
	}{
		{"parties", 2, "uscc", "91330421", "catalog.uscc", "18 characters"},
		{"parties", 2, "uscc", "", "opening.cell", "is missing"},
		{"parties", 2, "uscc", known, "opening.registered", "leave the row out"},
		{"parties", 2, "name", "", "opening.cell", "嘉善某涂装有限公司"},
		{"parties", 2, "name", "a\tb", "opening.cell", "one line"},
		{"parties", 2, "name", strings.Repeat("长", 301), "opening.cell", "300"},
		{"parties", 2, "name", "\xff\xfe", "opening.cell", "UTF-8"},
		{"parties", 2, "region", "330499", "opening.not_in_package", "no region"},
		{"parties", 2, "industry", "C", "request.invalid", "GB/T 4754"},
		{"parties", 2, "signer_limit", "-1", "request.invalid", "negative"},
		{"parties", 2, "signer_limit", "1.005", "quantity.too_many_decimals", "2"},
		{"licences", 3, "number", "12", "catalog.licence_number", "22"},
		{"licences", 3, "number", valid + "001P", "opening.twice", "row 2"},
		{"licences", 3, "number", far + "001P", "opening.cell", "a bank"},
		{"licences", 3, "site", "", "opening.cell", "is missing"},
		{"licences", 3, "region", "310118", "opening.not_in_package", "caps"},
		{"licences", 3, "valid_from", "soon", "request.invalid", "2026-07-01"},
		{"licences", 3, "valid_to", "2026-06-30", "opening.over", "renewal"},
		{"caps", 3, "region", "310118", "opening.not_in_package", "330400"},
		{"caps", 3, "pollutant", "Hg", "opening.not_in_package", "no pollutant"},
		{"caps", 3, "cap", "1e3", "quantity.malformed", "12.5"},
		{"caps", 3, "cap", "0", "opening.cell", "more than zero"},
		{"caps", 3, "cap", "21", "opening.sum", "come to 20.5"},
		{"caps", 2, "unallocated", "-1", "opening.cell", "negative"},
		{"caps", 2, "reserve", "11", "opening.sum", "come to 10"},
		{"caps", 3, "document", "", "opening.cell", "嘉环发"},
		{"caps", 3, "decided_on", "2026-07-01", "opening.after_cut_off", "2026-06-30"},
		{"lots", 3, "pollutant", "COD", "opening.not_in_package", "caps"},
		{"lots", 3, "region", "310118", "opening.not_in_package", "caps"},
		{"lots", 2, "months", "+5", "request.invalid", "60"},
		{"pledges", 2, "value", "-1", "opening.cell", "more than zero"},
		{"instalment_sales", 2, "amount", "0", "opening.cell", "more than zero"},
		{"lots", 3, "acquired_on", "2026-13-01", "request.invalid", "2026-07-01"},
		{"lots", 3, "quantity", "6.0000001", "quantity.too_many_decimals", "6"},
		{"lots", 2, "months", "5.5", "request.invalid", "60"},
		{"holdings", 5, "licence", valid + "009P", "opening.not_in_package", "licences"},
		{"holdings", 5, "pollutant", "VOCs", "opening.not_in_package", "caps"},
		{"holdings", 5, "term_end", "2031-06-29", "catalog.term_end_off_grid", "2031-06-30"},
		{"holdings", 5, "term_end", "2026-03-31", "opening.over", "unallocated"},
		{"holdings", 5, "origin", "bought", "request.invalid", "paid, free, unknown"},
		{"holdings", 5, "quantity", "twenty", "quantity.malformed", "12.5"},
		{"holdings", 2, "price", "4,000", "quantity.malformed", "12.5"},
		{"holdings", 5, "acquired_on", "2026-07-02", "opening.after_cut_off", "2026-06-30"},
		{"deposits", 2, "uscc", "91330421MA0000009X", "opening.not_in_package", "parties"},
		{"deposits", 2, "amount", "5.001", "quantity.too_many_decimals", "2"},
		{"deposits", 2, "received_on", "", "opening.cell", "is missing"},
		{"pledges", 2, "pledgee", "91330400MA0000009Y", "opening.not_in_package", "parties"},
		{"pledges", 2, "pledgee", known, "opening.cell", "a bank"},
		{"pledges", 2, "quantity", "25.1", "opening.sum", "has 25 t/a"},
		{"pledges", 2, "quantity", "0", "opening.cell", "more than zero"},
		{"pledges", 2, "loan", "200000.01", "opening.cell", "more than the value"},
		{"pledges", 2, "loan", "0", "opening.cell", "paid back"},
		{"pledges", 3, "loan", "50000", "opening.cell", "the loans before it, CNY 150000.50"},
		{"pledges", 3, "rank", "3", "opening.cell", "has the rank 1"},
		{"pledges", 2, "rank", "2", "opening.not_in_package", "rank 1"},
		{"deposits", 2, "uscc", gone, "opening.over", "closed for good"},
		{"pledges", 2, "due_on", "2031-07-01", "opening.cell", "after the term"},
		{"leases", 2, "quantity", "15.1", "opening.sum", "has 15 t/a"},
		{"leases", 2, "lessee", known + "009P", "opening.not_in_package", "licences"},
		{"leases", 2, "lessee", valid + "001P", "opening.cell", "two parties"},
		{"leases", 2, "starts_on", "2026-07-01", "opening.after_cut_off", "cut-off"},
		{"leases", 2, "price", "-1000", "opening.cell", "negative"},
		{"leases", 2, "months", "5", "opening.over", "leave it out"},
		{"leases", 2, "months", "67", "opening.cell", "after the term"},
		{"leases", 2, "months", "0", "opening.cell", "1 to 1200"},
		{"instalment_sales", 2, "paid", "120000", "opening.cell", "paid in full"},
		{"instalment_sales", 2, "amount", "120001", "opening.sum", "instalments come to CNY 72000.00"},
		{"instalment_sales", 2, "price", "0", "opening.cell", "more than zero"},
		{"instalment_sales", 2, "months", "1201", "opening.cell", "1 to 1200"},
		{"instalment_sales", 2, "sold_on", "2026-07-02", "opening.after_cut_off", "cut-off"},
		{"instalments", 2, "sale", "S2", "opening.not_in_package", "instalment_sales"},
		{"instalments", 3, "due_on", "2026-12-31", "opening.cell", "row 2"},
		{"instalments", 3, "due_on", "2031-12-31", "opening.cell", "after the term"},
		{"instalments", 2, "amount", "0", "opening.cell", "more than zero"},
		{"fund_freezes", 2, "uscc", "91330421MA0000009X", "opening.not_in_package", "parties"},
		{"fund_freezes", 2, "uscc", far, "opening.not_in_package", "registered in 310118"},
		{"fund_freezes", 2, "ends_on", "2026-06-30", "opening.over", "leave it out"},
		{"freezes", 2, "licence", valid + "002X", "opening.not_in_package", "holdings"},
		{"freezes", 2, "starts_on", "2026-07-01", "opening.after_cut_off", "cut-off"},
		{"freezes", 2, "ends_on", "2026-06-30", "opening.over", "leave it out"},
		{"budgets", 2, "region", "310118", "opening.not_in_package", "caps"},
		{"budgets", 2, "fiscal_year", "2025", "opening.over", "carried over"},
		{"budgets", 2, "amount", "0", "opening.cell", "more than zero"},
	} {
		t.Run(fmt.Sprintf("%s %d %s %.10q", c.sheet, c.row, c.column, c.text), func(t *testing.T) {
			t.Parallel()
			got := opening.Check(change(good(), c.sheet, c.row, c.column, c.text), cutOff, registry())
			if !got.IsFaulty() || got.Totals != nil {
				t.Fatalf("taken, or with totals; faults %+v", got.Faults)
			}
			for _, f := range got.Faults {
				if f.Sheet == c.sheet && f.Row == c.row && f.Column == c.column {
					if f.Code != c.code || !strings.Contains(f.Detail, c.says) {
						t.Errorf("%s %q, want %s that says %q", f.Code, f.Detail, c.code, c.says)
					}
					return
				}
			}
			t.Errorf("not found among %+v", got.Faults)
		})
	}
}

// What is wrong with a whole sheet or its header is found.
func TestCheck_BadSheets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func([]opening.Grid) []opening.Grid
		want opening.Fault
	}{
		"unknown sheet": {
			func(g []opening.Grid) []opening.Grid { return append(g, opening.Grid{Sheet: "Sheet1"}) },
			opening.Fault{Sheet: "Sheet1", Code: "opening.sheet_unknown"},
		},
		"sheet twice": {
			func(g []opening.Grid) []opening.Grid { return append(g, g[0]) },
			opening.Fault{Sheet: "parties", Code: "opening.twice"},
		},
		"missing column": {
			func(g []opening.Grid) []opening.Grid { g[2].Rows[0][0] = ""; return g },
			opening.Fault{Sheet: "caps", Row: 1, Column: "region", Code: "opening.header"},
		},
		"unknown column": {
			func(g []opening.Grid) []opening.Grid { g[2].Rows[0] = append(g[2].Rows[0], "colour"); return g },
			opening.Fault{Sheet: "caps", Row: 1, Column: "colour", Code: "opening.header"},
		},
		"column twice": {
			func(g []opening.Grid) []opening.Grid { g[2].Rows[0] = append(g[2].Rows[0], "cap"); return g },
			opening.Fault{Sheet: "caps", Row: 1, Column: "cap", Code: "opening.header"},
		},
		"cell beside the table": {
			func(g []opening.Grid) []opening.Grid { g[2].Rows[1] = append(g[2].Rows[1], "", "x"); return g },
			opening.Fault{Sheet: "caps", Row: 2, Code: "opening.cell"},
		},
		"no caps": {
			func(g []opening.Grid) []opening.Grid { g[2].Rows = g[2].Rows[:1]; return g },
			opening.Fault{Sheet: "caps", Code: "opening.empty"},
		},
		"cap twice": {
			func(g []opening.Grid) []opening.Grid { g[2].Rows = append(g[2].Rows, g[2].Rows[1]); return g },
			opening.Fault{Sheet: "caps", Row: 4, Column: "pollutant", Code: "opening.twice"},
		},
		"pledge twice": {
			func(g []opening.Grid) []opening.Grid { g[6].Rows = append(g[6].Rows, g[6].Rows[1]); return g },
			opening.Fault{Sheet: "pledges", Row: 4, Column: "document", Code: "opening.twice"},
		},
		"lease twice": {
			func(g []opening.Grid) []opening.Grid {
				g[7].Rows[1][3] = "1"
				g[7].Rows = append(g[7].Rows, g[7].Rows[1])
				return g
			},
			opening.Fault{Sheet: "leases", Row: 3, Column: "document", Code: "opening.twice"},
		},
		"too many rows": {
			func(g []opening.Grid) []opening.Grid {
				for range opening.RowsMax {
					g[4].Rows = append(g[4].Rows, g[4].Rows[1])
				}
				return g
			},
			opening.Fault{Sheet: "holdings", Code: "opening.too_many"},
		},
		"sums beyond the registry": {
			func(g []opening.Grid) []opening.Grid {
				g[4].Rows[1][4], g[4].Rows[2][4] = "9223372036854", "9223372036854"
				return g
			},
			opening.Fault{Sheet: "holdings", Row: 3, Column: "quantity", Code: "opening.sum"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := opening.Check(c.edit(good()), cutOff, registry())
			at := slices.IndexFunc(got.Faults, func(f opening.Fault) bool {
				f.Detail = ""
				return f == c.want
			})
			if at < 0 || got.Totals != nil {
				t.Errorf("want %+v among %+v", c.want, got.Faults)
			}
		})
	}
}

// A column that there is not, or twice, hides no fault of the rows, and is named once.
func TestCheck_RowsBesideWrongColumn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"colour", "cap"} {
		all := good()
		all[2].Rows[0] = append(all[2].Rows[0], name)
		all[2].Rows[1] = append(all[2].Rows[1], "x")
		all[2].Rows[1][2] = "1e400"
		var at []string
		for _, f := range opening.Check(all, cutOff, registry()).Faults {
			at = append(at, fmt.Sprint(f.Sheet, " ", f.Row, " ", f.Column))
		}
		if want := []string{"caps 1 " + name, "caps 2 cap"}; !slices.Equal(at, want) {
			t.Errorf("%s: %q, want %q", name, at, want)
		}
	}
}

// A file that is wrong everywhere lists all of it, in the order of the file.
func TestCheck_ListsAll(t *testing.T) {
	t.Parallel()
	all := good()
	const bad = 3000
	for range bad {
		all[4].Rows = append(all[4].Rows, []string{"", "VOCs", "x", "paid", "1", "", "2020-01-01", "d"})
	}
	got := opening.Check(all, cutOff, registry())
	if len(got.Faults) != 2*bad {
		t.Fatalf("%d faults, want %d", len(got.Faults), 2*bad)
	}
	var back []opening.Fault
	for _, part := range opening.KeepFaults(got.Faults) {
		some, err := opening.ParseFaults(part)
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, some...)
	}
	if diff := cmp.Diff(got.Faults, back); diff != "" {
		t.Error(diff)
	}
	for i := 1; i < len(back); i++ {
		if back[i].Row < back[i-1].Row {
			t.Fatalf("row %d is listed after row %d", back[i].Row, back[i-1].Row)
		}
	}
}

// A code that fails only its check digit is a warning: the package is taken,
// the party suspended.
func TestCheck_CheckDigit(t *testing.T) {
	t.Parallel()
	all := good()
	wrong := valid[:17] + string("0123456789"[(valid[17]+1)%10])
	for _, g := range all {
		for _, row := range g.Rows {
			for i := range row {
				row[i] = strings.ReplaceAll(row[i], valid, wrong)
			}
		}
	}
	got := opening.Check(all, cutOff, registry())
	if got.IsFaulty() || len(got.Faults) != 1 || !got.Faults[0].Warning || got.Faults[0].Column != "uscc" || got.Contents.Parties[0].State != "suspended" {
		t.Errorf("%+v, %+v", got.Faults, got.Contents.Parties)
	}
}

// Every state × event × who: only the steps of the table are taken.
func TestPackage_Step(t *testing.T) {
	t.Parallel()
	want := map[string]opening.State{
		"checked sign_off officer": opening.Verifying, "verifying verify system": opening.Taking,
		"verifying refuse system": opening.Refused, "taking finish system": opening.Taken,
	}
	for _, s := range opening.States {
		for _, e := range opening.Events {
			for _, by := range []opening.By{opening.Officer, opening.System} {
				got, err := opening.Package{State: s, Parts: 3, Done: 3}.Step(e, by)
				if next, may := want[fmt.Sprint(s, " ", e, " ", by)]; may != (err == nil) || may && got.State != next {
					t.Errorf("%s by %s in %s: %s, %v", e, by, s, got.State, err)
				}
			}
		}
	}
}

// A kept line that somebody has changed is an error.
func TestParseLines_Broken(t *testing.T) {
	t.Parallel()
	for _, kept := range []string{"caps\n", "sheet\t1\ta\n", "leases\t2\t1\t2\t3\t4\t5\t6\t7\n", "caps\tx\t1\t2\t3\t4\t5\t6\t7\n", "caps\t2\t330421\tVOCs\t1\t1\t0\td\tsoon\n"} {
		if _, err := opening.ParseLines(kept); err == nil {
			t.Errorf("%q is read", kept)
		}
	}
}

// docs/opening-package.md shows the sheets as they are.
func TestSheets_Documented(t *testing.T) {
	t.Parallel()
	if *update {
		if err := os.WriteFile(documented, []byte(opening.Documentation()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(documented)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != opening.Documentation() {
		t.Errorf("%s is not up to date: go test ./internal/opening -run Documented -update", documented)
	}
}
