package app

import (
	"fmt"

	"permitx/internal/auction"
	"permitx/internal/encumbrance"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// formula is how an amount comes about, in words: of permits by the months that are
// paid for, of credits, which have none, outright.
func formula(q quantity.Quantity, price quantity.Price, months int, amount quantity.Money, r quantity.Rounding) string {
	rounding := "half-up"
	if r == quantity.Down {
		rounding = "down"
	}
	if months == 0 {
		return fmt.Sprintf("%s t × CNY %s/t = CNY %s, rounded %s to the fen", q, price, amount, rounding)
	}
	return fmt.Sprintf("%s t/a × CNY %s/(t·a) × %d / 12 = CNY %s, rounded %s to the fen", q, price, months, amount, rounding)
}

// formulaOf is formula of what was recorded; "" where its amount does not come about
// so: several prices were bid, or an opening package has brought it.
func formulaOf(q quantity.Quantity, price quantity.Price, months int, amount quantity.Money, r quantity.Rounding) string {
	made, err := quantity.Amount(price, q, months, r)
	if months == 0 {
		made, err = quantity.Outright(price, q, r)
	}
	if err != nil || made != amount {
		return ""
	}
	return formula(q, price, months, amount, r)
}

// LeaseFormula is how a rent for some of its months comes about, in words.
func LeaseFormula(l encumbrance.Lease, months int, rent quantity.Money) string {
	return formula(l.Quantity, l.Price, months, rent, quantity.HalfUp)
}

// DealFormula is how the amount of a deal comes about, in words.
func DealFormula(d settlement.Deal) string {
	return formulaOf(d.Quantity, d.Price, int(d.Months), d.Amount, quantity.HalfUp)
}

// BlockFormula is how the amount of a block trade comes about, in words.
func BlockFormula(b market.Block) string {
	return formulaOf(b.Quantity, b.Price, int(b.Months), b.Amount, quantity.Down)
}

// NoticeFormula is how the amount of a payment notice comes about, in words.
func NoticeFormula(n reserve.PaymentNotice) string {
	return formulaOf(n.Quantity, n.Price, int(n.Months), n.Amount, quantity.HalfUp)
}

// AwardResult is an award with the formula of its amount; "" where several prices were bid.
type AwardResult struct {
	auction.Award
	Formula string
}

// putAward writes an award. The result is what answers its step.
func (tx *Tx) putAward(a auction.Award) AwardResult {
	a = Put(tx, Awards, a)
	return AwardResult{a, AwardFormula(mustGet(tx, Offers, a.Offer), a)}
}

// AwardFormula is how the amount of an award of an offer comes about, in words.
func AwardFormula(o auction.Offer, a auction.Award) string {
	months := int(o.Months)
	if o.OfCredits() {
		months = 0
	}
	return formulaOf(a.Quantity, a.Price, months, a.Amount, o.Rounding())
}
