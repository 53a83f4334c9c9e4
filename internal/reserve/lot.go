package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// A Provenance is where a lot of the reserve came from.
type Provenance string

// The provenances (浙环发〔2013〕45号: the reserve is what was pre-reserved, reclaimed
// or purchased; the others as in the reserve rules of 福建 and 厦门).
const (
	PreReserved         Provenance = "pre_reserved"         // set aside of the cap (预留)
	ReclaimedFree       Provenance = "reclaimed_free"       // taken back without payment (无偿收回)
	BoughtBack          Provenance = "bought_back"          // bought from a firm (有偿收购)
	GovernmentReduction Provenance = "government_reduction" // reduction that the government paid for
	UnsoldReturn        Provenance = "unsold_return"        // of a sale that came to nothing after delivery
	SweptIdle           Provenance = "swept_idle"           // idle for more than three years (浙政办发〔2010〕132号)
	OpeningLot          Provenance = "opening"              // taken over from an older register
)

// Provenances are all provenances.
var Provenances = []Provenance{PreReserved, ReclaimedFree, BoughtBack, GovernmentReduction, UnsoldReturn, SweptIdle, OpeningLot}

// A Lot is a batch of the reserve (储备批次): tonnage without a term, which does
// not expire by itself. Its quantity lies in buckets, one for each state that a
// part of it can be in.
type Lot struct {
	ID         int64
	Region     string
	Pollutant  string
	Provenance Provenance
	AcquiredOn calendar.Date
	Document   string
	Price      quantity.Price // CNY/(t·a) that was paid; 0 for what cost nothing
	Months     int32          // of the term that was bought: it explains the cost and nothing else
	Cost       quantity.Money // of the whole lot
	Source     int64          // the record that it came from, by provenance; of a received lot the lot of the other level
	Quantity   quantity.Quantity

	Available       quantity.Quantity
	Earmarked       quantity.Quantity
	Listed          quantity.Quantity
	Reserved        quantity.Quantity
	FrozenAvailable quantity.Quantity // frozen, available before
	FrozenEarmarked quantity.Quantity // frozen, earmarked before
	Transferred     quantity.Quantity
	Retired         quantity.Quantity
	Withdrawn       quantity.Quantity // back to unallocated, or given to another level

	Open     bool          // something of it is still in the reserve
	AddedOn  calendar.Date // when it came into the reserve; AcquiredOn may lie before
	ClosedOn calendar.Date // when its last part left
	Command  int64
}

// The faults of lots, in the order in which they are checked.
var (
	// ErrCostOfNothing is returned when a lot that came without payment is given a cost.
	ErrCostOfNothing = fault.New(fault.Invalid, "lot.cost_of_free", "what was pre-reserved, reclaimed without payment or swept has no cost: leave it out").At("cost")
	// ErrLotEvent is returned when a part of a lot cannot go this way from where it is.
	ErrLotEvent = fault.New(fault.Conflict, "lot.event", "a part of a lot in this state cannot do this")
	// ErrLotShort is returned when a lot has less in a state than would leave it.
	ErrLotShort = fault.New(fault.Refused, "lot.insufficient", "the lot has less than that in this state").At("quantity")
)

// Validate returns a fault that names the first field of a new lot that is wrong.
func (l Lot) Validate() error {
	if err := fault.First(
		catalog.CheckOneOf("provenance", l.Provenance, Provenances),
		checkQuantity(l.Quantity),
		checkDay("acquired_on", l.AcquiredOn),
		catalog.CheckDocument("document", l.Document),
	); err != nil {
		return err
	}
	switch {
	case l.Cost < 0 || l.Cost > quantity.AmountMax:
		return fault.Invalidf("cost", "must be from 0 to %s", quantity.AmountMax)
	case l.Price < 0:
		return fault.Invalidf("price", "must not be negative")
	case l.Months < 0:
		return fault.Invalidf("months", "must not be negative")
	case (l.Cost > 0 || l.Price > 0) && l.Provenance.isFree():
		return ErrCostOfNothing
	}
	return nil
}

func (p Provenance) isFree() bool {
	return p == PreReserved || p == ReclaimedFree || p == SweptIdle
}

// InReserve is what is left of the lot in the reserve: its part of the ledger's account.
func (l Lot) InReserve() quantity.Quantity {
	return l.Available + l.SetAside() + l.Reserved
}

// SetAside is what the bureau itself holds aside in the lot. What a sale holds
// aside (Reserved) has a hold of its own, in the buyer's notice.
func (l Lot) SetAside() quantity.Quantity {
	return l.Earmarked + l.Listed + l.Frozen()
}

