package main

import "permitx/api"

// The demo's pollutants.
const (
	vocs = "VOCs"
	nh3n = "NH3-N"
)

// The demo's regions.
const (
	qingpu   = "310118"
	wujiang  = "320509"
	nanhu    = "330402"
	jiashan  = "330421"
	guangde  = "341882"
	marketID = "JIASHAN-VOCS"
)

// pilot are the four regions of the pilot of 2024, which is for VOCs only.
var pilot = []string{qingpu, wujiang, jiashan, guangde}

// Every document of the demo says that it is none.
const (
	madeUp       = "演示文件（虚构） demo document, made up: "
	pilotUnknown = "长三角跨区域VOCs排污权交易试点, 2024-06: its rules, coefficient and approvals are not public; project default"
)

// demoRegion is a region with what its basic accounts begin with, in t/a.
type demoRegion struct {
	code, name    string
	vocs, nh3n    string // cap
	vocsReserve   string // of it
	nh3nReserve   string
	leader, clerk *actor
}

// newRegions are the demo's five regions. Their figures are made up.
func newRegions() []*demoRegion {
	return []*demoRegion{
		{code: qingpu, name: "青浦区", vocs: "820", vocsReserve: "41", nh3n: "96", nh3nReserve: "4.8"},
		{code: wujiang, name: "吴江区", vocs: "1150", vocsReserve: "57.5", nh3n: "143", nh3nReserve: "7.15"},
		{code: jiashan, name: "嘉善县", vocs: "430", vocsReserve: "21.5", nh3n: "52.5", nh3nReserve: "2.625"},
		{code: guangde, name: "广德市", vocs: "610", vocsReserve: "30.5", nh3n: "71", nh3nReserve: "3.55"},
		{code: nanhu, name: "南湖区", vocs: "380", vocsReserve: "19", nh3n: "47.25", nh3nReserve: "2.3625"},
	}
}

// firm is an enterprise of the demo, with one site and licence.
type firm struct {
	name, uscc, region, industry string
	limit                        string // over this amount a signer must confirm; "": anybody may
	deposit                      string // CNY; "": none
	surplus                      string // verified, t/a of VOCs; "": none
	openings                     []opening

	party, licence api.ID
	handler        *actor
	signer         *actor // where there is a limit
}

// trader is who acts for the firm: the signer, where amounts need one.
func (f *firm) trader() *actor {
	if f.signer != nil {
		return f.signer
	}
	return f.handler
}

// opening is a balance taken over from an older register.
type opening struct {
	pollutant string
	old       bool // of the older term
	origin    api.Origin
	quantity  string // t/a
	price     string // CNY/(t·a); "": not known, or free
	monthsAgo int    // when it was acquired
}

// cast is the eight enterprises: the buyers of the deals, then the sellers.
type cast struct {
	printing, material, optics, autoParts   *firm
	coating, textile, chemicals, magnetWire *firm
}

func (c *cast) all() []*firm {
	return []*firm{c.printing, c.material, c.optics, c.autoParts, c.coating, c.textile, c.chemicals, c.magnetWire}
}

// newCast makes the enterprises. Names say trade and place only; the codes are
// made up and pass the check digit.
func newCast() *cast {
	const paid, free, unknown = api.OriginPaid, api.OriginFree, api.OriginUnknown
	return &cast{
		printing: &firm{
			name: "嘉善印刷材料（示例企业）", uscc: "91330421MA28AB125E", region: jiashan, industry: "2319", limit: "50000",
			deposit: "80000", surplus: "3",
			openings: []opening{{vocs, false, paid, "6", "2050", 9}, {vocs, true, paid, "1.25", "", 40}},
		},
		material: &firm{
			name: "嘉善新材料（示例企业）", uscc: "91330421MA2CY4H30D", region: jiashan, industry: "2651",
			deposit: "80000", surplus: "1.5",
			openings: []opening{{vocs, false, paid, "4.5", "2080", 7}, {vocs, true, unknown, "0.8", "", 52}},
		},
		optics: &firm{
			name: "嘉善光电材料（示例企业）", uscc: "91330421MA2DR6K894", region: jiashan, industry: "3974", deposit: "80000",
			openings: []opening{{vocs, false, free, "2.4", "", 11}},
		},
		autoParts: &firm{
			name: "广德汽车零部件（示例企业）", uscc: "91341882MA2WN5G78P", region: guangde, industry: "3670", deposit: "5000",
			openings: []opening{{vocs, false, paid, "3.3", "1990", 8}},
		},
		coating: &firm{
			name: "青浦涂装（示例企业）", uscc: "91310118MA1JK3N77E", region: qingpu, industry: "3360", surplus: "6",
			openings: []opening{{vocs, false, paid, "14", "1850", 10}},
		},
		textile: &firm{
			name: "吴江纺织涂层（示例企业）", uscc: "91320509MA1W2R5T1U", region: wujiang, industry: "1752", surplus: "5.5",
			openings: []opening{{vocs, false, paid, "12.5", "1900", 10}, {nh3n, false, paid, "1.36", "4000", 10}},
		},
		chemicals: &firm{
			name: "广德农用化学品（示例企业）", uscc: "91341882MA2T9P4XXK", region: guangde, industry: "2631", surplus: "3.2",
			openings: []opening{{vocs, false, paid, "9.8", "1820", 11}, {nh3n, false, free, "0.94", "", 11}},
		},
		magnetWire: &firm{
			name: "青浦电磁线（示例企业）", uscc: "91310118MA1LQ8W21Q", region: qingpu, industry: "3831", surplus: "0.4",
			openings: []opening{{vocs, false, paid, "1.9", "1870", 6}},
		},
	}
}

// agreed is a cross-region deal as the two firms agreed on it.
type agreed struct {
	seller, buyer   *firm
	quantity, price string // t/a, CNY/(t·a)
	project         string
}

// firstBatch are the four deals of the first cross-province batch. Their
// number, the sums of 13.257 t and CNY 158,900.00, the firms' regions and that
// three firms of Jiashan bought nearly all of it are known; the split is made up.
func (c *cast) firstBatch() []agreed {
	return []agreed{
		{c.coating, c.printing, "5.120", "2397", "印刷材料扩建项目（虚构）"},
		{c.textile, c.material, "5.000", "2397", "新材料生产线项目（虚构）"},
		{c.chemicals, c.optics, "2.971", "2398", "光电膜涂布项目（虚构）"},
		{c.magnetWire, c.autoParts, "0.166", "2397", "零部件涂装改造项目（虚构）"},
	}
}
