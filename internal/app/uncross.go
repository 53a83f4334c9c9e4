package app

import (
	"math"

	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// The bounds of one step of a call: fills and cancelled orders, and rows beside.
const (
	callFills = MaxFills
	callRows  = 4000
)

// callOutcome is the price of a call of a book, what trades at it, and what more
// is bid than asked there. It looks at the levels that meet only, each as one
// order, and at the market orders by what protects them: who gets how much is for
// the fills. It is false where nothing meets.
func callOutcome(b *market.Book, reference quantity.Price) (auction.Result, bool) {
	if !b.IsCrossed() {
		return auction.Result{}, false
	}
	buys, sells := b.Crossed(market.Buy, nil), b.Crossed(market.Sell, nil)
	if len(buys)+len(sells) == 0 && (reference == 0 || !b.MeetsAt(reference)) { // only limits name another price
		return auction.Result{}, false
	}
	r, err := auction.Clear(&auction.Case{
		Format: auction.Call, ReferencePrice: reference, LotSize: 1,
		Bids: bidsOf(b.MarketLevels(market.Buy, nil), buys), Asks: bidsOf(b.MarketLevels(market.Sell, nil), sells),
	})
	return r, err == nil && r.Volume > 0
}

func bidsOf(protected, limits []market.Level) []auction.Bid {
	bids := make([]auction.Bid, 0, len(protected)+len(limits))
	for _, l := range protected {
		bids = append(bids, auction.Bid{Protection: l.Price, Quantity: l.Quantity})
	}
	for _, l := range limits {
		bids = append(bids, auction.Bid{Price: l.Price, Quantity: l.Quantity})
	}
	return bids
}

// uncross makes the fills of a market's calls, a bounded number of them, and
// reports whether all are made: no book is crossed then, and no market order waits.
func (tx *Tx) uncross(m catalog.Market) bool {
	made, start := 0, tx.batch.rows
	tx.instrumentsOf(m, func(i catalog.Instrument, b *market.Book) bool {
		for waitsForCall(b) {
			if made >= callFills || tx.batch.rows-start > callRows {
				return false
			}
			made += tx.uncrossBook(m, i, b, callFills-made, start)
		}
		return true
	})
	return !tx.isCrossed(m)
}

// uncrossBook makes fills of one call, at its price, market orders first, then by
// price and then time on both sides, until nothing meets at this price any more
// or the step is full. The call is done when no market order waits: what of them
// has not traded is cancelled, and none of them comes to a second price.
func (tx *Tx) uncrossBook(m catalog.Market, i catalog.Instrument, b *market.Book, most, start int) (made int) {
	c, found := tx.openCall(m, i, b)
	if !found {
		return tx.nothingMeets(b, most, start)
	}
	e := entry{market: m, inst: i}
	e.months = e.monthsOf(tx.View)
	for ; made < most && tx.batch.rows-start <= callRows; made++ {
		bid, ask, meets := tx.heads(b, c.Price, c.Price)
		if !meets {
			if tx.cancelMarketOrder(b) {
				continue
			}
			c.State, c.EndedAt = market.CallDone, tx.Now
			break
		}
		if why := tx.mayMeet(bid, ask, i); why != market.NotEnded {
			tx.cancelYounger(bid, ask, why)
			continue
		}
		q := min(bid.Remaining, ask.Remaining)
		tx.callFill(&e, c, bid, ask, q)
		c.Traded, c.Trades = c.Traded+q, c.Trades+1
	}
	Put(tx, Calls, c)
	return max(made, 1)
}

// nothingMeets cancels the market orders of a book where a call has no price. Where
// none waits and the book is crossed still, no price can be found for such numbers,
// and the younger of the first two gives way.
func (tx *Tx) nothingMeets(b *market.Book, most, start int) (made int) {
	for made < most && tx.batch.rows-start <= callRows && tx.cancelMarketOrder(b) {
		made++
	}
	if made > 0 {
		return made
	}
	if bid, ask, both := tx.heads(b, 1, math.MaxInt64); both {
		tx.cancelYounger(bid, ask, market.Unfilled)
	}
	return 1
}

// heads are the orders that trade next in a call, if a buy takes the one price
// and a sell the other.
func (v *View) heads(b *market.Book, buysAt, sellsAt quantity.Price) (bid, ask *market.Record, meets bool) {
	queued := func(id int64) int64 { return v.orders[id].Queued }
	buy, bids := b.Head(market.Buy, buysAt, queued)
	sell, asks := b.Head(market.Sell, sellsAt, queued)
	return v.orders[buy.ID], v.orders[sell.ID], bids && asks
}

// missCall cancels the market orders of a call that is not made, a bounded number
// of them, and reports whether none waits. What is limited waits for the next call.
func (tx *Tx) missCall(m catalog.Market) (done bool) {
	made, start := 0, tx.batch.rows
	done = true
	tx.instrumentsOf(m, func(_ catalog.Instrument, b *market.Book) bool {
		for done && tx.cancelMarketOrder(b) {
			made++
			done = made < callFills && tx.batch.rows-start <= callRows
		}
		return done
	})
	return done
}

// cancelMarketOrder cancels a market order that waits for a call, if one does.
func (tx *Tx) cancelMarketOrder(b *market.Book) bool {
	o, some := b.MarketOrder()
	if some {
		tx.cancel(tx.orders[o.ID], market.Cancelled, market.Unfilled)
	}
	return some
}

// openCall is the call of a book whose fills are being made, or a new one. One that
// was begun on another day is over: its price is not that of today.
func (tx *Tx) openCall(m catalog.Market, i catalog.Instrument, b *market.Book) (market.Call, bool) {
	day := tx.floors[m.ID].session.Day
	for c := range All(tx.View, Calls) {
		if c.Market != m.ID || c.Instrument != i.ID {
			continue
		}
		if c.Day == day {
			return c, true
		}
		c.State, c.EndedAt = market.CallDone, tx.Now
		Put(tx, Calls, c)
		break
	}
	q := tx.quote(bookID{m.ID, i.ID})
	r, found := callOutcome(b, q.Close)
	return market.Call{
		Market: m.ID, Instrument: i.ID, Day: day, State: market.CallClearing, Price: r.ClearingPrice, Volume: r.Volume,
		Surplus: r.Imbalance, Reference: q.Close, StartedAt: tx.Now,
	}, found
}

// cancelYounger takes out of the book the younger of the two orders that would
// trade next.
func (tx *Tx) cancelYounger(bid, ask *market.Record, why market.Ending) {
	_, younger := byPlace(bid, ask)
	tx.cancel(younger, market.Cancelled, why)
}

// byPlace are two orders, the one that has its place longer first.
func byPlace(a, b *market.Record) (older, younger *market.Record) {
	if b.IsBefore(a) {
		return b, a
	}
	return a, b
}

// mayMeet returns why two orders of a call may not trade with each other: they
// are of one group, or their sites discharge into different basins.
func (v *View) mayMeet(bid, ask *market.Record, i catalog.Instrument) market.Ending {
	if v.isOwn(bid.Party, ask.Party) {
		return market.SelfTrade
	}
	if bid.OfCredits() {
		return market.NotEnded
	}
	v.orderFacts(&v.judged, v.known, bid, rowsOf(v.state, Licences).rows[bid.Licence], i)
	if v.looksAtBasin(bid) && v.judgeMaker(v.judged, ask) != nil {
		return market.Unfilled
	}
	return market.NotEnded
}

// callFill trades two orders that rest, at the price of their call. Its taker is
// the younger one.
func (tx *Tx) callFill(e *entry, c market.Call, bid, ask *market.Record, q quantity.Quantity) {
	b := tx.changedBook(c.Market, c.Instrument)
	b.Take(bid.ID, q)
	b.Take(ask.ID, q)
	maker, taker := byPlace(bid, ask)
	tx.trade(e, pairing{taker: taker, maker: maker, price: c.Price, quantity: q, kind: market.CallTrade, day: c.Day})
	tx.afterTrade(bid, e)
	tx.afterTrade(ask, e)
}

// quoteTrade keeps what a market with terms must know of its trades. Block trades
// are not in it.
func (tx *Tx) quoteTrade(t market.Trade, p pairing) {
	if tx.floors[t.Market] == nil {
		return
	}
	day := tx.Today
	if p.day != 0 {
		day = p.day
	}
	Put(tx, MarketQuotes, tx.quote(bookID{t.Market, t.Instrument}).Add(t, day))
}

// fillPrice is the price of a fill: the maker's, or, where the terms of the market
// say so, the median of bid, ask and the trade before it. A market order names no
// price of its own: it trades at the maker's.
func (tx *Tx) fillPrice(taker *market.Record, f market.Fill) quantity.Price {
	if len(tx.floors) == 0 || taker.Kind == market.AtMarket || !tx.termsOf(taker.Market).MedianPrice {
		return f.Price
	}
	last := tx.quote(bookID{taker.Market, taker.Instrument}).Last
	if last == 0 {
		return f.Price
	}
	return market.Median(taker.Price, f.Price, last)
}
