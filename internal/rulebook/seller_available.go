package rulebook

import (
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

var sellerAvailable = &Rule{
	ID: "seller.available", Title: "What is offered is there", Citation: ProjectDefault, From: firstSeededYear,
	Unread:  noText,
	Reading: "What is offered is in the holding and not held aside for an order, a deal, a pledge or a freeze.",
	Needs:   []string{"the seller's holding of the instrument, and what of it is held aside"},
	Actions: []Action{Sell, Deal, Lease, Pledge, BuyBack},
	Check: func(f *Facts) Finding {
		s := &f.Seller
		switch h := &s.Holding; {
		case !s.Known || !h.Seen:
			return notApplicable("what the seller has is not looked at")
		case h.Paid == 0:
			return notApplicable("the seller has no paid permits of the instrument")
		case f.Quantity > h.Ready:
			return refused(ledger.ErrInsufficient.With("licence %s has %s t/a available, %s t/a are offered", s.Licence.Number, h.Ready, f.Quantity).At(fieldQuantity))
		}
		return passed("what is offered is available")
	},
	Cases: []Case{
		{"3 t/a, 1 held aside: 2 are offered", readyCase(2), Passed, ""},
		{"3 t/a, 1 held aside: 3 are offered", readyCase(3), Refused, "ledger.insufficient_balance"},
	},
}

func readyCase(q quantity.Quantity) Facts {
	h := Holding{Seen: true, Paid: 3 * quantity.OneQuantity, Ready: 2 * quantity.OneQuantity}
	return Facts{Action: Sell, Quantity: q * quantity.OneQuantity, Seller: Side{Known: true, Holding: h}}
}
