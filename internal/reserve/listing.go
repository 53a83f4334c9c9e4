package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A ListingKind is how listed lots are sold.
type ListingKind string

// The kinds of listings.
const (
	FixedPrice ListingKind = "fixed_price" // 定额出让, to existing units only
	Simplified ListingKind = "simplified"  // 简易出让, to very small projects
	ForAuction ListingKind = "auction"     // of before: an offer lists its supply by itself, and none is opened any more
)

// ListingKinds are all kinds of listings.
var ListingKinds = []ListingKind{FixedPrice, Simplified, ForAuction}

// A ListingState is where a listing is in its life.
type ListingState string

// The states of a listing.
const (
	ListingOpen   ListingState = "open"
	ListingClosed ListingState = "closed" // sold out, or taken back
)

// ListingStates are all states of a listing.
var ListingStates = []ListingState{ListingOpen, ListingClosed}

// The faults of listings and of sales out of them, in the order in which they are checked.
var (
	// ErrOfferLists is returned when lots would be listed for an auction by hand.
	ErrOfferLists = fault.New(fault.Invalid, "listing.offer_lists", "an auction lists its supply by itself: announce an offer").At("kind")
	// ErrListingState is returned when a listing is closed.
	ErrListingState = fault.New(fault.Conflict, "listing.state", "the listing is closed").At("listing")
	// ErrListingKind is returned when a listing is not sold in this way.
	ErrListingKind = fault.New(fault.Conflict, "listing.kind", "what is listed for an auction is sold by it").At("listing")
	// ErrElsewhere is returned when a licence or an instrument is of another region or
	// pollutant than the part of the reserve that it would be given.
	ErrElsewhere = fault.New(fault.Invalid, "reserve.elsewhere", "the licence or the instrument is of another region or pollutant")
	// ErrExistingUnitsOnly is returned when a project, or a licence that is younger than
	// the listing, would buy at the fixed price.
	ErrExistingUnitsOnly = fault.New(fault.Refused, "listing.existing_units_only", "the fixed price is for existing units: new, rebuilt and expanded projects buy in a public sale").
				Under("primary_sale.fixed_price", "财税〔2015〕61号 第九条: 现有排污单位取得排污权，采取定额出让方式; that a licence valid before the listing is an existing unit is a project default")
	// ErrProjectNeeded is returned when a simplified sale names no project.
	ErrProjectNeeded = fault.New(fault.Invalid, "listing.project_needed", "a simplified sale is for a project: name it").At("project")
	// ErrTooLargeForSimplified is returned when a buyer would take more than a very small project may.
	ErrTooLargeForSimplified = fault.New(fault.Refused, "listing.too_large", "that is more than a very small project may take").At("quantity").
					Under("primary_sale.simplified", "project default")
)

// A Listing offers a part of the reserve for sale at a price.
type Listing struct {
	ID        int64
	Region    string
	Pollutant string
	Kind      ListingKind
	Quantity  quantity.Quantity
	Price     quantity.Price    // CNY/(t·a)
	EachMax   quantity.Quantity // the most that a licence may take in all; 0: no limit
	Document  string
	State     ListingState
	Reason    string // of the end
	ListedOn  calendar.Date
	Command   int64
}

// Validate returns a fault that names the first field that is wrong.
func (l Listing) Validate() error {
	if err := fault.First(catalog.CheckOneOf("kind", l.Kind, ListingKinds), checkQuantity(l.Quantity), catalog.CheckDocument("document", l.Document)); err != nil {
		return err
	}
	switch {
	case l.Kind == ForAuction:
		return ErrOfferLists
	case l.Price <= 0:
		return fault.Invalidf("price", "must be more than zero")
	case l.EachMax < 0:
		return fault.Invalidf("each_max", "must not be negative")
	}
	return nil
}

// CheckSale returns the fault of selling a notice's quantity out of the listing to
// a licence that has bought some of it before, or nil. The order is that of the
// faults above.
func (l Listing) CheckSale(to catalog.Licence, n PaymentNotice, before quantity.Quantity) error {
	switch {
	case l.State != ListingOpen:
		return ErrListingState
	case l.Kind == ForAuction:
		return ErrListingKind
	case l.Kind == FixedPrice && (n.Project != 0 || to.ValidFrom > l.ListedOn):
		return ErrExistingUnitsOnly
	case l.Kind == Simplified && n.Project == 0:
		return ErrProjectNeeded
	case l.EachMax > 0 && n.Quantity+before > l.EachMax:
		return ErrTooLargeForSimplified.With("a buyer takes at most %s t/a of this listing and has %s already", l.EachMax, before)
	}
	return nil
}

// A SimplifiedLimit is what a licence takes of a pollutant in simplified sales, over
// all listings: else it would be a very small project once a listing.
type SimplifiedLimit struct {
	Most  quantity.Quantity // by the parameter of the day, or by a listing that names more; 0: nothing is asked
	Taken quantity.Quantity // by payment notices that are not cancelled
}

// Left is how much the licence may still take.
func (l SimplifiedLimit) Left() quantity.Quantity { return max(l.Most-l.Taken, 0) }

// Check returns ErrTooLargeForSimplified where so much more is over the limit.
func (l SimplifiedLimit) Check(q quantity.Quantity, pollutant string) error {
	if q > l.Left() {
		return ErrTooLargeForSimplified.With("a licence takes at most %s t/a of %s in simplified sales and has %s already", l.Most, pollutant, l.Taken)
	}
	return nil
}

// SaleKind is the kind of a sale out of the listing.
func (l Listing) SaleKind() SaleKind {
	if l.Kind == Simplified {
		return BySimplified
	}
	return AtFixedPrice
}
