package app

import (
	"fmt"
	"strings"

	"permitx/internal/auction"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// CreditOffer announces the sale of credits by auction: of a party that holds
// them, such as a scheme's operator, which holds the pooled ones. An officer of
// the scheme's region approves it.
type CreditOffer struct {
	Seller   int64 // party
	Series   int64
	Issuance int64 // only its units are offered; 0: any
	OfferTerms
}

// AwardSettle pays for the credits that a winner has won, and delivers them.
type AwardSettle struct{ Award int64 }

// ErrAwardOfState is returned when an award would be settled that the treasury
// pays, or is paid for.
var ErrAwardOfState = fault.New(fault.Conflict, "award.of_state", "only an award of credits is settled by its winner: others are paid by the treasury, or to the tax authority")

var _ = declare(CreditOffer{}, AwardSettle{})

// unitsOf is how many serial units of a scheme a quantity is, which is whole tonnes.
func unitsOf(q quantity.Quantity, scheme carbon.Scheme) int64 {
	return int64(q/quantity.OneQuantity) * int64(quantity.OneTonne/scheme.SerialUnit)
}

// tonnesOf is a number of serial units as the market counts them.
func tonnesOf(units int64, scheme carbon.Scheme) quantity.Quantity {
	return quantity.Quantity(units) * quantity.OneQuantity / quantity.Quantity(quantity.OneTonne/scheme.SerialUnit)
}

// Operation is CreditOffer.
func (CreditOffer) Operation() identity.Operation { return identity.CreditOffer }

// Decide checks the terms, and that the seller has what he offers. The result is
// an OfferResult.
func (c CreditOffer) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.CreditOffer, identity.Target{}); err != nil {
		return nil, err
	}
	series, err := Get(v, CreditSeries, "series", c.Series)
	if err != nil {
		return nil, err
	}
	scheme := rowsOf(v.state, CarbonSchemes).rows[series.Scheme]
	if err := v.AuthoriseAt("seller", identity.CreditOffer, identity.OfParty(c.Seller, scheme.Region)); err != nil {
		return nil, err
	}
	if err := v.judgeCreditParty(v.known, "seller", c.Seller); err != nil {
		return nil, err
	}
	o := c.offer(v)
	o.Region, o.Pollutant, o.Series, o.Seller, o.Months = scheme.Region, series.Code, series.ID, c.Seller, auction.OutrightMonths
	if err := fault.First(v.checkOffer(o, c.OfferTerms), v.checkPaidInTime(o, series)); err != nil {
		return nil, err
	}
	taken, err := v.offerable(creditHolder{series.ID, c.Seller}, c.Issuance, unitsOf(o.Quantity, scheme))
	if err != nil {
		return nil, atField(err, "quantity")
	}
	key := creditKey(ledger.Credits, scheme, series, c.Seller)
	n := announcementOf(o, c.Title, series.Code)
	n.Body += v.serialsText(taken)
	return v.announce(o, n, func(tx *Tx, o auction.Offer) {
		tx.Hold(key, unitsOf(o.Quantity, scheme)*int64(scheme.SerialUnit))
		tx.changeUnits(taken, func(r *carbon.Range) { r.Offer = o.ID })
	})
}

// offerable picks units of a party that its open orders do not sell, of one issuance
// where it is named.
func (v *View) offerable(h creditHolder, issuance, units int64) ([]carbon.Range, error) {
	if issuance == 0 {
		return v.pickSpare(h, units)
	}
	taken, err := carbon.Split(v.freeOfIssuance(h, issuance), units)
	if err != nil {
		return nil, err
	}
	return taken, v.checkNotInBook(h, taken)
}

// serialsShown bounds the serial numbers that an announcement lists.
const serialsShown = 50

// serialsText tells the serial numbers of what is offered.
func (v *View) serialsText(ranges []carbon.Range) string {
	more := ""
	if n := len(ranges) - serialsShown; n > 0 {
		ranges, more = ranges[:serialsShown], fmt.Sprintf(" and %d ranges more", n)
	}
	return "\nSerial numbers: " + strings.Join(v.serials(ranges), ", ") + more + "."
}

// judgeCreditParty holds that a party may sell or buy credits, by the rules that
// speak of credits, too. Those about permits alone do not apply: credits allow no
// emission, and need no licence.
func (v *View) judgeCreditParty(k *knowledge, field string, party int64) error {
	p, err := Get(v, Parties, field, party)
	if err != nil {
		return err
	}
	return v.judge(&rulebook.Facts{Action: rulebook.Sell, On: v.Today, Credits: true, Seller: k.creditSide(field, p, v.Today)})
}

