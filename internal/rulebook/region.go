package rulebook

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// The faults of regions.
var (
	// ErrInflowRefused is returned when a region that missed its target would take permits in from outside.
	ErrInflowRefused = fault.New(fault.Refused, "rule.inflow_refused", "the region missed its environmental quality target: permits may leave it and not come in")
	// ErrOverCap is returned when a region over its cap would get more permits.
	ErrOverCap = fault.New(fault.Refused, "rule.region_over_cap", "the region is over its cap: no new permits come to it")
)

var regionInflow = &Rule{
	ID: "region.inflow", Title: "Fifth limit: no inflow where the target was missed", Citation: citeLimits,
	Words:   "环境质量未达到控制目标的地方不得进行增加本地区污染物总量的排污权交易" + wordsRestated,
	Reading: "An area that misses its environmental quality target may not make trades that increase the local total. The project reads: inflow is refused; outflow, sale to the government and trades inside stay possible.",
	Default: "A region of which nothing is recorded has met its target (project default).",
	Needs:   []string{"whether the buyer's region met its target in the last recorded year"},
	Actions: []Action{Buy, Deal},
	Check: func(f *Facts) Finding {
		switch a := &f.Buyer.Area; {
		case !f.Spans || !f.Buyer.Known:
			return notApplicable("nothing flows into another region")
		case a.Missed != 0:
			return refused(ErrInflowRefused.With("%s missed its target for %s in %d (%s): permits may leave it and not come in",
				f.Buyer.Region(), f.Pollutant, a.Missed, a.MissedBy))
		}
		return passed("the region met its target")
	},
	Cases: []Case{
		{"inflow, target missed", inflowCase(true, true), Refused, "rule.inflow_refused"},
		{"inflow, target met", inflowCase(true, false), Passed, ""},
		{"inside, target missed", inflowCase(false, true), NotApplicable, ""},
		{"outflow, target missed", Facts{
			Action: Deal, Spans: true, Seller: Side{Known: true, Area: Area{Missed: 2025}}, Buyer: Side{Known: true},
		}, Passed, ""},
	},
}

var regionCap = &Rule{
	ID: "region.over_cap", Title: "Region over its cap", Citation: "浙江省大气污染防治条例 第十二条", From: 20201127,
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

func inflowCase(spans, missed bool) Facts {
	f := Facts{
		Action: Buy, Pollutant: "VOCs", Medium: catalog.Air, Spans: spans,
		Buyer: Side{Known: true, Licence: catalog.Licence{Region: "330421"}},
	}
	if missed {
		f.Buyer.Area = Area{Missed: 2025, MissedBy: "bulletin"}
	}
	return f
}
