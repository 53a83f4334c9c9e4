package app

import (
	"errors"

	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// LotOrders are what the bureau did to lots by a document.
var LotOrders = cold[reserve.LotOrder]("lot_order")

// LotAdd brings a lot into the reserve out of the unallocated part: permits that
// are pre-reserved, or that a reduction has freed that the government paid for.
type LotAdd struct {
	Region     string
	Pollutant  string
	Provenance reserve.Provenance
	Quantity   quantity.Quantity
	AcquiredOn calendar.Date
	Document   string
	Price      quantity.Price // CNY/(t·a); 0: nothing was paid
	Months     int32          // of the term that was bought
	Cost       quantity.Money // of the whole lot
}

// LotRetire takes a part of the reserve out of use for good.
type LotRetire struct {
	Region    string
	Pollutant string
	Quantity  quantity.Quantity
	LotChoice
	Document string
}

// LotFreeze freezes a part of a lot by order: what is available first, then what
// is earmarked.
type LotFreeze struct {
	Lot      int64
	Quantity quantity.Quantity
	Document string
}

// LotUnfreeze ends the freeze of a part of a lot: it goes back to where it was.
type LotUnfreeze struct {
	Lot      int64
	Quantity quantity.Quantity
	Document string
}

// LotOrderResult is an order with the lot that it was about, if it was one.
type LotOrderResult struct {
	Order reserve.LotOrder
	Lot   reserve.Lot
}

var _ = declare(LotAdd{}, LotRetire{}, LotFreeze{}, LotUnfreeze{})

// Operation is LotAdd.
func (LotAdd) Operation() identity.Operation { return identity.LotAdd }

// Decide checks the lot and that the unallocated part covers it. The result is
// a reserve.Lot.
func (c LotAdd) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.LotAdd, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	l := reserve.Lot{
		Region: c.Region, Pollutant: c.Pollutant, Provenance: c.Provenance, AcquiredOn: c.AcquiredOn, Document: c.Document,
		Price: c.Price, Months: c.Months, Cost: c.Cost, Quantity: c.Quantity,
	}
	if err := l.ValidateOrdered(); err != nil {
		return nil, err
	}
	if err := v.checkPast("acquired_on", c.AcquiredOn); err != nil {
		return nil, err
	}
	if err := v.basicAccount("region", c.Region, c.Pollutant); err != nil {
		return nil, err
	}
	m := reserve.Movement{
		Region: c.Region, Pollutant: c.Pollutant, Direction: reserve.ToReserve, Quantity: c.Quantity, Document: c.Document, RecordedAt: v.Now,
	}
	t := reserve.MovementTransfer(m)
	if err := v.ledger.CheckOne(t.Reason, t.Legs[0]); err != nil {
		return nil, atField(err, "quantity")
	}
	return func(tx *Tx) any {
		m = Put(tx, ReserveMovements, m)
		l.Source = m.ID
		l = tx.addLot(l)
		m.Transfer = tx.Post(reserve.MovementTransfer(m))[0].Transfer
		Put(tx, ReserveMovements, m)
		return l
	}, nil
}

// Operation is LotRetire.
func (LotRetire) Operation() identity.Operation { return identity.LotRetire }

// Decide picks the lots. The result is a LotOrderResult.
func (c LotRetire) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.LotRetire, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	order := reserve.LotOrder{
		Kind: reserve.OrderRetire, Region: c.Region, Pollutant: c.Pollutant, Quantity: c.Quantity, Document: c.Document, RecordedAt: v.Now,
	}
	if err := order.Validate(); err != nil {
		return nil, err
	}
	if err := v.basicAccount("region", c.Region, c.Pollutant); err != nil {
		return nil, err
	}
	picks, err := v.pickLots(c.Region, c.Pollutant, c.Quantity, c.LotChoice)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		order = Put(tx, LotOrders, order)
		tx.moveLots(lotMove{event: reserve.Retiring, from: reserve.AvailableBucket, picks: picks, reference: order.ID, document: order.Document})
		order.Transfer = tx.Post(order.RetireTransfer())[0].Transfer
		return LotOrderResult{Order: Put(tx, LotOrders, order)}
	}, nil
}

// Operation is LotFreeze.
func (LotFreeze) Operation() identity.Operation { return identity.LotFreeze }

