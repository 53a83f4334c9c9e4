package app_test

import (
	"os"
	"testing"

	"permitx/internal/app"
	"permitx/internal/store/storetest"
)

// With PERMITX_TEST_BESIDE the batches of a test are also committed to SQLite,
// which refuses what its constraints do not allow, and which permitx check reads
// in the end. The constraints of PostgreSQL have the same names and conditions.
// It takes some minutes: `make constraints`.
func TestMain(m *testing.M) {
	if os.Getenv("PERMITX_TEST_BESIDE") != "" {
		app.KeepBeside(migrated)
	}
	os.Exit(m.Run())
}

func migrated(t *testing.T) app.Store {
	t.Helper()
	return storetest.Open(t, storetest.SQLite(t))
}
