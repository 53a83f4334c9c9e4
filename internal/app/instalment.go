package app

import (
	"context"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// The tables of sales that are paid in parts.
var (
	InstalmentPlans = cold[reserve.InstalmentPlan]("instalment_plan")
	Instalments     = cold[reserve.Instalment]("instalment")
)

// The timers of instalments: the day after a part is due, and the end of the
// time of grace.
const (
	timerInstalmentDue   = "instalment.due"
	timerInstalmentGrace = "instalment.grace"
)

var (
	_ = declareTimer(timerInstalmentDue, retrying(timerInstalmentDue, freezeUnpaid))
	_ = declareTimer(timerInstalmentGrace, retrying(timerInstalmentGrace, revokeUnpaid))
)

// InstalmentRequest asks to pay a notice in parts.
type InstalmentRequest struct {
	Notice   int64
	Parts    []reserve.PlannedPart
	Document string
}

// InstalmentDecide approves or refuses a request.
type InstalmentDecide struct {
	Plan    int64
	Approve bool
	Reason  string
}

// InstalmentProve records that finance has seen the payment of a part.
type InstalmentProve struct {
	Instalment int64
	Amount     quantity.Money
	Proof      string
	PaidOn     calendar.Date
}

// InstalmentConfirm is finance's reason to take a part as paid although no list
// of the tax authority has it. A second officer approves it.
type InstalmentConfirm struct {
	Instalment int64
	Reason     string
}

// PlanResult is a plan with its parts, its sale and the day on which they are so.
type PlanResult struct {
	Plan  reserve.InstalmentPlan
	Parts []reserve.Instalment
	Sale  reserve.Sale
	On    calendar.Date
}

var _ = declare(InstalmentRequest{}, InstalmentDecide{}, InstalmentProve{}, InstalmentConfirm{})

// planned is a plan with its parts; the zero plan is none.
type planned struct {
	reserve.InstalmentPlan
	parts []reserve.Instalment
}

// IsOpen reports whether there is a plan that is not at its end.
func (p planned) IsOpen() bool { return p.ID != 0 && p.State.IsOpen() }

// isSettled reports whether all parts are paid for certain.
func (p planned) isSettled() bool {
	for _, i := range p.parts {
		if !i.IsSettled() {
			return false
		}
	}
	return true
}

// isFrozen reports whether a running plan is frozen: a part is late, or the first,
// on which the permits were delivered, is not paid for certain any more.
func (p planned) isFrozen(on calendar.Date) bool {
	return !p.parts[0].IsSettled() || slices.ContainsFunc(p.parts, func(i reserve.Instalment) bool { return i.IsOverdue(on) })
}

// paid is the sum of the parts that are paid.
func (p planned) paid() (sum quantity.Money) {
	for _, i := range p.parts {
		sum += i.Paid
	}
	return sum
}

// planned returns the newest plan of a notice.
func (v *View) planned(notice int64) (p planned, err error) {
	plans, err := Find(v, InstalmentPlans, Where("notice", notice))
	if err != nil || len(plans) == 0 {
		return p, err
	}
	p.InstalmentPlan = plans[len(plans)-1]
	p.parts, err = Find(v, Instalments, Where("plan", p.ID))
	return p, err
}

// Operation is InstalmentRequest.
func (InstalmentRequest) Operation() identity.Operation { return identity.InstalmentRequest }

// Decide checks the sale and the parts. The result is a PlanResult.
func (c InstalmentRequest) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.InstalmentRequest, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := Get(v, Notices, "notice", c.Notice)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("notice", identity.InstalmentRequest, identity.OfParty(p.Party, p.Region)); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	n, err := v.complete(p)
	if err != nil {
		return nil, err
	}
	i, err := Get(v, Instruments, "notice", n.Instrument)
	if err != nil {
		return nil, err
	}
	switch {
	case n.sale.Kind != reserve.AtFixedPrice:
		return nil, reserve.ErrInstalmentsSale
	case n.State != reserve.NoticeIssued:
		return nil, reserve.ErrNoticeState.With("the payment notice is %s", n.State)
	case n.parts.IsOpen():
		return nil, reserve.ErrPlanOpen
	}
	if err := v.instalmentTerms(n).CheckParts(n.PaymentNotice, c.Parts, v.Today, i.TermEnd); err != nil {
		return nil, err
	}
	plan := reserve.InstalmentPlan{
		Notice: n.ID, Party: n.Party, Region: n.Region, Licence: n.Licence, Document: c.Document, State: reserve.PlanRequested, RequestedAt: v.Now,
		RequestedBy: v.Actor.Person,
	}
	return func(tx *Tx) any {
		plan = Put(tx, InstalmentPlans, plan)
		r := PlanResult{Plan: plan, Sale: n.sale, On: tx.Today}
		for at, part := range c.Parts {
			r.Parts = append(r.Parts, Put(tx, Instalments, reserve.Instalment{
				Plan: plan.ID, Notice: n.ID, Sequence: int32(at) + 1, Amount: part.Amount, DueOn: part.DueOn,
			}))
		}
		return r
	}, nil
}

