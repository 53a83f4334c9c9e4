package httpapi

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"permitx"
	"permitx/internal/fault"
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

// A line that is malformed is named, with the field, and an input by its place.
func TestDecodeActivities_NamesTheLine(t *testing.T) {
	t.Parallel()
	good := strings.TrimSuffix(rideLine("1"), "\n")
	for _, c := range []struct{ line, field, detail string }{
		{`hello`, "/1", "line 2: the body is not JSON"},
		{good[:40], "/1", "line 2: the body is not JSON: the mistake is at byte"},
		{strings.Replace(good, `"scenario"`, `scenario`, 1), "/1", "line 2: "},
		{strings.Replace(good, `"value":"1"`, `"value":"1,5"`, 1), "/1/inputs/0/value", ""},
		{strings.Replace(good, `"inputs":[`, `"inputs":[{"name":"x","value":"1","unit":"km"},{"name":"y","unit":"km"},`, 1), "/1/inputs/1/value", "is missing"},
		{strings.Replace(good, `"scenario"`, `"szenario"`, 1), "/1/szenario", "there is no such field"},
		{strings.Replace(good, "08:00:00", "8:00", 1), "/1/from", "is not a time"},
	} {
		_, _, err := decodeActivities(nil, []byte(good+"\n"+c.line+"\n"+good+"\n"))
		if f, ok := fault.As(err); !ok || f.Field != c.field || !strings.Contains(f.Detail, c.detail) {
			t.Errorf("%s: %+v; want %q at %s", c.line, err, c.detail, c.field)
		}
	}
}

// The batch that the contract gives as an example is read: an activity, and one that takes it back.
func TestDecodeActivities_ExampleOfContract(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(permitx.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	example, _ := doc.Paths.Find("/v1/carbon/activity-batches").Post.RequestBody.Value.Content[linesType].Example.(string)
	all, _, err := decodeActivities(nil, []byte(example))
	if err != nil || len(all) != 2 || all[1].Reverses != all[0].SourceID {
		t.Errorf("%q: %+v, %v", example, all, err)
	}
}

// An id has up to 64 characters, as the contract has it, and is written as a complaint and
// a list of another register write it. What is not UTF-8, and half of a pair of surrogates,
// is refused: by the sign that takes its place two ids would be one.
func TestDecodeActivities_IDs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("车", 64)
	for _, field := range []string{"source_id", "identifier", "reverses"} {
		for id, good := range map[string]bool{
			"地铁1": true, `\ud83d\ude871`: true, long: true, strings.Repeat("a", 64): true, long + "a": false, strings.Repeat("a", 65): false, "": false,
			"\xb5\xd8\xcc\xfa1": false, `\ud8001`: false, "\uFFFD1": false, "a\x7f": false, "a\u0085b": false, `a\u0001`: false,
			" a": field == "reverses", "a\u3000": field == "reverses",
		} {
			line := strings.TrimSuffix(rideLine("1"), "}\n") + `,"` + field + `":"` + id + `"}`
			if field == "source_id" {
				line = rideLine(id)
			}
			_, _, err := decodeActivities(nil, []byte(line))
			if f, refused := fault.As(err); refused == good || refused && f.Field != "/0/"+field {
				t.Errorf("%s %q: %v; want it taken %t", field, id, err, good)
			}
		}
	}
}

// A unit has as many characters as one of a methodology.
func TestDecodeActivities_Unit(t *testing.T) {
	t.Parallel()
	unit := strings.Repeat("kgCO2e/", 8) + "ride" // 60 characters
	for text, good := range map[string]bool{unit: true, unit + "s": false, "": false} {
		all, _, err := decodeActivities(nil, []byte(strings.Replace(rideLine("1"), `"unit":"ride"`, `"unit":"`+text+`"`, 1)))
		if f, refused := fault.As(err); refused == good || refused && f.Field != "/0/inputs/0/unit" || good && all[0].Inputs[0].Unit != text {
			t.Errorf("%q: %+v, %v; want it taken %t", text, all, err, good)
		}
	}
}

// rideLine is a line of a batch.
func rideLine(sourceID string) string {
	return `{"source_id":"` + sourceID + `","scenario":"BUS","participant":"0123456789abcdef0123456789abcdef","from":"2026-06-25T08:00:00+08:00",` +
		`"to":"2026-06-25T08:10:00+08:00","inputs":[{"name":"rides","value":"1","unit":"ride"}],"evidence":"` + strings.Repeat("0", 64) + `"}` + "\n"
}
