package app

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// ErrListingOfSale is returned when a question names a listing and is not about a
// sale out of the reserve.
var ErrListingOfSale = fault.New(fault.Invalid, "eligibility.listing", "only a primary sale is of a listing").At("listing")

// lookListing finds the listing that the question names; listings are public.
func (in *inquiry) lookListing() error {
	if in.Listing == 0 {
		return nil
	}
	if in.Action != rulebook.PrimarySale {
		return ErrListingOfSale
	}
	var found []reserve.Listing
	if err := in.find(Listings.name, Where("id", in.Listing), &found); err != nil {
		return err
	}
	if len(found) == 0 {
		return ErrNoRecord.At("listing")
	}
	in.listing = found[0]
	return nil
}

// simplified says how much the licence may still take in simplified sales, and
// what a sale of the listing that is named would be refused for.
func (in *inquiry) simplified(e *Eligibility, q quantity.Quantity) error {
	if in.Action != rulebook.PrimarySale {
		return nil
	}
	l := in.listing
	if l.Kind != reserve.Simplified { // of any listing that names no more than the parameter
		l = reserve.Listing{Region: in.buyer.Region, Pollutant: in.inst.Pollutant}
	}
	row, most, _ := rulebook.Lookup(in.ref.known(), rulebook.SimplifiedMost, rulebook.Place{Region: l.Region, Pollutant: l.Pollutant}, in.on)
	var err error
	if e.Simplified, err = simplifiedLimit(in.find, l, most, in.buyer.ID); err != nil {
		return err
	}
	if e.SimplifiedSource = row.Document; e.Simplified.Most > quantity.Quantity(most) {
		e.SimplifiedSource = l.Document
	}
	if in.listing.ID == 0 {
		return nil
	}
	refused, err := in.refusedByListing(e.Simplified, q)
	if f, stands := fault.As(refused); stands {
		e.Obstacles = append(e.Obstacles, f)
	}
	return err
}

// refusedByListing is what ListingSell would be refused for by its listing.
func (in *inquiry) refusedByListing(limit reserve.SimplifiedLimit, q quantity.Quantity) (refused, err error) {
	l := in.listing
	if l.Region != in.buyer.Region || l.Pollutant != in.inst.Pollutant {
		return reserve.ErrElsewhere, nil
	}
	before, err := boughtOf(in.find, l, in.buyer.ID)
	if err != nil {
		return nil, err
	}
	refused = l.CheckSale(in.buyer, reserve.PaymentNotice{Project: in.Project, Quantity: q}, before)
	if refused == nil && l.Kind == reserve.Simplified {
		refused = limit.Check(q, l.Pollutant)
	}
	return refused, nil
}
