package app

import (
	"errors"

	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/reserve"
)

// ledgerSums is what the postings come to, account by account.
type ledgerSums struct {
	accounts map[ledger.AccountID]ledger.Account
	balances map[ledger.AccountID]ledger.Balance // as stored
	sums     map[ledger.AccountID]*runningSum

	corrections []ledger.Posting // of more than a party's own money, since I-134 holds

	lastAccount, lastPosting, lastTrade int64
}

type runningSum struct{ balance, last int64 }

func (l *ledgerSums) of(id ledger.AccountID) *runningSum {
	s := l.sums[id]
	if s == nil {
		s = &runningSum{}
		l.sums[id] = s
	}
	return s
}

// checkPostings adds up every posting and follows each account's chain of
// postings (I-1, I-2).
func (c *checker) checkPostings() error {
	l := &c.ledger
	l.accounts, l.sums = map[ledger.AccountID]ledger.Account{}, map[ledger.AccountID]*runningSum{}
	corrected, err := c.start("I-134")
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Accounts, Query{}, func(a ledger.Account) {
		l.accounts[a.ID] = a
		l.lastAccount = int64(a.ID)
	})
	if err != nil {
		return err
	}
	var failed error
	err = eachOf(c.ctx, c.r, Postings, Query{After: c.from.Posting}, func(p ledger.Posting) {
		l.lastPosting = p.ID
		debit, known1 := l.accounts[p.Debit]
		credit, known2 := l.accounts[p.Credit]
		switch {
		case !known1 || !known2:
			c.report("I-1", Postings.name, p.ID, "names an account that does not exist")
			return
		case p.Amount <= 0 || p.Debit == p.Credit:
			c.report("I-1", Postings.name, p.ID, "has the amount %d between accounts %d and %d", p.Amount, p.Debit, p.Credit)
		case debit.Key().Asset() != credit.Key().Asset() || !ledger.SameCount(debit.Kind, credit.Kind):
			c.report("I-1", Postings.name, p.ID, "moves between two assets")
		}
		if p.Reason == ledger.Correction && p.Command > corrected && !staysWithParty(debit.Key(), credit.Key()) {
			l.corrections = append(l.corrections, p)
		}
		for _, side := range [2]struct {
			account         ledger.Account
			debit           bool
			after, previous int64
		}{{debit, true, p.DebitAfter, p.DebitPrevious}, {credit, false, p.CreditAfter, p.CreditPrevious}} {
			if err := c.beginAt(side.account.ID, side.previous); err != nil {
				failed = err
			}
			c.follow(p, side.account, side.debit, side.after, side.previous)
		}
	})
	return errors.Join(err, failed)
}

// beginAt lets an account's sum begin at a posting that was verified before:
// the one before the first that the walk meets.
func (c *checker) beginAt(id ledger.AccountID, previous int64) error {
	if c.isWhole() || previous == 0 || previous > c.from.Posting || c.ledger.sums[id] != nil {
		return nil
	}
	var rows []ledger.Posting
	if err := c.r.Find(c.ctx, Postings.name, Where("id", previous), &rows); err != nil || len(rows) != 1 {
		return err
	}
	after := rows[0].CreditAfter
	if rows[0].Debit == id {
		after = rows[0].DebitAfter
	}
	c.ledger.sums[id] = &runningSum{after, previous}
	return nil
}

func (c *checker) follow(p ledger.Posting, a ledger.Account, debit bool, after, previous int64) {
	s := c.ledger.of(a.ID)
	if a.Kind.IsContra() == debit {
		s.balance += p.Amount
	} else {
		s.balance -= p.Amount
	}
	if s.balance != after || s.balance < 0 {
		c.report("I-2", Postings.name, p.ID, "leaves account %d with %d, its postings come to %d", a.ID, after, s.balance)
	}
	if s.last != previous {
		c.report("I-2", Postings.name, p.ID, "names %d as the posting before it on account %d, that is %d", previous, a.ID, s.last)
	}
	s.balance, s.last = after, p.ID // each break is reported once
}

// checkBalances compares the balances with the postings (I-2).
func (c *checker) checkBalances() error {
	c.ledger.balances = map[ledger.AccountID]ledger.Balance{}
	err := eachOf(c.ctx, c.r, Balances, Query{}, func(b ledger.Balance) {
		c.ledger.balances[b.ID] = b
		if b.Held < 0 || b.Held > b.Balance {
			c.report("I-3", Balances.name, int64(b.ID), "holds %d of %d aside", b.Held, b.Balance)
		}
		s := c.ledger.of(b.ID)
		if !c.isWhole() && b.LastPosting <= c.from.Posting && s.last == 0 {
			return // not moved since
		}
		if b.Balance != s.balance || b.LastPosting != s.last {
			c.report("I-2", Balances.name, int64(b.ID), "is %d after posting %d, its postings come to %d after posting %d", b.Balance, b.LastPosting, s.balance, s.last)
		}
	})
	for id := range c.ledger.accounts {
		if _, has := c.ledger.balances[id]; !has && err == nil {
			c.report("I-2", Accounts.name, int64(id), "has no balance")
		}
	}
	return err
}

