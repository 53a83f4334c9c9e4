package app

import (
	"cmp"

	"permitx/internal/permit"
	"permitx/internal/reserve"
)

// The new term of a renewal is paid like what is sold out of the reserve: by a
// numbered notice, proved by finance, matched with the tax authority's lists.
// It is not paid in parts: those are for sales at a fixed price.

const timerRenewalNotice = "renewal.notice"

// A renewal that waited for its payment when notices of renewals came gets its
// notice by this timer, which the migration has armed.
var _ = declareTimer(timerRenewalNotice, retrying(timerRenewalNotice, noticeRenewal))

func noticeRenewal(v *View, id int64) (Apply, error) {
	r, err := Get(v, Renewals, "renewal", id)
	if err != nil || r.State != permit.RenewalNoticed || r.Notice != 0 {
		return nil, err
	}
	counter := v.noticeNumbers(r.Region)
	return func(tx *Tx) any {
		tx.askPayment(&r, counter)
		return Put(tx, Renewals, r)
	}, nil
}

// askPayment issues the notice of a renewal that is decided at a price.
func (tx *Tx) askPayment(r *permit.Renewal, counter reserve.NoticeNumbers) {
	n := Put(tx, Notices, reserve.PaymentNotice{
		Party: r.Party, Region: r.Region, Licence: r.Licence, Renewal: r.ID, Instrument: r.NewInstrument, Pollutant: r.Pollutant, Quantity: r.Quantity,
		Price: r.Price, Months: r.Months, Amount: r.Amount, DueOn: r.DueOn, Document: r.Document, State: reserve.NoticeIssued, IssuedAt: tx.Now,
	})
	tx.numberNotice(n, reserve.Sale{Kind: reserve.ForRenewal}, counter)
	r.Notice = n.ID
}

// renewalNotice is what asks for the payment of a renewal; the zero notice is
// none.
func (v *View) renewalNotice(r permit.Renewal) (n reserve.PaymentNotice, err error) {
	if r.Notice != 0 {
		n, err = Get(v, Notices, "notice", r.Notice)
	}
	return n, err
}

// renewalPaid takes the renewal that a notice is about on, once its payment is
// certain: a list of the tax authority has it, or finance has confirmed it. The
// list that comes after finance has confirmed finds the renewal further already.
func (tx *Tx) renewalPaid(n reserve.PaymentNotice) {
	if n.Renewal == 0 {
		return
	}
	r := mustGet(tx, Renewals, n.Renewal)
	if r.State != permit.RenewalNoticed {
		return
	}
	to, body, err := r.Next(permit.PayRenewal, false, permit.AsFinance)
	if err != nil {
		panic("app: a notice that waits is of a renewal that does not: " + err.Error())
	}
	Put(tx, RenewalSteps, permit.RenewalStep{
		Renewal: r.ID, Event: permit.PayRenewal, Person: tx.Actor.Person, Body: body, FromState: r.State, ToState: to, Quantity: r.Quantity, At: tx.Now,
	})
	r.State, r.Proof, r.PaidOn = to, n.Proof, n.PaidOn
	tx.prolong(r)
	tx.joinIfOver(&r)
	Put(tx, Renewals, r)
}

// prolong lets a licence last to the end of a new term that is certain.
func (tx *Tx) prolong(r permit.Renewal) {
	l, to := mustGet(tx, Licences, r.Licence), mustGet(tx, Instruments, r.NewInstrument)
	if l.ValidTo < to.TermEnd {
		l.ValidTo = to.TermEnd
		Put(tx, Licences, l)
		tx.Arm(l.ValidTo.AddDays(1).Start(), timerLicenceEnd, l.ID)
	}
}

// cancelRenewalNotice ends the notice of a renewal that comes to nothing. What
// was paid already is owed as a refund.
func (tx *Tx) cancelRenewalNotice(n reserve.PaymentNotice, reason string) {
	if n.ID != 0 {
		n.State, n.Reason = reserve.NoticeCancelled, reason
		Put(tx, Notices, n)
		tx.oweRefund(n, n.Paid, cmp.Or(n.Document, n.Proof))
	}
}

// movedRenewal records how far the term that a notice has asked for has come:
// delivered when it is whole.
func (tx *Tx) movedRenewal(n reserve.PaymentNotice, whole bool) {
	switch {
	case n.ID == 0:
		return
	case whole && n.Transfer == 0: // a court has sold what was frozen of it
		tx.cancelRenewalNotice(n, "nothing was left to join the new term")
		return
	case whole:
		n.State, n.DeliveredAt = reserve.NoticeDelivered, tx.Now
	}
	Put(tx, Notices, n)
}
