package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// ErrPledgeBuyer is returned when pledged permits would go to their holder.
var ErrPledgeBuyer = fault.New(fault.Refused, "pledge.buyer", "pledged permits are sold to another licence of their region than that of the holder").At("buyer_licence").
	Under("pledge.sale", sourceDefault)

// ErrPledgeAmount is returned when pledged permits cost something else than their
// buyer saw: a month is over, or they were offered anew.
var ErrPledgeAmount = fault.New(fault.Refused, "pledge.other_amount", "it costs something else than was expected; look at the offer again").At("expected_amount").
	Under("pledge.sale", sourceDefault)

// PledgeOffer offers pledged permits for sale, without their holder's consent,
// to pay the bank that demands it.
type PledgeOffer struct {
	Pledge   int64
	Quantity quantity.Quantity
	Price    quantity.Price // CNY/(t·a)
	Document string
}

// PledgeBuy buys what is on sale out of a pledge, whole: the buyer pays out of
// his funds; the banks are paid in their rank, the rest goes to the holder.
type PledgeBuy struct {
	Pledge         int64
	BuyerLicence   int64
	ExpectedAmount quantity.Money // that the buyer saw; 0: of a command from before it was asked for
}

// PledgeTake takes pledged permits into the region's reserve, for what the
// government pays for them. That is the treasury's money and paid outside: to
// the banks in their rank, and the rest to the holder. What each gets is recorded.
type PledgeTake struct {
	Pledge   int64
	Quantity quantity.Quantity
	Price    quantity.Price // CNY/(t·a)
	Document string
}

// PledgeSaleResult is a sale out of a pledge, with what each bank gets of it.
type PledgeSaleResult struct {
	Sale       encumbrance.PledgeSale
	Payments   []encumbrance.PledgePayment
	Instrument string
}

var _ = declare(PledgeOffer{}, PledgeBuy{}, PledgeTake{})

// Operation is PledgeOffer.
func (PledgeOffer) Operation() identity.Operation { return identity.PledgeOffer }

// Decide checks that so much is pledged and none of it on sale. The result is
// a PledgeResult.
func (c PledgeOffer) Decide(v *View) (Apply, error) {
	p, row, by, err := v.pledgeStep(identity.PledgeOffer, c.Pledge, encumbrance.OfferPledged)
	if err != nil {
		return nil, err
	}
	if err := v.checkSale(p, c.Quantity, c.Price, c.Document); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		put := func(_ *Tx, p *encumbrance.Pledge) { p.OnSale, p.SalePrice = c.Quantity, c.Price }
		return tx.pledgeResult(tx.stepPledge(p, row, by, put, c.Document, ""))
	}, nil
}

// checkSale holds that a sale out of a pledge is of what is pledged, and that no
// other pledge of the same permits is on sale.
func (v *View) checkSale(p encumbrance.Pledge, q quantity.Quantity, price quantity.Price, document string) error {
	switch {
	case q <= 0:
		return fault.Invalidf("quantity", "must be more than zero")
	case price <= 0:
		return fault.Invalidf("price", "must be more than zero")
	case q > p.Left():
		return encumbrance.ErrPledgeLeft.With("%s t/a are pledged", p.Left())
	}
	if err := catalog.CheckDocument("document", document); err != nil {
		return err
	}
	for _, o := range v.heldChain(p.Chain()) {
		if o.State == encumbrance.PledgeOnSale {
			return encumbrance.ErrPledgeState.With("pledge %d of the same permits is on sale", o.ID)
		}
	}
	return nil
}

// Operation is PledgeBuy.
func (PledgeBuy) Operation() identity.Operation { return identity.PledgeBuy }

