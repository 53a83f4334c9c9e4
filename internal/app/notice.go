package app

import (
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

// The tables of payment notices: of sales by the government out of its reserve, and of renewals.
var (
	Notices        = watched[reserve.PaymentNotice]("payment_notice")
	Sales          = cold[reserve.Sale]("sale")
	NoticeCounters = resident[reserve.NoticeNumbers]("notice_numbers")
)

var noticeCounters = indexed(NoticeCounters, func(c reserve.NoticeNumbers) []regionYear { return []regionYear{{c.Region, c.Year}} })

type regionYear struct {
	region string
	year   int32
}

// The faults of payment notices, in the order in which they are checked.
var (
	// ErrDuePast is returned when a payment would be due before today.
	ErrDuePast = fault.New(fault.Invalid, "payment_notice.due_past", "the payment would be due before today").At("due_on")
	// ErrDueAfterTerm is returned when a payment would be due after the term has ended.
	ErrDueAfterTerm = fault.New(fault.Refused, "payment_notice.due_after_term", "the payment would be due after the term has ended").At("due_on").
			Under("instrument.term_end", sourceDefault)
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
	LotChoice

	ExistingUnit bool // they are for the unit that the licence has, and not for a project
}

// NoticeProve records that finance has seen the payment. It never touches the
// platform's bank account: the money is the treasury's (财税〔2015〕61号 第七条).
type NoticeProve struct {
	Notice int64
	Amount quantity.Money
	Proof  string // number of the receipt, unique
	PaidOn calendar.Date
}

// NoticeDeliver delivers the permits of a notice whose payment is proved.
type NoticeDeliver struct{ Notice int64 }

// NoticeCancel gives the permits of a notice back to the reserve. What was paid
// already is owed as a refund, and a second person approves it then.
type NoticeCancel struct {
	Notice int64
	Reason string
}

// NoticeConfirm is finance's reason to deliver although no list of the tax
// authority has the payment. A second officer approves it.
type NoticeConfirm struct {
	Notice int64
	Reason string
}

// NoticeResult is a payment notice with its sale, the code of its instrument and
// the day on which it is so.
type NoticeResult struct {
	Notice     reserve.PaymentNotice
	Sale       reserve.Sale
	Instrument string
	On         calendar.Date
}

var _ = declare(NoticeIssue{}, NoticeProve{}, NoticeConfirm{}, NoticeDeliver{}, NoticeCancel{})

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
	n, err := v.priceNotice(l, i, reserve.PaymentNotice{Project: c.Project, Quantity: c.Quantity, Price: c.Price, DueOn: c.DueOn, Document: c.Document})
	if err != nil {
		return nil, err
	}
	if err := v.checkSaid(use{c.Project, c.ExistingUnit}, l.ID, i.Pollutant); err != nil {
		return nil, err
	}
	if err := v.ledger.CheckHold(n.ReserveKey(), int64(n.Quantity)); err != nil {
		return nil, atField(err, "quantity")
	}
	picks, err := v.pickLots(n.Region, n.Pollutant, n.Quantity, c.LotChoice)
	if err != nil {
		return nil, err
	}
	counter := v.noticeNumbers(n.Region)
	return func(tx *Tx) any { return tx.issueNotice(n, reserve.Sale{Kind: reserve.ByAgreement}, counter, picks) }, nil
}

// priceNotice fills in a notice to a licence: what it must pay and by when.
func (v *View) priceNotice(l catalog.Licence, i catalog.Instrument, n reserve.PaymentNotice) (reserve.PaymentNotice, error) {
	n.Party, n.Region, n.Licence, n.Instrument, n.Pollutant = l.Party, l.Region, l.ID, i.ID, i.Pollutant
	n.State, n.IssuedAt = reserve.NoticeIssued, v.Now
	if err := n.Validate(); err != nil {
		return n, err
	}
	if n.DueOn < v.Today {
		return n, ErrDuePast.With("%s has passed", n.DueOn)
	}
	if err := v.checkReceiver(rulebook.PrimarySale, l, i, n.Quantity); err != nil {
		return n, err
	}
	if n.Project != 0 {
		_, need, err := v.projectFor(n.Project, l, i.Pollutant)
		if err == nil {
			err = checkProjectRoom(need, n.Quantity)
		}
		if err != nil {
			return n, err
		}
	}
	if n.DueOn > i.TermEnd {
		return n, ErrDueAfterTerm.With("the term of %s ends on %s", i.Code, i.TermEnd)
	}
	priced, err := n.Priced(v.monthsLeft(i))
	return priced, atField(err, "quantity")
}

