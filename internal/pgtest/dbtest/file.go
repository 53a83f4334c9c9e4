package dbtest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// files are the templates of SQLite databases that this test program made.
var files struct {
	sync.Mutex
	byName map[string]*fileTemplate
}

type fileTemplate struct {
	once    sync.Once
	content []byte
	err     error
}

// File returns the path of a SQLite database for this test that is a copy of
// the one that prepare made, which runs once a test program for each name and
// must close its connections. To migrate anew took a test a third of a second,
// and ten under the race detector.
func File(tb testing.TB, name string, prepare func(path string) error) string {
	tb.Helper()
	tmpl := fileTemplateOf(name)
	tmpl.once.Do(func() {
		tmpl.err = fmt.Errorf("template %s: not made", name) // where prepare ends the test
		path := filepath.Join(tb.TempDir(), "template.db")
		if tmpl.err = prepare(path); tmpl.err == nil {
			tmpl.content, tmpl.err = os.ReadFile(path)
		}
	})
	if tmpl.err != nil {
		tb.Fatalf("dbtest: %v", tmpl.err)
	}
	path := filepath.Join(tb.TempDir(), "permitx.db")
	const onlyUs = 0o600
	if err := os.WriteFile(path, tmpl.content, onlyUs); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return path
}

func fileTemplateOf(name string) *fileTemplate {
	files.Lock()
	defer files.Unlock()
	if files.byName == nil {
		files.byName = map[string]*fileTemplate{}
	}
	if files.byName[name] == nil {
		files.byName[name] = &fileTemplate{}
	}
	return files.byName[name]
}
