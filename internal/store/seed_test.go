package store

import (
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/rulebook"
	"permitx/migrations"
)

// The rows that the migrations plant are those that the code names, in both
// databases: the seed in Go is what the tests of catalog and calendar look at.
func TestSeed_IsThatOfTheCode(t *testing.T) {
	t.Parallel()
	years, days := calendar.Seed()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		planted(t, s, app.Regions, catalog.SeedRegions())
		planted(t, s, app.Pollutants, catalog.SeedPollutants())
		planted(t, s, app.Years, years)
		planted(t, s, app.Days, days)
		planted(t, s, app.Parameters, rulebook.SeedParameters())
	})
}

// Each reason of the ledger has its name in the database, for v_posting: a
// migration that comes with a new reason adds its row to posting_reason.
func TestSeed_ReasonsAreNamed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		want := map[int]string{}
		for n := range 256 {
			if name := ledger.Reason(n).String(); name != "unknown" {
				want[n] = name
			}
		}
		var rows []struct {
			Reason int
			Name   string
		}
		if err := s.read.Raw("SELECT reason, name FROM posting_reason").Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		got := map[int]string{}
		for _, r := range rows {
			got[r.Reason] = r.Name
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reasons of the ledger (-), of the table (+):\n%s", diff)
		}
	})
}

func planted[R any](t *testing.T, s *Store, table app.Table[R], want []R) {
	t.Helper()
	var got []R
	if err := s.Find(t.Context(), table.Name(), app.Query{}, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s of the code (-), of the migration (+):\n%s", table.Name(), diff)
	}
}

// One text plants the rows of both databases.
func TestSeed_IsTheSameOnBoth(t *testing.T) {
	t.Parallel()
	read := func(tree fs.FS, dialect string) string {
		text, err := fs.ReadFile(tree, dialect+"/00003_seed.sql")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if diff := cmp.Diff(read(migrations.Postgres, "postgres"), read(migrations.SQLite, "sqlite")); diff != "" {
		t.Errorf("postgres (-), sqlite (+):\n%s", diff)
	}
}
