package app

import (
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkGuaranteesBack)

// guaranteesBack is what was taken back of guarantees.
type guaranteesBack struct {
	c     *checker
	since int64                    // what was taken back before took nothing with it
	of    map[int64]int64          // guarantees by correction
	sums  map[int64]*takenBack     // by guarantee
	last  map[int64]int64          // by guarantee: the last command that took back
	by    map[int64]backByTransfer // by transfer
	in    map[int64]permit.Need    // by guarantee: the project and pollutant that it was given to
}

// backByTransfer is what one transfer has taken back of a guarantee.
type backByTransfer struct {
	guarantee, correction int64
	need, share           quantity.Quantity
}

// checkGuaranteesBack holds that what corrections, and purchases that settled what they
// owed, have taken back of a guarantee has taken back its share of the offset and of the
// payment, and its project's figures with it (I-116).
func (c *checker) checkGuaranteesBack() error {
	since, err := c.start("I-116")
	if err != nil {
		return err
	}
	b := guaranteesBack{
		c: c, since: since, of: map[int64]int64{}, sums: map[int64]*takenBack{}, last: map[int64]int64{}, by: map[int64]backByTransfer{}, in: map[int64]permit.Need{},
	}
	for _, step := range []func() error{b.add, b.addRefunds, b.compare, b.checkEntries} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// add adds up what was taken back by corrections and by purchases.
func (b *guaranteesBack) add() error {
	owing := map[int64]int64{} // corrections by debt
	err := eachOf(b.c.ctx, b.c.r, Corrections, Query{}.And("earmark_allocation", Gt, int64(0)), func(x permit.Correction) {
		b.of[x.ID] = x.EarmarkAllocation
		if x.Debt != 0 {
			owing[x.Debt] = x.ID
		}
		b.addTransfer(x.Transfer, x.Command, backByTransfer{x.EarmarkAllocation, x.ID, x.Reversed, x.OffsetShare})
	})
	if err != nil {
		return err
	}
	return eachOf(b.c.ctx, b.c.r, DebtSettlements, Where("way", string(permit.ByPurchase)), func(s permit.DebtSettlement) {
		if x := owing[s.Debt]; x != 0 {
			b.addTransfer(s.Transfer, s.Command, backByTransfer{b.of[x], x, s.Quantity, s.OffsetShare})
		}
	})
}

func (b *guaranteesBack) addTransfer(transfer, command int64, t backByTransfer) {
	if b.sums[t.guarantee] == nil {
		b.sums[t.guarantee] = &takenBack{}
	}
	b.sums[t.guarantee].need += t.need
	b.sums[t.guarantee].share += t.share
	b.last[t.guarantee] = max(b.last[t.guarantee], command)
	if transfer != 0 && command > b.since {
		b.by[transfer] = t
	}
}

func (b *guaranteesBack) addRefunds() error {
	return eachOf(b.c.ctx, b.c.r, Refunds, Query{}.And("correction", Gt, int64(0)), func(r reserve.TreasuryRefund) {
		if sum := b.sums[b.of[r.Correction]]; sum != nil {
			sum.refunded += r.Amount
		} else {
			b.c.report("I-116", Refunds.name, r.ID, "is of correction %d, which is of no guarantee", r.Correction)
		}
	})
}

// compare holds the sums of each guarantee against what it gave and what was paid for it.
func (b *guaranteesBack) compare() error {
	if len(b.sums) == 0 {
		return nil
	}
	paid, projects := map[int64]quantity.Money{}, map[int64]int64{}
	delivered := Where("state", string(reserve.NoticeDelivered))
	if err := eachOf(b.c.ctx, b.c.r, Notices, delivered, func(n reserve.PaymentNotice) { paid[n.ID] = n.Paid }); err != nil {
		return err
	}
	if err := eachOf(b.c.ctx, b.c.r, Earmarks, Query{}, func(e reserve.Earmark) { projects[e.ID] = e.Project }); err != nil {
		return err
	}
	return eachOf(b.c.ctx, b.c.r, EarmarkAllocations, Query{}, func(a reserve.EarmarkAllocation) {
		sum := b.sums[a.ID]
		if sum == nil || sum.need > a.Need { // more than it gave: I-32
			return
		}
		b.in[a.ID] = permit.Need{Project: projects[a.Earmark], Pollutant: a.Pollutant}
		want := takenBack{sum.need, a.ShareOf(sum.need), a.PaidFor(sum.need, paid[a.Notice])}
		if *sum != want && b.last[a.ID] > b.since {
			b.c.report("I-116", EarmarkAllocations.name, a.ID, "has %s t/a taken back, with %s t/a of its offset share and CNY %s; %s t/a and CNY %s belong to it",
				sum.need, sum.share, sum.refunded, want.share, want.refunded)
		}
	})
}

// checkEntries replays the entries of projects: each transfer that takes back has one, of
// what the project still had of it.
func (b *guaranteesBack) checkEntries() error {
	if len(b.by) == 0 {
		return nil
	}
	needs := map[needKey]permit.Need{}
	err := eachOf(b.c.ctx, b.c.r, ProjectEntries, Query{}, func(e permit.Entry) {
		key := needKey{e.Project, e.Pollutant}
		n := needs[key]
		n.Project, n.Pollutant = e.Project, e.Pollutant
		if e.Kind == permit.ByCorrection {
			t := b.by[e.Transfer]
			want, in := n.Corrected(t.need, t.share), b.in[t.guarantee]
			if e.Reference != t.correction || in.Project != e.Project || in.Pollutant != e.Pollutant || e.Bought != want.Bought || e.Assigned != want.Assigned || e.Retired != want.Retired {
				b.c.report("I-116", ProjectEntries.name, e.ID, "takes %s t/a back, of them %s t/a retired: correction %d comes to %s and %s", -e.Bought, -e.Retired, t.correction, -want.Bought, -want.Retired)
			}
			delete(b.by, e.Transfer)
		}
		needs[key] = n.With(e)
	})
	for transfer, t := range b.by {
		if project := b.in[t.guarantee].Project; project != 0 {
			b.c.report("I-116", Corrections.name, t.correction, "has taken %s t/a back by transfer %d, and project %d keeps them", t.need, transfer, project)
		}
	}
	return err
}