// Decide checks that the buyer may receive the permits and has the money. The
// result is a PledgeSaleResult.
func (c PledgeBuy) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.PledgeBuy, identity.Target{}); err != nil {
		return nil, err
	}
	buyer, err := Get(v, Licences, "buyer_licence", c.BuyerLicence)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("buyer_licence", identity.PledgeBuy, identity.OfParty(buyer.Party, "")); err != nil {
		return nil, err
	}
	p, row, by, err := v.pledgeStep(identity.PledgeBuy, c.Pledge, encumbrance.BuyPledged)
	if err != nil {
		return nil, err
	}
	i, err := Get(v, Instruments, "instrument", p.Instrument)
	if err != nil {
		return nil, err
	}
	if buyer.Party == p.Party || buyer.Region != p.Region {
		return nil, ErrPledgeBuyer
	}
	if err := v.checkReceiver(rulebook.PrimarySale, buyer, i, p.OnSale); err != nil {
		return nil, renamed(err, "licence", "buyer_licence")
	}
	holder, err := Get(v, Licences, "licence", p.Licence)
	if err != nil {
		return nil, err
	}
	if err := v.judgeOrdered(holder, buyer, p.Pollutant, "id", "buyer_licence"); err != nil {
		return nil, err
	}
	sale, err := v.pledgeSale(p, p.OnSale, p.SalePrice, v.monthsLeft(i))
	if err != nil {
		return nil, err
	}
	if c.ExpectedAmount != 0 && c.ExpectedAmount != sale.Amount {
		return nil, ErrPledgeAmount.With("it costs CNY %s today: %s", sale.Amount, formula(sale.Quantity, sale.Price, int(sale.Months), sale.Amount, quantity.HalfUp))
	}
	if err := v.checkSigner(buyer.Party, sale.Amount); err != nil {
		return nil, err
	}
	sale.BuyerParty, sale.BuyerLicence, sale.Document = buyer.Party, buyer.ID, p.Document
	return v.enforce(p, row, by, sale, HoldingKey(buyer, i, ledger.Paid), ledger.FundsKey(buyer.Party))
}

// Operation is PledgeTake.
func (PledgeTake) Operation() identity.Operation { return identity.PledgeTake }

// Decide checks that so much is pledged and none of it on sale. Part months
// count down, since the government pays. The result is a PledgeSaleResult.
func (c PledgeTake) Decide(v *View) (Apply, error) {
	p, row, by, err := v.pledgeStep(identity.PledgeTake, c.Pledge, encumbrance.TakePledged)
	if err != nil {
		return nil, err
	}
	if err := v.checkSale(p, c.Quantity, c.Price, c.Document); err != nil {
		return nil, err
	}
	i, err := Get(v, Instruments, "instrument", p.Instrument)
	if err != nil {
		return nil, err
	}
	sale, err := v.pledgeSale(p, c.Quantity, c.Price, calendar.RemainingMonths(v.Today, i.TermEnd, false))
	if err != nil {
		return nil, err
	}
	sale.Document = c.Document
	return v.enforce(p, row, by, sale, ledger.PermitKey(ledger.Reserve, p.Region, p.Pollutant), ledger.Key{})
}

// PledgePriceOf is what is on sale out of a pledge costs on a day.
func PledgePriceOf(p encumbrance.Pledge, i catalog.Instrument, on calendar.Date) (PriceQuote, error) {
	q := PriceQuote{
		Kind: PriceOfSale, Instrument: i, Quantity: p.OnSale, Price: p.SalePrice, Months: calendar.RemainingMonths(on, i.TermEnd, true), On: on,
	}
	var err error
	q.Amount, err = quantity.Amount(q.Price, q.Quantity, q.Months, quantity.HalfUp)
	return q, err
}

// pledgeSale is a sale out of a pledge for the months that are left.
func (v *View) pledgeSale(p encumbrance.Pledge, q quantity.Quantity, price quantity.Price, months int) (encumbrance.PledgeSale, error) {
	s := encumbrance.PledgeSale{
		Pledge: p.ID, Bank: p.Bank, Party: p.Party, Licence: p.Licence, Region: p.Region, Instrument: p.Instrument, Quantity: q, Price: price,
		Months: int32(months), RecordedAt: v.Now, //nolint:gosec // months of a term
	}
	var err error
	s.Amount, err = quantity.Amount(price, q, months, quantity.HalfUp)
	if err == nil && s.Amount == 0 {
		err = encumbrance.ErrLeaseAmount.With("the amount rounds to CNY 0.00")
	}
	return s, err
}

