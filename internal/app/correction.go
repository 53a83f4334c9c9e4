package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// The tables of corrections.
var (
	Corrections     = cold[permit.Correction]("allocation_correction")
	Debts           = resident[permit.Debt]("permit_debt")
	DebtSettlements = cold[permit.DebtSettlement]("debt_settlement")
)

// debtsOwed are those of which something is owed, by licence.
var debtsOwed = indexed(Debts, func(d permit.Debt) []int64 { return when(d.Open() > 0, d.Licence) })

// errPurchaseOnly is returned when a settlement that takes no permits of the licence names some.
var errPurchaseOnly = fault.Invalidf("instrument", "only a settlement by purchase takes permits of the licence: name none")

// CorrectionRecord takes back what an allocation, or a guarantee out of an earmark,
// gave wrongly. Open orders that offer it are withdrawn. What is available goes back to where it came
// from, first what is left of this allocation, then first in first out, and of a guarantee its offset
// share with it; the rest is recorded as a debt, and then all sells of the party are withdrawn. Third
// parties keep what they bought.
type CorrectionRecord struct {
	Allocation int64
	Quantity   quantity.Quantity
	Finding    string
	Document   string
	DecidedOn  calendar.Date

	EarmarkAllocation int64 // of a guarantee; 0: of an allocation
}

// DebtSettle settles a part of a debt.
type DebtSettle struct {
	Debt       int64
	Way        permit.SettlementWay
	Instrument string        // by purchase
	Origin     ledger.Origin // by purchase
	Quantity   quantity.Quantity
	Document   string
	LotChoice  // by the reserve
}

// CorrectionResult is a correction with the code of its instrument, and the
// orders that it has cancelled.
type CorrectionResult struct {
	Correction permit.Correction
	Instrument string
	Cancelled  []int64
}

// DebtResult is a debt after a settlement.
type DebtResult struct {
	Debt       permit.Debt
	Settlement permit.DebtSettlement
}

var _ = declare(CorrectionRecord{}, DebtSettle{})

// Operation is CorrectionRecord.
func (CorrectionRecord) Operation() identity.Operation { return identity.CorrectionRecord }

// Decide checks the decision, that the allocation gave so much, and what of it
// can be taken back. The result is a CorrectionResult.
func (c CorrectionRecord) Decide(v *View) (Apply, error) {
	a, guarantee, err := c.given(v)
	if err != nil {
		return nil, err
	}
	x := permit.Correction{
		Allocation: c.Allocation, EarmarkAllocation: c.EarmarkAllocation, Party: a.Party, Licence: a.Licence, Region: a.Region, Instrument: a.Instrument, Pollutant: a.Pollutant,
		Origin: a.Origin, Quantity: c.Quantity, Finding: c.Finding, Document: c.Document, DecidedOn: c.DecidedOn, RecordedAt: v.Now,
	}
	if err := x.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("decided_on", c.DecidedOn); err != nil {
		return nil, err
	}
	if err := c.checkUncorrected(v, a.Quantity); err != nil {
		return nil, err
	}
	resting := v.ordersUncovering(a.Holding(), int64(c.Quantity))
	free := v.ledger.Balance(a.Holding()).Available()
	for _, o := range resting {
		free += o.Hold
	}
	if x.Reversed = min(c.Quantity, quantity.Quantity(free)); x.Reversed < x.Quantity {
		resting = v.ordersOn(func(o *market.Record) bool { return o.Party == a.Party && o.Side == market.Sell && !o.OfCredits() })
	}
	if err := v.checkReversal(a, x.Reversed); err != nil {
		return nil, err
	}
	back, err := v.guaranteeBack(guarantee, x.Reversed)
	if err != nil {
		return nil, err
	}
	v.leave(resting)
	code := rowsOf(v.state, Instruments).rows[a.Instrument].Code
	return func(tx *Tx) any {
		cancelled := tx.cancelAll(resting)
		return CorrectionResult{tx.correctAllocation(x, a, back), code, cancelled}
	}, nil
}

// allocation returns an allocation after the actor's right to correct it was
// checked.
func (v *View) allocation(id int64) (reserve.Allocation, error) {
	if err := v.Authorise(identity.CorrectionRecord, identity.Target{}); err != nil {
		return reserve.Allocation{}, err
	}
	a, err := Get(v, Allocations, "allocation", id)
	if err != nil {
		return a, err
	}
	return a, v.AuthoriseAt("allocation", identity.CorrectionRecord, identity.OfRegion(a.Region))
}

