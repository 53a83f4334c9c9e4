package auction

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// An Award is what becomes of what a bidder has won, from the certification to
// the delivery, or to its end without one.
type Award struct {
	ID           int64
	Winner       int64
	Offer        int64
	Registration int64
	Party        int64
	Region       string // of the offer
	Seller       int64  // the party that is paid through the ledger; 0: the state pays, or is paid, by the treasury
	Quantity     quantity.Quantity
	Price        quantity.Price
	Amount       quantity.Money
	State        AwardState
	PublicNotice int64 // who objects to it suspends this award, and no other
	ContractBy   calendar.Date
	SignedBy     int64 // the winner's person
	SignedAt     calendar.Instant
	Contract     string // its number
	ContractedBy int64  // who signed for the bureau
	ContractedAt calendar.Instant
	PayBy        calendar.Date
	Notice       int64  // of the payment, which the tax authority receives; 0: not asked for
	Proof        string // of what the treasury has paid to a seller; of a sale its notice has it
	PaidOn       calendar.Date
	PaidAt       calendar.Instant
	CertifyBy    calendar.Date     // the certificate of the acquisition
	Transfer     int64             // of the delivery
	Lot          int64             // of a buy-back
	Uncovered    quantity.Quantity // of a buy-back that is booked: what no surplus that was verified for sale covered
	EndedAt      calendar.Instant
	Reason       string         // why it came to nothing
	Forfeited    quantity.Money // of what was put up
	BarredUntil  calendar.Date  // the last day without admission to auctions; 0: not barred
	Command      int64
}

// The faults of an award, in the order in which they are checked.
var (
	// ErrAwardStep is returned when an award does not allow a step in its state.
	ErrAwardStep = fault.New(fault.Conflict, "award.not_now", "the award does not allow this now")
	// ErrAwardSuspended is returned while an objection to an award waits for its answer.
	ErrAwardSuspended = fault.New(fault.Conflict, "award.suspended", "an objection to the award waits for its answer").
				Under("award.objection", "project default")
	// ErrAwardUpheld is returned when an objection to the award was upheld: it can only be revoked.
	ErrAwardUpheld = fault.New(fault.Conflict, "award.objection_upheld", "an objection to the award was upheld: revoke it")
	// ErrNotNeeded is returned for a default on what a step of the project has made needless: revoke the award.
	ErrNotNeeded = fault.New(fault.Conflict, "award.not_needed", "the project no longer needs it, by no fault of the winner: revoke the award")
	// ErrNotUpheld is returned when an award is revoked to which no objection was upheld, that is still needed, and which no rule stands in the way of.
	ErrNotUpheld = fault.New(fault.Refused, "award.no_objection_upheld", "an award is revoked when an objection to it was upheld, when a step of the project has made it needless, or when the rules no longer let its winner have it").
			Under("award.objection", "project default")
	// ErrNotOverdue is returned when a default is found before the deadline has passed.
	ErrNotOverdue = fault.New(fault.Refused, "award.not_overdue", "the deadline has not passed").
			Under("award.deadlines", "project default, after Foshan: contract in 3 working days, payment in 7")
	// ErrBarred is returned to a bidder who has not signed or not paid an earlier award.
	ErrBarred = fault.New(fault.Refused, "award.bidder_barred", "the bidder is barred from auctions").
			Under("award.default", "project default; Lanzhou: the deposit is forfeited by who does not sign or does not pay")
)

// Signed is the award after its winner has signed the contract.
func (a Award) Signed(person int64, at calendar.Instant) (Award, error) {
	a, err := a.Next(SignAward, AsWinner)
	a.SignedBy, a.SignedAt = person, at
	return a, err
}

// Contracted is the award after the bureau has signed the contract, too.
func (a Award) Contracted(number string, person int64, at calendar.Instant, payBy calendar.Date) (Award, error) {
	a, err := a.Next(ContractAward, AsBureau)
	if err == nil {
		err = catalog.CheckDocument("contract", number)
	}
	a.Contract, a.ContractedBy, a.ContractedAt, a.PayBy = number, person, at, payBy
	return a, err
}

// Paid is the award after its payment was proven.
func (a Award) Paid(at calendar.Instant) (Award, error) {
	a, err := a.Next(ProveAward, AsFinance)
	a.PaidAt = at
	return a, err
}

// Unpaid is the award whose payment was for another notice: it waits for its own,
// with the deadline that it had.
func (a Award) Unpaid() (Award, error) {
	a, err := a.Next(UnproveAward, AsFinance)
	a.PaidAt = 0
	return a, err
}

// NeverPaid is a revoked award of which nothing was paid, after all.
func (a Award) NeverPaid() Award {
	a.Proof, a.PaidOn, a.PaidAt = "", 0, 0
	return a
}

// Delivered is the award after the permits were.
func (a Award) Delivered(transfer int64, at calendar.Instant, certifyBy calendar.Date) (Award, error) {
	a, err := a.Next(DeliverAward, AsBureau)
	a.Transfer, a.EndedAt, a.CertifyBy = transfer, at, certifyBy
	return a, err
}

// Settled is the award after credits and money have changed hands, in one step.
func (a Award) Settled(at calendar.Instant) (Award, error) {
	a, err := a.Next(SettleAward, AsWinner)
	a.PaidAt, a.EndedAt = at, at
	return a, err
}

// Deadline is the day by which the winner must do what the award waits for; 0
// where it does not wait for him.
func (a Award) Deadline() calendar.Date {
	switch a.State { //nolint:exhaustive // the others do not wait for the winner
	case Awarded:
		return a.ContractBy
	case AwardContracted:
		return a.PayBy
	}
	return 0
}

// Defaulted is the award that its winner has let go after a deadline: what he
// put up is forfeited, and he is barred. Returns ErrAwardStep or ErrNotOverdue.
func (a Award) Defaulted(deadline calendar.Date, reason string, at calendar.Instant, forfeited quantity.Money, until calendar.Date) (Award, error) {
	a, err := a.Next(DefaultAward, AsBureau)
	if err != nil {
		return a, err
	}
	if err := catalog.CheckDocument("reason", reason); err != nil {
		return a, err
	}
	if at.Date() <= deadline {
		return a, ErrNotOverdue.With("the deadline is %s", deadline)
	}
	a.Reason, a.EndedAt, a.Forfeited, a.BarredUntil = reason, at, forfeited, until
	return a, nil
}

// Revoked is the award that its winner may not have: an objection to it was
// upheld, its need has gone, or the rules no longer allow it. What he put up is not
// forfeited.
func (a Award) Revoked(reason string, at calendar.Instant) (Award, error) {
	a, err := a.Next(RevokeAward, AsBureau)
	if err == nil {
		err = catalog.CheckDocument("reason", reason)
	}
	a.Reason, a.EndedAt = reason, at
	return a, err
}
