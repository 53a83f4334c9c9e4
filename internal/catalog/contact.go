package catalog

import (
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// A Contact is the person who speaks for a party, and his telephone, from the time
// at which he was recorded until another one was.
type Contact struct {
	ID         int64
	Party      int64
	Region     string // the party's, which has one for good
	Name       string
	Telephone  string // as ParseTelephone writes it
	RecordedAt calendar.Instant
	EndedAt    calendar.Instant // 0: he is the party's contact
	Command    int64
}

// WasHeld reports whether he was the contact at some time from one instant to another.
func (c Contact) WasHeld(from, to calendar.Instant) bool {
	return c.RecordedAt <= to && (c.EndedAt == 0 || c.EndedAt >= from)
}

// NewContact is a person with his telephone, however that is written. The fault
// names the first field that is wrong.
func NewContact(name, telephone string) (Contact, error) {
	written, err := ParseTelephone("telephone", telephone)
	return Contact{Name: name, Telephone: written}, fault.First(checkText("name", name, textMax), err)
}

// The digits of a number with its country's code, by ITU-T E.164 at most 15; fewer
// than 7 can be dialled from nowhere else.
const (
	telephoneDigitsMin = 7
	telephoneDigitsMax = 15
)

// ParseTelephone writes a telephone number in the one form in which numbers are
// compared: + and digits, the country's code first. A number without one is of the
// mainland of China: a mobile number, 400 or 800 and 7 digits, or an area code with
// its 0 and a number.
func ParseTelephone(field, s string) (string, error) {
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "（", "", "）", "").Replace(s)
	abroad := false
	for _, prefix := range []string{"+", "00"} {
		if rest, cut := strings.CutPrefix(digits, prefix); cut && !abroad {
			digits, abroad = rest, true
		}
	}
	wrong := fault.Invalidf(field, "%.40q must be a telephone number, for example 13800000000, 0573-84000000 or +86 573 84000000; without an extension", s)
	if !allDigits(digits) || digits == "" || abroad && digits[0] == '0' {
		return "", wrong
	}
	national, isChina := strings.CutPrefix(digits, "86")
	switch {
	case !abroad:
		national, isChina = digits, true
	case isChina && national != "" && national[0] != '0' && !isMobile(national) && !isService(national):
		national = "0" + national // the 0 is left out behind +86
	}
	switch {
	case !isChina && len(digits) >= telephoneDigitsMin && len(digits) <= telephoneDigitsMax:
		return "+" + digits, nil
	case isChina && (isMobile(national) || isService(national) || isFixed(national)):
		return "+86" + strings.TrimPrefix(national, "0"), nil
	}
	return "", wrong
}

func isMobile(n string) bool { return len(n) == 11 && n[0] == '1' && n[1] >= '3' }

func isService(n string) bool {
	return len(n) == 10 && (strings.HasPrefix(n, "400") || strings.HasPrefix(n, "800"))
}

// isFixed reports whether a number has the 0, an area code of 2 or 3 digits and 7 or 8 digits.
func isFixed(n string) bool { return len(n) >= 10 && len(n) <= 12 && n[0] == '0' && n[1] != '0' }