// Decide checks that so much of the lot is available or earmarked. The result
// is a LotOrderResult.
func (c LotFreeze) Decide(v *View) (Apply, error) {
	l, order, err := v.lotOrder(identity.LotFreeze, reserve.OrderFreeze, c.Lot, c.Quantity, c.Document)
	if err != nil {
		return nil, err
	}
	free := min(c.Quantity, l.Available)
	earmarked := v.pickOfLot(l.ID, c.Quantity-free, func(k reserve.LotClaim) quantity.Quantity { return k.Quantity })
	if free+sumPicks(earmarked) < c.Quantity {
		return nil, reserve.ErrLotShort.With("the lot has %s t/a available and %s t/a earmarked", l.Available, l.Earmarked)
	}
	return orderOf(order, reserve.Freezing, []lotMove{
		{from: reserve.AvailableBucket, picks: pickOne(l.ID, free)},
		{from: reserve.EarmarkedBucket, picks: earmarked},
	}), nil
}

// Operation is LotUnfreeze.
func (LotUnfreeze) Operation() identity.Operation { return identity.LotUnfreeze }

// Decide checks that so much of the lot is frozen. The result is a LotOrderResult.
func (c LotUnfreeze) Decide(v *View) (Apply, error) {
	l, order, err := v.lotOrder(identity.LotUnfreeze, reserve.OrderUnfreeze, c.Lot, c.Quantity, c.Document)
	if err != nil {
		return nil, err
	}
	free := min(c.Quantity, l.FrozenAvailable)
	earmarked := v.pickOfLot(l.ID, c.Quantity-free, func(k reserve.LotClaim) quantity.Quantity { return k.Frozen })
	if free+sumPicks(earmarked) < c.Quantity {
		return nil, reserve.ErrLotShort.With("the lot has %s t/a frozen", l.Frozen())
	}
	return orderOf(order, reserve.Unfreeze, []lotMove{
		{from: reserve.FrozenAvailable, picks: pickOne(l.ID, free)},
		{from: reserve.FrozenEarmarked, picks: earmarked},
	}), nil
}

// lotOrder returns an open lot after the actor's right to do this in its region
// was checked, and the order about it.
func (v *View) lotOrder(op identity.Operation, kind reserve.LotOrderKind, id int64, q quantity.Quantity, document string) (reserve.Lot, reserve.LotOrder, error) {
	l, err := v.lotFor(op, "id", id)
	if err != nil {
		return l, reserve.LotOrder{}, err
	}
	order := reserve.LotOrder{Kind: kind, Region: l.Region, Pollutant: l.Pollutant, Lot: l.ID, Quantity: q, Document: document, RecordedAt: v.Now}
	return l, order, order.Validate()
}

// lotFor is lot, after the actor's right to do this in its region was checked,
// also where nothing of it is left.
func (v *View) lotFor(op identity.Operation, field string, id int64) (reserve.Lot, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return reserve.Lot{}, err
	}
	l, closed := v.lot(field, id)
	if errors.Is(closed, ErrLotClosed) {
		found, err := Find(v, Lots, Where("id", id))
		if err != nil {
			return l, err
		}
		l = found[0]
	} else if closed != nil {
		return l, closed
	}
	if err := v.AuthoriseAt(field, op, identity.OfRegion(l.Region)); err != nil {
		return l, err
	}
	return l, closed
}

// pickOfLot picks up to a quantity of what earmarks have claimed of a lot, as
// amount says what each has.
func (v *View) pickOfLot(lot int64, q quantity.Quantity, amount func(reserve.LotClaim) quantity.Quantity) []reserve.Pick {
	var picks []reserve.Pick
	for _, id := range v.lots.byLot[lot] {
		c := rowsOf(v.state, LotClaims).rows[id]
		part := min(q, amount(c))
		if c.Owner != reserve.ForProject || part == 0 || len(picks) == reserve.PicksMax {
			continue
		}
		picks = append(picks, reserve.Pick{Lot: lot, Claim: id, Quantity: part})
		q -= part
	}
	return picks
}

func sumPicks(picks []reserve.Pick) (sum quantity.Quantity) {
	for _, p := range picks {
		sum += p.Quantity
	}
	return sum
}

func pickOne(lot int64, q quantity.Quantity) []reserve.Pick {
	if q == 0 {
		return nil
	}
	return []reserve.Pick{{Lot: lot, Quantity: q}}
}

// orderOf moves parts of one lot by an order.
func orderOf(order reserve.LotOrder, event reserve.LotEvent, moves []lotMove) Apply {
	return func(tx *Tx) any {
		order = Put(tx, LotOrders, order)
		for _, m := range moves {
			m.event, m.reference, m.document = event, order.ID, order.Document
			tx.moveLots(m)
		}
		return LotOrderResult{order, mustGet(tx, Lots, order.Lot)}
	}
}
