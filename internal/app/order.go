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
	ErrNoTimeInForce = fault.New(fault.Invalid, "order.time_in_force_unknown", "the time in force is gtc, day, ioc or fok").At("time_in_force")
	// ErrNoKind is returned when the order is neither a limit nor a market order.
	ErrNoKind = fault.New(fault.Invalid, "order.kind_unknown", "an order is a limit or a market order").At("kind")
	// ErrMarketOrderRests is returned when a market order would wait for a counterpart.
	ErrMarketOrderRests = fault.New(fault.Invalid, "order.market_order_rests", "a market order trades at once or not at all: its time in force is ioc or fok").At("time_in_force")
	// ErrNoProtection is returned when a market order does not say how far it goes.
	ErrNoProtection = fault.New(fault.Invalid, "order.protection_price_missing", "a market order needs a price that protects it: the most that a buy pays, the least that a sell takes").At("price")
	// ErrPriceNotPositive is returned when the price is zero or negative.
	ErrPriceNotPositive = fault.New(fault.Invalid, "order.price_not_positive", "the price must be greater than zero").At("price")
	// ErrQuantityNotPositive is returned when the quantity is zero or negative.
	ErrQuantityNotPositive = fault.New(fault.Invalid, "order.quantity_not_positive", "the quantity must be greater than zero").At("quantity")
	// ErrMarketNotOpen is returned when the market is halted, closed or not yet valid.
	ErrMarketNotOpen = fault.New(fault.Refused, "order.market_not_open", "the market takes no orders now").At("market").
				Under("market.open", "project default: a market that is halted, takes cancels only, is closed or not yet valid takes no order")
	// ErrWrongInstrument is returned when the instrument is not of the market's pollutant.
	ErrWrongInstrument = fault.New(fault.Invalid, "order.instrument_not_of_market", "the market does not trade this instrument").At("instrument")
	// ErrInstrumentExpired is returned when the instrument's term has ended.
	ErrInstrumentExpired = fault.New(fault.Refused, "order.instrument_expired", "the instrument's term has ended").At("instrument")
	// ErrQuantityStep is returned when the quantity is not a multiple of the market's lot_size.
	ErrQuantityStep = fault.New(fault.Invalid, "order.quantity_off_lot", "the quantity must be a multiple of the market's lot_size").At("quantity")
	// ErrPriceStep is returned when the price is not a multiple of the market's tick.
	ErrPriceStep = fault.New(fault.Invalid, "order.price_off_tick", "the price must be a multiple of the market's tick").At("price").Under("market.tick", "the market's terms")
	// ErrOutsideMarket is returned when the licence's region does not take part in the market.
	ErrOutsideMarket = fault.New(fault.Refused, "order.region_outside_market", "the licence's region does not take part in this market").At("licence")
	// ErrSignerNeeded is returned when an amount over the party's limit is approved by a user who may not sign, or stands in a batch.
	ErrSignerNeeded = fault.New(fault.Refused, "order.signer_needed", "an amount over the party's limit needs a signer")
	// ErrResaleToday is returned when a sale needs permits that were acquired today, in a market where they wait until tomorrow.
	ErrResaleToday = fault.New(fault.Refused, "order.resale_same_day", "what was acquired today is not sold before tomorrow in this market").At("quantity").
			Under("market.resale_next_day", "project default, as an option of a market: 买入当日不得卖出 (T+1) of the national carbon market")
	// ErrFeeNotCovered is returned when the funds cover a buy and not its fees, or a sale brings less than its own fee.
	ErrFeeNotCovered = fault.New(fault.Refused, "order.fee_not_covered", "the fee of the order is not covered").
				Under("market.fee", "the market's fee schedule")
	// ErrSelfTrade is returned when the first that an order would trade with is of the same party or its group. One that trades
	// with others before is placed, and ends there.
	ErrSelfTrade = fault.New(fault.Refused, "order.self_trade", "the order would trade with one of the same party or its group: cancel that one first, or change the price").
			Under("market.self_trade", "project default: the newest order gives way")
	// ErrNotFillable is returned when the book does not fill a fill-or-kill order at once.
	ErrNotFillable = fault.New(fault.Refused, "order.not_fillable", "the order cannot be filled as a whole at once, and nothing of it was done").At("quantity")
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
	Kind        market.Kind
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
	if c.Kind != market.Limit {
		b = appendField(b, "Kind", int64(c.Kind))
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
	tariff *market.Tariff
	taken  market.Order       // what of it goes into the book
	tif    market.TimeInForce // and for how long
	ends   market.Ending      // of what is then left and does not rest
	// collects says that the market is in a call: the order rests without matching.
	collects bool
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
	if err := c.checkSession(v, m, i); err != nil {
		return e, err
	}
	if err := v.checkArea(l, m); err != nil {
		return e, err
	}
	if err := c.checkOrderProject(v, m, l, i.Pollutant); err != nil {
		return e, err
	}
	e.tariff = v.tariffOn(m.ID)
	e.order = market.Record{
		Market: m.ID, Instrument: i.ID, Party: l.Party, Licence: l.ID, Project: c.Project, Side: c.Side, TimeInForce: c.TimeInForce, Kind: c.Kind,
		State: market.Open, Price: c.Price, Quantity: c.Quantity, Remaining: c.Quantity, PlacedAt: v.Now, Queued: v.Number, Schedule: e.tariff.ID,
	}
	return e, e.admit(v, l, &noOrder)
}

