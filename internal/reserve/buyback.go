package reserve

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// A BuyBackKind says who began a buy-back (回购).
type BuyBackKind string

// The kinds of buy-backs.
const (
	Application BuyBackKind = "application" // by the enterprise, which may withdraw it
	Compulsory  BuyBackKind = "compulsory"  // opened by the bureau; the enterprise may object
)

// BuyBackKinds are all kinds of buy-backs.
var BuyBackKinds = []BuyBackKind{Application, Compulsory}

// A BuyBackCause is why permits go back to the government.
type BuyBackCause string

// The causes: those of an application are the cases of 甬环发〔2015〕81号, those of the
// bureau are where the permits are no longer needed or no longer the holder's to keep.
const (
	ProjectCancelled  BuyBackCause = "project_cancelled"
	CompletionSurplus BuyBackCause = "completion_surplus" // found at the acceptance of the finished project
	Reduction         BuyBackCause = "reduction"          // by engineering or structural measures
	LicenceChange     BuyBackCause = "licence_change"
	Abandoned         BuyBackCause = "abandoned"
	Idle              BuyBackCause = "idle" // for more than 36 months (浙政办发〔2010〕132号)
	UnitClosed        BuyBackCause = "unit_closed"
	LicenceCancelled  BuyBackCause = "licence_cancelled"
	ReductionTask     BuyBackCause = "reduction_task" // the region's task needs it (甬环发〔2015〕81号 art. 6)
)

// BuyBackCauses are all causes.
var BuyBackCauses = []BuyBackCause{
	ProjectCancelled, CompletionSurplus, Reduction, LicenceChange, Abandoned, Idle, UnitClosed, LicenceCancelled, ReductionTask,
}

// EndsUnit reports whether the cause is that a unit, or its licence, is no more.
func (c BuyBackCause) EndsUnit() bool { return c == UnitClosed || c == LicenceCancelled }

// AsksTask reports whether the unit's own reduction task must be done before its permits
// are bought. The gate of sellers is about what a unit saves beyond its task: the region's
// task needs it sooner, and a unit that is no more has no task and saves nothing (project default).
func (c BuyBackCause) AsksTask() bool { return c != ReductionTask && !c.EndsUnit() }

// OfSurplus reports whether what goes back is what a unit that goes on discharges
// less than it may. A changed licence permits less already, and what the region's
// task needs is more than what the task leaves.
func (c BuyBackCause) OfSurplus() bool { return c == Reduction }

// causesOf are the causes that a kind of buy-back can have.
var causesOf = map[BuyBackKind][]BuyBackCause{
	Application: {ProjectCancelled, CompletionSurplus, Reduction, LicenceChange, Abandoned},
	Compulsory:  {ProjectCancelled, CompletionSurplus, Abandoned, Idle, UnitClosed, LicenceCancelled, ReductionTask},
}

// The faults of a buy-back, in the order in which they are checked.
var (
	// ErrVerifiedLess is returned when less was verified than is to go back.
	ErrVerifiedLess = fault.New(fault.Refused, "buy_back.verified_less", "less is verified as surplus than is to go back").At("quantity").
			Under("buy_back.verified", "project default")
	// ErrNoReclaim is returned when paid permits would be taken back without payment for a cause that does not allow it.
	ErrNoReclaim = fault.New(fault.Refused, "rule.paid_permits_bought", "paid permits are taken back without payment only where the unit is closed, its licence is cancelled, they lay idle or were abandoned").
			Under("buy_back.reclaim", "project default")
	// ErrObjectionOpen is returned while an objection waits for its answer.
	ErrObjectionOpen = fault.New(fault.Conflict, "buy_back.objection_open", "an objection waits for its answer")
	// ErrObjectionTime is returned while the holder may still object.
	ErrObjectionTime = fault.New(fault.Conflict, "buy_back.objection_time", "the holder may still object")
	// ErrObjectionLate is returned when the time to object is over.
	ErrObjectionLate = fault.New(fault.Refused, "buy_back.objection_late", "the time to object is over").
				Under("buy_back.objection", "project default")
	// ErrPaidOther is returned when the treasury paid another amount than was agreed.
	ErrPaidOther = fault.New(fault.Refused, "buy_back.amount_differs", "the payment is not the agreed amount").At("amount").
			Under("buy_back.paid_in_full", "project default")
)

