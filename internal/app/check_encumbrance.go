package app

import (
	"slices"
	"strings"

	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

var (
	_ = declareCheck((*checker).checkLeases)
	_ = declareCheck((*checker).checkPledges)
	_ = declareCheck((*checker).checkBanks)
)

// encumbranceParts are the holds of a purpose and the postings of some reasons.
type encumbranceParts struct {
	holds  map[int64]ledger.Hold      // active
	posted map[int64][]ledger.Posting // by transfer
	steps  map[int64][]encumbrance.TakenStep
}

func (c *checker) encumbranceParts(kind encumbrance.Kind, purpose ledger.HoldPurpose, reasons ...int64) (parts encumbranceParts, err error) {
	parts = encumbranceParts{map[int64]ledger.Hold{}, map[int64][]ledger.Posting{}, map[int64][]encumbrance.TakenStep{}}
	active := Where("state", string(ledger.HoldActive)).And("purpose", Eq, string(purpose))
	if err = eachOf(c.ctx, c.r, Holds, active, func(h ledger.Hold) { parts.holds[h.ID] = h }); err != nil {
		return parts, err
	}
	err = eachOf(c.ctx, c.r, EncumbranceSteps, Where("kind", string(kind)), func(s encumbrance.TakenStep) {
		parts.steps[s.Reference] = append(parts.steps[s.Reference], s)
	})
	if err != nil {
		return parts, err
	}
	return parts, eachOf(c.ctx, c.r, Postings, Query{}.And("reason", In, reasons), func(p ledger.Posting) {
		parts.posted[p.Transfer] = append(parts.posted[p.Transfer], p)
	})
}

// take returns an active hold and forgets it.
func (p *encumbranceParts) take(id int64) ledger.Hold {
	h := p.holds[id]
	delete(p.holds, id)
	return h
}

// checkLeases holds that a lease holds its permits as long as it is open, and
// its rent in escrow while it is paid and has not begun; that its steps follow
// the table; that its rent is what its terms come to and was paid once; and
// that it ends within the term of its permits (I-52).
func (c *checker) checkLeases() error {
	parts, err := c.encumbranceParts(encumbrance.OfLease, ledger.ForLease, int64(ledger.Rent), int64(ledger.RentRefund))
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Leases, Query{}, func(l encumbrance.Lease) {
		permits, money := parts.take(l.Hold), parts.take(l.MoneyHold)
		bad := func(says string, args ...any) { c.report("I-52", Leases.name, l.ID, says, args...) }
		opened := isOpened(l.Document, parts.steps[l.ID]) && l.Rent == 0 // its rent was paid before
		amount, err := encumbrance.LeaseAmount(l.Price, l.Quantity, int(l.Months))
		switch {
		case err != nil || amount != l.Amount:
			bad("costs %s, its terms come to %s", l.Amount, amount)
		case (permits.ID != 0) != l.State.IsOpen() || permits.ID != 0 && (permits.Amount != int64(l.Quantity) || c.ledger.accounts[permits.Account].Key() != l.Key()):
			bad("is %s and holds %s t/a of account %d", l.State, quantity.Quantity(permits.Amount), permits.Account)
		case (money.ID != 0) != (l.State == encumbrance.LeasePaid && l.Amount > 0) || money.ID != 0 && money.Amount != int64(l.Amount):
			bad("is %s and holds %s in escrow", l.State, quantity.Money(money.Amount))
		case l.StartsOn != 0 && l.LastDay(l.StartsOn) != l.EndsOn:
			bad("is for %d months and lasts from %s to %s", l.Months, l.StartsOn, l.EndsOn)
		case !isPosted(parts.posted, l.Rent, l.Amount) || !isPosted(parts.posted, l.RefundTransfer, l.Refund):
			bad("has paid its rent by transfer %d and given back by transfer %d, which are not posted so", l.Rent, l.RefundTransfer)
		case (l.State == encumbrance.LeaseActive) != (l.Rent != 0 && l.EndedAt == 0) && l.Amount > 0 && !opened:
			bad("is %s, its rent is transfer %d, it ended at %s", l.State, l.Rent, l.EndedAt)
		}
		delete(parts.posted, l.Rent)
		delete(parts.posted, l.RefundTransfer)
		first := encumbrance.LeaseOffered
		if opened {
			first = encumbrance.LeaseActive
		}
		c.checkSteps(steppedRecord{"I-52", Leases.name, l.ID, string(l.State)}, string(first), parts.steps[l.ID], func(s encumbrance.TakenStep) bool {
			if s.Event == string(encumbrance.LapseLease) && s.FromState == string(encumbrance.LeasePaid) && s.Note == "" {
				c.report("I-126", EncumbranceSteps.name, s.ID, "lets a paid lease lapse and does not say why")
			}
			return allows(encumbrance.LeaseSteps, s)
		})
	})
	c.reportRest("I-52", parts)
	return err
}

