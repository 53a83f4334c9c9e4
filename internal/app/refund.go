package app

import (
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// Refunds are what enterprises pay back to the treasury of buy-backs, and what the
// tax authority pays back to them of cancelled payment notices and of corrected guarantees.
var Refunds = cold[reserve.TreasuryRefund]("treasury_refund")

// RefundRequest asks an enterprise to pay a part of a buy-back's amount back to
// the treasury. The permits stay in the reserve.
type RefundRequest struct {
	BuyBack  int64
	Amount   quantity.Money
	Reason   string
	Document string
}

// RefundReceive records that the treasury has got the money: it is in the
// budget again. What the tax authority pays back the enterprise has got.
type RefundReceive struct {
	Refund     int64
	Proof      string
	ReceivedOn calendar.Date
}

var _ = declare(RefundRequest{}, RefundReceive{})

// Operation is RefundRequest.
func (RefundRequest) Operation() identity.Operation { return identity.RefundRequest }

// Decide checks that no more is refunded than was paid. The result is a
// reserve.TreasuryRefund.
func (c RefundRequest) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.RefundRequest, identity.Target{}); err != nil {
		return nil, err
	}
	b, err := Get(v, BuyBacks, "buy_back", c.BuyBack)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("buy_back", identity.RefundRequest, identity.OfRegion(b.Region)); err != nil {
		return nil, err
	}
	r := reserve.TreasuryRefund{
		BuyBack: b.ID, Party: b.Party, Region: b.Region, Amount: c.Amount, Reason: c.Reason, Document: c.Document,
		State: reserve.RefundRequested, RequestedAt: v.Now,
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if b.State != reserve.BuyBackInReserve {
		return nil, reserve.ErrNothingToRefund.With("the buy-back is %s", b.State)
	}
	left := b.Amount
	others, err := Find(v, Refunds, Where("buy_back", b.ID))
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		if o.State != reserve.RefundCancelled {
			left -= o.Amount
		}
	}
	if c.Amount > left {
		return nil, reserve.ErrRefundBeyond.With("CNY %s of the CNY %s that were paid are left to refund", left, b.Amount)
	}
	return func(tx *Tx) any { return Put(tx, Refunds, r) }, nil
}

// refund returns a refund after the actor's right to do this was checked.
func (v *View) refund(op identity.Operation, id int64) (r reserve.TreasuryRefund, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return r, err
	}
	if r, err = Get(v, Refunds, "id", id); err != nil {
		return r, err
	}
	return r, v.AuthoriseAt("id", op, identity.OfRegion(r.Region))
}

// Operation is RefundReceive.
func (RefundReceive) Operation() identity.Operation { return identity.RefundReceive }

// Decide checks the receipt. The result is a reserve.TreasuryRefund.
func (c RefundReceive) Decide(v *View) (Apply, error) {
	r, err := v.refund(identity.RefundReceive, c.Refund)
	if err != nil {
		return nil, err
	}
	if r, err = r.Receive(c.Proof, c.ReceivedOn); err != nil {
		return nil, err
	}
	if err := v.checkPast("received_on", c.ReceivedOn); err != nil {
		return nil, err
	}
	if err := v.checkReceived(c.Proof); err != nil {
		return nil, err
	}
	if r.IsByTaxAuthority() {
		return func(tx *Tx) any { return Put(tx, Refunds, r) }, nil
	}
	paidBy, paidOn, err := v.paymentOf(r)
	if err != nil {
		return nil, err
	}
	if c.ReceivedOn < paidOn {
		return nil, reserve.ErrRefundEarly.With("the treasury paid on %s", paidOn)
	}
	budget, err := must(Get(v, Budgets, "id", paidBy)).Apply(reserve.BudgetRefund, r.Amount)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.putBudget(budget, reserve.BudgetRefund, r.Amount, r.ID, c.Proof)
		return Put(tx, Refunds, r)
	}, nil
}

// paymentOf is the budget that what is refunded was paid from, and the day.
func (v *View) paymentOf(r reserve.TreasuryRefund) (budget int64, on calendar.Date, err error) {
	if r.Award == 0 {
		b, err := Get(v, BuyBacks, "id", r.BuyBack)
		return b.Budget, b.PaidOn, err
	}
	a, err := Get(v, Awards, "id", r.Award)
	if err != nil {
		return 0, 0, err
	}
	return must(Get(v, Offers, "offer", a.Offer)).Budget, a.PaidOn, nil
}
