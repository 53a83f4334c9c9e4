package app

import (
	"strconv"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// Notices are sales by the government out of its reserve.
var Notices = cold[reserve.PaymentNotice]("payment_notice")

// The faults of payment notices, in the order in which they are checked.
var (
	// ErrDuePast is returned when a payment would be due before today.
	ErrDuePast = fault.New(fault.Invalid, "payment_notice.due_past", "the payment would be due before today").At("due_on")
	// ErrDueAfterTerm is returned when a payment would be due after the term has ended.
	ErrDueAfterTerm = fault.New(fault.Refused, "payment_notice.due_after_term", "the payment would be due after the term has ended").At("due_on")
	// ErrProofTaken is returned when a receipt has proved another payment.
	ErrProofTaken = fault.New(fault.Conflict, "payment_notice.proof_taken", "the receipt proves the payment of another notice already").At("proof")
)

// NoticeIssue sells permits out of a region's reserve: it holds them and asks
// for their payment to the tax authority.
type NoticeIssue struct {
	Licence    int64
	Instrument string
	Quantity   quantity.Quantity
	Price      quantity.Price // CNY/(t·a)
	DueOn      calendar.Date
	Document   string // may be empty
	Project    int64  // that the permits are for; 0: none is named
}

// NoticeProve records that finance has seen the payment. It never touches the
// platform's bank account: the money is the treasury's (财税〔2015〕61号).
type NoticeProve struct {
	Notice int64
	Amount quantity.Money
	Proof  string // number of the receipt, unique
	PaidOn calendar.Date
}

// NoticeDeliver delivers the permits of a notice whose payment is proved.
type NoticeDeliver struct{ Notice int64 }

// NoticeCancel gives the permits of a notice back to the reserve. What was paid
// already the tax authority pays back, outside.
type NoticeCancel struct {
	Notice int64
	Reason string
}

// NoticeResult is a payment notice with the code of its instrument.
type NoticeResult struct {
	Notice     reserve.PaymentNotice
	Instrument string
}

var _ = declare(NoticeIssue{}, NoticeProve{}, NoticeDeliver{}, NoticeCancel{})

// Operation is NoticeIssue.
func (NoticeIssue) Operation() identity.Operation { return identity.NoticeIssue }

// Decide checks the sale and that the reserve covers it. The result is a
// NoticeResult.
func (c NoticeIssue) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.NoticeIssue, c.Licence)
	if err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	n := reserve.PaymentNotice{
		Party: l.Party, Region: l.Region, Licence: l.ID, Project: c.Project, Instrument: i.ID, Pollutant: i.Pollutant, Quantity: c.Quantity,
		Price: c.Price, DueOn: c.DueOn, Document: c.Document, State: reserve.NoticeIssued, IssuedAt: v.Now,
	}
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if c.DueOn < v.Today {
		return nil, ErrDuePast.With("%s has passed", c.DueOn)
	}
	if err := v.checkReceiver(rulebook.PrimarySale, l, i, n.Quantity); err != nil {
		return nil, err
	}
	if c.Project != 0 {
		_, need, err := v.projectFor(c.Project, l, i.Pollutant)
		if err == nil {
			err = checkProjectRoom(need, c.Quantity)
		}
		if err != nil {
			return nil, err
		}
	}
	if c.DueOn > i.TermEnd {
		return nil, ErrDueAfterTerm.With("the term of %s ends on %s", i.Code, i.TermEnd)
	}
	if n, err = n.Priced(v.monthsLeft(i)); err != nil {
		return nil, err
	}
	if err := v.ledger.CheckHold(n.ReserveKey(), int64(n.Quantity)); err != nil {
		return nil, err
	}
	picks, err := v.pickLots(n.Region, n.Pollutant, n.Quantity, LotChoice{})
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		n = Put(tx, Notices, n)
		tx.moveLots(lotMove{event: reserve.Listing, from: reserve.AvailableBucket, picks: picks, reference: n.ID, document: n.Document})
		tx.moveLots(lotMove{
			event: reserve.Reserving, from: reserve.ListedBucket, picks: picks, claimant: claimant{reserve.ForNotice, n.ID}, reference: n.ID, document: n.Document,
		})
		tx.projectBids(n.Project, n.Pollutant, n.Quantity)
		n.Hold = tx.putHold(n.ReserveKey(), int64(n.Quantity), ledger.ForSale, n.ID).ID
		return tx.putNotice(n)
	}, nil
}

func (tx *Tx) putNotice(n reserve.PaymentNotice) NoticeResult {
	return NoticeResult{Put(tx, Notices, n), mustGet(tx, Instruments, n.Instrument).Code}
}

// notice returns a notice after the actor's right to do this in its region was
// checked, with its hold.
func (v *View) notice(op identity.Operation, id int64) (n reserve.PaymentNotice, h ledger.Hold, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return n, h, err
	}
	if n, err = Get(v, Notices, "id", id); err != nil {
		return n, h, err
	}
	if err := v.AuthoriseAt("id", op, identity.OfRegion(n.Region)); err != nil {
		return n, h, err
	}
	h, err = Get(v, Holds, "id", n.Hold)
	return n, h, err
}

