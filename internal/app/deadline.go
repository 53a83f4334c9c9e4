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
	return spanOf(v.known, key, rulebook.Place{Region: region, Pollutant: pollutant}, on)
}

// spanOf is what a parameter that counts days, working days or months gives at a place on a day.
func spanOf(all rulebook.Parameters, key rulebook.Key, at rulebook.Place, on calendar.Date) int {
	_, value, _ := rulebook.Lookup(all, key, at, on)
	return int(value / quantity.OneRatio)
}

// AnswerDays are the working days in which an objection that comes on a day is answered.
func AnswerDays(r *Reference, region string, on calendar.Date) int {
	return spanOf(publishedParameters{ReadTable(r, Parameters)}, rulebook.AnswerDays, rulebook.Place{Region: region}, on)
}

// promised is the last of the working days that a parameter gives from a day on, where
// what begins them is never refused for them. While the calendar of a year is not out twice as
// many days count (project default).
func (v *View) promised(key rulebook.Key, at rulebook.Place, from calendar.Date) calendar.Date {
	days := spanOf(v.known, key, at, from)
	due, err := v.Calendar().AddWorkingDays(from, days)
	if err != nil {
		due = promisedWithout(from, days)
	}
	return due
}

func promisedWithout(from calendar.Date, workingDays int) calendar.Date {
	return from.AddDays(2 * workingDays)
}

// deadline is the last of the working days that a parameter gives from today on. It
// is kept where it was set, and a later parameter does not move it (I-136).
func (v *View) deadline(key rulebook.Key, region, pollutant string) (calendar.Date, error) {
	return v.Calendar().AddWorkingDays(v.Today, v.span(key, region, pollutant))
}
