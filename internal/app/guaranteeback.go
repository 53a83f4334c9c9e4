package app

import (
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// What is taken back of a guarantee takes back with it, in proportion, what the
// guarantee had done beside giving permits: its offset share is in use again, its
// project has bought and been assigned as much less, and what was paid for it is
// refunded. What is owed instead, and settled by the reserve or a court, is not taken
// back: the licence keeps it, and so does the project (ADR 65).

// guaranteeBack is what a part of a guarantee that is taken back takes with it.
type guaranteeBack struct {
	entry  permit.Entry
	share  quantity.Quantity
	refund reserve.TreasuryRefund
}

// guaranteeBack reckons it on all that was taken back by then, so that in parts and at
// once as much goes back.
func (v *View) guaranteeBack(g reserve.EarmarkAllocation, q quantity.Quantity) (b guaranteeBack, err error) {
	if g.ID == 0 || q == 0 {
		return b, nil
	}
	e, err := Get(v, Earmarks, "earmark", g.Earmark)
	if err != nil {
		return b, err
	}
	before, err := takenBackOf(v, g.ID)
	if err != nil {
		return b, err
	}
	before.need += q
	b.share = g.ShareOf(before.need) - before.share
	if g.Notice != 0 {
		n, err := Get(v, Notices, "notice", g.Notice)
		if err != nil {
			return b, err
		}
		b.refund = reserve.TreasuryRefund{
			Party: n.Party, Region: n.Region, Amount: g.PaidFor(before.need, n.Paid) - before.refunded,
			State: reserve.RefundRequested, RequestedAt: v.Now,
		}
	}
	if e.Project != 0 {
		need, _ := v.needOf(e.Project, e.Pollutant)
		b.entry = need.Corrected(q, b.share)
	}
	return b, nil
}

// takenBack is what corrections of a guarantee, and purchases that settled what they
// owed, have taken back of it.
type takenBack struct {
	need, share quantity.Quantity
	refunded    quantity.Money // or asked for, or found never paid
}

func takenBackOf(v *View, guarantee int64) (t takenBack, err error) {
	corrections, err := Find(v, Corrections, Where("earmark_allocation", guarantee))
	if err != nil || len(corrections) == 0 {
		return t, err
	}
	var ids, debts []int64
	for _, x := range corrections {
		t.need += x.Reversed
		t.share += x.OffsetShare
		ids = append(ids, x.ID)
		if x.Debt != 0 {
			debts = append(debts, x.Debt)
		}
	}
	if len(debts) > 0 {
		bought, err := Find(v, DebtSettlements, Query{}.And("debt", In, debts).And("way", Eq, string(permit.ByPurchase)))
		if err != nil {
			return t, err
		}
		for _, s := range bought {
			t.need += s.Quantity
			t.share += s.OffsetShare
		}
	}
	refunds, err := Find(v, Refunds, Query{}.And("correction", In, ids))
	for _, r := range refunds {
		t.refunded += r.Amount
	}
	return t, err
}

// legs are what a transfer takes back: permits, and the offset share with them.
func (b guaranteeBack) legs(from, to ledger.Key, q quantity.Quantity) []ledger.Leg {
	legs := []ledger.Leg{{Debit: from, Credit: to, Amount: int64(q)}}
	if b.share > 0 {
		legs = append(legs, ledger.Leg{Debit: ledger.PermitKey(ledger.Retired, to.Region, to.Pollutant), Credit: to, Amount: int64(b.share)})
	}
	return legs
}

// takeGuaranteeBack records what a correction's transfer has taken back, and opens the refund.
func (tx *Tx) takeGuaranteeBack(b guaranteeBack, x permit.Correction, transfer int64, document string) {
	b.entry.Reference, b.entry.Transfer, b.entry.Document = x.ID, transfer, document
	tx.projectBought(b.entry)
	if b.refund.Amount > 0 {
		b.refund.Correction, b.refund.Reason, b.refund.Document = x.ID, x.Finding, document
		Put(tx, Refunds, b.refund)
	}
}
