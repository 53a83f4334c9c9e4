package settlement

import (
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// Longest texts about payments, in characters.
const (
	ReferenceMax = 64  // of a bank's reference or account
	NameMax      = 200 // of a payer
	RemarkMax    = 500
)

// lineAmountMax bounds a line of a statement, so that the sums of the longest
// statement fit: CNY 10¹³.
const lineAmountMax quantity.Money = 1_000_000_000_000_000

// EntryState is where a bank entry is in its life.
type EntryState string

// The states of a bank entry.
const (
	EntryConfirmed  EntryState = "confirmed"  // by finance; not yet in a statement
	EntryReconciled EntryState = "reconciled" // confirmed and in a statement, which agree
	EntrySuspense   EntryState = "suspense"   // it, or its difference, waits for finance
	EntryAssigned   EntryState = "assigned"   // finance has settled it with a party
	EntryReturned   EntryState = "returned"   // paid back
)

// EntryStates are all states of a bank entry.
var EntryStates = []EntryState{EntryConfirmed, EntryReconciled, EntrySuspense, EntryAssigned, EntryReturned}

// Difference is how a bank entry differs from what was expected.
type Difference string

// The differences.
const (
	NoDifference       Difference = "none"
	MissingInStatement Difference = "missing_in_statement" // never stored: see app.Reconcile
	Unmatched          Difference = "unmatched"            // in a statement; finance had confirmed nothing
	Partial            Difference = "partial"              // less than finance had confirmed
	Excess             Difference = "excess"               // more than finance had confirmed
	ThirdParty         Difference = "third_party"          // the other side is not the party
)

// Differences are the differences that are stored.
var Differences = []Difference{NoDifference, Unmatched, Partial, Excess, ThirdParty}

// The faults of bank entries, in the order in which they are checked.
var (
	// ErrLineKnown is returned when a line of a statement is in an earlier statement.
	ErrLineKnown = fault.New(fault.Conflict, "bank_statement.line_known", "a statement with this line was imported before")
	// ErrLineDirection is returned when a line has the reference of a payment in the
	// other direction.
	ErrLineDirection = fault.New(fault.Refused, "bank_statement.line_direction", "the reference is that of a payment in the other direction")
	// ErrEntryNotWaiting is returned when an entry is not in suspense.
	ErrEntryNotWaiting = fault.New(fault.Conflict, "bank_entry.not_in_suspense", "the entry is not in suspense")
	// ErrPaymentUnexplained is returned when money that left the account, and that
	// nobody confirmed, would be assigned: confirm the withdrawal that it paid.
	ErrPaymentUnexplained = fault.New(fault.Refused, "bank_entry.payment_unexplained", "nobody has confirmed this payment: confirm the withdrawal or the return that it paid").
				Under("bank_entry.confirmed_payment", "project default")
	// ErrEntryOfOther is returned when the difference of a confirmed payment would be
	// settled with another party.
	ErrEntryOfOther = fault.New(fault.Refused, "bank_entry.of_other_party", "the difference is settled with the party of the payment").At("party").
			Under("bank_entry.same_party", "project default")
	// ErrNothingToReturn is returned when nothing of an entry lies in suspense.
	ErrNothingToReturn = fault.New(fault.Refused, "bank_entry.nothing_to_return", "nothing of the entry lies in suspense")
)

// BankEntry is a movement of the platform's bank account: confirmed by finance,
// seen in a statement, or both. At every moment
//
//	balance of bank     = Σ Posted of all entries
//	balance of suspense = Σ Suspended of all entries
type BankEntry struct {
	ID              int64
	Reference       string         // the bank's, unique
	Amount          quantity.Money // negative: paid out; the statement's figure once there is one
	Expected        quantity.Money // what finance had confirmed; 0: nothing
	Posted          quantity.Money // what of Amount is in the balance of bank
	Suspended       quantity.Money // what of Posted lies in suspense
	BookedOn        calendar.Date
	Payer           string // the other side
	PayerAccount    string
	Remark          string
	State           EntryState
	Difference      Difference
	Statement       int64 // 0: in none yet
	Deposit         int64 // the deposit that finance confirmed
	Withdrawal      int64 // the withdrawal that it paid
	Party           int64
	Returns         int64 // the entry that it pays back
	ReturnReference string
	ReturnedOn      calendar.Date
	RecordedAt      calendar.Instant
	Command         int64
}

// BankLine is a line of a bank statement as the bank printed it.
type BankLine struct {
	Reference    string
	Amount       quantity.Money // negative: paid out
	On           calendar.Date
	Payer        string // the other side
	PayerAccount string // may be empty
	Remark       string // may be empty
}

// BankStatement is an imported bank statement. Its lines are bank entries.
type BankStatement struct {
	ID         int64
	Account    string // number of the platform's bank account
	PeriodFrom calendar.Date
	PeriodTo   calendar.Date // last day
	Lines      int32
	Received   quantity.Money
	Paid       quantity.Money
	ImportedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (l BankLine) Validate() error {
	if err := catalog.CheckText("reference", l.Reference, ReferenceMax); err != nil {
		return err
	}
	if l.Amount == 0 {
		return fault.Invalidf("amount", "must not be zero; a payment out is negative")
	}
	if l.Amount > lineAmountMax || l.Amount < -lineAmountMax {
		return fault.Invalidf("amount", "must be at most CNY %s", lineAmountMax)
	}
	if !l.On.Valid() {
		return fault.Invalidf("on", "must be a day, for example 2026-07-01")
	}
	if err := catalog.CheckText("payer", l.Payer, NameMax); err != nil {
		return err
	}
	return fault.First(optional("payer_account", l.PayerAccount, ReferenceMax), optional("remark", l.Remark, RemarkMax))
}

// IsWaiting reports whether somebody must deal with the entry.
func (e BankEntry) IsWaiting() bool { return e.State == EntrySuspense }

// IsUnexplained reports whether the entry is a payment out that only a
// statement knows.
func (e BankEntry) IsUnexplained() bool {
	return e.Amount < 0 && e.Expected == 0 && e.Difference == Unmatched && e.State == EntrySuspense
}

// NewLine is the entry of a line that finance knows nothing of. Money received
// goes to suspense; a payment out posts nothing and waits to be explained.
func NewLine(l BankLine, statement int64) BankEntry {
	e := BankEntry{State: EntrySuspense, Difference: Unmatched}.withLine(l, statement)
	if l.Amount > 0 {
		e.Posted, e.Suspended = l.Amount, l.Amount
	}
	return e
}

func (e BankEntry) withLine(l BankLine, statement int64) BankEntry {
	e.Reference, e.Amount, e.BookedOn, e.Statement = l.Reference, l.Amount, l.On, statement
	e.Payer, e.PayerAccount, e.Remark = l.Payer, l.PayerAccount, l.Remark
	return e
}

// Meet returns the entry after a statement has shown its line. Where both agree
// it is reconciled. What the bank received beyond the confirmed amount joins
// suspense; any other difference posts nothing and waits. Returns ErrLineKnown
// or ErrLineDirection.
func (e BankEntry) Meet(l BankLine, statement int64) (BankEntry, error) {
	if e.Statement != 0 {
		return e, ErrLineKnown.With("the line with the reference %s is in statement %d already", l.Reference, e.Statement).At("reference")
	}
	if (e.Amount < 0) != (l.Amount < 0) {
		return e, ErrLineDirection.With("%s is the reference of a payment of CNY %s, the line has CNY %s", l.Reference, e.Amount, l.Amount).At("amount")
	}
	met := e.withLine(l, statement)
	switch {
	case e.Suspended > 0 && e.Suspended == e.Posted: // all of it lies in suspense
		met.Posted, met.Suspended = l.Amount, l.Amount
	case l.Amount > e.Amount && l.Amount > 0:
		met.Suspended += l.Amount - e.Amount
		met.Posted += l.Amount - e.Amount
	}
	switch wider := l.Amount > e.Amount; {
	case l.Amount != e.Amount && wider == (l.Amount > 0):
		met.Difference, met.State = Excess, EntrySuspense
	case l.Amount != e.Amount:
		met.Difference, met.State = Partial, EntrySuspense
	case e.State == EntryConfirmed && !SameName(e.Payer, l.Payer):
		met.Difference, met.State = ThirdParty, EntrySuspense
	case e.State == EntryConfirmed:
		met.State = EntryReconciled
	}
	return met, nil
}

// Explain returns an unexplained payment out after finance has confirmed it.
func (e BankEntry) Explain(amount quantity.Money) BankEntry {
	e.Expected, e.Posted = -amount, -amount
	switch {
	case e.Amount == -amount:
		e.State, e.Difference = EntryReconciled, NoDifference
	case e.Amount < -amount:
		e.Difference = Excess
	default:
		e.Difference = Partial
	}
	return e
}

// SuspenseTransfer posts what a statement changes in suspense, if anything.
func SuspenseTransfer(entry int64, before, after BankEntry) (ledger.Transfer, bool) {
	bank, suspense := ledger.MoneyKey(ledger.Bank), ledger.MoneyKey(ledger.Suspense)
	change := after.Posted - before.Posted
	leg := ledger.Leg{Debit: bank, Credit: suspense, Amount: int64(change)}
	if change < 0 {
		leg = ledger.Leg{Debit: suspense, Credit: bank, Amount: -int64(change)}
	}
	return ledger.Transfer{Reason: ledger.SuspenseReason, Reference: entry, Legs: []ledger.Leg{leg}}, change != 0
}

// Assign returns the entry after it was settled with a party, and the transfer
// of this: what lies in suspense is credited to the party; what the bank has
// more or less than was confirmed is made good from or to its funds. Where only
// the payer's name was in question nothing moves, and the transfer has no legs.
// Returns ErrEntryNotWaiting, ErrPaymentUnexplained or ErrEntryOfOther.
func (e BankEntry) Assign(party int64) (BankEntry, ledger.Transfer, error) {
	t := ledger.Transfer{Reason: ledger.SuspenseReason, Reference: e.ID}
	if !e.IsWaiting() {
		return e, t, ErrEntryNotWaiting.With("the entry is %s", e.State)
	}
	if e.IsUnexplained() {
		return e, t, ErrPaymentUnexplained
	}
	if e.Suspended == 0 && e.Party != 0 && e.Party != party {
		return e, t, ErrEntryOfOther.With("the payment is that of party %d: its difference is settled with this party", e.Party)
	}
	bank, suspense, funds := ledger.MoneyKey(ledger.Bank), ledger.MoneyKey(ledger.Suspense), ledger.FundsKey(party)
	if e.Suspended > 0 {
		t.Legs = append(t.Legs, ledger.Leg{Debit: suspense, Credit: funds, Amount: int64(e.Suspended)})
	}
	switch more := e.Amount - e.Posted; {
	case more > 0:
		t.Legs = append(t.Legs, ledger.Leg{Debit: bank, Credit: funds, Amount: int64(more)})
	case more < 0:
		t.Legs = append(t.Legs, ledger.Leg{Debit: funds, Credit: bank, Amount: -int64(more)})
	}
	if e.Suspended == e.Posted || e.Party == 0 {
		e.Party = party
	}
	e.State, e.Posted, e.Suspended = EntryAssigned, e.Amount, 0
	return e, t, nil
}

// Return returns the entry after what lay of it in suspense was paid back, the
// new entry of that payment, and the transfer of both. Returns
// ErrEntryNotWaiting or ErrNothingToReturn.
func (e BankEntry) Return(reference string, on calendar.Date) (returned, payment BankEntry, t ledger.Transfer, err error) {
	t = ledger.Transfer{Reason: ledger.SuspenseReason, Reference: e.ID}
	if !e.IsWaiting() {
		return e, payment, t, ErrEntryNotWaiting.With("the entry is %s", e.State)
	}
	if e.Suspended == 0 {
		return e, payment, t, ErrNothingToReturn
	}
	payment = BankEntry{
		Reference: reference, Amount: -e.Suspended, Expected: -e.Suspended, Posted: -e.Suspended, BookedOn: on,
		Payer: e.Payer, PayerAccount: e.PayerAccount, State: EntryConfirmed, Difference: NoDifference, Returns: e.ID,
	}
	t.Legs = []ledger.Leg{{Debit: ledger.MoneyKey(ledger.Suspense), Credit: ledger.MoneyKey(ledger.Bank), Amount: int64(e.Suspended)}}
	e.State, e.Suspended, e.ReturnReference, e.ReturnedOn = EntryReturned, 0, reference, on
	return e, payment, t, nil
}

// SameName reports whether two names of a unit are the same but for blanks and
// the width of their brackets, which banks print in either form.
func SameName(a, b string) bool { return a == b || plainName.Replace(a) == plainName.Replace(b) }

var plainName = strings.NewReplacer(" ", "", "\u3000", "", "（", "(", "）", ")")

func optional(field, s string, longest int) error {
	if s == "" {
		return nil
	}
	return catalog.CheckText(field, s, longest)
}
