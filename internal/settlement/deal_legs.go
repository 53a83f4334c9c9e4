package settlement

import "permitx/internal/ledger"

// FundTransfer puts the buyer's money into escrow. The escrow account holds it
// aside for this deal, so that nothing else can take it.
func (d Deal) FundTransfer() ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Escrowing, Reference: d.ID, Legs: d.fundLegs()}
}

func (d Deal) fundLegs() []ledger.Leg {
	return []ledger.Leg{{Debit: ledger.FundsKey(d.BuyerParty), Credit: ledger.MoneyKey(ledger.Escrow), Amount: int64(d.Amount)}}
}

// RefundTransfer gives the buyer's money back out of escrow, where it is no
// longer held.
func (d Deal) RefundTransfer() ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Escrowing, Reference: d.ID, Legs: Mirror(d.fundLegs())}
}

// SettleTransfer is the one transfer that settles the deal: the permits with
// both caps, and the money out of escrow where it went through it.
func (d Deal) SettleTransfer() ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Settlement, Reference: d.ID, Legs: d.settleLegs()}
}

func (d Deal) settleLegs() []ledger.Leg {
	legs := d.Delivery().Legs(d.Outcome())
	if d.Payment == EscrowPayment {
		legs = append(legs, ledger.Leg{
			Debit: ledger.MoneyKey(ledger.Escrow), Credit: ledger.FundsKey(d.SellerParty), Amount: int64(d.Amount), FromHeld: true,
		})
	}
	return legs
}

// ReverseTransfer undoes the settlement and the payment before it, posting by
// posting: what was debited is credited. Money that was paid directly goes
// back directly.
func (d Deal) ReverseTransfer() ledger.Transfer {
	legs := d.settleLegs()
	if d.Payment == EscrowPayment {
		legs = append(d.fundLegs(), legs...)
	}
	return ledger.Transfer{Reason: ledger.Reversal, Reference: d.ID, Legs: Mirror(legs)}
}

// CapReturnTransfer gives the cap back at term end, when the holdings of the
// term have returned to unallocated: the buyer region's cap falls by T and the
// seller region's rises by Q. What was retired stays retired, so that the
// buyer region makes T good out of unallocated (project default).
func (d Deal) CapReturnTransfer() ledger.Transfer {
	return ledger.Transfer{Reason: ledger.CapReturn, Reference: d.ID, Legs: []ledger.Leg{
		{
			Debit:  ledger.PermitKey(ledger.Unallocated, d.BuyerRegion, d.Pollutant),
			Credit: ledger.PermitKey(ledger.Cap, d.BuyerRegion, d.Pollutant), Amount: int64(d.Arriving),
		},
		{
			Debit:  ledger.PermitKey(ledger.Cap, d.SellerRegion, d.Pollutant),
			Credit: ledger.PermitKey(ledger.Unallocated, d.SellerRegion, d.Pollutant), Amount: int64(d.Quantity),
		},
	}}
}

// Mirror returns the legs that undo legs: the last first, each with its sides
// exchanged, out of what is available.
func Mirror(legs []ledger.Leg) []ledger.Leg {
	out := make([]ledger.Leg, len(legs))
	for i, leg := range legs {
		out[len(legs)-1-i] = ledger.Leg{Debit: leg.Credit, Credit: leg.Debit, Amount: leg.Amount}
	}
	return out
}