// noOrder is what a new order takes the place of.
var noOrder market.Record

// admit judges an order, says what it holds aside, and looks whom it meets.
// What the order whose place it takes has set aside is there for it.
func (e *entry) admit(v *View, l catalog.Licence, before *market.Record) error {
	e.months, e.collects = e.monthsOf(v), v.phaseOf(e.market.ID) == market.PhaseCall
	whole, err := market.HoldOf(e.order.Price, e.order.Quantity, e.months)
	if err != nil {
		return err
	}
	if err := v.checkSigner(l.Party, whole); err != nil {
		return err
	}
	f := &v.judged
	v.orderFacts(f, v.known, &e.order, l, e.inst)
	f.Seller.Holding.Ready += before.Remaining
	f.Seller.Holding.Surplus += before.Remaining
	f.Buyer.Holding.Total -= before.Remaining
	if err := v.judge(f); err != nil {
		return err
	}
	if err := e.hold(v, l, before); err != nil {
		return err
	}
	if e.collects { // it meets nobody now
		e.taken, e.tif = e.order.Entry(), e.order.TimeInForce
		return nil
	}
	return e.checkMakers(v, f)
}

// monthsOf is the term factor of a trade today; 0 where the price is outright.
func (e *entry) monthsOf(v *View) int {
	if e.market.PriceBasis == catalog.PerYear {
		return v.monthsLeft(e.inst)
	}
	return 0
}

// hold says what the order holds aside, which must be there: permits that come
// from a bounded number of acquisitions, or money for the cost and the fees.
func (e *entry) hold(v *View, l catalog.Licence, before *market.Record) error {
	o := &e.order
	cost, err := market.HoldOf(o.Price, o.Remaining, e.months)
	if err != nil {
		return err
	}
	if o.Side == market.Sell {
		e.key, o.Hold = HoldingKey(l, e.inst, ledger.Paid), int64(o.Remaining)
		return e.checkSale(v, cost, before)
	}
	hold, err := e.tariff.HoldWithFee(cost, o.Amount, o.Fee)
	if err != nil {
		return err
	}
	e.key, o.Hold = ledger.FundsKey(l.Party), int64(hold)
	switch more := o.Hold - before.Hold; {
	case more <= 0:
		return nil
	case hold > cost && v.ledger.CheckHold(e.key, more) != nil && v.ledger.CheckHold(e.key, max(more-int64(hold-cost), 1)) == nil:
		return ErrFeeNotCovered.With("the order holds %s for its cost and %s for its fees, which the funds do not cover", cost, hold-cost)
	default:
		return v.ledger.CheckHold(e.key, more)
	}
}

// checkSale holds that the permits of a sale may go: bought before today where
// the market asks for that, from not too many acquisitions, for more than the fee.
func (e *entry) checkSale(v *View, cost quantity.Money, before *market.Record) error {
	id, _ := v.ledger.Find(e.key)
	if e.market.ResaleNextDay {
		if ready := v.readySince(id, v.Today) + before.Remaining; e.order.Remaining > ready {
			return ErrResaleToday.With("%s t/a are left that were acquired before today, the order needs %s", max(ready, 0), e.order.Remaining)
		}
	}
	if v.partsOf(id, e.order.Remaining) > MaxFills {
		return ErrTooManyParts
	}
	if fee := e.tariff.Fee(market.Sell, e.order.Amount+cost, false); fee > 0 && fee-e.order.Fee > cost {
		return ErrFeeNotCovered.With("the sale brings %s at its price and its fee comes to %s", cost, fee)
	}
	return nil
}

