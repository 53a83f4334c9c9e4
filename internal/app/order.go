package app

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// MaxFills bounds the fills of one order: a command stages a bounded number of rows.
const MaxFills = 400

// The faults of an order, in the order in which they are checked. Those of the
// rules come after ErrSignerNeeded.
var (
	// ErrNoSide is returned when the order neither buys nor sells.
	ErrNoSide = fault.New(fault.Invalid, "order.side_unknown", "an order buys or sells").At("side")
	// ErrNoTimeInForce is returned when what becomes of the rest is not said.
	ErrNoTimeInForce = fault.New(fault.Invalid, "order.time_in_force_unknown", "the time in force is gtc or ioc").At("time_in_force")
	// ErrPriceNotPositive is returned when the price is zero or negative.
	ErrPriceNotPositive = fault.New(fault.Invalid, "order.price_not_positive", "the price must be greater than zero").At("price")
	// ErrQuantityNotPositive is returned when the quantity is zero or negative.
	ErrQuantityNotPositive = fault.New(fault.Invalid, "order.quantity_not_positive", "the quantity must be greater than zero").At("quantity")
	// ErrMarketNotOpen is returned when the market is halted, closed or not yet valid.
	ErrMarketNotOpen = fault.New(fault.Refused, "order.market_not_open", "the market takes no orders now").At("market")
	// ErrWrongInstrument is returned when the instrument is not of the market's pollutant.
	ErrWrongInstrument = fault.New(fault.Invalid, "order.instrument_not_of_market", "the market does not trade this instrument").At("instrument")
	// ErrInstrumentExpired is returned when the instrument's term has ended.
	ErrInstrumentExpired = fault.New(fault.Refused, "order.instrument_expired", "the instrument's term has ended").At("instrument")
	// ErrQuantityStep is returned when the quantity is not a multiple of the market's lot_size.
	ErrQuantityStep = fault.New(fault.Invalid, "order.quantity_off_lot", "the quantity must be a multiple of the market's lot_size").At("quantity")
	// ErrPriceStep is returned when the price is not a multiple of the market's tick.
	ErrPriceStep = fault.New(fault.Invalid, "order.price_off_tick", "the price must be a multiple of the market's tick").At("price")
	// ErrOutsideMarket is returned when the licence's region does not take part in the market.
	ErrOutsideMarket = fault.New(fault.Refused, "order.region_outside_market", "the licence's region does not take part in this market").At("licence")
	// ErrSignerNeeded is returned when an amount over the party's limit is approved by a user who may not sign, or stands in a batch.
	ErrSignerNeeded = fault.New(fault.Refused, "order.signer_needed", "an amount over the party's limit needs a signer")
	// ErrSelfTrade is returned when an order would trade with one of the same party.
	ErrSelfTrade = fault.New(fault.Refused, "order.self_trade", "the order would trade with one of the same party: cancel that one first, or change the price")
	// ErrTooManyParts is returned when a sale would use up more than MaxFills acquisitions at once.
	ErrTooManyParts = fault.New(fault.Refused, "order.too_many_acquisitions", "the permits offered come from more than 400 acquisitions: sell them in parts").At("quantity")
	// ErrTooManyFills is returned when an order would trade with more than MaxFills others at once.
	ErrTooManyFills = fault.New(fault.Refused, "order.too_many_fills", "the order would trade with more than 400 others at once: send it in parts").At("quantity")
)

// PlaceOrder enters an order into a market. Every code in it is that of the
// contract; atoms are 10⁻⁶ t/a and 10⁻⁴ CNY.
type PlaceOrder struct {
	Market      string
	Instrument  string
	Licence     int64
	Side        market.Side
	Price       quantity.Price
	Quantity    quantity.Quantity
	TimeInForce market.TimeInForce
	Project     int64 // that a buy is for; 0: none is named
}

// CancelOrder takes an open order out of its book.
type CancelOrder struct{ Order int64 }

var _ = declare(PlaceOrder{}, CancelOrder{})

// OrderResult is an order with what it has traded in this command.
type OrderResult struct {
	Order      market.Record
	Market     string
	Instrument string
	Fills      []market.Trade
}

// Operation is OrderPlace.
func (PlaceOrder) Operation() identity.Operation { return identity.OrderPlace }

