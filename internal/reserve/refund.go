package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// The faults of refunds, in the order in which they are checked.
var (
	// ErrNothingToRefund is returned when a refund would be asked for before the permits are in the reserve.
	ErrNothingToRefund = fault.New(fault.Conflict, "treasury_refund.not_booked", "a refund is asked for after the permits are in the reserve; a payment that came back before is a failed one")
	// ErrRefundBeyond is returned when more would be refunded than was paid.
	ErrRefundBeyond = fault.New(fault.Refused, "treasury_refund.beyond_payment", "more would be refunded than was paid").At("amount").
			Under("treasury_refund.within", "project default")
	// ErrRefundEarly is returned when money would have come back before it was paid.
	ErrRefundEarly = fault.New(fault.Invalid, "treasury_refund.before_payment", "the money cannot have come back before it was paid").At("received_on")
	// ErrRefundState is returned when the state of a refund does not allow a step.
	ErrRefundState = fault.New(fault.Conflict, "treasury_refund.state", "the state of the refund does not allow this")
	// ErrRefundPart is returned when a part of a refund would be cancelled that is not the payment of an instalment of its sale.
	ErrRefundPart = fault.New(fault.Refused, "treasury_refund.part", "the refund is of no such instalment that was paid: leave it out to cancel all of it").At("instalment").
			Under("treasury_refund.within", "project default")
)

// A RefundState is where a refund is in its life.
type RefundState string

// The states of a refund; the last two are final.
const (
	RefundRequested RefundState = "requested"
	RefundReceived  RefundState = "received"
	RefundCancelled RefundState = "cancelled"
)

// RefundStates are all states of a refund.
var RefundStates = []RefundState{RefundRequested, RefundReceived, RefundCancelled}

// A RefundEvent is what happens to a refund.
type RefundEvent string

// The events.
const (
	RefundReceipt RefundEvent = "receive"
	RefundDrop    RefundEvent = "cancel"
)

// RefundEvents are all events of a refund.
var RefundEvents = []RefundEvent{RefundReceipt, RefundDrop}

// Next returns the state after an event, or ErrRefundState.
func (s RefundState) Next(e RefundEvent) (RefundState, error) {
	switch {
	case s != RefundRequested:
		return s, ErrRefundState.With("the refund is %s", s)
	case e == RefundReceipt:
		return RefundReceived, nil
	}
	return RefundCancelled, nil
}

// A TreasuryRefund is money that goes back between the treasury and an enterprise.
// The enterprise pays it back after its permits are in the reserve, for example
// because too many months were paid, where the permits stay where they are; or
// because the award was revoked, for which it has its permits again. The money is
// in the budget again. The tax authority pays it back to the enterprise (退库) where
// a payment notice was cancelled after its payment, or a guarantee that was paid is
// corrected: its permits are given back, and no budget has to do with it.
type TreasuryRefund struct {
	ID          int64
	BuyBack     int64 // 0: of an award, a notice or a correction
	Award       int64 // of a reverse auction that was revoked after its payment; 0: of something else
	Notice      int64 // that was cancelled after its payment; 0: of something else
	Party       int64
	Region      string
	Amount      quantity.Money
	Reason      string
	Document    string
	State       RefundState
	Proof       string
	ReceivedOn  calendar.Date
	RequestedAt calendar.Instant
	Correction  int64 // of a guarantee that was paid, by which as much was taken back; 0: of something else
	// CancelDocument is by what two persons no longer ask for it; empty: they do, or one person cancelled it before two had to.
	CancelDocument string
	Command        int64
}

// Validate returns a fault that names the first field that is wrong.
func (r TreasuryRefund) Validate() error {
	if r.Amount <= 0 {
		return fault.Invalidf("amount", "must be more than zero")
	}
	return fault.First(catalog.CheckDocument("reason", r.Reason), catalog.CheckDocument("document", r.Document))
}

// Receive returns the refund with the receipt, or ErrRefundState.
func (r TreasuryRefund) Receive(proof string, on calendar.Date) (TreasuryRefund, error) {
	to, err := r.State.Next(RefundReceipt)
	if err != nil {
		return r, err
	}
	if err := fault.First(catalog.CheckText("proof", proof, proofMax), checkDay("received_on", on)); err != nil {
		return r, err
	}
	r.State, r.Proof, r.ReceivedOn = to, proof, on
	return r, nil
}

// Cancel returns the refund that is no longer asked for by a document, or
// ErrRefundState or a fault about document.
func (r TreasuryRefund) Cancel(document string) (TreasuryRefund, error) {
	to, err := r.State.Next(RefundDrop)
	if err != nil {
		return r, err
	}
	if err := catalog.CheckDocument("document", document); err != nil {
		return r, err
	}
	r.State, r.CancelDocument = to, document
	return r, nil
}

// CancelPart is Cancel of an amount of it: the rest is still asked for.
func (r TreasuryRefund) CancelPart(amount quantity.Money, document string) (TreasuryRefund, error) {
	cancelled, err := r.Cancel(document)
	if err != nil || amount >= r.Amount {
		return cancelled, err
	}
	r.Amount -= amount
	return r, nil
}

// IsByTaxAuthority reports whether the tax authority pays it back to the enterprise.
func (r TreasuryRefund) IsByTaxAuthority() bool { return r.Notice != 0 || r.Correction != 0 }
