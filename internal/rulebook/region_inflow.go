package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// ErrInflowRefused is returned when a region that missed its target would take permits in from outside.
var ErrInflowRefused = fault.New(fault.Refused, "rule.inflow_refused", "the region missed its environmental quality target: permits may leave it and not come in")

var regionInflow = &Rule{
	ID: "region.inflow", Title: "Fifth limit: no inflow where the target was missed", Citation: citeLimits, From: limitsSince,
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
				f.Buyer.Region(), f.Pollutant, a.Missed, a.MissedBy).At(f.Buyer.Field))
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
