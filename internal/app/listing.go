package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// Listings are what the reserve offers for sale.
var Listings = cold[reserve.Listing]("listing")

// ListingOpen offers a part of the reserve for sale.
type ListingOpen struct {
	Region    string
	Pollutant string
	Kind      reserve.ListingKind
	Quantity  quantity.Quantity
	Price     quantity.Price    // CNY/(t·a)
	EachMax   quantity.Quantity // 0: as the kind has it
	Document  string
	LotChoice
}

// ListingClose takes back what of a listing is not sold.
type ListingClose struct {
	Listing int64
	Reason  string
}

// ListingSell sells a part of a listing to a licence at its price, by a payment
// notice: a fixed-price sale to an existing unit, or a simplified sale to a very
// small project.
type ListingSell struct {
	Listing    int64
	Licence    int64
	Instrument string
	Quantity   quantity.Quantity
	DueOn      calendar.Date
	Project    int64  // of a simplified sale
	Document   string // may be empty, unless it is said whose need it is
	// ExistingUnit says, by the document, that what is bought at the fixed price is not for
	// a project that the licence has.
	ExistingUnit bool
}

// ListingResult is a listing with what of it is not sold.
type ListingResult struct {
	Listing reserve.Listing
	Left    quantity.Quantity
}

var _ = declare(ListingOpen{}, ListingClose{}, ListingSell{})

// Operation is ListingOpen.
func (ListingOpen) Operation() identity.Operation { return identity.ListingOpen }

// Decide checks the listing and picks the lots. The result is a ListingResult.
func (c ListingOpen) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.ListingOpen, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	l := reserve.Listing{
		Region: c.Region, Pollutant: c.Pollutant, Kind: c.Kind, Quantity: c.Quantity, Price: c.Price, EachMax: c.EachMax,
		Document: c.Document, State: reserve.ListingOpen, ListedOn: v.Today,
	}
	if err := l.Validate(); err != nil {
		return nil, err
	}
	if l.Kind == reserve.Simplified && l.EachMax == 0 {
		l.EachMax = quantity.Quantity(v.parameter(rulebook.SimplifiedMost, l.Region, l.Pollutant)) // both count in 10⁻⁶
	}
	if err := v.basicAccount("region", c.Region, c.Pollutant); err != nil {
		return nil, err
	}
	picks, err := v.pickLots(c.Region, c.Pollutant, c.Quantity, c.LotChoice)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		l = Put(tx, Listings, l)
		tx.moveLots(lotMove{
			event: reserve.Offering, from: reserve.AvailableBucket, picks: picks, claimant: claimant{reserve.ForListing, l.ID}, reference: l.ID, document: l.Document,
		})
		return ListingResult{l, l.Quantity}
	}, nil
}

// listing returns a listing after the actor's right to do this in its region
// was checked.
func (v *View) listing(op identity.Operation, id int64) (reserve.Listing, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return reserve.Listing{}, err
	}
	l, err := Get(v, Listings, "id", id)
	if err != nil {
		return l, err
	}
	return l, v.AuthoriseAt("id", op, identity.OfRegion(l.Region))
}

// Operation is ListingClose.
func (ListingClose) Operation() identity.Operation { return identity.ListingClose }

// Decide checks that the listing is open. The result is a ListingResult.
func (c ListingClose) Decide(v *View) (Apply, error) {
	l, err := v.listing(identity.ListingClose, c.Listing)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if l.State != reserve.ListingOpen {
		return nil, reserve.ErrListingState
	}
	unsold := v.allClaims(claimant{reserve.ForListing, l.ID})
	l.State, l.Reason = reserve.ListingClosed, c.Reason
	return func(tx *Tx) any {
		tx.moveLots(lotMove{event: reserve.Unlisting, from: reserve.ListedBucket, picks: unsold, reference: l.ID, document: c.Reason})
		return ListingResult{Listing: Put(tx, Listings, l)}
	}, nil
}

// Operation is ListingSell.
func (ListingSell) Operation() identity.Operation { return identity.ListingSell }

