package auction

// clearUniform sells to the highest valid bids at one price, that of the lowest
// bid that gets something. Price-takers are served first, out of the same
// supply, and count as demand.
//
// Where they leave nothing, the price is that of the best valid bid, which is
// what it tends to as they leave less: more supply must not raise a price.
// Without a valid bid there is no price, and nobody gets anything.
//
// Price-takers among the bids get no more than NoncompetitiveLimit together, whatever is
// left; where they want more, they share it by the rule for ties, as bids of
// one price do (both: project default).
//
// Sources: UK SI 2021/484 regs 6–7; Commission Regulation (EU) 1031/2010
// art. 7; Québec Q-2 r.46.1 s. 52; 31 CFR 356.20 for price-takers.
func clearUniform(c *Case) (Result, error) {
	valid := rank(c.Bids, highestFirst, c.isValid)
	takers, order := splitTakers(c.Bids, valid)
	r := Result{Bids: newAllotments(c.Bids, valid)}
	unnamed := min(c.Noncompetitive, c.Supply)
	named := min(totalOf(c.Bids, takers), c.NoncompetitiveLimit, c.Supply-unnamed)
	left := c.Supply - unnamed - named
	var over bool
	if r.Status, over = c.meet(len(order), c.Supply-left+totalOf(c.Bids, order), c.Supply); over {
		return r, nil
	}
	r.Unnamed, r.Noncompetitive = unnamed, unnamed+named
	if err := c.serve(c.Bids, takers, named, r.Bids); err != nil {
		return Result{}, err
	}
	if err := c.serve(c.Bids, order, left, r.Bids); err != nil {
		return Result{}, err
	}
	r.ClearingPrice = marginOf(c.Bids, order, r.Bids)
	if left == 0 {
		r.ClearingPrice = c.Bids[order[0]].Price
	}
	payOne(r.Bids, r.ClearingPrice)
	return r, nil
}

// isValid reports whether a bid takes part: at or above the reserve price, or at any.
func (c *Case) isValid(b *Bid) bool { return b.Price == 0 || c.atOrAbove(b) }

// splitTakers parts those who take any price, who come first, from the others.
func splitTakers(side []Bid, order []int) (takers, others []int) {
	n := 0
	for n < len(order) && side[order[n]].Price == 0 {
		n++
	}
	return order[:n], order[n:]
}