// readySince is what of a holding is available that was not acquired on a day.
// What is older is used up first, also by what is held aside.
func (v *View) readySince(holding ledger.AccountID, day calendar.Date) quantity.Quantity {
	b := v.ledger.BalanceOf(holding)
	ready := quantity.Quantity(b.Available())
	for _, a := range v.ledger.Acquisitions(holding) {
		if a.AcquiredOn == day {
			ready -= a.Remaining
		}
	}
	return ready
}

// checkMakers looks whom an order would trade with, before anything moves: not
// too many, and none of another basin. It ends before one of its own group; an
// order that would have to be filled at once is refused where it would not.
func (e *entry) checkMakers(v *View, f *rulebook.Facts) error {
	o := &e.order
	var other error
	looks := looksAtBasin(f)
	reach := v.book(o.Market, o.Instrument).Reach(o.Entry(), MaxFills, func(maker int64) bool {
		if v.isOwn(o.Party, v.orders[maker].Party) {
			return false
		}
		if looks {
			other = v.judgeMaker(*f, v.orders[maker])
		}
		return other == nil
	})
	var may bool
	e.makers, e.ends = reach.Makers, market.Unfilled
	e.taken, e.tif, may = reach.Cut(o.Entry(), o.TimeInForce)
	if reach.Barred != 0 {
		e.ends = market.SelfTrade
	}
	switch {
	case other != nil:
		return other
	case !may:
		return ErrSelfTrade
	case reach.Makers > MaxFills:
		return ErrTooManyFills
	case o.TimeInForce == market.FOK && reach.Quantity < o.Remaining:
		return ErrNotFillable.With("the book has %s t/a for the order now and it asks for %s: nothing was done", reach.Quantity, o.Remaining)
	}
	return nil
}

// isOwn reports whether two parties are one, or belong to one group.
func (v *View) isOwn(a, b int64) bool {
	return a == b || len(v.byCode.groups) > 0 && v.byCode.groups[a] != "" && v.byCode.groups[a] == v.byCode.groups[b]
}

// looksAtBasin reports whether an order may not meet those of another basin.
func looksAtBasin(f *rulebook.Facts) bool {
	return f.Medium == catalog.Water && (f.Seller.Site.Basin != "" || f.Buyer.Site.Basin != "")
}

