package app

import (
	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// place sets aside what the order may need, matches it and rests what is left.
func (tx *Tx) place(e entry) OrderResult {
	if tx.dry != nil {
		return tx.dryPlace(e)
	}
	e.order.ID = tx.nextID(Orders.name)
	tx.enter(&e, true)
	return tx.match(&e)
}

// enter sets aside what an order holds.
func (tx *Tx) enter(e *entry, isNew bool) {
	o := &e.order
	e.taken.ID = o.ID
	if o.Hold > 0 {
		tx.Hold(e.key, o.Hold)
	}
	tx.claim(o, e.inst.Pollutant, o.Remaining)
	tx.putOrder(o, isNew)
}

// match trades an order that has entered with those of its book, and rests
// what is left of it.
func (tx *Tx) match(e *entry) OrderResult {
	o := &e.order
	result := OrderResult{Market: e.market.Code, Instrument: e.inst.Code}
	rest := tx.intoBook(e)
	for _, f := range tx.fills {
		result.Fills = append(result.Fills, tx.fill(e, o, f))
	}
	switch {
	case o.Remaining == 0:
		tx.finish(o, market.Filled, market.NotEnded, e.key, e.inst.Pollutant)
	case rest == 0:
		tx.finish(o, market.Cancelled, e.ends, e.key, e.inst.Pollutant)
	default:
		tx.putOrder(o, false)
		if o.TimeInForce == market.DAY {
			tx.endsToday(o)
		}
	}
	result.Order = *o
	return result
}

// intoBook puts an order into its book, where it trades unless a call collects
// orders, and returns what of it rests. The fills are in tx.fills.
func (tx *Tx) intoBook(e *entry) (rest quantity.Quantity) {
	b := tx.changedBook(e.order.Market, e.order.Instrument)
	if e.collects {
		tx.fills = tx.fills[:0]
		tx.rest(&e.order)
		return e.order.Remaining
	}
	tx.fills, rest = b.Place(e.taken, e.tif, tx.fills[:0])
	return rest
}

// pairing is two orders that trade.
type pairing struct {
	taker, maker *market.Record
	price        quantity.Price
	quantity     quantity.Quantity
	kind         market.TradeKind
	day          calendar.Date // of the call; 0: today
}

// fill trades a part of the taker's order with a maker, which may be filled by it.
func (tx *Tx) fill(e *entry, taker *market.Record, f market.Fill) market.Trade {
	maker := tx.orders[f.Maker]
	t := tx.trade(e, pairing{taker: taker, maker: maker, price: tx.fillPrice(taker, f), quantity: f.Quantity})
	tx.afterTrade(maker, e)
	return t
}

// afterTrade writes an order that rested, or ends it where nothing of it is left.
func (tx *Tx) afterTrade(o *market.Record, e *entry) {
	if o.Remaining == 0 {
		tx.finish(o, market.Filled, market.NotEnded, must(tx.holdKey(o)), e.inst.Pollutant)
	} else {
		tx.putOrder(o, false)
	}
}

// trade makes the trade of two orders: what is traded and money change hands,
// fees are charged, and both orders have less left.
func (tx *Tx) trade(e *entry, p pairing) market.Trade {
	buy, sell := p.taker, p.maker
	if p.taker.Side == market.Sell {
		buy, sell = p.maker, p.taker
	}
	amount := must(market.Cost(p.price, p.quantity, e.months))
	buyer, seller := tx.goodsKey(buy, tx.traderOf(buy), e.inst), tx.goodsKey(sell, tx.traderOf(sell), e.inst)
	buyerFee, sellerFee := tx.chargeFee(buy, amount), tx.chargeFee(sell, amount)
	t := tx.putTrade(market.Trade{
		Market: buy.Market, Instrument: buy.Instrument, BuyOrder: buy.ID, SellOrder: sell.ID, Taker: p.taker.Side,
		Price: p.price, Quantity: p.quantity, Months: int32(e.months), Amount: amount, //nolint:gosec // months of a term
		BuyerRegion: buyer.Region, SellerRegion: seller.Region, At: tx.Now,
		BuyerFee: buyerFee, SellerFee: sellerFee, Kind: p.kind,
	})
	tx.quoteTrade(t, p)
	tx.deliverFill(t, seller, buyer, e.inst)
	tx.postFees(t, buy.Party, sell.Party)
	tx.afterFill(buy, p.quantity, amount+buyerFee, e)
	tx.afterFill(sell, p.quantity, amount, e)
	return t
}

func acquisitionOf(tx *Tx, t market.Trade) ledger.Acquisition {
	return ledger.Acquisition{AcquiredOn: tx.Today, Price: t.Price, PriceKnown: true, Document: "trade", Trade: t.ID}
}

// deliver posts the permits and the money of a sale in one transfer, uses up
// the seller's acquisitions and surplus, and gives the buyer an acquisition.
// The money comes out of what the buyer holds aside.
func (tx *Tx) deliver(d settlement.Delivery, o settlement.Outcome, reason ledger.Reason, reference int64, amount quantity.Money, a ledger.Acquisition) {
	legs := d.Legs(o)
	if amount > 0 {
		legs = append(legs, ledger.Leg{
			Debit: ledger.FundsKey(d.Buyer.Party), Credit: ledger.FundsKey(d.Seller.Party), Amount: int64(amount), FromHeld: true,
		})
	}
	tx.Post(ledger.Transfer{Reason: reason, Reference: reference, Legs: legs})
	tx.Consume(d.Seller, o.Given, true)
	tx.ChangeSurplus(d.Seller.Licence, d.Seller.Pollutant, func(s *market.Surplus) {
		s.Held -= o.Given
		s.Used += o.Given
	})
	a.Quantity = o.Delivered
	tx.Acquire(d.Buyer, a)
}

// afterFill lowers what an order has left and gives a buy's price improvement
// back: it keeps aside what the rest can cost at its own limit, with its fees.
// paid is what the fill took of what it held.
func (tx *Tx) afterFill(o *market.Record, q quantity.Quantity, paid quantity.Money, e *entry) {
	o.Remaining -= q
	if o.Side == market.Sell {
		o.Hold -= goodsHeld(o.OfCredits(), q)
		return
	}
	tx.claimMet(o, e.inst.Pollutant, q)
	rest := must(market.HoldOf(o.Price, o.Remaining, e.months))
	keep := int64(must(tx.tariff(o.Schedule).HoldWithFee(rest, o.Amount, o.Fee)))
	back := o.Hold - int64(paid) - keep
	o.Hold = keep
	tx.Release(ledger.FundsKey(o.Party), back)
}

// finish ends an order and gives back what it still holds aside.
func (tx *Tx) finish(o *market.Record, state market.State, ending market.Ending, key ledger.Key, pollutant string) {
	tx.giveUp(o, key, pollutant)
	o.Hold, o.State, o.Ending = 0, state, ending
	tx.putOrder(o, false)
}

// giveUp gives back what an order has set aside.
func (tx *Tx) giveUp(o *market.Record, key ledger.Key, pollutant string) {
	tx.Release(key, o.Hold)
	tx.claim(o, pollutant, -o.Remaining)
}
