package app

import (
	"cmp"

	"permitx/internal/report"
	"permitx/internal/reserve"
)

// deliveryRefused finds what was paid for and cannot be delivered: it waits for its
// cause to be mended, or for the leader to cancel it, which opens its refund.
func (e *exceptions) deliveryRefused() error {
	return eachOf(e.ctx, e.r, Notices, undelivered().And("refusal", Ne, ""), func(n reserve.PaymentNotice) {
		e.add(report.Exception{
			Kind: report.DeliveryRefused, Regions: []string{n.Region}, On: cmp.Or(n.PaidOn, n.IssuedAt.Date()), Objects: objects(Notices.name, n.ID),
			Detail: "paid for, and not to be delivered: " + n.Refusal,
		})
	})
}
