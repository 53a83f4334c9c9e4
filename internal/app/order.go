package app

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
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
	ErrMarketOrderRests = fault.New(fault.Invalid, "order.market_order_rests", "a market order trades at once, or in the call that collects it, and never rests: its time in force is ioc or fok").At("time_in_force")
	// ErrNoProtection is returned when a market order does not say how far it goes.
	ErrNoProtection = fault.New(fault.Invalid, "order.protection_price_missing", "a market order needs a price that protects it: the most that a buy pays, the least that a sell takes").At("price")
	// ErrPriceNotPositive is returned when the price is zero or negative.
	ErrPriceNotPositive = fault.New(fault.Invalid, "order.price_not_positive", "the price must be greater than zero").At("price")
	// ErrPriceTooHigh is returned when a price is beyond what a call can be reckoned with.
	ErrPriceTooHigh = fault.New(fault.Invalid, "order.price_too_high", "the price is higher than any order may name").At("price")
	// ErrQuantityNotPositive is returned when the quantity is zero or negative.
	ErrQuantityNotPositive = fault.New(fault.Invalid, "order.quantity_not_positive", "the quantity must be greater than zero").At("quantity")
	// ErrMarketNotOpen is returned when the market is halted, closed or not yet valid.
	ErrMarketNotOpen = fault.New(fault.Refused, "order.market_not_open", "the market takes no orders now").At("market").
				Under("market.open", "project default: a market that is halted, takes cancels only, is closed or not yet valid takes no order")
	// ErrWrongInstrument is returned when the instrument is not of the market's pollutant or scheme.
	ErrWrongInstrument = fault.New(fault.Invalid, "order.instrument_not_of_market", "the market does not trade this instrument").At("instrument")
	// ErrInstrumentExpired is returned when the instrument's term has ended.
	ErrInstrumentExpired = fault.New(fault.Refused, "order.instrument_expired", "the instrument's term has ended").At("instrument").
				Under("instrument.term_end", sourceDefault)
	// ErrQuantityStep is returned when the quantity is not a multiple of the market's lot_size.
	ErrQuantityStep = fault.New(fault.Invalid, "order.quantity_off_lot", "the quantity must be a multiple of the market's lot_size").At("quantity")
	// ErrPriceStep is returned when the price is not a multiple of the market's tick.
	ErrPriceStep = fault.New(fault.Invalid, "order.price_off_tick", "the price must be a multiple of the market's tick").At("price").Under("market.tick", "the market's terms")
	// ErrOutsideMarket is returned when the licence's region does not take part in the market.
	ErrOutsideMarket = fault.New(fault.Refused, "order.region_outside_market", "the licence's region does not take part in this market").At("licence").
				Under("market.regions", "terms of the market")
	// ErrSignerNeeded is returned when an amount over the party's limit is approved by a user who may not sign, or stands in a batch.
	ErrSignerNeeded = fault.New(fault.Refused, "order.signer_needed", "an amount over the party's limit needs a signer").
			Under("party.signer_limit", sourceDefault)
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
	ErrNotFillable = fault.New(fault.Refused, "order.not_fillable", "the order cannot be filled as a whole at once, and nothing of it was done").At("quantity").
			Under("market.time_in_force", "project default: a fill-or-kill order is filled as a whole at once, or not at all")
	// ErrTooManyParts is returned when a sale would use up more than MaxFills acquisitions at once.
	ErrTooManyParts = fault.New(fault.Refused, "order.too_many_acquisitions", "the permits offered come from more than 400 acquisitions: sell them in parts").At("quantity").
			Under("command.parts", "project default: what one command may move")
	// ErrTooManyFills is returned when an order would trade with more than MaxFills others at once.
	ErrTooManyFills = fault.New(fault.Refused, "order.too_many_fills", "the order would trade with more than 400 others at once: send it in parts").At("quantity").
			Under("command.parts", "project default: what one command may move")
	// ErrTooManyRanges is returned when the credits that an order would trade lie in too many ranges.
	ErrTooManyRanges = fault.New(fault.Refused, "order.too_many_ranges", "the order would take credits out of too many ranges at once: send it in parts").At("quantity").
				Under("command.parts", "project default: what one command may move")
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
	Party       int64 // that trades credits; 0: permits of the licence

	ExistingUnit bool // a buy is for the unit that the licence has, and not for a project
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
	if c.Party != 0 {
		b = appendField(b, "Party", c.Party)
	}
	if c.ExistingUnit {
		b = append(b, `,"ExistingUnit":true`...)
	}
	return append(b, '}')
}

