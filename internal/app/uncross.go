package app

import (
	"cmp"

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
// order: who gets how much is for the fills. It is false where nothing meets.
func callOutcome(b *market.Book, reference quantity.Price) (auction.Result, bool) {
	if !b.IsCrossed() {
		return auction.Result{}, false
	}
	r, err := auction.Clear(&auction.Case{
		Format: auction.Call, ReferencePrice: reference, LotSize: 1,
		Bids: bidsOf(b.Crossed(market.Buy, nil)), Asks: bidsOf(b.Crossed(market.Sell, nil)),
	})
	return r, err == nil && r.Volume > 0
}

func bidsOf(levels []market.Level) []auction.Bid {
	bids := make([]auction.Bid, len(levels))
	for i, l := range levels {
		bids[i] = auction.Bid{Price: l.Price, Quantity: l.Quantity, Seq: int64(i)}
	}
	return bids
}

// uncross makes the fills of a market's calls, a bounded number of them, and
// reports whether all are made: no book is crossed then.
func (tx *Tx) uncross(m catalog.Market) bool {
	made, start := 0, tx.batch.rows
	tx.instrumentsOf(m, func(i catalog.Instrument, b *market.Book) bool {
		for b.IsCrossed() {
			if made >= callFills || tx.batch.rows-start > callRows {
				return false
			}
			made += tx.uncrossBook(m, i, b, callFills-made, start)
		}
		return true
	})
	return !tx.isCrossed(m)
}

// uncrossBook makes fills of one call, at its price, by price and then time on
// both sides, until nothing meets at this price any more or the step is full.
func (tx *Tx) uncrossBook(m catalog.Market, i catalog.Instrument, b *market.Book, most, start int) (made int) {
	c, found := tx.openCall(m, i, b)
	if !found { // no price can be found for such numbers
		tx.cancelYounger(b, market.Unfilled)
		return 1
	}
	e := entry{market: m, inst: i}
	e.months = e.monthsOf(tx.View)
	for ; made < most && tx.batch.rows-start <= callRows; made++ {
		buy, sell, meets := heads(b, c.Price)
		if !meets {
			c.State, c.EndedAt = market.CallDone, tx.Now
			break
		}
		bid, ask := tx.orders[buy.ID], tx.orders[sell.ID]
		if why := tx.mayMeet(bid, ask, i); why != market.NotEnded {
			tx.cancelYounger(b, why)
			continue
		}
		q := min(buy.Quantity, sell.Quantity)
		tx.callFill(&e, c, bid, ask, q)
		c.Traded, c.Trades = c.Traded+q, c.Trades+1
	}
	Put(tx, Calls, c)
	return max(made, 1)
}

// heads are the orders that trade next in a call, if both sides reach its price.
func heads(b *market.Book, price quantity.Price) (buy, sell market.Order, meets bool) {
	buy, bid := b.Head(market.Buy)
	sell, asked := b.Head(market.Sell)
	return buy, sell, bid && asked && buy.Price >= price && sell.Price <= price
}

// openCall is the call of a book whose fills are being made, or a new one.
func (tx *Tx) openCall(m catalog.Market, i catalog.Instrument, b *market.Book) (market.Call, bool) {
	for c := range All(tx.View, Calls) {
		if c.Market == m.ID && c.Instrument == i.ID {
			return c, true
		}
	}
	q := tx.quote(bookID{m.ID, i.ID})
	r, found := callOutcome(b, q.Close)
	return market.Call{
		Market: m.ID, Instrument: i.ID, Day: tx.floors[m.ID].session.Day, State: market.CallClearing, Price: r.ClearingPrice, Volume: r.Volume,
		Surplus: r.Imbalance, Reference: q.Close, StartedAt: tx.Now,
	}, found
}

// cancelYounger takes out of the book the younger of the two orders that would
// trade next.
func (tx *Tx) cancelYounger(b *market.Book, why market.Ending) {
	buy, _ := b.Head(market.Buy)
	sell, _ := b.Head(market.Sell)
	_, younger := byPlace(tx.orders[buy.ID], tx.orders[sell.ID])
	tx.cancel(younger, market.Cancelled, why)
}

// byPlace are two orders, the one that has its place longer first.
func byPlace(a, b *market.Record) (older, younger *market.Record) {
	if cmp.Or(cmp.Compare(a.Queued, b.Queued), cmp.Compare(a.ID, b.ID)) > 0 {
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