// Decide checks that the listing may be sold to this licence and covers the
// quantity. The result is a NoticeResult.
func (c ListingSell) Decide(v *View) (Apply, error) {
	l, err := v.listing(identity.ListingSell, c.Listing)
	if err != nil {
		return nil, err
	}
	to, i, err := v.receiver(c.Licence, c.Instrument, l.Region, l.Pollutant)
	if err != nil {
		return nil, err
	}
	n, err := v.priceNotice(to, i, reserve.PaymentNotice{Project: c.Project, Quantity: c.Quantity, Price: l.Price, DueOn: c.DueOn, Document: c.Document})
	if err != nil {
		return nil, err
	}
	s := reserve.Sale{Listing: l.ID, Kind: l.SaleKind()}
	before, err := boughtOf(v.findRows, l, to.ID)
	if err != nil {
		return nil, err
	}
	if err := l.CheckSale(to, n, before); err != nil {
		return nil, err
	}
	if err := v.checkSimplified(l, n); err != nil {
		return nil, err
	}
	if err := c.checkUnit(v, l); err != nil {
		return nil, err
	}
	of := claimant{reserve.ForListing, l.ID}
	picks, err := v.pickClaims(of, c.Quantity)
	if err != nil {
		return nil, err
	}
	if sumPicks(v.allClaims(of)) == c.Quantity {
		l.State, l.Reason = reserve.ListingClosed, "sold out"
	}
	counter := v.noticeNumbers(l.Region)
	return func(tx *Tx) any {
		Put(tx, Listings, l)
		return tx.issueNotice(n, s, counter, picks)
	}, nil
}

// checkUnit holds that who has a project says by a document that what he buys at the
// fixed price is for his existing unit.
func (c ListingSell) checkUnit(v *View, l reserve.Listing) error {
	switch {
	case l.Kind != reserve.FixedPrice:
		return nil
	case c.ExistingUnit:
		return catalog.CheckDocument("document", c.Document)
	}
	return v.checkSaid(use{}, c.Licence, l.Pollutant)
}

// checkSimplified holds a simplified sale to the licence's limit over all listings.
func (v *View) checkSimplified(l reserve.Listing, n reserve.PaymentNotice) error {
	if l.Kind != reserve.Simplified {
		return nil
	}
	limit, err := simplifiedLimit(v.findRows, l, v.parameter(rulebook.SimplifiedMost, l.Region, l.Pollutant), n.Licence)
	if err != nil {
		return err
	}
	return limit.Check(n.Quantity, l.Pollutant)
}

// rowFinder reads the rows of a table: of the writer, or of who asks it nothing.
type rowFinder func(table string, q Query, rows any) error

// simplifiedLimit is what a licence takes in simplified sales of a listing's
// pollutant, and has taken, by the parameter of the day.
func simplifiedLimit(find rowFinder, l reserve.Listing, most quantity.Ratio, licence int64) (reserve.SimplifiedLimit, error) {
	taken, err := soldBy(find, Where("licence", licence).And("kind", Eq, string(reserve.BySimplified)), l.Pollutant)
	return reserve.SimplifiedLimit{Most: max(l.EachMax, quantity.Quantity(most)), Taken: taken}, err // both count in 10⁻⁶
}

// boughtOf is what a licence has bought of a listing.
func boughtOf(find rowFinder, l reserve.Listing, licence int64) (quantity.Quantity, error) {
	return soldBy(find, naming("listing", l.ID).And("licence", Eq, licence), l.Pollutant)
}

// soldBy adds up what sales have sold of a pollutant; what was cancelled does not count.
func soldBy(find rowFinder, q Query, pollutant string) (sum quantity.Quantity, err error) {
	var sales []reserve.Sale
	if err := find(Sales.name, q, &sales); err != nil || len(sales) == 0 {
		return 0, err
	}
	ids := make([]int64, len(sales))
	for i, s := range sales {
		ids[i] = s.Notice
	}
	var notices []reserve.PaymentNotice
	err = find(Notices.name, Query{}.And("id", In, ids).And("pollutant", Eq, pollutant).And("state", Ne, string(reserve.NoticeCancelled)), &notices)
	for _, n := range notices {
		sum += n.Quantity
	}
	return sum, err
}
