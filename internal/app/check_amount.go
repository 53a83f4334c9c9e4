package app

import (
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkAmounts)

// movedAmounts are the kinds of change that are booked with a transfer of the
// ledger, by its reason.
var movedAmounts = map[ledger.Reason]permit.AmountKind{
	ledger.Offset: permit.AmountOffset, ledger.BlockTrade: permit.AmountBlock, ledger.Correction: permit.AmountTransfer,
}

// amountSums are what the changes of a licence's amount come to.
type amountSums struct {
	all   quantity.Quantity
	first int64 // the command that recorded the amount: what was moved before changed nothing
	moved map[permit.AmountKind]quantity.Quantity
}

// checkAmounts holds that what a licence permits is the sum of its changes,
// each with the sum so far (I-28), and that what was retired of it, traded in
// blocks or transferred has changed it by as much (I-124).
func (c *checker) checkAmounts() error {
	after, err := c.start("I-124")
	if err != nil {
		return err
	}
	after = max(after, c.from.Number)
	sums := map[surplusKey]*amountSums{}
	err = eachOf(c.ctx, c.r, AmountChanges, Query{}, func(a permit.AmountChange) {
		s := sums[surplusKey{a.Licence, a.Pollutant}]
		if s == nil {
			s = &amountSums{first: a.Command, moved: map[permit.AmountKind]quantity.Quantity{}}
			sums[surplusKey{a.Licence, a.Pollutant}] = s
		}
		if s.all += a.Change; s.all != a.Quantity {
			c.report("I-28", AmountChanges.name, a.ID, "leaves %s, the changes up to it come to %s", a.Quantity, s.all)
		}
		if a.Command > after {
			s.moved[a.Kind] += a.Change
		}
	})
	if err != nil {
		return err
	}
	if err := c.checkMoved(sums, after); err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, LicenceAmounts, Query{}, func(a permit.Amount) {
		key, sum := surplusKey{a.Licence, a.Pollutant}, quantity.Quantity(0)
		if s := sums[key]; s != nil {
			sum = s.all
		}
		if a.Quantity != sum {
			c.report("I-28", LicenceAmounts.name, a.ID, "permits %s, its changes come to %s", a.Quantity, sum)
		}
		delete(sums, key)
	})
	for key := range sums {
		c.report("I-28", LicenceAmounts.name, key.licence, "has changes of %s and no amount", key.pollutant)
	}
	return err
}

// checkMoved holds the changes after a command that are booked with a transfer
// of the ledger against the postings of the licences' holdings (I-124).
func (c *checker) checkMoved(sums map[surplusKey]*amountSums, after int64) error {
	var reasons []int64
	for r := range movedAmounts {
		reasons = append(reasons, int64(r))
	}
	postings := Query{}.And("reason", In, reasons).Page(c.from.Posting, 0)
	err := eachOf(c.ctx, c.r, Postings, postings, func(p ledger.Posting) {
		for id, moved := range map[ledger.AccountID]quantity.Quantity{p.Debit: quantity.Quantity(p.Amount), p.Credit: -quantity.Quantity(p.Amount)} {
			a := c.ledger.accounts[id]
			if s := sums[surplusKey{a.Licence, a.Pollutant}]; a.Kind == ledger.Holding && s != nil && p.Command > max(after, s.first) {
				s.moved[movedAmounts[p.Reason]] += moved
			}
		}
	})
	for key, s := range sums {
		for _, kind := range movedAmounts {
			if off := s.moved[kind]; off != 0 {
				c.report("I-124", AmountChanges.name, key.licence, "the changes of %s by %s are %s beside what the ledger has moved", key.pollutant, kind, off)
			}
		}
	}
	return err
}
