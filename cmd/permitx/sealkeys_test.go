package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A key is made once, is read again by another process, and nobody else may read it.
func TestSealFiles(t *testing.T) {
	t.Parallel()
	dir := sealFiles(filepath.Join(t.TempDir(), "keys"))
	if _, err := dir.Key("00ff"); !os.IsNotExist(err) {
		t.Errorf("a key that was not made: %v", err)
	}
	first, err := dir.Make("00ff")
	if err != nil {
		t.Fatal(err)
	}
	again, err := dir.Make("00ff")
	if err != nil || again != first {
		t.Errorf("made again it is another key (%v)", err)
	}
	if other, _ := dir.Make("00fe"); other == first {
		t.Error("two offers have one key")
	}
	info, err := os.Stat(filepath.Join(string(dir), "00ff"))
	if err != nil || info.Mode().Perm() != secretFileMode {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(string(dir), "00fd"), []byte("abc"), secretFileMode); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"00fd", "../00ff", ""} {
		if _, err := dir.Make(name); err == nil {
			t.Errorf("%q gives a key", name)
		}
	}
}
