package permit

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A DischargeSource is where a discharge was read.
type DischargeSource string

// The sources of a discharge.
const (
	AutomaticMonitor DischargeSource = "automatic_monitor" // 自动监测
	ExecutionReport  DischargeSource = "execution_report"  // 排污许可执行报告
	MeterCard        DischargeSource = "meter_card"        // 刷卡排污
)

// DischargeSources are all sources of a discharge.
var DischargeSources = []DischargeSource{AutomaticMonitor, ExecutionReport, MeterCard}

// IsMeasured reports whether the source measures; a report states.
func (s DischargeSource) IsMeasured() bool { return s == AutomaticMonitor || s == MeterCard }

// A Quarter is a quarter of a year, the period that a discharge is recorded for.
type Quarter struct{ Year, Number int32 }

// firstYear is before any record that this register could take over.
const firstYear = 2000

// QuarterOf is the quarter that a day lies in.
func QuarterOf(d calendar.Date) Quarter {
	const months = 3
	return Quarter{int32(d.Year()), int32((d.Month()-1)/months) + 1} //nolint:gosec // a year and a month
}

// Validate returns a fault about year or quarter.
func (q Quarter) Validate() error {
	switch {
	case q.Year < firstYear || q.Year > 9999:
		return fault.Invalidf("year", "must be a year, for example 2026")
	case q.Number < 1 || q.Number > 4:
		return fault.Invalidf("quarter", "must be from 1 to 4")
	}
	return nil
}

// IsBefore reports whether q ends before p begins.
func (q Quarter) IsBefore(p Quarter) bool {
	return q.Year < p.Year || q.Year == p.Year && q.Number < p.Number
}

// A Discharge is what a licence has discharged of a pollutant in a quarter. It
// never changes: a correction is a further row that supersedes it.
type Discharge struct {
	ID         int64
	Party      int64
	Region     string
	Licence    int64
	Pollutant  string
	Year       int32
	Quarter    int32
	Source     DischargeSource
	Reading    quantity.Quantity // t, as it was read or stated
	Quantity   quantity.Quantity // t, at the pollutant's decimals
	Supersedes int64             // the row that this one corrects
	Document   string
	RecordedAt calendar.Instant
	Command    int64
}

// The faults of a discharge.
var (
	// ErrDischargeDecimals is returned when a report states more decimals than the pollutant has.
	ErrDischargeDecimals = fault.New(fault.Invalid, "discharge.decimals", "a report states no more decimals than the pollutant has").At("quantity")
)

// Rounded is the discharge with its quantity at a number of decimals. What was
// measured is rounded as GB/T 8170 asks, half to even; what a report states
// must have the decimals. Returns the first fault of the fields.
func (d Discharge) Rounded(decimals int) (Discharge, error) {
	if err := fault.First(
		Quarter{d.Year, d.Quarter}.Validate(),
		catalog.CheckOneOf("source", d.Source, DischargeSources),
		catalog.CheckDocument("document", d.Document),
	); err != nil {
		return d, err
	}
	if err := checkFigure(d.Reading); err != nil {
		return d, err
	}
	d.Quantity = d.Reading.Round(decimals, quantity.HalfEven)
	if !d.Source.IsMeasured() && d.Quantity != d.Reading {
		return d, ErrDischargeDecimals.With("%s has more than the %d decimals of %s", d.Reading, decimals, d.Pollutant)
	}
	return d, nil
}

// A Task is the share of its region's reduction task (减排任务) that a licence
// has for a pollutant and a year. The latest row of a year counts.
type Task struct {
	ID         int64
	Party      int64
	Region     string
	Licence    int64
	Pollutant  string
	Year       int32
	Quantity   quantity.Quantity
	Document   string
	RecordedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (t Task) Validate() error {
	if err := (Quarter{t.Year, 1}).Validate(); err != nil {
		return err
	}
	if err := checkFigure(t.Quantity); err != nil {
		return err
	}
	return catalog.CheckDocument("document", t.Document)
}

// checkFigure returns a fault unless a figure of a pollutant is plausible.
func checkFigure(q quantity.Quantity) error {
	if q < 0 || q > quantity.QuantityMax {
		return fault.Invalidf("quantity", "must be from 0 to %s", quantity.QuantityMax)
	}
	return nil
}

// quartersOfYear are the quarters of a year.
const quartersOfYear = 4

// An Estimate is what a licence's surplus of a year comes to: right − actual −
// task. It proposes a number for the bureau's verification and decides nothing.
type Estimate struct {
	Permitted quantity.Quantity // what the licence may discharge, t/a
	Known     bool              // false: no right is recorded
	Actual    quantity.Quantity // of the quarters that are recorded
	Task      quantity.Quantity
	Missing   []int32 // quarters without a record: missing is not zero
}

// EstimateOf adds the current discharges of a year up.
func EstimateOf(right quantity.Quantity, known bool, current []Discharge, task quantity.Quantity) (Estimate, error) {
	e := Estimate{Permitted: right, Known: known, Task: task}
	var err error
	seen := map[int32]bool{}
	for _, d := range current {
		if e.Actual, err = quantity.Add(e.Actual, d.Quantity); err != nil {
			return e, err
		}
		seen[d.Quarter] = true
	}
	for n := int32(1); n <= quartersOfYear; n++ {
		if !seen[n] {
			e.Missing = append(e.Missing, n)
		}
	}
	return e, nil
}

// Surplus is the number that is proposed; false while something is missing. A
// discharge beyond the right leaves none.
func (e Estimate) Surplus() (quantity.Quantity, bool) {
	known := e.Known && len(e.Missing) == 0
	if e.Permitted <= e.Actual { // also where so much was sold or discharged that a difference would not fit
		return 0, known
	}
	left := e.Permitted - e.Actual
	return left - min(e.Task, left), known
}

// LastFullYear is the last year of which every quarter is recorded; 0 where
// there is none.
func LastFullYear(rows []Discharge) (last int32) {
	quarters := map[int32]map[int32]bool{}
	for _, d := range rows {
		if quarters[d.Year] == nil {
			quarters[d.Year] = map[int32]bool{}
		}
		if quarters[d.Year][d.Quarter] = true; len(quarters[d.Year]) == quartersOfYear {
			last = max(last, d.Year)
		}
	}
	return last
}

// Current are the rows that no other one supersedes.
func Current(rows []Discharge) []Discharge {
	gone := map[int64]bool{}
	for _, d := range rows {
		gone[d.Supersedes] = true
	}
	var out []Discharge
	for _, d := range rows {
		if !gone[d.ID] {
			out = append(out, d)
		}
	}
	return out
}
