package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// Operation is EarmarkAllocate.
func (EarmarkAllocate) Operation() identity.Operation { return identity.EarmarkAllocate }

// Decide checks that the approved need covers it, that the licence may receive
// it, and that enough of the earmark is not frozen. The result is an
// EarmarkAllocationResult.
func (c EarmarkAllocate) Decide(v *View) (Apply, error) {
	e, err := v.earmark(identity.EarmarkAllocate, c.Earmark)
	if err != nil {
		return nil, err
	}
	l, i, err := v.receiver(c.Licence, c.Instrument, e.Region, e.Pollutant)
	if err != nil {
		return nil, err
	}
	a := reserve.EarmarkAllocation{
		Earmark: e.ID, Party: l.Party, Region: l.Region, Licence: l.ID, Instrument: i.ID, Pollutant: i.Pollutant, Need: c.Need,
		Origin: c.Origin, Price: c.Price, Document: c.Document, RecordedAt: v.Now,
	}
	if err := a.Validate(); err != nil {
		return nil, err
	}
	if (a.Origin == ledger.Paid) != (c.DueOn != 0) {
		return nil, reserve.ErrDueOfPaid
	}
	taken, err := v.takenOf(e.ID)
	if err != nil {
		return nil, err
	}
	if e, a, err = e.Give(a, taken); err != nil {
		return nil, err
	}
	if err := v.checkReceiver(rulebook.Allocation, l, i, a.Need); err != nil {
		return nil, err
	}
	if err := v.checkGuarantee(e, l, a); err != nil {
		return nil, err
	}
	picks, err := v.pickClaims(claimant{reserve.ForProject, e.ID}, a.Taken)
	if err != nil {
		return nil, err
	}
	if a.Origin == ledger.Paid {
		return c.sell(v, e, a, i, picks)
	}
	return func(tx *Tx) any {
		Put(tx, Earmarks, e)
		a = Put(tx, EarmarkAllocations, a)
		tx.moveLots(lotMove{event: reserve.Allotment, from: reserve.EarmarkedBucket, picks: picks, reference: a.ID, document: a.Document})
		return EarmarkAllocationResult{tx.giveGuarantee(e.Project, a), i.Code}
	}, nil
}

// sell asks for the payment of all that an allocation takes, the offset share
// included. Until it is delivered the reserve keeps it for the notice.
func (c EarmarkAllocate) sell(v *View, e reserve.Earmark, a reserve.EarmarkAllocation, i catalog.Instrument, picks []reserve.Pick) (Apply, error) {
	n := reserve.PaymentNotice{
		Party: a.Party, Region: a.Region, Licence: a.Licence, Project: e.Project, Instrument: a.Instrument, Pollutant: a.Pollutant,
		Quantity: a.Taken, Price: a.Price, DueOn: c.DueOn, Document: a.Document, State: reserve.NoticeIssued, IssuedAt: v.Now,
	}
	n, err := v.asked(n, i)
	if err != nil {
		return nil, err
	}
	counter := v.noticeNumbers(n.Region)
	return func(tx *Tx) any {
		Put(tx, Earmarks, e)
		tx.moveLots(lotMove{event: reserve.Release, from: reserve.EarmarkedBucket, picks: picks, reference: e.ID, document: a.Document})
		a.Notice = tx.issueNotice(n, reserve.Sale{Kind: reserve.ByGuarantee}, counter, reserve.PickOut(picks, a.Taken)).Notice.ID
		return EarmarkAllocationResult{Put(tx, EarmarkAllocations, a), i.Code}
	}, nil
}

// asked is a notice with its amount, after its day was checked.
func (v *View) asked(n reserve.PaymentNotice, i catalog.Instrument) (reserve.PaymentNotice, error) {
	switch err := n.Validate(); {
	case err != nil:
		return n, err
	case n.DueOn < v.Today:
		return n, ErrDuePast.With("%s has passed", n.DueOn)
	case n.DueOn > i.TermEnd:
		return n, ErrDueAfterTerm.With("the term of %s ends on %s", i.Code, i.TermEnd)
	}
	return n.Priced(v.monthsLeft(i))
}

// takenOf is what the allocations out of an earmark take that have not lapsed.
func (v *View) takenOf(earmark int64) (sum quantity.Quantity, err error) {
	given, err := Find(v, EarmarkAllocations, Where("earmark", earmark).And("lapsed", Eq, false))
	for _, a := range given {
		sum += a.Taken
	}
	return sum, err
}

// allocationOf is the allocation that a notice asks the payment of.
func (v *View) allocationOf(notice int64) (a reserve.EarmarkAllocation, err error) {
	found, err := Find(v, EarmarkAllocations, Where("notice", notice))
	if err != nil {
		return a, err
	}
	_, err = Get(v, Earmarks, "earmark", found[0].Earmark) // Apply reads it again
	return found[0], err
}

