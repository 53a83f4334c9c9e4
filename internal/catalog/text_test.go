package catalog

import (
	"strings"
	"testing"
)

// A text has no characters that are not seen: they make a name look like another one.
func TestCheckText_Unseen(t *testing.T) {
	t.Parallel()
	for _, r := range "\x00\t\x1b\x7f\u0085\u00ad\u061c\u200b\u200c\u200d\u200e\u2028\u2029\u202e\u2060\u2066\u2069\ufeff\U000e0041" {
		for name, check := range map[string]func(field, s string, longest int) error{"text": CheckText, "lines": CheckLines} {
			if err := check("name", "甲"+string(r)+"乙", 10); err == nil {
				t.Errorf("%s: %U passes", name, r)
			} else {
				wantField(t, err, "name")
			}
		}
	}
	if err := CheckDocument("document", "a\u202eb"); err == nil || !strings.Contains(err.Error(), "U+202E") {
		t.Errorf("it is not said which: %v", err)
	}
	for _, s := range []string{"甬环发〔2015〕81号　第三条", "a", "é 😀", "e\u0301"} {
		if err := CheckText("name", s, 20); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// A text of several lines has line feeds, of any system, and is not of spaces alone.
func TestCheckLines(t *testing.T) {
	t.Parallel()
	for s, ok := range map[string]bool{
		"一\n二\r\n三\n": true, "  indented": true, strings.Repeat("甲", 10): true,
		"": false, " \n ": false, strings.Repeat("甲", 11): false, "a\rb": false, "a\tb": false, "a\xffb": false, "a\n\u202eb": false,
	} {
		if err := CheckLines("body", s, 10); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}