// instalmentTerms are the terms that hold today where the notice was issued.
func (v *View) instalmentTerms(n soldNotice) reserve.InstalmentTerms {
	return reserve.InstalmentTerms{
		FirstShare: v.parameter(rulebook.FirstInstalment, n.Region, n.Pollutant),
		Months:     v.span(rulebook.InstalmentMost, n.Region, n.Pollutant),
	}
}

// plan returns a plan with its notice after the actor's right to do this in its
// region was checked.
func (v *View) plan(op identity.Operation, field string, id int64) (n soldNotice, err error) {
	p, err := Get(v, InstalmentPlans, field, id)
	if err != nil {
		return n, err
	}
	if err := v.AuthoriseAt(field, op, identity.OfRegion(p.Region)); err != nil {
		return n, err
	}
	notice, err := Get(v, Notices, field, p.Notice)
	if err != nil {
		return n, err
	}
	if n, err = v.complete(notice); err == nil && n.parts.ID != id {
		err = reserve.ErrPlanState.With("the plan is %s", p.State)
	}
	return n, err
}

// Operation is InstalmentDecide.
func (InstalmentDecide) Operation() identity.Operation { return identity.InstalmentDecide }

// Decide checks that the request waits, and that another person than the one who
// made it decides. The result is a PlanResult.
func (c InstalmentDecide) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.InstalmentDecide, identity.Target{}); err != nil {
		return nil, err
	}
	n, err := v.plan(identity.InstalmentDecide, "id", c.Plan)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if n.parts.State != reserve.PlanRequested || n.State != reserve.NoticeIssued {
		return nil, reserve.ErrPlanState.With("the plan is %s, its notice %s", n.parts.State, n.State)
	}
	p := n.parts
	if err := v.checkAnother(p.RequestedBy, identity.InstalmentDecide, identity.OfRegion(p.Region), reserve.ErrOwnRequest); err != nil {
		return nil, err
	}
	p.State, p.Reason, p.DecidedAt, p.DecidedBy = reserve.PlanRefused, c.Reason, v.Now, v.Actor.Person
	if c.Approve {
		p.State = reserve.PlanApproved
	}
	return func(tx *Tx) any {
		return PlanResult{Put(tx, InstalmentPlans, p.InstalmentPlan), p.parts, n.sale, tx.Today}
	}, nil
}

// partOfPlan returns a part with its plan and notice after the actor's right to do this
// in its region was checked, and its place in the plan.
func (v *View) partOfPlan(op identity.Operation, id int64) (n soldNotice, at int, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return n, 0, err
	}
	i, err := Get(v, Instalments, "id", id)
	if err != nil {
		return n, 0, err
	}
	n, err = v.plan(op, "id", i.Plan)
	return n, int(i.Sequence) - 1, err
}

// instalment is part of a plan that is approved or running. Returns
// reserve.ErrPlanState where it is not.
func (v *View) instalment(op identity.Operation, id int64) (n soldNotice, at int, err error) {
	if n, at, err = v.partOfPlan(op, id); err != nil {
		return n, 0, err
	}
	if n.parts.State != reserve.PlanApproved && !n.parts.State.IsRunning() {
		return n, 0, reserve.ErrPlanState.With("the plan is %s", n.parts.State)
	}
	return n, at, nil
}

// Operation is InstalmentProve.
func (InstalmentProve) Operation() identity.Operation { return identity.InstalmentProve }

// Decide checks that exactly the part was paid, by a new receipt. The result is
// a PlanResult.
func (c InstalmentProve) Decide(v *View) (Apply, error) {
	n, at, err := v.instalment(identity.InstalmentProve, c.Instalment)
	if err != nil {
		return nil, err
	}
	i, err := n.parts.parts[at].Prove(c.Amount, c.Proof, c.PaidOn)
	if err != nil {
		return nil, err
	}
	if err := v.checkPast("paid_on", c.PaidOn); err != nil {
		return nil, err
	}
	t := target{n.ID, i.ID}
	if err := v.checkProof(c.Proof, t); err != nil {
		return nil, err
	}
	listed, err := v.receiptsProving(n.PaymentNotice, t, i.Amount, c.Proof)
	if err != nil {
		return nil, err
	}
	i.Matched = reserve.AreMatched(listed)
	n.parts.parts[at] = i
	changed, err := v.partsChanged(n, at)
	return func(tx *Tx) any {
		tx.putReceipts(listed)
		return changed(tx)
	}, err
}

