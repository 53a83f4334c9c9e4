package app

import (
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkCorrections)

// checkCorrections holds that what a correction found wrong is what it posted
// back and what is owed for it, that no allocation is corrected by more than it
// gave, that a debt is settled by its settlements, and that no posting of this
// kind is without one (I-32).
func (c *checker) checkCorrections() error {
	posted := map[int64][]ledger.Posting{}
	if err := eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.Revocation)), func(p ledger.Posting) {
		posted[p.Transfer] = append(posted[p.Transfer], p)
	}); err != nil {
		return err
	}
	owed, corrected, ofGuarantee := map[int64]quantity.Quantity{}, map[int64]quantity.Quantity{}, map[int64]quantity.Quantity{}
	if err := eachOf(c.ctx, c.r, Corrections, Query{}, func(x permit.Correction) {
		if x.EarmarkAllocation != 0 {
			ofGuarantee[x.EarmarkAllocation] += x.Quantity
		} else {
			corrected[x.Allocation] += x.Quantity
		}
		if x.Debt != 0 {
			owed[x.Debt] = x.Quantity - x.Reversed
		}
		from := c.revokedFrom(posted[x.Transfer])
		if x.Reversed < 0 || x.Reversed > x.Quantity || (x.Reversed < x.Quantity) != (x.Debt != 0) || !c.isRevoked(posted[x.Transfer], x.ID, x.Reversed, x.OffsetShare) ||
			(x.Reversed == 0) != (x.Transfer == 0) || x.Transfer != 0 && (from.Licence != x.Licence || from.Instrument != x.Instrument || from.Origin != x.Origin) {
			c.report("I-32", Corrections.name, x.ID, "found %s wrong and reversed %s by transfer %d, which is not posted so", x.Quantity, x.Reversed, x.Transfer)
		}
		delete(posted, x.Transfer)
	}); err != nil {
		return err
	}
	if err := eachOf(c.ctx, c.r, Allocations, Query{}, func(a reserve.Allocation) {
		if corrected[a.ID] > a.Quantity {
			c.report("I-32", Allocations.name, a.ID, "gave %s, %s of it were corrected", a.Quantity, corrected[a.ID])
		}
	}); err != nil {
		return err
	}
	if err := eachOf(c.ctx, c.r, EarmarkAllocations, Query{}, func(a reserve.EarmarkAllocation) {
		if got := ofGuarantee[a.ID]; got > a.Need || got > 0 && a.State() != reserve.AllocationGiven {
			c.report("I-32", EarmarkAllocations.name, a.ID, "is %s and gave %s, %s of it were corrected", a.State(), a.Need, got)
		}
	}); err != nil {
		return err
	}
	settled := map[int64]quantity.Quantity{}
	if err := eachOf(c.ctx, c.r, DebtSettlements, Query{}, func(s permit.DebtSettlement) {
		settled[s.Debt] += s.Quantity
		if (s.Way == permit.ByCourt) != (s.Transfer == 0) || s.Transfer != 0 && !c.isRevoked(posted[s.Transfer], s.ID, s.Quantity, s.OffsetShare) {
			c.report("I-32", DebtSettlements.name, s.ID, "settled %s by transfer %d, which is not posted so", s.Quantity, s.Transfer)
		}
		delete(posted, s.Transfer)
	}); err != nil {
		return err
	}
	for transfer := range posted {
		c.report("I-32", Postings.name, transfer, "is by no correction and no settlement of a debt")
	}
	return eachOf(c.ctx, c.r, Debts, Query{}, func(d permit.Debt) {
		if d.Quantity != owed[d.ID] || d.Settled != settled[d.ID] || d.Settled > d.Quantity || (d.Open() == 0) != (d.SettledAt != 0) {
			c.report("I-32", Debts.name, d.ID, "is of %s, settled %s; its correction comes to %s, its settlements to %s", d.Quantity, d.Settled, owed[d.ID], settled[d.ID])
		}
	})
}

// isRevoked reports whether the postings of a transfer take q back, for a record, and with it
// an offset share out of what was retired; none are of nothing.
func (c *checker) isRevoked(postings []ledger.Posting, reference int64, q, share quantity.Quantity) bool {
	for _, p := range postings {
		if p.Reference != reference {
			return false
		}
		if c.ledger.accounts[p.Debit].Kind == ledger.Retired {
			share -= quantity.Quantity(p.Amount)
		} else {
			q -= quantity.Quantity(p.Amount)
		}
	}
	return q == 0 && share == 0
}

// revokedFrom is the account that the first posting of a transfer takes from.
func (c *checker) revokedFrom(postings []ledger.Posting) ledger.Account {
	if len(postings) == 0 {
		return ledger.Account{}
	}
	return c.ledger.accounts[postings[0].Debit]
}
