package app

import (
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// The faults of a step, in the order in which they are checked; those of the
// table of steps and of its rules are in reserve.
var (
	// ErrBuyBackCommand is returned when a step needs more than a document and a note.
	ErrBuyBackCommand = fault.New(fault.Invalid, "buy_back.own_command", "this step has a call of its own").At("event")
	// ErrBudgetNeeded is returned when a purchase is approved without a budget.
	ErrBudgetNeeded = fault.New(fault.Invalid, "buy_back.budget_needed", "name the budget that pays for it").At("budget")
	// ErrBudgetSet is returned when another budget is named than the standing offer's.
	ErrBudgetSet = fault.New(fault.Invalid, "buy_back.budget_set", "the amount is committed in the budget of the standing offer: leave the budget out").At("budget")
	// ErrPaymentProofTaken is returned when a payment of the treasury, or a refund to it, has been proved by the same document before.
	ErrPaymentProofTaken = fault.New(fault.Conflict, "buy_back.proof_taken", "the document proves another payment already").At("proof")
)

// BuyBackStep takes a step that needs no more than a document and a note.
type BuyBackStep struct {
	BuyBack  int64
	Event    reserve.BuyBackEvent
	Quantity quantity.Quantity // submit only; 0: as it is
	Document string
	Note     string
}

// BuyBackVerify records what was found to be surplus, and from which rung of
// the verification order.
type BuyBackVerify struct {
	BuyBack    int64
	Quantity   quantity.Quantity
	Rung       reserve.Rung
	Monitored  bool
	TaskDone   bool
	VerifiedOn calendar.Date
	Document   string
}

// BuyBackReclaim decides to take the permits back without payment.
type BuyBackReclaim struct {
	BuyBack  int64
	Document string
}

// BuyBackApprove approves a purchase and commits its amount in a budget.
type BuyBackApprove struct {
	BuyBack  int64
	Budget   int64 // 0: the standing offer's
	Document string
}

// BuyBackPay records that the treasury has paid. The money never touches the
// platform's bank account.
type BuyBackPay struct {
	BuyBack int64
	Amount  quantity.Money
	Proof   string // number of the payment order, unique
	PaidOn  calendar.Date
}

// BuyBackBook brings the permits into the reserve as a lot, and records the
// change of the licence.
type BuyBackBook struct {
	BuyBack  int64
	Document string // of the change of the licence
}

var _ = declare(BuyBackStep{}, BuyBackVerify{}, BuyBackReclaim{}, BuyBackApprove{}, BuyBackPay{}, BuyBackBook{})

// buyBackMove is a buy-back with the step that an actor takes of it.
type buyBackMove struct {
	reserve.BuyBack
	move           reserve.BuyBackMove
	person         int64 // who takes it, also where another one approves it
	document, note string
}

// buyBackMove returns a buy-back and the step that the actor may take of it.
func (v *View) buyBackMove(op identity.Operation, id int64, event reserve.BuyBackEvent, document, note string) (m buyBackMove, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return m, err
	}
	if m.BuyBack, err = Get(v, BuyBacks, "id", id); err != nil {
		return m, err
	}
	if err := v.AuthoriseAt("id", op, BuyBackTarget(m.BuyBack)); err != nil {
		return m, err
	}
	if err := catalog.CheckOneOf("event", event, reserve.BuyBackEvents); err != nil {
		return m, err
	}
	for _, text := range [2]struct{ field, text string }{{"document", document}, {"note", note}} {
		if text.text == "" {
			continue
		}
		if err := catalog.CheckDocument(text.field, text.text); err != nil {
			return m, err
		}
	}
	if m.move, err = m.Next(event, buyBackRoles(v.Actor, m.BuyBack)...); err != nil {
		return m, atField(err, "event")
	}
	m.person, m.document, m.note = v.Actor.Person, document, note
	return m, m.move.CheckTexts(document, note)
}

