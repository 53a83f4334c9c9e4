package app

import (
	"slices"

	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkRenewals)

// checkRenewals holds each renewal against its steps, its holds and what it
// has moved (I-28): the steps lead by the table to its state; it holds
// something only while it is decided and open; and what has joined is what was
// posted out of the old holding into the new, and no more than it was granted.
func (c *checker) checkRenewals() error {
	steps := map[int64][]permit.RenewalStep{}
	err := eachOf(c.ctx, c.r, RenewalSteps, Query{}, func(s permit.RenewalStep) { steps[s.Renewal] = append(steps[s.Renewal], s) })
	if err != nil {
		return err
	}
	active := map[int64]int{}
	ofRenewals := Where("state", string(ledger.HoldActive)).And("purpose", Eq, string(ledger.ForRenewal))
	if err := eachOf(c.ctx, c.r, Holds, ofRenewals, func(h ledger.Hold) { active[h.Reference]++ }); err != nil {
		return err
	}
	moved := map[int64][]ledger.Posting{}
	err = eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.Renewal)), func(p ledger.Posting) {
		if c.ledger.accounts[p.Debit].Kind == ledger.Holding { // not an allocation
			moved[p.Reference] = append(moved[p.Reference], p)
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Renewals, Query{}, func(r permit.Renewal) {
		c.checkRenewalSteps(r, steps[r.ID])
		c.checkJoined(r, moved[r.ID])
		if n := active[r.ID]; n > 0 && r.State != permit.RenewalNoticed && r.State != permit.RenewalReady {
			c.report("I-28", Renewals.name, r.ID, "is %s and has %d active holds", r.State, n)
		}
		delete(active, r.ID)
		delete(moved, r.ID)
	})
	for id := range active {
		c.report("I-28", Renewals.name, id, "holds something and does not exist")
	}
	for id := range moved {
		c.report("I-28", Renewals.name, id, "has moved a holding and does not exist")
	}
	return err
}

func (c *checker) checkRenewalSteps(r permit.Renewal, steps []permit.RenewalStep) {
	at := r
	at.State = permit.RenewalApplied
	for _, s := range steps {
		to, _, err := at.Next(s.Event, s.ToState == permit.RenewalNoticed, s.Body)
		if err != nil || s.FromState != at.State || s.ToState != to {
			c.report("I-28", RenewalSteps.name, s.ID, "leads from %s to %s by %s of the %s, which the table does not allow", s.FromState, s.ToState, s.Event, s.Body)
		}
		at.State = s.ToState
	}
	if at.State != r.State {
		c.report("I-28", Renewals.name, r.ID, "is %s, its steps lead to %s", r.State, at.State)
	}
}

func (c *checker) checkJoined(r permit.Renewal, postings []ledger.Posting) {
	var sum quantity.Quantity
	for _, p := range postings {
		sum += quantity.Quantity(p.Amount)
		if c.ledger.accounts[p.Debit].Key() != r.OldKey() || c.ledger.accounts[p.Credit].Key() != r.NewKey() {
			c.report("I-28", Postings.name, p.ID, "is no move of renewal %d from its old term to its new", r.ID)
		}
	}
	if sum > r.Joined || r.Joined-sum > r.Increase || r.Joined > r.Quantity || !slices.Contains(permit.RenewalStates, r.State) {
		c.report("I-28", Renewals.name, r.ID, "has joined %s of %s, %s of it out of the old holding", r.Joined, r.Quantity, sum)
	}
}
