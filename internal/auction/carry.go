package auction

import (
	"cmp"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// An auction takes over no more than a quarter of its planned volume, which
// makes 125 % (UK SI 2021/484 reg. 6(8)(b)).
const carryDivisor = 4

// carryOver spreads what is not sold evenly over the next auctions at the lot
// size; a rest of less than one lot size each goes to the earliest. What one
// cannot take the others do, as far as they can (reg. 6(8)(b)(i)); what is
// left then is returned: it is for auctions that the case does not name.
func carryOver(unsold quantity.Quantity, planned []quantity.Quantity, lot quantity.Quantity) (carried []quantity.Quantity, left quantity.Quantity) {
	rooms := make([]quantity.Quantity, len(planned))
	for i, q := range planned {
		rooms[i] = (q / carryDivisor).FloorTo(lot)
	}
	return spread(unsold, rooms, lot)
}

// spread is carryOver to auctions that have so much room each, in lots.
func spread(unsold quantity.Quantity, rooms []quantity.Quantity, lot quantity.Quantity) (carried []quantity.Quantity, left quantity.Quantity) {
	carried = make([]quantity.Quantity, len(rooms))
	left = unsold.FloorTo(lot)
	for left > 0 {
		open := quantity.Quantity(0)
		for i := range rooms {
			if carried[i] < rooms[i] {
				open++
			}
		}
		if open == 0 {
			break
		}
		share := max((left / open).FloorTo(lot), lot)
		for i := range rooms {
			part := min(share, rooms[i]-carried[i], left)
			carried[i] += part
			left -= part
		}
	}
	return carried, left + unsold - unsold.FloorTo(lot)
}

// A CarryOver is what one offer of a programme did not sell and another takes
// over, before its window opens. It never changes.
type CarryOver struct {
	ID        int64
	FromOffer int64
	ToOffer   int64
	Quantity  quantity.Quantity
	Notice    int64 // the public notice of the new volume
	At        calendar.Instant
	Command   int64
}

// CarriesMost bounds the auctions that one carries over to: the next ones of its programme.
const CarriesMost = 50

const programmeMost = 100 // characters

// ErrProgramme is returned when an offer does not go with the others of its programme.
var ErrProgramme = fault.New(fault.Refused, "offer.other_programme", "the offers of a programme sell one instrument out of one reserve in one lot size").At("programme").
	Under("offer.programme", "project default")

// CheckProgramme returns ErrProgramme unless two offers may belong to one programme.
func (o Offer) CheckProgramme(other Offer) error {
	if o.Pollutant != other.Pollutant || o.Instrument != other.Instrument || o.LotSize != other.LotSize {
		return ErrProgramme.With("offer %d of the programme sells instrument %d of %s in lots of %s", other.ID, other.Instrument, other.Pollutant, other.LotSize)
	}
	return nil
}

// IsSameProgramme reports whether two offers belong to one programme of a region.
func (o Offer) IsSameProgramme(other Offer) bool {
	return o.Programme != "" && o.Programme == other.Programme && o.Region == other.Region
}

// room is what an offer may still take over at an instant: nothing from the
// opening of its window on, whether or not its timers have run.
func (o Offer) room(at calendar.Instant) quantity.Quantity {
	waits := o.State == OfferAnnounced || o.State == OfferRegistering || o.State == OfferPrepared
	if !waits || at >= o.OpensAt {
		return 0
	}
	return (o.Planned / carryDivisor).FloorTo(o.LotSize) - o.Carried
}

// CarryTo returns which of others take over what o did not sell, in the order of
// their windows, at most CarriesMost of them, and what none of them can take. It
// changes nothing where there is no programme.
func (o Offer) CarryTo(others []Offer, at calendar.Instant) (carries []CarryOver, left quantity.Quantity) {
	next := slices.DeleteFunc(slices.Clone(others), func(x Offer) bool { return !o.IsSameProgramme(x) || x.ID == o.ID || x.room(at) <= 0 })
	slices.SortFunc(next, func(a, b Offer) int { return cmp.Or(cmp.Compare(a.OpensAt, b.OpensAt), cmp.Compare(a.ID, b.ID)) })
	next = next[:min(len(next), CarriesMost)]
	rooms := make([]quantity.Quantity, len(next))
	for i, x := range next {
		rooms[i] = x.room(at)
	}
	carried, left := spread(o.Unsold(), rooms, o.LotSize)
	for i, q := range carried {
		if q > 0 {
			carries = append(carries, CarryOver{FromOffer: o.ID, ToOffer: next[i].ID, Quantity: q, At: at})
		}
	}
	return carries, left
}

// Takes is the offer with what it takes over.
func (o Offer) Takes(q quantity.Quantity) Offer {
	o.Quantity, o.Carried = o.Quantity+q, o.Carried+q
	return o
}