// apply does what a step does, moves the buy-back to its next state and records
// the step. The result is a BuyBackResult.
func (m buyBackMove) apply(effect buyBackEffect) Apply {
	return func(tx *Tx) any {
		b := m.BuyBack
		effect(tx, &b)
		b.State = m.move.To
		b = Put(tx, BuyBacks, b)
		Put(tx, BuyBackSteps, reserve.BuyBackStep{
			BuyBack: b.ID, Event: m.move.Event, Person: m.person, Role: m.move.Role, Document: m.document, Note: m.note,
			FromState: m.move.From, ToState: m.move.To, At: tx.Now,
		})
		return tx.buyBackResult(b)
	}
}

// Operation is BuyBackStep.
func (BuyBackStep) Operation() identity.Operation { return identity.BuyBackStep }

// Decide looks the step up in the table, and checks what it would do. The
// result is a BuyBackResult.
func (c BuyBackStep) Decide(v *View) (Apply, error) {
	m, err := v.buyBackMove(identity.BuyBackStep, c.BuyBack, c.Event, c.Document, c.Note)
	if err != nil {
		return nil, err
	}
	effect, err := c.decide(v, &m)
	if err != nil {
		return nil, err
	}
	return m.apply(effect), nil
}

func (c BuyBackStep) decide(v *View, m *buyBackMove) (buyBackEffect, error) {
	switch c.Event {
	case reserve.SubmitBuyBack:
		return v.decideSubmit(m, c.Quantity)
	case reserve.AcceptBuyBack:
		return nothing, nil
	case reserve.PriceBuyBack:
		return v.decidePrice(m)
	case reserve.AgreeBuyBack:
		return nothing, v.checkSigner(m.Party, m.Amount)
	case reserve.ImposeBuyBack:
		return nothing, m.CheckImposed(v.Today)
	case reserve.ObjectBuyBack:
		return v.decideObject(m)
	case reserve.DismissBuyBack:
		return func(_ *Tx, b *reserve.BuyBack) { b.ObjectionDueOn = 0 }, nil
	case reserve.ContractBuyBack:
		return func(_ *Tx, b *reserve.BuyBack) { b.Contract = c.Document }, nil
	case reserve.FailBuyBack:
		return v.decideFailed(m)
	case reserve.ReturnBuyBack, reserve.RejectBuyBack, reserve.RefuseBuyBack, reserve.UpholdBuyBack, reserve.WithdrawBuyBack:
		return v.decideFree(m)
	case reserve.VerifyBuyBack, reserve.ReclaimBuyBack, reserve.ApproveBuyBack, reserve.PayBuyBack, reserve.BookBuyBack, reserve.LapseBuyBack:
		return nil, ErrBuyBackCommand
	}
	panic("app: no effect is declared for the step " + string(c.Event))
}

func (v *View) decideSubmit(m *buyBackMove, q quantity.Quantity) (buyBackEffect, error) {
	if q != 0 {
		m.Quantity = q
	}
	if err := m.CheckTaken(); err != nil {
		return nil, err
	}
	if i := must(Get(v, Instruments, "id", m.Instrument)); i.Expired(v.Today) {
		return nil, ErrBuyBackTermEnded.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	return v.decideHold(&m.BuyBack)
}

func (v *View) decideObject(m *buyBackMove) (buyBackEffect, error) {
	objected, err := m.Object(v.Today, v.promised(rulebook.AnswerDays, v.place(m.BuyBack), v.Today))
	if err != nil {
		return nil, err
	}
	return func(_ *Tx, b *reserve.BuyBack) { *b = objected }, nil
}

// decideFailed takes a payment back that the bank has returned.
func (v *View) decideFailed(m *buyBackMove) (buyBackEffect, error) {
	budget, err := must(Get(v, Budgets, "id", m.Budget)).Apply(reserve.BudgetFail, m.Amount)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, b *reserve.BuyBack) {
		tx.putBudget(budget, reserve.BudgetFail, b.Amount, b.ID, b.Proof)
		*b = b.UnpaidAgain()
	}, nil
}

// Operation is BuyBackVerify.
func (BuyBackVerify) Operation() identity.Operation { return identity.BuyBackVerify }

