package app

import (
	"permitx/internal/calendar"
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
	Year       int32 // whose discharge it rests on; 0: none is named
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
// and, where it names a year, that this is no more than what that year leaves.
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
	if c.Year != 0 {
		e, err := v.estimate(l.ID, c.Pollutant, c.Year)
		if err == nil {
			err = e.check(c.Quantity)
		}
		if err != nil {
			return nil, err
		}
		s.Year, s.Permitted, s.Actual, s.Task = c.Year, e.Permitted, e.Actual, e.Task
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
