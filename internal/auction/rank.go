package auction

import (
	"cmp"
	"math"
	"slices"

	"permitx/internal/quantity"
)

// The direction in which prices are better.
const (
	highestFirst quantity.Price = -1
	lowestFirst  quantity.Price = +1
)

// rank returns the indexes of the valid bids, best first: by price, then by
// time, then by id, then as they are listed. A market order comes before every price.
func rank(side []Bid, direction quantity.Price, isValid func(*Bid) bool) []int {
	return rankBy(func(b *Bid) quantity.Price { return b.Price }, side, direction, isValid)
}

// rankBy is rank by a price of the bids; one that is 0 comes before every other.
func rankBy(priceOf func(*Bid) quantity.Price, side []Bid, direction quantity.Price, isValid func(*Bid) bool) []int {
	type place struct { // what is compared lies side by side: the bids themselves do not fit the cache
		price quantity.Price
		seq   int64
		index int
	}
	places := make([]place, 0, len(side))
	for i := range side {
		if b := &side[i]; isValid(b) {
			price := direction * priceOf(b)
			if price == 0 {
				price = math.MinInt64
			}
			places = append(places, place{price, b.Seq, i})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.price != b.price {
			return cmp.Compare(a.price, b.price)
		}
		if a.seq != b.seq {
			return cmp.Compare(a.seq, b.seq)
		}
		return atOnce(side, a.index, b.index)
	})
	order := make([]int, len(places))
	for i := range places {
		order[i] = places[i].index
	}
	return order
}

// atOnce orders two bids that arrived at once: by id, so that a result does not hang
// on how they are listed; bids of one quote, which have none, as they are listed.
func atOnce(side []Bid, i, j int) int {
	return cmp.Or(cmp.Compare(side[i].ID, side[j].ID), cmp.Compare(i, j))
}

// byTime returns the indexes of all bids in the order of their arrival.
func byTime(side []Bid) []int {
	order := make([]int, len(side))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(side[i].Seq, side[j].Seq), atOnce(side, i, j)) })
	return order
}

// atOrAbove holds bids against the reserve price.
func (c *Case) atOrAbove(b *Bid) bool { return b.Price >= c.ReservePrice }

// atOrBelow holds asks against the ceiling, where there is one.
func (c *Case) atOrBelow(b *Bid) bool { return c.CeilingPrice == 0 || b.Price <= c.CeilingPrice }

// totalOf adds up the bids of an order. Validate has held the sum of all
// against the range of quantities.
func totalOf(side []Bid, order []int) quantity.Quantity {
	var sum quantity.Quantity
	for _, i := range order {
		sum += side[i].Quantity
	}
	return sum
}

// newAllotments returns an award for each bid: nothing yet, and refused if it is
// not in the order.
func newAllotments(side []Bid, order []int) []Allotment {
	awards := make([]Allotment, len(side))
	for i := range awards {
		awards[i].Refused = true
	}
	for _, i := range order {
		awards[i].Refused = false
	}
	return awards
}

// serve gives volume to the bids of an order, best price first. Where those of
// one price want more than is left, they share it by the case's rule for ties,
// and nobody behind them gets anything.
func (c *Case) serve(side []Bid, order []int, volume quantity.Quantity, awards []Allotment) error {
	for len(order) > 0 && volume > 0 {
		n := samePrice(side, order)
		level := order[:n]
		total := totalOf(side, level)
		if total > volume {
			return c.split(side, level, volume, awards)
		}
		for _, i := range level {
			awards[i].Quantity = side[i].Quantity
		}
		volume -= total
		order = order[n:]
	}
	return nil
}

// samePrice returns how many at the head of an order have the price of the first.
func samePrice(side []Bid, order []int) int {
	n := 1
	for n < len(order) && side[order[n]].Price == side[order[0]].Price {
		n++
	}
	return n
}

// marginOf returns the price of the last of an order that gets something; 0
// where nobody does.
func marginOf(side []Bid, order []int, awards []Allotment) quantity.Price {
	for _, i := range slices.Backward(order) {
		if awards[i].Quantity > 0 {
			return side[i].Price
		}
	}
	return 0
}

// payOne sets one price for all who get something.
func payOne(awards []Allotment, price quantity.Price) {
	for i := range awards {
		if awards[i].Quantity > 0 {
			awards[i].Price = price
		}
	}
}

// payOwn lets each who gets something pay his own price.
func payOwn(side []Bid, awards []Allotment) {
	for i := range awards {
		if awards[i].Quantity > 0 {
			awards[i].Price = side[i].Price
		}
	}
}
