package catalog

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Medium is what a pollutant is discharged into.
type Medium string

// The media.
const (
	Water Medium = "water"
	Air   Medium = "air"
)

// Media are all media.
var Media = []Medium{Water, Air}

// UnitRate is the unit of a permit: tonnes a year. A permit is a rate over a
// term, not a stock.
const UnitRate = "t/a"

const (
	codeVOCs = "VOCs"
	// codeNMHC reports non-methane hydrocarbons (非甲烷总烃), which monitors measure and
	// which are only a part of VOCs: a measurement under it is evidence about a permit
	// for VOCs and never the permit's own code.
	codeNMHC = "a24088"
)

// A Pollutant is a substance, or a sum of them, that permits are issued for.
type Pollutant struct {
	ID            int64
	Code          string // as the trade writes it: "COD", "NH3-N"
	Name          string // Chinese
	ReportingCode string // HJ 524 (air) or HJ 525 (water), as monitoring data carry it
	Medium        Medium
	Unit          string // UnitRate
	Decimals      int32  // that a quantity is shown with; storage is finer
	ValidFrom     calendar.Date
	ValidTo       calendar.Date // last day; zero: no end
	Source        string
	Command       int64
}

// Validate returns a fault that names the first field that is wrong.
func (p Pollutant) Validate() error {
	if err := fault.First(
		checkCode("code", p.Code),
		checkText("name", p.Name, textMax),
		checkOneOf("medium", p.Medium, Media),
		checkOneOf("unit", p.Unit, []string{UnitRate}),
		checkPeriod(p.ValidFrom, p.ValidTo),
		checkText("source", p.Source, sourceMax),
	); err != nil {
		return err
	}
	if p.Decimals < 0 || p.Decimals > quantity.QuantityScale {
		return fault.Invalidf("decimals", "must be from 0 to %d", quantity.QuantityScale)
	}
	example := "w01018"
	if p.Medium == Air {
		example = "a21026"
	}
	if c := p.ReportingCode; len(c) != len(example) || c[0] != example[0] || !allDigits(c[1:]) {
		return ErrReportingCode.With("%.40q is not a code for %s: it has the letter %c and five digits, for example %s",
			c, p.Medium, example[0], example).At("reporting_code")
	}
	if p.Code == codeVOCs && p.ReportingCode == codeNMHC {
		return ErrNotVOCs.With("%s reports non-methane hydrocarbons, which are not the same as VOCs: write a99054", codeNMHC).
			At("reporting_code")
	}
	return nil
}

// ValidOn reports whether permits for the pollutant exist on that day.
func (p Pollutant) ValidOn(on calendar.Date) bool { return inPeriod(on, p.ValidFrom, p.ValidTo) }
