package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A case is cleared from a file and from the standard input, and printed as one
// JSON object.
func TestClear(t *testing.T) {
	t.Parallel()
	const input = `{"format":"uniform","supply":"123760","reserve_price":"29.98","bids":[
		{"id":"A","price":"31.50","qty":"40000","seq":1},{"id":"B","price":"31.00","qty":"50000","seq":2},
		{"id":"C","price":"30.50","qty":"30000","seq":3},{"id":"D","price":"30.50","qty":"20000","seq":4}]}`
	file := filepath.Join(t.TempDir(), "case.json")
	if err := os.WriteFile(file, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := do(t, "clear", file)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var found struct {
		Status      string            `json:"status"`
		Price       string            `json:"clearing_price"`
		Revenue     string            `json:"revenue"`
		Allocations map[string]string `json:"allocations"`
	}
	if err := json.Unmarshal([]byte(stdout), &found); err != nil {
		t.Fatal(err)
	}
	if found.Status != "cleared" || found.Price != "30.5" || found.Revenue != "3774680.00" || found.Allocations["D"] != "3760" {
		t.Errorf("got %+v", found)
	}

	var out strings.Builder
	c := clearCommand{File: "-"}
	if err := c.Run(&globals{ctx: t.Context(), stdin: strings.NewReader(input), stdout: &out}); err != nil || out.String() != stdout {
		t.Errorf("from the standard input: %v\n%s", err, out.String())
	}
}

// Bad input ends with exit code 2 and one line that names the field.
func TestClear_BadInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ input, want string }{
		{`{"format":"uniform","supply":"1","bids":[{"id":"A","price":"5","qty":"1","seq":1},{"id":"B","price":5,"qty":"1","seq":2}]}`, "bids[1].price: "},
		{`{"format":"uniform","supply":"1","bids":[{"id":"A","price":"5","qty":"1","seq":1},{"id":"B","price":"5","qty":"1","seq":2}],"tie":"drawn"}`, "draw: "},
		{`{"format":"uniform","suply":"1","bids":[]}`, "suply: "},
		{`{"format":"uniform","su\nply":"1","bids":[]}`, `"su\nply": is not a field`},
		{`{"format":"uniform","supply":"1","bids":[{"id":"A\n","pri\u202ece":"5"}]}`, `"bids[0].pri\u202ece": is not a field`},
		{`{"format":"uniform","` + strings.Repeat("长", 5000) + `":"1","bids":[]}`, ": " + strings.Repeat("长", clearFieldMost) + "…: is not a field"},
		{`{"format":"` + strings.Repeat("x", 5000) + `","bids":[]}`, `"xxx`},
		{`{"format":"uniform","supply":` + strings.Repeat("1", 5000) + `,"bids":[]}`, "supply: the number 111"},
		{`not JSON`, "JSON"},
	} {
		file := filepath.Join(t.TempDir(), "case.json")
		if err := os.WriteFile(file, []byte(c.input), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := do(t, "clear", file)
		if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || len(stderr) > 2000 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit code %d, want %q in one line:\n%s%s", c.input, code, c.want, stdout, stderr)
		}
	}
	if code, _, stderr := do(t, "clear", filepath.Join(t.TempDir(), "absent.json")); code != exitUsage || strings.Count(stderr, "\n") != 1 {
		t.Errorf("no file: exit code %d\n%s", code, stderr)
	}
}
