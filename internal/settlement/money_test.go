package settlement_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

func entryText(e settlement.BankEntry, err error) string {
	if f, ok := fault.As(err); ok {
		return f.Code
	}
	return fmt.Sprintf("%s %s posted %s suspended %s", e.State, e.Difference, e.Posted, e.Suspended)
}

// What a line of a statement does to the payment that was confirmed, or not.
func TestBankEntry_Meet(t *testing.T) {
	t.Parallel()
	deposit := settlement.DepositEntry(settlement.Deposit{ID: 1, Party: 1, Amount: 100_00, BankReference: "r"}, "纺织（嘉善）有限公司")
	third := settlement.DepositEntry(settlement.Deposit{ID: 1, Party: 1, Amount: 100_00, BankReference: "r", Payer: "stranger"}, "p")
	assigned, _, err := third.Assign(1)
	if err != nil {
		t.Fatal(err)
	}
	returned, payback, _, err := third.Return("back", 20260701)
	if err != nil {
		t.Fatal(err)
	}
	paid := settlement.WithdrawalEntry(settlement.Withdrawal{Party: 1, Amount: 100_00, BankReference: "r"}, "p")
	for _, tt := range []struct {
		name   string
		before settlement.BankEntry
		amount quantity.Money
		payer  string
		want   string
	}{
		{"equal", deposit, 100_00, "纺织（嘉善）有限公司", "reconciled none posted 100.00 suspended 0.00"},
		{"other brackets", deposit, 100_00, "纺织(嘉善) 有限公司", "reconciled none posted 100.00 suspended 0.00"},
		{"other payer", deposit, 100_00, "stranger", "suspense third_party posted 100.00 suspended 0.00"},
		{"less", deposit, 90_00, "p", "suspense partial posted 100.00 suspended 0.00"},
		{"more", deposit, 110_00, "p", "suspense excess posted 110.00 suspended 10.00"},
		{"paid out", deposit, -100_00, "p", "bank_statement.line_direction"},
		{"third party, equal", third, 100_00, "stranger", "suspense third_party posted 100.00 suspended 100.00"},
		{"third party, less", third, 90_00, "stranger", "suspense partial posted 90.00 suspended 90.00"},
		{"third party, more", third, 110_00, "stranger", "suspense excess posted 110.00 suspended 110.00"},
		{"assigned before", assigned, 100_00, "stranger", "assigned third_party posted 100.00 suspended 0.00"},
		{"assigned before, more", assigned, 110_00, "stranger", "suspense excess posted 110.00 suspended 10.00"},
		{"assigned before, less", assigned, 90_00, "stranger", "suspense partial posted 100.00 suspended 0.00"},
		{"returned before", returned, 100_00, "stranger", "returned third_party posted 100.00 suspended 0.00"},
		{"the payment back", payback, -100_00, "stranger", "reconciled none posted -100.00 suspended 0.00"},
		{"withdrawal", paid, -100_00, "p", "reconciled none posted -100.00 suspended 0.00"},
		{"withdrawal, more", paid, -110_00, "p", "suspense excess posted -100.00 suspended 0.00"},
		{"withdrawal, less", paid, -90_00, "p", "suspense partial posted -100.00 suspended 0.00"},
		{"withdrawal to another", paid, -100_00, "q", "suspense third_party posted -100.00 suspended 0.00"},
	} {
		met, err := tt.before.Meet(settlement.BankLine{Reference: "r", Amount: tt.amount, On: 20260702, Payer: tt.payer}, 7)
		if got := entryText(met, err); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
		if err == nil && (met.Statement != 7 || met.Amount != tt.amount || met.Expected != tt.before.Expected) {
			t.Errorf("%s: %+v", tt.name, met)
		}
		if _, err := met.Meet(settlement.BankLine{Reference: "r", Amount: tt.amount}, 8); met.Statement != 0 && err == nil {
			t.Errorf("%s: met twice", tt.name)
		}
	}
	received := settlement.NewLine(settlement.BankLine{Reference: "r", Amount: 5}, 7)
	if got := entryText(received, nil); got != "suspense unmatched posted 0.05 suspended 0.05" || received.IsUnexplained() {
		t.Error(got)
	}
	out := settlement.NewLine(settlement.BankLine{Reference: "r", Amount: -500}, 7)
	if got := entryText(out, nil); got != "suspense unmatched posted 0.00 suspended 0.00" || !out.IsUnexplained() {
		t.Error(got)
	}
	for amount, want := range map[quantity.Money]string{
		500: "reconciled none posted -5.00 suspended 0.00", 400: "suspense excess posted -4.00 suspended 0.00",
		600: "suspense partial posted -6.00 suspended 0.00",
	} {
		if got := entryText(out.Explain(amount), nil); got != want {
			t.Errorf("explained by %s: %s, want %s", amount, got, want)
		}
	}
}

// Whatever happens to an entry, what a transfer posts to bank and suspense is
// the change of Posted and Suspended: the two equations hold.
func TestBankEntry_Equations(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := quantity.Money(rapid.IntRange(1, 1000).Draw(t, "amount"))
		payer := rapid.SampledFrom([]string{"", "p", "stranger"}).Draw(t, "payer")
		e := settlement.DepositEntry(settlement.Deposit{ID: 1, Party: 1, Amount: amount, Payer: payer}, "p")
		if rapid.Bool().Draw(t, "from a statement") {
			sign := rapid.SampledFrom([]quantity.Money{1, -1}).Draw(t, "sign")
			e = settlement.NewLine(settlement.BankLine{Amount: sign * amount, Payer: "p"}, 1)
		}
		bank, suspense := e.Posted, e.Suspended
		for range rapid.IntRange(1, 5).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				line := settlement.BankLine{Amount: quantity.Money(rapid.IntRange(1, 1000).Draw(t, "line")), Payer: "p"}
				met, err := e.Meet(line, 1)
				if err != nil {
					continue
				}
				if tr, moves := settlement.SuspenseTransfer(1, e, met); moves {
					bank, suspense = apply(t, tr.Legs, bank, suspense)
				}
				e = met
			case 1:
				settled, tr, err := e.Assign(1)
				if err != nil {
					continue
				}
				bank, suspense = apply(t, tr.Legs, bank, suspense)
				e = settled
			case 2:
				returned, payment, tr, err := e.Return("back", 20260701)
				if err != nil {
					continue
				}
				bank, suspense = apply(t, tr.Legs, bank, suspense)
				bank -= payment.Posted // its own entry
				e = returned
			}
			if bank != e.Posted || suspense != e.Suspended || suspense < 0 {
				t.Fatalf("bank %s, suspense %s, %+v", bank, suspense, e)
			}
		}
	})
}

func apply(t *rapid.T, legs []ledger.Leg, bank, suspense quantity.Money) (quantity.Money, quantity.Money) {
	t.Helper()
	for _, leg := range legs {
		if leg.Amount <= 0 {
			t.Fatalf("a posting of %d", leg.Amount)
		}
		amount := quantity.Money(leg.Amount)
		if leg.Debit.Kind == ledger.Bank {
			bank += amount
		}
		if leg.Credit.Kind == ledger.Bank {
			bank -= amount
		}
		if leg.Credit.Kind == ledger.Suspense {
			suspense += amount
		}
		if leg.Debit.Kind == ledger.Suspense {
			suspense -= amount
		}
	}
	return bank, suspense
}
