package rulebook

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// ErrPurchaseLimit is returned when one purchase is larger than may be.
var ErrPurchaseLimit = fault.New(fault.Refused, "rule.purchase_limit", "one purchase may not be as large").At(fieldQuantity)

var purchaseLimit = &Rule{
	ID: "purchase.limit", Title: "Largest purchase", Citation: ProjectDefault, From: firstSeededYear,
	Unread:  noText,
	Reading: "One order, deal or sale buys no more than the parameter lets it.",
	Default: "Without a row there is no limit.",
	Needs:   []string{"quantity"},
	Keys:    []Key{PurchaseMost},
	Actions: buys,
	Check: func(f *Facts) Finding {
		_, most, set := Lookup(f.Parameters, PurchaseMost, f.place(&f.Buyer), f.On)
		switch {
		case !set:
			return notApplicable("no limit is set")
		case f.Quantity > quantity.Quantity(most):
			return refused(ErrPurchaseLimit.With("one purchase is of at most %s t/a, this one is of %s", most, f.Quantity))
		}
		return passed("the purchase is within the limit")
	},
	Cases: []Case{
		{"no limit", Facts{Action: Buy, Quantity: 5 * quantity.OneQuantity}, NotApplicable, ""},
		{"at the limit", limitCase(PurchaseMost, "5", 5, Side{Known: true}), Passed, ""},
		{"over the limit", limitCase(PurchaseMost, "5", 6, Side{Known: true}), Refused, "rule.purchase_limit"},
	},
}

func limitCase(key Key, value string, q quantity.Quantity, buyer Side) Facts {
	return Facts{
		Action: Buy, On: 20260701, Quantity: q * quantity.OneQuantity, Buyer: buyer,
		Parameters: Rows{{ID: 1, Key: key, Value: value, ValidFrom: 20200101, Document: "limit"}},
	}
}
