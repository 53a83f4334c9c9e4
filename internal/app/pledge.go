package app

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// The tables of pledges.
var (
	Pledges        = resident[encumbrance.Pledge]("pledge")
	PledgeSales    = cold[encumbrance.PledgeSale]("pledge_sale")
	PledgePayments = cold[encumbrance.PledgePayment]("pledge_payment")
)

var (
	openPledges = indexed(Pledges, func(p encumbrance.Pledge) []permits {
		return when(p.State.IsOpen(), permits{licence: p.Licence}, permits{instrument: p.Instrument})
	})
	pledgesInChain = indexed(Pledges, func(p encumbrance.Pledge) []int64 { return []int64{p.Chain()} })
)

// The faults of pledges, in the order in which they are checked; those of terms
// and states are in encumbrance, those of rules in rulebook.
var (
	// ErrNotBank is returned when the pledgee is no bank: nobody acts for it as a bank officer.
	ErrNotBank = fault.New(fault.Refused, "pledge.not_bank", "nobody acts for this party as a bank officer").At("bank").
			Under("pledge.bank", sourceDefault)
	// ErrBehind is returned when a further pledge would stand behind one that holds nothing, or is no first one of the same licence.
	ErrBehind = fault.New(fault.Refused, "pledge.behind", "a further pledge stands behind a registered first pledge of the same licence, and takes its permits").At("behind").
			Under("pledge.rank", sourceDefault)
	// ErrLoanMore is returned when a bank would lend more than was applied for.
	ErrLoanMore = fault.New(fault.Invalid, "pledge.loan_more", "the bank lends no more than was applied for: let the holder apply again").At("loan")
)

// PledgeApply applies for a pledge of a licence's paid permits to a bank.
type PledgeApply struct {
	Licence    int64
	Instrument string
	Quantity   quantity.Quantity
	Behind     int64 // 0: these permits are not pledged yet; else the first pledge of the same permits
	Bank       int64
	Loan       quantity.Money
	Value      quantity.Money // 0: by the base price
	Assessment string         // of the value
}

// PledgeStep takes the next step of a pledge. Which fields it needs depends on
// the event.
type PledgeStep struct {
	Pledge   int64
	Event    encumbrance.PledgeEvent
	Loan     quantity.Money // approve
	Rate     quantity.Ratio // approve: of a year
	DueOn    calendar.Date  // approve
	Claim    quantity.Money // demand
	Document string
	Note     string
}

// PledgeResult is a pledge with the code of its instrument, and what its
// reader may do.
type PledgeResult struct {
	Pledge     encumbrance.Pledge
	Instrument string
	Next       []encumbrance.PledgeEvent
}

var _ = declare(PledgeApply{}, PledgeStep{})

// isBank reports whether a bank officer acts, or has acted, for a party.
func (v *View) isBank(party int64) bool {
	return bankGrants.has(v, party)
}

// Operation is PledgeApply.
func (PledgeApply) Operation() identity.Operation { return identity.PledgeApply }

// Decide checks the application, what the permits are worth, and the rules.
// The result is a PledgeResult.
func (c PledgeApply) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.PledgeApply, identity.Target{}); err != nil {
		return nil, err
	}
	l, err := Get(v, Licences, "licence", c.Licence)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("licence", identity.PledgeApply, identity.OfParty(l.Party, "")); err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	if _, err := Get(v, Parties, "bank", c.Bank); err != nil {
		return nil, err
	}
	p := encumbrance.Pledge{
		Behind: c.Behind, Party: l.Party, Licence: l.ID, Region: l.Region, Bank: c.Bank, Instrument: i.ID, Pollutant: i.Pollutant,
		Quantity: c.Quantity, Value: c.Value, Assessment: c.Assessment, Loan: c.Loan, State: encumbrance.PledgeApplied,
		AppliedBy: v.Actor.Person, AppliedAt: v.Now,
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	switch {
	case !v.isBank(c.Bank):
		return nil, ErrNotBank
	case i.Expired(v.Today):
		return nil, ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	if err := v.checkBehind(p); err != nil {
		return nil, err
	}
	_, base, _ := rulebook.Lookup(v.known, rulebook.BasePrice, rulebook.Place{Region: l.Region, Pollutant: i.Pollutant}, v.Today)
	price, err := quantity.ParsePrice("base_price", base.String())
	if err != nil {
		return nil, err
	}
	if p, err = p.Valued(price, v.monthsLeft(i)); err != nil {
		return nil, err
	}
	if p.Most, err = v.mostLent(p); err != nil {
		return nil, err
	}
	if err := v.judgePledge(p); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.pledgeResult(Put(tx, Pledges, p)) }, nil
}

