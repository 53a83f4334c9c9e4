package settlement

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// Deposit is money that finance has confirmed as received from a party.
type Deposit struct {
	ID            int64
	Party         int64
	Amount        quantity.Money
	BankReference string // unique
	ReceivedOn    calendar.Date
	Payer         string // name on the payment, where it is not the party's; its money waits in suspense
	Entry         int64
	Transfer      int64
	RecordedAt    calendar.Instant
	Command       int64
}

// Validate returns a fault that names the first field that is wrong.
func (d Deposit) Validate() error {
	if d.Amount <= 0 {
		return fault.Invalidf("amount", "must be more than zero")
	}
	if err := catalog.CheckText("bank_reference", d.BankReference, ReferenceMax); err != nil {
		return err
	}
	if !d.ReceivedOn.Valid() {
		return fault.Invalidf("received_on", "must be a day, for example 2026-07-01")
	}
	return optional("payer", d.Payer, NameMax)
}

// DepositEntry is the bank entry of a deposit of a party with a name. A payment
// by somebody else goes to suspense until finance has found out whose it is.
func DepositEntry(d Deposit, partyName string) BankEntry {
	e := BankEntry{
		Reference: d.BankReference, Amount: d.Amount, Expected: d.Amount, Posted: d.Amount, BookedOn: d.ReceivedOn,
		Payer: partyName, State: EntryConfirmed, Difference: NoDifference, Deposit: d.ID, Party: d.Party,
	}
	if d.Payer != "" && !SameName(d.Payer, partyName) {
		e.Payer, e.State, e.Difference, e.Suspended = d.Payer, EntrySuspense, ThirdParty, d.Amount
	}
	return e
}

// DepositTransfer is the posting of a deposit with its entry.
func DepositTransfer(d Deposit, e BankEntry) ledger.Transfer {
	credit, reason := ledger.FundsKey(d.Party), ledger.DepositReceipt
	if e.Suspended > 0 {
		credit, reason = ledger.MoneyKey(ledger.Suspense), ledger.SuspenseReason
	}
	reference := d.ID
	if reason == ledger.SuspenseReason {
		reference = e.ID
	}
	return ledger.Transfer{Reason: reason, Reference: reference, Legs: []ledger.Leg{
		{Debit: ledger.MoneyKey(ledger.Bank), Credit: credit, Amount: int64(d.Amount)},
	}}
}

// WithdrawalState is where a withdrawal is in its life.
type WithdrawalState string

// The states of a withdrawal; all but the first are final.
const (
	WithdrawalRequested WithdrawalState = "requested" // its amount is held
	WithdrawalPaid      WithdrawalState = "paid"
	WithdrawalCancelled WithdrawalState = "cancelled"
)

// WithdrawalStates are all states of a withdrawal.
var WithdrawalStates = []WithdrawalState{WithdrawalRequested, WithdrawalPaid, WithdrawalCancelled}

// ErrWithdrawalState is returned when a withdrawal is paid or cancelled already.
var ErrWithdrawalState = fault.New(fault.Conflict, "withdrawal.state", "the withdrawal is paid or cancelled already")

// Withdrawal is money that a party asks to be paid out.
type Withdrawal struct {
	ID            int64
	Party         int64
	Amount        quantity.Money
	PayeeAccount  string // that the party paid from, or that is registered for it
	Note          string // may be empty
	State         WithdrawalState
	Hold          int64
	BankReference string // once it is paid
	PaidOn        calendar.Date
	Entry         int64
	Transfer      int64
	RequestedAt   calendar.Instant
	Command       int64
}

// Validate returns a fault that names the first field that is wrong.
func (w Withdrawal) Validate() error {
	if w.Amount <= 0 {
		return fault.Invalidf("amount", "must be more than zero")
	}
	return fault.First(catalog.CheckText("payee_account", w.PayeeAccount, ReferenceMax), optional("note", w.Note, RemarkMax))
}

// Paid returns the withdrawal after the bank has paid it. Returns
// ErrWithdrawalState, or a fault about bank_reference or on.
func (w Withdrawal) Paid(reference string, on calendar.Date) (Withdrawal, error) {
	if w.State != WithdrawalRequested {
		return w, ErrWithdrawalState.With("the withdrawal is %s", w.State)
	}
	if err := CheckPayment(reference, on); err != nil {
		return w, err
	}
	w.State, w.BankReference, w.PaidOn = WithdrawalPaid, reference, on
	return w, nil
}

// WithdrawalEntry is the bank entry of a withdrawal that is paid, by a party
// with a name.
func WithdrawalEntry(w Withdrawal, partyName string) BankEntry {
	return BankEntry{
		Reference: w.BankReference, Amount: -w.Amount, Expected: -w.Amount, Posted: -w.Amount, BookedOn: w.PaidOn,
		Payer: partyName, PayerAccount: w.PayeeAccount, State: EntryConfirmed, Difference: NoDifference,
		Withdrawal: w.ID, Party: w.Party,
	}
}

// WithdrawalTransfer is the posting of a withdrawal that is paid, out of what
// the party's funds hold aside for it.
func WithdrawalTransfer(w Withdrawal) ledger.Transfer {
	return ledger.Transfer{Reason: ledger.Withdrawal, Reference: w.ID, Legs: []ledger.Leg{
		{Debit: ledger.FundsKey(w.Party), Credit: ledger.MoneyKey(ledger.Bank), Amount: int64(w.Amount), FromHeld: true},
	}}
}

// CheckPayment returns a fault unless reference and on can be those of a
// payment by the bank.
func CheckPayment(reference string, on calendar.Date) error {
	if err := catalog.CheckText("bank_reference", reference, ReferenceMax); err != nil {
		return err
	}
	if !on.Valid() {
		return fault.Invalidf("on", "must be a day, for example 2026-07-01")
	}
	return nil
}
