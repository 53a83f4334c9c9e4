package app

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// The tables of renewals.
var (
	Renewals     = resident[permit.Renewal]("renewal")
	RenewalSteps = cold[permit.RenewalStep]("renewal_step")
)

var renewalsOf = indexed(Renewals, func(r permit.Renewal) []int64 { return []int64{r.Licence} })

// The faults of renewals, in the order in which they are checked; those of
// the table of steps are in permit, of the rules in rulebook, of publicity in
// renewalpublicity.go.
var (
	// ErrNothingToRenew is returned when the licence holds nothing of the instrument and origin.
	ErrNothingToRenew = fault.New(fault.Refused, "renewal.nothing_held", "the licence holds nothing of this instrument and origin").At("instrument")
	// ErrRenewalOpen is returned when the renewal of the holding is applied for already.
	ErrRenewalOpen = fault.New(fault.Conflict, "renewal.open", "the renewal of this holding is applied for already")
	// ErrRenewalTerm is returned when the new instrument is not of the same pollutant and a later term.
	ErrRenewalTerm = fault.New(fault.Invalid, "renewal.term", "the new instrument is of the same pollutant and ends later").At("instrument")
	// ErrRenewalPrice is returned when paid permits would be renewed without payment.
	ErrRenewalPrice = fault.New(fault.Refused, "renewal.price_missing", "the new term of paid permits is paid for").At("price").
			Under("renewal.paid_again", "财税〔2015〕61号 第十二条: 排污权有效期原则上为五年。有效期满后，排污单位需要延续排污权的，应当按照地方环境保护部门重新核定的排污权，继续缴纳排污权使用费")
	// ErrRenewalHeld is returned when a part of what is renewed is held for orders, deals or buy-backs.
	ErrRenewalHeld = fault.New(fault.Refused, "renewal.held", "a part of the holding is held for orders, deals or buy-backs: end them first").At("event").
			Under("renewal.held", sourceDefault)
)

// RenewalApply applies for a further term of what a licence holds of an
// instrument. Those who hold it apply; the bureau decides how much.
type RenewalApply struct {
	Licence    int64
	Instrument string
	Origin     ledger.Origin
	Quantity   quantity.Quantity // asked for
}

// RenewalStep takes the next step of a renewal. Which fields it needs depends
// on the event.
type RenewalStep struct {
	Renewal    int64
	Event      permit.RenewalEvent
	Instrument string            // verify: of the new term
	Quantity   quantity.Quantity // verify
	Rung       reserve.Rung      // verify
	Days       int32             // publish
	Price      quantity.Price    // decide; 0: nothing is to be paid
	DueOn      calendar.Date     // decide, with a price
	Document   string
	Note       string // may be empty; reject gives the reason
}

// RenewalResult is a renewal with the codes of its instruments.
type RenewalResult struct {
	Renewal  permit.Renewal
	From, To string
}

var _ = declare(RenewalApply{}, RenewalStep{})

// Operation is RenewalApply.
func (RenewalApply) Operation() identity.Operation { return identity.RenewalApply }

// Decide checks that the licence holds what is to be renewed and that there is
// time: at least 60 days before the term ends. The result is a RenewalResult.
func (c RenewalApply) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.RenewalApply, identity.Target{}); err != nil {
		return nil, err
	}
	l, err := Get(v, Licences, "licence", c.Licence)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("licence", identity.RenewalApply, identity.OfParty(l.Party, "")); err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	r := permit.Renewal{
		Party: l.Party, Region: l.Region, Licence: l.ID, Pollutant: i.Pollutant, Origin: c.Origin, OldInstrument: i.ID, TermEnd: i.TermEnd,
		State: permit.RenewalApplied, Requested: c.Quantity, AppliedAt: v.Now,
	}
	if c.Quantity <= 0 {
		return nil, fault.Invalidf("quantity", "must be more than zero")
	}
	if err := v.judgeRenewal(l, i); err != nil {
		return nil, err
	}
	if v.ledger.Balance(r.OldKey()).Balance == 0 {
		return nil, ErrNothingToRenew
	}
	if open, is := v.renewalOf(r.OldKey()); is {
		return nil, ErrRenewalOpen.With("renewal %d of this holding is %s", open.ID, open.State)
	}
	return func(tx *Tx) any { return tx.renewalResult(Put(tx, Renewals, r)) }, nil
}

