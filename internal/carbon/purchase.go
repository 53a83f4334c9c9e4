package carbon

import "permitx/internal/calendar"

// A Purchase is what a party has bought of a series on the last day on which it
// bought some, in markets where it waits until tomorrow (T+1).
type Purchase struct {
	ID      int64
	Series  int64
	Party   int64
	Day     calendar.Date
	Units   int64
	Command int64
}

// Add is the purchase with units that were bought on a day, no earlier than Day.
func (p Purchase) Add(day calendar.Date, units int64) Purchase {
	if p.Day != day {
		p.Day, p.Units = day, 0
	}
	p.Units += units
	return p
}

// On is what of it was bought on a day.
func (p Purchase) On(day calendar.Date) int64 {
	if p.Day != day {
		return 0
	}
	return p.Units
}
