package rulebook

import "permitx/internal/fault"

// ErrBlacklisted is returned when a party is on the blacklist.
var ErrBlacklisted = fault.New(fault.Refused, "rule.blacklisted", "the party is on the blacklist")

var blacklist = &Rule{
	ID: "party.blacklist", Title: "No party on the blacklist", Citation: ProjectDefault, From: firstSeededYear,
	Words:   "存在以下不良信用记录情形之一的，不得确定为成交人：被人民法院列入失信被执行人的；被市场监督管理部门列入企业经营异常名录的；被税务部门列入重大税收违法案件当事人名单的（亳州市排污权网络拍卖公告 BZSJ2025CQ034，2025）",
	Reading: "A party that is listed for dishonesty, abnormal operation or taxes neither sells nor buys, as in Bozhou's sales of 2025; that this holds in every trade, also of credits, is the project's reading.",
	Default: "A party that nobody has listed is not.",
	Needs:   []string{"fact blacklist of each party"},
	Actions: []Action{Sell, Buy, Deal, PrimarySale, Lease, Pledge},
	Credits: true,
	Check: func(f *Facts) Finding {
		return f.each(func(s *Side) Finding {
			if s.Conduct.BlacklistedBy == "" {
				return passed("nobody of it is on the blacklist")
			}
			return refused(ErrBlacklisted.With("party %d is on the blacklist (%s)", s.Party, s.Conduct.BlacklistedBy).At(s.Field))
		})
	},
	Cases: []Case{
		{"not listed", Facts{Action: Buy, Buyer: Side{Known: true}}, Passed, ""},
		{"listed, buys", Facts{Action: Buy, Buyer: Side{Known: true, Conduct: Conduct{BlacklistedBy: "notice 1"}}}, Refused, "rule.blacklisted"},
		{"listed, sells", Facts{Action: Sell, Seller: Side{Known: true, Conduct: Conduct{BlacklistedBy: "notice 1"}}}, Refused, "rule.blacklisted"},
		{"listed, its permits are bought back", Facts{Action: BuyBack, Seller: Side{Known: true, Conduct: Conduct{BlacklistedBy: "notice 1"}}}, NotApplicable, ""},
	},
}
