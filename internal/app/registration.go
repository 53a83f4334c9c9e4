package app

import (
	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// RegistrationApply registers a party for an offer and puts up its collateral.
type RegistrationApply struct {
	Offer       int64
	Party       int64 // of credits, which need no licence
	Licence     int64 // of permits
	Project     int64
	Quantity    quantity.Quantity // that who sells holds ready
	AcceptsPart bool
	Guarantee   quantity.Money // of the collateral full

	// That he bids for at most: it is kept of what his project needs and his licence may hold, and a deposit for
	// each lot is for these. 0: all that he may.
	QuantityMost quantity.Quantity

	ExistingUnit bool // the permits are for the unit that the licence has, and not for a project
}

// RegistrationWithdraw takes a registration back, before its deadline. The
// collateral goes back at once.
type RegistrationWithdraw struct{ Registration int64 }

var _ = declare(RegistrationApply{}, RegistrationWithdraw{})

// indexBidder keeps the open registrations in step.
func (s *state) indexBidder(r auction.Registration) {
	of := s.bidders[r.Offer]
	if r.State == auction.Registered {
		if of == nil {
			of = map[int64]int64{}
			s.bidders[r.Offer] = of
		}
		of[r.Party] = r.ID
		return
	}
	if of[r.Party] == r.ID {
		delete(of, r.Party)
	}
	if len(of) == 0 {
		delete(s.bidders, r.Offer)
	}
	if r.Hold == 0 {
		rowsOf(s, Registrations).remove(r.ID)
	}
}

func (s *state) indexBidders() {
	s.bidders = map[int64]map[int64]int64{}
	for _, r := range rowsOf(s, Registrations).rows {
		if r.State == auction.Registered {
			s.indexBidder(r)
		}
	}
}

// Operation is RegistrationApply.
func (RegistrationApply) Operation() identity.Operation { return identity.RegistrationApply }

// NeedsApproval is true of a collateral over the limit from a user who may not sign.
func (RegistrationApply) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// Decide checks the time, the bidder's qualification by the rules, and that he
// has what he puts up. The result is an auction.Registration.
func (c RegistrationApply) Decide(v *View) (Apply, error) {
	r, l, err := v.bidder(c)
	if err != nil {
		return nil, err
	}
	o, err := Get(v, Offers, "id", c.Offer)
	if err != nil {
		return nil, err
	}
	if err := fault.First(c.checkFor(o), o.TakesRegistrations(v.Now)); err != nil {
		return nil, err
	}
	if o.OfCredits() {
		r.Region = o.Region // whose officers see the bidder, and who from elsewhere does not
	}
	switch _, known := v.bidders[o.ID][r.Party]; {
	case len(v.bidders[o.ID]) >= o.BiddersMost():
		return nil, auction.ErrBiddersMost
	case known:
		return nil, auction.ErrRegisteredTwice
	}
	if err := v.checkBarred(r.Party); err != nil {
		return nil, err
	}
	i := rowsOf(v.state, Instruments).rows[o.Instrument]
	if r, err = v.qualify(o, r, c, l, i); err != nil {
		return nil, err
	}
	key, amount := collateralOf(o, r, l, i)
	if err := v.ledger.CheckHold(key, amount); err != nil {
		return nil, atField(err, collateralField(o))
	}
	if err := v.checkSigner(r.Party, r.Collateral); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.putRegistration(o, r, key, amount) }, nil
}

// bidder is the registration of the actor's party, or of his licence.
func (v *View) bidder(c RegistrationApply) (r auction.Registration, l catalog.Licence, err error) {
	r = auction.Registration{
		Offer: c.Offer, Project: c.Project, AcceptsPart: c.AcceptsPart, State: auction.Registered, RegisteredBy: v.Actor.Person, RegisteredAt: v.Now,
	}
	if c.Party == 0 {
		l, err = v.ownLicence(identity.RegistrationApply, c.Licence)
		r.Party, r.Region, r.Licence = l.Party, l.Region, l.ID
		return r, l, err
	}
	if err := v.Authorise(identity.RegistrationApply, identity.Target{}); err != nil {
		return r, l, err
	}
	p, err := Get(v, Parties, "party", c.Party)
	if err != nil {
		return r, l, err
	}
	r.Party, r.Region = p.ID, p.Region
	return r, l, v.AuthoriseAt("party", identity.RegistrationApply, identity.OfParty(p.ID, p.Region))
}

