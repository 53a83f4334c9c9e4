package app

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// StandingOffers are the bureaus' offers to buy back at a fixed price.
var StandingOffers = resident[reserve.StandingOffer]("standing_offer")

// The faults of standing offers, in the order in which they are checked; the
// others are in reserve.
var (
	// ErrOfferOver is returned when a standing offer would end before today.
	ErrOfferOver = fault.New(fault.Invalid, "standing_offer.until_past", "the standing offer would end before today").At("until")
	// ErrOfferBeyondBudget is returned when a standing offer would end after the year in which its budget is spent.
	ErrOfferBeyondBudget = fault.New(fault.Refused, "standing_offer.beyond_budget", "the standing offer would end after the year of its budget").At("until").
				Under("budget.year", sourceDefault)
	// ErrVerificationUsed is returned when the verification does not cover the quantity.
	ErrVerificationUsed = fault.New(fault.Refused, "standing_offer.verification_used", "the verification of surplus does not cover the quantity").At("verification").
				Under("seller.paid_and_surplus", "浙江省大气污染防治条例 第十六条")
)

// OfferOpen opens a standing offer.
type OfferOpen struct {
	Region    string
	Pollutant string
	Price     quantity.Price
	Quantity  quantity.Quantity
	Budget    int64
	Until     calendar.Date
	Document  string
}

// OfferClose ends a standing offer. What was accepted stays.
type OfferClose struct{ Offer int64 }

// OfferAccept sells permits of a holding at the price of a standing offer. The
// buy-back is agreed at once, its amount committed.
type OfferAccept struct {
	Offer        int64
	Licence      int64
	Instrument   string
	Quantity     quantity.Quantity
	Verification int64 // of the surplus
	Cause        reserve.BuyBackCause
	Document     string
}

var _ = declare(OfferOpen{}, OfferClose{}, OfferAccept{})

// Operation is OfferOpen.
func (OfferOpen) Operation() identity.Operation { return identity.OfferOpen }

// Decide checks the offer and its budget. The result is a reserve.StandingOffer.
func (c OfferOpen) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.OfferOpen, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	o := reserve.StandingOffer{
		Region: c.Region, Pollutant: c.Pollutant, Price: c.Price, Quantity: c.Quantity, Remaining: c.Quantity, Budget: c.Budget,
		Until: c.Until, Document: c.Document, State: reserve.OfferOpen, OpenedAt: v.Now,
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if c.Until < v.Today {
		return nil, ErrOfferOver.With("%s has passed", c.Until)
	}
	if err := v.basicAccount("region", c.Region, c.Pollutant); err != nil {
		return nil, err
	}
	b, err := Get(v, Budgets, "budget", c.Budget)
	if err != nil {
		return nil, err
	}
	if err := b.CheckSpend(c.Region, v.Today); err != nil {
		return nil, err
	}
	if c.Until.Year() > int(b.FiscalYear) {
		return nil, ErrOfferBeyondBudget.With("the budget is spent in %d: %d-12-31 is the last day that the standing offer can have", b.FiscalYear, b.FiscalYear)
	}
	return func(tx *Tx) any { return Put(tx, StandingOffers, o) }, nil
}

// Operation is OfferClose.
func (OfferClose) Operation() identity.Operation { return identity.OfferClose }

// Decide checks that the offer is open. The result is a reserve.StandingOffer.
func (c OfferClose) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.OfferClose, identity.Target{}); err != nil {
		return nil, err
	}
	o, err := Get(v, StandingOffers, "id", c.Offer)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.OfferClose, identity.OfRegion(o.Region)); err != nil {
		return nil, err
	}
	if o.State != reserve.OfferOpen {
		return nil, reserve.ErrOfferClosed
	}
	o.State = reserve.OfferClosed
	return func(tx *Tx) any { return Put(tx, StandingOffers, o) }, nil
}

