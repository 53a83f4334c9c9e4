package app

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// The tables of what a region's basic account rests on.
var (
	CapDecisions     = cold[reserve.CapDecision]("cap_decision")
	ReserveMovements = cold[reserve.Movement]("reserve_movement")
	LevelTransfers   = cold[reserve.LevelTransfer]("level_transfer")
)

// ErrDayToCome is returned when something would have happened on a day to come.
var ErrDayToCome = fault.New(fault.Invalid, "request.day_to_come", "the day lies in the future")

// CapDecide changes the cap of a region by an approved document. A higher cap
// grows the unallocated part, a lower one is taken from it.
type CapDecide struct {
	Region    string
	Pollutant string
	Change    quantity.Quantity // negative: the cap is lowered
	Document  string
	DecidedOn calendar.Date
}

// ReserveMove moves permits between the unallocated part and the reserve.
type ReserveMove struct {
	Region    string
	Pollutant string
	Direction reserve.Direction
	Quantity  quantity.Quantity
	Document  string
	LotChoice // of what leaves the reserve
}

// LevelMove moves indicators, with their cap, between a region and one that
// lies in it.
type LevelMove struct {
	FromRegion string
	ToRegion   string
	Pollutant  string
	Quantity   quantity.Quantity
	Part       reserve.Part
	Document   string
	LotChoice  // of a part of the reserve
}

var _ = declare(CapDecide{}, ReserveMove{}, LevelMove{})

// basicAccount checks that a region and a pollutant exist today.
func (v *View) basicAccount(regionField, region, pollutant string) error {
	r, err := v.Region(regionField, region)
	if err != nil {
		return err
	}
	p, err := v.Pollutant("pollutant", pollutant)
	if err != nil {
		return err
	}
	if err := v.checkRegion(regionField, r); err != nil {
		return err
	}
	if !p.ValidOn(v.Today) {
		return ErrPollutantNotValid.With("permits for %s exist from %s to %s", p.Code, p.ValidFrom, p.ValidTo)
	}
	return nil
}

// checkPast returns ErrDayToCome for a day after today.
func (v *View) checkPast(field string, d calendar.Date) error {
	if d > v.Today {
		return ErrDayToCome.With("%s lies in the future", d).At(field)
	}
	return nil
}

// Operation is CapDecide.
func (CapDecide) Operation() identity.Operation { return identity.CapDecide }

// Decide checks the decision and, for a lower cap, that the unallocated part
// covers it: ledger.ErrInsufficient otherwise. The result is a
// reserve.CapDecision.
func (c CapDecide) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.CapDecide, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	d := reserve.CapDecision{
		Region: c.Region, Pollutant: c.Pollutant, Change: c.Change, Document: c.Document, DecidedOn: c.DecidedOn, RecordedAt: v.Now,
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("decided_on", c.DecidedOn); err != nil {
		return nil, err
	}
	if err := v.basicAccount("region", c.Region, c.Pollutant); err != nil {
		return nil, err
	}
	t := reserve.CapTransfer(d)
	if err := v.ledger.CheckOne(t.Reason, t.Legs[0]); err != nil {
		return nil, atField(err, "change")
	}
	return func(tx *Tx) any { return tx.decideCap(d) }, nil
}

// decideCap records a decision and posts it.
func (tx *Tx) decideCap(d reserve.CapDecision) reserve.CapDecision {
	d = Put(tx, CapDecisions, d)
	posted := tx.Post(reserve.CapTransfer(d))[0]
	d.Transfer, d.Cap = posted.Transfer, quantity.Quantity(posted.DebitAfter)
	if d.Change < 0 {
		d.Cap = quantity.Quantity(posted.CreditAfter)
	}
	return Put(tx, CapDecisions, d)
}

// Operation is ReserveMove.
func (ReserveMove) Operation() identity.Operation { return identity.ReserveMoveOp }

// Decide checks that the part that gives has what moves. The result is a
// reserve.Movement.
func (c ReserveMove) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.ReserveMoveOp, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	m := reserve.Movement{
		Region: c.Region, Pollutant: c.Pollutant, Direction: c.Direction, Quantity: c.Quantity, Document: c.Document, RecordedAt: v.Now,
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if err := v.basicAccount("region", c.Region, c.Pollutant); err != nil {
		return nil, err
	}
	t := reserve.MovementTransfer(m)
	if err := v.ledger.CheckOne(t.Reason, t.Legs[0]); err != nil {
		return nil, atField(err, "quantity")
	}
	leaving, err := v.pickLeaving(m.Direction == reserve.ToUnallocated, m.Region, m.Pollutant, m.Quantity, c.LotChoice)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		m = Put(tx, ReserveMovements, m)
		if m.Direction == reserve.ToReserve {
			tx.addLot(m.Lot(tx.Today))
		}
		tx.moveLots(lotMove{event: reserve.Withdraw, from: reserve.AvailableBucket, picks: leaving, reference: m.ID, document: m.Document})
		m.Transfer = tx.Post(reserve.MovementTransfer(m))[0].Transfer
		return Put(tx, ReserveMovements, m)
	}, nil
}

// Operation is LevelMove.
func (LevelMove) Operation() identity.Operation { return identity.LevelMove }

// Decide checks that one region lies in the other and that the part that gives
// has what moves. The result is a reserve.LevelTransfer.
func (c LevelMove) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("from_region", identity.LevelMove, identity.OfRegion(c.FromRegion)); err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("to_region", identity.LevelMove, identity.OfRegion(c.ToRegion)); err != nil {
		return nil, err
	}
	l := reserve.LevelTransfer{
		FromRegion: c.FromRegion, ToRegion: c.ToRegion, Pollutant: c.Pollutant, Quantity: c.Quantity, Part: c.Part,
		Document: c.Document, RecordedAt: v.Now,
	}
	if err := l.Validate(); err != nil {
		return nil, err
	}
	if err := v.basicAccount("from_region", c.FromRegion, c.Pollutant); err != nil {
		return nil, err
	}
	if err := v.basicAccount("to_region", c.ToRegion, c.Pollutant); err != nil {
		return nil, err
	}
	if err := v.ledger.Check(bothOf(reserve.LevelTransfers(l))...); err != nil {
		return nil, atField(err, "quantity")
	}
	leaving, err := v.pickLeaving(l.Part == reserve.Reserve, l.FromRegion, l.Pollutant, l.Quantity, c.LotChoice)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		l = Put(tx, LevelTransfers, l)
		tx.moveToLevel(l, leaving)
		from, to := reserve.LevelTransfers(l)
		l.FromTransfer = tx.Post(from)[0].Transfer
		l.ToTransfer = tx.Post(to)[0].Transfer
		return Put(tx, LevelTransfers, l)
	}, nil
}

// moveToLevel gives parts of lots to the other level: each becomes a lot there,
// with its provenance, its day and its share of the cost.
func (tx *Tx) moveToLevel(l reserve.LevelTransfer, leaving []reserve.Pick) {
	lots := make([]reserve.Lot, len(leaving))
	for i, p := range leaving {
		lots[i] = mustGet(tx, Lots, p.Lot)
	}
	given := tx.moveLots(lotMove{event: reserve.Giving, from: reserve.AvailableBucket, picks: leaving, reference: l.ID, document: l.Document})
	for i := range leaving {
		tx.bringLot(l.Lot(lots[i], given[i]), reserve.Received)
	}
}

func bothOf[T any](a, b T) []T { return []T{a, b} }
