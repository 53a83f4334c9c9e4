package app

import (
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// ErrSameHolder is returned when credits would be transferred to who has them.
var ErrSameHolder = fault.New(fault.Invalid, "carbon.same_holder", "the credits would stay where they are").At("to")

// ErrObligationKnown is returned when the obligation of a party and year is recorded already.
var ErrObligationKnown = fault.New(fault.Conflict, "carbon.obligation_known", "the obligation of this party and year is recorded already").At("year")

// CreditTransfer gives units of a series to another party.
type CreditTransfer struct {
	Party    int64 // that has them
	Series   int64
	To       int64 // party
	Units    int64
	Document string
}

// CreditRetire uses units of a series up for good.
type CreditRetire struct {
	Party       int64
	Series      int64
	Units       int64
	Purpose     carbon.Purpose
	Beneficiary string
	Occasion    string
	Obligation  int64 // of an offset; 0: none
}

// CreditRevoke takes units of an issuance back that a verification error has
// brought: those that its party still has; the others it owes.
type CreditRevoke struct {
	Issuance int64
	Units    int64
	Document string
}

// CreditRepay gives units of a series up for those that the party owes.
type CreditRepay struct {
	Debt   int64
	Series int64
	Units  int64
}

// ObligationRecord records what a party must surrender for a year.
type ObligationRecord struct {
	Party    int64
	Year     int32
	Amount   quantity.Reduction
	Document string
}

// CreditResult is units that have moved, with their serial numbers.
type CreditResult struct {
	Series  carbon.Series
	Units   int64
	Serials []string
}

// RetirementResult is a retirement with the serial numbers that it used up.
type RetirementResult struct {
	Retirement carbon.Retirement
	Series     string
	Serials    []string
	Origins    []string // serial numbers of other schemes that were recognised
}

// RevocationResult is an issuance of which units were taken back, and what is owed.
type RevocationResult struct {
	Issuance carbon.Issuance
	Revoked  int64
	Debt     carbon.Debt // without an id where nothing is owed
	// Cancelled are the orders that sold what was taken back.
	Cancelled []int64
}

var _ = declare(CreditTransfer{}, CreditRetire{}, CreditRevoke{}, CreditRepay{}, ObligationRecord{})

// ownSeries returns a series, whose credits can be used today, after the right to act
// for its holder was checked.
func (v *View) ownSeries(op identity.Operation, party, id int64) (carbon.Series, error) {
	if err := v.AuthoriseAt("party", op, identity.Target{Parties: []int64{party}}); err != nil {
		return carbon.Series{}, err
	}
	if err := v.checkActive("party", party); err != nil {
		return carbon.Series{}, err
	}
	series, err := Get(v, CreditSeries, "series", id)
	if err != nil {
		return series, err
	}
	return series, atField(series.CheckUsable(v.Today), "series")
}

// checkActive returns a fault unless a party takes part.
func (v *View) checkActive(field string, party int64) error {
	p, err := Get(v, Parties, field, party)
	if err == nil && p.State != catalog.PartyActive {
		err = ErrPartyClosed.With("the party is %s", p.State).At(field)
	}
	return err
}

// serials are the serial numbers of ranges.
func (v *View) serials(ranges []carbon.Range) []string {
	all := make([]string, len(ranges))
	for i, r := range ranges {
		of := rowsOf(v.state, Issuances).rows[r.Issuance]
		all[i] = of.Serial(rowsOf(v.state, CarbonSchemes).rows[of.Scheme].Code, r.FirstUnit, r.LastUnit)
	}
	return all
}

// Operation is CreditTransfer.
func (CreditTransfer) Operation() identity.Operation { return identity.CreditTransfer }

// Decide picks the units, the longest ranges first. The result is a CreditResult.
func (c CreditTransfer) Decide(v *View) (Apply, error) {
	series, err := v.ownSeries(identity.CreditTransfer, c.Party, c.Series)
	if err != nil {
		return nil, err
	}
	if c.To == c.Party {
		return nil, ErrSameHolder
	}
	if err := fault.First(catalog.CheckDocument("document", c.Document), v.checkActive("to", c.To)); err != nil {
		return nil, err
	}
	to := creditKey(ledger.Credits, rowsOf(v.state, CarbonSchemes).rows[series.Scheme], series, c.To)
	m, err := v.pickUnits(ledger.CreditTransfer, series, c.Party, c.Units, to)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		moved := tx.moveUnits(m, series.ID, func(r *carbon.Range) { r.Party = c.To })
		return CreditResult{series, c.Units, tx.serials(moved)}
	}, nil
}

// Operation is CreditRetire.
func (CreditRetire) Operation() identity.Operation { return identity.CreditRetire }