func (c PlaceOrder) appendPayload(b []byte) []byte {
	b = append(b, `{"Market":`...)
	b = appendQuoted(b, c.Market)
	b = append(b, `,"Instrument":`...)
	b = appendQuoted(b, c.Instrument)
	b = appendField(b, "Licence", c.Licence)
	b = appendField(b, "Side", int64(c.Side))
	b = appendField(b, "Price", int64(c.Price))
	b = appendField(b, "Quantity", int64(c.Quantity))
	b = appendField(b, "TimeInForce", int64(c.TimeInForce))
	if c.Project != 0 {
		b = appendField(b, "Project", c.Project)
	}
	return append(b, '}')
}

// entry is an order that may be placed: everything Apply needs.
type entry struct {
	order  market.Record
	market catalog.Market
	inst   catalog.Instrument
	months int
	makers int // how many orders it will trade with
	key    ledger.Key
}

// Decide checks the order and that what it could cost can be held.
func (c PlaceOrder) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.OrderPlace, identity.Target{}); err != nil {
		return nil, err // the role, before anything that could tell what exists
	}
	l, err := Get(v, Licences, "licence", c.Licence)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("licence", identity.OrderPlace, identity.OfParty(l.Party, "")); err != nil {
		return nil, err
	}
	e, err := c.check(v, l)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.place(e) }, nil
}

func (c PlaceOrder) check(v *View, l catalog.Licence) (entry, error) {
	m, err := v.Market("market", c.Market)
	if err != nil {
		return entry{}, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return entry{}, err
	}
	e := entry{market: m, inst: i}
	if err := c.checkTerms(v, m, i); err != nil {
		return e, err
	}
	if err := v.checkArea(l, m); err != nil {
		return e, err
	}
	if err := c.checkOrderProject(v, m, l, i.Pollutant); err != nil {
		return e, err
	}
	if m.PriceBasis == catalog.PerYear {
		e.months = v.monthsLeft(i)
	}
	e.order = market.Record{
		Market: m.ID, Instrument: i.ID, Party: l.Party, Licence: l.ID, Project: c.Project, Side: c.Side, TimeInForce: c.TimeInForce,
		State: market.Open, Price: c.Price, Quantity: c.Quantity, Remaining: c.Quantity, PlacedAt: v.Now,
	}
	cost, err := market.HoldOf(c.Price, c.Quantity, e.months)
	if err != nil {
		return e, err
	}
	if err := v.checkSigner(l.Party, cost); err != nil {
		return e, err
	}
	f := &v.judged
	v.orderFacts(f, v.known, &e.order, l, i)
	if err := v.judge(f); err != nil {
		return e, err
	}
	if err := e.hold(v, l, cost); err != nil {
		return e, err
	}
	e.makers, err = v.checkMakers(&e.order, f)
	return e, err
}

// hold says what the order holds aside, which must be there: permits that come
// from a bounded number of acquisitions, or money.
func (e *entry) hold(v *View, l catalog.Licence, cost quantity.Money) error {
	if e.order.Side == market.Sell {
		e.key, e.order.Hold = HoldingKey(l, e.inst, ledger.Paid), int64(e.order.Quantity)
		id, _ := v.ledger.Find(e.key)
		if v.partsOf(id, e.order.Quantity) > MaxFills {
			return ErrTooManyParts
		}
		return nil
	}
	e.key, e.order.Hold = ledger.FundsKey(l.Party), int64(cost)
	if cost == 0 {
		return nil
	}
	return v.ledger.CheckHold(e.key, int64(cost))
}

// checkMakers counts the orders that o would trade with, before anything
// moves: not too many, none of the same party, and none of another basin.
func (v *View) checkMakers(o *market.Record, f *rulebook.Facts) (int, error) {
	makers, own := 0, false
	var other error
	looksAtBasin := f.Medium == catalog.Water && (f.Seller.Site.Basin != "" || f.Buyer.Site.Basin != "")
	v.book(o.Market, o.Instrument).Crossing(o.Side, o.Price, o.Quantity, func(maker int64) bool {
		makers++
		own = own || v.orders[maker].Party == o.Party
		if looksAtBasin && other == nil {
			other = v.judgeMaker(*f, v.orders[maker])
		}
		return makers <= MaxFills && !own && other == nil
	})
	switch {
	case own:
		return makers, ErrSelfTrade
	case other != nil:
		return makers, other
	case makers > MaxFills:
		return makers, ErrTooManyFills
	}
	return makers, nil
}

