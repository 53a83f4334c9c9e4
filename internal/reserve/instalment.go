package reserve

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// InstalmentsMax bounds the parts of a plan.
const InstalmentsMax = 60

// InstalmentTerms are the dated parameters of instalments. 财税〔2015〕61号
// 第十三条 is remembered to ask for 40 % first and to allow five years; of its words
// only the beginning was read, so that both are project defaults.
type InstalmentTerms struct {
	FirstShare quantity.Ratio
	Months     int // from the notice to the last part
}

// A PlanState is where an instalment plan is in its life.
type PlanState string

// The states of a plan.
const (
	PlanRequested PlanState = "requested"
	PlanApproved  PlanState = "approved"
	PlanRefused   PlanState = "refused"
	PlanDelivered PlanState = "delivered" // the permits work, and are held until all is paid
	PlanFrozen    PlanState = "frozen"    // a part is overdue, or the payment of the first was withdrawn
	PlanPaid      PlanState = "paid"
	PlanRevoked   PlanState = "revoked" // what was not paid for is back in the reserve
	PlanCancelled PlanState = "cancelled"
)

// PlanStates are all states of a plan.
var PlanStates = []PlanState{PlanRequested, PlanApproved, PlanRefused, PlanDelivered, PlanFrozen, PlanPaid, PlanRevoked, PlanCancelled}

// IsOpen reports whether a plan in this state is still to be decided, paid or revoked.
func (s PlanState) IsOpen() bool {
	return s == PlanRequested || s == PlanApproved || s.IsRunning()
}

// IsRunning reports whether the permits are delivered and not yet paid for.
func (s PlanState) IsRunning() bool { return s == PlanDelivered || s == PlanFrozen }

// The faults of instalments, in the order in which they are checked.
var (
	// ErrInstalmentsSale is returned when a sale other than at a fixed price would be paid in parts.
	ErrInstalmentsSale = fault.New(fault.Refused, "instalment.fixed_price_only", "only a fixed-price sale may be paid in instalments").
				Under("primary_sale.instalments", "财税〔2015〕61号 第十三条 speaks of 排污权使用费 alone, the price of fixed-price sales; project default")
	// ErrPlanState is returned when the state of a plan does not allow a step.
	ErrPlanState = fault.New(fault.Conflict, "instalment.plan_state", "the state of the instalment plan does not allow this")
	// ErrOwnRequest is returned when the officer who requested, or who stands in for him, would decide.
	ErrOwnRequest = fault.New(fault.Refused, "instalment.own_request", "another person than the one who requested the plan decides about it").
			Under("instalment.four_eyes", "project default")
	// ErrPlanOpen is returned when a notice has a plan already.
	ErrPlanOpen = fault.New(fault.Conflict, "instalment.plan_open", "the notice has an instalment plan already")
	// ErrPartsNumber is returned when a plan has less than two parts or too many.
	ErrPartsNumber = fault.New(fault.Invalid, "instalment.parts", "a plan has 2 to 60 parts").At("parts")
	// ErrPartsSum is returned when the parts are not the amount of the notice.
	ErrPartsSum = fault.New(fault.Invalid, "instalment.parts_sum", "the parts must sum to the amount of the notice").At("parts")
	// ErrPartsOrder is returned when a part is due before the one before it, or before today.
	ErrPartsOrder = fault.New(fault.Invalid, "instalment.parts_order", "each part must be due after the one before it, the first not before today").At("parts")
	// ErrFirstPart is returned when the first part is too small.
	ErrFirstPart = fault.New(fault.Refused, "instalment.first_part", "the first part is too small a share of the amount").At("parts").
			Under("primary_sale.instalments", "财税〔2015〕61号 第十三条 (缴纳排污权使用费金额较大、一次性缴纳……; the rest was not read): project default")
	// ErrLastPart is returned when the last part is due too late.
	ErrLastPart = fault.New(fault.Refused, "instalment.last_part", "the last part must be due in time and within the term").At("parts").
			Under("primary_sale.instalments", "财税〔2015〕61号 第十三条 (缴纳排污权使用费金额较大、一次性缴纳……; the rest was not read): project default")
	// ErrPartState is returned when a part is not to be paid, or was paid.
	ErrPartState = fault.New(fault.Conflict, "instalment.part_state", "the part is not to be paid now, or is paid already")
)

// An InstalmentPlan is the request to pay a notice in parts, and what became of it.
type InstalmentPlan struct {
	ID          int64
	Notice      int64
	Party       int64
	Region      string
	Licence     int64
	Document    string // of the request
	State       PlanState
	Reason      string // of the decision
	Hold        int64  // on the holding, from the delivery until all is paid
	Transfer    int64  // of the delivery
	Acquisition int64
	Revoked     quantity.Quantity
	RequestedAt calendar.Instant
	DecidedAt   calendar.Instant
	DeliveredAt calendar.Instant
	RevokedAt   calendar.Instant // 0: not, or before revocations lowered the statistics
	RequestedBy int64            // person; 0: requested before this was recorded
	DecidedBy   int64            // person; 0: not, or decided before this was recorded
	Command     int64
}

