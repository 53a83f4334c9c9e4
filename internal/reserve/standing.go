package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// The faults of standing offers, in the order in which they are checked.
var (
	// ErrOfferClosed is returned when a standing offer is closed or has run out.
	ErrOfferClosed = fault.New(fault.Conflict, "standing_offer.closed", "the standing offer is over").At("id")
	// ErrOfferUsedUp is returned when a standing offer has less left than is offered to it.
	ErrOfferUsedUp = fault.New(fault.Refused, "standing_offer.used_up", "the standing offer has not so much left").At("quantity").
			Under("standing_offer.terms", "terms of the standing offer")
	// ErrOtherOffer is returned when the permits are not those that the bureau offers to buy.
	ErrOtherOffer = fault.New(fault.Refused, "standing_offer.other_permits", "the standing offer is for other permits").
			Under("standing_offer.terms", "terms of the standing offer")
)

// An OfferState is open or closed.
type OfferState string

// The states of a standing offer.
const (
	OfferOpen   OfferState = "open"
	OfferClosed OfferState = "closed"
)

// OfferStates are all states of a standing offer.
var OfferStates = []OfferState{OfferOpen, OfferClosed}

// A StandingOffer lets a bureau buy back at a fixed price as long as quantity and
// budget last. What is accepted is committed in the budget at once.
type StandingOffer struct {
	ID        int64
	Region    string
	Pollutant string
	Price     quantity.Price // CNY/(t·a)
	Quantity  quantity.Quantity
	Remaining quantity.Quantity
	Budget    int64
	Until     calendar.Date
	Document  string
	State     OfferState
	OpenedAt  calendar.Instant
	Command   int64
}

// Validate returns a fault that names the first field that is wrong.
func (o StandingOffer) Validate() error {
	if o.Price <= 0 {
		return fault.Invalidf("price", "must be more than zero")
	}
	return fault.First(checkQuantity(o.Quantity), checkDay("until", o.Until), catalog.CheckDocument("document", o.Document))
}

// Take returns the offer after a quantity of a pollutant in a region was
// accepted. Returns ErrOfferClosed, ErrOtherOffer or ErrOfferUsedUp.
func (o StandingOffer) Take(region, pollutant string, q quantity.Quantity, today calendar.Date) (StandingOffer, error) {
	switch {
	case o.State != OfferOpen:
		return o, ErrOfferClosed
	case today > o.Until:
		return o, ErrOfferClosed.With("the standing offer ended on %s", o.Until)
	case region != o.Region:
		return o, ErrOtherOffer.With("the standing offer is of %s, the licence is in %s", o.Region, region).At("licence")
	case pollutant != o.Pollutant:
		return o, ErrOtherOffer.With("the standing offer is for %s", o.Pollutant).At("instrument")
	case q > o.Remaining:
		return o, ErrOfferUsedUp.With("%s t/a of the standing offer are left, %s t/a are offered to it", o.Remaining, q)
	}
	o.Remaining -= q
	return o, nil
}
