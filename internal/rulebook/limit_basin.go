package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// ErrOtherBasin is returned when permits for water would go to another basin.
var ErrOtherBasin = fault.New(fault.Refused, "rule.other_basin", "permits for water stay in their basin, unless the province approves")

var limitBasin = &Rule{
	ID: "limit.basin", Title: "Second limit, water: within the basin", Citation: citeLimits + "; 浙江省水污染防治条例 第三十五条", From: limitsSince,
	Words: "涉及水污染物的排污权交易原则上在同一流域内进行" + wordsRestated + "；" +
		"在实行重点水污染物排放总量控制的同一流域内……可以依法有偿转让（第三十五条）",
	Reading: "Permits for water pollutants are traded within one basin; across basins with the province's approval: a region pair's document, a market's standing approval, or the fact basin_approval of one side.",
	Default: "A site whose basin nobody has recorded discharges into that of the other side (project default).",
	Needs:   []string{"facts basin and basin_approval of both licences", "region pair, or the market's approval"},
	Actions: []Action{Sell, Buy, Deal, Lease, Correction},
	Check: func(f *Facts) Finding {
		from, to := &f.Seller.Site, &f.Buyer.Site
		switch {
		case f.Medium != catalog.Water:
			return notApplicable("the pollutant is not one of water")
		case from.Basin == "" || to.Basin == "":
			return passed("no other basin is recorded")
		case from.Basin == to.Basin:
			return passed("both sites discharge into one basin")
		case f.Approval != "" || from.Approved == to.Basin || to.Approved == from.Basin:
			return passed("the province approves of a trade between these basins")
		}
		return refused(ErrOtherBasin.With("the permits would go from %s to %s, which no approval lets them", from.Basin, to.Basin).At(f.ownField()))
	},
	Cases: []Case{
		{"within 太湖", basinCase("太湖", Facts{}), Passed, ""},
		{"太湖 to 钱塘江", basinCase("钱塘江", Facts{}), Refused, "rule.other_basin"},
		{"太湖 to 钱塘江, approved", basinCase("钱塘江", Facts{Approval: "approval"}), Passed, ""},
		{"太湖 to 钱塘江, the seller's site approved", basinCase("钱塘江", Facts{Seller: Side{Site: Site{Approved: "钱塘江"}}}), Passed, ""},
		{"a basin is not recorded", basinCase("", Facts{}), Passed, ""},
	},
}

// basinCase is about a site in 太湖 that sells to one in another basin.
func basinCase(to string, f Facts) Facts {
	f.Action, f.Medium = Deal, catalog.Water
	f.Seller.Known, f.Seller.Site.Basin = true, "太湖"
	f.Buyer.Known, f.Buyer.Site.Basin = true, to
	return f
}