// judgeRenewal judges an application by the rules of a licence's renewal, for
// the term that ends.
func (v *View) judgeRenewal(l catalog.Licence, i catalog.Instrument) error {
	p, err := Get(v, Parties, "licence", l.Party)
	if err != nil {
		return err
	}
	f := v.facts(rulebook.RenewLicence, i.Pollutant, 0)
	f.Seller = asRenewed(v.known.side("licence", p, l, i.Pollutant, v.Today), i)
	return v.judge(&f)
}

// renewalOf is the open renewal of a holding.
func (v *View) renewalOf(k ledger.Key) (permit.Renewal, bool) {
	id, known := v.byCode.renewals[k]
	if !known {
		return permit.Renewal{}, false
	}
	r := rowsOf(v.state, Renewals).rows[id]
	return r, r.State.IsOpen()
}

func (tx *Tx) renewalResult(r permit.Renewal) RenewalResult {
	out := RenewalResult{Renewal: r, From: mustGet(tx, Instruments, r.OldInstrument).Code}
	if r.NewInstrument != 0 {
		out.To = mustGet(tx, Instruments, r.NewInstrument).Code
	}
	return out
}

// Operation is RenewalStep.
func (RenewalStep) Operation() identity.Operation { return identity.RenewalStep }

// Decide looks the step up in the table, and checks what it would do. The
// result is a RenewalResult.
func (c RenewalStep) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.RenewalStep, identity.Target{}); err != nil {
		return nil, err
	}
	r, err := Get(v, Renewals, "id", c.Renewal)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.RenewalStep, identity.OfParty(r.Party, r.Region)); err != nil {
		return nil, err
	}
	if err := c.checkForm(); err != nil {
		return nil, err
	}
	to, body, err := r.Next(c.Event, c.Price > 0, renewalBodies(v.Actor, r)...)
	if err != nil {
		return nil, err
	}
	after, effect, err := c.effect(v, r)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		step := permit.RenewalStep{
			Renewal: r.ID, Event: c.Event, Person: tx.Actor.Person, Body: body, FromState: r.State, ToState: to,
			Quantity: after.Quantity, Document: c.Document, Note: c.Note, At: tx.Now,
		}
		after.State = to
		if c.Document != "" {
			after.Document = c.Document
		}
		if effect != nil {
			effect(tx, &after)
		}
		after = Put(tx, Renewals, after)
		Put(tx, RenewalSteps, step)
		return tx.renewalResult(after)
	}, nil
}

func (c RenewalStep) checkForm() error {
	if err := catalog.CheckOneOf("event", c.Event, permit.RenewalEvents); err != nil {
		return err
	}
	if err := settlement.CheckDealText("document", c.Document); err != nil {
		return err
	}
	return settlement.CheckDealText("note", c.Note)
}

// renewalBodies are the bodies that an actor may stand for.
func renewalBodies(a identity.Actor, r permit.Renewal) []permit.Body {
	if a.Has(identity.System) {
		return []permit.Body{permit.AsSystem}
	}
	var bodies []permit.Body
	if slices.Contains(a.Parties(), r.Party) {
		bodies = append(bodies, permit.AsHolder)
	}
	for _, officer := range []struct {
		role identity.Role
		body permit.Body
	}{{identity.BureauClerk, permit.AsClerk}, {identity.BureauLeader, permit.AsLeader}} {
		if hasRole(a, identity.RenewalStep, officer.role, identity.OfRegion(r.Region)) {
			bodies = append(bodies, officer.body)
		}
	}
	return bodies
}

// renewalEffect is what a step does beside moving the renewal to its next state.
type renewalEffect func(tx *Tx, r *permit.Renewal)

// effect checks what a step would do: the renewal as it would be, and what
// else.
func (c RenewalStep) effect(v *View, r permit.Renewal) (permit.Renewal, renewalEffect, error) {
	switch c.Event {
	case permit.VerifyRenewal:
		return c.verify(v, r)
	case permit.PublishRenewal:
		return c.publish(v, r)
	case permit.DecideRenewal:
		return c.decide(v, r)
	case permit.RejectRenewal:
		if err := catalog.CheckDocument("note", c.Note); err != nil {
			return r, nil, err
		}
		return v.giveUp(r)
	case permit.WithdrawRenewal, permit.LapseRenewal:
		return v.giveUp(r)
	case permit.PayRenewal, permit.JoinRenewal:
		return r, nil, permit.ErrRenewalBody // of finance, by the payment notice; of the system, by its timer
	}
	panic("app: no effect is declared for the step " + string(c.Event))
}

