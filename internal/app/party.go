package app

import (
	"errors"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// The faults of parties, in the order in which they are checked.
var (
	// ErrUSCCTaken is returned when another party has the code.
	ErrUSCCTaken = fault.New(fault.Conflict, "party.uscc_taken", "a party with this code is registered already").At("uscc")
	// ErrUSCCUnconfirmed is returned when a party would become active before the
	// bureau has confirmed its code, which fails the check.
	ErrUSCCUnconfirmed = fault.New(fault.Refused, "party.uscc_unconfirmed", "the party's code fails its check: confirm the code first").At("state").
				Under("party.uscc_check", "GB 32100-2015")
	// ErrUSCCNothingToConfirm is returned when a party's code passes its check, or
	// was confirmed already.
	ErrUSCCNothingToConfirm = fault.New(fault.Conflict, "party.uscc_nothing_to_confirm", "the party's code needs no confirmation")
	// ErrPartyClosed is returned when a party is closed.
	ErrPartyClosed = fault.New(fault.Refused, "party.closed", "the party is closed").At("party").
			Under("party.closed", sourceDefault)
)

// PartyRegister registers an enterprise. One whose code fails only its check
// digit, as some early ones do, is registered suspended: a leader of the bureau
// compares the code with the business licence and confirms it by USCCConfirm.
type PartyRegister struct {
	Name        string
	USCC        string
	Region      string
	Industry    string
	SignerLimit quantity.Money // 0: none
	Contact     ContactInput   // zero: nobody
}

// PartyState suspends, activates or closes a party. Its open orders are
// cancelled when it may no longer trade.
type PartyState struct {
	Party    int64
	State    catalog.PartyState
	Reason   string
	Document string // may be empty
}

// USCCConfirm says that a code that fails its check stands on the business
// licence. The party becomes active.
type USCCConfirm struct {
	Party    int64
	Document string
	Note     string // may be empty
}

// PartyGroup says whom a party belongs to in the end. Orders of one group do
// not trade with each other from then on.
type PartyGroup struct {
	Party    int64
	Group    string // empty: to itself
	Document string
}

// PartyResult is a party, and the orders that its change has cancelled: the
// first of them where a sweep goes on with the rest.
type PartyResult struct {
	Party     catalog.Party
	Cancelled []int64
}

var _ = declare(PartyRegister{}, PartyState{}, PartyGroup{}, USCCConfirm{})

// Operation is PartyRegister.
func (PartyRegister) Operation() identity.Operation { return identity.PartyRegister }

// Decide checks the party and that its code is new. The result is a PartyResult.
func (c PartyRegister) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.PartyRegister, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	p := catalog.Party{
		Name: c.Name, USCC: c.USCC, Region: c.Region, Industry: c.Industry, SignerLimit: c.SignerLimit, State: catalog.PartyActive,
	}
	checked := p
	if failsCheck(c.USCC) {
		p.State = catalog.PartySuspended
		checked.USCCWarning = true // everything else must be right
	}
	if err := checked.Validate(); err != nil {
		return nil, err
	}
	if c.SignerLimit < 0 {
		return nil, fault.Invalidf("signer_limit", "must not be negative")
	}
	r, err := v.Region("region", c.Region)
	if err != nil {
		return nil, err
	}
	if err := v.checkRegion("region", r); err != nil {
		return nil, err
	}
	if id, taken := v.byCode.parties[c.USCC]; taken {
		return nil, ErrUSCCTaken.With("the code %s is that of party %d already", c.USCC, id)
	}
	var contact catalog.Contact
	if c.Contact != (ContactInput{}) {
		if contact, err = c.Contact.of(p); err != nil {
			return nil, err
		}
	}
	return func(tx *Tx) any {
		p := Put(tx, Parties, p)
		tx.recordContact(p.ID, contact)
		return PartyResult{Party: p}
	}, nil
}

