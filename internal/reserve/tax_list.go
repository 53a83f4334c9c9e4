package reserve

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// TaxRowsMax bounds the rows of a list.
const TaxRowsMax = 500

// A TaxRow is a payment as the tax authority lists it.
type TaxRow struct {
	Number  string // of the notice that the payer quoted; anything may stand here
	Amount  quantity.Money
	Receipt string // number of the receipt, unique
	PaidOn  calendar.Date
}

// A TaxList is a list of payments that the tax authority has received.
type TaxList struct {
	ID         int64
	Region     string
	Document   string // number of the list
	Rows       int32
	Known      int32 // rows that an earlier list had brought
	Amount     quantity.Money
	ImportedAt calendar.Instant
	Command    int64
}

// A ReceiptState is what the matching of a receipt came to.
type ReceiptState string

// The states of a receipt; all but the first are differences.
const (
	ReceiptMatched      ReceiptState = "matched"
	ReceiptPartial      ReceiptState = "partial"       // with those before it, less than was asked for
	ReceiptExcess       ReceiptState = "excess"        // with those before it, more than was asked for
	ReceiptProofDiffers ReceiptState = "proof_differs" // finance has recorded another receipt
	ReceiptUnmatched    ReceiptState = "unmatched"     // no notice that waits for a payment has this number
)

// ReceiptStates are all states of a receipt.
var ReceiptStates = []ReceiptState{ReceiptMatched, ReceiptPartial, ReceiptExcess, ReceiptProofDiffers, ReceiptUnmatched}

// A TaxReceipt is a payment to the treasury in the memorandum: what the tax
// authority has received for a sale. It is no money of the platform (财税〔2015〕61号).
type TaxReceipt struct {
	ID         int64
	List       int64
	Region     string
	Number     string
	Receipt    string
	Amount     quantity.Money
	PaidOn     calendar.Date
	Notice     int64 // 0: unmatched
	Instalment int64 // 0: the notice is paid at once
	Asked      quantity.Money
	State      ReceiptState
	Command    int64
}

// The faults of tax lists, in the order in which they are checked.
var (
	// ErrTaxRows is returned when a list is empty or too long.
	ErrTaxRows = fault.New(fault.Invalid, "tax_list.rows", "a list has 1 to 500 rows: send a longer one in parts").At("rows")
	// ErrReceiptTwice is returned when a list has a receipt twice.
	ErrReceiptTwice = fault.New(fault.Invalid, "tax_list.receipt_twice", "the list has this receipt twice")
	// ErrReceiptDiffers is returned when a receipt was brought before by other figures.
	ErrReceiptDiffers = fault.New(fault.Conflict, "tax_list.receipt_differs", "an earlier list has this receipt with another notice, amount or day")
)

// Validate returns a fault that names the first field that is wrong; in a row
// without its place.
func (r TaxRow) Validate() error {
	if err := fault.First(catalog.CheckText("number", r.Number, proofMax), catalog.CheckText("receipt", r.Receipt, proofMax)); err != nil {
		return err
	}
	if r.Amount <= 0 {
		return fault.Invalidf("amount", "must be more than zero")
	}
	return checkDay("paid_on", r.PaidOn)
}

// Same reports whether a row is the receipt that an earlier list had brought.
func (r TaxRow) Same(known TaxReceipt) bool {
	return r.Number == known.Number && r.Amount == known.Amount && r.PaidOn == known.PaidOn
}

// Asked is what receipts are matched with: a notice, or an instalment of it,
// that waits for a payment.
type Asked struct {
	Amount quantity.Money
	Proof  string // that finance has recorded; empty: none
	Waits  bool   // for a payment, or for the match of one
}

// MatchReceipts returns the state of all receipts of one notice or instalment:
// their sum must be what was asked for, and a proof that finance has recorded
// one of them.
func MatchReceipts(a Asked, receipts []TaxReceipt) ReceiptState {
	var sum quantity.Money
	for _, r := range receipts {
		sum += r.Amount
	}
	isProof := func(r TaxReceipt) bool { return r.Receipt == a.Proof }
	switch {
	case !a.Waits:
		return ReceiptExcess
	case sum < a.Amount:
		return ReceiptPartial
	case sum > a.Amount:
		return ReceiptExcess
	case a.Proof != "" && !slices.ContainsFunc(receipts, isProof):
		return ReceiptProofDiffers
	}
	return ReceiptMatched
}

// AreMatched reports whether receipts that name one notice or instalment, and are all
// in one state, pay it.
func AreMatched(receipts []TaxReceipt) bool {
	return len(receipts) > 0 && receipts[0].State == ReceiptMatched
}

// Standing is the receipt that stands for all that pay a notice or instalment: the
// last that was listed, paid on the latest day of any.
func Standing(receipts []TaxReceipt) TaxReceipt {
	last := receipts[len(receipts)-1]
	for _, r := range receipts {
		last.PaidOn = max(last.PaidOn, r.PaidOn)
	}
	return last
}
