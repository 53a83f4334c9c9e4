package app

import (
	"slices"

	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkReceipts)

// checkReceipts holds that the listed receipts that are matched with a notice, or
// with an instalment of one, come to its amount, are its proof, and were matched
// with it (I-110), and that none of them proves another one (I-139).
func (c *checker) checkReceipts() error {
	matched, all := map[target][]reserve.TaxReceipt{}, map[string]reserve.TaxReceipt{} // by number
	q := Where("state", string(reserve.ReceiptMatched))
	err := eachOf(c.ctx, c.r, TaxReceipts, q, func(r reserve.TaxReceipt) {
		t := target{r.Notice, r.Instalment}
		matched[t] = append(matched[t], r)
		all[r.Receipt] = r
	})
	if err != nil {
		return err
	}
	since, err := c.start("I-139")
	if err != nil {
		return err
	}
	provesAnother := func(table string, id int64, t target, proof string, command int64) {
		r, is := all[proof]
		if isOther := r.Notice != t.notice || t.instalment != 0 && r.Instalment != t.instalment; is && isOther && max(command, r.Command) > since {
			c.report("I-139", table, id, "is proved by the receipt %s, which is matched with notice %d", proof, r.Notice)
		}
	}
	inParts := map[int64]bool{} // notices
	err = eachOf(c.ctx, c.r, Instalments, Query{}, func(i reserve.Instalment) {
		inParts[i.Notice] = inParts[i.Notice] || i.Matched
		t := target{i.Notice, i.ID}
		c.checkMatched(Instalments.name, i.ID, reserve.Asked{Amount: i.Amount, Proof: i.Proof}, i.Matched, matched[t])
		provesAnother(Instalments.name, i.ID, t, i.Proof, i.Command)
		delete(matched, t)
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Notices, Query{}, func(n reserve.PaymentNotice) {
		t := target{notice: n.ID}
		if !inParts[n.ID] || len(matched[t]) > 0 {
			c.checkMatched(Notices.name, n.ID, reserve.Asked{Amount: n.Amount, Proof: n.Proof}, n.Matched, matched[t])
		}
		provesAnother(Notices.name, n.ID, t, n.Proof, n.Command)
		delete(matched, t)
	})
	for t := range matched {
		c.report("I-110", Notices.name, t.notice, "is named by receipts with its instalment %d, and there is none", t.instalment)
	}
	return err
}

// checkMatched holds what is asked for against the receipts that are matched with it.
func (c *checker) checkMatched(table string, id int64, a reserve.Asked, is bool, receipts []reserve.TaxReceipt) {
	var sum quantity.Money
	for _, r := range receipts {
		sum += r.Amount
	}
	isProof := slices.ContainsFunc(receipts, func(r reserve.TaxReceipt) bool { return r.Receipt == a.Proof })
	if is != (len(receipts) > 0) || is && (!isProof || sum != a.Amount) {
		c.report("I-110", table, id, "asks for CNY %s, is matched: %t, by %s; receipts of CNY %s are matched with it", a.Amount, is, a.Proof, sum)
	}
}