// checkBehind holds that a further pledge is of the permits of a registered
// first one.
func (v *View) checkBehind(p encumbrance.Pledge) error {
	if p.Behind == 0 {
		return nil
	}
	first, known := rowsOf(v.state, Pledges).rows[p.Behind]
	if !known || first.Party != p.Party {
		return ErrNoRecord.At("behind")
	}
	chain := v.heldChain(first.ID)
	if len(chain) == 0 {
		return ErrBehind
	}
	if o := chain[0]; o.Key() != p.Key() || o.Left() != p.Quantity {
		return ErrBehind.With("pledge %d is of %s t/a of licence %d and instrument %d", first.ID, o.Left(), o.Licence, o.Instrument)
	}
	return nil
}

// heldChain are the pledges of the same permits that hold them, in their rank.
func (v *View) heldChain(first int64) []encumbrance.Pledge {
	var chain []encumbrance.Pledge
	for p := range pledgesInChain.of(v, first) {
		if p.State.IsHeld() {
			chain = append(chain, p)
		}
	}
	encumbrance.ByRank(chain)
	return chain
}

// judgePledge asks the rules about a pledge that is not registered. What is
// pledged already secures a further loan behind those before it.
func (v *View) judgePledge(p encumbrance.Pledge) error {
	l, err := Get(v, Licences, "licence", p.Licence)
	if err != nil {
		return err
	}
	i, err := Get(v, Instruments, "instrument", p.Instrument)
	if err != nil {
		return err
	}
	f := v.facts(rulebook.Pledge, p.Pollutant, p.Quantity)
	f.Seller = v.seller(v.known, "licence", rowsOf(v.state, Parties).rows[l.Party], l, i)
	f.Value, f.Loans = p.Value, p.Loan
	if p.Behind != 0 {
		f.Seller.Holding.Ready = p.Quantity
		for _, o := range v.heldChain(p.Behind) {
			f.Loans += o.Loan
		}
	}
	return v.judge(&f)
}

// mostLent is the most that the rules let be lent on what is pledged.
func (v *View) mostLent(p encumbrance.Pledge) (quantity.Money, error) {
	l := rowsOf(v.state, Licences).rows[p.Licence]
	at := v.known.placeOfLicence(rowsOf(v.state, Parties).rows[l.Party], l, p.Pollutant, v.Today)
	_, share, _ := rulebook.Lookup(v.known, rulebook.PledgeShare, at, v.Today)
	return encumbrance.MostOf(p.Value, share)
}

func (tx *Tx) pledgeResult(p encumbrance.Pledge) PledgeResult {
	return PledgeResult{p, mustGet(tx, Instruments, p.Instrument).Code, NextPledgeEvents(tx.Actor, p)}
}

// PledgeTarget is a pledge for the table of who may do what: the bank sees its
// own.
func PledgeTarget(p encumbrance.Pledge) identity.Target {
	return identity.Target{Parties: []int64{p.Party, p.Bank}, Regions: []string{p.Region}}
}

// pledgeBodies are the bodies that an actor may stand for.
func pledgeBodies(a identity.Actor, p encumbrance.Pledge) []encumbrance.Body {
	if a.Has(identity.System) {
		return []encumbrance.Body{encumbrance.BySystem}
	}
	var bodies []encumbrance.Body
	if slices.Contains(a.Parties(), p.Party) {
		bodies = append(bodies, encumbrance.ByHolder)
	}
	if slices.Contains(a.Banks(), p.Bank) {
		bodies = append(bodies, encumbrance.ByBank)
	}
	if hasRole(a, identity.PledgeStep, identity.BureauLeader, identity.OfRegion(p.Region)) {
		bodies = append(bodies, encumbrance.ByBureau)
	}
	return bodies
}

