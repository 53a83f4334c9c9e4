package store

import (
	"testing"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
)

// The exchange behaves the same on both databases.
func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		apptest.Run(t, func(t *testing.T) app.Store { t.Helper(); return opened(t, migratedSQLite(t)) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		apptest.Run(t, func(t *testing.T) app.Store { t.Helper(); return opened(t, migratedPostgres(t)) })
	})
}
