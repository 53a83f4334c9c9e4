package app

import "permitx/internal/carbon"

// openCreditDebts are those of which something is owed, by issuance; all of them by 0.
var openCreditDebts = indexed(CreditDebts, func(d carbon.Debt) []int64 { return when(d.Left() > 0, 0, d.Issuance) })

// A debtor is who is issued no credits before wrong ones are made good (project
// default): a plant, whichever projects and parties it has been; the pools of a
// scheme; what a party has had recognised in one.
type debtor struct {
	plant         string
	scheme, party int64
}

func (v *View) debtorOf(i carbon.Issuance) debtor {
	switch plant := v.plantOf(i); {
	case plant != "":
		return debtor{plant: plant}
	case i.Origin != "":
		return debtor{scheme: i.Scheme, party: i.Party}
	}
	return debtor{scheme: i.Scheme}
}

// checkNoDebt returns carbon.ErrDebtOpen when units are owed of an issuance that
// has the same debtor.
func (v *View) checkNoDebt(i carbon.Issuance) error {
	who := v.debtorOf(i)
	for d := range openCreditDebts.of(v, 0) {
		if v.debtorOf(rowsOf(v.state, Issuances).rows[d.Issuance]) == who {
			return carbon.ErrDebtOpen.With("%d units of issuance %d are owed, by party %d", d.Left(), d.Issuance, d.Party)
		}
	}
	return nil
}

// owes reports whether something is owed of an issuance beside one of its debts.
func (v *View) owes(issuance, beside int64) bool {
	for d := range openCreditDebts.of(v, issuance) {
		if d.ID != beside {
			return true
		}
	}
	return false
}