// Frozen is what is frozen of the lot.
func (l Lot) Frozen() quantity.Quantity { return l.FrozenAvailable + l.FrozenEarmarked }

// left is what has left the reserve.
func (l Lot) left() quantity.Quantity { return l.Transferred + l.Retired + l.Withdrawn }

// UnitCost is what one tonne of the lot cost, in 10⁻⁴ CNY, half up: the order of
// "lowest cost first".
func (l Lot) UnitCost() quantity.Price {
	p, err := quantity.MeanPrice(l.Cost, l.Quantity, quantity.PriceScale, quantity.HalfUp)
	if err != nil { // of a cost that no quantity explains; it goes last
		return 1<<63 - 1
	}
	return p
}

// CostOfNext is the part of the lot's cost that goes with the next q to leave the
// reserve. It is the difference of two shares rounded half up, so that the parts
// sum to the cost exactly.
func (l Lot) CostOfNext(q quantity.Quantity) quantity.Money {
	return l.costOf(l.left()+q) - l.costOf(l.left())
}

// CostLeft is the part of the cost that is still in the reserve.
func (l Lot) CostLeft() quantity.Money { return l.Cost - l.costOf(l.left()) }

func (l Lot) costOf(q quantity.Quantity) quantity.Money {
	share, err := quantity.MulDiv(int64(l.Cost), int64(q), 1, int64(l.Quantity), quantity.HalfUp)
	if err != nil {
		panic("reserve: the share of a cost is never more than the cost")
	}
	return quantity.Money(share)
}

// Key is the account of the reserve that the lot is a part of.
func (l Lot) Key() ledger.Key { return Reserve.Key(l.Region, l.Pollutant) }

// A LotMovement is a part of a lot that changed its state. It is written once.
type LotMovement struct {
	ID         int64
	Lot        int64
	Region     string
	Pollutant  string
	Provenance Provenance // of the lot
	Event      LotEvent
	FromBucket Bucket // "": from outside
	ToBucket   Bucket
	Quantity   quantity.Quantity
	Cost       quantity.Money // of what came or left
	Amount     quantity.Money // that the buyer pays for it
	Document   string         // may be empty
	Reference  int64          // the record that it is about, by event
	Day        calendar.Date
	Command    int64
}

// New returns the lot with everything available, and the movement that brought
// it. Event is Added or Received.
func (l Lot) New(event LotEvent, today calendar.Date) (Lot, LotMovement) {
	l.Available, l.Open, l.AddedOn = l.Quantity, true, today
	m := l.movement(event, Outside, AvailableBucket, l.Quantity, today)
	m.Cost, m.Document, m.Reference = l.Cost, l.Document, l.Source
	return l, m
}

// Move returns the lot after q of it has gone by an event from a bucket, and the
// movement. Returns ErrLotEvent or ErrLotShort.
func (l Lot) Move(event LotEvent, from Bucket, q quantity.Quantity, today calendar.Date) (Lot, LotMovement, error) {
	to, err := event.Next(from)
	if err != nil {
		return l, LotMovement{}, err
	}
	m := l.movement(event, from, to, q, today)
	if !to.InReserve() {
		m.Cost = l.CostOfNext(q)
	}
	switch has := l.In(from); {
	case q <= 0:
		return l, m, ErrQuantity
	case has < q:
		return l, m, ErrLotShort.With("lot %d has %s t/a %s, %s t/a would leave it", l.ID, has, from, q)
	}
	l.Apply(m)
	if l.Open = l.InReserve() > 0; !l.Open {
		l.ClosedOn = today
	}
	return l, m, nil
}

func (l Lot) movement(event LotEvent, from, to Bucket, q quantity.Quantity, today calendar.Date) LotMovement {
	return LotMovement{
		Lot: l.ID, Region: l.Region, Pollutant: l.Pollutant, Provenance: l.Provenance, Event: event,
		FromBucket: from, ToBucket: to, Quantity: q, Day: today,
	}
}

// Apply adds a movement to the buckets of a lot: the lot is the sum of its movements.
func (l *Lot) Apply(m LotMovement) {
	if m.FromBucket == Outside {
		l.Quantity += m.Quantity
	} else {
		*l.bucket(m.FromBucket) -= m.Quantity
	}
	*l.bucket(m.ToBucket) += m.Quantity
}

// SameBuckets reports whether the same lies in each bucket of two lots.
func (l Lot) SameBuckets(o Lot) bool {
	for _, b := range Buckets {
		if l.In(b) != o.In(b) {
			return false
		}
	}
	return l.Quantity == o.Quantity
}

// In is what lies in a bucket of the lot.
func (l Lot) In(b Bucket) quantity.Quantity { return *l.bucket(b) }
