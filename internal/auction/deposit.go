package auction

import (
	"math"

	"permitx/internal/quantity"
)

// DepositOf is what a bidder puts up as a deposit: one amount, or one for each lot
// size that he may bid for by his registration. It does not follow his bids, and so
// tells nothing of them.
func (o Offer) DepositOf(r Registration) (quantity.Money, error) {
	if o.DepositPer == PerLot {
		return o.depositsFor(o.MostOf(r))
	}
	return o.Deposit, nil
}

// depositsFor is the deposit of each lot size of a quantity; a part of one counts as one.
func (o Offer) depositsFor(q quantity.Quantity) (quantity.Money, error) {
	all, err := quantity.MulDiv(int64(o.Deposit), int64((q+o.LotSize-1)/o.LotSize), 1, 1, quantity.Up)
	return quantity.Money(all), err
}

// Deposited is how much a bidder's deposit lets him bid for.
func (o Offer) Deposited(r Registration) quantity.Quantity {
	if o.DepositPer != PerLot {
		return math.MaxInt64
	}
	return quantity.Quantity(r.Collateral/o.Deposit) * o.LotSize
}

// Forfeit is how much of what a bidder put up he loses by letting an award go: a
// deposit as a whole, of one for each lot that of the lots that he has won, and of a
// guarantee that he chose himself no more than the award's amount.
func (o Offer) Forfeit(a Award, putUp quantity.Money) quantity.Money {
	switch {
	case o.Collateral == FullCollateral:
		return min(putUp, a.Amount)
	case o.DepositPer == PerLot:
		if lost, err := o.depositsFor(a.Quantity); err == nil {
			return min(putUp, lost)
		}
	}
	return putUp
}
