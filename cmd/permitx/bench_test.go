package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"permitx/internal/app"
	"permitx/internal/bench"
	"permitx/internal/catalog"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/store"
	"permitx/internal/store/storetest"
)

// What is asked for by the name of a ratio or of a measure is all that it needs.
func TestChooseMeasures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ only, want string }{
		{"", ""},
		{"book_ns", "book"},
		{"orders_per_tpcb_256", "orders_postgres_256 tpcb_256"},
		{"orders_sqlite_64,transfers_per_tpcb_64", "orders_sqlite_64 tpcb_64 transfers_postgres_64"},
		{"restart_1m_orders_s", "restart"},
		{"restart", "restart"},
		{"reserve_statement_ms", "reserve_statement_postgres"},
		{"restart_postgres", "restart_postgres"},
	} {
		var names []string
		if c.only != "" {
			names = strings.Split(c.only, ",")
		}
		chosen, err := benchSets[""].choose(names)
		if got := strings.Join(slices.Sorted(maps.Keys(chosen)), " "); err != nil || got != c.want {
			t.Errorf("--only %s: %q, %v; want %q", c.only, got, err, c.want)
		}
	}
	if _, err := benchSets[""].choose([]string{"orders"}); err == nil || !strings.Contains(err.Error(), "orders_per_tpcb_256, ") {
		t.Errorf("an unknown name: %v", err)
	}
}

// Every ratio names figures of measures that exist.
func TestBenchRatios(t *testing.T) {
	t.Parallel()
	for _, set := range benchSets {
		for _, r := range set.ratios {
			for _, need := range r.needs {
				isMeasure := slices.ContainsFunc(set.all(), func(m benchMeasure) bool { return m.name == need })
				if !isMeasure || !strings.HasPrefix(r.over, need) && !strings.HasPrefix(r.under, need) {
					t.Errorf("%s needs %s for %s and %s", r.Name, need, r.over, r.under)
				}
			}
		}
	}
}

// A ratio is that of figures of the same round; one that lacks a figure is
// absent, and says why.
func TestBenchRun_Report(t *testing.T) {
	t.Parallel()
	b := &benchRun{command: &benchCommand{}, set: benchSets[""], samples: map[string][]float64{}, why: map[string]string{"tpcb_256": "no pgbench"}}
	for _, perSecond := range [][2]float64{{20_000, 50_000}, {30_000, 60_000}, {10_000, 50_000}} {
		b.add("orders_sqlite_256_per_s", "1/s", perSecond[0])
		b.add("orders_nodb_256_per_s", "1/s", perSecond[1])
	}
	r := b.report()
	want := bench.Ratio{Name: "orders_sqlite_per_nodb_256", Value: 0.4, Must: 0.2, Aim: 0.45, Pass: true, Spread: bench.Spread{Min: 0.2, Max: 0.5}}
	if len(r.Ratios) != 1 || r.Ratios[0] != want {
		t.Errorf("ratios %v, want %v", r.Ratios, want)
	}
	if len(r.Figures) != 2 || r.Figures[0] != (bench.Figure{Name: "orders_sqlite_256_per_s", Value: 20_000, Unit: "1/s"}) {
		t.Errorf("figures %v", r.Figures)
	}
	if len(r.Absent) != 1 || r.Absent[0] != (bench.Absent{Name: "orders_per_tpcb_256", Why: "no pgbench"}) {
		t.Errorf("absent %v", r.Absent)
	}
}

func TestParseTPS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		out  string
		want float64
	}{
		{"latency average = 20.1 ms\ninitial connection time = 300 ms\ntps = 3187.25 (without initial connection time)\n", 3187.25},
		{"tps = 3000.1 (including connections establishing)\ntps = 3100.2 (excluding connections establishing)\n", 3100.2},
		{"pgbench: error\n", 0},
	} {
		got, err := parseTPS([]byte(c.out))
		if got != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("of %q: %v, %v", c.out, got, err)
		}
	}
}

// The made-up codes are valid and differ.
func TestBenchUSCC(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range benchMany {
		code := benchUSCC(i)
		if _, err := catalog.CheckUSCC("uscc", code); err != nil || seen[code] {
			t.Errorf("%s: %v, seen: %t", code, err, seen[code])
		}
		seen[code] = true
	}
}

