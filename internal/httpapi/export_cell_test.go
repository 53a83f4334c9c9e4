package httpapi

import (
	"encoding/json"
	"testing"
)

// What a spreadsheet would run as a formula is a text; a negative decimal stays one.
func TestExport_Cells(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"=1+1"`: "'=1+1", `"@x"`: "'@x", `"-5.20"`: "-5.20", `"-x"`: "'-x", `"嘉善县"`: "嘉善县", `""`: "", `7`: "7", `true`: "true", `["a"]`: `["a"]`,
	} {
		if got := cell(json.RawMessage(in)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
