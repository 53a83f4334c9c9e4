package app

import (
	"slices"

	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkFreezes)

// checkFreezes holds each freeze against its account and its sales:
//
//   - it is on the account that it names, and freezes no more than was
//     ordered; only in effect it freezes anything; what it gave to buyers is what
//     its judicial sales posted (I-29);
//   - while one is short, nothing of its account is available (I-30).
func (c *checker) checkFreezes() error {
	taken := map[int64]int64{}
	posted := map[int64]ledger.Posting{}
	byReason := Query{}.And("reason", In, []int64{int64(ledger.JudicialSale)})
	if err := eachOf(c.ctx, c.r, Postings, byReason, func(p ledger.Posting) { posted[p.Reference] = p }); err != nil {
		return err
	}
	err := eachOf(c.ctx, c.r, JudicialSales, Query{}, func(s encumbrance.JudicialSale) {
		taken[s.FreezeOrder] += int64(s.Quantity)
		p := posted[s.ID]
		from, to := c.ledger.accounts[p.Debit], c.ledger.accounts[p.Credit]
		if p.ID == 0 || p.Transfer != s.Transfer || p.Amount != int64(s.Quantity) || from.Licence != s.Licence || to.Licence != s.BuyerLicence ||
			from.Instrument != s.Instrument || from.Origin != to.Origin {
			c.report("I-29", JudicialSales.name, s.ID, "moved %s t/a from licence %d to %d, which is not posted so", s.Quantity, s.Licence, s.BuyerLicence)
		}
		delete(posted, s.ID)
	})
	if err != nil {
		return err
	}
	for reference, p := range posted {
		c.report("I-29", Postings.name, p.ID, "is by judicial sale %d, which does not exist", reference)
	}
	return eachOf(c.ctx, c.r, Freezes, Query{}, func(f encumbrance.Freeze) {
		c.checkFreeze(f, taken[f.ID])
	})
}

func (c *checker) checkFreeze(f encumbrance.Freeze, taken int64) {
	account := c.ledger.accounts[f.Account]
	switch {
	case account.Key() != f.Key():
		c.report("I-29", Freezes.name, f.ID, "is on account %d, which is %s", f.Account, account.Key())
	case f.Frozen < 0 || f.Frozen+f.Taken > f.Amount || f.Frozen > 0 && !f.State.IsInEffect():
		c.report("I-29", Freezes.name, f.ID, "is %s and has frozen %d of %d", f.State, f.Frozen, f.Amount)
	case f.Taken != taken:
		c.report("I-29", Freezes.name, f.ID, "has given %s to buyers, its judicial sales come to %s", quantity.Quantity(f.Taken), quantity.Quantity(taken))
	case f.State.IsInEffect() != (f.EffectiveAt != 0 && f.EndedAt == 0) || !slices.Contains(encumbrance.States, f.State):
		c.report("I-29", Freezes.name, f.ID, "is %s, in effect since %s, ended at %s", f.State, f.EffectiveAt, f.EndedAt)
	}
	if free := c.ledger.balances[f.Account].Available(); f.Short() > 0 && free > 0 {
		c.report("I-30", Freezes.name, f.ID, "is short of %d while %d of account %d are available", f.Short(), free, f.Account)
	}
}