// Operation is NoticeProve.
func (NoticeProve) Operation() identity.Operation { return identity.NoticeProve }

// Decide checks that exactly the amount was paid, by a new receipt. The result
// is a NoticeResult.
func (c NoticeProve) Decide(v *View) (Apply, error) {
	n, _, err := v.notice(identity.NoticeProve, c.Notice)
	if err != nil {
		return nil, err
	}
	if n, err = n.Prove(c.Amount, c.Proof, c.PaidOn); err != nil {
		return nil, err
	}
	if err := v.checkPast("paid_on", c.PaidOn); err != nil {
		return nil, err
	}
	taken, err := Find(v, Notices, Where("proof", c.Proof))
	if err != nil {
		return nil, err
	}
	if len(taken) > 0 {
		return nil, ErrProofTaken.With("the receipt %s proves the payment of notice %d already", c.Proof, taken[0].ID)
	}
	n.ProvedAt = v.Now
	return func(tx *Tx) any { return tx.putNotice(n) }, nil
}

// Operation is NoticeDeliver.
func (NoticeDeliver) Operation() identity.Operation { return identity.NoticeDeliver }

// Decide checks that the payment is proved and that the licence may receive
// the permits. The result is a NoticeResult.
func (c NoticeDeliver) Decide(v *View) (Apply, error) {
	n, h, err := v.notice(identity.NoticeDeliver, c.Notice)
	if err != nil {
		return nil, err
	}
	if n.State != reserve.NoticeProved {
		return nil, reserve.ErrNoticeState.With("the payment notice is %s: permits are delivered once, after their payment is proved", n.State)
	}
	l, err := Get(v, Licences, "id", n.Licence)
	if err != nil {
		return nil, err
	}
	i, err := Get(v, Instruments, "id", n.Instrument)
	if err != nil {
		return nil, err
	}
	if err := v.checkReceiver(rulebook.PrimarySale, l, i, n.Quantity); err != nil {
		return nil, err
	}
	t := reserve.SaleTransfer(n)
	if err := v.ledger.CheckOne(t.Reason, t.Legs[0]); err != nil {
		return nil, err
	}
	picks := v.allClaims(claimant{reserve.ForNotice, n.ID})
	return func(tx *Tx) any {
		tx.moveLots(lotMove{event: reserve.Delivery, from: reserve.ReservedBucket, picks: picks, amount: n.Amount, reference: n.ID, document: n.Document})
		tx.closeHold(h, ledger.HoldPosted)
		n.Transfer = tx.Post(t)[0].Transfer
		n.Acquisition = tx.Acquire(n.Holding(), ledger.Acquisition{
			AcquiredOn: tx.Today, Price: n.Price, PriceKnown: true, Quantity: n.Quantity, Document: documentOf(n),
		}).ID
		n.State, n.DeliveredAt = reserve.NoticeDelivered, tx.Now
		tx.licenceChanged(n.Licence, n.Pollutant, amountChange{permit.AmountPrimary, n.ID, n.Quantity, documentOf(n)})
		tx.projectBids(n.Project, n.Pollutant, -n.Quantity)
		tx.projectBought(permit.Entry{
			Project: n.Project, Pollutant: n.Pollutant, Kind: permit.ByNotice, Reference: n.ID, Instrument: n.Instrument,
			Bought: n.Quantity, Document: documentOf(n), Transfer: n.Transfer,
		})
		return tx.putNotice(n)
	}, nil
}

// documentOf names what proves an acquisition from the reserve.
func documentOf(n reserve.PaymentNotice) string {
	if n.Document != "" {
		return n.Document
	}
	return "payment notice " + strconv.FormatInt(n.ID, 10)
}

// Operation is NoticeCancel.
func (NoticeCancel) Operation() identity.Operation { return identity.NoticeCancel }

// Decide checks that nothing was delivered. The result is a NoticeResult.
func (c NoticeCancel) Decide(v *View) (Apply, error) {
	n, h, err := v.notice(identity.NoticeCancel, c.Notice)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if n.State != reserve.NoticeIssued && n.State != reserve.NoticeProved {
		return nil, reserve.ErrNoticeState.With("the payment notice is %s", n.State)
	}
	n.State, n.Reason = reserve.NoticeCancelled, c.Reason
	picks := v.allClaims(claimant{reserve.ForNotice, n.ID})
	return func(tx *Tx) any {
		tx.moveLots(lotMove{event: reserve.Default, from: reserve.ReservedBucket, picks: picks, reference: n.ID, document: n.Reason})
		tx.closeHold(h, ledger.HoldVoided)
		tx.projectBids(n.Project, n.Pollutant, -n.Quantity)
		return tx.putNotice(n)
	}, nil
}
