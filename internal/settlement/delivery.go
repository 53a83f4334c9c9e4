package settlement

import (
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// Delivery is permits on their way from a seller's holding to a buyer's.
type Delivery struct {
	Seller   ledger.Key        // a holding
	Buyer    ledger.Key        // a holding of the same instrument, in its own region
	Quantity quantity.Quantity // Q: what the seller gives, 10⁻⁶ t/a
	// Exchange is k, the coefficient between two regions: the buyer's cap
	// grows by T = ⌊Q·k⌋. One within a region.
	Exchange quantity.Ratio
	// Offset is r, the offset ratio (替代比): the buyer may use ⌊T/r⌋ at the
	// lot size and the rest is retired.
	Offset  quantity.Ratio
	LotSize quantity.Quantity // 0: no step
}

// Outcome is what a delivery comes to.
type Outcome struct {
	Given     quantity.Quantity // leaves the seller (and, across regions, the seller's cap)
	Arriving  quantity.Quantity // T: grows the buyer region's cap
	Delivered quantity.Quantity // to the buyer's holding
	Retired   quantity.Quantity // the offset share, out for good
}

// ErrNothingDelivered is returned when coefficient, ratio and lot size leave
// the buyer nothing.
var ErrNothingDelivered = fault.New(fault.Refused, "settlement.nothing_delivered", "after the exchange coefficient and the offset ratio nothing would arrive").
	Under("deal.delivery", "project default")

// IsCrossRegion reports whether two basic accounts are concerned.
func (d Delivery) IsCrossRegion() bool { return d.Seller.Region != d.Buyer.Region }

// Outcome returns the quantities of d. T and the delivered part are rounded
// down, so that no right arises that nobody gave; the rest is retired and
// stays visible. Returns ErrNothingDelivered, or an overflow.
func (d Delivery) Outcome() (Outcome, error) {
	arriving, err := d.Quantity.Times(d.Exchange, quantity.Down)
	if err != nil {
		return Outcome{}, err
	}
	delivered, err := arriving.Over(d.Offset, quantity.Down)
	if err != nil {
		return Outcome{}, err
	}
	if d.LotSize > 0 {
		delivered = delivered.FloorTo(d.LotSize)
	}
	if delivered <= 0 {
		return Outcome{}, ErrNothingDelivered.At("quantity")
	}
	return Outcome{d.Quantity, arriving, delivered, arriving - delivered}, nil
}

// Legs returns the postings of the permits, taken from what the seller holds
// aside. Within a region they move from holding to holding; across regions
// each region's cap moves with them, so that each posting stays inside one
// basic account.
func (d Delivery) Legs(o Outcome) []ledger.Leg {
	var legs []ledger.Leg
	if d.IsCrossRegion() {
		sellerCap := ledger.PermitKey(ledger.Cap, d.Seller.Region, d.Seller.Pollutant)
		buyerCap := ledger.PermitKey(ledger.Cap, d.Buyer.Region, d.Buyer.Pollutant)
		legs = append(legs,
			ledger.Leg{Debit: d.Seller, Credit: sellerCap, Amount: int64(o.Given), FromHeld: true},
			ledger.Leg{Debit: buyerCap, Credit: d.Buyer, Amount: int64(o.Delivered)})
		if o.Retired > 0 {
			legs = append(legs, ledger.Leg{Debit: buyerCap, Credit: retired(d.Buyer), Amount: int64(o.Retired)})
		}
		return legs
	}
	legs = append(legs, ledger.Leg{Debit: d.Seller, Credit: d.Buyer, Amount: int64(o.Delivered), FromHeld: true})
	if o.Retired > 0 {
		legs = append(legs, ledger.Leg{Debit: d.Seller, Credit: retired(d.Buyer), Amount: int64(o.Retired), FromHeld: true})
	}
	return legs
}

func retired(k ledger.Key) ledger.Key { return ledger.PermitKey(ledger.Retired, k.Region, k.Pollutant) }