// verify fixes how much may be held for which new term, and which rung of the
// verification order that rests on.
func (c RenewalStep) verify(v *View, r permit.Renewal) (permit.Renewal, renewalEffect, error) {
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return r, nil, err
	}
	switch {
	case i.Pollutant != r.Pollutant || i.TermEnd <= r.TermEnd:
		return r, nil, ErrRenewalTerm.With("the old term of %s ends on %s", r.Pollutant, r.TermEnd)
	case c.Quantity <= 0:
		return r, nil, fault.Invalidf("quantity", "must be more than zero; reject what is not renewed at all")
	}
	if err := catalog.CheckOneOf("rung", c.Rung, reserve.Rungs); err != nil {
		return r, nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return r, nil, err
	}
	r.NewInstrument, r.Quantity, r.Rung = i.ID, c.Quantity, string(c.Rung)
	unpublish, err := v.unpublish(r, "verified again")
	r.PublishedOn, r.PublicUntil, r.PublicNotice = 0, 0, 0
	return r, unpublish, err
}

// decide grants the new term: what is renewed is held from now on, and cannot
// be sold; what the new term has beyond it is held in the unallocated part.
// Where nothing is to be paid the same decision prolongs the licence to the new
// term's end, else its payment does.
func (c RenewalStep) decide(v *View, r permit.Renewal) (permit.Renewal, renewalEffect, error) {
	if err := v.checkPublicity(r); err != nil {
		return r, nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return r, nil, err
	}
	to, err := Get(v, Instruments, "instrument", r.NewInstrument)
	if err != nil {
		return r, nil, err
	}
	l, err := Get(v, Licences, "id", r.Licence)
	if err != nil {
		return r, nil, err
	}
	l.ValidTo = max(l.ValidTo, to.TermEnd)
	if err := v.judgeArrival(rulebook.TakeOver, l, to, r.Quantity, 0); err != nil {
		return r, nil, err
	}
	if r, err = c.price(v, r, to); err != nil {
		return r, nil, err
	}
	hold, err := v.holdForRenewal(&r)
	if err != nil {
		return r, nil, err
	}
	counter := v.noticeNumbers(r.Region)
	return r, func(tx *Tx, r *permit.Renewal) {
		if hold > 0 {
			r.Hold = tx.putHold(r.OldKey(), hold, ledger.ForRenewal, r.ID).ID
		}
		if r.Increase > 0 {
			r.OtherHold = tx.putHold(r.OtherKey(), int64(r.Increase), ledger.ForRenewal, r.ID).ID
		}
		if r.Amount > 0 {
			tx.askPayment(r, counter)
		} else {
			tx.prolong(*r)
		}
		tx.armRenewal(*r)
	}, nil
}

// price sets what the new term costs, and until when it is to be paid.
func (c RenewalStep) price(v *View, r permit.Renewal, to catalog.Instrument) (permit.Renewal, error) {
	r.NewOrigin = r.Origin
	if c.Price == 0 {
		if r.Origin == ledger.Paid {
			return r, ErrRenewalPrice
		}
		return r, nil
	}
	if c.Price < 0 {
		return r, fault.Invalidf("price", "must not be negative")
	}
	r.NewOrigin = ledger.Paid
	r, err := r.Priced(c.Price, to.TermEnd)
	if err != nil {
		return r, err
	}
	if r.Amount == 0 {
		return r, reserve.ErrNoAmount
	}
	if r.DueOn = c.DueOn; !c.DueOn.Valid() || c.DueOn < v.Today {
		return r, ErrDuePast.With("the payment would be due before today")
	}
	return r, nil
}

// holdForRenewal is how much of the old holding is held for its renewal: what
// is not frozen, leased out or pledged of what joins. Freezes are carried over;
// leases and pledges end with the old term, and what they held joins then.
func (v *View) holdForRenewal(r *permit.Renewal) (int64, error) {
	key := r.OldKey()
	b := v.ledger.Balance(key)
	frozen := v.encumbered(key)
	if id, open := v.ledger.Find(key); open {
		for _, f := range v.openFreezes(id) {
			frozen += f.Frozen
		}
	}
	joins := min(b.Balance, int64(r.Quantity))
	if r.Increase = r.Quantity - quantity.Quantity(joins); r.Increase > 0 {
		if err := v.ledger.CheckHold(r.OtherKey(), int64(r.Increase)); err != nil {
			return 0, err
		}
	}
	hold := max(joins-frozen, 0)
	if hold > b.Available() {
		return 0, ErrRenewalHeld.With("%s t/a join the new term and %s t/a are available", quantity.Quantity(joins), quantity.Quantity(b.Available()))
	}
	return hold, nil
}
