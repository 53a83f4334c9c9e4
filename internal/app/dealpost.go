package app

import (
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// approvals are the steps whose document is the deal's.
var approvals = map[settlement.DealEvent]bool{
	settlement.BureauApprove: true, settlement.SellerRegionConfirm: true,
	settlement.BuyerRegionConfirm: true, settlement.UpperApprove: true,
}

// holdForDeal holds the seller's permits and the surplus that covers them.
func (tx *Tx) holdForDeal(d *settlement.Deal) {
	d.PermitHold = tx.putHold(d.SellerKey(), int64(d.Quantity), ledger.ForDeal, d.ID).ID
	tx.ChangeSurplus(d.SellerLicence, d.Pollutant, func(s *market.Surplus) { s.Held += d.Quantity })
}

// fundDeal puts the buyer's money into escrow and holds it there for the deal.
func (tx *Tx) fundDeal(d *settlement.Deal) {
	tx.Post(d.FundTransfer())
	d.MoneyHold = tx.putHold(ledger.MoneyKey(ledger.Escrow), int64(d.Amount), ledger.ForDeal, d.ID).ID
}

// settleDeal moves the permits, both caps and the money in one transfer, uses
// up the seller's acquisitions and surplus, and gives the buyer an acquisition.
func (tx *Tx) settleDeal(d *settlement.Deal, h dealHolds) {
	d.Transfer = tx.Post(d.SettleTransfer())[0].Transfer
	d.SettledAt = tx.Now
	tx.closeHold(h.permits, ledger.HoldPosted)
	if d.MoneyHold != 0 {
		tx.closeHold(h.money, ledger.HoldPosted)
	}
	for _, a := range tx.Consume(d.SellerKey(), d.Quantity, true) {
		Put(tx, DealSources, settlement.DealSource{Deal: d.ID, Acquisition: a.ID, Quantity: a.Quantity})
	}
	tx.ChangeSurplus(d.SellerLicence, d.Pollutant, func(s *market.Surplus) {
		s.Held -= d.Quantity
		s.Used += d.Quantity
	})
	tx.Acquire(d.BuyerKey(), ledger.Acquisition{
		AcquiredOn: tx.Today, Price: d.Price, PriceKnown: true, Document: dealDocument(d), Deal: d.ID, Quantity: d.Delivered,
	})
	tx.dealChanged(d, 1)
	tx.projectBids(d.Project, d.Pollutant, -d.Arriving)
	tx.projectBought(dealEntry(*d))
	if d.CapEffect == settlement.CapReturnsAtTerm {
		i := mustGet(tx, Instruments, d.Instrument)
		tx.armTermEnd(i)
		tx.Arm(afterTerm(i), timerCapReturn, d.ID)
	}
}

// dealDocument is what proves the buyer's title: the approval, or the document
// by which the caps move.
func dealDocument(d *settlement.Deal) string {
	switch {
	case d.Document != "":
		return d.Document
	case d.CapDocument != "":
		return d.CapDocument
	}
	return "deal"
}

// releaseDeal gives back what the deal holds: the permits with their surplus,
// and the money in escrow to the buyer.
func (tx *Tx) releaseDeal(d *settlement.Deal, h dealHolds) {
	if d.IsBuyersWord() {
		tx.projectBids(d.Project, d.Pollutant, -d.Arriving)
	}
	if d.PermitHold != 0 {
		tx.closeHold(h.permits, ledger.HoldVoided)
		tx.ChangeSurplus(d.SellerLicence, d.Pollutant, func(s *market.Surplus) { s.Held -= d.Quantity })
	}
	if d.MoneyHold != 0 {
		tx.closeHold(h.money, ledger.HoldVoided)
		tx.Post(d.RefundTransfer())
	}
}

// reverseDeal mirrors the settlement: what the deal brought leaves the buyer,
// and the seller has again what he had, with its dates and prices. New rows
// hold it, since an acquisition that is used up stays so.
func (tx *Tx) reverseDeal(d *settlement.Deal, sources []ledger.Acquisition) {
	d.Reversal = tx.Post(d.ReverseTransfer())[0].Transfer
	tx.takeBack(d)
	for _, a := range sources {
		tx.Acquire(d.SellerKey(), a)
	}
	tx.ChangeSurplus(d.SellerLicence, d.Pollutant, func(s *market.Surplus) { s.Used -= d.Quantity })
	tx.dealChanged(d, -1)
	undone := dealEntry(*d).Negated()
	undone.Transfer = d.Reversal
	tx.projectBought(undone)
}

// dealChanged books a settlement, or with a sign of −1 its reversal, to the two
// licences.
func (tx *Tx) dealChanged(d *settlement.Deal, sign quantity.Quantity) {
	tx.licenceChanged(d.SellerLicence, d.Pollutant, amountChange{permit.AmountSold, d.ID, -sign * d.Quantity, dealDocument(d)})
	tx.licenceChanged(d.BuyerLicence, d.Pollutant, amountChange{permit.AmountBought, d.ID, sign * d.Delivered, dealDocument(d)})
}

// dealEntry is what a deal brings its project: all that arrives is bought for
// it and put to it, and r is applied by the settlement.
func dealEntry(d settlement.Deal) permit.Entry {
	return permit.Entry{
		Project: d.Project, Pollutant: d.Pollutant, Kind: permit.ByDeal, Reference: d.ID, Instrument: d.Instrument,
		Bought: d.Arriving, Assigned: d.Arriving, Retired: d.Retired, Document: dealDocument(&d), Transfer: d.Transfer,
	}
}

// takeBack takes what a deal brought out of the buyer's acquisitions.
func (tx *Tx) takeBack(d *settlement.Deal) {
	buyer := tx.open(d.BuyerKey())
	for _, a := range tx.ledger.Brought(buyer, d.ID) {
		if a.Command != tx.Number {
			tx.touched.acquisitions = append(tx.touched.acquisitions, acquisitionMark{a, a.Command})
		}
	}
	for _, a := range tx.ledger.TakeBack(buyer, d.ID, tx.Number) {
		if tx.batch.Acquisitions.put(a.ID, false, *a) {
			tx.batch.rows++
		}
	}
}
