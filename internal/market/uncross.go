package market

import "permitx/internal/quantity"

// Head returns the order of a side that trades first: the oldest at the best
// price. It is false when the side is empty.
func (b *Book) Head(side Side) (Order, bool) {
	_, at := b.ladder(side).best()
	if at == none {
		return Order{}, false
	}
	return b.order(b.levels.at[at].head), true
}

// IsCrossed reports whether the best buy reaches the best sell, as in a call.
func (b *Book) IsCrossed() bool {
	buy, bid := b.Best(Buy)
	sell, asked := b.Best(Sell)
	return bid && asked && buy >= sell
}

// Crossed appends the levels of a side that reach the best price of the other:
// what a call can trade, best first.
func (b *Book) Crossed(side Side, out []Level) []Level {
	limit, meets := b.Best(side.Opposite())
	if !meets {
		return out
	}
	worst := -keyOf(side.Opposite(), limit)
	for at := range b.ladder(side).bestFirst {
		l := &b.levels.at[at]
		if l.key < worst {
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
	return out
}
