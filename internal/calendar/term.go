package calendar

import "fmt"

// Months returns the whole months of a term. Both days belong to it: from
// 2026-07-01 to 2029-06-30 is exactly 36 months. A part month counts as one when
// up is true and is dropped when it is false; the caller's policy says which
// (default: up when the state sells, down when it buys). A term whose last day is
// before its first has no months.
//
// Months are counted back from the last day. Term ends are ends of months, so
// a whole month is always one of the calendar, and 2026-08-31 to 2026-11-30 is
// three months and a day, however long August is.
//
// Both dates must be valid: a holding without a term has no months, and asking
// is an error of the program.
//
// Both directions are a project default; for the start price of a remaining term
// the rules of 胶州 likewise count a part month as one.
func Months(from, to Date, up bool) int {
	if !from.Valid() || !to.Valid() {
		panic(fmt.Sprintf("calendar: no months from %d to %d", from, to))
	}
	if to < from {
		return 0
	}
	end := to.AddDays(1)
	months := (end.Year()-from.Year())*12 + int(end.Month()) - int(from.Month())
	first := end.AddMonths(-months) // in the month of from
	if first < from {
		months--
	}
	if up && first != from {
		months++
	}
	return months
}

// RemainingMonths returns the months that a permit is still good for on today,
// which counts, as does termEnd. It is 0 when the term is over.
func RemainingMonths(today, termEnd Date, up bool) int { return Months(today, termEnd, up) }

// OnQuarterEnd reports whether d is the last day of a quarter: 31 March, 30 June,
// 30 September or 31 December. Term ends lie on this grid, so that one book has
// many sellers (project default).
func OnQuarterEnd(d Date) bool { return d.Valid() && QuarterEnd(d) == d }

// QuarterEnd returns the last day of the quarter that d, which must be valid, lies in.
func QuarterEnd(d Date) Date {
	last := (d.Month()-1)/3*3 + 3
	return NewDate(d.Year(), last+1, 0)
}
