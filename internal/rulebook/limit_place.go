package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// ErrNoPair is returned when two regions may not deal with each other.
var ErrNoPair = fault.New(fault.Refused, "rule.no_region_pair", "permits may not go from the one region to the other")

// The five limits of trade. The document was not read itself: their words are
// those in which the exchange of Hubei (湖北环境资源交易中心) restates them.
const (
	citeLimits    = "国办发〔2014〕38号"
	wordsRestated = "（湖北环境资源交易中心转述）"
)

var limitProvince = &Rule{
	ID: "limit.province", Title: "First limit: within the province", Citation: citeLimits,
	Words:   "排污权交易原则上在各试点省份内进行" + wordsRestated,
	Reading: "Permits are traded within the province of the pilot. A region pair with its document, or a market's standing approval, is the negotiated exception, as for VOCs in the Yangtze delta (project default).",
	Needs:   []string{"regions of both sides", "region pair, or the market's approval"},
	Actions: trades,
	Check:   func(f *Facts) Finding { return checkWithin(f, "province", 2) },
	Cases: []Case{
		{"嘉善 to 南湖", wayCase("330421", "330402", ""), Passed, ""},
		{"青浦 to 嘉善", wayCase("310118", "330421", ""), Refused, "rule.no_region_pair"},
		{"青浦 to 嘉善, with a pair", wayCase("310118", "330421", "pilot"), Passed, ""},
	},
}

var limitCity = &Rule{
	ID: "limit.city", Title: "Second limit, air: within the city", Citation: citeLimits,
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

var regionPair = &Rule{
	ID: "deal.region_pair", Title: "Pairs of regions", Citation: citeLimits,
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

// checkWithin refuses what leaves the division that codes with the same first
// digits make up.
func checkWithin(f *Facts, division string, digits int) Finding {
	from, to := f.Seller.Region(), f.Buyer.Region()
	switch {
	case !f.Spans:
		return passed("the permits stay in their region")
	case f.Approval != "":
		return passed("a document lets the regions deal with each other")
	case !f.Seller.Known || !f.Buyer.Known || from[:digits] == to[:digits]:
		return passed("the permits stay in the " + division)
	}
	return refused(noPair(f))
}

func noPair(f *Facts) *fault.Error {
	return ErrNoPair.With("no document lets %s go from %s to %s; without one it stays within its region", f.Pollutant, f.Seller.Region(), f.Buyer.Region())
}

func wayCase(from, to, approval string) Facts {
	side := func(region string) Side { return Side{Known: true, Licence: catalog.Licence{Region: region}} }
	return Facts{
		Action: Deal, Pollutant: "VOCs", Medium: catalog.Air, Spans: from != to, Approval: approval, Seller: side(from), Buyer: side(to),
	}
}
