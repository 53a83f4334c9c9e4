package rulebook

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// ErrDebt is returned when a party offers permits while it owes some.
var ErrDebt = fault.New(fault.Refused, "rule.open_debt", "the party owes permits that were allocated to it wrongly: it settles this debt before it sells")

var sellerDebt = &Rule{
	ID: "seller.debt", Title: "No sale while permits are owed", Citation: ProjectDefault, From: firstSeededYear,
	Unread:  noText,
	Reading: "A party that owes permits of a wrong allocation sells, leases and pledges nothing until the debt is settled.",
	Needs:   []string{"open debts of the seller"},
	Actions: sales,
	Check: func(f *Facts) Finding {
		switch {
		case !f.Seller.Known:
			return notApplicable("the seller is not known")
		case f.Seller.Debt > 0:
			return refused(ErrDebt.With("party %d owes %s t/a that were allocated to it wrongly", f.Seller.Party, f.Seller.Debt).At(f.Seller.Field))
		}
		return passed("the seller owes no permits")
	},
	Cases: []Case{
		{"nothing is owed", Facts{Action: Sell, Seller: Side{Known: true}}, Passed, ""},
		{"1 t/a is owed", Facts{Action: Deal, Seller: Side{Known: true, Debt: quantity.OneQuantity}}, Refused, "rule.open_debt"},
	},
}
