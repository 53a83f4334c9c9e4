package app

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// The tables of buy-backs.
var (
	BuyBacks       = cold[reserve.BuyBack]("buy_back")
	BuyBackSteps   = cold[reserve.BuyBackStep]("buy_back_step")
	BuyBackPrices  = cold[reserve.BuyBackPrice]("buy_back_price")
	BuyBackSources = cold[reserve.BuyBackSource]("buy_back_source")
)

// The faults of beginning a buy-back, in the order in which they are checked.
var (
	// ErrSweepIdle is returned when idle permits would be taken back without their declaration.
	ErrSweepIdle = fault.New(fault.Invalid, "buy_back.sweep_idle", "idle permits are taken back by sweeping their declaration").At("cause")
	// ErrBuyBackTermEnded is returned when the instrument's term has ended.
	ErrBuyBackTermEnded = fault.New(fault.Refused, "buy_back.instrument_expired", "the instrument's term has ended").At("instrument").
				Under("instrument.term_end", sourceDefault)
	// ErrUnitGoesOn is returned when a unit would be closed, or its licence cancelled, of which nothing is recorded.
	ErrUnitGoesOn = fault.New(fault.Refused, "buy_back.unit_goes_on", "the licence is in force and no departure says that the unit is closed: record that first").At("cause").
			Under("buy_back.cause", sourceDefault)
)

// BuyBackApply applies, for an enterprise, that permits of one of its holdings
// go back to the government. The application is a draft until it is submitted.
type BuyBackApply struct {
	Licence    int64
	Instrument string
	Origin     ledger.Origin
	Quantity   quantity.Quantity
	Cause      reserve.BuyBackCause
	Document   string
}

// BuyBackOpen opens a compulsory buy-back. The permits are held at once.
type BuyBackOpen struct {
	Licence    int64
	Instrument string
	Origin     ledger.Origin
	Quantity   quantity.Quantity
	Cause      reserve.BuyBackCause
	Document   string
}

// BuyBackResult is a buy-back, the code of its instrument and what the actor may do next.
type BuyBackResult struct {
	BuyBack    reserve.BuyBack
	Instrument string
	Next       []reserve.BuyBackEvent
}

var _ = declare(BuyBackApply{}, BuyBackOpen{})

// Operation is BuyBackApply.
func (BuyBackApply) Operation() identity.Operation { return identity.BuyBackApply }

// Decide checks the application's form; what the holding has is checked when it
// is submitted. The result is a BuyBackResult.
func (c BuyBackApply) Decide(v *View) (Apply, error) {
	l, err := v.ownLicence(identity.BuyBackApply, c.Licence)
	if err != nil {
		return nil, err
	}
	b, err := v.newBuyBack(l, c.Instrument, reserve.BuyBack{
		Kind: reserve.Application, State: reserve.BuyBackDraft, Cause: c.Cause, Origin: c.Origin, Quantity: c.Quantity, Document: c.Document,
	})
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.buyBackResult(Put(tx, BuyBacks, b)) }, nil
}

// ownLicence returns a licence after the right of its holder's user, or of an
// officer of its region, to do this was checked.
func (v *View) ownLicence(op identity.Operation, id int64) (catalog.Licence, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return catalog.Licence{}, err
	}
	l, err := Get(v, Licences, "licence", id)
	if err != nil {
		return l, err
	}
	return l, v.AuthoriseAt("licence", op, identity.OfParty(l.Party, l.Region))
}

