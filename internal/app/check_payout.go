package app

import (
	"permitx/internal/auction"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

var _ = declareCheck((*checker).checkForfeits)

// forfeitInvariant is the number of what checkForfeits holds. Its row in
// invariant_start is the last command that still posted forfeits to the fees:
// the timer of the same migration moves those.
const forfeitInvariant = "I-90"

// checkForfeits holds that the forfeits of a region are what bidders of its
// auctions lost, less what its treasury got; that each payout is posted once, in its
// amount, with its bank entry; and that nothing else moves in these accounts (I-90).
func (c *checker) checkForfeits() error {
	waits, err := c.isArmed(timerForfeits)
	if err != nil || waits { // what lay among the fees is about to be moved
		return err
	}
	left, posted := map[string]quantity.Money{}, map[int64]ledger.Posting{}
	err = eachOf(c.ctx, c.r, Awards, Where("state", string(auction.AwardDefaulted)), func(a auction.Award) {
		if a.Seller == 0 {
			left[a.Region] += a.Forfeited
		}
	})
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.TreasuryPayout)), func(p ledger.Posting) { posted[p.Transfer] = p })
	if err != nil {
		return err
	}
	entries := map[int64]settlement.BankEntry{}
	err = eachOf(c.ctx, c.r, BankEntries, Query{}.And("posted", Lt, 0), func(e settlement.BankEntry) { entries[e.ID] = e })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, TreasuryPayouts, Query{}, func(p settlement.TreasuryPayout) {
		left[p.Region] -= p.Amount
		at := posted[p.Transfer]
		delete(posted, p.Transfer)
		from := c.ledger.accounts[at.Debit].Key()
		if at.Amount != int64(p.Amount) || at.Reference != p.ID || from != ledger.ForfeitsKey(p.Region) || entries[p.Entry].Expected != -p.Amount {
			c.report(forfeitInvariant, TreasuryPayouts.name, p.ID, "paid CNY %s, posted are CNY %s out of %s, its bank entry is of CNY %s",
				p.Amount, quantity.Money(at.Amount), from, entries[p.Entry].Expected)
		}
	})
	for transfer := range posted {
		c.report(forfeitInvariant, Postings.name, transfer, "is a payout that nothing names")
	}
	for id, a := range c.ledger.accounts {
		if a.Kind != ledger.Forfeits {
			continue
		}
		if has := quantity.Money(c.ledger.balances[id].Balance); has != left[a.Region] {
			c.report(forfeitInvariant, Balances.name, int64(id), "%s has CNY %s, what was forfeited and is not paid out comes to CNY %s", a.Region, has, left[a.Region])
		}
		delete(left, a.Region)
	}
	for region, amount := range left {
		if amount != 0 {
			c.report(forfeitInvariant, Accounts.name, 0, "%s has no account for the CNY %s that were forfeited", region, amount)
		}
	}
	return err
}

// isArmed reports whether a timer of a purpose waits.
func (c *checker) isArmed(purpose string) (bool, error) {
	var waits []Timer
	err := c.r.Find(c.ctx, PendingTimes.name, Where("purpose", purpose).And("state", Eq, string(TimerPending)).Page(0, 1), &waits)
	return len(waits) > 0, err
}
