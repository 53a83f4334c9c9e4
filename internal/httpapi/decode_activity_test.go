package httpapi

import (
	"strings"
	"testing"
)

// The digest of a batch that stays says nothing of its participants, however
// their pseudonyms are written, and tells every other difference.
func TestDecodeActivities_Digest(t *testing.T) {
	t.Parallel()
	const line = `{"source_id":"1","scenario":"BUS","participant" : "0123456789abcdef0123456789abcdef" ,"from":"2026-06-25T08:00:00+08:00",` +
		`"to":"2026-06-25T08:10:00+08:00","inputs":[{"name":"rides","value":"1","unit":"ride"}],"evidence":"` +
		`0000000000000000000000000000000000000000000000000000000000000000"}` + "\n"
	digest := func(body string) [32]byte {
		t.Helper()
		_, d, err := decodeActivities(nil, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := digest(line + line)
	for _, other := range []string{strings.Repeat("f", 32), strings.Repeat("f", 64), `\u0061` + strings.Repeat("f", 31)} {
		if digest(line+strings.Replace(line, "0123456789abcdef0123456789abcdef", other, 1)) != want {
			t.Errorf("the digest depends on the participant %s", other)
		}
	}
	for _, change := range [][2]string{{`"1"`, `"2"`}, {"BUS", "WALK"}, {"08:10", "08:11"}, {"{", " {"}, {"00\"}", "01\"}"}} {
		if digest(line+strings.Replace(line, change[0], change[1], 1)) == want {
			t.Errorf("the digest does not depend on %s", change[0])
		}
	}
}
