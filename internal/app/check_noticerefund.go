package app

import (
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkNoticeRefunds)

// checkNoticeRefunds holds that what was paid of a cancelled notice is owed as one
// refund of that amount, and nothing else is (I-118). Where the refund was cancelled
// nothing is paid any more. What was cancelled before there
// were such refunds, and what was revoked by what is paid of it, is left.
func (c *checker) checkNoticeRefunds() error {
	since, err := c.start("I-118")
	if err != nil {
		return err
	}
	owed := map[int64]quantity.Money{} // by notice
	cancelled := Where("state", string(reserve.NoticeCancelled)).And("command", Gt, since)
	err = eachOf(c.ctx, c.r, Notices, cancelled, func(n reserve.PaymentNotice) { owed[n.ID] = n.Paid })
	if err != nil {
		return err
	}
	plans := map[int64]int64{}
	err = eachOf(c.ctx, c.r, InstalmentPlans, Where("state", string(reserve.PlanCancelled)), func(p reserve.InstalmentPlan) { plans[p.ID] = p.Notice })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Instalments, Query{}.And("paid", Gt, 0), func(i reserve.Instalment) {
		if _, is := owed[plans[i.Plan]]; is {
			owed[i.Notice] += i.Paid
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Refunds, Query{}.And("notice", Gt, 0), func(r reserve.TreasuryRefund) {
		want := r.Amount
		if r.State == reserve.RefundCancelled {
			want = 0
		}
		if owed[r.Notice] != want {
			c.report("I-118", Refunds.name, r.ID, "is %s of CNY %s, of notice %d CNY %s are paid", r.State, r.Amount, r.Notice, owed[r.Notice])
		}
		delete(owed, r.Notice)
	})
	for id, paid := range owed {
		if paid > 0 {
			c.report("I-118", Notices.name, id, "is cancelled, and nobody owes the CNY %s that were paid", paid)
		}
	}
	return err
}
