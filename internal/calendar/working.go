package calendar

import (
	"time"

	"permitx/internal/fault"
)

// The faults of this package, in the order in which they are checked.
var (
	// ErrYearNotPublished is returned when a question about working days touches
	// a year whose notice has not been entered. An officer enters the notice; until
	// then no deadline may be promised.
	ErrYearNotPublished = fault.New(fault.Refused, "calendar.year_not_published",
		"the working days of that year are not published yet")
)

// A Year says whether the holidays of a year are known.
type Year struct {
	ID        int64
	Year      int32
	Published bool   // the notice is out and all its days are entered
	Source    string // number of the notice
	Command   int64
}

// A Day is an exception from Monday to Friday: a holiday, or a Saturday or Sunday
// that is worked.
type Day struct {
	ID      int64
	On      Date
	Working bool
	Note    string // the holiday's name
	Source  string // number of the notice, or "project default"
	Command int64
}

// Validate returns a fault that names the first field that is wrong.
func (y Year) Validate() error {
	if y.Year < inputYearMin || y.Year > inputYearMax {
		return fault.Invalidf("year", "the year must be from %d to %d", inputYearMin, inputYearMax)
	}
	if y.Source == "" {
		return fault.Invalidf("source", "name the notice, for example 国办发明电〔2025〕7号")
	}
	return nil
}

// Validate returns a fault that names the first field that is wrong.
func (d Day) Validate() error {
	if !d.On.Valid() {
		return fault.Invalidf("on", "%d is not a day of the calendar", d.On)
	}
	if d.Source == "" {
		return fault.Invalidf("source", "name the notice that says so, or write \"project default\"")
	}
	return nil
}

// A Calendar answers questions about working days. It does not change and is
// safe for concurrent use.
type Calendar struct {
	published  map[int]bool
	exceptions map[Date]bool // true: worked
}

// New returns the calendar of the years and days given. Days of a year that is
// not published have no effect.
func New(years []Year, days []Day) *Calendar {
	c := &Calendar{published: make(map[int]bool, len(years)), exceptions: make(map[Date]bool, len(days))}
	for _, y := range years {
		c.published[int(y.Year)] = y.Published
	}
	for _, d := range days {
		c.exceptions[d.On] = d.Working
	}
	return c
}

// IsWorkingDay reports whether d is worked. It fails with ErrYearNotPublished.
func (c *Calendar) IsWorkingDay(d Date) (bool, error) {
	if !c.published[d.Year()] {
		return false, ErrYearNotPublished.With("the working days of %d are not published yet: "+
			"enter the State Council's holiday notice for %d, then try again", d.Year(), d.Year())
	}
	if working, ok := c.exceptions[d]; ok {
		return working, nil
	}
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday, nil
}

// AddWorkingDays returns the n-th working day after d; d itself is not counted
// (民法典 art. 201). With n = 0 it is d, or the next working day where d is none
// (art. 203); with n negative it is the n-th working day before d.
//
// It fails with ErrYearNotPublished when it has to look at a day of an unpublished
// year, which also bounds the search.
func (c *Calendar) AddWorkingDays(d Date, n int) (Date, error) {
	step, left := 1, n
	switch {
	case n < 0:
		step, left = -1, -n
	case n == 0:
		d, left = d.AddDays(-1), 1
	}
	for left > 0 {
		d = d.AddDays(step)
		working, err := c.IsWorkingDay(d)
		if err != nil {
			return 0, err
		}
		if working {
			left--
		}
	}
	return d, nil
}

// WorkingDaysBetween returns how many working days follow from, up to and with
// to: the n for which AddWorkingDays(from, n) is to, when to is one. It is 0
// when to is not after from, and fails with ErrYearNotPublished.
func (c *Calendar) WorkingDaysBetween(from, to Date) (int, error) {
	n := 0
	for d := from; d < to; {
		d = d.AddDays(1)
		working, err := c.IsWorkingDay(d)
		if err != nil {
			return 0, err
		}
		if working {
			n++
		}
	}
	return n, nil
}