// newBuyBack fills in whose permits they are, and checks the form.
func (v *View) newBuyBack(l catalog.Licence, instrument string, b reserve.BuyBack) (reserve.BuyBack, error) {
	i, err := v.Instrument("instrument", instrument)
	if err != nil {
		return b, err
	}
	b.Party, b.Region, b.Licence, b.Instrument, b.Pollutant = l.Party, l.Region, l.ID, i.ID, i.Pollutant
	b.OpenedBy, b.OpenedAt = v.Actor.Person, v.Now
	if err := b.Validate(); err != nil {
		return b, err
	}
	if i.Expired(v.Today) {
		return b, ErrBuyBackTermEnded.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	return b, nil
}

// Operation is BuyBackOpen.
func (BuyBackOpen) Operation() identity.Operation { return identity.BuyBackOpen }

// Decide checks that the holding has the permits available, and that a unit that
// is said to be closed is. The result is a BuyBackResult.
func (c BuyBackOpen) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.BuyBackOpen, c.Licence)
	if err != nil {
		return nil, err
	}
	if c.Cause == reserve.Idle {
		return nil, ErrSweepIdle
	}
	b, err := v.newBuyBack(l, c.Instrument, reserve.BuyBack{
		Kind: reserve.Compulsory, State: reserve.BuyBackAccepted, Cause: c.Cause, Origin: c.Origin, Quantity: c.Quantity, Document: c.Document,
	})
	if err != nil {
		return nil, err
	}
	hold, err := v.decideHold(&b)
	if err != nil {
		return nil, err
	}
	if b.Cause.EndsUnit() && !v.isLeaving(l) {
		return nil, ErrUnitGoesOn
	}
	return func(tx *Tx) any { return tx.openBuyBack(b, hold) }, nil
}

// isLeaving reports whether a licence was revoked, or departs or has departed.
func (v *View) isLeaving(l catalog.Licence) bool {
	if l.State == catalog.LicenceRevoked {
		return true
	}
	for d := range departuresOf.of(v, l.ID) {
		if d.State != permit.DepartureWithdrawn {
			return true
		}
	}
	return false
}

// openBuyBack writes a new buy-back that holds its permits.
func (tx *Tx) openBuyBack(b reserve.BuyBack, hold buyBackEffect) BuyBackResult {
	b = Put(tx, BuyBacks, b)
	hold(tx, &b)
	return tx.buyBackResult(Put(tx, BuyBacks, b))
}

// buyBackResult is what the actor sees of a buy-back after a command.
func (tx *Tx) buyBackResult(b reserve.BuyBack) BuyBackResult {
	return BuyBackResult{b, mustGet(tx, Instruments, b.Instrument).Code, NextBuyBackEvents(tx.Actor, b)}
}

// BuyBackTarget is a buy-back for the table of who may do what.
func BuyBackTarget(b reserve.BuyBack) identity.Target { return identity.OfParty(b.Party, b.Region) }

// buyBackRoles are the bodies of a buy-back that an actor may stand for.
func buyBackRoles(a identity.Actor, b reserve.BuyBack) []reserve.BuyBackRole {
	if a.Has(identity.System) {
		return []reserve.BuyBackRole{reserve.AsSystem}
	}
	var roles []reserve.BuyBackRole
	for _, r := range [4]struct {
		role identity.Role
		as   reserve.BuyBackRole
	}{
		{identity.Enterprise, reserve.AsHolder},
		{identity.BureauClerk, reserve.AsClerk},
		{identity.BureauLeader, reserve.AsLeader},
		{identity.Finance, reserve.AsFinance},
	} {
		if hasRole(a, identity.BuyBackStep, r.role, BuyBackTarget(b)) {
			roles = append(roles, r.as)
		}
	}
	return roles
}

// hasRole reports whether an actor may do an operation to a target by one role.
func hasRole(a identity.Actor, op identity.Operation, role identity.Role, t identity.Target) bool {
	one := identity.Actor{Person: a.Person}
	for _, g := range a.Grants {
		if g.Role == role {
			one.Grants = append(one.Grants, g)
		}
	}
	return identity.Authorise(one, op, t) == nil
}

// NextBuyBackEvents are the steps that an actor may take now. They may still be
// refused for what they would do.
func NextBuyBackEvents(a identity.Actor, b reserve.BuyBack) []reserve.BuyBackEvent {
	return b.Possible(buyBackRoles(a, b)...)
}