// Decide checks the order and that what it could cost can be held.
func (c PlaceOrder) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.OrderPlace, identity.Target{}); err != nil {
		return nil, err // the role, before anything that could tell what exists
	}
	l, err := v.trader(identity.OrderPlace, c.Party, c.Licence)
	if err != nil {
		return nil, err
	}
	e, err := c.check(v, l)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.place(e) }, nil
}

// trader is the licence that is traded for, after the actor's right to trade for
// its party was checked. Credits are traded for none: only the party is set.
func (v *View) trader(op identity.Operation, party, licence int64) (catalog.Licence, error) {
	if (party == 0) == (licence == 0) {
		return catalog.Licence{}, ErrTrader
	}
	if party != 0 {
		return catalog.Licence{Party: party}, v.AuthoriseAt("party", op, identity.OfParty(party, ""))
	}
	l, err := Get(v, Licences, "licence", licence)
	if err != nil {
		return l, err
	}
	return l, v.AuthoriseAt("licence", op, identity.OfParty(l.Party, ""))
}

func (c PlaceOrder) check(v *View, l catalog.Licence) (entry, error) {
	m, err := v.Market("market", c.Market)
	if err != nil {
		return entry{}, err
	}
	i, err := v.Tradable("instrument", c.Instrument)
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
	if err := c.checkGoods(v, m, l, i); err != nil {
		return e, err
	}
	e.tariff = v.tariffFor(m.ID, l.Party)
	e.order = market.Record{
		Market: m.ID, Instrument: i.ID, Party: l.Party, Licence: l.ID, Project: c.Project, Side: c.Side, TimeInForce: c.TimeInForce, Kind: c.Kind,
		State: market.Open, Price: c.Price, Quantity: c.Quantity, Remaining: c.Quantity, PlacedAt: v.Now, Queued: v.Number, Schedule: e.tariff.ID,
	}
	return e, e.admit(v, l, &noOrder)
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
	case c.Price > market.PriceMost:
		return ErrPriceTooHigh.With("the price must be at most CNY %s", market.PriceMost)
	case c.Quantity <= 0:
		return ErrQuantityNotPositive
	case m.State != catalog.MarketOpen || !m.ValidOn(v.Today):
		return notOpen(m, v.Today)
	case !m.Lists(i):
		return ErrWrongInstrument.With("the market %s does not trade %s", m.Code, i.Code)
	case i.Expired(v.Today):
		return ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	case !c.Quantity.IsMultipleOf(m.LotSize):
		return ErrQuantityStep.With("the quantity must be a multiple of %s t", m.LotSize)
	case !c.Price.IsMultipleOf(m.Tick):
		return ErrPriceStep.With("the price must be a multiple of CNY %s", m.Tick)
	case i.OfCredits():
		return atField(rowsOf(v.state, CreditSeries).rows[i.Series].CheckUsable(v.Today), "instrument")
	}
	return nil
}

// notOpen is ErrMarketNotOpen of a market that takes no orders on a day.
func notOpen(m catalog.Market, on calendar.Date) *fault.Error {
	if m.State == catalog.MarketOpen {
		return ErrMarketNotOpen.With("the market %s is not open on %s", m.Code, on)
	}
	return ErrMarketNotOpen.With("the market %s is %s", m.Code, m.State)
}

// checkArea returns ErrOutsideMarket unless the licence's region takes part.
func (v *View) checkArea(l catalog.Licence, m catalog.Market) error {
	if slices.Contains(v.byCode.areas[m.ID], l.Region) {
		return nil
	}
	return ErrOutsideMarket.With("region %s does not take part in the market %s", l.Region, m.Code)
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