// Operation is OfferAccept.
func (OfferAccept) Operation() identity.Operation { return identity.OfferAccept }

// Decide checks the offer, its budget, the holding and the surplus that was
// verified of it before. The result is a BuyBackResult.
func (c OfferAccept) Decide(v *View) (Apply, error) {
	l, err := v.ownLicence(identity.OfferAccept, c.Licence)
	if err != nil {
		return nil, err
	}
	offer, err := Get(v, StandingOffers, "id", c.Offer)
	if err != nil {
		return nil, err
	}
	b, err := v.newBuyBack(l, c.Instrument, reserve.BuyBack{
		Kind: reserve.Application, State: reserve.BuyBackAgreed, Cause: c.Cause, Origin: ledger.Paid, Quantity: c.Quantity, Document: c.Document,
		Offer: offer.ID,
	})
	if err != nil {
		return nil, err
	}
	if offer, err = offer.Take(b.Region, b.Pollutant, b.Quantity, v.Today); err != nil {
		return nil, err
	}
	if b, err = v.restOn(b, c.Verification); err != nil {
		return nil, err
	}
	if b, err = v.priceAt(b, offer); err != nil {
		return nil, err
	}
	if err := v.checkSigner(b.Party, b.Amount); err != nil {
		return nil, err
	}
	budget, err := v.commit("quantity", offer.Budget, b.Region, b.Amount)
	if err != nil {
		return nil, err
	}
	hold, err := v.decideHold(&b)
	if err != nil {
		return nil, err
	}
	if err := v.checkPriced(b.Holding(), b.Quantity); err != nil {
		return nil, err
	}
	if err := v.checkRowsToUse(b); err != nil {
		return nil, err
	}
	if err := v.judgeBuyBack(rulebook.BuyBack, b); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		b := Put(tx, BuyBacks, b)
		Put(tx, StandingOffers, offer)
		tx.putBudget(budget, reserve.BudgetCommit, b.Amount, b.ID, offer.Document)
		hold(tx, &b)
		return tx.buyBackResult(Put(tx, BuyBacks, b))
	}, nil
}

// restOn lets a buy-back rest on a verification of surplus: what other
// buy-backs that rest on it have left over must cover the quantity, and what
// may be sold must not be sold already.
func (v *View) restOn(b reserve.BuyBack, verification int64) (reserve.BuyBack, error) {
	s, err := Get(v, SurplusVerifications, "verification", verification)
	if err != nil {
		return b, err
	}
	if s.Licence != b.Licence || s.Pollutant != b.Pollutant {
		return b, ErrNoRecord.At("verification")
	}
	left, err := v.unusedOf(s)
	if err != nil {
		return b, err
	}
	if s.Outcome == reserve.MayBeSold {
		left = min(left, v.Surplus(b.Licence, b.Pollutant).Available())
	}
	if b.Quantity > left {
		return b, ErrVerificationUsed.With("of verification %d %s t/a are left, %s t/a are offered", s.ID, max(left, 0), b.Quantity)
	}
	b.Verification = s.ID
	if s.Outcome == reserve.BuyBackOnly && s.Year != 0 {
		if err := v.checkDischarged(b, b.Quantity); err != nil {
			return b, atField(err, "quantity")
		}
	}
	b, err = b.Verify(reserve.Finding{
		Quantity: s.Quantity, Rung: s.Rung, Monitored: s.Monitored, TaskDone: s.TaskDone, VerifiedOn: s.VerifiedOn, Document: s.Document,
	})
	return b, err
}

// unusedOf is what buy-backs that rest on a verification have left of it.
func (v *View) unusedOf(s reserve.SurplusVerification) (quantity.Quantity, error) {
	left := s.Quantity
	backs, err := Find(v, BuyBacks, naming("verification", s.ID))
	for _, b := range backs {
		if b.State.IsOpen() || b.State == reserve.BuyBackInReserve {
			left -= b.Quantity
		}
	}
	return left, err
}
