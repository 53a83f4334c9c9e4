package rulebook

import (
	"slices"

	"permitx/internal/fault"
)

// ErrForGovernment is returned when surplus that the region's reduction task
// needs would be sold to somebody else than the government.
var ErrForGovernment = fault.New(fault.Refused, "rule.surplus_to_government", "the region's reduction task needs this surplus: it goes to the government")

var sellerGovernment = &Rule{
	ID: "seller.surplus_to_government", Title: "Surplus that the reduction task needs", Citation: "甬环发〔2015〕81号 第六条", From: 20151020,
	Words:   "应由政府回收或申请政府回购，不得用于上市交易",
	Reading: "Surplus that is needed for the region's reduction task goes to the government and may not be traded. Ningbo's rule; that it holds in every region is a project default.",
	Default: "Surplus that nobody has recorded as needed is not.",
	Needs:   []string{"fact surplus_needed of the seller's licence"},
	Actions: slices.Concat(sales, []Action{BuyBack}),
	Check: func(f *Facts) Finding {
		s := &f.Seller
		switch {
		case !s.Known || !s.Holding.Seen:
			return notApplicable("what the seller has is not looked at")
		case !s.Site.ForGovernment:
			return passed("the surplus is not needed for the reduction task")
		case f.Action == BuyBack:
			return passed("the surplus goes to the government, as it must")
		case f.Action == Pledge:
			return warned("the surplus must go to the government: the pledge would stand in its way")
		}
		return refused(ErrForGovernment.With("the surplus of licence %s is needed for the reduction task (%s): it goes to the government", s.Licence.Number, s.Site.ForGovernmentBy).At(s.Field))
	},
	Cases: []Case{
		{"needed, sold", Facts{Action: Sell, Seller: Side{Known: true, Holding: Holding{Seen: true}, Site: Site{ForGovernment: true}}}, Refused, "rule.surplus_to_government"},
		{"needed, bought back", Facts{Action: BuyBack, Seller: Side{Known: true, Holding: Holding{Seen: true}, Site: Site{ForGovernment: true}}}, Passed, ""},
		{"not needed, sold", Facts{Action: Sell, Seller: Side{Known: true, Holding: Holding{Seen: true}}}, Passed, ""},
	},
}
