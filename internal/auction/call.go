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
// Market orders trade first, then the better price, then the earlier. Where only
// market orders can trade with each other, they do at the reference price. The
// price that protects a market order makes it take no worse one; it is no limit
// that a price is chosen by.
//
// Sources: Xetra Market Model Equities, auction price determination; HKEX,
// closing auction session. That a market order may be protected: project default.
func clearCall(c *Case) (Result, error) {
	r := Result{Status: NoTrade, Bids: make([]Allotment, len(c.Bids)), Asks: make([]Allotment, len(c.Asks))}
	at := c.callPrice()
	if at.price == 0 || at.volume() == 0 {
		return r, nil
	}
	r.Status, r.ClearingPrice, r.Imbalance = Cleared, at.price, at.surplus()
	fill(c.Bids, rank(c.Bids, highestFirst, func(b *Bid) bool { return b.buysAt(at.price) }), at.volume(), r.Bids)
	fill(c.Asks, rank(c.Asks, lowestFirst, func(b *Bid) bool { return b.worst() <= at.price }), at.volume(), r.Asks)
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

// worst is the worst price that a bid or ask of a call takes; 0: any.
func (b *Bid) worst() quantity.Price { return cmp.Or(b.Price, b.Protection) }

func (b *Bid) buysAt(price quantity.Price) bool { return b.worst() == 0 || b.worst() >= price }

// at is what would be bought and sold at a price.
func (c *Case) at(price quantity.Price) candidate {
	k := candidate{price: price}
	for i := range c.Bids {
		if b := &c.Bids[i]; b.buysAt(price) {
			k.bought += b.Quantity
		}
	}
	for i := range c.Asks {
		if a := &c.Asks[i]; a.worst() <= price {
			k.sold += a.Quantity
		}
	}
	return k
}

// callPrice returns the candidate that the rule chooses.
func (c *Case) callPrice() candidate {
	candidates := c.candidates()
	if len(candidates) > 0 {
		candidates = best(candidates, func(k candidate) quantity.Quantity { return k.volume() })
	}
	if len(candidates) == 0 || candidates[0].volume() == 0 {
		return c.at(c.ReferencePrice)
	}
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
func (c *Case) candidates() []candidate {
	every := func(*Bid) bool { return true }
	bids, asks := rankBy((*Bid).worst, c.Bids, highestFirst, every), rankBy((*Bid).worst, c.Asks, lowestFirst, every)
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
		for ; len(asks) > 0 && c.Asks[asks[0]].worst() <= price; asks = asks[1:] {
			sold += c.Asks[asks[0]].Quantity
		}
		found[n].price, found[n].sold = price, sold
	}
	var bought quantity.Quantity
	for n, price := range slices.Backward(prices) {
		for ; len(bids) > 0 && c.Bids[bids[0]].buysAt(price); bids = bids[1:] {
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
