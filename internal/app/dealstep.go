package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// The faults of a step, in the order in which they are checked; those of the
// table of steps are in settlement.
var (
	// ErrDealStale is returned when what was proposed would now have other effects.
	ErrDealStale = fault.New(fault.Refused, "deal.stale", "the rules of this deal have changed since it was proposed: propose it again").
			Under("deal.as_proposed", sourceDefault)
	// ErrPaymentOverdue is returned when the last day to pay is over.
	ErrPaymentOverdue = fault.New(fault.Refused, "deal.payment_overdue", "the last day to pay is over").Under("deal.payment_days", "project default")
	// ErrDealUseSaid is returned when a buyer names another project than his deal has, or one where he proposed it without.
	ErrDealUseSaid = fault.New(fault.Refused, "deal.use_said", "what the permits are for was said when this deal was proposed: propose another one").At("project").
			Under("deal.as_proposed", sourceDefault)
	// ErrNotReversible is returned when the buyer no longer has all that the deal brought.
	ErrNotReversible = fault.New(fault.Refused, "deal.not_reversible", "the buyer no longer has all of the permits that this deal brought").
				Under("deal.reversal", sourceDefault)
)

// DealStep takes the next step of a deal.
type DealStep struct {
	Deal     int64
	Event    settlement.DealEvent
	Document string
	Note     string

	Project      int64 // of the buyer, who confirms what the seller has proposed without: that it is for
	ExistingUnit bool  // of the same, instead: it is for the unit that his licence has
}

// dealEffect is what a step does beside moving the deal to its next state.
type dealEffect func(tx *Tx, d *settlement.Deal)

func noEffect(*Tx, *settlement.Deal) {}

// Operation is DealStep.
func (DealStep) Operation() identity.Operation { return identity.DealStep }

// Decide looks the step up in the table, and checks what it would do. The
// result is a DealResult.
func (c DealStep) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.DealStep, identity.Target{}); err != nil {
		return nil, err // the role, before anything that could tell what exists
	}
	d, err := Get(v, Deals, "id", c.Deal)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.DealStep, DealTarget(d)); err != nil {
		return nil, err
	}
	if err := c.checkForm(); err != nil {
		return nil, err
	}
	h, err := v.dealHistory(d.ID)
	if err != nil {
		return nil, err
	}
	m, err := d.Next(h, c.Event, dealRoles(v.Actor, d)...)
	if err != nil {
		return nil, err
	}
	switch {
	case m.Document && c.Document == "":
		return nil, settlement.ErrDocumentMissing
	case m.Note && c.Note == "":
		return nil, settlement.ErrNoteMissing
	}
	if err := d.MayAct(h, v.Actor.Person, m.Role); err != nil {
		return nil, err
	}
	effect, err := c.decide(v, d, h, m)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		effect(tx, &d)
		s := tx.takeStep(&d, m, c.Document, c.Note)
		return tx.dealResult(d, append(h, s))
	}, nil
}

func (c DealStep) checkForm() error {
	if err := catalog.CheckOneOf("event", c.Event, settlement.DealEvents); err != nil {
		return err
	}
	if err := settlement.CheckDealText("document", c.Document); err != nil {
		return err
	}
	if c.Event != settlement.BuyerConfirm {
		switch {
		case c.Project != 0:
			return ErrProjectOfSale
		case c.ExistingUnit:
			return ErrProjectOfSale.At("existing_unit")
		}
	}
	return settlement.CheckDealText("note", c.Note)
}

// dealHistory reads the steps of a deal, oldest first.
func (v *View) dealHistory(deal int64) (settlement.History, error) {
	return Find(v, DealSteps, Where("deal", deal))
}

// dealRoles are the bodies of a deal that an actor may stand for.
func dealRoles(a identity.Actor, d settlement.Deal) []settlement.DealRole {
	if a.Has(identity.System) {
		return []settlement.DealRole{settlement.AsSystem}
	}
	var roles []settlement.DealRole
	add := func(role settlement.DealRole, ok bool) {
		if ok {
			roles = append(roles, role)
		}
	}
	parties := a.Parties()
	leads := func(region string) bool { return isOfficer(a, identity.BureauLeader, region) }
	add(settlement.AsSeller, slices.Contains(parties, d.SellerParty))
	add(settlement.AsBuyer, slices.Contains(parties, d.BuyerParty))
	if d.Kind == settlement.Local {
		add(settlement.AsBureau, leads(d.SellerRegion))
	} else {
		add(settlement.AsSellerBureau, leads(d.SellerRegion))
		add(settlement.AsBuyerBureau, leads(d.BuyerRegion))
		add(settlement.AsUpper, isOfficer(a, identity.Upper, d.SellerRegion) && isOfficer(a, identity.Upper, d.BuyerRegion))
	}
	add(settlement.AsFinance, isOfficer(a, identity.Finance, d.SellerRegion) || isOfficer(a, identity.Finance, d.BuyerRegion))
	return roles
}

// isOfficer reports whether an actor has a role in a region.
func isOfficer(a identity.Actor, role identity.Role, region string) bool {
	return hasRole(a, identity.DealStep, role, identity.OfRegion(region))
}

