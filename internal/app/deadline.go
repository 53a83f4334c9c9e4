package app

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// span is how many days, working days or months a parameter gives today.
func (v *View) span(key rulebook.Key, region, pollutant string) int {
	return v.spanOn(key, region, pollutant, v.Today)
}

// spanOn is span of another day. The key has a default.
func (v *View) spanOn(key rulebook.Key, region, pollutant string, on calendar.Date) int {
	_, value, _ := rulebook.Lookup(v.known, key, rulebook.Place{Region: region, Pollutant: pollutant}, on)
	return int(value / quantity.OneRatio)
}

// deadline is the last of the working days that a parameter gives from today on. It
// is kept where it was set, and a later parameter does not move it (I-136).
func (v *View) deadline(key rulebook.Key, region, pollutant string) (calendar.Date, error) {
	return v.Calendar().AddWorkingDays(v.Today, v.span(key, region, pollutant))
}
