package auction

import "permitx/internal/quantity"

// clearAscending sells the whole supply to the last bidder. Bids come one after
// the other; each must be at or above the reserve price and at least a step
// above the best so far, and what is not is refused. Without a step any higher
// price will do.
//
// Sources: the notices of 南湖 2012 and 吴忠 2025 (增价竞价, 加价幅度).
func clearAscending(c *Case) (Result, error) {
	r := Result{Status: NoTrade, Bids: newAllotments(c.Bids, nil)}
	step := max(c.Step, 1)
	var best quantity.Price
	last := -1
	for _, i := range byTime(c.Bids) {
		if price := c.Bids[i].Price; price >= c.ReservePrice && (last < 0 || price-best >= step) {
			best, last = price, i
			r.Bids[i].Refused = false
		}
	}
	if last < 0 {
		return r, nil
	}
	r.Status, r.ClearingPrice = Cleared, best
	r.Bids[last].Quantity, r.Bids[last].Price = c.Supply, best
	return r, nil
}
