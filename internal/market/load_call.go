package market

import "permitx/internal/quantity"

// The calls of the mixed load.
const (
	loadCallEvery  = 4_000 // messages from the beginning of one to that of the next
	loadCallOrders = 250   // messages for which a call collects
	loadAtCall     = 4     // one in so many orders for a call is a market order
)

// collects reports whether the message with this number comes while a call collects.
func collects(i int) bool { return i%loadCallEvery < loadCallOrders }

// collect is for an order that waits for the call, around the mid, or for one that leaves.
func (g *loadGenerator) collect() Message {
	if last := len(g.rested) - 1; last >= 0 && g.oneIn(4) {
		id := g.rested[last]
		g.rested = g.rested[:last]
		return g.sent(Message{Step: Leave, Order: Order{ID: id}})
	}
	g.lastID++
	m := Message{Step: Collect, TimeInForce: DAY, Order: Order{ID: g.lastID, Side: Sell, Quantity: loadLot * quantity.Quantity(1+g.random.IntN(loadLotsMax))}}
	if g.oneIn(2) {
		m.Order.Side = Buy
	}
	away := g.random.IntN(2*loadThrough) - loadThrough
	if g.oneIn(loadAtCall) { // what protects it lies far away
		m.Step, m.TimeInForce, away = CollectAtMarket, IOC, -loadDistance
	}
	if m.Order.Side == Buy {
		away = -away
	}
	m.Order.Price = max(g.mid+loadTick*quantity.Price(away), loadTick)
	return g.sent(m)
}

// uncross is for the end of the call, at the price at which the most trades.
func (g *loadGenerator) uncross() Message {
	price, most := g.mid, quantity.Quantity(0)
	for _, l := range g.book.Crossed(Sell, g.book.Crossed(Buy, nil)) {
		if q := min(g.at(Buy, l.Price), g.at(Sell, l.Price)); q > most {
			price, most = l.Price, q
		}
	}
	return g.sent(Message{Step: Uncross, Order: Order{Price: price}})
}

// at is what a side of the generator's book would trade at a price.
func (g *loadGenerator) at(side Side, price quantity.Price) (sum quantity.Quantity) {
	for _, l := range g.book.MarketLevels(side, g.book.Crossed(side, nil)) {
		if keyOf(side, l.Price) >= keyOf(side, price) {
			sum += l.Quantity
		}
	}
	return sum
}

// uncross trades what meets at the message's price, as a market does when its call
// is over, and cancels the market orders that are left. Of two of one group the younger leaves.
func (m *Message) uncross(b *Book, fills []Fill) []Fill {
	for {
		bid, bids := b.Head(Buy, m.Order.Price, ageOf)
		ask, asks := b.Head(Sell, m.Order.Price, ageOf)
		if !bids || !asks {
			break
		}
		if bid.ID%loadGroups == ask.ID%loadGroups {
			b.Cancel(max(bid.ID, ask.ID))
			continue
		}
		q, maker := min(bid.Quantity, ask.Quantity), bid
		if ask.ID < bid.ID {
			maker = ask
		}
		b.Take(bid.ID, q)
		b.Take(ask.ID, q)
		fills = append(fills, Fill{Maker: maker.ID, Price: m.Order.Price, Quantity: q, Left: maker.Quantity - q})
	}
	for o, waits := b.MarketOrder(); waits; o, waits = b.MarketOrder() {
		b.Cancel(o.ID)
	}
	return fills
}

// ageOf is the place of an order of the load in time: its number.
func ageOf(id int64) int64 { return id }
