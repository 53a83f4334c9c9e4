package auction

import "permitx/internal/quantity"

// Load returns a case of a format with n bids in all, for measurements: prices
// are spread over a thousand ticks, so that many tie, and half of what is bid
// for is offered. Ties are settled by the costliest rule.
func Load(f Format, n int) Case {
	c := Case{Format: f, Tie: ProRataFloor, Months: 60}
	if f.find().onlyByTime {
		c.Tie = ByTime
	}
	half := quantity.Quantity(n) * 5 * quantity.OneQuantity / 2
	bids := make([]Bid, n)
	for i := range bids {
		const multiplier, spread = 48271, 2147483647 // Park and Miller: neighbours come far apart
		random := int64(i+1) * multiplier % spread
		bids[i] = Bid{
			Price: quantity.Price(1+random%1000) * quantity.OnePrice, Quantity: quantity.Quantity(1+random%9) * quantity.OneQuantity,
			Seq: random, Draw: i + 1,
		}
		if f == Ascending { // each a little above the one before, for the whole
			bids[i].Seq, bids[i].Price, bids[i].Quantity = int64(i), quantity.Price(i+1), half
		}
	}
	switch f {
	case ReverseUniform:
		c.Demand, c.Asks = half, bids
	case Call:
		c.Bids, c.Asks = bids[:n/2], bids[n/2:]
	case Uniform, PayAsBid, PayAsBidShare, Ascending:
		c.Supply, c.Bids = half, bids
	}
	return c
}
