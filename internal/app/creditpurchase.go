package app

import (
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/quantity"
)

// CreditPurchases is the table of what parties bought last in markets of credits
// where it waits until tomorrow: one row a party and series (I-121).
var CreditPurchases = resident[carbon.Purchase]("credit_purchase")

// indexPurchases builds the index of purchases anew from the rows in memory.
func (s *state) indexPurchases() {
	s.purchases = map[creditHolder]int64{}
	for _, p := range rowsOf(s, CreditPurchases).rows {
		s.indexPurchase(p)
	}
}

func (s *state) indexPurchase(p carbon.Purchase) {
	s.purchases[creditHolder{p.Series, p.Party}] = p.ID
}

func (v *View) purchaseOf(h creditHolder) carbon.Purchase {
	if id := v.purchases[h]; id != 0 {
		return rowsOf(v.state, CreditPurchases).rows[id]
	}
	return carbon.Purchase{Series: h.series, Party: h.party}
}

// notePurchase counts what a buyer got by a fill, in a market where it waits.
func (tx *Tx) notePurchase(market int64, h creditHolder, units int64) {
	if rowsOf(tx.state, Markets).rows[market].ResaleNextDay {
		Put(tx, CreditPurchases, tx.purchaseOf(h).Add(tx.Today, units))
	}
}

// checkCreditResale returns ErrResaleToday when more credits would be sold than a
// party has beside what it bought today, in a market where that waits until
// tomorrow. Units of a series are alike: what is older goes first, also by what is
// held aside, as of permits. Amounts are in 10⁻⁶ kgCO2e.
func (v *View) checkCreditResale(m catalog.Market, h creditHolder, more int64) error {
	if !m.ResaleNextDay {
		return nil
	}
	key, scheme := v.creditAccount(h)
	return checkBoughtBefore(more, v.ledger.Balance(key).Available()-v.purchaseOf(h).On(v.Today)*int64(scheme.SerialUnit))
}

// checkBoughtBefore is View.checkCreditResale where so much is ready.
func checkBoughtBefore(more, ready int64) error {
	if more > ready {
		return ErrResaleToday.With("%s kgCO2e are left that were bought before today, %s more are needed", quantity.Reduction(max(ready, 0)), quantity.Reduction(more))
	}
	return nil
}