// NextPledgeEvents are the steps that an actor may take now. They may still be
// refused for what they would do.
func NextPledgeEvents(a identity.Actor, p encumbrance.Pledge) []encumbrance.PledgeEvent {
	return p.Possible(pledgeBodies(a, p)...)
}

// Operation is PledgeStep.
func (PledgeStep) Operation() identity.Operation { return identity.PledgeStep }

// pledgeEffect is what a step does beside moving the pledge to its next state.
type pledgeEffect func(tx *Tx, p *encumbrance.Pledge)

func noPledgeEffect(*Tx, *encumbrance.Pledge) {}

// Decide looks the step up in the table, and checks what it would do. The
// result is a PledgeResult.
func (c PledgeStep) Decide(v *View) (Apply, error) {
	p, row, by, err := v.pledgeStep(identity.PledgeStep, c.Pledge, c.Event)
	if err != nil {
		return nil, err
	}
	if err := encumbrance.CheckStep(row.Document, row.Note, c.Document, c.Note); err != nil {
		return nil, err
	}
	effect, err := c.effect(v, p)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		p := tx.stepPledge(p, row, by, effect, c.Document, c.Note)
		return tx.pledgeResult(p)
	}, nil
}

// pledgeStep is a pledge and the row of a step, after the actor's right to take
// it was checked.
func (v *View) pledgeStep(op identity.Operation, id int64, e encumbrance.PledgeEvent) (p encumbrance.Pledge, row encumbrance.PledgeStep, by encumbrance.Body, err error) {
	if err = v.Authorise(op, identity.Target{}); err != nil {
		return p, row, by, err
	}
	if p, err = Get(v, Pledges, "id", id); err != nil {
		return p, row, by, err
	}
	bodies := []encumbrance.Body{encumbrance.ByBuyer}
	if op != identity.PledgeBuy {
		if err = v.AuthoriseAt("id", op, PledgeTarget(p)); err != nil {
			return p, row, by, err
		}
		if bodies = pledgeBodies(v.Actor, p); op != identity.PledgeStep { // the bureau's, under four eyes
			bodies = []encumbrance.Body{encumbrance.ByBureau}
		}
	}
	if err = catalog.CheckOneOf("event", e, encumbrance.PledgeEvents); err != nil {
		return p, row, by, err
	}
	row, by, err = p.Next(e, bodies...)
	return p, row, by, err
}

// stepPledge writes a pledge after a step, and the step.
func (tx *Tx) stepPledge(p encumbrance.Pledge, row encumbrance.PledgeStep, by encumbrance.Body, effect pledgeEffect, document, note string) encumbrance.Pledge {
	from := p.State
	p.State = row.To
	effect(tx, &p)
	if p.State != encumbrance.PledgeOnSale {
		p.OnSale, p.SalePrice = 0, 0
	}
	if !p.State.IsOpen() {
		p.EndedAt, p.EndDocument = tx.Now, document
	}
	p = Put(tx, Pledges, p)
	tx.tookStep(encumbrance.TakenStep{
		Kind: encumbrance.OfPledge, Reference: p.ID, Event: string(row.Event), Body: by, FromState: string(from), ToState: string(p.State),
		Document: document, Note: note,
	})
	return p
}

// effect checks what a step would do and returns it.
func (c PledgeStep) effect(v *View, p encumbrance.Pledge) (pledgeEffect, error) {
	switch c.Event {
	case encumbrance.ConfirmPledge:
		return func(_ *Tx, p *encumbrance.Pledge) { p.Document = c.Document }, v.judgePledge(p)
	case encumbrance.ApprovePledge:
		return c.approve(v, p)
	case encumbrance.RegisterPledge:
		return v.registerPledge(p)
	case encumbrance.DemandPledge:
		if c.Claim <= 0 {
			return nil, fault.Invalidf("claim", "must be what the bank demands")
		}
		return func(_ *Tx, p *encumbrance.Pledge) { p.Claim = c.Claim }, nil
	case encumbrance.ReleasePledge, encumbrance.EndPledge:
		return v.freePledge(p)
	case encumbrance.RejectPledge, encumbrance.WithdrawPledge, encumbrance.RecallPledged:
		return noPledgeEffect, nil
	case encumbrance.OfferPledged, encumbrance.TakePledged, encumbrance.BuyPledged, encumbrance.EnforcePledge: // commands of their own
		return nil, encumbrance.ErrPledgeState.With("%s is a command of its own", c.Event)
	}
	panic("app: no effect is declared for the step " + string(c.Event))
}

