package app

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"permitx/internal/approval"
	"permitx/internal/identity"
)

// statusProposed is the answer 202 of a command that waits for its approval.
const statusProposed = 202

var _ = declareCheck((*checker).checkProposals)

// checkProposals holds that nobody alone has done what two must decide: each
// executed proposal was done by the approval of another person than its
// proposer, and no governed command was done by itself (I-18). What needs it
// only at times is not looked for: see NeedsApproval. One that had to wait for
// open orders to leave was done, or has failed, in a timer's command behind its
// approval, and while it waits the timer is armed (I-92). What was approved before
// its day is done on it or later, and until then a timer comes for it (I-140).
func (c *checker) checkProposals() error {
	if !c.isWhole() {
		return nil
	}
	armed := map[string]map[int64]bool{timerClearing: {}, timerEffect: {}}
	pending := Where("state", string(TimerPending)).And("purpose", In, []string{timerClearing, timerEffect})
	err := eachOf(c.ctx, c.r, PendingTimes, pending, func(t Timer) { armed[t.Purpose][t.Reference] = true })
	if err != nil {
		return err
	}
	approvals := map[int64]int64{}         // journal number → approver
	executed := map[int64]bool{}           // journal numbers
	dated := map[int64]approval.Proposal{} // those of a later day that are done, by journal number
	err = eachOf(c.ctx, c.r, Proposals, Query{}, func(p approval.Proposal) {
		row := p.Command
		switch {
		case p.ApprovedIn > 0:
			row = p.ApprovedIn
		case p.State != approval.Executed && p.State != approval.Clearing && p.State != approval.Failed:
			return
		}
		approvals[row] = p.DecidedBy
		executed[p.Command] = p.State == approval.Executed
		if p.State == approval.Executed && p.EffectiveOn > 0 {
			dated[p.Command] = p
		}
		switch {
		case p.State == approval.Approved && !armed[timerEffect][p.ID]:
			c.report("I-140", Proposals.name, p.ID, "waits for %s, and no timer comes for it", p.EffectiveOn)
		case p.EffectiveOn > 0 && p.ApprovedIn > 0 && (p.State == approval.Approved || p.State == approval.Rejected || p.State == approval.Withdrawn):
		case p.State == approval.Clearing && !armed[timerClearing][p.ID]:
			c.report("I-92", Proposals.name, p.ID, "waits for open orders to leave, and no timer comes for it")
		case p.State != approval.Clearing && p.ApprovedIn > 0 && p.ApprovedIn >= p.Command, p.State != approval.Executed && p.ApprovedIn == 0:
			c.report("I-92", Proposals.name, p.ID, "is %s by journal row %d, its approval is row %d", p.State, p.Command, p.ApprovedIn)
		}
		if p.DecidedBy == 0 || p.DecidedBy == p.ProposedBy {
			c.report("I-18", Proposals.name, p.ID, "executed by person %d, proposed by person %d", p.DecidedBy, p.ProposedBy)
		}
	})
	if err != nil {
		return err
	}
	if err := c.checkTheirDays(dated); err != nil {
		return err
	}
	c.checkCorrected(executed)
	return c.checkApproved(approvals)
}

// checkApproved holds that governed commands were done by an approval: approvals are the approvers, by journal number.
func (c *checker) checkApproved(approvals map[int64]int64) error {
	kinds := []string{string(identity.ProposalApprove)}
	for op := range identity.FourEyes {
		if t, known := commandTypes[op]; !known || !t.Implements(reflect.TypeFor[governedAtTimes]()) {
			kinds = append(kinds, string(op))
		}
	}
	before, err := c.start("I-18")
	if err != nil {
		return err
	}
	since, err := c.governedSince()
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Journal, Query{Where: []Cond{{"kind", In, kinds}}, After: before}, func(r JournalRow) {
		done := r.Status/100 == 2 && r.Status != statusProposed && r.Number > since[r.Kind]
		approver, known := approvals[r.Number]
		switch {
		case !done || r.Actor == 0:
		case r.Kind != string(identity.ProposalApprove):
			c.report("I-18", Journal.name, r.Number, "%s was done by person %d alone", r.Kind, r.Actor)
		case !known || approver != r.Actor:
			c.report("I-18", Journal.name, r.Number, "person %d approved something, but no proposal says that this row executed it", r.Actor)
		}
	})
}

// checkTheirDays holds that what takes effect on a later day was done on it or later (I-140).
func (c *checker) checkTheirDays(dated map[int64]approval.Proposal) error {
	for some := range slices.Chunk(slices.Collect(maps.Keys(dated)), findMost) {
		err := eachOf(c.ctx, c.r, Journal, Query{}.And("number", In, some), func(r JournalRow) {
			if p := dated[r.Number]; r.At < p.EffectiveOn.Start() {
				c.report("I-140", Proposals.name, p.ID, "takes effect on %s and was done on %s", p.EffectiveOn, r.At.Date())
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkCorrected holds that a correcting transfer of more than a party's own money was
// proposed by one and approved by another (I-134).
func (c *checker) checkCorrected(executed map[int64]bool) {
	for _, p := range c.ledger.corrections {
		if !executed[p.Command] {
			c.report("I-134", Postings.name, p.ID, "corrects more than a party's own money by journal row %d, which no proposal says that it was executed by", p.Command)
		}
	}
}

// governedSince are the operations that came under four eyes when registries
// were in service, with the last journal row before.
func (c *checker) governedSince() (map[string]int64, error) {
	since := map[string]int64{}
	err := eachOf(c.ctx, c.r, InvariantStarts, Query{}, func(s InvariantStart) {
		if op, governed := strings.CutPrefix(s.Invariant, "I-18 "); governed {
			since[op] = s.Number
		}
	})
	return since, err
}
