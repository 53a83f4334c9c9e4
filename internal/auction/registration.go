package auction

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// RegistrationState is where a bidder is in an offer.
type RegistrationState string

// The states of a registration.
const (
	Registered        RegistrationState = "registered"
	WithdrawnInTime   RegistrationState = "withdrawn"
	Won               RegistrationState = "won"
	Lost              RegistrationState = "lost"
	ReleasedUndecided RegistrationState = "released" // the offer was cancelled, void or failed, or the bidder excluded
)

// RegistrationStates are all states.
var RegistrationStates = []RegistrationState{Registered, WithdrawnInTime, Won, Lost, ReleasedUndecided}

// A Registration admits a party to the bidding of an offer. What it puts up is
// held from its first day on and does not change with its bids.
type Registration struct {
	ID           int64
	Offer        int64
	Party        int64
	Region       string
	Licence      int64             // of permits; credits are bought by a party
	Project      int64             // that the permits are for; 0: none is named
	Quantity     quantity.Quantity // pay_as_bid_share: the need, also where it is more than is offered; reverse_uniform: what is held for it; otherwise 0
	AcceptsPart  bool              // pay_as_bid_share: takes less where no more is left
	Collateral   quantity.Money    // put up; 0 of a buy-back
	Hold         int64             // of the collateral in the deposit account, or of the permits; 0 when it has ended
	State        RegistrationState
	RegisteredBy int64
	RegisteredAt calendar.Instant
	Place        int32             // among the bidders, from 1, once ranked; 0: no valid bid
	Won          quantity.Quantity // once ranked
	Price        quantity.Price    // that he pays or gets
	Reason       string            // why he was excluded before the window closed; empty: he was not
	QuantityMost quantity.Quantity // that he bids for, of what the project needs, as low as it was before the close; 0: no project is named
	Bidding      quantity.Quantity // that it keeps of what the project needs: the most, then what was won, until a payment notice asks for it
	LimitMost    quantity.Quantity // that he bids for at most, by his word or under the limit of what his licence may hold, which is kept until the ranking; 0: neither
	Command      int64
}

// The faults of registrations, in the order in which they are checked.
var (
	// ErrNotRegistering is returned when the offer takes no registrations at this time.
	ErrNotRegistering = fault.New(fault.Refused, "registration.out_of_time", "registrations are made and withdrawn until their deadline, while the offer registers").
				Under("offer.registration_period", "project default")
	// ErrBiddersMost is returned when an offer has as many bidders as can be ranked together.
	ErrBiddersMost = fault.New(fault.Refused, "registration.offer_full", "the offer has as many bidders as can be ranked together").
			Under("offer.bidders_most", "project default")
	// ErrRegisteredTwice is returned when the party is registered for the offer already.
	ErrRegisteredTwice = fault.New(fault.Conflict, "registration.exists", "the party is registered for this offer already: withdraw that registration first")
	// ErrNeedMissing is returned when a share sale is entered without the project whose need is bid for.
	ErrNeedMissing = fault.New(fault.Refused, "registration.need_missing", "in this sale each bidder bids for the need approved for his project: name the project").At("project").
			Under("offer.approved_need", "Zhejiang electronic sale: Wuyi 2021 no. 7; that the quantity is the approved need: project default")
	// ErrMostNamed is returned when who does not bid for permits, or for all or nothing, says how much he bids for at most.
	ErrMostNamed = fault.New(fault.Invalid, "registration.most_named", "who bids for permits by prices and quantities says how much he bids for at most").At("max_quantity")
	// ErrOwnOffer is returned to who would bid for what he sells.
	ErrOwnOffer = fault.New(fault.Refused, "registration.own_offer", "the seller does not bid for his own credits").At("party").
			Under("offer.own_offer", "project default")
	// ErrGuarantee is returned when the guarantee would not cover one lot at the reserve price.
	ErrGuarantee = fault.New(fault.Refused, "registration.guarantee_too_small", "the guarantee does not cover one lot size at the reserve price").At("guarantee").
			Under("offer.collateral_full", "WCI auction notices: bid guarantee")
	// ErrRegistrationState is returned when the registration is no longer open.
	ErrRegistrationState = fault.New(fault.Conflict, "registration.closed", "the registration is no longer open")
)

