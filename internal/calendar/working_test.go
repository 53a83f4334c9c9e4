package calendar

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"permitx/internal/fault"
)

// The days that differ from Monday to Friday, listed one by one from the notices
// and independently of the form that the seed has.
var exceptions = map[int]struct{ off, worked string }{
	2024: { // 国办发明电〔2023〕7号
		off: "01-01 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 05-03 06-10 09-16 09-17 " +
			"10-01 10-02 10-03 10-04 10-07",
		worked: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
	},
	2025: { // 国办发明电〔2024〕12号
		off: "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 " +
			"10-01 10-02 10-03 10-06 10-07 10-08",
		worked: "01-26 02-08 04-27 09-28 10-11",
	},
	2026: { // 国办发明电〔2025〕7号
		off: "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 " +
			"10-01 10-02 10-05 10-06 10-07",
		worked: "01-04 02-14 02-28 05-09 09-20 10-10",
	},
}

// Every day of the three years must be as the notices say.
func TestSeed_MatchesNotices(t *testing.T) {
	t.Parallel()
	c := New(Seed())
	for year, e := range exceptions {
		for d := NewDate(year, time.January, 1); d.Year() == year; d = d.AddDays(1) {
			want := d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
			day := d.String()[5:]
			if off := strings.Contains(e.off, day); off {
				if !want {
					t.Errorf("%v is listed as a holiday from Monday to Friday", d)
				}
				want = false
			}
			if worked := strings.Contains(e.worked, day); worked {
				if want {
					t.Errorf("%v is listed as a worked weekend", d)
				}
				want = true
			}
			if got, err := c.IsWorkingDay(d); got != want || err != nil {
				t.Errorf("%v: working %v, %v; want %v", d, got, err, want)
			}
		}
	}
}

// Moving days about creates none: a year's working days are its days less 104 of
// weekends and the public holidays, eleven to 2024 and thirteen from 2025
// (全国年节及纪念日放假办法, 国务院令第795号).
func TestSeed_WorkingDaysOfTheYear(t *testing.T) {
	t.Parallel()
	c := New(Seed())
	for year, want := range map[int]int{2024: 366 - 104 - 11, 2025: 365 - 104 - 13, 2026: 365 - 104 - 13} {
		got := 0
		for d := NewDate(year, time.January, 1); d.Year() == year; d = d.AddDays(1) {
			working, err := c.IsWorkingDay(d)
			if err != nil {
				t.Fatal(err)
			}
			if working {
				got++
			}
		}
		if got != want {
			t.Errorf("%d has %d working days, want %d", year, got, want)
		}
	}
}

// Seed rows are valid, numbered from one, name a day once and a source each.
func TestSeed_Rows(t *testing.T) {
	t.Parallel()
	years, days := Seed()
	for i, y := range years {
		if err := y.Validate(); err != nil || y.ID != int64(i)+1 || !y.Published {
			t.Errorf("%+v: %v", y, err)
		}
	}
	seen := map[Date]bool{}
	for i, d := range days {
		if err := d.Validate(); err != nil || d.ID != int64(i)+1 || seen[d.On] || !strings.HasPrefix(d.Source, "国办发明电") {
			t.Errorf("%+v: %v", d, err)
		}
		seen[d.On] = true
	}
}

// The first day is not counted, holidays are skipped and make-up days count.
func TestCalendar_AddWorkingDays(t *testing.T) {
	t.Parallel()
	c := New(Seed())
	for _, tc := range []struct {
		from Date
		n    int
		want Date // 0: refused
		note string
	}{
		{20260701, 3, 20260706, "over a weekend"},
		{20260703, 1, 20260706, "from a Friday"},
		{20260704, 1, 20260706, "from a Saturday"},
		{20260704, 0, 20260706, "a deadline on a Saturday moves"},
		{20260703, 0, 20260703, "a deadline on a Friday stays"},
		{20260213, 1, 20260214, "a make-up Saturday counts"},
		{20260214, 1, 20260224, "over the Spring Festival"},
		{20260213, 6, 20260228, "to the second make-up Saturday"},
		{20260930, 7, 20261015, "seven days over the National Day"},
		{20241231, 1, 20250102, "into another published year"},
		{20260706, -1, 20260703, "back over a weekend"},
		{20260224, -1, 20260214, "back over the Spring Festival"},
		{20261230, 1, 20261231, "the last day that is known"},
		{20261230, 2, 0, "into a year that is not published"},
		{20240102, -1, 0, "back into a year that is not published"},
		{20270105, 3, 0, "in a year that is not published"},
	} {
		got, err := c.AddWorkingDays(tc.from, tc.n)
		if got != tc.want || errors.Is(err, ErrYearNotPublished) != (tc.want == 0) {
			t.Errorf("%s: %v and %d = %v, %v; want %v", tc.note, tc.from, tc.n, got, err, tc.want)
		}
	}
}

// The refusal must say which year is missing, and be one that may be shown.
func TestCalendar_YearNotPublished(t *testing.T) {
	t.Parallel()
	years, days := Seed()
	c := New(append(years, Year{ID: 9, Year: 2027, Source: "none yet"}), append(days, Day{On: 20270101, Source: "none yet"}))
	_, err := c.IsWorkingDay(20270101)
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Refused || f.Code != "calendar.year_not_published" || !strings.Contains(f.Detail, "2027") {
		t.Errorf("got %v", err)
	}
	if _, err := c.WorkingDaysBetween(20261225, 20270105); !errors.Is(err, ErrYearNotPublished) {
		t.Errorf("got %v", err)
	}
}

// Counting and adding are each other's inverse.
func TestCalendar_WorkingDaysBetween(t *testing.T) {
	t.Parallel()
	c := New(Seed())
	for d := Date(20240101); d < 20260901; d = d.AddDays(17) {
		for n := 1; n < 60; n += 7 {
			end, err := c.AddWorkingDays(d, n)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.WorkingDaysBetween(d, end); got != n || err != nil {
				t.Errorf("%v to %v: %d, %v; want %d", d, end, got, err, n)
			}
		}
	}
	if got, err := c.WorkingDaysBetween(20260706, 20260703); got != 0 || err != nil {
		t.Errorf("backwards: %d, %v", got, err)
	}
}

// A wrong row names its field.
func TestValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err   error
		field string
	}{
		{Year{Year: 26, Source: "x"}.Validate(), "year"},
		{Year{Year: 2026}.Validate(), "source"},
		{Day{On: 20260231, Source: "x"}.Validate(), "on"},
		{Day{On: 20260228}.Validate(), "source"},
	} {
		if f, ok := fault.As(c.err); !ok || f.Field != c.field {
			t.Errorf("%v does not name %s", c.err, c.field)
		}
	}
}

// The store keeps records by field: plain kinds only, the id first, the command
// that last wrote the row last.
func TestRecords_ArePlain(t *testing.T) {
	t.Parallel()
	for _, r := range []any{Year{}, Day{}} {
		typ := reflect.TypeOf(r)
		if typ.Field(0).Name != "ID" || typ.Field(typ.NumField()-1).Name != "Command" {
			t.Errorf("%v: the id is first and the command last", typ)
		}
		for i := range typ.NumField() {
			switch f := typ.Field(i); f.Type.Kind() { //nolint:exhaustive // every other kind is refused
			case reflect.Int64, reflect.Int32, reflect.Uint8, reflect.String, reflect.Bool:
			default:
				t.Errorf("%v.%s is a %v", typ, f.Name, f.Type)
			}
		}
	}
}
