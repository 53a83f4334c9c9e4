package carbon_test

import (
	"errors"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Facts of Wuhan: 7,250 steps are 145 points at 0.02 a step; a bus ride is 52 g
// and 52 points, a metro ride 137 g and 274 points.
func TestFacts_WuhanPoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		formula, steps, rides string
		rate, of              string
		reduced, points       string
	}{
		{"steps * g_per_step * kg_per_g", "7250", "0", "0.02", "steps", "0.145", "145"},
		{"rides * g_per_bus_ride * kg_per_g", "0", "1", "1000", "", "0.052", "52"},
		{"rides * g_per_metro_ride * kg_per_g", "0", "1", "2000", "", "0.137", "274"},
		{"rides * g_per_metro_ride * kg_per_g", "0", "1", "0", "", "0.137", "0"},
	} {
		in := values(c.steps, c.rides)
		reduced, err := compile(t, c.formula).Compute(in)
		if err != nil || reduced.String() != c.reduced {
			t.Errorf("%s: got %s kg, %v; want %s", c.formula, reduced, err, c.reduced)
		}
		scenario := carbon.Scenario{PointsRate: measure(c.rate), PointsOf: c.of}
		if points, err := scenario.Points(in, reduced); err != nil || points.String() != c.points {
			t.Errorf("%s: got %s points, %v; want %s", c.formula, points, err, c.points)
		}
	}
}

// An activity must be claimed in its window, both days included.
func TestScenario_CheckClaim(t *testing.T) {
	t.Parallel()
	s := carbon.Scenario{ClaimFrom: 2, ClaimTo: 7}
	done := calendar.NewDate(2026, 2, 26)
	for day, want := range map[calendar.Date]error{
		calendar.NewDate(2026, 2, 26): carbon.ErrClaimTooEarly,
		calendar.NewDate(2026, 2, 27): carbon.ErrClaimTooEarly,
		calendar.NewDate(2026, 2, 28): nil,
		calendar.NewDate(2026, 3, 5):  nil,
		calendar.NewDate(2026, 3, 6):  carbon.ErrClaimTooLate,
	} {
		if err := s.CheckClaim(done, day); !errors.Is(err, want) {
			t.Errorf("claimed on %v: got %v", day, err)
		}
	}
}

// A day's credit of one person must end at the cap, to the milligram.
func TestScenario_CreditPerson(t *testing.T) {
	t.Parallel()
	s := carbon.Scenario{DailyCap: 300}
	for _, c := range [][3]quantity.Reduction{{0, 100, 100}, {250, 100, 50}, {300, 1, 0}, {400, 1, 0}, {0, 1000, 300}} {
		if got := s.CreditPerson(c[0], c[1]); got != c[2] {
			t.Errorf("after %d, of %d: got %d; want %d", c[0], c[1], got, c[2])
		}
	}
	if got := (carbon.Scenario{}).CreditPerson(1e12, 7); got != 7 {
		t.Errorf("without a cap: got %d", got)
	}
}

// Points are of an input, or of the reduction, and never of the one for want of
// the other: a later version of the methodology may have dropped the input.
func TestScenario_Points_InputDropped(t *testing.T) {
	t.Parallel()
	s := carbon.Scenario{PointsRate: quantity.OneMeasure, PointsOf: "distance"}
	points, err := s.Points(values("7250", "1"), quantity.OneReduction)
	if f, ok := fault.As(err); !ok || !carbon.ErrUnknownInput.Is(err) || f.Field != "distance" {
		t.Errorf("got %s points, %v; want %v of distance", points, err, carbon.ErrUnknownInput)
	}
	s.PointsRate = 0
	if points, err = s.Points(values("7250", "1"), quantity.OneReduction); err != nil || points != 0 {
		t.Errorf("without points: got %s, %v", points, err)
	}
}