// awaited is what of a project's need is sold out of earmarks and waits for its
// payment, without the notices that end.
func (v *View) awaited(n permit.Need, ends []projectEnd) (sum quantity.Quantity, err error) {
	earmarks, err := Find(v, Earmarks, Where("project", n.Project).And("pollutant", Eq, n.Pollutant))
	if err != nil || len(earmarks) == 0 {
		return 0, err
	}
	ids := make([]int64, len(earmarks))
	for i, e := range earmarks {
		ids[i] = e.ID
	}
	waiting, err := Find(v, EarmarkAllocations, Query{}.And("earmark", In, ids).And("transfer", Eq, int64(0)).And("lapsed", Eq, false))
	for _, a := range waiting {
		if !slices.ContainsFunc(ends, func(end projectEnd) bool { return !end.deal && end.id == a.Notice }) {
			sum += a.Need
		}
	}
	return sum, err
}

// checkGuarantee holds an allocation against the project's record, if it has one:
// its licence, and what it still needs.
func (v *View) checkGuarantee(e reserve.Earmark, l catalog.Licence, a reserve.EarmarkAllocation) error {
	if e.Project == 0 {
		return nil
	}
	if p := must(Get(v, Projects, "id", e.Project)); p.Licence != l.ID {
		return reserve.ErrOtherProject.With("project %d has another licence than %s", p.ID, l.Number)
	}
	_, need, err := v.projectFor(e.Project, l, e.Pollutant)
	if err != nil {
		return err
	}
	return at("need", checkProjectRoom(need, a.Taken))
}

// giveGuarantee posts an allocation, whose lots have left the reserve: the need
// to the licence, the offset share out of use.
func (tx *Tx) giveGuarantee(project int64, a reserve.EarmarkAllocation) reserve.EarmarkAllocation {
	posted := tx.Post(a.Postings())[0]
	a.Transfer, a.Account = posted.Transfer, posted.Credit
	tx.projectBought(permit.Entry{
		Project: project, Pollutant: a.Pollutant, Kind: permit.ByGuarantee, Reference: a.ID, Instrument: a.Instrument,
		Bought: a.Taken, Assigned: a.Taken, Retired: a.Retired, Document: a.Document, Transfer: a.Transfer,
	})
	tx.licenceChanged(a.Licence, a.Pollutant, amountChange{permit.AmountPrimary, a.ID, a.Need, a.Document})
	a.Acquisition = tx.Acquire(a.Holding(), ledger.Acquisition{
		AcquiredOn: tx.Today, Price: a.Price, PriceKnown: true, Quantity: a.Need, Document: a.Document,
	}).ID
	return Put(tx, EarmarkAllocations, a)
}

// guaranteeDelivery checks that the licence may receive what was paid for, and
// returns what posts it.
func (v *View) guaranteeDelivery(n soldNotice, l catalog.Licence, i catalog.Instrument) (func(tx *Tx) (transfer, acquisition int64), error) {
	if err := v.checkExpected(rulebook.Allocation, l, i, n.given.Need, v.comingByNotice(n.ID)); err != nil {
		return nil, err
	}
	picks := v.allClaims(claimant{reserve.ForNotice, n.ID})
	return func(tx *Tx) (transfer, acquisition int64) {
		tx.moveLots(lotMove{event: reserve.Delivery, from: reserve.ReservedBucket, picks: picks, amount: n.Amount, reference: n.ID, document: n.Document})
		tx.closeHold(n.hold, ledger.HoldPosted)
		tx.projectBids(n.Project, n.Pollutant, -n.Quantity)
		a := tx.giveGuarantee(n.Project, n.given)
		return a.Transfer, a.Acquisition
	}, nil
}

// lapseGuarantee gives what a cancelled notice had back to the earmark, as long
// as that keeps anything for the project; else it stays available.
func (tx *Tx) lapseGuarantee(n soldNotice, picks []reserve.Pick) {
	a := n.given
	a.Lapsed = true
	Put(tx, EarmarkAllocations, a)
	e, keeps := mustGet(tx, Earmarks, a.Earmark), false
	if n.projectGone {
		e = e.Without(a, n.Reason)
	} else {
		e, keeps = e.Returned(a, tx.Today)
	}
	Put(tx, Earmarks, e)
	if keeps {
		tx.moveLots(lotMove{
			event: reserve.Earmarking, from: reserve.AvailableBucket, picks: reserve.PickOut(picks, a.Taken), claimant: claimant{reserve.ForProject, e.ID},
			reference: e.ID, document: n.Reason,
		})
	}
}