// creditSupply are ranges of credits that are held for an offer.
type creditSupply struct{ auction.Offer }

// key is the seller's account, and scheme whose units they are.
func (o creditSupply) key(s *state) (key ledger.Key, scheme carbon.Scheme) {
	return s.creditAccount(o.holder())
}

func (o creditSupply) holder() creditHolder { return creditHolder{o.Series, o.Seller} }

// free returns what makes a quantity the seller's to dispose of again.
func (o creditSupply) free(v *View, q quantity.Quantity) (func(tx *Tx), error) {
	if q == 0 {
		return func(*Tx) {}, nil
	}
	key, scheme := o.key(v.state)
	units := unitsOf(q, scheme)
	taken, err := carbon.Split(v.rangesFor(o.holder(), o.ID), units)
	return func(tx *Tx) {
		tx.Release(key, units*int64(scheme.SerialUnit))
		tx.changeUnits(taken, func(r *carbon.Range) { r.Offer = 0 })
	}, err
}

func (o creditSupply) freeAll(v *View) func(tx *Tx, o auction.Offer) auction.Offer {
	free := must(o.free(v, o.Quantity))
	return func(tx *Tx, now auction.Offer) auction.Offer {
		free(tx)
		return now
	}
}

func (o creditSupply) freeUnsold(v *View) (func(tx *Tx, o auction.Offer) auction.Offer, error) {
	free, err := o.free(v, o.Unsold())
	return func(tx *Tx, now auction.Offer) auction.Offer {
		free(tx)
		return now
	}, err
}

func (o creditSupply) freeShare(v *View, a auction.Award) (func(tx *Tx), error) {
	return o.free(v, a.Quantity)
}

// Operation is AwardSettle.
func (AwardSettle) Operation() identity.Operation { return identity.AwardSettle }

// Decide checks that the award was contracted and that the winner's funds, with
// what he has put up, cover it. In one command that goes back to him, the money
// goes to the seller and the tonnes, with their serial numbers, to the winner.
// The result is an AwardResult.
func (c AwardSettle) Decide(v *View) (Apply, error) {
	a, err := v.award(identity.AwardSettle, c.Award)
	if err != nil {
		return nil, err
	}
	if a.Seller == 0 {
		return nil, ErrAwardOfState
	}
	if a, err = a.Settled(v.Now); err != nil {
		return nil, err
	}
	if err := fault.First(v.checkFree(a), v.judgeCreditParty(v.known, "party", a.Party), v.checkAwardUsable(a, v.Today)); err != nil {
		return nil, err
	}
	r, h, err := v.putUpFor(a)
	if err != nil {
		return nil, err
	}
	if funds := v.ledger.Balance(ledger.FundsKey(a.Party)).Available(); funds < int64(a.Amount)-h.Amount {
		return nil, ledger.ErrInsufficient.With("CNY %s is owed, CNY %s is there with what was put up", a.Amount, quantity.Money(funds+h.Amount))
	}
	deliver, err := creditSupply{must(Get(v, Offers, "offer", a.Offer))}.deliver(v, a)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.giveBackTo(r, h)
		a.Transfer = deliver(tx)
		return tx.putAward(a)
	}, nil
}

// deliver returns what delivers an award against its payment.
func (o creditSupply) deliver(v *View, a auction.Award) (func(tx *Tx) int64, error) {
	from, scheme := o.key(v.state)
	units, to := unitsOf(a.Quantity, scheme), from
	to.Party = a.Party
	taken, err := carbon.Split(v.rangesFor(o.holder(), o.ID), units)
	return func(tx *Tx) int64 {
		tx.changeUnits(taken, func(r *carbon.Range) { r.Party, r.Offer = a.Party, 0 })
		return tx.Post(ledger.Transfer{Reason: ledger.CreditSale, Reference: a.ID, Legs: []ledger.Leg{
			{Debit: from, Credit: to, Amount: units * int64(scheme.SerialUnit), FromHeld: true},
			{Debit: ledger.FundsKey(a.Party), Credit: ledger.FundsKey(o.Seller), Amount: int64(a.Amount)},
		}})[0].Transfer
	}, err
}
