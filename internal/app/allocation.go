package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// Allocations are permits given to licences.
var Allocations = cold[reserve.Allocation]("allocation")

// Allocate gives permits to a licence: for the first time, as a balance taken
// over from an older register, or for a new term.
type Allocate struct {
	Licence    int64
	Instrument string
	Kind       reserve.AllocationKind
	Part       reserve.Part // where they come from
	Origin     ledger.Origin
	Quantity   quantity.Quantity
	Price      quantity.Price // CNY/(t·a), of paid permits
	PriceKnown bool
	AcquiredOn calendar.Date
	Document   string
	LotChoice  // of what comes from the reserve
}

// AllocationResult is an allocation with the code of its instrument.
type AllocationResult struct {
	Allocation reserve.Allocation
	Instrument string
}

var _ = declare(Allocate{})

// Operation is Allocate.
func (Allocate) Operation() identity.Operation { return identity.Allocate }

// Decide checks the allocation, that the licence may receive it and that the
// part of the basic account covers it. The result is an AllocationResult.
func (c Allocate) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.Allocate, c.Licence)
	if err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	a := reserve.Allocation{
		Party: l.Party, Region: l.Region, Licence: l.ID, Instrument: i.ID, Pollutant: i.Pollutant, Kind: c.Kind, Part: c.Part,
		Origin: c.Origin, Quantity: c.Quantity, Price: c.Price, PriceKnown: c.PriceKnown || c.Origin == ledger.Free,
		AcquiredOn: c.AcquiredOn, Document: c.Document, RecordedAt: v.Now,
	}
	if err := a.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("acquired_on", c.AcquiredOn); err != nil {
		return nil, err
	}
	action := rulebook.TakeOver
	if c.Kind == reserve.Initial {
		action = rulebook.Allocation
	}
	if err := v.checkReceiver(action, l, i, c.Quantity); err != nil {
		return nil, err
	}
	t := reserve.AllocationTransfer(a)
	if err := v.ledger.CheckOne(t.Reason, t.Legs[0]); err != nil {
		return nil, atField(err, "quantity")
	}
	leaving, err := v.pickLeaving(a.Part == reserve.Reserve, a.Region, a.Pollutant, a.Quantity, c.LotChoice)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return AllocationResult{tx.allocate(a, leaving), i.Code} }, nil
}

// allocate gives permits out, of lots where they come from the reserve.
func (tx *Tx) allocate(a reserve.Allocation, leaving []reserve.Pick) reserve.Allocation {
	a = Put(tx, Allocations, a)
	tx.moveLots(lotMove{event: reserve.Allotment, from: reserve.AvailableBucket, picks: leaving, reference: a.ID, document: a.Document})
	posted := tx.Post(reserve.AllocationTransfer(a))[0]
	a.Transfer, a.Account = posted.Transfer, posted.Credit
	a.Acquisition = tx.Acquire(a.Holding(), reserve.AcquisitionOf(a)).ID
	return Put(tx, Allocations, a)
}

// licenceOf returns a licence after the actor's right to do this in its region
// was checked.
func (v *View) licenceOf(op identity.Operation, id int64) (catalog.Licence, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return catalog.Licence{}, err
	}
	l, err := Get(v, Licences, "licence", id)
	if err != nil {
		return l, err
	}
	return l, v.AuthoriseAt("licence", op, identity.OfRegion(l.Region))
}

// checkReceiver refuses to give permits of an instrument whose term has ended,
// and what the rules of the action refuse to the licence.
func (v *View) checkReceiver(action rulebook.Action, l catalog.Licence, i catalog.Instrument, q quantity.Quantity) error {
	return v.checkExpected(action, l, i, q, 0)
}

// checkExpected is checkReceiver for permits that the licence counts already as what
// it may still get: own is what it counts for them.
func (v *View) checkExpected(action rulebook.Action, l catalog.Licence, i catalog.Instrument, q, own quantity.Quantity) error {
	pollutant, err := v.Pollutant("instrument", i.Pollutant)
	if err != nil {
		return err
	}
	switch {
	case i.Expired(v.Today):
		return ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	case !pollutant.ValidOn(v.Today):
		return ErrPollutantNotValid.With("permits for %s exist from %s to %s", pollutant.Code, pollutant.ValidFrom, pollutant.ValidTo).At("instrument")
	}
	return v.judgeArrival(action, l, i, q, own)
}
