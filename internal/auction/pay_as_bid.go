package auction

// clearPayAsBid sells to the highest valid bids until the supply is exhausted;
// each pays his own price.
//
// Source: the notice of 吴忠's NOx sale of 2025 (从高到低依次成交,直至售完).
func clearPayAsBid(c *Case) (Result, error) {
	order := rank(c.Bids, highestFirst, c.atOrAbove)
	r := Result{Bids: newAllotments(c.Bids, order)}
	var over bool
	if r.Status, over = c.meet(len(order), totalOf(c.Bids, order), c.Supply); over {
		return r, nil
	}
	if err := c.serve(c.Bids, order, c.Supply, r.Bids); err != nil {
		return Result{}, err
	}
	payOwn(c.Bids, r.Bids)
	return r, nil
}
