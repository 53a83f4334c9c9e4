package store

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/identity"
)

// A registry of 24 November 2026, as `permitx demo` left it then, is migrated:
// its journal, its rows and its balances verify, it opens, and takes a command.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "permitx.db")
	gunzip(t, "testdata/registry-2026-11-24.db.gz", path)
	if _, err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	s := opened(t, path)
	apptest.Check(t, s)
	clock := &apptest.Clock{}
	registry, err := s.Registry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clock.Set(registry.LastAt + 60_000_000)
	a := apptest.Open(t, s, clock)
	if answer, err := a.DoSystem(t.Context(), "after the upgrade", app.KeyMake{Person: 1, Label: "l", Hash: identity.HashSecret("px_new"), Prefix: "px_new"}); err != nil || answer.Status >= 300 {
		t.Fatalf("%+v, %v", answer, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	apptest.Check(t, s)
}

func gunzip(t *testing.T, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
