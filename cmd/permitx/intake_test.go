package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
			return newSaltFolder(t.Context(), filepath.Join(dir, folder), in).get(name)
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
