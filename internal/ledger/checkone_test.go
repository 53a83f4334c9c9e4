package ledger_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/ledger"
)

// CheckOne says what Check says of a transfer of one posting.
func TestLedger_CheckOne_AgreesWithCheck(t *testing.T) {
	t.Parallel()
	keys := []ledger.Key{
		ledger.MoneyKey(ledger.Bank), ledger.FundsKey(1), ledger.FundsKey(2),
		ledger.PermitKey(ledger.Cap, "330421", "VOCs"), ledger.PermitKey(ledger.Reserve, "330421", "VOCs"),
		ledger.HoldingKey("330421", "VOCs", 1, 1, 1, ledger.Paid), ledger.HoldingKey("330421", "VOCs", 1, 1, 2, ledger.Paid),
	}
	rapid.Check(t, func(t *rapid.T) {
		l := ledger.New()
		amounts := rapid.SampledFrom([]int64{0, 1, 5, 1<<63 - 1})
		for i, k := range keys[:rapid.IntRange(0, len(keys)).Draw(t, "open")] {
			b := ledger.Balance{ID: ledger.AccountID(i + 1), Balance: amounts.Draw(t, "balance")}
			b.Held = min(b.Balance, amounts.Draw(t, "held"))
			l.Load(ledger.Account{
				ID: b.ID, Kind: k.Kind, Origin: k.Origin, Region: k.Region, Pollutant: k.Pollutant,
				Party: k.Party, Licence: k.Licence, Instrument: k.Instrument,
			}, b)
		}
		leg := ledger.Leg{
			Debit: rapid.SampledFrom(keys).Draw(t, "debit"), Credit: rapid.SampledFrom(keys).Draw(t, "credit"),
			Amount: rapid.SampledFrom([]int64{-1, 0, 1, 5, 6, 1<<63 - 1}).Draw(t, "amount"), FromHeld: rapid.Bool().Draw(t, "held"),
		}
		reason := rapid.SampledFrom([]ledger.Reason{ledger.Correction, ledger.Renewal}).Draw(t, "reason")
		one := l.CheckOne(reason, leg)
		all := l.Check(ledger.Transfer{Reason: reason, Legs: []ledger.Leg{leg}})
		if (one == nil) != (all == nil) || one != nil && (!errors.Is(one, all) || one.Error() != all.Error()) {
			t.Fatalf("%+v: CheckOne %v, Check %v", leg, one, all)
		}
	})
}
