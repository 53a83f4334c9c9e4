package catalog

import "permitx/internal/fault"

// CheckText returns a fault unless s is a text of 1 to longest characters that a
// form can show in one line.
func CheckText(field, s string, longest int) error { return checkText(field, s, longest) }

// CheckDocument returns a fault unless s can name a document or a reason: 1 to 500
// characters.
func CheckDocument(field, s string) error { return checkText(field, s, sourceMax) }

// CheckIndustry returns a fault unless s is a division, group or class of GB/T 4754.
func CheckIndustry(field, s string) error {
	if n := len(s); n < 2 || n > 4 || !allDigits(s) {
		return fault.Invalidf(field, "%.40q must be a division, group or class of GB/T 4754: 2 to 4 digits, for example 2319", s)
	}
	return nil
}

// CheckOneOf returns a fault unless s is one of all.
func CheckOneOf[T ~string](field string, s T, all []T) error { return checkOneOf(field, s, all) }
