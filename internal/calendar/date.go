package calendar

import (
	"fmt"
	"time"

	"permitx/internal/fault"
)

// A Date is a day in the market's zone, written as the number yyyymmdd, so that
// dates compare as numbers: 20290630 is 2029-06-30. Zero means "not set".
type Date int32

// Years that a date in the input may have. A year outside them is a slip of
// the keyboard.
const (
	inputYearMin = 1900
	inputYearMax = 2199
)

// Years that a date may reach by arithmetic.
const (
	yearMin = 1900
	yearMax = 9999
)

// NewDate returns the date of year, month and day, and moves a day or month
// beyond its end into the next, as time.Date does.
//
// It panics when the year leaves 1900 to 9999, which no input that ParseDate
// accepts can reach in one step of a term or deadline.
func NewDate(year int, month time.Month, day int) Date {
	return fromTime(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

func fromTime(t time.Time) Date {
	year, month, day := t.Date()
	if year < yearMin || year > yearMax {
		panic(fmt.Sprintf("calendar: year %d is outside %d to %d", year, yearMin, yearMax))
	}
	return Date(year*10_000 + int(month)*100 + day) //nolint:gosec // at most 99,991,231
}

// ParseDate returns the date that s writes as yyyy-mm-dd. Any other form, a day
// that does not exist and a year outside 1900 to 2199 is an invalid field.
func ParseDate(field, s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fault.Invalidf(field, "%.40q is not a date; write it as yyyy-mm-dd, for example 2029-06-30", s)
	}
	if t.Year() < inputYearMin || t.Year() > inputYearMax {
		return 0, fault.Invalidf(field, "the year of %s must be from %d to %d", s, inputYearMin, inputYearMax)
	}
	return fromTime(t), nil
}

// String writes d as yyyy-mm-dd; the zero date is the empty string.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year(), int(d.Month()), d.Day())
}

// Valid reports whether d is a day that exists. The zero date is not valid.
func (d Date) Valid() bool {
	y, m, day := d.Year(), d.Month(), d.Day()
	return y >= yearMin && y <= yearMax && m >= time.January && m <= time.December && day >= 1 && day <= daysIn(y, m)
}

// IsZero reports whether d is not set.
func (d Date) IsZero() bool { return d == 0 }

// Year returns the year of d.
func (d Date) Year() int { return int(d) / 10_000 }

// Month returns the month of d.
func (d Date) Month() time.Month { return time.Month(int(d) / 100 % 100) }

// Day returns the day of the month of d.
func (d Date) Day() int { return int(d) % 100 }

// Weekday returns the day of the week of d.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d < o }

// After reports whether d is later than o.
func (d Date) After(o Date) bool { return d > o }

// AddDays returns the date n days after d, or before it when n is negative.
// d must be valid.
func (d Date) AddDays(n int) Date { return NewDate(d.Year(), d.Month(), d.Day()+n) }

// AddMonths returns the same day of the month n months later, or earlier when n
// is negative. Where that month is too short it is the month's last day:
// 2026-01-31 and one month is 2026-02-28. d must be valid.
//
// For the last day of a term of n months that begins on d use
// d.AddMonths(n).AddDays(-1); for a point on the grid of term ends QuarterEnd.
func (d Date) AddMonths(n int) Date {
	months := d.Year()*12 + int(d.Month()) - 1 + n
	year, month := months/12, time.Month(months%12+1)
	return NewDate(year, month, min(d.Day(), daysIn(year, month)))
}

// Start returns the first instant of d in the market's zone. A period that
// includes d ends just before d.AddDays(1).Start().
func (d Date) Start() Instant {
	return InstantOf(time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, Shanghai))
}

// DaysUntil returns the number of days from d to o, negative when o is earlier.
// Both must be valid.
func (d Date) DaysUntil(o Date) int {
	return int((o.utc().Unix() - d.utc().Unix()) / (24 * 60 * 60))
}

func (d Date) utc() time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
}

func daysIn(year int, month time.Month) int {
	switch month { //nolint:exhaustive // the others have 31 days
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}