// An Instalment is a part of a notice's amount.
type Instalment struct {
	ID           int64
	Plan         int64
	Notice       int64
	Sequence     int32 // 1 is the first
	Amount       quantity.Money
	DueOn        calendar.Date
	Paid         quantity.Money // 0 or the amount
	Proof        string
	PaidOn       calendar.Date
	Matched      bool
	Confirmation string // why finance confirmed what no list has
	Reason       string // why its payment was taken off it
	Command      int64
}

// IsSettled reports whether the part is paid and its payment certain.
func (i Instalment) IsSettled() bool { return i.Paid > 0 && (i.Matched || i.Confirmation != "") }

// IsOverdue reports whether the part is late on that day.
func (i Instalment) IsOverdue(on calendar.Date) bool { return i.Paid == 0 && on > i.DueOn }

// PlannedPart is a part that a request asks for.
type PlannedPart struct {
	Amount quantity.Money
	DueOn  calendar.Date
}

// CheckParts returns the fault of paying a notice in these parts, or nil.
func (terms InstalmentTerms) CheckParts(n PaymentNotice, parts []PlannedPart, today, termEnd calendar.Date) error {
	if len(parts) < 2 || len(parts) > InstalmentsMax {
		return ErrPartsNumber
	}
	var sum quantity.Money
	after := today.AddDays(-1)
	for _, p := range parts {
		if p.Amount <= 0 || p.Amount > n.Amount-sum {
			return ErrPartsSum.With("the parts do not sum to CNY %s", n.Amount)
		}
		if !p.DueOn.Valid() || p.DueOn <= after {
			return ErrPartsOrder
		}
		sum, after = sum+p.Amount, p.DueOn
	}
	if sum != n.Amount {
		return ErrPartsSum.With("the parts come to CNY %s, the notice to CNY %s", sum, n.Amount)
	}
	least, err := n.Amount.Times(terms.FirstShare, quantity.Up)
	if err != nil {
		return err
	}
	if parts[0].Amount < least {
		return ErrFirstPart.With("the first part must be at least CNY %s", least)
	}
	if last := min(n.IssuedAt.Date().AddMonths(terms.Months), termEnd); after > last {
		return ErrLastPart.With("the last part must be due by %s", last)
	}
	return nil
}

// Prove returns the part with its payment. Returns ErrPartState, a fault about
// proof or paid_on, or ErrPaymentDiffers.
func (i Instalment) Prove(paid quantity.Money, proof string, on calendar.Date) (Instalment, error) {
	if i.Paid > 0 {
		return i, ErrPartState
	}
	if err := fault.First(catalog.CheckText("proof", proof, proofMax), checkDay("paid_on", on)); err != nil {
		return i, err
	}
	if paid != i.Amount {
		return i, ErrPaymentDiffers.With("CNY %s was asked for and CNY %s paid", i.Amount, paid)
	}
	i.Paid, i.Proof, i.PaidOn = paid, proof, on
	return i, nil
}

// ProvedByList is the part that a receipt of a list proves.
func (i Instalment) ProvedByList(r TaxReceipt) Instalment {
	if i.Paid == 0 {
		i.Paid, i.Proof, i.PaidOn = i.Amount, r.Receipt, r.PaidOn
	}
	i.Matched = true
	return i
}

// Unpaid is the part without its payment.
func (i Instalment) Unpaid() Instalment {
	i.Paid, i.Proof, i.PaidOn, i.Matched, i.Confirmation = 0, "", 0, false, ""
	return i
}

// RevokedOf is what goes back of a sold quantity when only a part of its amount
// was paid: the buyer keeps the share that he paid for, rounded down at four
// decimals (what the state grants).
func RevokedOf(sold quantity.Quantity, paid, amount quantity.Money) quantity.Quantity {
	kept, err := quantity.MulDiv(int64(sold), int64(paid), 1, int64(amount), quantity.Down)
	if err != nil {
		panic("reserve: a share is never more than the whole")
	}
	return sold - quantity.Quantity(kept).FloorTo(needStep)
}

// RevocationTransfer is the posting of a revocation, out of what is held on the holding.
func RevocationTransfer(n PaymentNotice, p InstalmentPlan) ledger.Transfer {
	return ledger.Transfer{Reason: ledger.SaleRevocation, Reference: p.ID, Legs: []ledger.Leg{
		{Debit: n.Holding(), Credit: n.ReserveKey(), Amount: int64(p.Revoked), FromHeld: true},
	}}
}

// Lot is what a revocation brings back: it cost nothing, for nothing was paid for it.
func (p InstalmentPlan) Lot(n PaymentNotice, s Sale, today calendar.Date) Lot {
	return Lot{
		Region: n.Region, Pollutant: n.Pollutant, Provenance: UnsoldReturn, AcquiredOn: today, Document: "revoked of " + s.NoticeNumber(),
		Quantity: p.Revoked, Source: n.ID,
	}
}