// noticeNumbers is the counter of a region's notices of this year.
func (v *View) noticeNumbers(region string) reserve.NoticeNumbers {
	year := int32(v.Today.Year()) //nolint:gosec // a year
	if c, found := noticeCounters.first(v, regionYear{region, year}); found {
		return c
	}
	return reserve.NoticeNumbers{Region: region, Year: year}
}

// issueNotice asks for the payment of what is sold: it gives the notice its
// number, and sets the lots aside. What no listing or auction had is listed on
// the way.
func (tx *Tx) issueNotice(n reserve.PaymentNotice, s reserve.Sale, counter reserve.NoticeNumbers, picks []reserve.Pick) NoticeResult {
	n = Put(tx, Notices, n)
	if s.Kind == reserve.ByAgreement || s.Kind == reserve.ByGuarantee {
		tx.moveLots(lotMove{event: reserve.Offering, from: reserve.AvailableBucket, picks: picks, reference: n.ID, document: n.Document})
	}
	tx.moveLots(lotMove{
		event: reserve.Reserving, from: reserve.ListedBucket, picks: picks, claimant: claimant{reserve.ForNotice, n.ID}, reference: n.ID, document: n.Document,
	})
	tx.projectBids(n.Project, n.Pollutant, n.Quantity)
	n.Hold = tx.putHold(n.ReserveKey(), int64(n.Quantity), ledger.ForSale, n.ID).ID
	return tx.putNotice(n, tx.numberNotice(n, s, counter))
}

// numberNotice gives a notice the next number of its region and year.
func (tx *Tx) numberNotice(n reserve.PaymentNotice, s reserve.Sale, counter reserve.NoticeNumbers) reserve.Sale {
	counter.Last++
	Put(tx, NoticeCounters, counter)
	s.Notice, s.Party, s.Licence, s.Region, s.Year, s.Number = n.ID, n.Party, n.Licence, n.Region, counter.Year, counter.Last
	return Put(tx, Sales, s)
}

func (tx *Tx) putNotice(n reserve.PaymentNotice, s reserve.Sale) NoticeResult {
	return NoticeResult{Put(tx, Notices, n), s, mustGet(tx, Instruments, n.Instrument).Code, tx.Today}
}

// soldNotice is a notice with its sale, its hold on the reserve and how it is
// paid in parts, if it is.
type soldNotice struct {
	reserve.PaymentNotice
	sale  reserve.Sale
	hold  ledger.Hold
	parts planned
	given reserve.EarmarkAllocation // that it pays for, of a guarantee
	// projectGone says that its earmark shall not keep what is given back.
	projectGone bool
}

// notice returns a notice after the actor's right to do this in its region was
// checked.
func (v *View) notice(op identity.Operation, id int64) (n soldNotice, err error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return n, err
	}
	if n.PaymentNotice, err = Get(v, Notices, "id", id); err != nil {
		return n, err
	}
	if err := v.AuthoriseAt("id", op, identity.OfRegion(n.Region)); err != nil {
		return n, err
	}
	return v.complete(n.PaymentNotice)
}

// complete reads what belongs to a notice.
func (v *View) complete(p reserve.PaymentNotice) (n soldNotice, err error) {
	n.PaymentNotice = p
	if n.Renewal == 0 {
		if n.hold, err = Get(v, Holds, "id", n.Hold); err != nil {
			return n, err
		}
	}
	sales, err := Find(v, Sales, Where("notice", n.ID))
	if err != nil {
		return n, err
	}
	n.sale = sales[0] // each notice has one
	if n.sale.Kind == reserve.ByGuarantee {
		if n.given, err = v.allocationOf(n.ID); err != nil {
			return n, err
		}
	}
	n.parts, err = v.planned(n.ID)
	return n, err
}

// Operation is NoticeProve.
func (NoticeProve) Operation() identity.Operation { return identity.NoticeProve }

