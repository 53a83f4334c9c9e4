package httpapi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Handlers read through Server.rows: the app's own reader would keep gin's
// context, which is used again for another request. The hub has none of gin's.
func TestHandlers_ReadThroughRows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if f != "hub.go" && !strings.HasSuffix(f, "_test.go") && strings.Contains(string(source), "app.Reader()") {
			t.Errorf("%s reads past Server.rows", f)
		}
	}
}
