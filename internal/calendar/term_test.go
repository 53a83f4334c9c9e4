package calendar

import "testing"

// Both ends belong to a term, and only a part month depends on the direction.
func TestMonths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to Date
		down, up int
	}{
		{20260701, 20290630, 36, 36},
		{20260701, 20310630, 60, 60},
		{20260702, 20290630, 35, 36},
		{20260630, 20290630, 36, 37},
		{20260731, 20290630, 35, 36},
		{20260801, 20290630, 35, 35},
		{20260831, 20261130, 3, 4},
		{20260131, 20260228, 1, 2},
		{20260201, 20260228, 1, 1},
		{20280201, 20280228, 0, 1},
		{20280201, 20280229, 1, 1},
		{20261201, 20261231, 1, 1},
		{20261231, 20261231, 0, 1},
		{20260115, 20260214, 1, 1},
		{20260115, 20260215, 1, 2},
		{20260115, 20260213, 0, 1},
		{20260316, 20260415, 1, 1},
		{20261216, 20270115, 1, 1},
		{20260702, 20260701, 0, 0},
		{20300101, 20290630, 0, 0},
	} {
		if got := Months(c.from, c.to, false); got != c.down {
			t.Errorf("%v to %v = %d down, want %d", c.from, c.to, got, c.down)
		}
		if got := Months(c.from, c.to, true); got != c.up {
			t.Errorf("%v to %v = %d up, want %d", c.from, c.to, got, c.up)
		}
	}
}

// Day by day the months left never grow, fall by one at most, differ by
// direction only in a part month, and end at zero on the day after the term.
func TestRemainingMonths_FallsToZero(t *testing.T) {
	t.Parallel()
	const end = Date(20310630)
	for _, up := range []bool{false, true} {
		prev := RemainingMonths(20240101, end, up)
		for d := Date(20240102); d <= 20310705; d = d.AddDays(1) {
			n := RemainingMonths(d, end, up)
			if n > prev || n < prev-1 {
				t.Fatalf("%v: %d months after %d", d, n, prev)
			}
			if gap := RemainingMonths(d, end, true) - RemainingMonths(d, end, false); gap < 0 || gap > 1 || gap == 0 && d.Day() != 1 && d <= end {
				t.Fatalf("%v: directions differ by %d", d, gap)
			}
			if (d > end) && n != 0 {
				t.Fatalf("%v: %d months left", d, n)
			}
			prev = n
		}
	}
}

// There are four term ends a year.
func TestQuarterEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want Date }{
		{20260101, 20260331},
		{20260331, 20260331},
		{20260401, 20260630},
		{20280229, 20280331},
		{20260630, 20260630},
		{20260731, 20260930},
		{20261231, 20261231},
		{20261001, 20261231},
	} {
		if got := QuarterEnd(c.in); got != c.want {
			t.Errorf("quarter of %v ends on %v, want %v", c.in, got, c.want)
		}
	}
	n := 0
	for d := Date(20260101); d <= 20261231; d = d.AddDays(1) {
		if OnQuarterEnd(d) {
			n++
		}
	}
	if n != 4 || OnQuarterEnd(0) || OnQuarterEnd(20260631) {
		t.Errorf("%d quarter ends in a year", n)
	}
}
