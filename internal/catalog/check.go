package catalog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// Longest texts, in characters.
const (
	codeMax   = 32
	textMax   = 200
	sourceMax = 500
)

// checkText returns a fault unless s is a text of 1 to longest characters that a
// form can show in one line.
func checkText(field, s string, longest int) error {
	switch {
	case s == "":
		return fault.Invalidf(field, "must not be empty")
	case strings.TrimSpace(s) != s:
		return fault.Invalidf(field, "must not begin or end with a space")
	case utf8.RuneCountInString(s) > longest:
		return fault.Invalidf(field, "must have at most %d characters", longest)
	}
	return checkSeen(field, s)
}

// checkSeen returns a fault unless what s shows is all that it has.
func checkSeen(field, s string) error {
	if !utf8.ValidString(s) {
		return fault.Invalidf(field, "must be UTF-8 text")
	}
	if i := strings.IndexFunc(s, IsUnseen); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return fault.Invalidf(field, "must not have the character %U, which is not seen itself and changes how the text is shown", r)
	}
	return nil
}

// checkCode returns a fault unless s begins with a letter and goes on with letters,
// digits and single hyphens.
func checkCode(field, s string) error {
	ok := s != "" && len(s) <= codeMax && isLetter(s[0]) && !strings.HasSuffix(s, "-") && !strings.Contains(s, "--")
	for i := 0; ok && i < len(s); i++ {
		ok = isLetter(s[i]) || isDigit(s[i]) || s[i] == '-'
	}
	if !ok {
		return fault.Invalidf(field, "%.40q must be 1 to %d letters, digits and single hyphens, and begin with a letter", s, codeMax)
	}
	return nil
}

// checkOneOf returns a fault unless s is one of all.
func checkOneOf[T ~string](field string, s T, all []T) error {
	if slices.Contains(all, s) {
		return nil
	}
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = string(v)
	}
	return fault.Invalidf(field, "%.40q must be one of %s", string(s), strings.Join(names, ", "))
}

// checkID returns a fault unless id can be the number of a row.
func checkID(field string, id int64) error {
	if id <= 0 {
		return fault.Invalidf(field, "must be the number of a record")
	}
	return nil
}

// checkPeriod returns a fault unless both ends are days, or open, and in order.
func checkPeriod(from, to calendar.Date) error {
	if !from.IsZero() && !from.Valid() {
		return fault.Invalidf("valid_from", "%d is not a day of the calendar", from)
	}
	if !to.IsZero() && !to.Valid() {
		return fault.Invalidf("valid_to", "%d is not a day of the calendar", to)
	}
	if !to.IsZero() && to < from {
		return ErrValidity.With("the last day %v must not be before the first, %v", to, from).At("valid_to")
	}
	return nil
}

// inPeriod reports whether on lies in a period with open ends.
func inPeriod(on, from, to calendar.Date) bool {
	return on >= from && (to.IsZero() || on <= to)
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func isLetter(c byte) bool { return isUpper(c) || c >= 'a' && c <= 'z' }

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