// isPosted reports whether a transfer of one posting moved an amount; none has
// nothing to move.
func isPosted(posted map[int64][]ledger.Posting, transfer int64, amount quantity.Money) bool {
	return transfer == 0 || len(posted[transfer]) == 1 && posted[transfer][0].Amount == int64(amount)
}

// reportRest reports the holds and postings that no record has named.
func (c *checker) reportRest(invariant string, parts encumbranceParts) {
	for id, h := range parts.holds {
		c.report(invariant, Holds.name, id, "is for the %s %d, which does not name it", h.Purpose, h.Reference)
	}
	for transfer, postings := range parts.posted {
		c.report(invariant, Postings.name, transfer, "is a %s that nothing names", postings[0].Reason)
	}
}

// allows reports whether a table has a step.
func allows[S, E ~string](table []encumbrance.StepOf[S, E], s encumbrance.TakenStep) bool {
	return slices.ContainsFunc(table, func(row encumbrance.StepOf[S, E]) bool {
		to := row.To
		if to == "" {
			to = S(s.FromState)
		}
		return row.Event == E(s.Event) && slices.Contains(row.From, S(s.FromState)) && slices.Contains(row.By, s.Body) && to == S(s.ToState)
	})
}

// steppedRecord is a record whose steps are checked.
type steppedRecord struct {
	invariant, table string
	id               int64
	state            string
}

// isOpened reports whether a document is that of a row of an opening package:
// what came with it was registered, or had begun, elsewhere. Who approves here
// may write the same words, but never without the step of his approval.
func isOpened(document string, steps []encumbrance.TakenStep) bool {
	return strings.HasPrefix(document, openedPrefix) && !slices.ContainsFunc(steps, isApproval)
}

// isApproval reports whether a step has given a lease or pledge its document.
func isApproval(s encumbrance.TakenStep) bool {
	return s.Kind == encumbrance.OfLease && s.Event == string(encumbrance.ApproveLease) ||
		s.Kind == encumbrance.OfPledge && s.Event == string(encumbrance.ApprovePledge)
}

// checkSteps holds that the steps of a record lead from its first state to the
// one that it is in. What came with an opening package has no steps.
func (c *checker) checkSteps(of steppedRecord, first string, steps []encumbrance.TakenStep, allowed func(encumbrance.TakenStep) bool) {
	if len(steps) == 0 {
		return
	}
	for _, s := range steps {
		if s.FromState != first && first != "" || !allowed(s) {
			c.report(of.invariant, EncumbranceSteps.name, s.ID, "leads from %s to %s by %s of the %s, which the table does not allow", s.FromState, s.ToState, s.Event, s.Body)
		}
		first = s.ToState
	}
	if first != of.state {
		c.report(of.invariant, of.table, of.id, "is %s, its steps lead to %s", of.state, first)
	}
}

