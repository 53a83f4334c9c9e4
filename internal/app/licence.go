package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
)

// The faults of licences, in the order in which they are checked.
var (
	// ErrLicenceOver is returned when a licence's last day has passed.
	ErrLicenceOver = fault.New(fault.Refused, "licence.over", "the licence's last day has passed").At("valid_to").
			Under("licence.term", sourceDefault)
	// ErrBankLicence is returned when a bank would have a licence: a bank never holds permits.
	ErrBankLicence = fault.New(fault.Refused, "licence.of_bank", "a party that a bank officer acts for has no licences: a bank never holds permits").At("party").
			Under("bank.no_permits", "project default")
	// ErrLicenceTaken is returned when there is a licence with this number already.
	ErrLicenceTaken = fault.New(fault.Conflict, "licence.number_taken", "a licence with this number is registered already").At("number")
)

// LicenceRegister registers a licence, or the receipt of a registration.
type LicenceRegister struct {
	Party     int64
	Number    string
	Kind      catalog.LicenceKind
	Site      string
	Region    string // that the site lies in
	ValidFrom calendar.Date
	ValidTo   calendar.Date
}

// LicenceState changes what the authority last did to a licence. Its open
// orders are cancelled when it is no longer in force.
type LicenceState struct {
	Licence  int64
	State    catalog.LicenceState
	Reason   string
	Document string
}

// LicenceResult is a licence, and the orders that its change has cancelled.
type LicenceResult struct {
	Licence   catalog.Licence
	Cancelled []int64
}

var _ = declare(LicenceRegister{}, LicenceState{})

// Operation is LicenceRegister.
func (LicenceRegister) Operation() identity.Operation { return identity.LicenceRegister }

// Decide checks the licence, that it is the party's and that it is new. The
// result is a LicenceResult.
func (c LicenceRegister) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.LicenceRegister, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	l := catalog.Licence{
		Number: c.Number, Kind: c.Kind, Party: c.Party, Site: c.Site, Region: c.Region,
		ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, State: catalog.LicenceValid,
	}
	if err := l.Validate(); err != nil {
		return nil, err
	}
	p, err := Get(v, Parties, "party", c.Party)
	if err != nil {
		return nil, err
	}
	if err := l.CheckHolder(p); err != nil {
		return nil, err
	}
	r, err := v.Region("region", c.Region)
	if err != nil {
		return nil, err
	}
	if err := v.checkRegion("region", r); err != nil {
		return nil, err
	}
	switch id, taken := v.byCode.licences[c.Number]; {
	case p.State == catalog.PartyClosed:
		return nil, ErrPartyClosed
	case v.isBank(p.ID):
		return nil, ErrBankLicence
	case l.ValidTo < v.Today:
		return nil, ErrLicenceOver.With("the licence ended on %s", l.ValidTo)
	case taken:
		return nil, ErrLicenceTaken.With("the number %s is that of licence %d already", c.Number, id)
	}
	return func(tx *Tx) any {
		l = Put(tx, Licences, l)
		tx.Arm(l.ValidTo.AddDays(1).Start(), timerLicenceEnd, l.ID)
		return LicenceResult{Licence: l}
	}, nil
}

// Operation is LicenceState.
func (LicenceState) Operation() identity.Operation { return identity.LicenceState }

// Decide checks that the state may change: a licence that was revoked stays
// so, and one whose last day has passed is not valid again. The result is a
// LicenceResult.
func (c LicenceState) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.LicenceState, identity.Target{}); err != nil {
		return nil, err
	}
	l, err := Get(v, Licences, "id", c.Licence)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.LicenceState, identity.OfRegion(l.Region)); err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("state", c.State, catalog.LicenceStates); err != nil {
		return nil, err
	}
	if err := checkReason(c.Reason, c.Document); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	switch {
	case l.State == c.State:
		return nil, ErrStateUnchanged.With("the licence is %s already", l.State)
	case l.State == catalog.LicenceRevoked:
		return nil, ErrStateFinal.With("the licence is revoked for good")
	case c.State == catalog.LicenceValid && l.ValidTo < v.Today:
		return nil, ErrLicenceOver.With("the licence ended on %s", l.ValidTo)
	}
	l.State = c.State
	bidders, err := v.biddersOut(bidder{licence: l.ID}, because(c.State, c.Reason))
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		r := LicenceResult{Licence: Put(tx, Licences, l)}
		if l.State != catalog.LicenceValid {
			tx.reviewDeals()
			tx.excludeSome(bidders, timerLicenceEnd, l.ID)
			_, r.Cancelled = tx.sweep(market.Sweep{Licence: l.ID, Ending: market.FactChanged})
		} else {
			tx.reviewNotices()
		}
		return r
	}, nil
}
