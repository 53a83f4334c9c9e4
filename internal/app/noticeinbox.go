package app

import (
	"cmp"
	"context"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/identity"
	"permitx/internal/reserve"
)

var _ = declareWaiting(noticesWaiting)

// notMatched is what a payment waits for that no list has.
const notMatched = "no list of the tax authority has the payment: it waits for the list, or for finance to be certain without it"

// noticeOperations are the steps that a payment notice waits for.
var noticeOperations = []identity.Operation{
	identity.NoticeProve, identity.NoticeConfirm, identity.NoticeDeliver, identity.NoticeCancel, identity.AwardRevoke,
}

// noticesWaiting are the payment notices: for their payment; for a list of the tax authority
// or finance's word; then for their delivery, or, where the rules refuse it, for their end.
func noticesWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	if !slices.ContainsFunc(noticeOperations, func(op identity.Operation) bool { return isAllowed(a, op) }) {
		return nil
	}
	var notices []reserve.PaymentNotice
	err := eachOf(ctx, r, Notices, undelivered().And("delivered_at", Eq, int64(0)), func(n reserve.PaymentNotice) {
		if slices.ContainsFunc(noticeOperations, func(op identity.Operation) bool { return identity.Authorise(a, op, identity.OfRegion(n.Region)) == nil }) {
			notices = append(notices, n)
		}
	})
	if err != nil || len(notices) == 0 {
		return err
	}
	desk, err := deskOf(ctx, r, notices)
	for _, n := range notices {
		op, w := desk.waits(n)
		if err == nil && op != "" && identity.Authorise(a, op, identity.OfRegion(n.Region)) == nil {
			w.Region, w.Party = n.Region, n.Party
			each(w)
		}
	}
	return err
}

// noticeDesk is what says what some notices wait for, each by notice.
type noticeDesk struct {
	confirmed map[int64]bool                   // by finance
	plans     map[int64]reserve.InstalmentPlan // open ones
	first     map[int64]reserve.Instalment     // part of an approved plan
	awards    map[int64]int64                  // that a refused notice is of
}

func deskOf(ctx context.Context, r Reader, notices []reserve.PaymentNotice) (d noticeDesk, err error) {
	d = noticeDesk{map[int64]bool{}, map[int64]reserve.InstalmentPlan{}, map[int64]reserve.Instalment{}, map[int64]int64{}}
	var proved, refused, approved []int64
	for _, n := range notices {
		if n.State == reserve.NoticeProved {
			proved = append(proved, n.ID)
		}
		if n.Refusal != "" {
			refused = append(refused, n.ID)
		}
	}
	err = eachOf(ctx, r, InstalmentPlans, Query{}.And("state", In, openPlans), func(p reserve.InstalmentPlan) {
		if d.plans[p.Notice] = p; p.State == reserve.PlanApproved {
			approved = append(approved, p.ID)
		}
	})
	return d, cmp.Or(err,
		eachIn(ctx, r, Sales, "notice", proved, func(s reserve.Sale) { d.confirmed[s.Notice] = s.Confirmation != "" }),
		eachIn(ctx, r, Awards, "notice", refused, func(a auction.Award) { d.awards[a.Notice] = a.ID }),
		eachIn(ctx, r, Instalments, "plan", approved, func(i reserve.Instalment) {
			if i.Sequence == 1 {
				d.first[i.Notice] = i
			}
		}))
}

// openPlans are the states of plans that are to be decided, paid or revoked.
var openPlans = anyOf(slices.DeleteFunc(slices.Clone(reserve.PlanStates), func(s reserve.PlanState) bool { return !s.IsOpen() }))

// eachIn calls each with the rows that have one of some values in a column.
func eachIn[R any](ctx context.Context, r Reader, t Table[R], column string, values []int64, each func(R)) error {
	for some := range slices.Chunk(values, findMost) {
		if err := eachOf(ctx, r, t, Query{}.And(column, In, some), each); err != nil {
			return err
		}
	}
	return nil
}

// waits is the step that a notice waits for; none where its parts, its renewal or the decision
// about them do.
func (d noticeDesk) waits(n reserve.PaymentNotice) (identity.Operation, Waiting) {
	w := Waiting{Kind: Notices.name, ID: n.ID, Since: n.ProvedAt, by: n.Command}
	first := d.first[n.ID]
	_, inParts := d.plans[n.ID]
	switch {
	case n.Refusal != "" && d.awards[n.ID] != 0:
		w.Kind, w.ID, w.Action, w.Reason = Awards.name, d.awards[n.ID], "revoke", n.Refusal
		return identity.AwardRevoke, w
	case n.Refusal != "":
		w.Action, w.Reason = "cancel", n.Refusal
		return identity.NoticeCancel, w
	case inParts && first.IsSettled():
		w.Action, w.by = "deliver", first.Command
		return identity.NoticeDeliver, w
	case inParts:
		return "", w
	case n.State == reserve.NoticeIssued:
		w.Action, w.Since, w.Until, w.by = "prove", n.IssuedAt, through(n.DueOn), 0
		return identity.NoticeProve, w
	case !n.Matched && !d.confirmed[n.ID]:
		w.Action, w.Reason, w.by = "confirm", notMatched, 0
		return identity.NoticeConfirm, w
	case n.Renewal == 0:
		w.Action = "deliver"
		return identity.NoticeDeliver, w
	}
	return "", w
}
