package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// The faults of region pairs and attainment, in the order in which they are checked.
var (
	// ErrPairOfOne is returned when a pair is of a region with itself.
	ErrPairOfOne = fault.New(fault.Invalid, "region_pair.same_region", "a pair has two different regions").At("buyer_region")
	// ErrPairUnapproved is returned when nobody would have to approve the deals of a pair.
	ErrPairUnapproved = fault.New(fault.Invalid, "region_pair.no_approval", "a deal between regions needs at least one approval").At("approvals")
	// ErrPairExists is returned when a pair for the pollutant and direction holds
	// in a part of the period already.
	ErrPairExists = fault.New(fault.Conflict, "region_pair.exists", "there is such a pair for a part of this period already")
	// ErrYearNotOver is returned when a target is judged before its year has begun.
	ErrYearNotOver = fault.New(fault.Invalid, "attainment.year_to_come", "the year has not begun").At("year")
)

// PairAdd lets permits of a pollutant go from one region to another by deals.
type PairAdd struct {
	Pollutant    string
	SellerRegion string
	BuyerRegion  string
	Coefficient  quantity.Ratio // k
	SellerBureau bool           // must confirm
	BuyerBureau  bool           // must confirm
	Upper        bool           // must approve
	Document     string
	ValidFrom    calendar.Date
	ValidTo      calendar.Date // 0: no end
}

// AttainmentSet records whether a region met its target of a year. The latest
// record of the latest year counts; a correction is a further record.
type AttainmentSet struct {
	Region    string
	Pollutant string
	Year      int32
	Attained  bool
	Document  string
}

// AttainmentResult is the record, and the buy orders that it has cancelled
// because they could have brought permits into the region.
type AttainmentResult struct {
	Attainment settlement.Attainment
	Cancelled  []int64
}

var _ = declare(PairAdd{}, AttainmentSet{})

// Operation is PairAdd.
func (PairAdd) Operation() identity.Operation { return identity.PairAdd }

// Decide checks the pair, which the body above both regions adds or an administrator.
// A second person approves it: it is a rule. The result is a settlement.Pair.
func (c PairAdd) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("seller_region", identity.PairAdd, identity.OfRegion(c.SellerRegion)); err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("buyer_region", identity.PairAdd, identity.OfRegion(c.BuyerRegion)); err != nil {
		return nil, err
	}
	p := settlement.Pair{
		Pollutant: c.Pollutant, SellerRegion: c.SellerRegion, BuyerRegion: c.BuyerRegion, Coefficient: c.Coefficient,
		SellerBureau: c.SellerBureau, BuyerBureau: c.BuyerBureau, Upper: c.Upper,
		Document: c.Document, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo,
	}
	if err := c.check(v); err != nil {
		return nil, err
	}
	for other := range All(v, Pairs) {
		if other.Pollutant == p.Pollutant && other.SellerRegion == p.SellerRegion && other.BuyerRegion == p.BuyerRegion &&
			(other.ValidTo == 0 || other.ValidTo >= p.ValidFrom) && (p.ValidTo == 0 || p.ValidTo >= other.ValidFrom) {
			return nil, ErrPairExists.With("pair %d holds from %s to %s already", other.ID, other.ValidFrom, other.ValidTo)
		}
	}
	return func(tx *Tx) any { return Put(tx, Pairs, p) }, nil
}

func (c PairAdd) check(v *View) error {
	if _, err := v.Pollutant("pollutant", c.Pollutant); err != nil {
		return err
	}
	for _, side := range [2]struct{ field, code string }{{"seller_region", c.SellerRegion}, {"buyer_region", c.BuyerRegion}} {
		r, err := v.Region(side.field, side.code)
		if err != nil {
			return err
		}
		if err := v.checkRegion(side.field, r); err != nil {
			return err
		}
	}
	switch {
	case c.SellerRegion == c.BuyerRegion:
		return ErrPairOfOne
	case c.Coefficient <= 0:
		return fault.Invalidf("coefficient", "must be more than zero, for example 1")
	case !c.SellerBureau && !c.BuyerBureau && !c.Upper:
		return ErrPairUnapproved
	case !c.ValidFrom.Valid():
		return fault.Invalidf("valid_from", "must be the first day of the pair")
	case c.ValidTo != 0 && !c.ValidTo.Valid():
		return fault.Invalidf("valid_to", "%d is not a day of the calendar", c.ValidTo)
	case c.ValidTo != 0 && c.ValidTo < c.ValidFrom:
		return catalog.ErrValidity.With("the last day %s must not be before the first, %s", c.ValidTo, c.ValidFrom).At("valid_to")
	}
	return catalog.CheckDocument("document", c.Document)
}

// Operation is AttainmentSet.
func (AttainmentSet) Operation() identity.Operation { return identity.AttainmentSet }

// Decide checks the record. The orders that it refuses are taken out of the
// books before anything else is done. The result is an AttainmentResult.
func (c AttainmentSet) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.AttainmentSet, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", c.Region); err != nil {
		return nil, err
	}
	if _, err := v.Pollutant("pollutant", c.Pollutant); err != nil {
		return nil, err
	}
	if c.Year < 1900 || int(c.Year) > v.Today.Year() {
		return nil, ErrYearNotOver.With("the year must be from 1900 to %d", v.Today.Year())
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	a := settlement.Attainment{
		Region: c.Region, Pollutant: c.Pollutant, Year: c.Year, Attained: c.Attained, Document: c.Document, RecordedAt: v.Now,
	}
	refused := v.inflowRefused(v.known.withAttainment(a), a)
	return func(tx *Tx) any {
		a = Put(tx, Attainments, a)
		return AttainmentResult{Attainment: a, Cancelled: tx.takeOut(refused, nil, timerAttainment, a.ID)}
	}, nil
}

// timerAttainment goes on cancelling the orders that an attainment refuses.
const timerAttainment = "attainment.review"

var _ = declareTimer(timerAttainment, reviewAttainment)

func reviewAttainment(v *View, id int64) (Apply, error) {
	a, err := Get(v, Attainments, "attainment", id)
	if err != nil {
		return nil, err
	}
	refused := v.inflowRefused(v.known, a)
	return func(tx *Tx) any { return tx.takeOut(refused, nil, timerAttainment, id) }, nil
}

// inflowRefused are the open orders that would bring permits into a region and
// are refused by what is known of it.
func (v *View) inflowRefused(k *knowledge, a settlement.Attainment) []*market.Record {
	return v.ordersRefused(k, func(o *market.Record) bool { return v.isInflow(o, a.Region, a.Pollutant) })
}

// isInflow reports whether an open order could bring permits of a pollutant
// into a region from another one.
func (v *View) isInflow(o *market.Record, region, pollutant string) bool {
	return o.Side == market.Buy && len(v.byCode.areas[o.Market]) > 1 &&
		rowsOf(v.state, Markets).rows[o.Market].Pollutant == pollutant &&
		rowsOf(v.state, Licences).rows[o.Licence].Region == region
}