// Decide checks the finding. From then on the holder of permits that the
// bureau takes back may object. The result is a BuyBackResult.
func (c BuyBackVerify) Decide(v *View) (Apply, error) {
	m, err := v.buyBackMove(identity.BuyBackVerify, c.BuyBack, reserve.VerifyBuyBack, c.Document, "")
	if err != nil {
		return nil, err
	}
	verified, err := m.Verify(reserve.Finding{
		Quantity: c.Quantity, Rung: c.Rung, Monitored: c.Monitored, TaskDone: c.TaskDone, VerifiedOn: c.VerifiedOn, Document: c.Document,
	})
	if err != nil {
		return nil, err
	}
	if err := v.checkPast("verified_on", c.VerifiedOn); err != nil {
		return nil, err
	}
	if err := v.checkDischarged(m.BuyBack, c.Quantity); err != nil {
		return nil, err
	}
	if !verified.MayReclaim() {
		if err := v.judgeBuyBack(rulebook.BuyBack, verified); err != nil {
			return nil, err
		}
	}
	if m.Kind == reserve.Compulsory {
		if verified.ObjectUntil, err = v.deadline(rulebook.ObjectionDays, m.Region, m.Pollutant); err != nil {
			return nil, err
		}
	}
	return m.apply(func(_ *Tx, b *reserve.BuyBack) { *b = verified }), nil
}

// checkDischarged holds what is found to be surplus of a unit that goes on to what
// its last full year leaves, with what is verified for sale and with what else is on
// its way back. Where no year is recorded in full the finding rests on its rung.
func (v *View) checkDischarged(b reserve.BuyBack, found quantity.Quantity) error {
	if !b.Cause.OfSurplus() {
		return nil
	}
	year, _, err := v.lastFullYear(b.Licence, b.Pollutant)
	if err != nil || year == 0 {
		return err
	}
	e, err := v.estimate(b.Licence, b.Pollutant, year)
	if err != nil {
		return err
	}
	claimed, err := v.surplusClaimed(b.Licence, b.Pollutant, b.ID)
	if err != nil {
		return err
	}
	return e.check(found, claimed-b.SurplusHeld)
}

// surplusClaimed is what is verified for sale and not yet sold of a licence, what was
// found in buy-backs that are on their way, but for one, and what was won in reverse
// auctions and is not booked, as far as what may be sold does not cover it.
func (v *View) surplusClaimed(licence int64, pollutant string, but int64) (quantity.Quantity, error) {
	s := v.Surplus(licence, pollutant)
	claimed := s.Verified - s.Used
	backs, err := Find(v, BuyBacks, Where("licence", licence).And("pollutant", Eq, pollutant))
	for _, b := range backs {
		if b.ID != but && b.Cause.OfSurplus() && b.State.IsOpen() && b.Verified > 0 {
			claimed += b.Quantity - b.SurplusHeld
		}
	}
	if err != nil {
		return 0, err
	}
	awards, err := v.awardsBought(licence, pollutant, Query{}.And("state", In, anyOf(auction.OpenAwards)))
	var won quantity.Quantity
	for _, a := range awards {
		won += a.Quantity
	}
	return claimed + won - min(won, s.Available()), err
}

// Operation is BuyBackReclaim.
func (BuyBackReclaim) Operation() identity.Operation { return identity.BuyBackReclaim }

// Decide checks that the permits may be taken back without payment. The result
// is a BuyBackResult.
func (c BuyBackReclaim) Decide(v *View) (Apply, error) {
	m, err := v.buyBackMove(identity.BuyBackReclaim, c.BuyBack, reserve.ReclaimBuyBack, c.Document, "")
	if err != nil {
		return nil, err
	}
	reclaimed, err := m.Reclaim(v.Today)
	if err != nil {
		return nil, err
	}
	if err := v.judgeBuyBack(rulebook.Reclamation, reclaimed); err != nil {
		return nil, err
	}
	if err := m.CheckImposed(v.Today); err != nil {
		return nil, err
	}
	if err := v.checkRowsToUse(reclaimed); err != nil {
		return nil, err
	}
	reclaimed.ApprovalDocument = c.Document
	return m.apply(func(_ *Tx, b *reserve.BuyBack) { *b = reclaimed }), nil
}