// checkPledges holds that of the pledges of the same permits the first in rank
// holds what is left of them, and no other anything; that each loan was within
// what may be lent with those before it; that the steps follow the table
// (I-53); and that what permits were sold for went to the banks and the
// holder, as it was posted (I-55).
func (c *checker) checkPledges() error {
	parts, err := c.encumbranceParts(encumbrance.OfPledge, ledger.ForPledge, int64(ledger.PledgeSale))
	if err != nil {
		return err
	}
	paid, err := c.checkPledgeSales(parts)
	if err != nil {
		return err
	}
	chains := map[int64][]encumbrance.Pledge{}
	err = eachOf(c.ctx, c.r, Pledges, Query{}, func(p encumbrance.Pledge) {
		if p.State.IsHeld() {
			chains[p.Chain()] = append(chains[p.Chain()], p)
		}
		if p.Paid != paid[p.ID] || p.Sold < 0 || p.Sold > p.Quantity {
			c.report("I-55", Pledges.name, p.ID, "has sold %s of %s and got %s, its payments come to %s", p.Sold, p.Quantity, p.Paid, paid[p.ID])
		}
		first := string(encumbrance.PledgeApplied)
		if isOpened(p.Contract, parts.steps[p.ID]) {
			first = string(encumbrance.PledgeRegistered)
		}
		c.checkSteps(steppedRecord{"I-53", Pledges.name, p.ID, string(p.State)}, first, parts.steps[p.ID], func(s encumbrance.TakenStep) bool {
			return allows(encumbrance.PledgeSteps, s)
		})
	})
	for _, chain := range chains {
		encumbrance.ByRank(chain)
		var loans quantity.Money
		for n, p := range chain {
			h := parts.take(p.Hold)
			loans += p.Loan
			isFirst := n == 0
			if (h.ID != 0) != isFirst || isFirst && (h.Amount != int64(p.Left()) || c.ledger.accounts[h.Account].Key() != p.Key()) {
				c.report("I-53", Pledges.name, p.ID, "is of rank %d and holds %s of %s t/a", p.Rank, quantity.Quantity(h.Amount), p.Left())
			}
			if loans > p.Most || p.Key() != chain[0].Key() || p.Left() != chain[0].Left() || n > 0 && p.Rank == chain[n-1].Rank {
				c.report("I-53", Pledges.name, p.ID, "is of rank %d, the loans up to it come to %s of at most %s", p.Rank, loans, p.Most)
			}
		}
	}
	c.reportRest("I-53", parts)
	return err
}

// checkBanks holds that a party that a bank officer acts, or has acted, for has
// neither a licence nor permits (I-55).
func (c *checker) checkBanks() error {
	banks := map[int64]bool{}
	err := eachOf(c.ctx, c.r, Grants, Where("role", string(identity.BankOfficer)), func(g identity.Grant) { banks[g.Party] = true })
	if err != nil || len(banks) == 0 {
		return err
	}
	for id, a := range c.ledger.accounts {
		if held := c.ledger.balances[id].Balance; banks[a.Party] && a.Kind == ledger.Holding && held > 0 {
			c.report("I-55", Balances.name, int64(id), "has %s t/a of the party %d, which is a bank", quantity.Quantity(held), a.Party)
		}
	}
	return eachOf(c.ctx, c.r, Licences, Query{}, func(l catalog.Licence) {
		if banks[l.Party] {
			c.report("I-55", Licences.name, l.ID, "is that of the party %d, which is a bank", l.Party)
		}
	})
}

// checkPledgeSales holds each sale against its payments and postings, and
// returns what each pledge got.
func (c *checker) checkPledgeSales(parts encumbranceParts) (map[int64]quantity.Money, error) {
	paid, ofSale := map[int64]quantity.Money{}, map[int64]quantity.Money{}
	if err := eachOf(c.ctx, c.r, PledgePayments, Query{}, func(p encumbrance.PledgePayment) {
		paid[p.Pledge] += p.Amount
		ofSale[p.Sale] += p.Amount
	}); err != nil {
		return nil, err
	}
	return paid, eachOf(c.ctx, c.r, PledgeSales, Query{}, func(s encumbrance.PledgeSale) {
		postings := parts.posted[s.Transfer]
		delete(parts.posted, s.Transfer)
		var permits, money int64
		for _, p := range postings {
			if c.ledger.accounts[p.Debit].Kind == ledger.Holding {
				permits += p.Amount
			} else {
				money += p.Amount
			}
		}
		want := int64(s.Amount)
		if s.BuyerLicence == 0 {
			want = 0 // paid outside
		}
		if ofSale[s.ID]+s.ToOwner != s.Amount || s.ToOwner < 0 || permits != int64(s.Quantity) || money != want {
			c.report("I-55", PledgeSales.name, s.ID, "sold %s t/a for %s, of which banks get %s and the holder %s; posted are %s t/a and %s",
				s.Quantity, s.Amount, ofSale[s.ID], s.ToOwner, quantity.Quantity(permits), quantity.Money(money))
		}
	})
}