// NextDealEvents are the steps that an actor may take now. They may still be
// refused for what they would do.
func NextDealEvents(a identity.Actor, d settlement.Deal, h settlement.History) []settlement.DealEvent {
	var roles []settlement.DealRole
	for _, r := range dealRoles(a, d) {
		if d.MayAct(h, a.Person, r) == nil {
			roles = append(roles, r)
		}
	}
	return d.Possible(h, roles...)
}

// takeStep moves the deal to its next state and records the step. What the system
// takes is nobody's, also where a person's command has led to it.
func (tx *Tx) takeStep(d *settlement.Deal, m settlement.Move, document, note string) settlement.DealStep {
	was := wantedOfDeal(*d)
	d.State = m.To
	tx.want(d.BuyerLicence, d.Pollutant, wantedOfDeal(*d)-was)
	if approvals[m.Event] && document != "" {
		d.Document = document
	}
	*d = Put(tx, Deals, *d)
	person := tx.Actor.Person
	if m.Role == settlement.AsSystem {
		person = 0
	}
	return Put(tx, DealSteps, settlement.DealStep{
		Deal: d.ID, Event: m.Event, Person: person, Role: m.Role, Document: document, Note: note,
		At: tx.Now, FromState: m.From, ToState: m.To,
	})
}

// decide checks what a step would do and returns it.
func (c DealStep) decide(v *View, d settlement.Deal, h settlement.History, m settlement.Move) (dealEffect, error) {
	switch m.Event {
	case settlement.SellerSign:
		return v.decideSign(d)
	case settlement.BuyerConfirm:
		return c.decideConfirm(v, d)
	case settlement.CheckEligibility, settlement.BureauApprove, settlement.SellerRegionConfirm, settlement.BuyerRegionConfirm, settlement.UpperApprove:
		return v.decideApproval(d, m)
	case settlement.Fund:
		return v.decideFund(d)
	case settlement.ConfirmPaymentBuyer, settlement.ConfirmPaymentSeller, settlement.ConfirmPaymentFinance:
		return v.decidePaymentConfirmation(d, h, m)
	case settlement.Settle:
		return v.decideSettle(d)
	case settlement.Reject, settlement.Withdraw, settlement.Lapse:
		return v.decideRelease(d)
	case settlement.ConsentReversal:
		return noEffect, v.checkDealSigner(d, m.Role)
	case settlement.Reverse:
		return v.decideReverse(d)
	case settlement.AcknowledgeSeller, settlement.AcknowledgeBuyer, settlement.Certify:
		return noEffect, nil
	}
	panic("app: no effect is declared for the step " + string(m.Event))
}

// checkDealSigner asks for a signer where a side acts for an amount over its
// party's limit. Officers have no limit.
func (v *View) checkDealSigner(d settlement.Deal, role settlement.DealRole) error {
	switch role {
	case settlement.AsSeller:
		return v.checkSigner(d.SellerParty, d.Amount)
	case settlement.AsBuyer:
		return v.checkSigner(d.BuyerParty, d.Amount)
	case settlement.AsBureau, settlement.AsSellerBureau, settlement.AsBuyerBureau, settlement.AsUpper, settlement.AsFinance, settlement.AsSystem:
	}
	return nil
}

func (v *View) decideSign(d settlement.Deal) (dealEffect, error) {
	if err := v.checkDealFacts(d, true); err != nil {
		return nil, err
	}
	if err := v.checkDealSigner(d, settlement.AsSeller); err != nil {
		return nil, err
	}
	return (*Tx).holdForDeal, v.checkSources(d)
}

func (c DealStep) decideConfirm(v *View, d settlement.Deal) (dealEffect, error) {
	if c.Project != 0 && c.Project != d.Project {
		if d.Project != 0 || d.Proposer == settlement.BuyerSide {
			return nil, ErrDealUseSaid
		}
		d.Project = c.Project
	}
	d, err := v.confirmed(d)
	if err != nil {
		return nil, err
	}
	if err := v.checkDealFacts(d, false); err != nil {
		return nil, err
	}
	if err := v.checkDealSigner(d, settlement.AsBuyer); err != nil {
		return nil, err
	}
	existingUnit := c.ExistingUnit || d.Project == 0 && d.Proposer == settlement.BuyerSide // who was asked when he proposed it
	return func(tx *Tx, of *settlement.Deal) {
		*of = d
		tx.projectBids(d.Project, d.Pollutant, d.Arriving)
	}, v.checkDealUse(d, existingUnit)
}

// decideApproval judges the deal again by the facts of today. With the last
// confirmation the payment becomes due; no day is promised while the calendar
// is not published.
func (v *View) decideApproval(d settlement.Deal, m settlement.Move) (dealEffect, error) {
	if err := v.checkDealFacts(d, false); err != nil {
		return nil, err
	}
	if err := v.checkPairStill(d); err != nil {
		return nil, err
	}
	d.State = m.To
	if !d.IsPayable() {
		return noEffect, nil
	}
	due, err := v.deadline(rulebook.PaymentDays, d.SellerRegion, d.Pollutant)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, d *settlement.Deal) {
		d.DueOn = due
		tx.Arm(due.AddDays(1).Start(), timerPaymentDue, d.ID)
	}, nil
}

