package auction

import (
	"math"

	"permitx/internal/quantity"
)

// clearReverseUniform buys from the lowest asks at one price, that of the
// highest ask that sells something, never above the ceiling.
//
// With a budget the price is the one at which most can be bought: at each price
// that was asked the volume is the least of the demand, of what is asked at or
// below it, and of what the budget pays for at it, rounded down to the lot size.
// The largest volume counts, then the lowest price. As a lower price that offers
// that much would be taken first, the price is also then the highest accepted.
//
// Source: project default, the mirror of uniform.
func clearReverseUniform(c *Case) (Result, error) {
	order := rank(c.Asks, lowestFirst, c.atOrBelow)
	r := Result{Asks: newAllotments(c.Asks, order)}
	volume := c.volumeBought(order)
	var over bool
	if r.Status, over = c.meet(len(order), volume, c.Demand); over {
		return r, nil
	}
	if volume == 0 { // the budget does not pay for one lot size
		r.Status = NoTrade
		return r, nil
	}
	if err := c.serve(c.Asks, order, volume, r.Asks); err != nil {
		return Result{}, err
	}
	r.ClearingPrice = marginOf(c.Asks, order, r.Asks)
	payOne(r.Asks, r.ClearingPrice)
	return r, nil
}

// volumeBought returns the largest volume over the prices that were asked.
func (c *Case) volumeBought(order []int) quantity.Quantity {
	var most, asked quantity.Quantity
	for len(order) > 0 {
		n := samePrice(c.Asks, order)
		asked += totalOf(c.Asks, order[:n])
		most = max(most, min(c.Demand, asked, c.affordable(c.Asks[order[0]].Price)))
		order = order[n:]
	}
	return most
}

// affordable returns how much the budget pays for at a price.
func (c *Case) affordable(price quantity.Price) quantity.Quantity {
	if c.Budget == 0 {
		return math.MaxInt64
	}
	q, err := quantity.MulDiv(int64(c.Budget), monthsPerYear*atomsPerFen, 1, int64(price)*int64(c.Months), quantity.Down)
	if err != nil { // more than any quantity
		return math.MaxInt64
	}
	return quantity.Quantity(q).FloorTo(c.LotSize)
}

// atomsPerFen is a quantity atom times a price atom in the atoms of money: 10⁻⁶ × 10⁻⁴ ÷ 10⁻².
const atomsPerFen = 100_000_000
