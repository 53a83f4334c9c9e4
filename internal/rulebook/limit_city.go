package rulebook

import (
	"permitx/internal/catalog"
)

var limitCity = &Rule{
	ID: "limit.city", Title: "Second limit, air: within the city", Citation: citeLimits, From: limitsSince,
	Words:   "涉及大气污染物的排污权交易原则上在同一市（州）行政区域内进行" + wordsRestated,
	Reading: "Permits for air pollutants are traded within the city; across cities with approval.",
	Needs:   []string{"regions of both sides", "region pair, or the market's approval"},
	Actions: trades,
	Check: func(f *Facts) Finding {
		if f.Medium != catalog.Air {
			return notApplicable("the pollutant is not one of air")
		}
		return checkWithin(f, "city", 4)
	},
	Cases: []Case{
		{"嘉善 to 南湖", wayCase("330421", "330402", ""), Passed, ""},
		{"嘉善 to a county of 湖州", wayCase("330421", "330522", ""), Refused, "rule.no_region_pair"},
		{"嘉善 to a county of 湖州, with a pair", wayCase("330421", "330522", "approval"), Passed, ""},
	},
}
