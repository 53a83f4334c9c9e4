package app

import (
	"slices"

	"permitx/internal/carbon"
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
//   - one of credits is of whole units of a series of its region, and all of them
//     have frozen no more of a party's series than its ranges have free (I-130);
//   - while one is short, nothing of its account is available (I-30).
func (c *checker) checkFreezes() error {
	taken := map[int64]int64{}
	posted := map[int64]ledger.Posting{}
	byReason := Query{}.And("reason", In, []int64{int64(ledger.JudicialSale)})
	if err := eachOf(c.ctx, c.r, Postings, byReason, func(p ledger.Posting) { posted[p.Reference] = p }); err != nil {
		return err
	}
	err := eachOf(c.ctx, c.r, JudicialSales, Query{}, func(s encumbrance.JudicialSale) {
		amount := goodsHeld(s.Series != 0, s.Quantity)
		taken[s.FreezeOrder] += amount
		p := posted[s.ID]
		from, to := c.ledger.accounts[p.Debit], c.ledger.accounts[p.Credit]
		if p.ID == 0 || p.Transfer != s.Transfer || p.Amount != amount || from.Party != s.Party || to.Party != s.BuyerParty || from.Licence != s.Licence ||
			to.Licence != s.BuyerLicence || from.Instrument != s.Instrument || from.Origin != to.Origin || from.Kind.IsCredit() != (s.Series != 0) {
			c.report("I-29", JudicialSales.name, s.ID, "moved %s t from licence %d of party %d to %d of %d, which is not posted so", s.Quantity, s.Licence, s.Party, s.BuyerLicence, s.BuyerParty)
		}
		delete(posted, s.ID)
	})
	if err != nil {
		return err
	}
	for reference, p := range posted {
		c.report("I-29", Postings.name, p.ID, "is by judicial sale %d, which does not exist", reference)
	}
	if err := c.readSeries(); err != nil {
		return err
	}
	frozen := map[creditHolder]int64{}
	err = eachOf(c.ctx, c.r, Freezes, Query{}, func(f encumbrance.Freeze) {
		c.checkFreeze(f, taken[f.ID])
		if f.OfCredits() {
			c.checkFreezeOfCredits(f)
			frozen[creditHolder{f.Series, f.Party}] += f.Frozen
		}
	})
	if err != nil || len(frozen) == 0 {
		return err
	}
	return c.checkFrozenUnits(frozen)
}

func (c *checker) checkFreezeOfCredits(f encumbrance.Freeze) {
	series := c.series[f.Series]
	scheme := c.schemes[series.Scheme]
	one := int64(max(scheme.SerialUnit, 1))
	if series.Code != f.Pollutant || scheme.Region != f.Region || f.Amount%one != 0 || f.Frozen%one != 0 || f.Taken%one != 0 {
		c.report("I-130", Freezes.name, f.ID, "is of %d, has frozen %d and given %d of series %d (%s of %s), whose unit is %d", f.Amount, f.Frozen, f.Taken, f.Series, f.Pollutant, f.Region, one)
	}
}

// checkFrozenUnits holds what is frozen against what parties have free.
func (c *checker) checkFrozenUnits(frozen map[creditHolder]int64) error {
	err := eachOf(c.ctx, c.r, CreditRanges, Where("state", string(carbon.Held)), func(r carbon.Range) {
		if h := (creditHolder{r.Series, r.Party}); r.Free() && frozen[h] > 0 {
			frozen[h] -= r.Units() * int64(c.schemes[c.series[r.Series].Scheme].SerialUnit)
		}
	})
	for h, left := range frozen {
		if left > 0 {
			c.report("I-130", Freezes.name, 0, "party %d has %d of series %d frozen that no range of it has free", h.party, left, h.series)
		}
	}
	return err
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
