package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"permitx/internal/encumbrance"
)

// The first key is made once; a new one makes the codes from then on, the codes
// of the older one stay good as long as its file is there, and nobody else may
// read the files.
func TestCodeFolder(t *testing.T) {
	t.Parallel()
	const number = "330421-0000000012-1"
	data := t.TempDir()
	dir := &codeFolder{path: filepath.Join(data, defaultCodes)}
	first, err := dir.keys()
	if err != nil || len(first) != 1 {
		t.Fatalf("%v, %v", first, err)
	}
	again, err := dir.keys()
	if err != nil || len(again) != 1 || again[0] != first[0] {
		t.Fatalf("asked again: %v, %v", again, err)
	}
	code, stdout, stderr := do(t, "certificate-key", "--data", data)
	if code != exitOK || !strings.Contains(stdout, "New key ") {
		t.Fatalf("exit code %d:\n%s%s", code, stdout, stderr)
	}
	both, err := dir.keys()
	if err != nil || len(both) != 2 || both[1] != first[0] || both[0] == first[0] {
		t.Fatalf("%v, %v", both, err)
	}
	if got := encumbrance.CheckCode(both, number, first[0].Code(number)); got != encumbrance.CodeRight {
		t.Errorf("a code of the older key is %s", got)
	}
	info, err := os.Stat(filepath.Join(dir.path, "2"))
	if err != nil || info.Mode().Perm() != secretFileMode {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir.path, "1"), []byte("abc"), secretFileMode); err != nil {
		t.Fatal(err)
	}
	if keys, err := dir.keys(); err == nil || len(keys) != 1 || keys[0] != both[0] {
		t.Errorf("with a damaged file: %v, %v", keys, err)
	}
}
