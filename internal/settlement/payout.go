package settlement

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// TreasuryPayout is what was paid to a region's treasury of what bidders of its
// auctions forfeited: non-tax revenue of the region, as all that it takes from its
// sales is (财税〔2015〕61号 第七条). It only passes through the platform's bank account.
// It never changes.
type TreasuryPayout struct {
	ID            int64
	Region        string
	Amount        quantity.Money
	Document      string // the treasury's receipt for non-tax revenue
	BankReference string // of the payment
	PaidOn        calendar.Date
	Entry         int64 // of the bank
	Transfer      int64
	RecordedAt    calendar.Instant
	Command       int64
}

// ErrPayoutBeyond is returned when more would be paid to a treasury than was
// forfeited to it and is not paid out yet.
var ErrPayoutBeyond = fault.New(fault.Refused, "treasury_payout.beyond", "so much was not forfeited, or is paid out already").At("amount").
	Under("treasury_payout.within", "project default: no more than there is")

// Validate returns a fault that names the first field that is wrong.
func (p TreasuryPayout) Validate() error {
	if p.Amount <= 0 {
		return fault.Invalidf("amount", "must be more than zero")
	}
	if !p.PaidOn.Valid() {
		return fault.Invalidf("paid_on", "must be a day, for example 2026-07-01")
	}
	return fault.First(catalog.CheckDocument("document", p.Document), catalog.CheckText("bank_reference", p.BankReference, ReferenceMax))
}

// PayoutEntry is the bank entry of a payout to the treasury of a region with a name.
func PayoutEntry(p TreasuryPayout, regionName string) BankEntry {
	return BankEntry{
		Reference: p.BankReference, Amount: -p.Amount, Expected: -p.Amount, Posted: -p.Amount, BookedOn: p.PaidOn,
		Payer: regionName, State: EntryConfirmed, Difference: NoDifference,
	}
}

// PayoutTransfer is the posting of a payout, out of the region's forfeits.
func PayoutTransfer(p TreasuryPayout) ledger.Transfer {
	return ledger.Transfer{Reason: ledger.TreasuryPayout, Reference: p.ID, Legs: []ledger.Leg{
		{Debit: ledger.ForfeitsKey(p.Region), Credit: ledger.MoneyKey(ledger.Bank), Amount: int64(p.Amount)},
	}}
}