func (c PlaceOrder) checkTerms(v *View, m catalog.Market, i catalog.Instrument) error {
	switch {
	case c.Side != market.Buy && c.Side != market.Sell:
		return ErrNoSide
	case c.TimeInForce != market.GTC && c.TimeInForce != market.IOC:
		return ErrNoTimeInForce
	case c.Price <= 0:
		return ErrPriceNotPositive
	case c.Quantity <= 0:
		return ErrQuantityNotPositive
	case m.State != catalog.MarketOpen || !m.ValidOn(v.Today):
		return ErrMarketNotOpen.With("the market %s is %s", m.Code, m.State)
	case i.Pollutant != m.Pollutant:
		return ErrWrongInstrument.With("the market %s trades %s, not %s", m.Code, m.Pollutant, i.Code)
	case i.Expired(v.Today):
		return ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	case !c.Quantity.IsMultipleOf(m.LotSize):
		return ErrQuantityStep.With("the quantity must be a multiple of %s t/a", m.LotSize)
	case !c.Price.IsMultipleOf(m.Tick):
		return ErrPriceStep.With("the price must be a multiple of CNY %s", m.Tick)
	}
	return nil
}

// checkArea returns ErrOutsideMarket unless the licence's region takes part.
func (v *View) checkArea(l catalog.Licence, m catalog.Market) error {
	if slices.Contains(v.byCode.areas[m.ID], l.Region) {
		return nil
	}
	return ErrOutsideMarket.With("region %s does not take part in the market %s", l.Region, m.Code)
}

// partsOf counts the acquisitions that q would use up, as far as MaxFills and one.
func (v *View) partsOf(holding ledger.AccountID, q quantity.Quantity) (parts int) {
	for _, a := range v.ledger.Acquisitions(holding) {
		if q <= 0 || parts > MaxFills {
			break
		}
		if a.PriceKnown {
			q -= a.Remaining
			parts++
		}
	}
	return parts
}

// monthsLeft is the term factor of a trade today. A part month counts: the
// seller gives it up and the buyer can use it (project default, after the
// remaining-term rule of Jiaozhou).
func (v *View) monthsLeft(i catalog.Instrument) int {
	return calendar.RemainingMonths(v.Today, i.TermEnd, true)
}

// holdKey is the account that an order holds aside in.
func (v *View) holdKey(o *market.Record) (ledger.Key, error) {
	if o.Side == market.Buy {
		return ledger.FundsKey(o.Party), nil
	}
	l, err := Get(v, Licences, "licence", o.Licence)
	if err != nil {
		return ledger.Key{}, err
	}
	i, err := Get(v, Instruments, "instrument", o.Instrument)
	return HoldingKey(l, i, ledger.Paid), err
}

// place holds what the order may need, matches it and rests what is left.
func (tx *Tx) place(e entry) OrderResult {
	if tx.dry != nil {
		return tx.dryPlace(e)
	}
	o := &e.order
	o.ID = tx.nextID(Orders.name)
	if o.Hold > 0 {
		tx.Hold(e.key, o.Hold)
	}
	if o.Side == market.Sell {
		tx.ChangeSurplus(o.Licence, e.inst.Pollutant, func(s *market.Surplus) { s.Held += o.Remaining })
	} else {
		tx.wanted.add(o.Licence, e.inst.Pollutant, o.Remaining)
	}
	tx.projectBids(o.Project, e.inst.Pollutant, o.Remaining)
	tx.putOrder(o, true)
	result := OrderResult{Market: e.market.Code, Instrument: e.inst.Code}
	var rest quantity.Quantity
	tx.fills, rest = tx.changedBook(o.Market, o.Instrument).Place(o.Entry(), o.TimeInForce, tx.fills[:0])
	for _, f := range tx.fills {
		result.Fills = append(result.Fills, tx.fill(&e, o, f))
	}
	switch {
	case o.Remaining == 0:
		tx.finish(o, market.Filled, e.key, e.inst.Pollutant)
	case rest == 0: // IOC: the rest is dropped
		tx.finish(o, market.Cancelled, e.key, e.inst.Pollutant)
	default:
		tx.putOrder(o, false)
	}
	result.Order = *o
	return result
}

