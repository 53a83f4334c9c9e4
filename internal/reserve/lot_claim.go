package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A ClaimOwner is what a part of a lot is kept for.
type ClaimOwner string

// The owners of claims.
const (
	ForProject ClaimOwner = "earmark"        // an earmark, out of earmarked
	ForListing ClaimOwner = "listing"        // a listing, out of listed
	ForNotice  ClaimOwner = "payment_notice" // a payment notice, out of reserved
	ForOffer   ClaimOwner = "offer"          // an auction, out of listed
)

// Bucket is where the parts lie that the owner has a claim to.
func (o ClaimOwner) Bucket() Bucket {
	switch o {
	case ForProject:
		return EarmarkedBucket
	case ForListing, ForOffer:
		return ListedBucket
	case ForNotice:
		return ReservedBucket
	}
	panic("reserve: unknown owner of a claim " + string(o))
}

// A LotClaim says for whom a part of a lot is set aside. What is set aside in a
// lot is the sum of the claims to it.
type LotClaim struct {
	ID        int64
	Lot       int64
	Owner     ClaimOwner
	Reference int64             // the earmark, listing, notice or offer
	Quantity  quantity.Quantity // in the owner's bucket
	Frozen    quantity.Quantity // earmarks: frozen meanwhile
	Open      bool              // either is left
	Command   int64
}

// Change returns the claim with its two parts changed.
func (c LotClaim) Change(q, frozen quantity.Quantity) LotClaim {
	c.Quantity += q
	c.Frozen += frozen
	if c.Quantity < 0 || c.Frozen < 0 {
		panic("reserve: more leaves a claim than it has")
	}
	c.Open = c.Quantity > 0 || c.Frozen > 0
	return c
}

// A PickOrder says which lots leave first.
type PickOrder string

// The orders.
const (
	OldestFirst   PickOrder = "oldest"   // by the day of acquisition
	CheapestFirst PickOrder = "cheapest" // by the cost of a tonne, then the oldest
	NamedLots     PickOrder = "named"    // as the officer names them
)

// PickOrders are all orders.
var PickOrders = []PickOrder{OldestFirst, CheapestFirst, NamedLots}

// PicksMax bounds the lots that one command takes parts of.
const PicksMax = 500

// The faults of picking, in the order in which they are checked.
var (
	// ErrPickNone is returned when lots are chosen for what takes none out of the reserve.
	ErrPickNone = fault.New(fault.Invalid, "lot.none_leaves", "no lot leaves the reserve by this: name no order and no lots").At("order")
	// ErrPickNames is returned when lots are named that should not be, or not named that should.
	ErrPickNames = fault.New(fault.Invalid, "lot.names", "name the lots where, and only where, the order is named").At("lots")
	// ErrPickTwice is returned when a lot is named twice.
	ErrPickTwice = fault.New(fault.Invalid, "lot.named_twice", "a lot is named twice").At("lots")
	// ErrPickElsewhere is returned when a named lot is of another region or pollutant.
	ErrPickElsewhere = fault.New(fault.Invalid, "lot.elsewhere", "a named lot is of another region or pollutant").At("lots")
	// ErrPickShort is returned when the lots do not cover the quantity.
	ErrPickShort = fault.New(fault.Refused, "lot.picks_short", "the lots have less than that").At("quantity")
	// ErrPickMany is returned when the quantity would come from more lots than a command may touch.
	ErrPickMany = fault.New(fault.Refused, "lot.picks_many", "the quantity comes from more than 500 lots: do it in parts").At("quantity").
			Under("command.parts", "project default: what one command may move")
)

// A Pick is a part of a lot that a command takes.
type Pick struct {
	Lot      int64
	Claim    int64 // that gives it up; 0: it is nobody's
	Quantity quantity.Quantity
}

// A DayTotal is what one event came to on a day, in a region and pollutant and
// for one provenance: what statements are added up from.
type DayTotal struct {
	ID         int64
	Region     string
	Pollutant  string
	Day        calendar.Date
	Event      LotEvent
	Provenance Provenance
	Quantity   quantity.Quantity
	Cost       quantity.Money
	Amount     quantity.Money
	Movements  int64
	Latest     bool // no later day has a total for the same event
	Command    int64
}

// Add returns the total with a movement added.
func (d DayTotal) Add(m LotMovement) DayTotal {
	d.Quantity += m.Quantity
	d.Cost += m.Cost
	d.Amount += m.Amount
	d.Movements++
	return d
}

// PickOut is the first parts of picks that come to a quantity, no longer claimed:
// what picks have become available by a move. They come to so much at least.
func PickOut(picks []Pick, q quantity.Quantity) []Pick {
	var out []Pick
	for _, p := range picks {
		if part := min(p.Quantity, q); part > 0 {
			out = append(out, Pick{Lot: p.Lot, Quantity: part})
			q -= part
		}
	}
	return out
}

// PickFirst is the first parts of picks that come to a quantity, and what of it
// they do not come to.
func PickFirst(picks []Pick, q quantity.Quantity) (first []Pick, rest quantity.Quantity) {
	for _, p := range picks {
		if p.Quantity = min(p.Quantity, q); p.Quantity > 0 {
			first = append(first, p)
			q -= p.Quantity
		}
	}
	return first, q
}

// PickRest is what picks have beyond what PickOut takes.
func PickRest(picks []Pick, q quantity.Quantity) []Pick {
	var rest []Pick
	for _, p := range picks {
		part := min(p.Quantity, q)
		if q -= part; p.Quantity > part {
			p.Quantity -= part
			rest = append(rest, p)
		}
	}
	return rest
}
