package rulebook

import (
	"permitx/internal/fault"
)

// ErrNoPair is returned when two regions may not deal with each other.
var ErrNoPair = fault.New(fault.Refused, "rule.no_region_pair", "permits may not go from the one region to the other")

var regionPair = &Rule{
	ID: "deal.region_pair", Title: "Pairs of regions", Citation: citeLimits, From: limitsSince,
	Unread:  senseOnly,
	Reading: "Permits go from one region's basic account to another's only for a pair of regions that a document lets deal with each other, in its direction and for its pollutant, or in a market with a standing approval. That this holds between two counties of one city too is a project default.",
	Needs:   []string{"region pair, or the market's approval"},
	Actions: trades,
	Check: func(f *Facts) Finding {
		switch {
		case !f.Spans:
			return notApplicable("the permits stay in their region")
		case f.Approval == "":
			return refused(noPair(f))
		}
		return passed("a document lets the regions deal with each other")
	},
	Cases: []Case{
		{"within 嘉善", wayCase("330421", "330421", ""), NotApplicable, ""},
		{"嘉善 to 南湖, no pair", wayCase("330421", "330402", ""), Refused, "rule.no_region_pair"},
		{"嘉善 to 南湖, with a pair", wayCase("330421", "330402", "pilot"), Passed, ""},
	},
}
