package app

import (
	"maps"
	"math"

	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkAmounts)

// movedAmounts are the kinds of change that are booked with a transfer of the
// ledger, by its reason: that of the licence whose holding it debits, and that of
// the one whose it credits.
var movedAmounts = map[ledger.Reason][2]permit.AmountKind{
	ledger.Offset:         {permit.AmountOffset, permit.AmountOffset},
	ledger.BlockTrade:     {permit.AmountBlock, permit.AmountBlock},
	ledger.Correction:     {permit.AmountTransfer, permit.AmountTransfer},
	ledger.BuyBack:        {permit.AmountBuyBack, permit.AmountBuyBack},
	ledger.Reclamation:    {permit.AmountBuyBack, permit.AmountBuyBack},
	ledger.AuctionBuyBack: {permit.AmountBuyBack, permit.AmountBuyBack},
	ledger.Settlement:     {permit.AmountSold, permit.AmountBought},
	ledger.Reversal:       {permit.AmountBought, permit.AmountSold},
	ledger.Mirrored:       {permit.AmountSold, permit.AmountBought},
	ledger.PledgeSale:     {permit.AmountSold, permit.AmountBought}, // or into the reserve: movedKind
}

// movedKinds are the kinds of change that are booked so.
var movedKinds = []permit.AmountKind{
	permit.AmountOffset, permit.AmountBlock, permit.AmountTransfer, permit.AmountBuyBack, permit.AmountSold, permit.AmountBought,
}

// everRecorded is since when changes are recorded before a decision says what the
// licence permits.
const everRecorded = "I-124 unrecorded"

// amountSums are what the changes of a licence's amount come to.
type amountSums struct {
	all   quantity.Quantity
	first int64 // command of the first change; before everRecorded it is a decision, and what was moved before changed nothing
	moved map[permit.AmountKind]quantity.Quantity
}

// checkAmounts holds that what a licence permits is the sum of its changes,
// each with the sum so far (I-28), and that what was retired of it, bought back,
// dealt in, traded in blocks or transferred has changed it by as much (I-124).
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
func (c *checker) checkMoved(booked map[surplusKey]*amountSums, after int64) error {
	ever, err := c.start(everRecorded)
	if err != nil {
		return err
	}
	sums := maps.Clone(booked) // and what was moved and is not booked
	var reasons []int64
	for r := range movedAmounts {
		reasons = append(reasons, int64(r))
	}
	postings := Query{}.And("reason", In, reasons).Page(c.from.Posting, 0)
	err = eachOf(c.ctx, c.r, Postings, postings, func(p ledger.Posting) {
		sides := [2]ledger.Account{c.ledger.accounts[p.Debit], c.ledger.accounts[p.Credit]}
		for side, a := range sides {
			key := surplusKey{a.Licence, a.Pollutant}
			if a.Kind != ledger.Holding || p.Command <= after {
				continue
			}
			if sums[key] == nil {
				sums[key] = &amountSums{first: math.MaxInt64, moved: map[permit.AmountKind]quantity.Quantity{}}
			}
			if s := sums[key]; p.Command > min(ever, s.first) {
				s.moved[movedKind(p.Reason, side, sides[1-side].Kind)] += quantity.Quantity(p.Amount) * quantity.Quantity(1-2*side)
			}
		}
	})
	for key, s := range sums {
		for _, kind := range movedKinds {
			if off := s.moved[kind]; off != 0 {
				c.report("I-124", AmountChanges.name, key.licence, "the changes of %s by %s are %s beside what the ledger has moved", key.pollutant, kind, off)
			}
		}
	}
	return err
}

// movedKind is the kind of change of a licence on one side of a posting.
func movedKind(reason ledger.Reason, side int, other ledger.Kind) permit.AmountKind {
	if reason == ledger.PledgeSale && other == ledger.Reserve {
		return permit.AmountBuyBack
	}
	return movedAmounts[reason][side]
}
