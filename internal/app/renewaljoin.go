package app

import (
	"cmp"

	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// The timers of renewals, by purpose.
const (
	timerRenewalJoin = "renewal.join"
	timerRenewalDue  = "renewal.due"
	timerRenewalEnd  = "renewal.return"
)

var (
	_ = declareTimer(timerRenewalJoin, retrying(timerRenewalJoin, joinRenewal))
	_ = declareTimer(timerRenewalDue, retrying(timerRenewalDue, lapseRenewal))
	_ = declareTimer(timerRenewalEnd, retrying(timerRenewalEnd, returnRenewal))
)

// armRenewal sets what comes of itself after a decision: the lapse of what is
// not paid, or the joining of what is not to be paid.
func (tx *Tx) armRenewal(r permit.Renewal) {
	if r.State == permit.RenewalNoticed {
		tx.Arm(r.DueOn.AddDays(1).Start(), timerRenewalDue, r.ID)
		return
	}
	tx.joinIfOver(&r)
}

// joinIfOver lets the new term join at once where the old one is over. Else it
// joins when that ends.
func (tx *Tx) joinIfOver(r *permit.Renewal) {
	if r.Renewing {
		tx.Arm(tx.Now, timerRenewalJoin, r.ID)
	}
}

// waitForRenewal is the end of a term for a holding whose renewal was applied
// for in time: decided, the new term joins now; undecided, the holding waits
// and is not tradable.
func (tx *Tx) waitForRenewal(r permit.Renewal) {
	r.Renewing = true
	r = Put(tx, Renewals, r)
	if r.State == permit.RenewalReady {
		tx.joinIfOver(&r)
	}
}

// lapseRenewal ends a renewal that nobody has paid by its last day.
func lapseRenewal(v *View, id int64) (Apply, error) {
	r, err := Get(v, Renewals, "renewal", id)
	if err != nil || r.State != permit.RenewalNoticed {
		return nil, err
	}
	if n, err := v.renewalNotice(r); err != nil || n.State == reserve.NoticeProved { // the payment is seen and its match waited for
		return nil, err
	}
	return RenewalStep{Renewal: id, Event: permit.LapseRenewal, Note: "not paid by " + r.DueOn.String()}.asSystem(v)
}

// asSystem decides a step that a timer takes.
func (c RenewalStep) asSystem(v *View) (Apply, error) {
	system := *v
	system.Actor = identity.SystemActor
	return c.Decide(&system)
}

// giveUp ends a renewal without a new term: what it holds is free again, and
// where the old term is over the holding returns to unallocated.
func (v *View) giveUp(r permit.Renewal) (permit.Renewal, renewalEffect, error) {
	holds, err1 := v.renewalHolds(r)
	notice, err2 := v.renewalNotice(r)
	unpublish, err3 := v.unpublish(r, "the renewal came to nothing")
	if err := cmp.Or(err1, err2, err3); err != nil {
		return r, nil, err
	}
	rest, _ := v.part(r.OldKey())
	return r, func(tx *Tx, r *permit.Renewal) {
		for _, h := range holds {
			tx.closeHold(h, ledger.HoldVoided)
		}
		if r.Renewing && tx.dry != nil { // whoever approves it sees what its timer does next
			tx.giveHoldingBack(r, rest)
		}
		tx.cancelRenewalNotice(notice, "the renewal is "+string(r.State))
		unpublish(tx, r)
		r.EndedAt = tx.Now
		if r.Renewing {
			tx.Arm(tx.Now, timerRenewalEnd, r.ID)
		}
	}, nil
}

// renewalHolds are what a renewal holds aside.
func (v *View) renewalHolds(r permit.Renewal) ([]ledger.Hold, error) {
	var holds []ledger.Hold
	for _, id := range []int64{r.Hold, r.OtherHold} {
		if id == 0 {
			continue
		}
		h, err := Get(v, Holds, "hold", id)
		if err != nil {
			return nil, err
		}
		if h.State == ledger.HoldActive {
			holds = append(holds, h)
		}
	}
	return holds, nil
}

// joinRenewal joins the new term to the old: what both have moves over, with
// the freezes on it; a rest goes back to unallocated as the end of a term, and
// what the new term has beyond comes from there. A holding with more
// acquisitions than a command may touch joins in parts. What the rules refuse by
// then waits.
func joinRenewal(v *View, id int64) (Apply, error) {
	r, err := Get(v, Renewals, "renewal", id)
	if err != nil || r.State != permit.RenewalReady || !r.Renewing {
		return nil, err
	}
	if err := v.judgeJoining(r); err != nil {
		return v.joinTomorrow(r, err)
	}
	r.Refusal = ""
	holds, err1 := v.renewalHolds(r)
	notice, err2 := v.renewalNotice(r)
	idle, err3 := v.idleJoining(r)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return nil, err
	}
	old, whole := v.part(r.OldKey())
	return func(tx *Tx) any {
		for _, d := range idle {
			Put(tx, IdleDeclarations, d)
		}
		for _, h := range holds {
			tx.closeHold(h, ledger.HoldPosted)
			account, _ := tx.ledger.Account(h.Account)
			tx.Release(account.Key(), h.Amount)
		}
		freezes := tx.liftFreezes(r.OldKey())
		joins := r.Takes(old)
		tx.moveTerm(&r, &notice, joins, old-joins)
		tx.licenceChanged(r.Licence, r.Pollutant, amountChange{permit.AmountRenewed, r.ID, joins - old, r.Document})
		if !whole {
			tx.settleFreezes(r, freezes, r.OldInstrument)
			tx.Arm(tx.Now, timerRenewalJoin, id)
			tx.movedRenewal(notice, false)
			return Put(tx, Renewals, r)
		}
		if more := min(r.Increase, r.Quantity-r.Joined); more > 0 {
			tx.acquireRenewed(&r, &notice, more, r.IncreaseTransfer(more))
			tx.licenceChanged(r.Licence, r.Pollutant, amountChange{permit.AmountRenewed, r.ID, more, r.Document})
		}
		tx.settleFreezes(r, freezes, r.NewInstrument)
		tx.carryIdle(r, tx.idleOn(r.OldKey()))
		tx.movedRenewal(notice, true)
		return tx.finishRenewal(r)
	}, nil
}

