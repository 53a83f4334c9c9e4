package app

import (
	"fmt"
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// What a block trade is of is asked here and nowhere else: permits between two
// licences, or credits between two parties (ordergoods.go has the same of orders).

// counterparty is the other side that is proposed: a licence with its party, or of
// credits a party alone.
func (c BlockPropose) counterparty(v *View) (catalog.Licence, error) {
	if c.CounterpartyLicence == 0 {
		p, err := Get(v, Parties, "counterparty_party", c.CounterpartyParty)
		return catalog.Licence{Party: p.ID}, err
	}
	l, err := Get(v, Licences, "counterparty_licence", c.CounterpartyLicence)
	if err == nil && l.Party != c.CounterpartyParty {
		err = ErrPartyNotOfLicence.At("counterparty_party")
	}
	return l, err
}

// checkBlockTraders holds that permits are traded between licences, and credits
// between parties.
func checkBlockTraders(i catalog.Instrument, own, other catalog.Licence) error {
	for n, l := range [2]catalog.Licence{own, other} {
		field := [2]string{"licence", "counterparty_licence"}[n]
		switch {
		case i.OfCredits() && l.ID != 0:
			return ErrTraderOfCredits.At(field)
		case !i.OfCredits() && l.ID == 0:
			return ErrTraderOfPermits.At(field)
		}
	}
	return nil
}

// blockKeys are the accounts that a block trade sells out of and buys into.
func (v *View) blockKeys(b market.Block) (seller, buyer ledger.Key) {
	i := rowsOf(v.state, Instruments).rows[b.Instrument]
	if b.OfCredits() {
		return v.creditGoods(b.SellerParty, i), v.creditGoods(b.BuyerParty, i)
	}
	from, to := rowsOf(v.state, Licences).rows[b.SellerLicence], rowsOf(v.state, Licences).rows[b.BuyerLicence]
	return HoldingKey(from, i, ledger.Paid), HoldingKey(to, i, ledger.Paid)
}

// judgeBlock holds that both sides may trade: of permits as the rules say, of
// credits as in their book.
func (v *View) judgeBlock(b market.Block, m catalog.Market, i catalog.Instrument) error {
	if b.OfCredits() {
		own, other := b.SellerParty, b.BuyerParty
		if b.Proposer == market.Buy {
			own, other = other, own
		}
		if err := v.judgeCreditParty(v.known, "party", own); err != nil {
			return err
		}
		return v.judgeCreditParty(v.known, "counterparty_party", other)
	}
	seller, buyer := rowsOf(v.state, Licences).rows[b.SellerLicence], rowsOf(v.state, Licences).rows[b.BuyerLicence]
	for _, l := range [2]catalog.Licence{seller, buyer} {
		if err := v.checkArea(l, m); err != nil {
			return err
		}
	}
	f := v.blockFacts(b, m, i, seller, buyer)
	return v.judge(&f)
}

func (v *View) blockFacts(b market.Block, m catalog.Market, i catalog.Instrument, seller, buyer catalog.Licence) rulebook.Facts {
	f := v.facts(rulebook.Deal, i.Pollutant, b.Quantity)
	f.Spans, f.Approval = seller.Region != buyer.Region, m.Approval
	from, to := rowsOf(v.state, Parties).rows[b.SellerParty], rowsOf(v.state, Parties).rows[b.BuyerParty]
	f.Seller = v.known.side("licence", from, seller, i.Pollutant, v.Today)
	own := v.Actor.Parties()
	switch {
	case b.PermitHold != 0:
		f.Seller.Holding = rulebook.Holding{Seen: true, Paid: b.Quantity, Ready: b.Quantity, Surplus: b.Quantity}
	case slices.Contains(own, b.SellerParty):
		f.Seller.Holding = v.holding(seller, i)
	}
	if b.MoneyHold == 0 && !slices.Contains(own, b.BuyerParty) {
		f.Buyer = v.known.side("licence", to, buyer, i.Pollutant, v.Today)
		return f
	}
	f.Buyer = v.buyer(v.known, "licence", to, buyer, i.Pollutant)
	if b.ID != 0 { // it is counted already
		f.Buyer.Holding.Total -= wantedOfBlock(b)
	}
	return f
}

// checkBlockGoods holds that what is sold is there, may be sold on today, and lies
// in few enough parts.
func (v *View) checkBlockGoods(b market.Block, key ledger.Key) error {
	m, i := rowsOf(v.state, Markets).rows[b.Market], rowsOf(v.state, Instruments).rows[b.Instrument]
	if b.OfCredits() {
		h, q := goodsHolder(b.SellerParty, i), goodsHeld(true, b.Quantity)
		if err := v.checkCreditsThere(h, q); err != nil {
			return err
		}
		if err := v.checkCreditResale(m, h, q); err != nil {
			return err
		}
		return v.checkDeliverable(h, q)
	}
	id, _ := v.ledger.Find(key)
	if err := v.checkResale(m, id, b.Quantity); err != nil {
		return err
	}
	if v.partsOf(id, b.Quantity) > MaxFills {
		return ErrTooManyParts
	}
	return nil
}

// checkBlockRanges returns ErrTooManyRanges when the credits of a block trade have
// come to lie in too many ranges since they were held: a revocation has taken others.
func (v *View) checkBlockRanges(b market.Block) error {
	i := rowsOf(v.state, Instruments).rows[b.Instrument]
	if b.OfCredits() && v.countRanges(goodsHolder(b.SellerParty, i), v.unitsIn(b.Quantity, i)) > rangesMost {
		return ErrTooManyRanges.With("the block trade would take credits out of more than %d ranges at once", rangesMost)
	}
	return nil
}

// nameUse puts what a side says that it buys for into a block trade: who sells says
// nothing, and the project of who buys, if he has one, is not looked at before he acts.
func (v *View) nameUse(b *market.Block, side market.Side, u use) error {
	switch {
	case u.isSaid() && side == market.Sell:
		return ErrProjectOfSale
	case u.isSaid() && b.OfCredits():
		return ErrProjectOfCredits
	case side == market.Sell || b.OfCredits():
		return nil
	}
	b.Project = u.project
	buyer := rowsOf(v.state, Licences).rows[b.BuyerLicence]
	return v.checkUseIn(rowsOf(v.state, Markets).rows[b.Market], u, buyer, rowsOf(v.state, Instruments).rows[b.Instrument].Pollutant, b.Quantity)
}

// blockSurplus holds verified surplus for a block trade, or with a negative q gives
// it back. Credits have none.
func (tx *Tx) blockSurplus(b market.Block, q quantity.Quantity) {
	if !b.OfCredits() {
		pollutant := rowsOf(tx.state, Instruments).rows[b.Instrument].Pollutant
		tx.ChangeSurplus(b.SellerLicence, pollutant, func(s *market.Surplus) { s.Held += q })
	}
}

// deliverBlock moves what a block trade is of, and its price, in one transfer. What
// licences permit follows.
func (tx *Tx) deliverBlock(b market.Block, t market.Trade, seller, buyer ledger.Key) {
	i := mustGet(tx, Instruments, b.Instrument)
	if b.OfCredits() {
		tx.deliverCredits(t, seller, buyer, i)
		return
	}
	d := settlement.Delivery{Seller: seller, Buyer: buyer, Quantity: b.Quantity, Exchange: quantity.OneRatio, Offset: quantity.OneRatio}
	tx.deliver(d, must(d.Outcome()), ledger.BlockTrade, t.ID, b.Amount, acquisitionOf(tx, t))
	tx.want(b.BuyerLicence, i.Pollutant, -b.Quantity)
	document := fmt.Sprintf("trade %d", t.ID)
	tx.projectBids(b.Project, i.Pollutant, -b.Quantity)
	tx.projectBought(permit.Entry{
		Project: b.Project, Pollutant: i.Pollutant, Kind: permit.ByBlock, Reference: b.ID, Instrument: i.ID, Bought: b.Quantity, Document: document,
	})
	tx.licenceChanged(b.SellerLicence, i.Pollutant, amountChange{permit.AmountBlock, t.ID, -b.Quantity, document})
	tx.licenceChanged(b.BuyerLicence, i.Pollutant, amountChange{permit.AmountBlock, t.ID, b.Quantity, document})
}
