package market

import "permitx/internal/quantity"

// RestAtCall lets a market order wait for a call; its price is the one that
// protects it. It lies beside the levels, so that they have limit orders only,
// and is found, lowered and cancelled by its number as they are. RestAtCall
// panics as Place does.
func (b *Book) RestAtCall(o Order) {
	if b.findOrder(o.ID).slot != none {
		panic("market: a market order is in the book already")
	}
	if b.atCall == nil {
		b.atCall = NewBook()
	}
	b.heads[0].made, b.heads[1].made = false, false // it may open a level in a slot that either knows
	b.atCall.Rest(o)
}

// MarketOrder returns any market order that waits for a call, always the same
// one of equal books; false when there is none.
func (b *Book) MarketOrder() (Order, bool) {
	if b.atCall == nil {
		return Order{}, false
	}
	for _, side := range [...]Side{Buy, Sell} {
		if _, at := b.atCall.ladder(side).best(); at != none {
			return b.atCall.order(b.atCall.levels.at[at].head), true
		}
	}
	return Order{}, false
}

// MarketLevels appends the market orders of a side that wait for a call, by the
// price that protects them, the widest first.
func (b *Book) MarketLevels(side Side, out []Level) []Level {
	if b.atCall == nil {
		return out
	}
	return b.atCall.Depth(side, b.atCall.levels.used, out)
}

// AtCall is what the market orders of a side that wait for a call come to.
func (b *Book) AtCall(side Side) quantity.Quantity {
	var sum level
	for _, l := range b.MarketLevels(side, nil) {
		sum.add(l.Quantity)
	}
	return sum.quantity()
}

// Head returns the order of a side that trades first at the price of a call: of
// the market orders that take it the first that was queued, of those that were at
// once the first by number; otherwise the oldest at the best price. It is false when
// none of the side takes the price. queued gives an order's place in time.
func (b *Book) Head(side Side, price quantity.Price, queued func(id int64) int64) (head Order, takes bool) {
	least := keyOf(side, price)
	if b.atCall != nil {
		if head, takes = b.heads[side-Buy].first(b.atCall, side, least, queued); takes {
			return head, true
		}
	}
	if key, at := b.ladder(side).best(); at != none && key >= least {
		return b.order(b.levels.at[at].head), true
	}
	return Order{}, false
}

// widest is the key of the order of a side that takes the most prices, a market
// order by the price that protects it; false when the side is empty.
func (b *Book) widest(side Side) (key int64, ok bool) {
	key, at := b.ladder(side).best()
	if b.atCall == nil {
		return key, at != none
	}
	other, otherAt := b.atCall.ladder(side).best()
	if at == none || otherAt != none && other > key {
		return other, otherAt != none
	}
	return key, true
}

// IsCrossed reports whether a price is taken by both sides, as in a call.
func (b *Book) IsCrossed() bool {
	buy, bid := b.widest(Buy)
	sell, asked := b.widest(Sell)
	return bid && asked && buy >= -sell
}

// MeetsAt reports whether a buy and a sell take a price.
func (b *Book) MeetsAt(price quantity.Price) bool {
	buy, bid := b.widest(Buy)
	sell, asked := b.widest(Sell)
	return bid && asked && buy >= keyOf(Buy, price) && sell >= keyOf(Sell, price)
}

// Crossed appends the levels of limit orders of a side that the other side
// takes: what of them a call can trade, best first.
func (b *Book) Crossed(side Side, out []Level) []Level {
	limit, meets := b.widest(side.Opposite())
	if !meets {
		return out
	}
	for at := range b.ladder(side).bestFirst {
		l := &b.levels.at[at]
		if l.key < -limit { // −limit is that price seen from this side
			break
		}
		out = append(out, Level{Price: l.price(), Quantity: l.quantity(), Orders: int(l.orders)})
	}
	return out
}

// Take lowers what is left of an order that rests by what it has traded; an
// order that is used up leaves the book. It panics where there is less: the
// caller has looked.
func (b *Book) Take(id int64, q quantity.Quantity) {
	o, rests := b.Get(id)
	switch {
	case !rests || q <= 0 || q > o.Quantity:
		panic("market: more is taken of an order than rests")
	case q == o.Quantity:
		b.Cancel(id)
	default:
		b.Reduce(id, o.Quantity-q)
	}
}

// Outside appends the orders whose price is outside a band, at most n: what a new
// day's band takes out of the book.
func (b *Book) Outside(band Band, n int, out []int64) []int64 {
	for _, side := range [2]Side{Buy, Sell} {
		for at := range b.ladder(side).bestFirst {
			l := &b.levels.at[at]
			if band.Holds(l.price()) {
				continue
			}
			for slot := l.head; slot != none; slot = b.orders.at(slot).next {
				if len(out) >= n {
					return out
				}
				out = append(out, b.orders.at(slot).id)
			}
		}
	}
	if b.atCall != nil {
		return b.atCall.Outside(band, n, out)
	}
	return out
}
