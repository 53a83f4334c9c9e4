package app

import (
	"time"

	"permitx/internal/settlement"
)

// The timers of deals, by purpose.
const (
	timerPaymentDue = "deal.payment_due"
	timerCapReturn  = "deal.cap_return"
)

// retryTime is how long a timer waits that could not do its work yet.
const retryTime = time.Minute

var (
	_ = declareTimer(timerPaymentDue, retrying(timerPaymentDue, lapseUnpaid))
	_ = declareTimer(timerCapReturn, retrying(timerCapReturn, returnCap))
)

// retrying is f that is tried again a minute later when it fails: what is due
// by law must not be lost because the database was away.
func retrying(purpose string, f timerFunc) timerFunc {
	return func(v *View, reference int64) (Apply, error) {
		apply, err := f(v, reference)
		if err == nil || err == errCommitFirst { //nolint:errorlint // the sentinel itself, never wrapped
			return apply, err
		}
		return func(tx *Tx) any { return tx.Arm(tx.Now.Add(retryTime), purpose, reference) }, nil
	}
}

// lapseUnpaid ends a deal that nobody has paid by its last day. Where a direct
// payment is confirmed in part, people decide.
func lapseUnpaid(v *View, deal int64) (Apply, error) {
	d, err := Get(v, Deals, "deal", deal)
	if err != nil {
		return nil, err
	}
	h, err := v.dealHistory(deal)
	if err != nil || !d.IsPayable() || h.IsPaymentConfirmed() {
		return nil, err
	}
	return v.decideLapse(d, "not paid by "+d.DueOn.String())
}

// decideLapse ends a deal that is not settled.
func (v *View) decideLapse(d settlement.Deal, why string) (Apply, error) {
	holds, err := v.dealHolds(d)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.lapseDeal(d, holds, why) }, nil
}

func (tx *Tx) lapseDeal(d settlement.Deal, holds dealHolds, why string) settlement.Deal {
	m := must(d.Next(nil, settlement.Lapse, settlement.AsSystem))
	tx.releaseDeal(&d, holds)
	tx.takeStep(&d, m, "", why)
	return d
}

// returnCap gives the cap of a deal back whose term is over. It waits for the
// holdings of the term to return to unallocated, and from day to day where the
// buyer's region does not have what it owes.
func returnCap(v *View, deal int64) (Apply, error) {
	d, err := Get(v, Deals, "deal", deal)
	if err != nil {
		return nil, err
	}
	if !d.IsSettled() || d.CapEffect != settlement.CapReturnsAtTerm || d.CapReturn != 0 {
		return nil, nil //nolint:nilnil // nothing to do
	}
	later := v.Now.Add(retryTime)
	if run, ok := v.termEnd(d.Instrument); ok && run.State == TermEndDone {
		if v.ledger.Check(d.CapReturnTransfer()) == nil {
			return func(tx *Tx) any {
				d.CapReturn = tx.Post(d.CapReturnTransfer())[0].Transfer
				return Put(tx, Deals, d)
			}, nil
		}
		later = v.Today.AddDays(1).Start()
	}
	return func(tx *Tx) any { return tx.Arm(later, timerCapReturn, deal) }, nil
}