// given is what is corrected. Of a guarantee it is what the licence was given out of
// the reserve, with the guarantee.
func (c CorrectionRecord) given(v *View) (a reserve.Allocation, g reserve.EarmarkAllocation, err error) {
	switch {
	case (c.Allocation == 0) == (c.EarmarkAllocation == 0):
		return a, g, permit.ErrCorrectionOf
	case c.EarmarkAllocation == 0:
		a, err = v.allocation(c.Allocation)
		return a, g, err
	}
	if err := v.Authorise(identity.CorrectionRecord, identity.Target{}); err != nil {
		return a, g, err
	}
	if g, err = Get(v, EarmarkAllocations, "earmark_allocation", c.EarmarkAllocation); err != nil {
		return a, g, err
	}
	if err := v.AuthoriseAt("earmark_allocation", identity.CorrectionRecord, identity.OfRegion(g.Region)); err != nil {
		return a, g, err
	}
	if g.State() != reserve.AllocationGiven {
		err = permit.ErrNotGiven.With("the allocation is %s", g.State())
	}
	return reserve.Allocation{
		Party: g.Party, Region: g.Region, Licence: g.Licence, Instrument: g.Instrument, Pollutant: g.Pollutant, Origin: g.Origin, Part: reserve.Reserve, Quantity: g.Need, Acquisition: g.Acquisition,
	}, g, err
}

// checkUncorrected returns ErrCorrected unless of what was given so much is left that
// was not corrected before.
func (c CorrectionRecord) checkUncorrected(v *View, given quantity.Quantity) error {
	earlier, err := Find(v, Corrections, Where("allocation", c.Allocation).And("earmark_allocation", Eq, c.EarmarkAllocation))
	if err != nil {
		return err
	}
	left := given
	for _, x := range earlier {
		left -= x.Quantity
	}
	if c.Quantity > left {
		return permit.ErrCorrected.With("the allocation gave %s t/a, of which %s t/a are not corrected yet", given, left)
	}
	return nil
}

// checkReversal holds that what goes back leaves what deals have promised, and
// comes from a bounded number of acquisitions.
func (v *View) checkReversal(a reserve.Allocation, q quantity.Quantity) error {
	id, open := v.ledger.Find(a.Holding())
	if !open || q == 0 {
		return nil
	}
	needed := v.heldForSales(id)
	for _, o := range v.orders { // they are withdrawn as far as they must
		if v.holdsIn(o, a.Holding()) {
			needed -= o.Hold
		}
	}
	return v.checkParts(id, v.partsFrom(id, a.Acquisition, q), needed)
}

func (tx *Tx) correctAllocation(x permit.Correction, a reserve.Allocation, back guaranteeBack) permit.Correction {
	x.OffsetShare = back.share
	x = Put(tx, Corrections, x)
	if x.Reversed > 0 {
		x.Transfer = tx.revoke(x, a, back)
		tx.takeGuaranteeBack(back, x, x.Transfer, x.Document)
	}
	if owed := x.Quantity - x.Reversed; owed > 0 {
		x.Debt = Put(tx, Debts, permit.Debt{
			Correction: x.ID, Party: x.Party, Licence: x.Licence, Region: x.Region, Pollutant: x.Pollutant, Quantity: owed, RecordedAt: tx.Now,
		}).ID
	}
	tx.licenceChanged(x.Licence, x.Pollutant, amountChange{permit.AmountCorrected, x.ID, -x.Quantity, x.Document})
	return Put(tx, Corrections, x)
}

// revoke posts what is reversed back to the part of the basic account that it
// came from. What comes back to the reserve is a lot of its own.
func (tx *Tx) revoke(x permit.Correction, a reserve.Allocation, back guaranteeBack) int64 {
	holding, _ := tx.ledger.Find(a.Holding())
	parts := tx.partsFrom(holding, a.Acquisition, x.Reversed)
	legs := back.legs(a.Holding(), a.Part.Key(a.Region, a.Pollutant), x.Reversed)
	transfer := tx.Post(ledger.Transfer{Reason: ledger.Revocation, Reference: x.ID, Legs: legs})[0].Transfer
	tx.Use(a.Holding(), parts)
	tx.permitsLost(a.Holding(), reserve.SurplusLoss{Kind: reserve.LostToCorrection, Reference: x.ID, Quantity: x.Reversed, Document: x.Document})
	if a.Part == reserve.Reserve {
		tx.addLot(reserve.Lot{
			Region: x.Region, Pollutant: x.Pollutant, Provenance: reserve.ReclaimedFree, AcquiredOn: tx.Today,
			Document: x.Document, Source: x.ID, Quantity: x.Reversed + x.OffsetShare,
		})
	}
	return transfer
}

// Operation is DebtSettle.
func (DebtSettle) Operation() identity.Operation { return identity.DebtSettle }

