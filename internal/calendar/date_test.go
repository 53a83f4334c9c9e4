package calendar

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata" // a machine may have none

	"permitx/internal/fault"
)

// A date has one form only, and everything else names the field.
func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want Date // 0: refused
	}{
		{"2029-06-30", 20290630},
		{"1900-01-01", 19000101},
		{"2199-12-31", 21991231},
		{"2028-02-29", 20280229},
		{"2026-02-29", 0},
		{"2100-02-29", 0},
		{"2026-13-01", 0},
		{"2026-00-10", 0},
		{"2026-04-31", 0},
		{"2026-4-30", 0},
		{"20260430", 0},
		{"2026/04/30", 0},
		{" 2026-04-30", 0},
		{"2026-04-30T00:00:00Z", 0},
		{"1899-12-31", 0},
		{"2200-01-01", 0},
		{"", 0},
	} {
		got, err := ParseDate("term_end", c.in)
		if got != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("ParseDate(%q) = %d, %v; want %d", c.in, got, err, c.want)
		}
		if f, ok := fault.As(err); err != nil && (!ok || f.Kind != fault.Invalid || f.Field != "term_end") {
			t.Errorf("ParseDate(%q): %v does not name the field", c.in, err)
		}
	}
}

// Every day from 1990 to 2110 must be valid, print and parse to itself, and
// follow the day before by AddDays.
func TestDate_EveryDay(t *testing.T) {
	t.Parallel()
	prev := Date(19891231)
	for d := Date(19900101); d < 21100101; d = d.AddDays(1) {
		back, err := ParseDate("d", d.String())
		if err != nil || back != d || !d.Valid() || !prev.Before(d) || d.AddDays(-1) != prev || prev.DaysUntil(d) != 1 {
			t.Fatalf("%d: parsed %d, %v; previous %d", d, back, err, prev)
		}
		if d.Start().Date() != d || d.Start().Add(-time.Microsecond).Date() != prev {
			t.Fatalf("%d does not start at %v", d, d.Start())
		}
		prev = d
	}
}

// Only days that exist are valid; the zero date is "not set".
func TestDate_Valid(t *testing.T) {
	t.Parallel()
	for _, d := range []Date{0, 1, -20260101, 20260229, 20260001, 20261301, 20260100, 20260132, 18991231, 100_000_101} {
		if d.Valid() {
			t.Errorf("%d is valid", d)
		}
	}
	if !Date(0).IsZero() || Date(0).String() != "" {
		t.Error("the zero date is set")
	}
}

// A month later is the same day, or the last one where the month is too short.
func TestDate_AddMonths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from Date
		n    int
		want Date
	}{
		{20260630, 60, 20310630},
		{20260131, 1, 20260228},
		{20280131, 1, 20280229},
		{20260331, -1, 20260228},
		{20261231, 1, 20270131},
		{20270101, -1, 20261201},
		{20260115, 0, 20260115},
		{20260115, -12, 20250115},
		{20260115, -25, 20231215},
		{20260630, 36, 20290630},
	} {
		if got := c.from.AddMonths(c.n); got != c.want {
			t.Errorf("%v and %d months = %v, want %v", c.from, c.n, got, c.want)
		}
	}
}

// Sixty days before 2029-06-30 is 2029-05-01 (排污许可管理条例: renewal of a licence).
func TestDate_AddDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from Date
		n    int
		want Date
	}{
		{20290630, -60, 20290501},
		{20240131, 40, 20240311},
		{20261231, 1, 20270101},
		{20280228, 1, 20280229},
	} {
		if got := c.from.AddDays(c.n); got != c.want || c.from.DaysUntil(c.want) != c.n {
			t.Errorf("%v and %d days = %v, want %v", c.from, c.n, got, c.want)
		}
	}
}

// Arithmetic that leaves the calendar is an error of the program and must not
// return a date that would be stored.
func TestDate_OutOfRangePanics(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(){
		"zero":  func() { Date(0).AddDays(1) },
		"late":  func() { Date(20260101).AddMonths(12 * 8000) },
		"early": func() { Date(20260101).AddDays(-100_000) },
		"term":  func() { Months(20260101, 0, true) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// The day of an instant is the one in Shanghai: 16:00 UTC begins the next day.
func TestInstant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		date Date
		want string
	}{
		{"2026-06-30T15:59:59.999999Z", 20260630, "2026-06-30T15:59:59.999999Z"},
		{"2026-06-30T16:00:00Z", 20260701, "2026-06-30T16:00:00.000000Z"},
		{"2026-07-01T00:00:00+08:00", 20260701, "2026-06-30T16:00:00.000000Z"},
		{"1969-12-31T15:59:59.5Z", 19691231, "1969-12-31T15:59:59.500000Z"},
	} {
		i, err := ParseInstant("at", c.in)
		if err != nil || i.Date() != c.date || i.String() != c.want || InstantOf(i.Time()) != i {
			t.Errorf("%s: %v on %v, %v", c.in, i, i.Date(), err)
		}
	}
	if got := Date(20260701).Start().String(); got != "2026-06-30T16:00:00.000000Z" {
		t.Errorf("2026-07-01 starts at %s", got)
	}
	if got := Date(20260702).Start().Sub(Date(20260701).Start()); got != 24*time.Hour {
		t.Errorf("a day has %v", got)
	}
	if Instant(0).String() != "" {
		t.Error("the zero instant has a text")
	}
}

// A time without a zone, finer than stored or in another form names the field.
func TestParseInstant_Refused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", "2026-07-01", "2026-07-01T09:30:00", "2026-07-01 09:30:00Z", "2026-07-01T09:30:00,5Z",
		"2026-07-01T09:30:00.0000001Z", "2026-07-01T24:00:00Z", "2026-07-01T9:30:00Z", "1800-01-01T00:00:00Z",
	} {
		_, err := ParseInstant("at", in)
		if f, ok := fault.As(err); !ok || f.Field != "at" || !errors.Is(err, fault.Invalidf("", "")) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// The fixed zone must agree with the time-zone database since summer time ended.
func TestShanghai_AgreesWithDatabase(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	for d := Date(19920101); d < 20400101; d = d.AddDays(1) {
		if a, b := d.Start().Time().In(zone).Format(time.DateTime), d.String()+" 00:00:00"; a != b {
			t.Fatalf("%v starts at %s", d, a)
		}
	}
}