// checkHolds compares what is held aside with the open orders, the active
// holds, the freezes, what the lots of the reserve set aside, and the credits on
// sale or locked (I-3, I-78).
func (c *checker) checkHolds() error {
	held := map[ledger.AccountID]int64{}
	byKey := map[ledger.Key]ledger.AccountID{}
	for id, a := range c.ledger.accounts {
		byKey[a.Key()] = id
	}
	licences, instruments := map[int64]string{}, map[int64]string{}
	if err := tables[Licences.name].each(c.ctx, c.r, Query{}, func(row any) { rememberRegion(licences, row) }); err != nil {
		return err
	}
	if err := tables[Instruments.name].each(c.ctx, c.r, Query{}, func(row any) { rememberRegion(instruments, row) }); err != nil {
		return err
	}
	credits, err := c.creditInstruments()
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Orders, Where("state", int64(market.Open)), func(o market.Record) {
		key := ledger.FundsKey(o.Party)
		switch {
		case o.Side == market.Buy:
		case o.OfCredits():
			key = c.creditGoods(o.Party, credits[o.Instrument])
		default:
			key = ledger.HoldingKey(licences[o.Licence], instruments[o.Instrument], o.Party, o.Licence, o.Instrument, ledger.Paid)
		}
		if id, ok := byKey[key]; ok {
			held[id] += o.Hold
		} else if o.Hold > 0 {
			c.report("I-3", Orders.name, o.ID, "holds aside in an account that does not exist")
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Holds, Where("state", string(ledger.HoldActive)), func(h ledger.Hold) { held[h.Account] += h.Amount })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Lots, Where("open", true), func(l reserve.Lot) { held[byKey[l.Key()]] += int64(l.SetAside()) })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Freezes, Query{}, func(f encumbrance.Freeze) { held[f.Account] += f.Frozen })
	if err != nil {
		return err
	}
	err = c.eachAside(func(r carbon.Range, units int64, scheme carbon.Scheme) {
		held[byKey[ledger.CreditKey(ledger.Credits, scheme.Region, c.series[r.Series].Code, r.Party)]] += units * int64(scheme.SerialUnit)
	})
	if err != nil {
		return err
	}
	for id, b := range c.ledger.balances {
		if b.Held != held[id] {
			c.report("I-3", Balances.name, int64(id), "holds %d aside, open orders, holds, freezes, lots and credits on sale or locked come to %d", b.Held, held[id])
		}
	}
	return nil
}

// checkAcquisitions compares each holding with its acquisitions (I-5).
func (c *checker) checkAcquisitions() error {
	sums := map[ledger.AccountID]int64{}
	err := eachOf(c.ctx, c.r, Acquisitions, Query{}, func(a ledger.Acquisition) {
		sums[a.Account] += int64(a.Remaining)
		if c.ledger.accounts[a.Account].Kind != ledger.Holding {
			c.report("I-5", Acquisitions.name, a.ID, "belongs to account %d, which is not a holding", a.Account)
		}
	})
	for id, b := range c.ledger.balances {
		if c.ledger.accounts[id].Kind == ledger.Holding && b.Balance != sums[id] {
			c.report("I-5", Balances.name, int64(id), "is %d, its acquisitions have %d left", b.Balance, sums[id])
		}
	}
	return err
}

// checkConservation holds cap = unallocated + reserve + holdings + in transit
// + retired for each region and pollutant, and bank = Σ all other money (I-4).
func (c *checker) checkConservation() error {
	sums := map[ledger.Asset]int64{}
	for id, a := range c.ledger.accounts {
		amount := c.ledger.balances[id].Balance
		if a.Kind.IsContra() {
			amount = -amount
		}
		sums[a.Key().Asset()] += amount
	}
	for asset, sum := range sums {
		if sum != 0 {
			name := asset.Region + " " + asset.Pollutant
			if asset == (ledger.Asset{}) {
				name = "money"
			}
			c.report("I-4", Balances.name, 0, "%s: the parts exceed the whole by %d", name, sum)
		}
	}
	return nil
}
