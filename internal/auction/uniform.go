package auction

// clearUniform sells to the highest valid bids at one price, that of the lowest
// bid that gets something. Price-takers are served first, out of the same
// supply, and count as demand.
//
// Where they leave nothing, the price is that of the best valid bid, which is
// what it tends to as they leave less: more supply must not raise a price.
//
// Sources: UK SI 2021/484 regs 6–7; Commission Regulation (EU) 1031/2010
// art. 7; Québec Q-2 r.46.1 s. 52; 31 CFR 356.20 for price-takers.
func clearUniform(c *Case) (Result, error) {
	order := rank(c.Bids, highestFirst, c.atOrAbove)
	r := Result{Bids: newAllotments(c.Bids, order)}
	takers := min(c.Noncompetitive, c.Supply)
	var over bool
	if r.Status, over = c.meet(len(order), takers+totalOf(c.Bids, order), c.Supply); over {
		return r, nil
	}
	r.Noncompetitive = takers
	if err := c.serve(c.Bids, order, c.Supply-takers, r.Bids); err != nil {
		return Result{}, err
	}
	r.ClearingPrice = marginOf(c.Bids, order, r.Bids)
	if takers == c.Supply {
		r.ClearingPrice = c.Bids[order[0]].Price
	}
	payOne(r.Bids, r.ClearingPrice)
	return r, nil
}