// Decide picks the units and, for an offset, holds them against the share that
// credits may have of the obligation. The result is a RetirementResult.
func (c CreditRetire) Decide(v *View) (Apply, error) {
	series, err := v.ownSeries(identity.CreditRetire, c.Party, c.Series)
	if err != nil {
		return nil, err
	}
	scheme := rowsOf(v.state, CarbonSchemes).rows[series.Scheme]
	r := carbon.Retirement{
		Party: c.Party, Region: scheme.Region, Series: series.ID, Units: c.Units, Purpose: c.Purpose, Beneficiary: c.Beneficiary, Occasion: c.Occasion,
		Obligation: c.Obligation, RetiredAt: v.Now,
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	to := creditKey(ledger.CreditsRetired, scheme, series, 0)
	m, err := v.pickUnits(ledger.CreditRetirement, series, c.Party, c.Units, to)
	if err != nil {
		return nil, err
	}
	r.Amount = quantity.Reduction(m.transfer.Legs[0].Amount)
	var duty carbon.Obligation
	if c.Obligation != 0 {
		if duty, err = v.offset(c, scheme, r.Amount, v.mirroredOf(m, scheme)); err != nil {
			return nil, err
		}
	}
	return func(tx *Tx) any {
		if duty.ID != 0 {
			Put(tx, CarbonDuties, duty)
		}
		r := Put(tx, Retirements, r)
		moved := tx.moveUnits(m, r.ID, func(u *carbon.Range) { u.State, u.Retirement = carbon.Retired, r.ID })
		return retired(r, series.Code, moved, func(id int64) (carbon.Issuance, string) {
			i := rowsOf(tx.state, Issuances).rows[id]
			return i, rowsOf(tx.state, CarbonSchemes).rows[i.Scheme].Code
		})
	}, nil
}

// mirroredOf is how much of what was picked was recognised from another scheme.
func (v *View) mirroredOf(m creditMove, scheme carbon.Scheme) (amount quantity.Reduction) {
	for _, r := range m.taken {
		if rowsOf(v.state, Issuances).rows[r.Issuance].Origin != "" {
			amount += quantity.Reduction(r.Units()) * scheme.SerialUnit
		}
	}
	return amount
}

// offset is the obligation of a party after credits have offset a part of it.
// Credits of a scheme within the obligation's province are its own, but for those
// that it has recognised from another scheme.
func (v *View) offset(c CreditRetire, scheme carbon.Scheme, amount, mirrored quantity.Reduction) (carbon.Obligation, error) {
	duty, err := Get(v, CarbonDuties, "obligation", c.Obligation)
	if err != nil || duty.Party != c.Party {
		return duty, ErrNoRecord.At("obligation")
	}
	if duty, err = duty.Use(mirrored, true); err != nil {
		return duty, err
	}
	return duty.Use(amount-mirrored, isOutside(scheme, duty))
}

// isOutside reports whether a scheme's credits are from outside the province of an obligation.
func isOutside(scheme carbon.Scheme, duty carbon.Obligation) bool {
	const province = 2 // digits of a code
	return scheme.Region[:min(province, len(scheme.Region))] != duty.Region[:min(province, len(duty.Region))]
}

// Operation is ObligationRecord.
func (ObligationRecord) Operation() identity.Operation { return identity.ObligationRecord }

// Decide takes the shares that hold today: they stay as they are for this
// obligation. The result is a carbon.Obligation.
func (c ObligationRecord) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.ObligationRecord, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := Get(v, Parties, "party", c.Party)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("party", identity.ObligationRecord, identity.OfRegion(p.Region)); err != nil {
		return nil, err
	}
	if c.Amount <= 0 {
		return nil, fault.Invalidf("amount", "must be more than zero")
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if dutiesOf.has(v, partyYear{c.Party, c.Year}) {
		return nil, ErrObligationKnown
	}
	o := carbon.Obligation{
		Party: p.ID, Region: p.Region, Year: c.Year, Amount: c.Amount, Document: c.Document,
		Share: v.parameter(rulebook.OffsetCap, p.Region, ""), Outside: v.parameter(rulebook.OffsetOutside, p.Region, ""),
	}
	return func(tx *Tx) any { return Put(tx, CarbonDuties, o) }, nil
}

// Operation is CreditRevoke.
func (CreditRevoke) Operation() identity.Operation { return identity.CreditRevoke }

// Decide takes back what the party still has of the issuance, and makes a debt
// of the rest. What its open orders sell it still has: they are cancelled, the
// newest first and no more than needed. What has expired was used for nothing: it is
// neither taken back nor owed. The result is a RevocationResult.
func (c CreditRevoke) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.CreditRevoke, identity.Target{}); err != nil {
		return nil, err
	}
	i, err := Get(v, Issuances, "id", c.Issuance)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.CreditRevoke, identity.OfRegion(i.Region)); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if i.State != carbon.Issued {
		return nil, carbon.ErrIssuanceStep.With("an issuance that is %s has no credits to revoke", i.State).At("id")
	}
	left := i.Revocable()
	if left == 0 {
		return nil, carbon.ErrIssuanceStep.With("of %d units %d are revoked and %d have expired", i.Units, i.RevokedUnits, i.ExpiredUnits).At("id")
	}
	if c.Units <= 0 || c.Units > left {
		return nil, fault.Invalidf("units", "must be from 1 to %d", left)
	}
	m, unspent, resting, err := v.unspent(i, c.Units)
	if err != nil {
		return nil, err
	}
	i = i.Without(c.Units, 0)
	unlock := v.unlockRevoked(i, c.Units > unspent || v.owes(i.ID, 0))
	return func(tx *Tx) any {
		unlock(tx)
		result := RevocationResult{Issuance: Put(tx, Issuances, i), Revoked: unspent, Cancelled: tx.cancelAll(resting)}
		if unspent > 0 {
			tx.moveUnits(m, i.ID, func(r *carbon.Range) { r.State = carbon.RangeRevoked })
		}
		if owed := c.Units - unspent; owed > 0 {
			result.Debt = Put(tx, CreditDebts, carbon.Debt{
				Issuance: i.ID, Scheme: i.Scheme, Party: i.Party, Region: i.Region, Units: owed, Document: c.Document,
			})
		}
		return result
	}, nil
}