// A short run on SQLite gives figures and no failures.
func TestBench_SQLite(t *testing.T) {
	t.Setenv(runAsProgram, "1")
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{
		"bench", "--quick", "--json", "--rounds=1", "--seconds=0.3", "--dir", t.TempDir(),
		"--only=orders_sqlite_per_nodb_256,order_batches_sqlite,bulk_sqlite,transfers_sqlite_64",
	}, &stdout, &stderr)
	var r bench.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || code != exitOK {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, &stdout, &stderr)
	}
	if len(r.Ratios) != 1 || r.Ratios[0].Name != "orders_sqlite_per_nodb_256" || r.Ratios[0].Value <= 0 {
		t.Errorf("ratios %v", r.Ratios)
	}
	const measures, figuresEach, filled = 5, 6, 3
	if len(r.Figures) != measures*figuresEach+filled {
		t.Errorf("%d figures: %v", len(r.Figures), r.Figures)
	}
	for _, f := range r.Figures {
		if strings.HasSuffix(f.Name, "_filled") && (f.Value < 0.3 || f.Value > 0.7) {
			t.Errorf("not half of the orders cross: %v", f)
		}
	}
	if strings.Contains(stderr.String(), "failed") {
		t.Errorf("%s", &stderr)
	}
}

// The rows of the measured reserve are what its lots, its account and its days say.
func TestFillReserve(t *testing.T) {
	t.Parallel()
	path := storetest.SQLite(t)
	if err := fillReserve(t.Context(), benchDatabase{"sqlite", "file:" + filepath.ToSlash(path)}, 70); err != nil {
		t.Fatal(err)
	}
	s := storetest.Open(t, path)
	lines, err := s.LotLines(t.Context(), app.LotLinesQuery{Region: benchRegion, Pollutant: benchPollutant, From: 20160101, To: 20991231, Limit: 100})
	if err != nil || len(lines) != 70 {
		t.Fatalf("%d lots, %v", len(lines), err)
	}
	var sum quantity.Quantity
	for _, l := range lines {
		if l.Closing.Quantity != l.Lot.InReserve() || l.Closing.Cost != l.Lot.CostLeft() {
			t.Errorf("lot %d has %s and cost %s, its movements come to %s and %s", l.Lot.ID, l.Lot.InReserve(), l.Lot.CostLeft(), l.Closing.Quantity, l.Closing.Cost)
		}
		sum += l.Lot.InReserve()
	}
	totals, err := s.ReserveTotals(t.Context(), benchRegion, benchPollutant, 20160101, 20991231)
	if closing := reserve.StatementOf(benchRegion, benchPollutant, 20160101, 20991231, totals).Closing; err != nil || closing.Quantity != sum || closing.Movements != 700 {
		t.Errorf("the days come to %s in %d movements, the lots to %s, %v", closing.Quantity, closing.Movements, sum, err)
	}
}

// A store that keeps nothing still is fenced.
func TestOpenNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, err := store.OpenNothing(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.TakeOver(ctx, 1); err != nil {
		t.Fatal(err)
	}
	before, err := s.Registry(ctx)
	if err != nil {
		t.Fatal(err)
	}
	next := before
	next.Batch++
	for _, c := range []struct {
		name  string
		batch app.Batch
		want  error
	}{
		{"the next batch", app.Batch{Epoch: before.Epoch, Registry: next}, nil},
		{"the same batch again", app.Batch{Epoch: before.Epoch, Registry: next}, app.ErrFenced},
		{"a batch of another writer", app.Batch{Epoch: before.Epoch - 1, Registry: app.Registry{Batch: next.Batch + 1}}, app.ErrFenced},
	} {
		if err := s.Commit(ctx, &c.batch); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := s.Beat(ctx, before.Epoch-1, 2); !errors.Is(err, app.ErrFenced) {
		t.Errorf("a beat of another writer: %v", err)
	}
	var regions []catalog.Region
	if err := s.Find(ctx, app.Regions.Name(), app.Query{}, &regions); err != nil || len(regions) == 0 {
		t.Errorf("%d regions, %v", len(regions), err)
	}
}
