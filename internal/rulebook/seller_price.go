package rulebook

import "permitx/internal/quantity"

var sellerPrice = &Rule{
	ID: "seller.price_known", Title: "Permits with a known price", Citation: ProjectDefault, From: firstSeededYear,
	Unread:  noText,
	Reading: "Permits that were taken over from an older register without a price cannot be sold: what is sold must come out of the others.",
	Needs:   []string{"price of the seller's acquisitions", "what of the holding is not held aside"},
	Actions: sales,
	Check: func(f *Facts) Finding {
		s := &f.Seller
		switch h := &s.Holding; {
		case !s.Known || !h.Seen:
			return notApplicable("what the seller has is not looked at")
		case h.Unpriced > 0 && f.Quantity > h.Ready-h.Unpriced:
			return refused(ErrNotForSale.With("%s t/a of the holding were taken over without a price and cannot be sold", h.Unpriced).At(fieldQuantity))
		}
		return passed("the price of what is offered is known")
	},
	Cases: []Case{
		{"2 t/a, 1 of them without a price: 1 is sold", priceCase(1), Passed, ""},
		{"2 t/a, 1 of them without a price: 2 are sold", priceCase(2), Refused, "rule.only_paid_permits"},
	},
}

func priceCase(q quantity.Quantity) Facts {
	h := Holding{Seen: true, Paid: 2 * quantity.OneQuantity, Ready: 2 * quantity.OneQuantity, Unpriced: quantity.OneQuantity}
	return Facts{Action: Sell, Quantity: q * quantity.OneQuantity, Seller: Side{Known: true, Holding: h}}
}