// revokedMost bounds how many ranges a revocation takes. It is more than others
// take: a party should not be able to split its units so that they cannot be revoked.
const revokedMost = 2000

// unspent picks up to units of an issuance that its party still has and that
// are neither offered by auction, sold in a block trade, frozen nor locked, and the open
// orders that are in their way: these sell them, or could not deliver what they sell
// out of so few ranges.
func (v *View) unspent(i carbon.Issuance, units int64) (creditMove, int64, []*market.Record, error) {
	scheme := rowsOf(v.state, CarbonSchemes).rows[i.Scheme]
	series := v.seriesOf(scheme, i.Vintage)
	h := creditHolder{series.ID, i.Party}
	var there int64
	for r := range v.freeOfIssuance(h, i.ID) {
		there += r.Units()
	}
	key, one := creditKey(ledger.Credits, scheme, series, i.Party), int64(scheme.SerialUnit)
	frozen, _ := v.frozenUnits(h)
	if units = min(units, there, v.credits.free[h]-v.unitsPromised(h)-frozen); units == 0 {
		return creditMove{}, 0, nil, nil
	}
	taken, err := carbon.Take(v.freeOfIssuance(h, i.ID), units, revokedMost)
	if err != nil {
		return creditMove{}, 0, nil, err
	}
	spare := v.spareUnits(h)
	resting := v.leave(v.ordersUncovering(key, max(units, spare+v.unitsInBook(h)-v.deliverable(h, taken))*one))
	return creditMove{taken, transferOf(ledger.CreditRevocation, key, creditKey(ledger.CreditsIssued, scheme, series, 0), units*one)}, units, resting, nil
}

// Operation is CreditRepay.
func (CreditRepay) Operation() identity.Operation { return identity.CreditRepay }

// Decide picks units of the same scheme that the party has. The result is a
// carbon.Debt.
func (c CreditRepay) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.CreditRepay, identity.Target{}); err != nil {
		return nil, err
	}
	d, err := Get(v, CreditDebts, "id", c.Debt)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.CreditRepay, identity.Target{Parties: []int64{d.Party}}); err != nil {
		return nil, err
	}
	series, err := Get(v, CreditSeries, "series", c.Series)
	if err != nil || series.Scheme != d.Scheme {
		return nil, ErrNoRecord.At("series")
	}
	if err := atField(series.CheckUsable(v.Today), "series"); err != nil {
		return nil, err
	}
	if c.Units > d.Left() {
		return nil, fault.Invalidf("units", "must be from 1 to %d, which are owed", d.Left())
	}
	to := creditKey(ledger.CreditsIssued, rowsOf(v.state, CarbonSchemes).rows[series.Scheme], series, 0)
	m, err := v.pickUnits(ledger.CreditRepayment, series, d.Party, c.Units, to)
	if err != nil {
		return nil, err
	}
	d.Settled += c.Units
	unlock := v.unlockRevoked(rowsOf(v.state, Issuances).rows[d.Issuance], d.Left() > 0 || v.owes(d.Issuance, d.ID))
	return func(tx *Tx) any {
		unlock(tx)
		tx.moveUnits(m, d.ID, func(r *carbon.Range) { r.State = carbon.RangeRevoked })
		return Put(tx, CreditDebts, d)
	}, nil
}
