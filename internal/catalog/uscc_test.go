package catalog

import (
	"errors"
	"testing"
)

// Codes made up for tests and the demonstration; each also has a right check
// digit of its organisation code (GB 11714).
var validUSCCs = []string{
	"91330421MA28AB125E", "91310118MA1JK3N77E", "91320509MA1W2R5T1U", "91341882MA2T9P4XXK",
	"91330402MA29H8Q681", "91330411MA2B7C3D7K", "91330481MA2E5F6G0C",
}

// The standard's examples and the made-up codes pass; a wrong form and a wrong
// check digit are told apart, and only the latter may be confirmed.
func TestCheckUSCC(t *testing.T) {
	t.Parallel()
	type row struct {
		name, code string
		warning    bool
		want       error
	}
	rows := []row{
		{"check digit 3 (Σ 1640)", "91350100M000100Y43", false, nil},
		{"check digit X (Σ 1304)", "91130200699229617X", false, nil},
		{"another check digit", "91350100M000100Y44", true, ErrUSCCCheckDigit},
		{"Z is in no code", "91350100M000100Y4Z", false, ErrUSCC},
		{"I is in no code", "9I350100M000100Y43", false, ErrUSCC},
		{"O is not zero", "9135O100M000100Y43", false, ErrUSCC},
		{"small letters", "91350100m000100y43", false, ErrUSCC},
		{"a letter in the region", "913501A0M000100Y43", false, ErrUSCC},
		{"without a check digit", "91350100M000100Y4", false, ErrUSCC},
		{"a space", "91350100M000100Y43 ", false, ErrUSCC},
		{"full-width digits", "913501００", false, ErrUSCC},
		{"empty", "", false, ErrUSCC},
	}
	for _, code := range validUSCCs {
		rows = append(rows, row{"made up", code, false, nil})
	}
	for _, r := range rows {
		warning, err := CheckUSCC("uscc", r.code)
		if warning != r.warning || !errors.Is(err, r.want) {
			t.Errorf("%s: %s = %v, %v; want %v, %v", r.name, r.code, warning, err, r.warning, r.want)
		}
		wantField(t, err, "uscc")
	}
}

// A change of any one character, by any other, is found.
func TestCheckUSCC_FindsEveryChange(t *testing.T) {
	t.Parallel()
	for _, code := range validUSCCs {
		for i := range code {
			for c := byte(' '); c < 0x7f; c++ {
				if c == code[i] {
					continue
				}
				changed := code[:i] + string(c) + code[i+1:]
				if _, err := CheckUSCC("uscc", changed); err == nil {
					t.Errorf("%s passes as %s", code, changed)
				}
			}
		}
	}
}
