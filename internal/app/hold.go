package app

import "permitx/internal/ledger"

// putHold sets an amount of an account aside and records what for. The View
// has checked that it can.
func (tx *Tx) putHold(k ledger.Key, amount int64, purpose ledger.HoldPurpose, reference int64) ledger.Hold {
	return Put(tx, Holds, ledger.Hold{
		Account: tx.Hold(k, amount), Amount: amount, Purpose: purpose, Reference: reference, State: ledger.HoldActive,
	})
}

// closeHold ends a hold. One that is posted is used by a posting out of the
// held part, which the caller makes; any other gives its amount back.
func (tx *Tx) closeHold(h ledger.Hold, state ledger.HoldState) {
	if state != ledger.HoldPosted {
		account, _ := tx.ledger.Account(h.Account)
		tx.Release(account.Key(), h.Amount)
	}
	h.State = state
	Put(tx, Holds, h)
}
