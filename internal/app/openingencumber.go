package app

import (
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/opening"
	"permitx/internal/reserve"
)

// openedPlans are the plans of sales that are paid in instalments, by the
// number of the sale.
type openedPlans map[string]*openedPlan

type openedPlan struct {
	reserve.InstalmentPlan
	parts     int32 // so far
	pollutant string
}

// openedPlans finds the plans of instalments whose sale an earlier part of the
// package has brought.
func (v *View) openedPlans(r openingRows, c opening.Contents) (openedPlans, error) {
	plans := openedPlans{}
	for _, i := range c.Instalments {
		if plans[i.Sale] != nil {
			continue
		}
		found, err := Find(v, InstalmentPlans, Where("document", r.planDocument(i.Sale)))
		if err != nil {
			return nil, err
		}
		for _, plan := range found { // none: this part brings it
			n, err := Get(v, Notices, "notice", plan.Notice)
			if err != nil {
				return nil, err
			}
			if n.Opening != r.p.ID { // who asked for it wrote the same words
				continue
			}
			parts, err := Find(v, Instalments, Where("plan", plan.ID))
			if err != nil {
				return nil, err
			}
			plans[i.Sale] = &openedPlan{plan, int32(len(parts)), n.Pollutant} //nolint:gosec // at most 60
		}
	}
	return plans, nil
}

// takeEncumbered takes what is pledged, leased and not paid in full, and then
// what is frozen: freezes get what these leave.
func (tx *Tx) takeEncumbered(r openingRows, c opening.Contents, plans openedPlans) {
	for _, row := range c.Pledges {
		tx.takePledge(r, row)
	}
	for _, row := range c.Leases {
		tx.takeLease(r, row)
	}
	for _, row := range c.Sales {
		plans[row.Number] = tx.takeSale(r, row)
	}
	for _, row := range c.Instalments {
		tx.takeInstalment(row, plans[row.Sale])
	}
	for _, row := range c.Freezes {
		f, l := r.freezeOfPermits(row), tx.licenceByNumber(row.Licence)
		f.Party, f.Region, f.Licence, f.Instrument = l.Party, l.Region, l.ID, tx.instrumentOf(row.Pollutant, row.TermEnd).ID
		tx.takeFreeze(f)
	}
	for _, row := range c.FundFreezes {
		f, p := r.freezeOfFunds(row), tx.partyOf(row.Holder)
		f.Party, f.Region = p.ID, p.Region
		tx.takeFreeze(f)
	}
}

func (tx *Tx) takePledge(r openingRows, row opening.Pledge) {
	p, l := r.pledge(row), tx.licenceByNumber(row.Licence)
	p.Party, p.Region, p.Licence, p.Instrument = l.Party, l.Region, l.ID, tx.instrumentOf(row.Pollutant, row.TermEnd).ID
	p.Bank = tx.partyOf(row.Bank).ID
	if row.IsFurther() {
		p.Behind = tx.openedFirst(p)
		for _, before := range tx.heldChain(p.Behind) {
			p.Most += before.Loan
		}
		Put(tx, Pledges, p)
		return
	}
	p = Put(tx, Pledges, p)
	p.Hold = tx.putHold(p.Key(), int64(p.Quantity), ledger.ForPledge, p.ID).ID
	Put(tx, Pledges, p)
}

// openedFirst is the first pledge of the permits of a further one. The licence came
// with the package, and the file has one first pledge of the quantity.
func (tx *Tx) openedFirst(p encumbrance.Pledge) int64 {
	for first := range openPledges.of(tx.View, permits{licence: p.Licence}) {
		if first.Behind == 0 && first.Key() == p.Key() && first.Quantity == p.Quantity {
			return first.ID
		}
	}
	panic("app: a pledge of a package stands behind none")
}

func (tx *Tx) takeLease(r openingRows, row opening.Lease) {
	l, lessor, lessee := must(r.lease(row)), tx.licenceByNumber(row.Licence), tx.licenceByNumber(row.Lessee)
	l.Lessor, l.LessorLicence, l.Lessee, l.LesseeLicence = lessor.Party, lessor.ID, lessee.Party, lessee.ID
	l.Region, l.Instrument = lessor.Region, tx.instrumentOf(row.Pollutant, row.TermEnd).ID
	l = Put(tx, Leases, l)
	l.Hold = tx.putHold(l.Key(), int64(l.Quantity), ledger.ForLease, l.ID).ID
	l = Put(tx, Leases, l)
	tx.Arm(l.EndsOn.AddDays(1).Start(), timerLeaseEnd, l.ID)
}

// takeSale takes a sale with the permits that it brought: its notice, and its
// plan with what was paid, which holds the permits until all is paid. The
// notice holds nothing in the reserve and names that hold.
func (tx *Tx) takeSale(r openingRows, row opening.Sale) *openedPlan {
	n, l := r.sale(row), tx.licenceByNumber(row.Licence)
	n.Party, n.Region, n.Licence, n.Instrument = l.Party, l.Region, l.ID, tx.instrumentOf(row.Pollutant, row.TermEnd).ID
	sold := r.sold(row)
	sold.Party, sold.Region, sold.Licence, sold.Instrument = n.Party, n.Region, n.Licence, n.Instrument
	sold = tx.allocate(sold, nil)
	n = Put(tx, Notices, n)
	plan := Put(tx, InstalmentPlans, reserve.InstalmentPlan{
		Notice: n.ID, Party: n.Party, Region: n.Region, Licence: n.Licence, Document: r.planDocument(row.Number), State: reserve.PlanDelivered,
		Transfer: sold.Transfer, Acquisition: sold.Acquisition, RequestedAt: r.at, DecidedAt: r.at, DeliveredAt: r.at,
	})
	plan.Hold = tx.putHold(n.Holding(), int64(n.Quantity), ledger.ForSale, plan.ID).ID
	plan = Put(tx, InstalmentPlans, plan)
	n.Hold = plan.Hold
	tx.numberNotice(Put(tx, Notices, n), reserve.Sale{Kind: reserve.ByAgreement}, tx.noticeNumbers(n.Region))
	paid := r.paidPart(row)
	paid.Plan, paid.Notice = plan.ID, n.ID
	Put(tx, Instalments, paid)
	return &openedPlan{plan, 1, n.Pollutant}
}

// takeInstalment takes the next unpaid part of a sale. Where it is overdue the
// permits are frozen, and the time of grace begins with the opening (project
// default): nobody loses permits on the first day.
func (tx *Tx) takeInstalment(row opening.Instalment, plan *openedPlan) {
	plan.parts++
	i := Put(tx, Instalments, reserve.Instalment{
		Plan: plan.ID, Notice: plan.Notice, Sequence: plan.parts, Amount: row.Amount, DueOn: row.DueOn,
	})
	if !i.IsOverdue(tx.Today) {
		tx.Arm(i.DueOn.AddDays(1).Start(), timerInstalmentDue, i.ID)
		return
	}
	tx.armGrace(reserve.PaymentNotice{Region: plan.Region, Pollutant: plan.pollutant}, i.ID, tx.Today)
	if plan.State != reserve.PlanFrozen {
		plan.State = reserve.PlanFrozen
		plan.InstalmentPlan = Put(tx, InstalmentPlans, plan.InstalmentPlan)
	}
}

func (tx *Tx) takeFreeze(f encumbrance.Freeze) {
	f.Account = tx.open(f.Key())
	f = Put(tx, Freezes, f)
	tx.armFreeze(f)
	tx.beginFreeze(f, nil)
}