// Decide checks that exactly the amount was paid, by a new receipt. The result
// is a NoticeResult.
func (c NoticeProve) Decide(v *View) (Apply, error) {
	n, err := v.notice(identity.NoticeProve, c.Notice)
	if err != nil {
		return nil, err
	}
	if n.parts.IsOpen() {
		return nil, reserve.ErrPlanState.With("the notice is paid in instalments: record the payment of each")
	}
	proved, err := n.Prove(c.Amount, c.Proof, c.PaidOn)
	if err != nil {
		return nil, err
	}
	if err := v.checkPast("paid_on", c.PaidOn); err != nil {
		return nil, err
	}
	if err := v.checkProof(c.Proof, target{notice: n.ID}); err != nil {
		return nil, err
	}
	prove, err := v.provenBy(n, proved)
	return func(tx *Tx) any { return prove(tx) }, err
}

// checkProof returns ErrProofTaken for a receipt that has proved a payment, or that a
// list has as a part of another one.
func (v *View) checkProof(proof string, of target) error {
	taken, err := v.takenProofs([]string{proof})
	if err != nil {
		return err
	}
	by := taken[proof]
	listed, err := Find(v, TaxReceipts, Where("receipt", proof).And("state", Eq, string(reserve.ReceiptMatched)))
	for _, r := range listed {
		if t := (target{r.Notice, r.Instalment}); t != of {
			by = t
		}
	}
	if err == nil && by.notice != 0 {
		err = ErrProofTaken.With("the receipt %s proves the payment of notice %d already", proof, by.notice)
	}
	return err
}

// takenProofs are the receipts that have proved a payment, with what they prove.
func (v *View) takenProofs(proofs []string) (map[string]target, error) {
	notices, err := Find(v, Notices, proving(proofs...))
	if err != nil {
		return nil, err
	}
	parts, err := Find(v, Instalments, proving(proofs...))
	taken := map[string]target{}
	for _, n := range notices {
		taken[n.Proof] = target{notice: n.ID}
	}
	for _, p := range parts { // the last of them is its notice's, too
		taken[p.Proof] = target{p.Notice, p.ID}
	}
	return taken, err
}

// Operation is NoticeConfirm.
func (NoticeConfirm) Operation() identity.Operation { return identity.NoticeConfirm }

// Decide checks that the payment is proved and not matched. The result is a
// NoticeResult.
func (c NoticeConfirm) Decide(v *View) (Apply, error) {
	n, err := v.notice(identity.NoticeConfirm, c.Notice)
	if err != nil {
		return nil, err
	}
	s, err := n.sale.Confirmed(c.Reason, v.Now)
	if err != nil {
		return nil, err
	}
	if n.State != reserve.NoticeProved || n.Matched || n.sale.Confirmation != "" {
		return nil, reserve.ErrNoticeState.With("finance confirms a payment once, which is proved and that no list has")
	}
	return func(tx *Tx) any {
		r := tx.putNotice(n.PaymentNotice, Put(tx, Sales, s))
		tx.renewalPaid(r.Notice)
		return r
	}, nil
}

// Operation is NoticeDeliver.
func (NoticeDeliver) Operation() identity.Operation { return identity.NoticeDeliver }

// Decide checks that the payment is proved and certain, and that the licence may
// receive the permits. Certain is what a list of the tax authority has, or finance
// has confirmed. The result is a NoticeResult.
func (c NoticeDeliver) Decide(v *View) (Apply, error) {
	n, err := v.notice(identity.NoticeDeliver, c.Notice)
	if err != nil {
		return nil, err
	}
	if n.parts.IsOpen() {
		return v.deliverPlanned(n)
	}
	switch {
	case n.Renewal != 0:
		return nil, reserve.ErrNoticeOfRenewal
	case n.State != reserve.NoticeProved:
		return nil, reserve.ErrNoticeState.With("the payment notice is %s: permits are delivered once, after their payment is proved", n.State)
	case !n.Matched && n.sale.Confirmation == "":
		return nil, reserve.ErrNotMatched
	}
	deliver, err := v.delivery(n)
	if err != nil {
		return nil, err
	}
	delivered, err := v.awardDelivered(n)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		n.Transfer, n.Acquisition = deliver(tx)
		delivered(tx, n.Transfer)
		n.State, n.DeliveredAt, n.Refusal = reserve.NoticeDelivered, tx.Now, ""
		return tx.putNotice(n.PaymentNotice, n.sale)
	}, nil
}