// enforce moves pledged permits and pays the banks in their rank, the rest to
// the holder. No payer: it is paid outside. What is left stays pledged to who
// has not got all; who has is done.
func (v *View) enforce(p encumbrance.Pledge, row encumbrance.PledgeStep, by encumbrance.Body, s encumbrance.PledgeSale, to, payer ledger.Key) (Apply, error) {
	chain := v.heldChain(p.Chain())
	parts, owner := encumbrance.Split(chain, s.Amount)
	s.ToOwner = owner
	t := ledger.Transfer{Reason: ledger.PledgeSale, Legs: []ledger.Leg{{Debit: p.Key(), Credit: to, Amount: int64(s.Quantity), FromHeld: true}}}
	payments := make([]encumbrance.PledgePayment, len(chain))
	for n, o := range chain {
		payments[n] = encumbrance.PledgePayment{Pledge: o.ID, Bank: o.Bank, Amount: parts[n]}
		if payer != (ledger.Key{}) && parts[n] > 0 {
			t.Legs = append(t.Legs, ledger.Leg{Debit: payer, Credit: ledger.FundsKey(o.Bank), Amount: int64(parts[n])})
		}
	}
	if payer != (ledger.Key{}) && owner > 0 {
		t.Legs = append(t.Legs, ledger.Leg{Debit: payer, Credit: ledger.FundsKey(p.Party), Amount: int64(owner)})
	}
	if err := v.ledger.Check(t); err != nil {
		return nil, err
	}
	hold, err := v.holdOfChain(chain)
	if err != nil {
		return nil, err
	}
	if err := v.checkPricedRows(p.Key(), s.Quantity); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.stepPledge(p, row, by, noPledgeEffect, s.Document, "")
		s = Put(tx, PledgeSales, s)
		t.Reference = s.ID
		tx.closeHold(hold, ledger.HoldPosted)
		s.Transfer = tx.Post(t)[0].Transfer
		tx.soldPledged(&s, p.Key(), to)
		left := hold.Amount - int64(s.Quantity)
		tx.Release(p.Key(), left)
		tx.paidPledges(chain, payments, s, left)
		return PledgeSaleResult{Put(tx, PledgeSales, s), payments, mustGet(tx, Instruments, s.Instrument).Code}
	}, nil
}

// holdOfChain is the hold that pledges of the same permits share.
func (v *View) holdOfChain(chain []encumbrance.Pledge) (h ledger.Hold, err error) {
	for _, o := range chain {
		if o.Hold != 0 {
			return Get(v, Holds, "hold", o.Hold)
		}
	}
	panic("app: nothing is held for a registered pledge")
}

// soldPledged gives the acquisitions to the buyer, at the price of the sale, or
// makes a lot of them, and books both licences.
func (tx *Tx) soldPledged(s *encumbrance.PledgeSale, from, to ledger.Key) {
	tx.Consume(from, s.Quantity, true)
	tx.permitsLost(from, reserve.SurplusLoss{Kind: reserve.LostToPledge, Reference: s.ID, Quantity: s.Quantity, Document: s.Document})
	if s.BuyerLicence == 0 {
		tx.licenceChanged(s.Licence, from.Pollutant, amountChange{permit.AmountBuyBack, s.ID, -s.Quantity, s.Document})
		s.Lot = tx.addLot(reserve.Lot{
			Region: s.Region, Pollutant: from.Pollutant, Provenance: reserve.BoughtBack, AcquiredOn: tx.Today, Document: s.Document,
			Source: s.ID, Price: s.Price, Months: s.Months, Cost: s.Amount, Quantity: s.Quantity,
		}).ID
		return
	}
	tx.licenceChanged(s.Licence, from.Pollutant, amountChange{permit.AmountSold, s.ID, -s.Quantity, s.Document})
	tx.Acquire(to, ledger.Acquisition{AcquiredOn: tx.Today, Price: s.Price, PriceKnown: true, Document: s.Document, Quantity: s.Quantity})
	tx.licenceChanged(s.BuyerLicence, from.Pollutant, amountChange{permit.AmountBought, s.ID, s.Quantity, s.Document})
}

// paidPledges records what the banks got. Who has got all, and everybody where
// nothing is left, is done; the first of the others has what is left held.
func (tx *Tx) paidPledges(chain []encumbrance.Pledge, payments []encumbrance.PledgePayment, s encumbrance.PledgeSale, left int64) {
	held := false
	for n := range payments {
		payments[n].Sale = s.ID
		payments[n] = Put(tx, PledgePayments, payments[n])
		o := mustGet(tx, Pledges, chain[n].ID)
		o.Paid += payments[n].Amount
		o.Sold += s.Quantity
		if o.Owed() == 0 || left == 0 {
			row, by, err := o.Next(encumbrance.EnforcePledge, encumbrance.BySystem)
			if err != nil {
				panic(err)
			}
			tx.stepPledge(o, row, by, noPledgeEffect, s.Document, "")
			continue
		}
		if !held {
			o.Hold, held = tx.putHold(o.Key(), left, ledger.ForPledge, o.ID).ID, true
		}
		Put(tx, Pledges, o)
	}
}
