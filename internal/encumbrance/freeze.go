package encumbrance

import (
	"cmp"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// The faults of freezes, in the order in which they are checked. A plain
// mistake in one field is a request.invalid that names it.
var (
	// ErrTarget is returned unless a freeze names a holding with a quantity, a party and series with units, or a party with an amount.
	ErrTarget = fault.New(fault.Invalid, "freeze.target", "a freeze is of a quantity of one holding (licence, instrument, origin), of units of a party's credits (party, series), or of an amount of its funds")
	// ErrPeriod is returned when a freeze would end before it begins.
	ErrPeriod = fault.New(fault.Invalid, "freeze.period", "the last day is before the first").At("ends_on")
	// ErrState is returned when the freeze's state does not allow this event.
	ErrState = fault.New(fault.Conflict, "freeze.state", "the freeze does not allow this now")
	// ErrSamePerson is returned when the officer who froze, or who stands in for him, would confirm it.
	ErrSamePerson = fault.New(fault.Refused, "freeze.same_person", "an emergency freeze is confirmed by another person than the one who placed it").
			Under("freeze.four_eyes", "project default")
	// ErrNotLater is returned when an extension does not move the last day back.
	ErrNotLater = fault.New(fault.Invalid, "freeze.not_later", "an extension ends later than the freeze does now").At("ends_on")
	// ErrNotFrozen is returned when more would be sold than is frozen.
	ErrNotFrozen = fault.New(fault.Refused, "freeze.not_frozen", "the freeze has not frozen so much").At("quantity").
			Under("freeze.judicial_sale", "project default")
)

// Issuer is who may order a freeze.
type Issuer string

// The issuers.
const (
	Court  Issuer = "court"
	Bureau Issuer = "bureau"
)

// Issuers are all issuers.
var Issuers = []Issuer{Court, Bureau}

// Freeze is an order to keep an amount of an account where it is.
type Freeze struct {
	ID          int64
	Account     ledger.AccountID
	Party       int64
	Region      string // whose bureau keeps it: the licence's, the scheme's, or that of the party's registration
	Licence     int64  // 0: funds or credits
	Instrument  int64  // 0: funds or credits
	Pollutant   string // of credits the code of their series; "": funds
	Origin      ledger.Origin
	Amount      int64 // ordered; atoms of the account's asset, > 0
	Frozen      int64 // set aside now
	Taken       int64 // transferred to buyers of judicial sales
	Issuer      Issuer
	IssuerName  string
	OrderNumber string
	Reason      string
	StartsOn    calendar.Date
	EndsOn      calendar.Date // last day; 0: until it is released
	ConfirmBy   calendar.Date // emergency: last day to confirm it
	State       State
	PlacedBy    int64            // person
	ConfirmedBy int64            // person; 0: nobody had to, or has
	EffectiveAt calendar.Instant // when it took effect, its rank on the account; 0: not yet
	EndedAt     calendar.Instant // 0: not yet
	EndDocument string           // what ended it; "" where no document did
	RecordedAt  calendar.Instant
	Series      int64 // 0: funds or permits
	Command     int64
}

// Validate returns a fault that names the first field that is wrong. That
// the account is there is for the caller.
func (f Freeze) Validate() error {
	if f.IsPermits() != (f.Origin != ledger.NoOrigin) || f.IsPermits() != (f.Instrument != 0) || f.IsPermits() && f.OfCredits() {
		return ErrTarget.At("origin")
	}
	if f.Amount <= 0 {
		return fault.Invalidf(f.amountField(), "must be greater than zero")
	}
	for _, err := range []error{
		catalog.CheckOneOf("issuer", f.Issuer, Issuers),
		catalog.CheckText("issuer_name", f.IssuerName, 200),
		catalog.CheckText("order_number", f.OrderNumber, 200),
		catalog.CheckDocument("reason", f.Reason),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case !f.StartsOn.Valid():
		return fault.Invalidf("starts_on", "must be the first day of the freeze")
	case f.EndsOn != 0 && !f.EndsOn.Valid():
		return fault.Invalidf("ends_on", "must be the last day of the freeze")
	case f.EndsOn != 0 && f.EndsOn < max(f.StartsOn, f.ConfirmBy):
		return ErrPeriod
	}
	return nil
}

func (f Freeze) amountField() string {
	switch {
	case f.IsPermits():
		return "quantity"
	case f.OfCredits():
		return "units"
	}
	return "amount"
}

// IsPermits reports whether permits are frozen; where neither they nor credits are it is money.
func (f Freeze) IsPermits() bool { return f.Licence != 0 }

// OfCredits reports whether credits are frozen.
func (f Freeze) OfCredits() bool { return f.Series != 0 }

// Key is the account that the freeze is on.
func (f Freeze) Key() ledger.Key {
	switch {
	case f.IsPermits():
		return ledger.HoldingKey(f.Region, f.Pollutant, f.Party, f.Licence, f.Instrument, f.Origin)
	case f.OfCredits():
		return ledger.CreditKey(ledger.Credits, f.Region, f.Pollutant, f.Party)
	}
	return ledger.FundsKey(f.Party)
}

// Short is what was ordered and is not yet frozen, of a freeze that is in
// effect.
func (f Freeze) Short() int64 {
	if !f.State.IsInEffect() {
		return 0
	}
	return f.Amount - f.Taken - f.Frozen
}

// Sell is the freeze after an amount of what it has frozen went to the buyer of a
// judicial sale. Returns ErrNotFrozen when it has not frozen so much.
func (f Freeze) Sell(amount int64) (Freeze, error) {
	if amount <= 0 {
		return f, fault.Invalidf(f.amountField(), "must be greater than zero")
	}
	if amount > f.Frozen {
		unit := map[bool]string{true: "kgCO2e", false: "t/a"}[f.OfCredits()]
		return f, ErrNotFrozen.With("the freeze has frozen %s %s", quantity.Quantity(f.Frozen), unit).At(f.amountField())
	}
	f.Frozen -= amount
	f.Taken += amount
	return f, nil
}

// Extend is the freeze with a later last day. Returns ErrNotLater when it is
// not later.
func (f Freeze) Extend(to calendar.Date) (Freeze, error) {
	switch {
	case to != 0 && !to.Valid():
		return f, fault.Invalidf("ends_on", "must be a day")
	case f.EndsOn == 0:
		return f, ErrNotLater.With("the freeze has no last day")
	case to != 0 && to <= f.EndsOn:
		return f, ErrNotLater.With("the freeze ends on %s", f.EndsOn)
	}
	f.EndsOn = to
	return f, nil
}

// InOrder sorts the freezes of an account in the order in which they are
// served: as they took effect.
func InOrder(freezes []Freeze) {
	slices.SortFunc(freezes, func(a, b Freeze) int {
		return cmp.Or(cmp.Compare(a.EffectiveAt, b.EffectiveAt), cmp.Compare(a.ID, b.ID))
	})
}

// Share says how much more each of the freezes of an account, in their order,
// freezes of what is available.
func Share(freezes []Freeze, available int64) []int64 {
	parts := make([]int64, len(freezes))
	for i, f := range freezes {
		parts[i] = min(f.Short(), available)
		available -= parts[i]
	}
	return parts
}

// JudicialSale is permits or credits that went from a frozen account to a buyer by
// order of a court, without the holder's consent.
type JudicialSale struct {
	ID           int64
	FreezeOrder  int64
	Party        int64 // that had them
	Licence      int64 // 0: credits
	Region       string
	BuyerParty   int64
	BuyerLicence int64             // 0: credits
	Instrument   int64             // 0: credits
	Quantity     quantity.Quantity // t/a, of credits t
	Amount       quantity.Money    // paid to the court; the platform does not touch it
	Document     string            // the court's order
	Transfer     int64
	RecordedAt   calendar.Instant
	Series       int64 // 0: permits
	Command      int64
}