// approve records what the bank lends, at which rate and until when.
func (c PledgeStep) approve(v *View, p encumbrance.Pledge) (pledgeEffect, error) {
	i, err := Get(v, Instruments, "instrument", p.Instrument)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Loan <= 0:
		return nil, fault.Invalidf("loan", "must be more than zero")
	case c.Loan > p.Loan:
		return nil, ErrLoanMore
	case c.Rate <= 0 || c.Rate > quantity.OneRatio:
		return nil, fault.Invalidf("rate", "must be the rate of a year, more than 0 and at most 1, for example 0.0385")
	case !c.DueOn.Valid() || c.DueOn <= v.Today:
		return nil, fault.Invalidf("due_on", "must be a day to come: the last one to pay the loan back")
	case c.DueOn > i.TermEnd:
		return nil, encumbrance.ErrLoanBeyondTerm.With("the term of %s ends on %s", i.Code, i.TermEnd)
	}
	p.Loan = c.Loan
	return func(_ *Tx, p *encumbrance.Pledge) {
		p.Loan, p.Rate, p.DueOn, p.Contract = c.Loan, c.Rate, c.DueOn, c.Document
	}, v.judgePledge(p)
}

// registerPledge holds the permits, or takes the next rank behind who holds them.
func (v *View) registerPledge(p encumbrance.Pledge) (pledgeEffect, error) {
	if err := v.checkBehind(p); err != nil {
		return nil, err
	}
	if err := v.judgePledge(p); err != nil {
		return nil, err
	}
	most, err := v.mostLent(p)
	if err != nil {
		return nil, err
	}
	rank := int32(1)
	for _, o := range v.heldChain(p.Chain()) {
		rank = max(rank, o.Rank+1)
	}
	return func(tx *Tx, p *encumbrance.Pledge) {
		p.Rank, p.Most, p.RegisteredAt = rank, most, tx.Now
		if p.Behind == 0 {
			p.Hold = tx.putHold(p.Key(), int64(p.Quantity), ledger.ForPledge, p.ID).ID
		}
	}, nil
}

// freePledge gives the permits back, or to the pledge that is next in rank.
func (v *View) freePledge(p encumbrance.Pledge) (pledgeEffect, error) {
	if p.Hold == 0 {
		return noPledgeEffect, nil
	}
	h, err := Get(v, Holds, "hold", p.Hold)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, p *encumbrance.Pledge) {
		tx.closeHold(h, ledger.HoldVoided)
		for _, next := range tx.heldChain(p.Chain()) {
			if next.ID != p.ID {
				next.Hold = tx.putHold(next.Key(), h.Amount, ledger.ForPledge, next.ID).ID
				Put(tx, Pledges, next)
				break
			}
		}
	}, nil
}

// endPledges ends the pledges of a term that has ended, the last in rank first,
// some a command.
func endPledges(v *View, e TermEnd) (termEndPart, error) {
	ending := slices.Collect(openPledges.of(v, permits{instrument: e.Instrument}))
	encumbrance.ByRank(ending)
	slices.Reverse(ending)
	var effects []Apply
	for _, p := range ending[:min(len(ending), termEndDeals)] {
		system := *v
		system.Actor = identity.SystemActor
		apply, err := PledgeStep{Pledge: p.ID, Event: encumbrance.EndPledge, Note: termEnded}.Decide(&system)
		if err != nil {
			return nil, err
		}
		effects = append(effects, apply)
	}
	return endEncumbrances(effects), nil
}