// delivery checks that the licence may receive what was sold, and returns what
// posts it.
func (v *View) delivery(n soldNotice) (func(tx *Tx) (transfer, acquisition int64), error) {
	l, err := Get(v, Licences, "id", n.Licence)
	if err != nil {
		return nil, err
	}
	i, err := Get(v, Instruments, "id", n.Instrument)
	if err != nil {
		return nil, err
	}
	if n.sale.Kind == reserve.ByGuarantee {
		return v.guaranteeDelivery(n, l, i)
	}
	if err := v.checkExpected(rulebook.PrimarySale, l, i, n.Quantity, v.comingByNotice(n.ID)); err != nil {
		return nil, err
	}
	t := reserve.SaleTransfer(n.PaymentNotice)
	if err := v.ledger.CheckOne(t.Reason, t.Legs[0]); err != nil {
		return nil, err
	}
	picks := v.allClaims(claimant{reserve.ForNotice, n.ID})
	return func(tx *Tx) (transfer, acquisition int64) {
		tx.moveLots(lotMove{event: reserve.Delivery, from: reserve.ReservedBucket, picks: picks, amount: n.Amount, reference: n.ID, document: n.Document})
		tx.closeHold(n.hold, ledger.HoldPosted)
		transfer = tx.Post(t)[0].Transfer
		tx.licenceChanged(n.Licence, n.Pollutant, amountChange{permit.AmountPrimary, n.ID, n.Quantity, documentOf(n)})
		tx.projectBids(n.Project, n.Pollutant, -n.Quantity)
		tx.projectBought(permit.Entry{
			Project: n.Project, Pollutant: n.Pollutant, Kind: permit.ByNotice, Reference: n.ID, Instrument: n.Instrument,
			Bought: n.Quantity, Document: documentOf(n), Transfer: transfer,
		})
		return transfer, tx.Acquire(n.Holding(), ledger.Acquisition{
			AcquiredOn: tx.Today, Price: n.Price, PriceKnown: true, Quantity: n.Quantity, Document: documentOf(n),
		}).ID
	}, nil
}

// documentOf names what proves an acquisition from the reserve.
func documentOf(n soldNotice) string {
	if n.Document != "" {
		return n.Document
	}
	return "payment notice " + n.sale.NoticeNumber()
}

// Operation is NoticeCancel.
func (NoticeCancel) Operation() identity.Operation { return identity.NoticeCancel }

// Decide checks that nothing was delivered. The result is a NoticeResult.
func (c NoticeCancel) Decide(v *View) (Apply, error) {
	n, err := v.notice(identity.NoticeCancel, c.Notice)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if n.Renewal != 0 {
		return nil, reserve.ErrNoticeOfRenewal
	}
	if n.sale.Kind == reserve.ByAuction {
		return nil, reserve.ErrNoticeOfAward
	}
	if n.State != reserve.NoticeIssued && n.State != reserve.NoticeProved || n.parts.State.IsRunning() {
		return nil, reserve.ErrNoticeState.With("the payment notice is %s, or delivered and paid in parts", n.State)
	}
	cancel := v.cancelNotice(n, c.Reason)
	return func(tx *Tx) any { return cancel(tx) }, nil
}

// cancelNotice returns what gives the permits of a notice back to the reserve, or
// to the earmark that they were taken of.
func (v *View) cancelNotice(n soldNotice, reason string) func(tx *Tx) NoticeResult {
	n.State, n.Reason, n.Refusal = reserve.NoticeCancelled, reason, ""
	picks, paid := v.allClaims(claimant{reserve.ForNotice, n.ID}), n.recorded()
	return func(tx *Tx) NoticeResult {
		tx.moveLots(lotMove{event: reserve.Default, from: reserve.ReservedBucket, picks: picks, reference: n.ID, document: n.Reason})
		tx.closeHold(n.hold, ledger.HoldVoided)
		tx.projectBids(n.Project, n.Pollutant, -n.Quantity)
		if n.given.ID != 0 {
			tx.lapseGuarantee(n, picks)
		}
		if n.parts.IsOpen() {
			n.parts.State, n.parts.Reason = reserve.PlanCancelled, reason
			Put(tx, InstalmentPlans, n.parts.InstalmentPlan)
		}
		tx.oweRefund(n.PaymentNotice, paid, documentOf(n))
		return tx.putNotice(n.PaymentNotice, n.sale)
	}
}
