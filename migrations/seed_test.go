package migrations_test

import (
	"database/sql"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // the database that reads the seed

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/migrations"
)

func read(t *testing.T, tree fs.FS, path string) string {
	t.Helper()
	text, err := fs.ReadFile(tree, path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Both databases start with the same rows: one text serves both.
func TestSeed_IsTheSameOnBoth(t *testing.T) {
	t.Parallel()
	postgres, sqlite := read(t, migrations.Postgres, "postgres/00003_seed.sql"), read(t, migrations.SQLite, "sqlite/00003_seed.sql")
	if diff := cmp.Diff(postgres, sqlite); diff != "" {
		t.Errorf("postgres (-), sqlite (+):\n%s", diff)
	}
}

// rows reads a table by id, one scan a row.
func rows[R any](t *testing.T, db *sql.DB, query string, fields func(*R) []any) []R {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var all []R
	for found.Next() {
		var r R
		if err := found.Scan(fields(&r)...); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// The rows that a migration plants are those that the code names: the seed in
// Go is what the tests of catalog and calendar look at.
func TestSeed_IsThatOfTheCode(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	for _, file := range []string{"sqlite/00002_bureau.sql", "sqlite/00003_seed.sql"} {
		text := read(t, migrations.SQLite, file)
		if !strings.Contains(text, "\n-- +goose Up\n") || strings.Contains(text, "+goose Down") {
			t.Errorf("%s goes forward only", file)
		}
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}

	regions := rows(t, db, "SELECT id, code, name, parent, level, valid_from, valid_to, source, command FROM region ORDER BY id",
		func(r *catalog.Region) []any {
			return []any{&r.ID, &r.Code, &r.Name, &r.Parent, &r.Level, &r.ValidFrom, &r.ValidTo, &r.Source, &r.Command}
		})
	if diff := cmp.Diff(catalog.SeedRegions(), regions); diff != "" {
		t.Errorf("regions of the code (-), of the migration (+):\n%s", diff)
	}
	pollutants := rows(t, db, "SELECT id, code, name, reporting_code, medium, unit, decimals, valid_from, valid_to, source, command FROM pollutant ORDER BY id",
		func(p *catalog.Pollutant) []any {
			return []any{&p.ID, &p.Code, &p.Name, &p.ReportingCode, &p.Medium, &p.Unit, &p.Decimals, &p.ValidFrom, &p.ValidTo, &p.Source, &p.Command}
		})
	if diff := cmp.Diff(catalog.SeedPollutants(), pollutants); diff != "" {
		t.Errorf("pollutants of the code (-), of the migration (+):\n%s", diff)
	}
	wantYears, wantDays := calendar.Seed()
	years := rows(t, db, "SELECT id, year, published, source, command FROM calendar_year ORDER BY id",
		func(y *calendar.Year) []any { return []any{&y.ID, &y.Year, &y.Published, &y.Source, &y.Command} })
	if diff := cmp.Diff(wantYears, years); diff != "" {
		t.Errorf("years of the code (-), of the migration (+):\n%s", diff)
	}
	days := rows(t, db, `SELECT id, "on", working, note, source, command FROM calendar_day ORDER BY id`,
		func(d *calendar.Day) []any { return []any{&d.ID, &d.On, &d.Working, &d.Note, &d.Source, &d.Command} })
	if diff := cmp.Diff(wantDays, days); diff != "" {
		t.Errorf("days of the code (-), of the migration (+):\n%s", diff)
	}
}
