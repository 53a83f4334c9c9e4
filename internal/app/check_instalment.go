package app

import (
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkPlans)

// checkPlans holds each plan of instalments against its parts, its notice and what it
// holds (I-115):
//
//   - its parts come to the amount of its notice;
//   - it is delivered only with its first part paid for certain, and paid with all;
//   - while it runs its notice waits, and once it is paid that is delivered;
//   - only a plan that runs holds permits: those of its notice.
func (c *checker) checkPlans() error {
	parts := map[int64][]reserve.Instalment{} // by plan
	err := eachOf(c.ctx, c.r, Instalments, Query{}, func(i reserve.Instalment) { parts[i.Plan] = append(parts[i.Plan], i) })
	if err != nil {
		return err
	}
	notices := map[int64]reserve.PaymentNotice{}
	holds := map[int64]ledger.Hold{} // that are active on holdings
	plans := []reserve.InstalmentPlan{}
	if err := eachOf(c.ctx, c.r, InstalmentPlans, Query{}, func(p reserve.InstalmentPlan) { plans = append(plans, p) }); err != nil {
		return err
	}
	if err := eachOf(c.ctx, c.r, Notices, Query{}, func(n reserve.PaymentNotice) { notices[n.ID] = n }); err != nil {
		return err
	}
	active := Where("purpose", string(ledger.ForSale)).And("state", Eq, string(ledger.HoldActive))
	err = eachOf(c.ctx, c.r, Holds, active, func(h ledger.Hold) {
		if c.ledger.accounts[h.Account].Kind == ledger.Holding {
			holds[h.ID] = h
		}
	})
	for _, p := range plans {
		c.checkPlan(planned{p, parts[p.ID]}, notices[p.Notice])
		if h, holding := holds[p.Hold]; holding && p.State.IsRunning() {
			c.checkPlanHold(p, notices[p.Notice], h)
			delete(holds, p.Hold)
		}
	}
	for id := range holds {
		c.report("I-115", Holds.name, id, "holds permits for no plan of instalments that runs")
	}
	return err
}

func (c *checker) checkPlan(p planned, n reserve.PaymentNotice) {
	var sum quantity.Money
	for _, i := range p.parts {
		sum += i.Amount
	}
	switch {
	case len(p.parts) == 0 || sum != n.Amount:
		c.report("I-115", InstalmentPlans.name, p.ID, "has parts of CNY %s, its notice asks for CNY %s", sum, n.Amount)
	case p.State == reserve.PlanDelivered && !p.parts[0].IsSettled():
		c.report("I-115", InstalmentPlans.name, p.ID, "is delivered, and its first part is not paid for certain")
	case p.State == reserve.PlanPaid && !p.isSettled():
		c.report("I-115", InstalmentPlans.name, p.ID, "is paid, and not all of its parts are")
	case p.State == reserve.PlanPaid && n.State != reserve.NoticeDelivered, p.State.IsRunning() && n.State != reserve.NoticeIssued:
		c.report("I-115", InstalmentPlans.name, p.ID, "is %s, its notice %s", p.State, n.State)
	}
}

// checkPlanHold holds that a plan holds what it has brought. The end of a term ends
// the hold before the plan.
func (c *checker) checkPlanHold(p reserve.InstalmentPlan, n reserve.PaymentNotice, h ledger.Hold) {
	if h.Reference != p.ID || h.Amount != int64(n.Quantity) || c.ledger.accounts[h.Account].Key() != n.Holding() {
		c.report("I-115", InstalmentPlans.name, p.ID, "holds %s t/a for plan %d by hold %d", quantity.Quantity(h.Amount), h.Reference, h.ID)
	}
}