// A BuyBack takes permits of one holding back into the government's reserve:
// bought for a price, or reclaimed without one.
type BuyBack struct {
	ID           int64
	Kind         BuyBackKind
	Cause        BuyBackCause
	State        BuyBackState
	Party        int64
	Region       string
	Licence      int64
	Instrument   int64
	Pollutant    string
	Origin       ledger.Origin
	Quantity     quantity.Quantity
	Document     string // of the application or the opening
	Idle         int64  // the declaration that is swept; 0: none
	Offer        int64  // the standing offer that was accepted; 0: none
	Verification int64  // the verification of surplus that an accepted offer, or what a project has left over, rests on; 0: Finding is its own

	Verified         quantity.Quantity
	Rung             Rung
	Monitored        bool
	TaskDone         bool
	VerifiedOn       calendar.Date
	VerifiedDocument string

	ObjectUntil    calendar.Date // the last day to object; 0: not yet known, or an application
	ObjectionDueOn calendar.Date // an objection must be answered by then; 0: none is open

	BasePrice     quantity.Price // CNY/(t·a): of the price authority, or of the standing offer
	PriceDocument string         // of the base price, or of the offer
	Months        int32          // left when it was priced
	Amount        quantity.Money
	Reclaimed     bool // without payment
	PricedOn      calendar.Date

	Budget           int64 // what the amount is committed in; 0: nothing is
	ApprovalDocument string
	Contract         string
	Proof            string // of the payment
	PaidOn           calendar.Date
	LicenceDocument  string // of the change of the licence

	Hold            int64             // on the holding
	SurplusHeld     quantity.Quantity // of what was verified for sale before
	Uncovered       quantity.Quantity // in the reserve, of a reduction: what no surplus that was verified for sale covered
	Transfer        int64
	Lot             int64
	OpenedBy        int64 // person
	OpenedAt        calendar.Instant
	BookedAt        calendar.Instant
	HeldOn          calendar.Date // the permits that are swept were acquired by this day; 0: none are, or it was not looked at yet
	Formula         PriceFormula  // by which it was priced; "": of a standing offer, or before formulas were dated
	FormulaDocument string
	Command         int64
}

// Validate returns a fault that names the first field that is wrong.
func (b BuyBack) Validate() error {
	return fault.First(b.CheckTaken(), catalog.CheckDocument("document", b.Document))
}

// CheckTaken is Validate without the document, which nobody can change once the draft is
// there: what is taken back, and why.
func (b BuyBack) CheckTaken() error {
	if err := fault.First(
		catalog.CheckOneOf("cause", b.Cause, causesOf[b.Kind]),
		checkQuantity(b.Quantity),
	); err != nil {
		return err
	}
	if b.Origin < ledger.Paid || b.Origin > ledger.UnknownOrigin {
		return fault.Invalidf("origin", "must be one of paid, free, unknown")
	}
	return nil
}

// Holding is the account that the permits leave.
func (b BuyBack) Holding() ledger.Key {
	return ledger.HoldingKey(b.Region, b.Pollutant, b.Party, b.Licence, b.Instrument, b.Origin)
}

// A Finding is what the bureau found to be surplus, and from what.
type Finding struct {
	Quantity   quantity.Quantity
	Rung       Rung
	Monitored  bool // the site has automatic monitors
	TaskDone   bool // its reduction task is done
	VerifiedOn calendar.Date
	Document   string
}

// Verify returns the buy-back with what was found. Returns a fault about a
// field, or ErrVerifiedLess.
func (b BuyBack) Verify(f Finding) (BuyBack, error) {
	if err := fault.First(
		checkQuantity(f.Quantity),
		catalog.CheckOneOf("rung", f.Rung, Rungs),
		checkDay("verified_on", f.VerifiedOn),
		catalog.CheckDocument("document", f.Document),
	); err != nil {
		return b, err
	}
	if f.Quantity < b.Quantity {
		return b, ErrVerifiedLess.With("%s t/a are verified, %s t/a are to go back: return or reject it", f.Quantity, b.Quantity)
	}
	b.Verified, b.Rung, b.Monitored, b.TaskDone = f.Quantity, f.Rung, f.Monitored, f.TaskDone
	b.VerifiedOn, b.VerifiedDocument = f.VerifiedOn, f.Document
	return b, nil
}

// MayReclaim reports whether the permits may be taken back without payment.
func (b BuyBack) MayReclaim() bool {
	return b.Origin == ledger.Free || slices.Contains([]BuyBackCause{UnitClosed, LicenceCancelled, Idle, Abandoned}, b.Cause)
}

// Reclaim returns the buy-back at no price, or ErrNoReclaim.
func (b BuyBack) Reclaim(on calendar.Date) (BuyBack, error) {
	if !b.MayReclaim() {
		return b, ErrNoReclaim.With("%s permits are not taken back without payment for the cause %s", b.Origin, b.Cause)
	}
	b.Reclaimed, b.Amount, b.PricedOn = true, 0, on
	return b, nil
}