// failsCheck reports whether only the check digit of a code is wrong.
func failsCheck(uscc string) bool {
	_, err := catalog.CheckUSCC("uscc", uscc)
	return errors.Is(err, catalog.ErrUSCCCheckDigit)
}

// party returns a party, which a field names, after the actor's right to change it was checked.
func (v *View) party(field string, op identity.Operation, id int64) (catalog.Party, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return catalog.Party{}, err
	}
	p, err := Get(v, Parties, field, id)
	if err != nil {
		return p, err
	}
	return p, v.AuthoriseAt(field, op, identity.OfRegion(p.Region))
}

// Operation is PartyState.
func (PartyState) Operation() identity.Operation { return identity.PartyState }

// Decide checks that the state may change. The result is a PartyResult.
func (c PartyState) Decide(v *View) (Apply, error) {
	p, err := v.party("id", identity.PartyState, c.Party)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("state", c.State, catalog.PartyStates); err != nil {
		return nil, err
	}
	if err := checkReason(c.Reason, c.Document); err != nil {
		return nil, err
	}
	switch {
	case p.State == c.State:
		return nil, ErrStateUnchanged.With("the party is %s already", p.State)
	case p.State == catalog.PartyClosed:
		return nil, ErrStateFinal.With("the party is closed for good")
	case c.State == catalog.PartyActive && !p.USCCWarning && failsCheck(p.USCC):
		return nil, ErrUSCCUnconfirmed
	}
	p.State = c.State
	bidders, err := v.biddersOut(bidder{party: p.ID}, because(c.State, c.Reason))
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		r := PartyResult{Party: Put(tx, Parties, p)}
		if p.State != catalog.PartyActive {
			tx.reviewDeals()
			tx.excludeSome(bidders, timerPartyBidders, p.ID)
			_, r.Cancelled = tx.sweep(market.Sweep{Party: p.ID, Ending: market.FactChanged})
		} else {
			tx.reviewNotices()
		}
		return r
	}, nil
}

// Operation is PartyGroup.
func (PartyGroup) Operation() identity.Operation { return identity.PartyGroup }

// Decide checks the group. The result is a PartyResult.
func (c PartyGroup) Decide(v *View) (Apply, error) {
	p, err := v.party("id", identity.PartyGroup, c.Party)
	if err != nil {
		return nil, err
	}
	if err := fault.First(catalog.CheckOwnerGroup("owner_group", c.Group), catalog.CheckDocument("document", c.Document)); err != nil {
		return nil, err
	}
	if p.OwnerGroup == c.Group {
		return nil, ErrStateUnchanged.With("the party belongs to this group already").At("owner_group")
	}
	p.OwnerGroup = c.Group
	return func(tx *Tx) any { return PartyResult{Party: Put(tx, Parties, p)} }, nil
}

// checkReason checks why a state changes, and the document where there is one.
func checkReason(reason, document string) error {
	if err := catalog.CheckDocument("reason", reason); err != nil || document == "" {
		return err
	}
	return catalog.CheckDocument("document", document)
}

// Operation is USCCConfirm.
func (USCCConfirm) Operation() identity.Operation { return identity.USCCConfirm }

// Decide checks that there is a code to confirm. The result is a PartyResult.
func (c USCCConfirm) Decide(v *View) (Apply, error) {
	p, err := v.party("id", identity.USCCConfirm, c.Party)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if c.Note != "" {
		if err := catalog.CheckDocument("note", c.Note); err != nil {
			return nil, err
		}
	}
	if p.USCCWarning || !failsCheck(p.USCC) {
		return nil, ErrUSCCNothingToConfirm
	}
	if p.State == catalog.PartyClosed {
		return nil, ErrPartyClosed
	}
	p.USCCWarning, p.State = true, catalog.PartyActive
	return func(tx *Tx) any { return PartyResult{Party: Put(tx, Parties, p)} }, nil
}