// checkFor holds that a party registers for credits, and a licence for permits.
func (c RegistrationApply) checkFor(o auction.Offer) error {
	switch {
	case !o.OfCredits() && c.Party != 0:
		return fault.Invalidf("party", "permits are bid for by a licence: name it, and no party")
	case o.OfCredits() && (c.Licence != 0 || c.Party == 0):
		return fault.Invalidf("licence", "credits are bid for by a party: name it, and no licence")
	case o.Buys() && (c.Project != 0 || c.ExistingUnit):
		return ErrProjectOfSale
	case c.Guarantee != 0 && (o.Buys() || o.Collateral != auction.FullCollateral):
		return fault.Invalidf("guarantee", "the bidder chooses none here: he puts up the deposit of the offer, or the permits that he would sell")
	case c.QuantityMost != 0 && !sellsPermits(o):
		return auction.ErrMostNamed
	case o.OfCredits() && (c.Project != 0 || c.ExistingUnit || c.AcceptsPart):
		return fault.Invalidf("project", "credits are for no project or unit, and no share of a need")
	}
	return nil
}

// qualify checks that a bidder may have, or sell, what he registers for, and
// fills in what he puts up.
func (v *View) qualify(o auction.Offer, r auction.Registration, c RegistrationApply, l catalog.Licence, i catalog.Instrument) (auction.Registration, error) {
	var err error
	if sellsPermits(o) {
		if _, _, err = v.receiver(l.ID, i.Code, o.Region, o.Pollutant); err != nil {
			return r, err
		}
	}
	judged := o.Least()
	switch {
	case o.Buys():
		if c.Quantity < o.LotSize || !c.Quantity.IsMultipleOf(o.LotSize) {
			return r, auction.ErrOffLot.With("what is put up is a multiple of %s t/a", o.LotSize)
		}
		r.Quantity, judged = c.Quantity, c.Quantity
	case c.Quantity != 0:
		return r, auction.ErrOffLot.With("only who sells puts up a quantity")
	case c.Project != 0:
		var need permit.Need
		if _, need, err = v.projectFor(c.Project, l, o.Pollutant); err != nil {
			return r, err
		}
		if err = v.checkProjectBid(o, r, need); err != nil {
			return r, err
		}
		if r.QuantityMost, err = v.mostFor(o, r, c.QuantityMost, need); err != nil {
			return r, err
		}
		if o.Format == auction.PayAsBidShare {
			r.Quantity, judged = r.QuantityMost, r.QuantityMost
		}
	case o.Format == auction.PayAsBidShare:
		return r, auction.ErrNeedMissing
	case c.QuantityMost != 0:
		if r.LimitMost, err = o.MostFor(r, c.QuantityMost, o.Quantity); err != nil {
			return r, err
		}
		judged = r.LimitMost
	}
	switch {
	case o.Buys():
		r.Quantity = 0 // it is not held yet
	case sellsPermits(o):
		if err = v.checkSaid(use{c.Project, c.ExistingUnit}, l.ID, o.Pollutant); err != nil {
			return r, err
		}
	}
	if err = v.judgeBidder(v.known, o, r, judged); err != nil {
		return r, err
	}
	switch {
	case o.Buys():
		r.Quantity = judged
	case !o.OfCredits():
		r.LimitMost = v.limitMost(o, r, l)
	}
	return v.putUp(o, r, c.Guarantee)
}

// putUp fills in the collateral.
func (v *View) putUp(o auction.Offer, r auction.Registration, guarantee quantity.Money) (auction.Registration, error) {
	switch {
	case o.Buys():
		return r, nil
	case o.Collateral == auction.DepositCollateral:
		var err error
		r.Collateral, err = o.DepositOf(r)
		return r, err
	}
	q := max(r.Quantity, o.LotSize)
	least, err := o.Need(auction.Terms{Steps: []auction.Step{{Price: o.ReservePrice, Quantity: q}}})
	if err != nil {
		return r, err
	}
	if guarantee < least {
		return r, auction.ErrGuarantee.With("it must be at least CNY %s", least)
	}
	r.Collateral = guarantee
	return r, nil
}