// judgeJoining asks the rules whether a licence may still take over the new term:
// they allowed it when it was decided. A part that follows another belongs to it.
func (v *View) judgeJoining(r permit.Renewal) error {
	if r.Joined > 0 {
		return nil
	}
	l, err1 := Get(v, Licences, "licence", r.Licence)
	to, err2 := Get(v, Instruments, "instrument", r.NewInstrument)
	if err := cmp.Or(err1, err2); err != nil {
		return err
	}
	return v.judgeArrival(rulebook.TakeOver, l, to, r.Quantity, 0)
}

// joinTomorrow leaves what the rules refuse where it is, with their reason, until
// they allow it or the leader rejects it (I-126).
func (v *View) joinTomorrow(r permit.Renewal, err error) (Apply, error) {
	why := whyRefused(err)
	if why == "" {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.armOnce(tx.Today.AddDays(1).Start(), timerRenewalJoin, r.ID)
		if r.Refusal != why {
			r.Refusal = why
			r = Put(tx, Renewals, r)
		}
		return r
	}, nil
}

// idleJoining are the declarations of a holding as far as their permits still lie idle when
// the first part of it joins the new term: those that were acquired by their day go first.
func (v *View) idleJoining(r permit.Renewal) ([]reserve.IdleDeclaration, error) {
	if r.Joined > 0 {
		return nil, nil
	}
	idle, err := v.stillIdle(r.OldKey())
	return v.lessIdle(v.idleOn(r.OldKey()), idle), err
}

// part is what of a holding one command may move: all of it, or what its first
// acquisitions come to.
func (v *View) part(k ledger.Key) (q quantity.Quantity, whole bool) {
	id, _ := v.ledger.Find(k)
	rows := v.ledger.Acquisitions(id)
	if len(rows) <= termEndRows {
		return quantity.Quantity(v.ledger.BalanceOf(id).Balance), true
	}
	for _, a := range rows[:termEndRows] {
		q += a.Remaining
	}
	return q, false
}

