package app

import (
	"permitx/internal/catalog"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkSessions)

// sessionSums are what the trades of the markets come to, book by book, while they
// are walked in their order.
type sessionSums struct {
	ticks  map[int64]quantity.Price
	closes map[int64]market.Close // by their last trade
	calls  map[bookID][]market.Call
	quotes map[bookID]market.Quote  // of the last five trades
	made   map[bookID]callSum       // of the call in hand
	blocks map[int64]market.Block   // settled, by their trade
	held   map[int64]quantity.Money // by their buyers, by their trade
}

type callSum struct {
	trades int64
	traded quantity.Quantity
}

// checkSessions holds the closing prices against the trades that they are the
// mean of (I-49), the calls against their fills (I-50), and the block trades
// against their trades and holds (I-51).
func (c *checker) checkSessions() error {
	if !c.isWhole() {
		return nil // the trades of a close may lie anywhere in the history
	}
	s, err := c.sessionRows()
	if err != nil {
		return err
	}
	if err := eachOf(c.ctx, c.r, Trades, Query{}, func(t market.Trade) { c.checkSessionTrade(s, t) }); err != nil {
		return err
	}
	for _, left := range s.closes {
		c.report("I-49", Closes.name, left.ID, "its last trade, %d, is none", left.LastTrade)
	}
	for id, calls := range s.calls {
		for _, call := range calls { // those in hand, and behind it those that came to nothing
			sum := s.made[id]
			if call.Trades != sum.trades || call.Traded != sum.traded {
				c.report("I-50", Calls.name, call.ID, "has %d fills of %s, there are %d of %s", call.Trades, call.Traded, sum.trades, sum.traded)
			}
			s.made[id] = callSum{}
		}
	}
	for _, left := range s.blocks {
		c.report("I-51", Blocks.name, left.ID, "its trade, %d, is none", left.Trade)
	}
	return nil
}

func (c *checker) sessionRows() (*sessionSums, error) {
	s := &sessionSums{
		ticks: map[int64]quantity.Price{}, closes: map[int64]market.Close{}, calls: map[bookID][]market.Call{},
		quotes: map[bookID]market.Quote{}, made: map[bookID]callSum{}, blocks: map[int64]market.Block{},
		held: map[int64]quantity.Money{},
	}
	previous := map[bookID]market.Close{}
	for _, read := range []func() error{
		func() error {
			return eachOf(c.ctx, c.r, Markets, Query{}, func(m catalog.Market) { s.ticks[m.ID] = m.Tick })
		},
		func() error {
			return eachOf(c.ctx, c.r, Closes, Query{}, func(r market.Close) {
				if r.Trades > 0 {
					s.closes[r.LastTrade] = r
				}
				id := bookID{r.Market, r.Instrument}
				if before := previous[id]; r.Previous != before.Price || r.Day <= before.Day || r.Trades == 0 && r.Price != r.Previous {
					c.report("I-49", Closes.name, r.ID, "follows a close of %s on %s, the one before it is %s on %s", r.Previous, r.Day, before.Price, before.Day)
				}
				previous[id] = r
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, MarketQuotes, Query{}, func(q market.Quote) {
				if last := previous[bookID{q.Market, q.Instrument}]; q.Close != last.Price || q.ClosedOn != last.Day {
					c.report("I-49", MarketQuotes.name, q.ID, "has the close %s of %s, the last one is %s of %s", q.Close, q.ClosedOn, last.Price, last.Day)
				}
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, Calls, Query{}, func(r market.Call) {
				id := bookID{r.Market, r.Instrument}
				s.calls[id] = append(s.calls[id], r)
			})
		},
		func() error { return c.blockRows(s) },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// checkSessionTrade takes one trade further on.
func (c *checker) checkSessionTrade(s *sessionSums, t market.Trade) {
	id := bookID{t.Market, t.Instrument}
	switch t.Kind {
	case market.BlockTrade:
		b, known := s.blocks[t.ID]
		if !known || b.Quantity != t.Quantity || b.Price != t.Price || b.Amount != t.Amount || s.held[t.ID] != t.Amount+t.BuyerFee || t.BuyOrder != 0 || t.SellOrder != 0 {
			c.report("I-51", Trades.name, t.ID, "is no block trade that was agreed")
		}
		delete(s.blocks, t.ID)
		return
	case market.CallTrade:
		c.checkCallTrade(s, id, t)
	case market.ContinuousTrade:
	}
	q := s.quotes[id].Add(t, 1) // as if of one day: a close says how many it takes
	s.quotes[id] = q
	r, closes := s.closes[t.ID]
	if !closes {
		return
	}
	q.Trades = min(q.Trades, r.Trades)
	if mean, _ := q.CloseOn(1, s.ticks[t.Market]); mean.Trades != r.Trades || mean.Price != r.Price || mean.Volume != r.Volume {
		c.report("I-49", Closes.name, r.ID, "is %s of %s, its trades come to %s of %s", r.Price, r.Volume, mean.Price, mean.Volume)
	}
	delete(s.closes, t.ID)
}

// checkCallTrade holds a fill against the call of its book that is in hand.
func (c *checker) checkCallTrade(s *sessionSums, id bookID, t market.Trade) {
	for calls := s.calls[id]; len(calls) > 0; calls = s.calls[id] {
		call, sum := calls[0], s.made[id]
		if call.State == market.CallDone && sum.trades == call.Trades { // over: the next one's
			s.calls[id], s.made[id] = calls[1:], callSum{}
			continue
		}
		if t.Price != call.Price {
			c.report("I-50", Trades.name, t.ID, "is at %s, its call %d at %s", t.Price, call.ID, call.Price)
		}
		sum = callSum{sum.trades + 1, sum.traded + t.Quantity}
		s.made[id] = sum
		if sum.trades == call.Trades && sum.traded != call.Traded {
			c.report("I-50", Calls.name, call.ID, "has %s traded, its fills come to %s", call.Traded, sum.traded)
		}
		if call.State == market.CallDone && sum.trades == call.Trades {
			s.calls[id], s.made[id] = calls[1:], callSum{}
		}
		return
	}
	c.report("I-50", Trades.name, t.ID, "is of no call")
}
