package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// A NoticeState is where a payment notice is in its life.
type NoticeState string

// The states of a payment notice; the last two are final.
const (
	NoticeIssued    NoticeState = "issued"
	NoticeProved    NoticeState = "proved" // finance has seen the payment
	NoticeDelivered NoticeState = "delivered"
	NoticeCancelled NoticeState = "cancelled"
)

// NoticeStates are all states of a payment notice.
var NoticeStates = []NoticeState{NoticeIssued, NoticeProved, NoticeDelivered, NoticeCancelled}

// proofMax is the longest number of a receipt, in characters.
const proofMax = 200

// The faults of a payment notice, in the order in which they are checked.
var (
	// ErrNoticeState is returned when the state of a notice does not allow a step.
	ErrNoticeState = fault.New(fault.Conflict, "payment_notice.state", "the state of the payment notice does not allow this")
	// ErrNoticeOfRenewal is returned when the notice of a renewal would be delivered or cancelled by itself.
	ErrNoticeOfRenewal = fault.New(fault.Conflict, "payment_notice.of_renewal", "the notice goes with its renewal: the new term joins by itself, and rejecting the renewal cancels the notice")
	// ErrNoticeOfAward is returned when the notice of an award would be cancelled by itself.
	ErrNoticeOfAward = fault.New(fault.Conflict, "payment_notice.of_award", "the notice goes with its award: find its default, or revoke it")
	// ErrPaymentSpent is returned when a proof would be withdrawn after something came of the payment.
	ErrPaymentSpent = fault.New(fault.Conflict, "payment_notice.payment_spent", "something came of the payment already: what was paid wrongly the tax authority refunds, what was delivered wrongly is a correction")
	// ErrPaymentDiffers is returned when what was paid is not the amount of the
	// notice. Nothing is recorded: the tax authority collects the rest or pays the
	// excess back first (project default).
	ErrPaymentDiffers = fault.New(fault.Refused, "payment_notice.amount_differs", "the payment is not the amount of the notice").At("amount").
				Under("primary_sale.paid_in_full", "project default")
)

// A PaymentNotice asks for a payment to the tax authority: for what the
// government sells out of its reserve, which is held there until it is delivered
// or the notice cancelled, or for the new term of a renewal.
type PaymentNotice struct {
	ID          int64
	Party       int64
	Region      string
	Licence     int64
	Project     int64 // that the permits are for; 0: none is named
	Renewal     int64 // whose new term is paid for; 0: it is a sale out of the reserve
	Opening     int64 // package that brought the sale, delivered and paid in parts; 0: it was sold here
	Instrument  int64
	Pollutant   string
	Quantity    quantity.Quantity
	Price       quantity.Price // CNY/(t·a)
	Months      int32          // left at the issue, a part month counted as one
	Amount      quantity.Money // to be paid to the tax authority
	DueOn       calendar.Date
	Document    string // may be empty
	State       NoticeState
	Hold        int64 // on the reserve; of an opening: its plan's, on the holding; 0: of a renewal, which holds what it renews itself
	Paid        quantity.Money
	Proof       string // number of the receipt
	PaidOn      calendar.Date
	Matched     bool   // the receipt was found in a list of the tax authority
	Reason      string // of the cancellation, or why its payment was taken off it
	Transfer    int64  // of the delivery
	Acquisition int64
	IssuedAt    calendar.Instant
	ProvedAt    calendar.Instant
	DeliveredAt calendar.Instant
	Refusal     string // why the rules refuse the delivery of what is paid for; "": they do not, or nothing is paid
	Command     int64
}

// Arriving is what the notice may still bring to its licence, with the offset share of
// a guarantee: nothing where it renews what the licence has, or is delivered.
func (n PaymentNotice) Arriving() quantity.Quantity {
	open := n.State == NoticeIssued || n.State == NoticeProved
	if !open || n.Renewal != 0 || n.Opening != 0 || n.DeliveredAt != 0 {
		return 0
	}
	return n.Quantity
}

// Priced returns the notice with its amount from quantity, price and the months left, which the
// state counts up when it sells, rounded half up to the fen. It fails with an
// overflow, quantity.ErrImplausible, or ErrNoAmount.
func (n PaymentNotice) Priced(months int) (PaymentNotice, error) {
	amount, err := quantity.TradeAmount(n.Price, n.Quantity, months, quantity.HalfUp)
	if err != nil {
		return n, err
	}
	if amount == 0 {
		return n, ErrNoAmount
	}
	n.Months, n.Amount = int32(months), amount //nolint:gosec // months of a term
	return n, nil
}

// Validate returns a fault that names the first field that is wrong.
func (n PaymentNotice) Validate() error {
	if err := checkQuantity(n.Quantity); err != nil {
		return err
	}
	if n.Price <= 0 {
		return fault.Invalidf("price", "must be more than zero")
	}
	if err := checkDay("due_on", n.DueOn); err != nil {
		return err
	}
	if n.Document == "" {
		return nil
	}
	return catalog.CheckDocument("document", n.Document)
}

// Prove returns the notice with its payment. Returns ErrNoticeState, a fault
// about proof or paid_on, or ErrPaymentDiffers.
func (n PaymentNotice) Prove(paid quantity.Money, proof string, on calendar.Date) (PaymentNotice, error) {
	if n.State != NoticeIssued {
		return n, ErrNoticeState.With("the payment notice is %s: a payment is recorded once, while it is issued", n.State)
	}
	if err := fault.First(catalog.CheckText("proof", proof, proofMax), checkDay("paid_on", on)); err != nil {
		return n, err
	}
	if paid != n.Amount {
		difference, word := n.Amount-paid, "is missing"
		if paid > n.Amount {
			difference, word = paid-n.Amount, "is too much"
		}
		return n, ErrPaymentDiffers.With("CNY %s was asked for and CNY %s paid: CNY %s %s", n.Amount, paid, difference, word)
	}
	n.State, n.Paid, n.Proof, n.PaidOn = NoticeProved, paid, proof, on
	return n, nil
}

// Unpaid is the notice without its payment.
func (n PaymentNotice) Unpaid() PaymentNotice {
	n.Paid, n.Proof, n.PaidOn, n.ProvedAt, n.Matched, n.Refusal = 0, "", 0, 0, false, ""
	return n
}

// ReserveKey is the account that the quantity is held in.
func (n PaymentNotice) ReserveKey() ledger.Key { return Reserve.Key(n.Region, n.Pollutant) }

// Holding is the account that the quantity is delivered to.
func (n PaymentNotice) Holding() ledger.Key {
	return ledger.HoldingKey(n.Region, n.Pollutant, n.Party, n.Licence, n.Instrument, ledger.Paid)
}

// IsOverdue reports whether the payment is late on that day.
func (n PaymentNotice) IsOverdue(on calendar.Date) bool {
	return n.State == NoticeIssued && on > n.DueOn
}
