package rulebook

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// ErrPledgeShare is returned when more would be lent on permits than a share of their value.
var ErrPledgeShare = fault.New(fault.Refused, "rule.pledge_share", "more would be lent on the permits than a share of their value").At("loan")

var pledgeShare = &Rule{
	ID: "pledge.share", Title: "Most that is lent on permits", Citation: ProjectDefault, From: firstSeededYear,
	Words:   "排污权抵押贷款额度不得超过抵押排污权评估价值的80%（新闻转述湖南省主要污染物排污权抵押贷款管理办法（试行））",
	Reading: "All loans on the same permits come to at most a share of their value, by the base price or a recorded assessment: 0.8, where Zhejiang's banks lend 70 to 80 % and Hunan lets them lend 80 %. The most is rounded down to the fen.",
	Needs:   []string{"value of the permits", "all loans that they secure"},
	Keys:    []Key{PledgeShare},
	Actions: []Action{Pledge},
	Check: func(f *Facts) Finding {
		_, share, _ := Lookup(f.Parameters, PledgeShare, f.place(&f.Seller), f.On)
		if f.Value == 0 {
			return notApplicable("the value is not known")
		}
		most, err := f.Value.Times(share, quantity.Down)
		if err != nil || f.Loans > most {
			return refused(ErrPledgeShare.With("the permits are worth CNY %s, of which at most %s is lent: CNY %s; the loans come to CNY %s", f.Value, share, most, f.Loans))
		}
		return passed("the loans are within the share")
	},
	Cases: []Case{
		{"15.5 t/a × 4000 × 5 = 310,000: 248,000", shareCase("0.8", 248_000_00), Passed, ""},
		{"15.5 t/a × 4000 × 5 = 310,000: a fen more", shareCase("0.8", 248_000_01), Refused, "rule.pledge_share"},
		{"70 %: 217,000", shareCase("0.7", 217_000_00), Passed, ""},
		{"70 %: a fen more", shareCase("0.7", 217_000_01), Refused, "rule.pledge_share"},
		{"the value is not known", Facts{Action: Pledge}, NotApplicable, ""},
	},
}

func shareCase(share string, loans quantity.Money) Facts {
	return Facts{
		Action: Pledge, On: 20260701, Value: 310_000_00, Loans: loans, Seller: Side{Known: true},
		Parameters: Rows{{ID: 1, Key: PledgeShare, Value: share, ValidFrom: 20200101, Document: "share"}},
	}
}
