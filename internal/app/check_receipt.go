package app

import (
	"slices"

	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkReceipts)

// checkReceipts holds that the listed receipts that are matched with a notice, which
// is not paid in parts, come to its amount, are its proof, and were matched with it
// (I-110).
func (c *checker) checkReceipts() error {
	matched := map[int64][]reserve.TaxReceipt{} // by notice
	q := Where("state", string(reserve.ReceiptMatched)).And("instalment", Eq, 0)
	if err := eachOf(c.ctx, c.r, TaxReceipts, q, func(r reserve.TaxReceipt) { matched[r.Notice] = append(matched[r.Notice], r) }); err != nil {
		return err
	}
	err := eachOf(c.ctx, c.r, Notices, Query{}, func(n reserve.PaymentNotice) {
		receipts, is := matched[n.ID]
		delete(matched, n.ID)
		var sum quantity.Money
		for _, r := range receipts {
			sum += r.Amount
		}
		isProof := slices.ContainsFunc(receipts, func(r reserve.TaxReceipt) bool { return r.Receipt == n.Proof })
		if is && (!n.Matched || !isProof || sum != n.Amount) {
			c.report("I-110", Notices.name, n.ID, "asks for CNY %s, is matched: %t, by %s; receipts of CNY %s are matched with it", n.Amount, n.Matched, n.Proof, sum)
		}
	})
	for notice := range matched {
		c.report("I-110", Notices.name, notice, "is named by receipts, and there is none")
	}
	return err
}