// Operation is BuyBackApprove.
func (BuyBackApprove) Operation() identity.Operation { return identity.BuyBackApprove }

// Decide checks that the budget has the amount left. What accepted a standing
// offer is committed already. The result is a BuyBackResult.
func (c BuyBackApprove) Decide(v *View) (Apply, error) {
	m, err := v.buyBackMove(identity.BuyBackApprove, c.BuyBack, reserve.ApproveBuyBack, c.Document, "")
	if err != nil {
		return nil, err
	}
	switch {
	case m.Budget != 0 && c.Budget != 0 && c.Budget != m.Budget:
		return nil, ErrBudgetSet
	case m.Budget != 0:
		return m.apply(func(_ *Tx, b *reserve.BuyBack) { b.ApprovalDocument = c.Document }), nil
	case c.Budget == 0:
		return nil, ErrBudgetNeeded
	}
	budget, err := v.commit("budget", c.Budget, m.Region, m.Amount)
	if err != nil {
		return nil, err
	}
	return m.apply(func(tx *Tx, b *reserve.BuyBack) {
		b.Budget, b.ApprovalDocument = budget.ID, c.Document
		tx.putBudget(budget, reserve.BudgetCommit, b.Amount, b.ID, c.Document)
	}), nil
}

// commit returns a budget after an amount was committed in it for permits of a region.
func (v *View) commit(field string, id int64, region string, amount quantity.Money) (reserve.Budget, error) {
	b, err := Get(v, Budgets, field, id)
	if err != nil {
		return b, err
	}
	if err := b.CheckSpend(region, v.Today); err != nil {
		return b, err
	}
	b, err = b.Apply(reserve.BudgetCommit, amount)
	return b, atField(err, field)
}

// Operation is BuyBackPay.
func (BuyBackPay) Operation() identity.Operation { return identity.BuyBackPay }

// Decide checks that exactly the amount was paid, by a new document. The result
// is a BuyBackResult.
func (c BuyBackPay) Decide(v *View) (Apply, error) {
	m, err := v.buyBackMove(identity.BuyBackPay, c.BuyBack, reserve.PayBuyBack, c.Proof, "")
	if f, ok := fault.As(err); ok && f.Field == "document" {
		err = f.At("proof") // what this step rests on
	}
	if err != nil {
		return nil, err
	}
	paid, err := m.Pay(c.Amount, c.Proof, c.PaidOn)
	if err != nil {
		return nil, err
	}
	if err := v.checkPast("paid_on", c.PaidOn); err != nil {
		return nil, err
	}
	if err := v.checkOrder(c.Proof); err != nil {
		return nil, err
	}
	budget, err := must(Get(v, Budgets, "id", m.Budget)).Apply(reserve.BudgetPay, m.Amount)
	if err != nil {
		return nil, err
	}
	return m.apply(func(tx *Tx, b *reserve.BuyBack) {
		*b = paid
		tx.putBudget(budget, reserve.BudgetPay, b.Amount, b.ID, c.Proof)
	}), nil
}

// Operation is BuyBackBook.
func (BuyBackBook) Operation() identity.Operation { return identity.BuyBackBook }

// Decide checks that the holding still has what is held for it. The result is a
// BuyBackResult.
func (c BuyBackBook) Decide(v *View) (Apply, error) {
	m, err := v.buyBackMove(identity.BuyBackBook, c.BuyBack, reserve.BookBuyBack, c.Document, "")
	if err != nil {
		return nil, err
	}
	effect, err := v.decideBook(m.BuyBack, c.Document)
	if err != nil {
		return nil, err
	}
	return m.apply(effect), nil
}

// surplusOf is the verified surplus that covers some permits of a holding.
func (v *View) surplusOf(b reserve.BuyBack) market.Surplus {
	if b.Origin != ledger.Paid {
		return market.Surplus{}
	}
	return v.Surplus(b.Licence, b.Pollutant)
}
