package app

import (
	"cmp"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// SurplusVerifications are the bureau's findings of surplus.
var SurplusVerifications = cold[reserve.SurplusVerification]("surplus_verification")

// ErrBeyondHoldings is returned when more would be verified as surplus than the
// licence holds of paid permits.
var ErrBeyondHoldings = fault.New(fault.Refused, "rule.surplus_beyond_holdings", "the surplus would be more than the licence's paid permits").At("quantity").
	Under("seller.paid_and_surplus", "浙江省大气污染防治条例 第十六条; 甬环发〔2015〕81号")

// The faults of what a surplus rests on, in the order in which they are
// checked; they come before those of the year itself, which are in discharge.go.
var (
	// ErrYearMissing is returned when a verification names neither a year nor why none applies.
	ErrYearMissing = fault.New(fault.Invalid, "surplus.year_missing", "a surplus rests on a year's discharge: name the year, or in no_year why none applies").At("year")
	// ErrYearNamed is returned when a verification names a year and why none applies.
	ErrYearNamed = fault.New(fault.Invalid, "surplus.year_named", "a surplus rests on a year, or on none: not both").At("no_year")
	// ErrYearApplies is returned when no year is named although quarters are recorded.
	ErrYearApplies = fault.New(fault.Refused, "surplus.year_applies", "discharges of the licence are recorded: the surplus rests on the last year that is recorded in full").At("no_year").
			Under("surplus.estimate", sourceDefault)
	// ErrYearStale is returned when a later year is recorded in full.
	ErrYearStale = fault.New(fault.Refused, "surplus.year_stale", "the surplus rests on the last year that is recorded in full").At("year").
			Under("surplus.estimate", sourceDefault)
)

// SurplusVerify records that a part of a licence's paid permits of a pollutant
// is surplus, and what may become of it.
type SurplusVerify struct {
	Licence    int64
	Pollutant  string
	Quantity   quantity.Quantity
	Rung       reserve.Rung
	Monitored  bool // the site has automatic monitors
	TaskDone   bool // its reduction task is done
	VerifiedOn calendar.Date
	Document   string
	Year       int32  // whose discharge it rests on; 0: none
	NoYear     string // why it rests on no year's
}

// SurplusResult is the verification, and the licence's surplus that may be sold.
type SurplusResult struct {
	Verification reserve.SurplusVerification
	Surplus      market.Surplus
}

var _ = declare(SurplusVerify{})

// Operation is SurplusVerify.
func (SurplusVerify) Operation() identity.Operation { return identity.SurplusVerify }

// Decide checks that paid permits cover all that is verified and not yet sold,
// and that this is no more than what the last full year leaves, where the
// licence's discharge is recorded.
// The result is a SurplusResult.
func (c SurplusVerify) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.SurplusVerify, c.Licence)
	if err != nil {
		return nil, err
	}
	s := reserve.SurplusVerification{
		Party: l.Party, Region: l.Region, Licence: l.ID, Pollutant: c.Pollutant, Quantity: c.Quantity, Rung: c.Rung,
		Monitored: c.Monitored, TaskDone: c.TaskDone, Outcome: reserve.OutcomeOf(c.Monitored, c.TaskDone),
		VerifiedOn: c.VerifiedOn, Document: c.Document, RecordedAt: v.Now,
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("verified_on", c.VerifiedOn); err != nil {
		return nil, err
	}
	if _, err := v.Pollutant("pollutant", c.Pollutant); err != nil {
		return nil, err
	}
	verified := v.Surplus(l.ID, c.Pollutant)
	unsold := verified.Verified - verified.Used
	if paid := v.paidHoldings(l.ID, c.Pollutant); c.Quantity > paid-unsold {
		return nil, ErrBeyondHoldings.With("the licence has %s t/a of paid permits, %s t/a of it are verified as surplus already", paid, unsold)
	}
	if s, err = c.rest(v, s); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		r := SurplusResult{Verification: Put(tx, SurplusVerifications, s)}
		if s.Outcome == reserve.MayBeSold {
			tx.ChangeSurplus(l.ID, c.Pollutant, func(m *market.Surplus) { m.Verified += c.Quantity })
		}
		r.Surplus = tx.Surplus(l.ID, c.Pollutant)
		return r
	}, nil
}

// rest says what a verification rests on: the last full year, or why none.
func (c SurplusVerify) rest(v *View, s reserve.SurplusVerification) (reserve.SurplusVerification, error) {
	switch {
	case c.Year == 0 && c.NoYear == "":
		return s, ErrYearMissing
	case c.Year != 0 && c.NoYear != "":
		return s, ErrYearNamed
	}
	full, recorded, err := v.lastFullYear(c.Licence, c.Pollutant)
	if err != nil {
		return s, err
	}
	if c.Year == 0 {
		if recorded {
			return s, ErrYearApplies
		}
		s.NoYear = c.NoYear
		return s, catalog.CheckDocument("no_year", c.NoYear)
	}
	if c.Year < full {
		return s, ErrYearStale.With("%d is recorded in full", full)
	}
	e, err := v.estimate(c.Licence, c.Pollutant, c.Year)
	if err != nil {
		return s, err
	}
	s.Year, s.Permitted, s.Actual, s.Task = c.Year, e.Permitted, e.Actual, e.Task
	claimed, err := v.surplusClaimed(c.Licence, c.Pollutant, 0)
	if err != nil {
		return s, err
	}
	toBuy, err := v.verifiedToBuy(c.Licence, c.Pollutant, c.Year)
	if err != nil {
		return s, err
	}
	return s, e.check(c.Quantity, claimed+toBuy)
}

// verifiedToBuy is what was verified of a year's surplus for the government alone,
// as far as no buy-back rests on it.
func (v *View) verifiedToBuy(licence int64, pollutant string, year int32) (sum quantity.Quantity, err error) {
	rows, err := Find(v, SurplusVerifications, Where("licence", licence).And("pollutant", Eq, pollutant).
		And("year", Eq, int64(year)).And("outcome", Eq, string(reserve.BuyBackOnly)))
	for _, s := range rows {
		left, failed := v.unusedOf(s)
		sum, err = sum+left, cmp.Or(err, failed)
	}
	return sum, err
}

// paidHoldings is what a licence holds of paid permits of a pollutant, of any
// term, as long as it runs.
func (v *View) paidHoldings(licence int64, pollutant string) quantity.Quantity {
	l := rowsOf(v.state, Licences).rows[licence]
	var sum quantity.Quantity
	for i := range All(v, Instruments) {
		if i.Pollutant == pollutant && !i.Expired(v.Today) {
			sum += quantity.Quantity(v.ledger.Balance(HoldingKey(l, i, ledger.Paid)).Balance)
		}
	}
	return sum
}
