// Package storetest gives tests of other packages registries in databases.
package storetest

import (
	"testing"

	"permitx/internal/pgtest/dbtest"
	"permitx/internal/store"
)

// SQLite returns the path of a SQLite file of the test's own that has the schema
// of a registry.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return dbtest.File(tb, "registry", func(path string) error {
		_, err := store.Migrate(tb.Context(), path)
		return err
	})
}

// Open opens a registry, until the test ends.
func Open(tb testing.TB, url string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
