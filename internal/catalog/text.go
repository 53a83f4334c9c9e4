package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"permitx/internal/fault"
)

// IsUnseen reports whether a character is none to be seen: a control character, one that
// turns the direction of writing or joins others, an end of a line. With them a name
// looks like another one, or a document like one that says something else.
func IsUnseen(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// Seen is a text as it shows, with a sign in the place of each character that is not seen.
func Seen(s string) string {
	return strings.Map(func(r rune) rune {
		if IsUnseen(r) {
			return '?'
		}
		return r
	}, s)
}

// CheckText returns a fault unless s is a text of 1 to longest characters that a
// form can show in one line.
func CheckText(field, s string, longest int) error { return checkText(field, s, longest) }

// CheckDocument returns a fault unless s can name a document or a reason: 1 to 500
// characters.
func CheckDocument(field, s string) error { return checkText(field, s, sourceMax) }

// CheckLines is CheckText for a text of several lines.
func CheckLines(field, s string, longest int) error {
	if strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > longest {
		return fault.Invalidf(field, "must be a text of 1 to %d characters, not of spaces alone", longest)
	}
	return checkSeen(field, strings.NewReplacer("\r\n", "", "\n", "").Replace(s))
}

// CheckIndustry returns a fault unless s is a division, group or class of GB/T 4754.
func CheckIndustry(field, s string) error {
	if n := len(s); n < 2 || n > 4 || !allDigits(s) {
		return fault.Invalidf(field, "%.40q must be a division, group or class of GB/T 4754: 2 to 4 digits, for example 2319", s)
	}
	return nil
}

// CheckOneOf returns a fault unless s is one of all.
func CheckOneOf[T ~string](field string, s T, all []T) error { return checkOneOf(field, s, all) }