// fill trades a part of the taker's order with a maker, at the maker's price.
func (tx *Tx) fill(e *entry, taker *market.Record, f market.Fill) market.Trade {
	maker := tx.orders[f.Maker]
	buy, sell := taker, maker
	if taker.Side == market.Sell {
		buy, sell = maker, taker
	}
	amount := must(market.Cost(f.Price, f.Quantity, e.months))
	buyer, seller := mustGet(tx, Licences, buy.Licence), mustGet(tx, Licences, sell.Licence)
	t := tx.putTrade(market.Trade{
		Market: taker.Market, Instrument: taker.Instrument, BuyOrder: buy.ID, SellOrder: sell.ID, Taker: taker.Side,
		Price: f.Price, Quantity: f.Quantity, Months: int32(e.months), Amount: amount, //nolint:gosec // months of a term
		BuyerRegion: buyer.Region, SellerRegion: seller.Region, At: tx.Now,
	})
	d := settlement.Delivery{
		Seller: HoldingKey(seller, e.inst, ledger.Paid), Buyer: HoldingKey(buyer, e.inst, ledger.Paid),
		Quantity: f.Quantity, Exchange: quantity.OneRatio, Offset: quantity.OneRatio,
	}
	tx.deliver(d, must(d.Outcome()), ledger.Fill, t.ID, amount, acquisitionOf(tx, t))
	tx.afterFill(buy, f.Quantity, amount, e)
	tx.afterFill(sell, f.Quantity, amount, e)
	if maker.Remaining == 0 {
		tx.finish(maker, market.Filled, must(tx.holdKey(maker)), e.inst.Pollutant)
	} else {
		tx.putOrder(maker, false)
	}
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
// back: it keeps aside what the rest can cost at its own limit.
func (tx *Tx) afterFill(o *market.Record, q quantity.Quantity, amount quantity.Money, e *entry) {
	o.Remaining -= q
	if o.Side == market.Sell {
		o.Hold -= int64(q)
		return
	}
	tx.wanted.add(o.Licence, e.inst.Pollutant, -q)
	keep := int64(must(market.HoldOf(o.Price, o.Remaining, e.months)))
	back := o.Hold - int64(amount) - keep
	o.Hold = keep
	tx.projectFilled(o.Project, e.inst.Pollutant, q)
	tx.Release(ledger.FundsKey(o.Party), back)
}

// finish ends an order and gives back what it still holds aside.
func (tx *Tx) finish(o *market.Record, state market.State, key ledger.Key, pollutant string) {
	tx.Release(key, o.Hold)
	switch {
	case o.Remaining == 0:
	case o.Side == market.Sell:
		tx.ChangeSurplus(o.Licence, pollutant, func(s *market.Surplus) { s.Held -= o.Remaining })
	default:
		tx.wanted.add(o.Licence, pollutant, -o.Remaining)
	}
	tx.projectBids(o.Project, pollutant, -o.Remaining)
	o.Hold, o.State = 0, state
	tx.putOrder(o, false)
}

// Operation is OrderCancel.
func (CancelOrder) Operation() identity.Operation { return identity.OrderCancel }

// ErrOrderNotOpen is returned when an order is filled or cancelled already.
var ErrOrderNotOpen = fault.New(fault.Conflict, "order.not_open", "the order is filled or cancelled already")

// Decide checks that the order is open and the actor's.
func (c CancelOrder) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.OrderCancel, identity.Target{}); err != nil {
		return nil, err // the role, before anything that could tell what exists
	}
	o := v.orders[c.Order]
	if o == nil {
		closed, err := v.closedOrder(c.Order)
		if err != nil {
			return nil, err
		}
		if err := v.AuthoriseAt("id", identity.OrderCancel, identity.OfParty(closed.Party, "")); err != nil {
			return nil, err
		}
		return nil, ErrOrderNotOpen.With("the order is %s", closed.State)
	}
	if err := v.AuthoriseAt("id", identity.OrderCancel, identity.OfParty(o.Party, "")); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.cancel(o) }, nil
}

// closedOrder finds an order that is no longer in memory.
func (v *View) closedOrder(id int64) (market.Record, error) {
	for _, rows := range [][]market.Record{v.batch.Orders.New, v.batch.Orders.Changed} {
		for _, o := range rows {
			if o.ID == id {
				return o, nil
			}
		}
	}
	return Get(v, Orders, "id", id)
}

// cancel takes an open order out of its book.
func (tx *Tx) cancel(o *market.Record) OrderResult {
	m, i := mustGet(tx, Markets, o.Market), mustGet(tx, Instruments, o.Instrument)
	if tx.dry != nil {
		return tx.dryCancel(*o, m, i)
	}
	if _, rests := tx.changedBook(o.Market, o.Instrument).Cancel(o.ID); !rests {
		panic("app: an open order is not in its book")
	}
	tx.finish(o, market.Cancelled, must(tx.holdKey(o)), i.Pollutant)
	return OrderResult{Order: *o, Market: m.Code, Instrument: i.Code}
}

// must is for what Decide has made sure of: a failure is a broken invariant.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func mustGet[R any](tx *Tx, t Table[R], id int64) R { return must(Get(tx.View, t, "id", id)) }
