package app

import (
	"fmt"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// Departures are the licences that leave their region's permits.
var Departures = resident[permit.Departure]("departure")

var departuresOf = indexed(Departures, func(d permit.Departure) []int64 { return []int64{d.Licence} })

// DepartureRecord opens the departure of a licence: the site moves to another
// region, closes, or its enterprise is bankrupt. Its free permits that are
// available come into the reserve without payment, and its buy orders are
// cancelled.
type DepartureRecord struct {
	Kind        permit.DepartureKind
	Licence     int64
	EffectiveOn calendar.Date
	Document    string
}

// DepartureStep completes a departure when nothing is left, or withdraws it.
type DepartureStep struct {
	Departure int64
	Event     permit.DepartureEvent
	Document  string
}

// DepartureResult is a departure, and the orders that it has cancelled.
type DepartureResult struct {
	Departure permit.Departure
	Cancelled []int64
}

var _ = declare(DepartureRecord{}, DepartureStep{})

// Operation is DepartureRecord.
func (DepartureRecord) Operation() identity.Operation { return identity.DepartureRecord }

// Decide checks the departure, and what of the licence's permits is free and
// available. The result is a DepartureResult.
func (c DepartureRecord) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.DepartureRecord, c.Licence)
	if err != nil {
		return nil, err
	}
	d := permit.Departure{
		Kind: c.Kind, Party: l.Party, Licence: l.ID, Region: l.Region, Document: c.Document, EffectiveOn: c.EffectiveOn,
		State: permit.DepartureOpen, RecordedAt: v.Now,
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("effective_on", c.EffectiveOn); err != nil {
		return nil, err
	}
	for other := range departuresOf.of(v, l.ID) {
		if other.State == permit.DepartureOpen {
			return nil, permit.ErrDepartureOpen.With("departure %d of this licence is open already", other.ID)
		}
	}
	free, err := v.freeOf(l)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		_, cancelled := tx.sweep(market.Sweep{Licence: l.ID, Side: market.Buy, Ending: market.FactChanged})
		d = Put(tx, Departures, d)
		tx.reclaimFree(&d, free)
		return DepartureResult{Put(tx, Departures, d), cancelled}
	}, nil
}

// freeOf are the legs by which a licence's available free permits come into
// the reserve.
func (v *View) freeOf(l catalog.Licence) ([]ledger.Leg, error) {
	var legs []ledger.Leg
	rows := 0
	for i := range All(v, Instruments) {
		k := HoldingKey(l, i, ledger.Free)
		id, _ := v.ledger.Find(k)
		if free := v.ledger.Balance(k).Available(); free > 0 {
			legs = append(legs, ledger.Leg{Debit: k, Credit: ledger.PermitKey(ledger.Reserve, l.Region, i.Pollutant), Amount: free})
			rows += len(v.ledger.Acquisitions(id))
		}
	}
	if rows > MaxSuccessionRows {
		return nil, ErrTransferRows
	}
	return legs, nil
}

// reclaimFree posts free permits into the reserve, a lot for each holding.
func (tx *Tx) reclaimFree(d *permit.Departure, legs []ledger.Leg) {
	if len(legs) == 0 {
		return
	}
	d.Transfer = tx.Post(ledger.Transfer{Reason: ledger.Succession, Reference: d.ID, Legs: legs})[0].Transfer
	for _, leg := range legs {
		q := quantity.Quantity(leg.Amount)
		tx.Consume(leg.Debit, q, false)
		tx.licenceChanged(d.Licence, leg.Debit.Pollutant, amountChange{permit.AmountSucceeded, d.ID, -q, d.Document})
		tx.addLot(reserve.Lot{
			Region: d.Region, Pollutant: leg.Debit.Pollutant, Provenance: reserve.ReclaimedFree, AcquiredOn: tx.Today,
			Document: d.Document, Source: d.ID, Quantity: q,
		})
		d.Reclaimed += q
	}
}

// Operation is DepartureStep.
func (DepartureStep) Operation() identity.Operation { return identity.DepartureStep }

// Decide checks that the departure is open and, to complete it, that nothing
// is left of the licence: ErrDepartureLeft says what is. The result is a
// DepartureResult.
func (c DepartureStep) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.DepartureStep, identity.Target{}); err != nil {
		return nil, err
	}
	d, err := Get(v, Departures, "id", c.Departure)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.DepartureStep, identity.OfRegion(d.Region)); err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("event", c.Event, permit.DepartureEvents); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if d, err = d.Next(c.Event); err != nil {
		return nil, err
	}
	l, err := Get(v, Licences, "licence", d.Licence)
	if err != nil {
		return nil, err
	}
	revoke := func(*Tx) {}
	var idle []reserve.IdleDeclaration
	if c.Event == permit.CompleteDeparture {
		if err := v.checkNothingLeft(l); err != nil {
			return nil, err
		}
		if revoke, err = v.revoked(l, string(d.Kind)); err != nil {
			return nil, err
		}
		idle = v.idleOf(l)
	}
	d.EndDocument, d.EndedAt = c.Document, v.Now
	return func(tx *Tx) any {
		var cancelled []int64
		if d.State == permit.DepartureCompleted {
			_, cancelled = tx.sweep(market.Sweep{Licence: l.ID, Ending: market.FactChanged})
			revoke(tx)
			for _, i := range idle { // nothing is left that could lie idle
				Put(tx, IdleDeclarations, i.End(tx.Today, c.Document))
			}
		}
		return DepartureResult{Put(tx, Departures, d), cancelled}
	}, nil
}

// checkNothingLeft returns ErrDepartureLeft with all that is left of a licence.
func (v *View) checkNothingLeft(l catalog.Licence) error {
	var left []string
	for i := range All(v, Instruments) {
		for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
			b := v.ledger.Balance(HoldingKey(l, i, origin))
			if b.Balance > 0 {
				left = append(left, fmt.Sprintf("%s t/a of %s, %s, of it %s held", quantity.Quantity(b.Balance), i.Code, origin, quantity.Quantity(b.Held)))
			}
		}
	}
	resting, err := v.restingOn(l)
	if err != nil {
		return err
	}
	for _, r := range permit.Rests {
		if ids := resting[r.What]; len(ids) > 0 && r.What != permit.RestingIdle { // ends with it
			left = append(left, fmt.Sprintf("%s %s", r.What, listed(ids)))
		}
	}
	if len(left) > 0 {
		return permit.ErrDepartureLeft.With("left of licence %s: %s", l.Number, strings.Join(left, "; "))
	}
	return nil
}