// Least is what a bidder must have use for: of an ascending auction all of it.
func (o Offer) Least() quantity.Quantity {
	if o.Format == Ascending {
		return o.Quantity
	}
	return o.LotSize
}

// TakesRegistrations returns ErrNotRegistering unless the offer registers at an
// instant, whether or not its timers have run.
func (o Offer) TakesRegistrations(at calendar.Instant) error {
	open := o.State == OfferAnnounced || o.State == OfferRegistering
	if !open || at < o.RegisterFrom || at >= o.RegisterUntil {
		return ErrNotRegistering.With("the offer registers from %s until %s and is %s", o.RegisterFrom, o.RegisterUntil, o.State)
	}
	return nil
}

// TakesPart reports whether a winner of a share sale gets what is left where it is
// less than his need. Who does not is registered for all of it, and gets it or nothing.
func (o Offer) TakesPart(r Registration) bool {
	return o.Fit == FitCut || o.Fit == FitAsAgreed && r.AcceptsPart
}

// Excluded is the registration of a bidder whom the rules no longer admit.
func (r Registration) Excluded(reason string) Registration {
	r.State, r.Reason = ReleasedUndecided, reason
	return r
}

// MostFor is how much a bidder for a project bids for at most, where it has use for
// room: what he names, or all that one bidder may have. Of an ascending auction and
// of a share sale it follows from the format.
func (o Offer) MostFor(r Registration, named, room quantity.Quantity) (quantity.Quantity, error) {
	switch fixed := o.FixedQuantity(); {
	case named != 0 && fixed:
		return 0, ErrMostNamed
	case named < 0 || named != 0 && !named.IsMultipleOf(o.LotSize):
		return 0, ErrOffLot.With("the most is a multiple of %s %s", o.LotSize, o.Unit()).At("max_quantity")
	case named > o.most(Bidder{}):
		return 0, ErrOverQuota.With("one bidder may ask for at most %s %s", o.most(Bidder{}), o.Unit()).At("max_quantity")
	case o.Format == Ascending:
		return o.Quantity, nil
	case fixed && !o.TakesPart(r):
		return room.FloorTo(o.LotSize), nil
	case fixed:
		return min(o.Quantity, room).FloorTo(o.LotSize), nil
	case named != 0:
		return named, nil
	}
	return min(o.most(Bidder{}), room).FloorTo(o.LotSize), nil
}

// Limited is the registration of a bidder whose project needs no more than most.
func (r Registration) Limited(most quantity.Quantity) Registration {
	if r.QuantityMost == 0 || most < r.QuantityMost {
		r.QuantityMost = most
	}
	r.Bidding = min(r.Bidding, r.QuantityMost)
	return r
}

// Most is what he bids for at most, by what his project needs and by what his licence
// may hold; 0: neither bounds him.
func (r Registration) Most() quantity.Quantity {
	if r.QuantityMost == 0 || r.LimitMost > 0 && r.LimitMost < r.QuantityMost {
		return r.LimitMost
	}
	return r.QuantityMost
}

// Counts reports whether the bids of a registration count.
func (r Registration) Counts() bool { return r.State != WithdrawnInTime && r.Reason == "" }

// Withdrawn is the registration after it was withdrawn, or ErrRegistrationState.
func (r Registration) Withdrawn() (Registration, error) {
	if r.State != Registered {
		return r, ErrRegistrationState.With("the registration is %s", r.State)
	}
	r.State, r.Hold = WithdrawnInTime, 0
	return r, nil
}
