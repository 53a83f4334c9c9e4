package rulebook

import (
	"slices"

	"permitx/internal/fault"
)

// ErrOverCap is returned when a region over its cap would get more permits.
var ErrOverCap = fault.New(fault.Refused, "rule.region_over_cap", "the region is over its cap: no new permits come to it")

var regionCap = &Rule{
	ID: "region.over_cap", Title: "Region over its cap", Citation: "浙江省大气污染防治条例 第十二条; 水污染防治法 第二十条", From: 20201127,
	Words: "对超过重点大气污染物排放总量控制指标或者未完成国家和省下达的大气环境质量改善目标的地区……暂停审批该地区新增重点大气污染物排放总量的建设项目环境影响评价文件（第十二条）；" +
		"对超过重点水污染物排放总量控制指标或者未完成水环境质量改善目标的地区……暂停审批新增重点水污染物排放总量的建设项目的环境影响评价文件（第二十条）",
	Reading: "Where a region is over its cap, or missed its target of quality, the EIA of new emissions is suspended: one fact says either. The project reads: no inflow from other regions, no first allocation, no sale out of the reserve, and no project; trades inside stay possible.",
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
