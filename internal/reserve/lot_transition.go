package reserve

import (
	"slices"

	"permitx/internal/quantity"
)

// A Bucket is a state that a part of a lot is in.
type Bucket string

// The buckets. Outside is where a lot comes from.
const (
	Outside         Bucket = ""
	AvailableBucket Bucket = "available"
	EarmarkedBucket Bucket = "earmarked"
	ListedBucket    Bucket = "listed"
	ReservedBucket  Bucket = "reserved"
	FrozenAvailable Bucket = "frozen_available" // frozen, available before
	FrozenEarmarked Bucket = "frozen_earmarked" // frozen, earmarked before
	Transferred     Bucket = "transferred"
	RetiredBucket   Bucket = "retired"
	Withdrawn       Bucket = "withdrawn"
)

// Buckets are all buckets.
var Buckets = []Bucket{
	AvailableBucket, EarmarkedBucket, ListedBucket, ReservedBucket, FrozenAvailable, FrozenEarmarked, Transferred, RetiredBucket, Withdrawn,
}

// InReserve reports whether what lies in the bucket is still in the reserve.
func (b Bucket) InReserve() bool {
	return !slices.Contains([]Bucket{Outside, Transferred, RetiredBucket, Withdrawn}, b)
}

// IsSetAside reports whether the lot itself holds what lies in the bucket aside.
func (b Bucket) IsSetAside() bool {
	return slices.Contains([]Bucket{EarmarkedBucket, ListedBucket, FrozenAvailable, FrozenEarmarked}, b)
}

func (l *Lot) bucket(b Bucket) *quantity.Quantity {
	switch b {
	case AvailableBucket:
		return &l.Available
	case EarmarkedBucket:
		return &l.Earmarked
	case ListedBucket:
		return &l.Listed
	case ReservedBucket:
		return &l.Reserved
	case FrozenAvailable:
		return &l.FrozenAvailable
	case FrozenEarmarked:
		return &l.FrozenEarmarked
	case Transferred:
		return &l.Transferred
	case RetiredBucket:
		return &l.Retired
	case Withdrawn:
		return &l.Withdrawn
	case Outside:
	}
	panic("reserve: a lot has no bucket " + string(b))
}

// A LotEvent is what happens to a part of a lot.
type LotEvent string

// The events.
const (
	Added      LotEvent = "add"      // a new lot comes into the reserve
	Received   LotEvent = "receive"  // … from another level of government
	Offering   LotEvent = "list"     // offered for sale
	Unlisting  LotEvent = "unlist"   // unsold, or no longer offered
	Earmarking LotEvent = "earmark"  // kept for a project
	Release    LotEvent = "release"  // kept no longer
	Reserving  LotEvent = "reserve"  // sold, its payment is asked for
	Default    LotEvent = "default"  // not paid for
	Delivery   LotEvent = "deliver"  // sold and delivered
	Allotment  LotEvent = "allocate" // given to a licence, or to the project that it was kept for
	Freezing   LotEvent = "freeze"   // by order
	Unfreeze   LotEvent = "unfreeze" // back to where it was
	Retiring   LotEvent = "retire"   // taken out for good
	Withdraw   LotEvent = "withdraw" // back to the unallocated part
	Giving     LotEvent = "give"     // to another level of government
)

// LotEvents are all events.
var LotEvents = []LotEvent{
	Added, Received, Offering, Unlisting, Earmarking, Release, Reserving, Default, Delivery, Allotment, Freezing, Unfreeze, Retiring, Withdraw, Giving,
}

// LotTransition is a row of the table: by Event a part of a lot goes From one
// bucket To another.
type LotTransition struct {
	Event    LotEvent
	From, To Bucket
}

// LotTransitions is the table of what can happen to a part of a lot: the state
// machine of the reserve's lots. Whatever is not in it is refused.
var LotTransitions = []LotTransition{
	{Added, Outside, AvailableBucket},
	{Received, Outside, AvailableBucket},
	{Offering, AvailableBucket, ListedBucket},
	{Unlisting, ListedBucket, AvailableBucket},
	{Earmarking, AvailableBucket, EarmarkedBucket},
	{Release, EarmarkedBucket, AvailableBucket},
	{Release, FrozenEarmarked, FrozenAvailable},
	{Reserving, ListedBucket, ReservedBucket},
	{Default, ReservedBucket, AvailableBucket},
	{Delivery, ReservedBucket, Transferred},
	{Allotment, EarmarkedBucket, Transferred},
	{Allotment, AvailableBucket, Transferred},
	{Freezing, AvailableBucket, FrozenAvailable},
	{Freezing, EarmarkedBucket, FrozenEarmarked},
	{Unfreeze, FrozenAvailable, AvailableBucket},
	{Unfreeze, FrozenEarmarked, EarmarkedBucket},
	{Retiring, AvailableBucket, RetiredBucket},
	{Withdraw, AvailableBucket, Withdrawn},
	{Giving, AvailableBucket, Withdrawn},
}

// Next returns where a part of a lot goes from a bucket by the event, or ErrLotEvent.
func (e LotEvent) Next(from Bucket) (Bucket, error) {
	for _, t := range LotTransitions {
		if t.Event == e && t.From == from {
			return t.To, nil
		}
	}
	return "", ErrLotEvent.With("what is %s in a lot cannot %s", from, e)
}
