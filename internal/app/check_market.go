package app

import (
	"permitx/internal/catalog"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// rememberRegion keeps the part of a licence's or instrument's identity that
// names its account.
func rememberRegion(into map[int64]string, row any) {
	switch r := row.(type) {
	case *catalog.Licence:
		into[r.ID] = r.Region
	case *catalog.Instrument:
		into[r.ID] = r.Pollutant
	}
}

// checkOrders compares what orders have left with what they have traded, and
// looks for books that are crossed (I-6). Memory is bounded: a registry with
// many orders is walked in parts.
func (c *checker) checkOrders() error {
	last, err := c.r.LastID(c.ctx, Orders.name)
	if err != nil {
		return err
	}
	passes := last/keysPerPass + 1
	if !c.isWhole() {
		passes = 0 // an order's trades may lie anywhere in the history
	}
	for pass := range passes {
		if err := c.checkOrdersOf(pass, passes); err != nil {
			return err
		}
	}
	return c.checkCrossed()
}

func (c *checker) checkOrdersOf(pass, passes int64) error {
	traded := map[int64]quantity.Quantity{}
	err := eachOf(c.ctx, c.r, Trades, Query{}, func(t market.Trade) {
		for _, order := range [2]int64{t.BuyOrder, t.SellOrder} {
			if order%passes == pass {
				traded[order] += t.Quantity
			}
		}
	})
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Orders, Query{}, func(o market.Record) {
		if o.ID%passes != pass {
			return
		}
		if o.Quantity-o.Remaining != traded[o.ID] {
			c.report("I-6", Orders.name, o.ID, "has %s left of %s, its trades come to %s", o.Remaining, o.Quantity, traded[o.ID])
		}
		if (o.State == market.Open) != (o.Remaining > 0 && o.State != market.Cancelled) || o.State != market.Open && o.Hold != 0 {
			c.report("I-6", Orders.name, o.ID, "is %s with %s left and %d held aside", o.State, o.Remaining, o.Hold)
		}
	})
}

func (c *checker) checkCrossed() error {
	type best struct{ buy, sell quantity.Price }
	books := map[bookID]*best{}
	err := eachOf(c.ctx, c.r, Orders, Where("state", int64(market.Open)), func(o market.Record) {
		id := bookID{o.Market, o.Instrument}
		b := books[id]
		if b == nil {
			b = &best{}
			books[id] = b
		}
		if o.Side == market.Buy {
			b.buy = max(b.buy, o.Price)
		} else if b.sell == 0 || o.Price < b.sell {
			b.sell = o.Price
		}
	})
	for id, b := range books {
		if b.sell > 0 && b.buy >= b.sell {
			c.report("I-6", Orders.name, 0, "the book of market %d, instrument %d is crossed: %s is bid, %s is asked", id.market, id.instrument, b.buy, b.sell)
		}
	}
	return err
}

// checkTrades recomputes what each trade cost (I-7).
func (c *checker) checkTrades() error {
	return eachOf(c.ctx, c.r, Trades, Query{After: c.from.Trade}, func(t market.Trade) {
		c.ledger.lastTrade = t.ID
		cost, err := market.Cost(t.Price, t.Quantity, int(t.Months))
		if err != nil || cost != t.Amount {
			c.report("I-7", Trades.name, t.ID, "cost %s, its price and quantity come to %s", t.Amount, cost)
		}
	})
}
