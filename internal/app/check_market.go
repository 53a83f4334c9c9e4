package app

import (
	"errors"

	"permitx/internal/catalog"
	"permitx/internal/ledger"
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
		if (o.State == market.Open) != (o.Remaining > 0 && o.State != market.Cancelled && o.State != market.Expired) || o.State != market.Open && o.Hold != 0 {
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
	collects, err2 := c.collectingMarkets()
	for id, b := range books {
		if b.sell > 0 && b.buy >= b.sell && !collects[id.market] {
			c.report("I-6", Orders.name, 0, "the book of market %d, instrument %d is crossed: %s is bid, %s is asked", id.market, id.instrument, b.buy, b.sell)
		}
	}
	return errors.Join(err, err2)
}

// collectingMarkets are those whose books may be crossed now.
func (c *checker) collectingMarkets() (map[int64]bool, error) {
	markets, collects := map[int64]catalog.Market{}, map[int64]bool{}
	err := eachOf(c.ctx, c.r, Markets, Query{}, func(m catalog.Market) { markets[m.ID] = m })
	if err != nil {
		return nil, err
	}
	return collects, eachOf(c.ctx, c.r, Sessions, Query{}, func(s market.Session) { collects[s.Market] = maybeCrossed(s, markets[s.Market]) })
}

var (
	_ = declareCheck((*checker).checkFees)
	_ = declareCheck((*checker).checkSweeps)
)

// checkFees holds what orders and the exchange have of fees against the trades
// (I-47): an order was charged what its trades say, which of a buy is what its
// schedule comes to for all of them and of a sell no more; and what the fee
// account got for a trade is what the trade says.
func (c *checker) checkFees() error {
	if !c.isWhole() {
		return nil
	}
	tariffs, err := c.tariffs()
	if err != nil {
		return err
	}
	type sums struct{ amount, fee quantity.Money }
	charged, got := map[int64]sums{}, map[int64]quantity.Money{}
	err = eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.FeeCharge)), func(p ledger.Posting) { got[p.Reference] += quantity.Money(p.Amount) })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Orders, Query{}.And("schedule", Gt, 0), func(o market.Record) { charged[o.ID] = sums{} })
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Trades, Query{}, func(t market.Trade) {
		for order, fee := range map[int64]quantity.Money{t.BuyOrder: t.BuyerFee, t.SellOrder: t.SellerFee} {
			if t.Kind == market.BlockTrade { // of no order: I-51 has what its buyer pays
				break
			}
			if s, pays := charged[order]; pays {
				charged[order] = sums{s.amount + t.Amount, s.fee + fee}
			} else if fee != 0 {
				c.report("I-47", Trades.name, t.ID, "charges %s to order %d, which has no schedule", fee, order)
			}
		}
		if want := t.BuyerFee + t.SellerFee; got[t.ID] != want {
			c.report("I-47", Trades.name, t.ID, "charges %s, %s were posted", want, got[t.ID])
		}
		delete(got, t.ID)
	})
	if err != nil {
		return err
	}
	for trade, fee := range got {
		c.report("I-47", Trades.name, trade, "was charged %s and does not exist", fee)
	}
	return eachOf(c.ctx, c.r, Orders, Query{}.And("schedule", Gt, 0), func(o market.Record) {
		s := charged[o.ID]
		if o.Amount != s.amount || o.Fee != s.fee {
			c.report("I-47", Orders.name, o.ID, "has traded %s for a fee of %s, its trades say %s and %s", o.Amount, o.Fee, s.amount, s.fee)
		}
		t := tariffs[o.Schedule]
		if t == nil {
			c.report("I-47", Orders.name, o.ID, "pays by schedule %d, which there is not", o.Schedule)
			return
		}
		if due := t.Fee(o.Side, o.Amount, false); o.Fee > due || o.Side == market.Buy && o.Fee != due {
			c.report("I-47", Orders.name, o.ID, "was charged %s, its schedule comes to %s", o.Fee, due)
		}
	})
}

func (c *checker) tariffs() (map[int64]*market.Tariff, error) {
	all := map[int64]*market.Tariff{}
	err := eachOf(c.ctx, c.r, FeeSchedules, Query{}, func(f market.FeeSchedule) { all[f.ID] = &market.Tariff{FeeSchedule: f} })
	if err != nil {
		return nil, err
	}
	err = eachOf(c.ctx, c.r, FeeTiers, Query{}, func(t market.FeeTier) {
		if all[t.Schedule] == nil {
			c.report("I-47", FeeTiers.name, t.ID, "is of schedule %d, which there is not", t.Schedule)
			return
		}
		all[t.Schedule].Tiers = append(all[t.Schedule].Tiers, t)
	})
	return all, err
}

// checkSweeps holds that only orders wait that may, each day order with a timer
// for the end of its day, and that a sweep that is done left nothing it had
// matched to be cancelled, and one that runs has its timer (I-48). A market order
// waits only where a call collects orders or is not uncrossed yet (I-96).
func (c *checker) checkSweeps() error {
	armed := map[string]map[int64]bool{timerDayEnd: {}, timerSweep: {}}
	err := eachOf(c.ctx, c.r, PendingTimes, Where("state", string(TimerPending)), func(t Timer) {
		if of := armed[t.Purpose]; of != nil {
			of[t.Reference] = true
		}
	})
	if err != nil {
		return err
	}
	collects, err := c.collectingMarkets()
	if err != nil {
		return err
	}
	err = eachOf(c.ctx, c.r, Orders, Where("state", int64(market.Open)), func(o market.Record) {
		switch {
		case !market.MayWaitAtCall(o.Kind, o.TimeInForce):
			c.report("I-48", Orders.name, o.ID, "is a %s order, %s, and waits", o.Kind, o.TimeInForce)
		case o.Kind == market.AtMarket && !collects[o.Market]:
			c.report("I-96", Orders.name, o.ID, "is a market order and waits, and no call of its market will end it")
		case o.TimeInForce == market.DAY && !armed[timerDayEnd][o.Market]:
			c.report("I-48", Orders.name, o.ID, "ends with its day, and nothing will end it")
		}
	})
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, OrderSweeps, Query{}, func(w market.Sweep) {
		if w.State == market.SweepRunning && !armed[timerSweep][w.ID] || w.State == market.SweepDone && armed[timerSweep][w.ID] {
			c.report("I-48", OrderSweeps.name, w.ID, "is %s, its timer says otherwise", w.State)
		}
	})
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
