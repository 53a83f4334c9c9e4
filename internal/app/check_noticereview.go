package app

import "permitx/internal/reserve"

var _ = declareCheck((*checker).checkRefusedNotices)

// checkRefusedNotices holds that a notice whose delivery the rules refuse is paid for, or
// its first part is, and not delivered (I-126).
func (c *checker) checkRefusedNotices() error {
	paid := map[int64]bool{} // in parts
	var refused []reserve.PaymentNotice
	err := eachOf(c.ctx, c.r, Notices, Query{}.And("refusal", Ne, ""), func(n reserve.PaymentNotice) { refused = append(refused, n) })
	if err != nil || len(refused) == 0 {
		return err
	}
	err = eachOf(c.ctx, c.r, Instalments, Query{}.And("paid", Gt, int64(0)), func(i reserve.Instalment) { paid[i.Notice] = true })
	for _, n := range refused {
		if waits := n.State == reserve.NoticeProved || n.State == reserve.NoticeIssued && paid[n.ID]; !waits || n.DeliveredAt != 0 || n.Renewal != 0 {
			c.report("I-126", Notices.name, n.ID, "is %s, delivered at %s, and its delivery is refused: %s", n.State, n.DeliveredAt, n.Refusal)
		}
	}
	return err
}
