package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/intake"
	"permitx/internal/store"
)

// Participants are known by one salt: where its file is missing none is made in its
// place, and no other is taken, whichever folder the server is started with.
func TestSaltFolder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string, _ ...string) {
		t.Helper()
		dir := t.TempDir()
		if _, err := store.MigrateIntake(t.Context(), store.IntakeURL(url)); err != nil {
			t.Fatal(err)
		}
		in, err := store.OpenIntake(t.Context(), store.IntakeURL(url), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		get := func(folder, name string) ([]byte, error) {
			return newSaltFolder(t.Context(), filepath.Join(dir, folder), in).get(carbon.Scheme{ID: 1, Salt: name})
		}
		salt, err := get("kept", "S1")
		if err != nil || len(salt) != saltBytes {
			t.Fatalf("%x, %v", salt, err)
		}
		if again, err := get("kept", "S1"); err != nil || !bytes.Equal(again, salt) {
			t.Errorf("after a restart: %x, %v", again, err)
		}
		if _, err := get("elsewhere", "S1"); err == nil || !strings.Contains(err.Error(), "is missing") {
			t.Errorf("from another folder: %v", err)
		}
		path := filepath.Join(dir, "elsewhere", "S1")
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("a salt was made: %v", err)
		}
		if other, err := get("elsewhere", "S2"); err != nil || bytes.Equal(other, salt) { // nobody is known by it yet
			t.Errorf("another scheme's: %x, %v", other, err)
		}
		if err := os.WriteFile(path, bytes.Repeat([]byte{1}, saltBytes), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := get("elsewhere", "S1"); err == nil || !strings.Contains(err.Error(), "another salt") {
			t.Errorf("another one: %v", err)
		}
		if err := os.WriteFile(path, salt, 0o600); err != nil {
			t.Fatal(err)
		}
		if back, err := get("elsewhere", "S1"); err != nil || !bytes.Equal(back, salt) {
			t.Errorf("put back: %x, %v", back, err)
		}
	})
}

// An intake that has counted before it kept digests makes no salt, either: it takes the one that is there.
func TestSaltFolder_OfBefore(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	url := store.IntakeURL(filepath.Join(dir, dataFile))
	if _, err := store.MigrateIntake(ctx, url); err != nil {
		t.Fatal(err)
	}
	r := &carbonRegistry{place: onSQLite, url: url, owner: url, salts: &saltFolder{folder: filepath.Join(dir, "salts")}}
	if _, err := r.salts.read(carbonSalt, true); err != nil {
		t.Fatal(err)
	}
	if err := r.write(ctx, func(commit func(*intake.Changes, int) error) error {
		day := intake.TotalKey{Scheme: 1, Scenario: 1, Methodology: 1, Day: 20261101}
		return commit(&intake.Changes{NewTotals: []intake.Total{{TotalKey: day, Amount: 1, Activities: 1, Batch: 1}}}, 1)
	}); err != nil {
		t.Fatal(err)
	}
	in, err := store.OpenIntake(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	scheme := carbon.Scheme{ID: 1, Salt: carbonSalt}
	elsewhere := newSaltFolder(ctx, filepath.Join(dir, "elsewhere"), in)
	if _, err := elsewhere.get(scheme); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("from another folder: %v", err)
	}
	if _, err := elsewhere.get(carbon.Scheme{ID: 2, Salt: "another"}); err != nil {
		t.Errorf("of a scheme that has counted nothing: %v", err)
	}
	if _, err := newSaltFolder(ctx, filepath.Join(dir, "salts"), in).get(scheme); err != nil {
		t.Errorf("the salt that is there: %v", err)
	}
}
