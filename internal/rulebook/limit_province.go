package rulebook

var limitProvince = &Rule{
	ID: "limit.province", Title: "First limit: within the province", Citation: citeLimits, From: limitsSince,
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