func (v *View) decideFund(d settlement.Deal) (dealEffect, error) {
	if v.Today > d.DueOn {
		return nil, ErrPaymentOverdue.With("the last day to pay was %s", d.DueOn)
	}
	if err := v.checkDealFacts(d, false); err != nil {
		return nil, err
	}
	if err := v.checkDealSigner(d, settlement.AsBuyer); err != nil {
		return nil, err
	}
	return (*Tx).fundDeal, v.ledger.Check(d.FundTransfer())
}

// decidePaymentConfirmation takes the first confirmation of a direct payment
// by its last day; the others may follow.
func (v *View) decidePaymentConfirmation(d settlement.Deal, h settlement.History, m settlement.Move) (dealEffect, error) {
	if v.Today > d.DueOn && !h.IsPaymentConfirmed() {
		return nil, ErrPaymentOverdue.With("the last day to pay was %s", d.DueOn)
	}
	return noEffect, v.checkDealSigner(d, m.Role)
}

func (v *View) decideSettle(d settlement.Deal) (dealEffect, error) {
	if err := v.checkDealFacts(d, false); err != nil {
		return nil, err
	}
	if err := v.checkSources(d); err != nil {
		return nil, err
	}
	holds, err := v.dealHolds(d)
	if err != nil {
		return nil, err
	}
	if err := v.ledger.Check(d.SettleTransfer()); err != nil {
		return nil, err
	}
	return func(tx *Tx, d *settlement.Deal) { tx.settleDeal(d, holds) }, nil
}

// decideRelease gives back what the deal holds.
func (v *View) decideRelease(d settlement.Deal) (dealEffect, error) {
	holds, err := v.dealHolds(d)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, d *settlement.Deal) { tx.releaseDeal(d, holds) }, nil
}

// decideReverse holds that everything can go back: the buyer has the permits
// that the deal brought, untouched and available, and the seller the money.
func (v *View) decideReverse(d settlement.Deal) (dealEffect, error) {
	i, err := Get(v, Instruments, "instrument", d.Instrument)
	if err != nil {
		return nil, err
	}
	if i.Expired(v.Today) {
		return nil, ErrDealTermEnded.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	buyer, _ := v.ledger.Find(d.BuyerKey())
	left := d.Delivered
	for _, a := range v.ledger.Brought(buyer, d.ID) {
		left -= a.Remaining
	}
	if left != 0 {
		return nil, ErrNotReversible.With("the buyer has sold or moved %s t/a of the %s t/a that this deal brought", left, d.Delivered)
	}
	// What was taken over without a price cannot stand in for what is held.
	if free := v.ledger.BalanceOf(buyer).Available() - int64(v.ledger.Unpriced(buyer)); free < int64(d.Delivered) {
		return nil, ErrNotReversible.With("a part of the %s t/a that this deal brought is held for orders or deals of the buyer", d.Delivered)
	}
	if n, named := v.needOf(d.Project, d.Pollutant); named && !n.With(dealEntry(d).Negated()).IsSound() {
		return nil, ErrNotReversible.With("the project has been reduced since this deal, and keeps less than it brought")
	}
	if err := v.ledger.Check(d.ReverseTransfer()); err != nil {
		return nil, err
	}
	sources, err := v.dealSources(d.ID)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, d *settlement.Deal) { tx.reverseDeal(d, sources) }, nil
}

// dealHolds are what a deal holds aside, as far as it does.
type dealHolds struct{ permits, money ledger.Hold }

func (v *View) dealHolds(d settlement.Deal) (h dealHolds, err error) {
	if d.PermitHold != 0 {
		if h.permits, err = Get(v, Holds, "id", d.PermitHold); err != nil {
			return h, err
		}
	}
	if d.MoneyHold != 0 {
		h.money, err = Get(v, Holds, "id", d.MoneyHold)
	}
	return h, err
}

// dealSources are the acquisitions that a deal has used up, each with the
// quantity that it took and without the seller's account.
func (v *View) dealSources(deal int64) ([]ledger.Acquisition, error) {
	sources, err := Find(v, DealSources, Where("deal", deal))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(sources))
	for i, s := range sources {
		ids[i] = s.Acquisition
	}
	rows, err := Find(v, Acquisitions, Query{}.And("id", In, ids))
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]ledger.Acquisition, len(rows))
	for _, a := range rows {
		byID[a.ID] = a
	}
	out := make([]ledger.Acquisition, len(sources))
	for i, s := range sources {
		a := byID[s.Acquisition]
		out[i] = ledger.Acquisition{
			AcquiredOn: a.AcquiredOn, Price: a.Price, PriceKnown: a.PriceKnown, Document: a.Document,
			Trade: a.Trade, Deal: a.Deal, Quantity: s.Quantity,
		}
	}
	return out, nil
}