// Operation is InstalmentConfirm.
func (InstalmentConfirm) Operation() identity.Operation { return identity.InstalmentConfirm }

// Decide checks that the part is paid and not matched. The result is a PlanResult.
func (c InstalmentConfirm) Decide(v *View) (Apply, error) {
	n, at, err := v.instalment(identity.InstalmentConfirm, c.Instalment)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if part := n.parts.parts[at]; part.Paid == 0 || part.IsSettled() {
		return nil, reserve.ErrPartState.With("finance confirms a part that is proved and that no list has")
	}
	n.parts.parts[at].Confirmation = c.Reason
	return v.partsChanged(n, at)
}

// partsChanged writes parts that were paid or confirmed, and what follows: a
// plan without an overdue part works again, and with the last part settled the
// permits are free and the notice is paid.
func (v *View) partsChanged(n soldNotice, changed ...int) (Apply, error) {
	free, err := v.freePermits(n)
	if err != nil {
		return nil, err
	}
	judged, err := v.judgeDelivery(n)
	return func(tx *Tx) any {
		if judged.Refusal != n.Refusal {
			n.PaymentNotice = Put(tx, Notices, judged)
		}
		return tx.putParts(n, free, changed...)
	}, err
}

// putParts is what partsChanged does; free frees the permits.
func (tx *Tx) putParts(n soldNotice, free func(*Tx), changed ...int) PlanResult {
	p := n.parts
	for _, at := range changed {
		p.parts[at] = Put(tx, Instalments, p.parts[at])
	}
	switch {
	case !p.State.IsRunning():
	case p.isSettled():
		free(tx)
		p.State = reserve.PlanPaid
		tx.putNotice(paidInParts(n, tx.Now), n.sale)
	case p.isFrozen(tx.Today):
		p.State = reserve.PlanFrozen
	default:
		p.State = reserve.PlanDelivered
	}
	return PlanResult{Put(tx, InstalmentPlans, p.InstalmentPlan), p.parts, n.sale, tx.Today}
}

// freePermits returns what ends the hold on permits that are paid in parts. The
// end of their term may have ended it before.
func (v *View) freePermits(n soldNotice) (func(*Tx), error) {
	if !n.parts.State.IsRunning() {
		return func(*Tx) {}, nil
	}
	h, err := Get(v, Holds, "id", n.parts.Hold)
	if err != nil || h.State != ledger.HoldActive {
		return func(*Tx) {}, err
	}
	return func(tx *Tx) { tx.closeHold(h, ledger.HoldVoided) }, nil
}

// paidInParts is a notice of which all parts are paid: the receipt of the last one
// stands for all, on the latest of their days.
func paidInParts(n soldNotice, now calendar.Instant) reserve.PaymentNotice {
	out, last := n.PaymentNotice, n.parts.parts[len(n.parts.parts)-1]
	out.State, out.Paid, out.Proof, out.PaidOn, out.ProvedAt = reserve.NoticeDelivered, out.Amount, last.Proof, last.PaidOn, now
	out.Transfer, out.Acquisition, out.DeliveredAt = n.parts.Transfer, n.parts.Acquisition, n.parts.DeliveredAt
	out.Matched = true
	for _, i := range n.parts.parts {
		out.Matched, out.PaidOn = out.Matched && i.Matched, max(out.PaidOn, i.PaidOn)
	}
	return out
}

// deliverPlanned delivers what is paid in parts once the first part is settled.
// The permits work; they are held aside, so that they are not sold, pledged or
// leased until all is paid.
func (v *View) deliverPlanned(n soldNotice) (Apply, error) {
	p := n.parts
	switch {
	case p.State != reserve.PlanApproved:
		return nil, reserve.ErrPlanState.With("the plan is %s: permits are delivered once, after it was approved", p.State)
	case p.parts[0].Paid == 0:
		return nil, reserve.ErrNoticeState.With("the first part is not paid")
	case !p.parts[0].IsSettled():
		return nil, reserve.ErrNotMatched
	}
	deliver, err := v.delivery(n)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		p.Transfer, p.Acquisition = deliver(tx)
		hold := tx.putHold(n.Holding(), int64(n.Quantity), ledger.ForSale, p.ID)
		p.State, p.Hold, p.DeliveredAt = reserve.PlanDelivered, hold.ID, tx.Now
		n.DeliveredAt, n.Refusal = tx.Now, "" // the sale counts from here on, although its notice is not paid
		if n.parts = p; p.isSettled() {       // all of it was paid before
			tx.closeHold(hold, ledger.HoldVoided)
			p.State, n.PaymentNotice = reserve.PlanPaid, paidInParts(n, tx.Now)
		}
		Put(tx, InstalmentPlans, p.InstalmentPlan)
		for _, i := range p.parts[1:] {
			if i.Paid == 0 {
				tx.Arm(i.DueOn.AddDays(1).Start(), timerInstalmentDue, i.ID)
			}
		}
		return tx.putNotice(n.PaymentNotice, n.sale)
	}, nil
}

