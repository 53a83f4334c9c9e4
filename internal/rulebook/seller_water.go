package rulebook

import (
	"permitx/internal/catalog"
)

var sellerWater = &Rule{
	ID: "seller.paid_and_surplus_water", Title: "Seller's gate, water", Citation: ProjectDefault,
	Unread:  noText,
	Reading: "As for air: only paid, verified surplus of a monitored site whose reduction task is done can be sold. No text for water was read.",
	Default: sellerAir.Default,
	Needs:   sellerAir.Needs,
	Actions: sellerAir.Actions,
	Check:   func(f *Facts) Finding { return checkGate(f, catalog.Water) },
	Cases:   gateCases(catalog.Water),
}