// collateralOf is the account and the amount that a registration holds aside.
func collateralOf(o auction.Offer, r auction.Registration, l catalog.Licence, i catalog.Instrument) (ledger.Key, int64) {
	if o.Buys() {
		return HoldingKey(l, i, ledger.Paid), int64(r.Quantity)
	}
	return ledger.FundsKey(r.Party), int64(r.Collateral)
}

// collateralField is what a bidder says otherwise who does not have what he would put up.
func collateralField(o auction.Offer) string {
	switch {
	case o.Buys():
		return "quantity"
	case o.Collateral == auction.FullCollateral:
		return "guarantee"
	case o.DepositPer == auction.PerLot && !o.FixedQuantity():
		return "max_quantity"
	case o.OfCredits():
		return "party"
	}
	return "licence"
}

// putRegistration pays what a bidder puts up into the deposit account, or holds
// the permits that he would sell.
func (tx *Tx) putRegistration(o auction.Offer, r auction.Registration, key ledger.Key, amount int64) auction.Registration {
	r = Put(tx, Registrations, tx.keepForBidder(r, o.Pollutant, r.QuantityMost))
	if !o.Buys() {
		return tx.putUpMoney(r)
	}
	r.Hold = tx.putHold(key, amount, ledger.ForAuction, r.ID).ID
	return Put(tx, Registrations, r)
}

// putUpMoney pays what a bidder puts up into his deposit account.
func (tx *Tx) putUpMoney(r auction.Registration) auction.Registration {
	key := depositKey(r.Party)
	tx.Post(ledger.Transfer{Reason: ledger.BidCollateral, Reference: r.ID, Legs: []ledger.Leg{{Debit: ledger.FundsKey(r.Party), Credit: key, Amount: int64(r.Collateral)}}})
	r.Hold = tx.putHold(key, int64(r.Collateral), ledger.ForAuction, r.ID).ID
	return Put(tx, Registrations, r)
}

// returnCollateral gives back what a bidder has put up: to the account that it
// came from, and to no other.
func (tx *Tx) returnCollateral(r auction.Registration, h ledger.Hold) {
	if r.Collateral == 0 {
		tx.closeHold(h, ledger.HoldVoided)
		return
	}
	tx.closeHold(h, ledger.HoldPosted)
	tx.Post(ledger.Transfer{Reason: ledger.BidReturn, Reference: r.ID, Legs: []ledger.Leg{{
		Debit: depositKey(r.Party), Credit: ledger.FundsKey(r.Party), Amount: h.Amount, FromHeld: true,
	}}})
}

// Operation is RegistrationWithdraw.
func (RegistrationWithdraw) Operation() identity.Operation { return identity.RegistrationWithdraw }

// Decide checks the deadline. The result is an auction.Registration.
func (c RegistrationWithdraw) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.RegistrationWithdraw, identity.Target{}); err != nil {
		return nil, err
	}
	r, err := v.registration("id", c.Registration)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.RegistrationWithdraw, identity.OfParty(r.Party, r.Region)); err != nil {
		return nil, err
	}
	h, err := Get(v, Holds, "id", r.Hold)
	if err != nil {
		return nil, auction.ErrRegistrationState.With("the registration is %s", r.State)
	}
	if r, err = r.Withdrawn(); err != nil {
		return nil, err
	}
	if err := rowsOf(v.state, Offers).rows[r.Offer].TakesRegistrations(v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.returnCollateral(r, h)
		return Put(tx, Registrations, tx.freeOfBidder(r))
	}, nil
}

// registration is an open registration, or one that lies in the rows.
func (v *View) registration(field string, id int64) (auction.Registration, error) {
	if r, open := rowsOf(v.state, Registrations).rows[id]; open {
		return r, nil
	}
	rows, err := Find(v, Registrations, Where("id", id))
	switch {
	case err != nil:
		return auction.Registration{}, err
	case len(rows) == 0:
		return auction.Registration{}, ErrNoRecord.At(field)
	}
	return rows[0], nil
}