// CheckImposed returns ErrObjectionOpen or ErrObjectionTime while the bureau may
// not go on against the holder's will.
func (b BuyBack) CheckImposed(today calendar.Date) error {
	switch {
	case b.Kind != Compulsory:
		return nil
	case b.ObjectionDueOn != 0:
		return ErrObjectionOpen.With("the objection must be answered first, by %s", b.ObjectionDueOn)
	case today <= b.ObjectUntil:
		return ErrObjectionTime.With("the holder may object until %s", b.ObjectUntil)
	}
	return nil
}

// Object returns the buy-back with an open objection, to be answered by a day.
// Returns ErrObjectionLate after the last day to object.
func (b BuyBack) Object(today, answerBy calendar.Date) (BuyBack, error) {
	if b.ObjectUntil != 0 && today > b.ObjectUntil {
		return b, ErrObjectionLate.With("the last day to object was %s", b.ObjectUntil)
	}
	b.ObjectionDueOn = answerBy
	return b, nil
}

// IsOverdue reports whether an objection should have been answered by now.
func (b BuyBack) IsOverdue(today calendar.Date) bool {
	return b.ObjectionDueOn != 0 && today > b.ObjectionDueOn
}

// Pay returns the buy-back with its payment by the treasury, or ErrPaidOther.
func (b BuyBack) Pay(amount quantity.Money, proof string, on calendar.Date) (BuyBack, error) {
	if err := fault.First(catalog.CheckText("proof", proof, proofMax), checkDay("paid_on", on)); err != nil {
		return b, err
	}
	if amount != b.Amount {
		return b, ErrPaidOther.With("CNY %s was agreed and CNY %s paid: the treasury pays one sum", b.Amount, amount)
	}
	b.Proof, b.PaidOn = proof, on
	return b, nil
}

// UnpaidAgain is the buy-back whose payment came back from the bank.
func (b BuyBack) UnpaidAgain() BuyBack {
	b.Proof, b.PaidOn = "", 0
	return b
}

// IsCommitted reports whether the amount is committed in a budget and not paid.
func (b BuyBack) IsCommitted() bool {
	return b.Budget != 0 && b.State.IsOpen() && b.State != BuyBackPaid
}

// IsPaid reports whether the treasury has paid the amount.
func (b BuyBack) IsPaid() bool { return b.PaidOn != 0 }

// BuyBackTransfer is the posting of a buy-back that goes into the reserve, out
// of what the holding holds aside for it. Its money is the treasury's and posts nothing.
func BuyBackTransfer(b BuyBack) ledger.Transfer {
	reason := ledger.BuyBack
	if b.Reclaimed {
		reason = ledger.Reclamation
	}
	return ledger.Transfer{Reason: reason, Reference: b.ID, Legs: []ledger.Leg{
		{Debit: b.Holding(), Credit: Reserve.Key(b.Region, b.Pollutant), Amount: int64(b.Quantity), FromHeld: true},
	}}
}

// A BuyBackSource is a part of an acquisition that a buy-back used up. It never changes.
type BuyBackSource struct {
	ID          int64
	BuyBack     int64
	Acquisition int64
	Quantity    quantity.Quantity
	Command     int64
}

// AsLot is what the buy-back brings into the reserve. Its price is the mean of
// what was paid, per tonne and year; nothing else rests on it.
func (b BuyBack) AsLot(today calendar.Date) Lot {
	l := Lot{
		Region: b.Region, Pollutant: b.Pollutant, Provenance: BoughtBack, AcquiredOn: today, Document: b.Contract,
		Months: b.Months, Cost: b.Amount, Source: b.ID, Quantity: b.Quantity,
	}
	switch {
	case b.Reclaimed && b.Cause == Idle:
		l.Provenance, l.Document = SweptIdle, b.ApprovalDocument
	case b.Reclaimed:
		l.Provenance, l.Document = ReclaimedFree, b.ApprovalDocument
	default:
		l.Price = b.meanPrice()
	}
	return l
}

// meanPrice is amount ÷ quantity ÷ months × 12, half up.
func (b BuyBack) meanPrice() quantity.Price {
	whole, err := quantity.MeanPrice(b.Amount, b.Quantity, quantity.PriceScale, quantity.HalfUp)
	if err != nil {
		return 0
	}
	const monthsPerYear = 12
	p, err := quantity.MulDiv(int64(whole), monthsPerYear, 1, int64(b.Months), quantity.HalfUp)
	if err != nil {
		return 0
	}
	return quantity.Price(p)
}
