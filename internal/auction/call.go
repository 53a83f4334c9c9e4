package auction

import (
	"cmp"
	"slices"

	"permitx/internal/quantity"
)

// clearCall is the periodic call auction of a market. Both sides trade at the
// one price, out of those that limit orders name, that
//
//  1. executes the greatest volume,
//  2. leaves the smallest surplus,
//  3. follows the pressure: the highest, where all that are left leave bids
//     over, the lowest, where all leave asks over,
//  4. is nearest to the reference price, and of two equally near the higher.
//     Without a reference price it is the highest.
//
// Market orders trade first, then the better price, then the earlier. Where
// there are only market orders, they trade at the reference price.
//
// Sources: Xetra Market Model Equities, auction price determination; HKEX,
// closing auction session.
func clearCall(c *Case) (Result, error) {
	every := func(*Bid) bool { return true }
	bids, asks := rank(c.Bids, highestFirst, every), rank(c.Asks, lowestFirst, every)
	r := Result{Status: NoTrade, Bids: make([]Allotment, len(c.Bids)), Asks: make([]Allotment, len(c.Asks))}
	at := c.callPrice(bids, asks)
	if at.price == 0 || at.volume() == 0 {
		return r, nil
	}
	r.Status, r.ClearingPrice, r.Imbalance = Cleared, at.price, at.surplus()
	fill(c.Bids, bids, at.volume(), r.Bids)
	fill(c.Asks, asks, at.volume(), r.Asks)
	payOne(r.Bids, at.price)
	payOne(r.Asks, at.price)
	return r, nil
}

// A candidate is a price with what would be bought and sold at it.
type candidate struct {
	price        quantity.Price
	bought, sold quantity.Quantity
}

func (k candidate) volume() quantity.Quantity  { return min(k.bought, k.sold) }
func (k candidate) surplus() quantity.Quantity { return k.bought - k.sold }

// callPrice returns the candidate that the rule chooses.
func (c *Case) callPrice(bids, asks []int) candidate {
	candidates := c.candidates(bids, asks)
	if len(candidates) == 0 {
		return candidate{c.ReferencePrice, totalOf(c.Bids, bids), totalOf(c.Asks, asks)}
	}
	candidates = best(candidates, func(k candidate) quantity.Quantity { return k.volume() })
	candidates = best(candidates, func(k candidate) quantity.Quantity { return -max(k.surplus(), -k.surplus()) })
	lowest, highest := candidates[0], candidates[len(candidates)-1]
	switch {
	case all(candidates, func(k candidate) bool { return k.surplus() < 0 }):
		return lowest
	case c.ReferencePrice == 0, all(candidates, func(k candidate) bool { return k.surplus() > 0 }):
		return highest
	}
	nearest := lowest
	for _, k := range candidates { // from the lowest: of equally near ones the later
		if distance(k.price, c.ReferencePrice) <= distance(nearest.price, c.ReferencePrice) {
			nearest = k
		}
	}
	return nearest
}

// candidates returns the limits of the book, from the lowest, each once.
func (c *Case) candidates(bids, asks []int) []candidate {
	var prices []quantity.Price
	for _, b := range c.Bids {
		prices = append(prices, b.Price)
	}
	for _, a := range c.Asks {
		prices = append(prices, a.Price)
	}
	slices.Sort(prices)
	prices = slices.Compact(prices)
	if len(prices) > 0 && prices[0] == 0 { // a market order names no price
		prices = prices[1:]
	}
	found := make([]candidate, len(prices))
	var sold quantity.Quantity
	for n, price := range prices {
		for ; len(asks) > 0 && c.Asks[asks[0]].Price <= price; asks = asks[1:] {
			sold += c.Asks[asks[0]].Quantity
		}
		found[n].price, found[n].sold = price, sold
	}
	var bought quantity.Quantity
	for n, price := range slices.Backward(prices) {
		for ; len(bids) > 0 && (c.Bids[bids[0]].Price >= price || c.Bids[bids[0]].Price == 0); bids = bids[1:] {
			bought += c.Bids[bids[0]].Quantity
		}
		found[n].bought = bought
	}
	return found
}

// best returns the candidates with the highest score, in their order.
func best(candidates []candidate, score func(candidate) quantity.Quantity) []candidate {
	top := score(slices.MaxFunc(candidates, func(a, b candidate) int { return cmp.Compare(score(a), score(b)) }))
	return slices.DeleteFunc(candidates, func(k candidate) bool { return score(k) < top })
}

func all(candidates []candidate, is func(candidate) bool) bool {
	return !slices.ContainsFunc(candidates, func(k candidate) bool { return !is(k) })
}

func distance(a, b quantity.Price) quantity.Price { return max(a-b, b-a) }