// moveTerm moves what joins into the new term and gives the rest back.
func (tx *Tx) moveTerm(r *permit.Renewal, n *reserve.PaymentNotice, joins, rest quantity.Quantity) {
	if joins > 0 {
		tx.acquireRenewed(r, n, joins, r.JoinTransfer(joins))
		tx.Consume(r.OldKey(), joins, false)
	}
	if rest > 0 {
		tx.Post(r.RestTransfer(rest))
		tx.Consume(r.OldKey(), rest, false)
		r.Returned += rest
	}
}

// acquireRenewed posts permits to the new term and records where they came
// from: they are acquired with its first day, at its price. The notice names
// the last of these.
func (tx *Tx) acquireRenewed(r *permit.Renewal, n *reserve.PaymentNotice, q quantity.Quantity, t ledger.Transfer) {
	n.Transfer = tx.Post(t)[0].Transfer
	n.Acquisition = tx.Acquire(r.NewKey(), ledger.Acquisition{
		AcquiredOn: r.FirstDay(), Price: r.Price, PriceKnown: r.NewOrigin != ledger.UnknownOrigin, Document: r.Document, Quantity: q,
	}).ID
	r.Joined += q
}

// liftFreezes takes the freezes of a holding off it, to be set again where its
// permits go.
func (tx *Tx) liftFreezes(k ledger.Key) []encumbrance.Freeze {
	id, open := tx.ledger.Find(k)
	if !open {
		return nil
	}
	freezes := tx.openFreezes(id)
	for i, f := range freezes {
		tx.Release(f.Key(), f.Frozen)
		f.Frozen = 0
		freezes[i] = Put(tx, Freezes, f)
	}
	return freezes
}

// settleFreezes sets lifted freezes on the holding of an instrument: that of
// the new term, or the old one while a part of it is still there.
func (tx *Tx) settleFreezes(r permit.Renewal, freezes []encumbrance.Freeze, instrument int64) {
	key := r.OldKey()
	if instrument == r.NewInstrument {
		key = r.NewKey()
	}
	id := tx.open(key)
	for _, f := range freezes {
		if f.Account != id {
			f.Account, f.Instrument, f.Origin = id, key.Instrument, key.Origin
			Put(tx, Freezes, f)
		}
	}
	if len(freezes) > 0 {
		tx.coverFreezes(id)
	}
}

// finishRenewal ends a renewal that has joined.
func (tx *Tx) finishRenewal(r permit.Renewal) permit.Renewal {
	step := permit.RenewalStep{
		Renewal: r.ID, Event: permit.JoinRenewal, Person: 0, Body: permit.AsSystem, FromState: r.State, ToState: permit.RenewalJoined,
		Quantity: r.Joined, At: tx.Now,
	}
	r.State, r.EndedAt = permit.RenewalJoined, tx.Now
	r = Put(tx, Renewals, r)
	Put(tx, RenewalSteps, step)
	return r
}

// returnRenewal gives a holding back whose renewal came to nothing after its
// term had ended.
func returnRenewal(v *View, id int64) (Apply, error) {
	r, err := Get(v, Renewals, "renewal", id)
	if err != nil || r.State.IsOpen() || r.State == permit.RenewalJoined || !r.Renewing {
		return nil, err
	}
	idle := v.idleOn(r.OldKey())
	rest, whole := v.part(r.OldKey())
	return func(tx *Tx) any {
		for _, d := range idle {
			Put(tx, IdleDeclarations, d.End(r.TermEnd, termEnded))
		}
		tx.giveHoldingBack(&r, rest)
		if r.Renewing = !whole; r.Renewing {
			tx.Arm(tx.Now, timerRenewalEnd, id)
		}
		return Put(tx, Renewals, r)
	}, nil
}

// giveHoldingBack ends the freezes of the old holding, and gives what there is of it back.
func (tx *Tx) giveHoldingBack(r *permit.Renewal, rest quantity.Quantity) {
	if account, open := tx.ledger.Find(r.OldKey()); open {
		tx.endFreezes(account)
	}
	tx.moveTerm(r, nil, 0, rest)
}
