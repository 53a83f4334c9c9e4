package permit_test

import (
	"errors"
	"slices"
	"testing"

	"permitx/internal/permit"
)

// What was measured is rounded half to even at the pollutant's decimals
// (GB/T 8170); what a report states is taken as it is, or not at all.
func TestDischarge_Rounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source           permit.DischargeSource
		reading, rounded string
		err              error
	}{
		{permit.AutomaticMonitor, "1.23455", "1.2346", nil},
		{permit.AutomaticMonitor, "1.23445", "1.2344", nil},
		{permit.MeterCard, "1.234451", "1.2345", nil},
		{permit.MeterCard, "0", "0", nil},
		{permit.ExecutionReport, "1.2345", "1.2345", nil},
		{permit.ExecutionReport, "1.23455", "", permit.ErrDischargeDecimals},
	} {
		d := permit.Discharge{Year: 2026, Quarter: 2, Source: c.source, Reading: q(t, c.reading), Document: "d"}
		d, err := d.Rounded(4)
		if !errors.Is(err, c.err) || c.err == nil && d.Quantity != q(t, c.rounded) {
			t.Errorf("%s %s: %s, %v, want %s, %v", c.source, c.reading, d.Quantity, err, c.rounded, c.err)
		}
	}
}

// Missing is not zero: an estimate has no number until every quarter is
// recorded, and a right is; a corrected record counts no longer.
func TestEstimate(t *testing.T) {
	t.Parallel()
	row := func(id int64, quarter int32, quantity string, supersedes int64) permit.Discharge {
		return permit.Discharge{ID: id, Quarter: quarter, Quantity: q(t, quantity), Supersedes: supersedes}
	}
	three := []permit.Discharge{row(1, 1, "1", 0), row(2, 2, "1.5", 0), row(3, 3, "1", 0), row(4, 2, "2", 2)}
	four := append(slices.Clone(three), row(5, 4, "0", 0))
	for _, c := range []struct {
		name      string
		permitted string
		known     bool
		rows      []permit.Discharge
		task      string
		missing   []int32
		surplus   string // "": none
	}{
		{"a quarter is missing", "10", true, three, "1", []int32{4}, ""},
		{"all there", "10", true, four, "1", nil, "5"},
		{"no right is known", "0", false, four, "0", nil, ""},
		{"more discharged than permitted", "3", true, four, "0", nil, "0"},
		{"the task takes the rest", "5", true, four, "2", nil, "0"},
		{"more than any difference holds", "-9000000000000", true, four, "9000000000000", nil, "0"},
		{"a task beyond all", "10", true, four, "9000000000000", nil, "0"},
		{"nothing recorded", "5", true, nil, "0", []int32{1, 2, 3, 4}, ""},
	} {
		e, err := permit.EstimateOf(q(t, c.permitted), c.known, permit.Current(c.rows), q(t, c.task))
		if err != nil {
			t.Fatal(err)
		}
		surplus, known := e.Surplus()
		if !slices.Equal(e.Missing, c.missing) || known != (c.surplus != "") || known && surplus != q(t, c.surplus) {
			t.Errorf("%s: %+v, %s, %t", c.name, e, surplus, known)
		}
	}
}

// A quarter is over once the next has begun.
func TestQuarterOf(t *testing.T) {
	t.Parallel()
	for day, want := range map[int32]permit.Quarter{20260101: {Year: 2026, Number: 1}, 20260331: {Year: 2026, Number: 1}, 20260401: {Year: 2026, Number: 2}, 20261231: {Year: 2026, Number: 4}} {
		if got := permit.QuarterOf(date(day)); got != want {
			t.Errorf("%d: %v", day, got)
		}
	}
	if !(permit.Quarter{Year: 2025, Number: 4}).IsBefore(permit.Quarter{Year: 2026, Number: 1}) || (permit.Quarter{Year: 2026, Number: 2}).IsBefore(permit.Quarter{Year: 2026, Number: 2}) {
		t.Error("quarters are out of order")
	}
}
