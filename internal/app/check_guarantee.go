package app

import (
	"permitx/internal/ledger"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkGuarantees)

// checkGuarantees holds that what is sold out of an earmark has one payment notice,
// of what it takes at its price, is given when that is delivered and has lapsed when
// it is cancelled (I-103). What was given before there were such notices is left.
func (c *checker) checkGuarantees() error {
	since, err := c.start("I-103")
	if err != nil {
		return err
	}
	sold := map[int64]reserve.EarmarkAllocation{} // by notice
	err = eachOf(c.ctx, c.r, EarmarkAllocations, Query{}, func(a reserve.EarmarkAllocation) {
		if a.Notice != 0 {
			sold[a.Notice] = a
		} else if a.Origin == ledger.Paid && a.Command > since {
			c.report("I-103", EarmarkAllocations.name, a.ID, "is of paid permits, and no notice has asked for their payment")
		}
	})
	if err != nil {
		return err
	}
	notices := map[int64]bool{}
	err = eachOf(c.ctx, c.r, Sales, Where("kind", string(reserve.ByGuarantee)), func(s reserve.Sale) { notices[s.Notice] = true })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Notices, Query{}, func(n reserve.PaymentNotice) {
		a, is := sold[n.ID]
		delete(sold, n.ID)
		want := reserve.AllocationWaits
		switch n.State {
		case reserve.NoticeDelivered:
			want = reserve.AllocationGiven
		case reserve.NoticeCancelled:
			want = reserve.AllocationLapsed
		case reserve.NoticeIssued, reserve.NoticeProved:
		}
		switch {
		case is != notices[n.ID]:
			c.report("I-103", Notices.name, n.ID, "sells out of an earmark: %t; an allocation names it: %t", notices[n.ID], is)
		case is && (a.State() != want || a.Taken != n.Quantity || a.Price != n.Price || a.Licence != n.Licence || a.Transfer != n.Transfer):
			c.report("I-103", Notices.name, n.ID, "is %s over %s t/a, its allocation out of an earmark %s of %s t/a", n.State, n.Quantity, a.State(), a.Taken)
		}
	})
	for notice, a := range sold {
		c.report("I-103", EarmarkAllocations.name, a.ID, "names notice %d, which there is not", notice)
	}
	return err
}
