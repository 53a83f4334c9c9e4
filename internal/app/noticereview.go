package app

import (
	"permitx/internal/fault"
	"permitx/internal/reserve"
)

// What is paid for waits for its delivery, and what was allowed when it was sold may be
// refused by then: the licence or the term has ended, the party was suspended, its zone or
// region takes nothing more. The rules are asked when a payment is recorded, and again with
// the signed deals whenever something changes that they judge by. What they say stands in
// the notice, which then waits for the leader to cancel it, or for the cause to be mended.
// Permits that are set aside for a notice cannot be frozen, and an award has been judged
// free of objections or waits for their answer.

// The timers judge again what waits before their reference; 0: all.
const (
	timerNotices = "payment_notice.review" // notices that are proved
	timerPlans   = "instalment.review"     // the notices of plans that are approved
)

var (
	_ = declareTimer(timerNotices, retrying(timerNotices, func(v *View, before int64) (Apply, error) {
		proved := Where("state", string(reserve.NoticeProved)).And("renewal", Eq, int64(0))
		return reviewPaid(v, timerNotices, Notices, proved, before, func(n reserve.PaymentNotice) int64 { return n.ID })
	}))
	_ = declareTimer(timerPlans, retrying(timerPlans, func(v *View, before int64) (Apply, error) {
		approved := Where("state", string(reserve.PlanApproved))
		return reviewPaid(v, timerPlans, InstalmentPlans, approved, before, func(p reserve.InstalmentPlan) int64 { return p.Notice })
	}))
)

// reviewedNotices bounds the notices of one command.
const reviewedNotices = 25

// reviewNotices lets the paid notices be judged again, before any other command, where
// there may be any.
func (tx *Tx) reviewNotices() {
	if len(tx.coming[Notices.name]) > 0 {
		tx.Arm(tx.Now, timerNotices, 0)
		tx.Arm(tx.Now, timerPlans, 0)
	}
}

// reviewPaid judges the next notices that rows of a table are, or are of.
func reviewPaid[R any](v *View, purpose string, t Table[R], q Query, before int64, notice func(R) int64) (Apply, error) {
	q.Desc = true
	rows, err := Find(v, t, q.Page(before, reviewedNotices))
	if err != nil {
		return nil, err
	}
	var changed []reserve.PaymentNotice
	for _, row := range rows {
		p, err := Get(v, Notices, "notice", notice(row))
		if err != nil {
			return nil, err
		}
		n, err := v.complete(p)
		if err != nil {
			return nil, err
		}
		judged, err := v.judgeDelivery(n)
		if err != nil {
			return nil, err
		}
		if judged.Refusal != p.Refusal {
			changed = append(changed, judged)
		}
	}
	return func(tx *Tx) any {
		for _, n := range changed {
			Put(tx, Notices, n)
		}
		if len(rows) == reviewedNotices {
			tx.Arm(tx.Now, purpose, idOf(&rows[len(rows)-1]))
		}
		return len(changed)
	}, nil
}

// isPaidFor reports whether something was paid for what a notice sells and is not delivered.
func (n soldNotice) isPaidFor() bool {
	return n.Renewal == 0 && (n.State == reserve.NoticeProved || n.parts.State == reserve.PlanApproved && n.parts.paid() > 0)
}

// judgePaid is judgeDelivery of a notice as its payment leaves it.
func (v *View) judgePaid(n soldNotice, paid reserve.PaymentNotice) (reserve.PaymentNotice, error) {
	n.PaymentNotice = paid
	return v.judgeDelivery(n)
}

// judgeDelivery returns the notice with what its delivery is refused for, where it is paid for.
func (v *View) judgeDelivery(n soldNotice) (reserve.PaymentNotice, error) {
	n.Refusal = ""
	if !n.isPaidFor() {
		return n.PaymentNotice, nil
	}
	_, err := v.delivery(n)
	if f, isFault := fault.As(err); isFault {
		if n.Refusal = whyRefused(err); n.Refusal == "" {
			n.Refusal = shortNote(f.Detail)
		}
		err = nil
	}
	return n.PaymentNotice, err
}