// FrozenSales are the permits of which an instalment is overdue, by holding.
func FrozenSales(ctx context.Context, r Reader) (map[ledger.AccountID]int64, error) {
	holds, frozen := []int64{}, map[ledger.AccountID]int64{}
	err := eachOf(ctx, r, InstalmentPlans, Where("state", string(reserve.PlanFrozen)), func(p reserve.InstalmentPlan) { holds = append(holds, p.Hold) })
	if err != nil || len(holds) == 0 {
		return frozen, err
	}
	active := Where("state", string(ledger.HoldActive)).And("id", In, holds)
	err = eachOf(ctx, r, Holds, active, func(h ledger.Hold) { frozen[h.Account] += h.Amount })
	return frozen, err
}

// unpaid returns the notice of a part that is overdue, and false where there is
// nothing to do about it.
func (v *View) unpaid(id int64) (n soldNotice, i reserve.Instalment, ok bool, err error) {
	if i, err = Get(v, Instalments, "instalment", id); err != nil {
		return n, i, false, err
	}
	notice, err := Get(v, Notices, "instalment", i.Notice)
	if err != nil {
		return n, i, false, err
	}
	n, err = v.complete(notice)
	return n, i, err == nil && n.parts.ID == i.Plan && n.parts.State.IsRunning() && i.IsOverdue(v.Today), err
}

// freezeUnpaid freezes permits of which a part was not paid in time.
func freezeUnpaid(v *View, id int64) (Apply, error) {
	n, i, ok, err := v.unpaid(id)
	if err != nil || !ok {
		return nil, err
	}
	n.parts.State = reserve.PlanFrozen
	return func(tx *Tx) any {
		tx.armGrace(n.PaymentNotice, id, i.DueOn)
		return Put(tx, InstalmentPlans, n.parts.InstalmentPlan)
	}, nil
}

// armGrace lets an unpaid part be looked at when its time of grace, from a day on, is over.
func (tx *Tx) armGrace(n reserve.PaymentNotice, instalment int64, from calendar.Date) {
	grace := tx.span(rulebook.InstalmentGrace, n.Region, n.Pollutant)
	tx.Arm(from.AddDays(grace+1).Start(), timerInstalmentGrace, instalment)
}

// revokeUnpaid takes back the share of the permits that was not paid for, with the
// surplus that was verified of it: it becomes a lot of the reserve again. What was paid
// for is free. A part whose payment
// was withdrawn has its time of grace anew, which another timer ends.
func revokeUnpaid(v *View, id int64) (Apply, error) {
	n, _, ok, err := v.unpaid(id)
	if err != nil || !ok || v.isArmedAfter(v.Now, timerInstalmentGrace, id) {
		return nil, err
	}
	h, err := Get(v, Holds, "instalment", n.parts.Hold)
	if err != nil || h.State != ledger.HoldActive { // their term has ended
		return nil, err
	}
	p := n.parts.InstalmentPlan
	p.State, p.Revoked, p.RevokedAt = reserve.PlanRevoked, reserve.RevokedOf(n.Quantity, n.parts.paid(), n.Amount), v.Now
	verified, err := v.verifiedSince(n.Licence, n.Pollutant, p.DeliveredAt)
	if err != nil {
		return nil, err
	}
	out := n.PaymentNotice
	out.State, out.Reason = reserve.NoticeCancelled, "revoked: "+p.Revoked.String()+" t/a were not paid for"
	return func(tx *Tx) any {
		tx.closeHold(h, ledger.HoldPosted)
		tx.Release(n.Holding(), int64(n.Quantity-p.Revoked))
		tx.Post(reserve.RevocationTransfer(out, p))
		tx.Consume(n.Holding(), p.Revoked, false)
		tx.permitsLost(n.Holding(), reserve.SurplusLoss{
			Kind: reserve.LostToRevocation, Reference: p.ID, Quantity: min(p.Revoked, verified), Document: out.Reason,
		})
		tx.licenceChanged(n.Licence, n.Pollutant, amountChange{permit.AmountPrimary, n.ID, -p.Revoked, out.Reason})
		tx.addLot(p.Lot(n.PaymentNotice, n.sale, tx.Today))
		tx.putNotice(out, n.sale)
		return Put(tx, InstalmentPlans, p)
	}, nil
}
