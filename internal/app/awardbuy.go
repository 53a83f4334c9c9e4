package app

import (
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// AwardPay records that the treasury has paid a seller of a reverse auction. The
// money never touches the platform's bank account.
type AwardPay struct {
	Award  int64
	Amount quantity.Money
	Proof  string // number of the payment order, unique
	PaidOn calendar.Date
}

// AwardBook brings what was bought into the reserve as a lot, and records the
// change of the licence.
type AwardBook struct {
	Award    int64
	Document string // of the change of the licence
}

// ErrAwardOfSale is returned when an award of a sale would be paid or booked as a buy-back.
var ErrAwardOfSale = fault.New(fault.Conflict, "award.of_sale", "the award is of a sale: it is paid and delivered by its payment notice")

var _ = declare(AwardPay{}, AwardBook{})

// boughtAward is an award of a reverse auction and its offer, after the actor's
// right and that its state allows a step were checked.
func (v *View) boughtAward(op identity.Operation, id int64, e auction.AwardEvent, by auction.AwardRole) (a auction.Award, o auction.Offer, err error) {
	if a, err = v.award(op, id); err != nil {
		return a, o, err
	}
	if o = must(Get(v, Offers, "offer", a.Offer)); !o.Buys() {
		return a, o, ErrAwardOfSale
	}
	if _, err := a.Next(e, by); err != nil {
		return a, o, err
	}
	return a, o, v.checkFree(a)
}

// Operation is AwardPay.
func (AwardPay) Operation() identity.Operation { return identity.AwardPay }

// Decide checks that exactly the amount was paid, by a new payment order. The
// result is an AwardResult.
func (c AwardPay) Decide(v *View) (Apply, error) {
	a, o, err := v.boughtAward(identity.AwardPay, c.Award, auction.ProveAward, auction.AsFinance)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("proof", c.Proof); err != nil {
		return nil, err
	}
	if err := v.checkPast("paid_on", c.PaidOn); err != nil {
		return nil, err
	}
	if a, err = a.Paid(v.Now); err != nil {
		return nil, err
	}
	if c.Amount != a.Amount {
		return nil, reserve.ErrPaymentDiffers.With("CNY %s is owed, CNY %s was paid", a.Amount, c.Amount)
	}
	if err := v.checkOrder(c.Proof); err != nil {
		return nil, err
	}
	budget, err := must(Get(v, Budgets, "budget", o.Budget)).Apply(reserve.BudgetPay, a.Amount)
	if err != nil {
		return nil, err
	}
	a.Proof, a.PaidOn = c.Proof, c.PaidOn
	return func(tx *Tx) any {
		tx.putBudget(budget, reserve.BudgetPay, a.Amount, o.ID, c.Proof)
		o.Committed -= a.Amount
		Put(tx, Offers, o)
		return tx.putAward(a)
	}, nil
}

// Operation is AwardBook.
func (AwardBook) Operation() identity.Operation { return identity.AwardBook }

// Decide checks that it was paid for. In one command the permits leave the
// holding, acquisitions and surplus are used up, the lot is there. The result is
// an auction.Award.
func (c AwardBook) Decide(v *View) (Apply, error) {
	a, o, err := v.boughtAward(identity.AwardBook, c.Award, auction.DeliverAward, auction.AsBureau)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	certifyBy, err := v.auctionDay(rulebook.AuctionDocument, o, v.Today)
	if err != nil {
		return nil, err
	}
	if a, err = a.Delivered(0, v.Now, certifyBy); err != nil {
		return nil, err
	}
	r, h, err := v.putUpFor(a)
	if err != nil {
		return nil, err
	}
	key := HoldingKey(must(Get(v, Licences, "licence", r.Licence)), must(Get(v, Instruments, "instrument", o.Instrument)), ledger.Paid)
	id, _ := v.ledger.Find(key)
	used, err := reserve.PricedRows(v.ledger.Acquisitions(id), a.Quantity)
	if err == nil {
		err = reserve.CheckRows(used, reserve.BookedRowsMax)
	}
	if err != nil {
		return nil, err
	}
	surplus := min(a.Quantity, v.Surplus(r.Licence, o.Pollutant).Available())
	a.Uncovered = a.Quantity - surplus
	return func(tx *Tx) any {
		tx.closeHold(h, ledger.HoldPosted)
		tx.Release(key, h.Amount-int64(a.Quantity)) // put up and not sold
		a.Transfer = tx.Post(ledger.Transfer{Reason: ledger.AuctionBuyBack, Reference: a.ID, Legs: []ledger.Leg{
			{Debit: key, Credit: reserve.Reserve.Key(o.Region, o.Pollutant), Amount: int64(a.Quantity), FromHeld: true},
		}})[0].Transfer
		tx.Use(key, used)
		if surplus > 0 {
			tx.ChangeSurplus(r.Licence, o.Pollutant, func(s *market.Surplus) { s.Used += surplus })
		}
		tx.licenceChanged(r.Licence, o.Pollutant, amountChange{permit.AmountBuyBack, a.ID, -a.Quantity, c.Document})
		a.Lot = tx.addLot(reserve.Lot{
			Region: o.Region, Pollutant: o.Pollutant, Provenance: reserve.BoughtBack, AcquiredOn: tx.Today, Document: a.Contract,
			Price: a.Price, Months: o.Months, Cost: a.Amount, Quantity: a.Quantity,
		}).ID
		r.Hold = 0
		Put(tx, Registrations, r)
		if a.Uncovered > 0 { // the right is less by it: what was verified beyond goes back
			tx.reviewSurplusNow(r.Licence)
		}
		return tx.putAward(a)
	}, nil
}