func (c PlaceOrder) checkTerms(v *View, m catalog.Market, i catalog.Instrument) error {
	switch {
	case c.Side != market.Buy && c.Side != market.Sell:
		return ErrNoSide
	case c.TimeInForce < market.GTC || c.TimeInForce > market.FOK:
		return ErrNoTimeInForce
	case c.Kind > market.AtMarket:
		return ErrNoKind
	case c.Kind == market.AtMarket && c.TimeInForce.Rests():
		return ErrMarketOrderRests
	case c.Kind == market.AtMarket && c.Price == 0:
		return ErrNoProtection
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
	if o.Side == market.Sell {
		tx.ChangeSurplus(o.Licence, e.inst.Pollutant, func(s *market.Surplus) { s.Held += o.Remaining })
	} else {
		tx.wanted.add(o.Licence, e.inst.Pollutant, o.Remaining)
	}
	tx.projectBids(o.Project, e.inst.Pollutant, o.Remaining)
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
		b.Rest(e.taken)
		return e.taken.Quantity
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

// trade makes the trade of two orders: permits and money change hands, fees are
// charged, and both orders have less left.
func (tx *Tx) trade(e *entry, p pairing) market.Trade {
	buy, sell := p.taker, p.maker
	if p.taker.Side == market.Sell {
		buy, sell = p.maker, p.taker
	}
	amount := must(market.Cost(p.price, p.quantity, e.months))
	buyer, seller := mustGet(tx, Licences, buy.Licence), mustGet(tx, Licences, sell.Licence)
	buyerFee, sellerFee := tx.chargeFee(buy, amount), tx.chargeFee(sell, amount)
	t := tx.putTrade(market.Trade{
		Market: buy.Market, Instrument: buy.Instrument, BuyOrder: buy.ID, SellOrder: sell.ID, Taker: p.taker.Side,
		Price: p.price, Quantity: p.quantity, Months: int32(e.months), Amount: amount, //nolint:gosec // months of a term
		BuyerRegion: buyer.Region, SellerRegion: seller.Region, At: tx.Now,
		BuyerFee: buyerFee, SellerFee: sellerFee, Kind: p.kind,
	})
	tx.quoteTrade(t, p)
	d := settlement.Delivery{
		Seller: HoldingKey(seller, e.inst, ledger.Paid), Buyer: HoldingKey(buyer, e.inst, ledger.Paid),
		Quantity: p.quantity, Exchange: quantity.OneRatio, Offset: quantity.OneRatio,
	}
	tx.deliver(d, must(d.Outcome()), ledger.Fill, t.ID, amount, acquisitionOf(tx, t))
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
		o.Hold -= int64(q)
		return
	}
	tx.wanted.add(o.Licence, e.inst.Pollutant, -q)
	rest := must(market.HoldOf(o.Price, o.Remaining, e.months))
	keep := int64(must(tx.tariff(o.Schedule).HoldWithFee(rest, o.Amount, o.Fee)))
	back := o.Hold - int64(paid) - keep
	o.Hold = keep
	tx.projectFilled(o.Project, e.inst.Pollutant, q)
	tx.Release(ledger.FundsKey(o.Party), back)
}

// finish ends an order and gives back what it still holds aside.
func (tx *Tx) finish(o *market.Record, state market.State, ending market.Ending, key ledger.Key, pollutant string) {
	tx.leave(o, key, pollutant)
	o.Hold, o.State, o.Ending = 0, state, ending
	tx.putOrder(o, false)
}

// leave gives back what an order has set aside.
func (tx *Tx) leave(o *market.Record, key ledger.Key, pollutant string) {
	tx.Release(key, o.Hold)
	switch {
	case o.Remaining == 0:
	case o.Side == market.Sell:
		tx.ChangeSurplus(o.Licence, pollutant, func(s *market.Surplus) { s.Held -= o.Remaining })
	default:
		tx.wanted.add(o.Licence, pollutant, -o.Remaining)
	}
	tx.projectBids(o.Project, pollutant, -o.Remaining)
}

// Operation is OrderCancel.
func (CancelOrder) Operation() identity.Operation { return identity.OrderCancel }

// ErrOrderNotOpen is returned when an order is filled, cancelled or expired already.
var ErrOrderNotOpen = fault.New(fault.Conflict, "order.not_open", "the order is filled, cancelled or expired already")

// Decide checks that the order is open and the actor's.
func (c CancelOrder) Decide(v *View) (Apply, error) {
	o, err := v.openOrder(identity.OrderCancel, c.Order)
	if err != nil {
		return nil, err
	}
	if err := v.checkCancel(o); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.cancel(o, market.Cancelled, market.Withdrawn) }, nil
}

// openOrder returns an open order after the actor's right to do this to it was
// checked, or ErrOrderNotOpen.
func (v *View) openOrder(op identity.Operation, id int64) (*market.Record, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return nil, err // the role, before anything that could tell what exists
	}
	if o := v.orders[id]; o != nil {
		return o, v.AuthoriseAt("id", op, identity.OfParty(o.Party, ""))
	}
	closed, err := v.closedOrder(id)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", op, identity.OfParty(closed.Party, "")); err != nil {
		return nil, err
	}
	return nil, ErrOrderNotOpen.With("the order is %s", closed.State)
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

// cancel takes an open order out of its book, for a reason.
func (tx *Tx) cancel(o *market.Record, state market.State, ending market.Ending) OrderResult {
	m, i := mustGet(tx, Markets, o.Market), mustGet(tx, Instruments, o.Instrument)
	if tx.dry != nil {
		return tx.dryCancel(*o, m, i)
	}
	if _, rests := tx.changedBook(o.Market, o.Instrument).Cancel(o.ID); !rests {
		panic("app: an open order is not in its book")
	}
	tx.finish(o, state, ending, must(tx.holdKey(o)), i.Pollutant)
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