// Decide checks that so much is owed and that it is there: in the licence's
// holding for a purchase, in the lots of the reserve. The result is a
// DebtResult.
func (c DebtSettle) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.DebtSettle, identity.Target{}); err != nil {
		return nil, err
	}
	d, err := Get(v, Debts, "id", c.Debt)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.DebtSettle, identity.OfRegion(d.Region)); err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("way", c.Way, permit.SettlementWays); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if err := c.checkNamed(); err != nil {
		return nil, err
	}
	if d, err = d.Settle(c.Quantity, v.Now); err != nil {
		return nil, err
	}
	s := permit.DebtSettlement{
		Debt: d.ID, Party: d.Party, Region: d.Region, Way: c.Way, Quantity: c.Quantity, Document: c.Document, RecordedAt: v.Now,
	}
	pay, err := c.payment(v, d, &s)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		d := Put(tx, Debts, d)
		s := Put(tx, DebtSettlements, s)
		s.Transfer = pay(tx, s.ID)
		return DebtResult{d, Put(tx, DebtSettlements, s)}
	}, nil
}

// checkNamed checks that a purchase says whose permits are taken, and nothing else does.
func (c DebtSettle) checkNamed() error {
	purchase := c.Way == permit.ByPurchase
	switch {
	case purchase && c.Origin == ledger.NoOrigin:
		return fault.Invalidf("origin", "a purchase names the instrument and origin that are taken")
	case !purchase && c.Instrument != "":
		return errPurchaseOnly.At("instrument")
	case !purchase && c.Origin != ledger.NoOrigin:
		return errPurchaseOnly.At("origin")
	}
	return nil
}

// payment checks and returns what a settlement posts, which gives its transfer.
func (c DebtSettle) payment(v *View, d permit.Debt, s *permit.DebtSettlement) (func(tx *Tx, settlement int64) int64, error) {
	unallocated := reserve.Unallocated.Key(d.Region, d.Pollutant)
	t := ledger.Transfer{Reason: ledger.Revocation, Legs: []ledger.Leg{{Credit: unallocated, Amount: int64(c.Quantity)}}}
	post := func(tx *Tx, settlement int64) int64 {
		t.Reference = settlement
		return tx.Post(t)[0].Transfer
	}
	picks, err := v.pickLeaving(c.Way == permit.ByReserve, d.Region, d.Pollutant, c.Quantity, c.LotChoice)
	if err != nil {
		return nil, err
	}
	switch c.Way {
	case permit.ByPurchase:
		key, err := c.holding(v, d, s)
		if err != nil {
			return nil, err
		}
		x, back, err := v.owedBack(d, c.Quantity)
		if err != nil {
			return nil, err
		}
		s.OffsetShare, t.Legs = back.share, back.legs(key, unallocated, c.Quantity)
		return func(tx *Tx, settlement int64) int64 {
			transfer := post(tx, settlement)
			tx.takeGuaranteeBack(back, x, transfer, c.Document)
			tx.Consume(key, c.Quantity, false)
			tx.permitsLost(key, reserve.SurplusLoss{Kind: reserve.LostToCorrection, Reference: d.Correction, Quantity: c.Quantity, Document: c.Document})
			return transfer
		}, nil
	case permit.ByReserve:
		t.Legs[0].Debit = reserve.Reserve.Key(d.Region, d.Pollutant)
		return func(tx *Tx, settlement int64) int64 {
			tx.moveLots(lotMove{event: reserve.Withdraw, from: reserve.AvailableBucket, picks: picks, reference: settlement, document: c.Document})
			return post(tx, settlement)
		}, nil
	case permit.ByCourt:
	}
	return func(*Tx, int64) int64 { return 0 }, nil
}

// owedBack is the correction that a debt is of, and what a purchase that settles q of it takes
// back with it where that corrected a guarantee.
func (v *View) owedBack(d permit.Debt, q quantity.Quantity) (x permit.Correction, back guaranteeBack, err error) {
	if x, err = Get(v, Corrections, "id", d.Correction); err != nil || x.EarmarkAllocation == 0 {
		return x, back, err
	}
	g, err := Get(v, EarmarkAllocations, "id", x.EarmarkAllocation)
	if err == nil {
		back, err = v.guaranteeBack(g, q)
	}
	return x, back, err
}

// holding is the account that a settlement by purchase takes from.
func (c DebtSettle) holding(v *View, d permit.Debt, s *permit.DebtSettlement) (ledger.Key, error) {
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return ledger.Key{}, err
	}
	if i.Pollutant != d.Pollutant {
		return ledger.Key{}, ErrWrongInstrument.With("the debt is of %s, not of %s", d.Pollutant, i.Code)
	}
	if i.Expired(v.Today) {
		return ledger.Key{}, ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	l, err := Get(v, Licences, "licence", d.Licence)
	if err != nil {
		return ledger.Key{}, err
	}
	key := HoldingKey(l, i, c.Origin)
	if err := v.ledger.CheckHold(key, int64(c.Quantity)); err != nil {
		return key, atField(err, "quantity")
	}
	id, _ := v.ledger.Find(key)
	s.Instrument, s.Origin = i.ID, c.Origin
	return key, v.checkTaken(id, int64(c.Quantity), v.heldForSales(id))
}
