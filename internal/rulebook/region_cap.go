package rulebook

import (
	"slices"

	"permitx/internal/fault"
)

// ErrOverCap is returned when a region over its cap would get more permits.
var ErrOverCap = fault.New(fault.Refused, "rule.region_over_cap", "the region is over its cap: no new permits come to it")

var regionCap = &Rule{
	ID: "region.over_cap", Title: "Region over its cap", Citation: "浙江省大气污染防治条例 第十二条", From: 20201127,
	Unread:  senseOnly,
	Reading: "Where a region is over its cap the EIA of new emissions is suspended. The project reads: no inflow from other regions, no first allocation, no sale out of the reserve, and no project; trades inside stay possible. For water this is a project default.",
	Default: "A region that nobody has recorded as over its cap is not (project default).",
	Needs:   []string{"fact region_over_cap of the buyer's region"},
	Actions: slices.Concat(arrivals, []Action{Project}),
	Check: func(f *Facts) Finding {
		isNew := f.Spans || f.Action == Allocation || f.Action == PrimarySale || f.Action == Project
		switch {
		case !f.Buyer.Known || !f.Buyer.Area.OverCap:
			return passed("the region is not recorded as over its cap")
		case !isNew:
			return notApplicable("the permits stay in their region")
		}
		return refused(ErrOverCap.With("%s is over its cap for %s (%s): no new permits come to it", f.Buyer.Region(), f.Pollutant, f.Buyer.Area.OverCapDoc).At(f.Buyer.Field))
	},
	Cases: []Case{
		{"over its cap, from the reserve", Facts{Action: PrimarySale, Buyer: Side{Known: true, Area: Area{OverCap: true}}}, Refused, "rule.region_over_cap"},
		{"over its cap, a project", Facts{Action: Project, Buyer: Side{Known: true, Area: Area{OverCap: true}}}, Refused, "rule.region_over_cap"},
		{"over its cap, inflow", Facts{Action: Buy, Spans: true, Buyer: Side{Known: true, Area: Area{OverCap: true}}}, Refused, "rule.region_over_cap"},
		{"over its cap, inside", Facts{Action: Buy, Buyer: Side{Known: true, Area: Area{OverCap: true}}}, NotApplicable, ""},
		{"not over its cap", Facts{Action: PrimarySale, Buyer: Side{Known: true}}, Passed, ""},
	},
}
