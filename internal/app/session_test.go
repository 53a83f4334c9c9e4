package app

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

const dayTable = "call 09:15-09:25, continuous 09:30-11:30, continuous 13:00-15:00"

// sessionOffice is an office with a market that has terms, and firms with permits
// that may be sold and money.
type sessionOffice struct {
	*office
	inst  catalog.Instrument
	firms []firm
}

const ticks = "YRD"

// openSessionOffice opens it at 09:00 of dayOne, a Wednesday: the terms hold from
// that day.
func openSessionOffice(t *testing.T, firms int, terms MarketTerms) *sessionOffice {
	t.Helper()
	o := &sessionOffice{office: openOffice(t)}
	o.inst = done[catalog.Instrument](o.office, o.admin, InstrumentAdd{Pollutant: vocs, TermEnd: 20310630})
	for _, region := range []string{jiashan, qingpu} {
		done[reserve.CapDecision](o.office, o.leader, CapDecide{Region: region, Pollutant: vocs, Change: 10_000_000 * one, Document: "cap", DecidedOn: 20260101})
	}
	done[MarketResult](o.office, o.admin, MarketOpen{
		Code: ticks, Name: "market", Pollutant: vocs, Regions: []string{jiashan, qingpu}, LotSize: 100, Tick: quantity.OnePrice / 100,
		PriceBasis: catalog.Outright, Approval: "approval",
	})
	for n := range firms {
		o.firms = append(o.firms, o.sessionFirm(n))
	}
	terms.Market, terms.ValidFrom = ticks, dayOne.Date()
	o.does(o.leader, terms)
	return o
}

func (o *sessionOffice) sessionFirm(n int) firm {
	o.t.Helper()
	f := o.firm([]string{jiashan, qingpu}[n%2], n+1)
	done[DepositResult](o.office, o.finance, DepositConfirm{Party: f.party, Amount: 1_000_000_000 * quantity.OneMoney, BankReference: fmt.Sprint("in-", n), ReceivedOn: 20260701})
	done[AllocationResult](o.office, o.leader, Allocate{
		Licence: f.licence.ID, Instrument: o.inst.Code, Origin: ledger.Paid, Kind: reserve.Opening, Part: reserve.Unallocated,
		Quantity: 1_000_000 * one, Price: 20 * quantity.OnePrice, PriceKnown: true, AcquiredOn: 20260601, Document: "opening",
	})
	done[SurplusResult](o.office, o.leader, SurplusVerify{
		Licence: f.licence.ID, Pollutant: vocs, Quantity: 1_000_000 * one, Rung: reserve.LicenceAmount, Monitored: true, TaskDone: true,
		VerifiedOn: 20260701, Document: "surplus", NoYear: "test",
	})
	return f
}

func (o *sessionOffice) order(n int, side market.Side, price string, q int64) PlaceOrder {
	o.t.Helper()
	p, err := quantity.ParsePrice("price", price)
	if err != nil {
		o.t.Fatal(err)
	}
	return PlaceOrder{
		Market: ticks, Instrument: o.inst.Code, Licence: o.firms[n].licence.ID, Side: side, Price: p,
		Quantity: quantity.Quantity(q) * one, TimeInForce: market.GTC,
	}
}

func (o *sessionOffice) places(n int, side market.Side, price string, q int64) OrderResult {
	o.t.Helper()
	return done[OrderResult](o.office, o.firms[n].user, o.order(n, side, price, q))
}

// at moves the clock to a time of day, so many days after dayOne, and lets the
// timers run.
func (o *sessionOffice) at(days int, hhmm string) {
	o.t.Helper()
	m, err := market.ParseMinute("at", hhmm)
	if err != nil {
		o.t.Fatal(err)
	}
	o.now.set(dayOne.Date().AddDays(days).Start() + calendar.Instant(m)*minute)
	o.settle()
}

func (o *sessionOffice) phase() market.Phase {
	m := o.app.st.byCode.markets[ticks]
	return o.app.st.floors[m].session.Phase
}

func (o *sessionOffice) trades() []market.Trade { return tableOf(o.office, Trades) }

func tableOf[R any](o *office, t Table[R]) (all []R) {
	o.t.Helper()
	o.settle()
	if err := o.store.Find(o.t.Context(), t.name, Query{}, &all); err != nil {
		o.t.Fatal(err)
	}
	return all
}

func text(p quantity.Price) string { return p.String() }

// A day goes through its phases: what a call collects trades at one price at its
// end, what is left trades on continuously, the close is the mean of the last
// trades, and the next day's orders stay within its band.
func TestSession_Day(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 4, MarketTerms{Timetable: dayTable, Band: new(market.ListedBand)})
	o.refuses(o.firms[0].user, o.order(0, market.Sell, "80", 1), ErrPhaseClosed)
	o.at(0, "09:15")
	o.places(0, market.Sell, "79.00", 100)
	o.places(1, market.Buy, "79.50", 60)
	if r := o.places(2, market.Buy, "79.20", 60); len(r.Fills) != 0 || r.Order.Remaining != 60*one {
		t.Fatalf("an order traded in a call: %+v", r)
	}
	ioc := o.order(3, market.Buy, "80", 1)
	ioc.TimeInForce = market.IOC
	o.refuses(o.firms[3].user, ioc, ErrNotInCall)
	late := o.places(3, market.Buy, "79.10", 60)
	done[OrderResult](o.office, o.firms[3].user, CancelOrder{late.Order.ID})
	if n := len(o.trades()); n != 0 {
		t.Fatalf("%d trades in a call", n)
	}
	o.at(0, "09:25")
	trades := o.trades()
	if len(trades) != 2 || trades[0].Price != trades[1].Price || trades[0].Kind != market.CallTrade || text(trades[0].Price) != "79.2" {
		t.Fatalf("the call made %+v", trades)
	}
	if o.phase() != market.PhaseClosed {
		t.Fatalf("after the call: %s", o.phase())
	}
	o.refuses(o.firms[0].user, o.order(0, market.Sell, "80", 1), ErrPhaseClosed)
	o.at(0, "09:30")
	o.restart()
	r := o.places(3, market.Sell, "79.20", 20) // meets the rest of firm 2's bid, from the call
	if len(r.Fills) != 1 || r.Fills[0].BuyOrder != trades[1].BuyOrder || r.Fills[0].Quantity != 20*one {
		t.Fatalf("after the call: %+v", r)
	}
	far := o.places(0, market.Buy, "50", 1)
	o.at(0, "15:00")
	closes := tableOf(o.office, Closes)
	if len(closes) != 1 || text(closes[0].Price) != "79.2" || closes[0].Trades != 3 || closes[0].Day != dayOne.Date() {
		t.Fatalf("closes: %+v", closes)
	}
	if got := o.app.st.orders[far.Order.ID]; got != nil {
		t.Errorf("an order outside the next day's band rests on: %+v", got)
	}
	o.at(1, "09:30")
	low := o.order(1, market.Buy, "71.27", 1)
	o.refuses(o.firms[1].user, low, ErrOutsideBand)
	o.refuses(o.firms[1].user, o.order(1, market.Sell, "87.13", 1), ErrOutsideBand)
	o.places(1, market.Buy, "71.28", 1) // 79.2 × 0.9
	o.places(1, market.Sell, "87.12", 1)
	o.at(3, "10:00") // Saturday
	o.refuses(o.firms[1].user, o.order(1, market.Buy, "79", 1), ErrPhaseClosed)
	if closes = tableOf(o.office, Closes); len(closes) != 3 || closes[2].Trades != 0 || closes[2].Price != closes[0].Price { // two days without a trade
		t.Errorf("closes: %+v", closes)
	}
}

// What is good till cancelled leaves the books where the band of the next trading
// day is another, whether its terms were there at the close or came after it.
func TestSession_BandAfterHolidays(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		o := openSessionOffice(t, 3, MarketTerms{Timetable: dayTable, Band: new(market.ListedBand)})
		narrow := MarketTerms{Market: ticks, ValidFrom: dayOne.Date().AddDays(5), Timetable: dayTable, Band: new(quantity.Ratio(20_000))} // Monday: 2 %
		if !late {
			o.does(o.leader, narrow)
		}
		o.at(0, "09:30")
		o.places(0, market.Sell, "100.00", 1)
		o.places(1, market.Buy, "100.00", 1)
		o.at(2, "13:00") // Friday
		out, in := o.places(0, market.Sell, "91.00", 5), o.places(0, market.Sell, "101.00", 5)
		if late {
			o.at(3, "13:00") // Saturday
			o.does(o.leader, narrow)
		}
		o.at(5, "09:30") // Monday: 98 to 102
		if r := o.places(1, market.Buy, "98.00", 1); len(r.Fills) != 0 {
			t.Errorf("late %v: traded outside the band: %+v", late, r.Fills)
		}
		if o.app.st.orders[out.Order.ID] != nil || o.app.st.orders[in.Order.ID] == nil {
			t.Errorf("late %v: the order at 91 must have left, the one at 101 must rest", late)
		}
	}
}

// An order with a price that a call cannot be reckoned with does not come in.
func TestSession_GiantPrice(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 3, MarketTerms{Timetable: dayTable, Band: noBand})
	o.at(0, "09:15")
	giant := o.order(1, market.Buy, "100000000001", 1)
	giant.Quantity = 100
	o.refuses(o.firms[1].user, giant, ErrPriceTooHigh)
	giant.Price = market.PriceMost
	done[OrderResult](o.office, o.firms[1].user, giant)
	o.places(0, market.Sell, "20", 1)
	o.places(2, market.Buy, "25", 1)
	o.at(0, "09:26")
	if n := len(o.trades()); n != 2 {
		t.Errorf("%d trades, want 2", n)
	}
}

// timers are those that wait for a market's session: one each.
func (o *sessionOffice) timers() (pending int) {
	for _, timer := range tableOf(o.office, PendingTimes) {
		if timer.Purpose == timerSession && timer.State == TimerPending {
			pending++
		}
	}
	return pending
}

// What an officer has halted takes no order and matches none; what was collected
// meanwhile is uncrossed before the market goes on. Where orders may only be
// cancelled, a call is still carried out.
func TestSession_Halt(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 4, MarketTerms{Timetable: dayTable, Band: noBand})
	set := func(person int64, s catalog.MarketState) {
		t.Helper()
		o.does(person, MarketState{ticks, s, "reason"})
	}
	o.at(0, "09:20")
	o.places(0, market.Sell, "20", 10)
	bid := o.places(1, market.Buy, "21", 10)
	o.places(2, market.Buy, "21", 5)
	set(o.leader, catalog.MarketHalted)
	o.refuses(o.firms[0].user, o.order(0, market.Sell, "20", 1), ErrMarketNotOpen)
	o.at(0, "09:40")
	if n := len(o.trades()); n != 0 || o.phase() != market.PhaseContinuous {
		t.Fatalf("%d trades in a halted market, which is %s", n, o.phase())
	}
	done[OrderResult](o.office, o.firms[1].user, CancelOrder{bid.Order.ID})
	o.restart()
	set(o.admin, catalog.MarketOpen)
	o.settle()
	if n := len(o.trades()); n != 1 {
		t.Fatalf("%d trades after the halt", n)
	}
	if n := o.timers(); n != 1 {
		t.Errorf("%d timers of the session after the halt", n)
	}
	o.places(3, market.Buy, "20", 1)
	o.at(1, "09:20")
	o.places(0, market.Sell, "20", 3)
	o.places(1, market.Buy, "20", 3)
	set(o.leader, catalog.MarketCancelOnly)
	o.refuses(o.firms[0].user, o.order(0, market.Sell, "20", 1), ErrMarketNotOpen)
	n := len(o.trades())
	o.at(1, "09:25")
	if len(o.trades()) == n {
		t.Error("the call of a market that only cancels was not carried out")
	}
	changes := tableOf(o.office, MarketChanges)
	if len(changes) != 3 || changes[0].Reason != "reason" || changes[0].Person != o.leader {
		t.Errorf("changes: %+v", changes)
	}
}

// A large call is made in bounded steps; between them nothing comes in or goes out
// of the market, and its end is the same.
func TestSession_LargeCall(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 4, MarketTerms{Timetable: dayTable, Band: noBand})
	o.at(0, "09:15")
	const each = 250
	for n, side := range []market.Side{market.Sell, market.Sell, market.Buy, market.Buy} {
		for range each / 50 {
			batch := OrderBatch{Items: slices.Repeat([]OrderBatchItem{{Place: o.order(n, side, "20", 1)}}, 50)}
			o.does(o.firms[n].user, batch)
		}
	}
	o.at(0, "09:25")
	calls, trades := tableOf(o.office, Calls), o.trades()
	if len(trades) != 2*each || len(calls) != 1 || calls[0].State != market.CallDone || calls[0].Traded != 2*each*one {
		t.Fatalf("%d trades of %+v", len(trades), calls)
	}
	steps := map[int64]int{}
	for _, tr := range trades {
		steps[tr.Command]++
	}
	if len(steps) != 2 {
		t.Errorf("fills by command: %v", steps)
	}
}

// The fills of a call are what the format of auctions says of the same limit and
// market orders and the close before, by any random book: its price, its volume,
// who gets how much. No market order waits afterwards.
func TestSession_CallAgreesWithAuction(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 6, MarketTerms{Timetable: dayTable, Band: noBand})
	r := rand.New(rand.NewSource(7))
	cleared := 0
	for day := range 30 {
		if o.at(day, "09:15"); o.phase() != market.PhaseCall {
			continue // no working day
		}
		c, ids := o.randomCall(r)
		want, err := auction.Clear(&c)
		if err != nil {
			t.Fatal(err)
		}
		before := len(o.trades())
		o.at(day, "09:25")
		got := map[int64]quantity.Quantity{}
		for _, tr := range o.trades()[before:] {
			if tr.Price != want.ClearingPrice {
				t.Errorf("day %d: a fill at %s, want %s", day, tr.Price, want.ClearingPrice)
			}
			got[tr.BuyOrder] += tr.Quantity
			got[tr.SellOrder] += tr.Quantity
			cleared++
		}
		for i, a := range slices.Concat(want.Bids, want.Asks) {
			if got[ids[i]] != a.Quantity {
				t.Errorf("day %d: order %d traded %s, want %s", day, ids[i], got[ids[i]], a.Quantity)
			}
		}
		for id, rec := range maps.Clone(o.app.st.orders) {
			if rec.Kind == market.AtMarket {
				t.Errorf("day %d: a market order waits after the call: %+v", day, rec)
			}
			o.quiet(o.userOf(rec.Party), CancelOrder{id})
		}
	}
	if o.check(); cleared < 50 {
		t.Errorf("only %d fills were compared", cleared)
	}
}

// randomCall places orders, bids of some parties and asks of the others, and
// returns the same as a case, with the orders' numbers in its order.
func (o *sessionOffice) randomCall(r *rand.Rand) (auction.Case, []int64) {
	o.t.Helper()
	c := auction.Case{Format: auction.Call, LotSize: one, ReferencePrice: o.app.st.closeOf(o.inst.ID)}
	var bids, asks []int64
	limits := r.Intn(4) // of 4 orders; now and then there are market orders only, the first time without a close before
	if o.app.st.lastID[Orders.name] == 0 {
		limits = 0
	}
	for n := range 6 + r.Intn(14) {
		side, f := market.Buy, r.Intn(3)
		if r.Intn(2) == 0 {
			side, f = market.Sell, 3+r.Intn(3)
		}
		before := o.app.st.lastID[Orders.name]
		order := o.order(f, side, fmt.Sprint(20+r.Intn(6)), int64(1+r.Intn(9)))
		bid := auction.Bid{Price: order.Price, Quantity: order.Quantity, Seq: int64(n)}
		if r.Intn(4) >= limits {
			order = typed(order, market.AtMarket, market.IOC)
			bid.Price, bid.Protection = 0, order.Price
		}
		o.quiet(o.firms[f].user, order)
		if side == market.Buy {
			c.Bids, bids = append(c.Bids, bid), append(bids, before+1)
		} else {
			c.Asks, asks = append(c.Asks, bid), append(asks, before+1)
		}
	}
	return c, slices.Concat(bids, asks)
}

func (s *state) closeOf(instrument int64) quantity.Price {
	return (&View{state: s}).quote(bookID{1, instrument}).Close
}

// quiet sends a command and checks nothing but that it is no error of ours.
func (o *sessionOffice) quiet(person int64, c Command) {
	o.t.Helper()
	o.keys++
	_, err := o.app.Do(o.t.Context(), identity.Actor{Person: person}, fmt.Sprintf("k-%d", o.keys), c)
	if _, isFault := fault.As(err); err != nil && !isFault {
		o.t.Fatalf("%T: %v", c, err)
	}
}

func (o *sessionOffice) userOf(party int64) int64 {
	i := slices.IndexFunc(o.firms, func(f firm) bool { return f.party == party })
	return o.firms[i].user
}

// In a call, orders of one party do not meet: the younger one is cancelled.
func TestSession_CallSelfTrade(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{Timetable: dayTable, Band: noBand})
	o.at(0, "09:15")
	o.places(0, market.Sell, "20", 10)
	own := o.places(0, market.Buy, "22", 10)
	o.places(1, market.Buy, "21", 4)
	o.at(0, "09:25")
	trades := o.trades()
	if len(trades) != 1 || trades[0].Quantity != 4*one {
		t.Fatalf("trades: %+v", trades)
	}
	if got := tableOf(o.office, Orders)[own.Order.ID-1]; got.State != market.Cancelled {
		t.Errorf("the younger order of the party is %s", got.State)
	}
}

// Fact 40: trades at the median of bid, ask and the trade before; what a buyer
// held beyond it is his again.
func TestSession_MedianPrice(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{MedianPrice: true, Band: noBand})
	trade := func(ask, bid, want string) {
		t.Helper()
		o.places(0, market.Sell, ask, 1)
		if r := o.places(1, market.Buy, bid, 1); len(r.Fills) != 1 || text(r.Fills[0].Price) != want || r.Order.Hold != 0 {
			t.Errorf("%s meets %s: %+v, want %s", bid, ask, r.Fills, want)
		}
	}
	trade("24.60", "24.60", "24.6") // the first: the maker's price
	trade("24", "25", "24.6")
	trade("26", "26", "26")
	trade("24", "25", "25")
	o.places(1, market.Buy, "25", 1)
	if r := o.places(0, market.Sell, "20", 1); text(r.Fills[0].Price) != "25" { // a maker's bid at his limit
		t.Errorf("%+v", r.Fills)
	}
	if held := o.balance(ledger.FundsKey(o.firms[1].party)).Held; held != 0 {
		t.Errorf("the buyer still holds %d aside", held)
	}
}

// Fact 42: 250,000 t and 1,000,000 t more may be held, not a tonne more, with what
// open buys, block trades and confirmed deals may still bring.
func TestHoldingLimit_CountsWhatMayCome(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{BlockLeast: 100_000 * one})
	buyer := o.firms[1]
	for _, c := range []Command{
		FactRecord{Kind: "verified_right", Value: "250000", Licence: buyer.licence.ID, Pollutant: vocs, ValidFrom: 20260701, Document: "licence"},
		ParameterSet{Key: "holding.limit", Value: "1000000", ValidFrom: 20260701, Document: "limit"},
	} {
		o.does(o.leader, c)
	}
	// 1,000,000 t are held; 250,000 t more are at the limit.
	o.refuses(buyer.user, o.order(1, market.Buy, "20", 250_001), errHoldingLimit)
	buy := o.places(1, market.Buy, "20", 100_000)
	block := BlockPropose{
		Market: ticks, Instrument: o.inst.Code, Side: market.Buy, Licence: buyer.licence.ID, CounterpartyParty: o.firms[0].party,
		CounterpartyLicence: o.firms[0].licence.ID, Quantity: 150_001 * one, Price: 20 * quantity.OnePrice,
	}
	o.refuses(buyer.user, block, errHoldingLimit)
	block.Quantity -= one
	b := done[BlockResult](o.office, buyer.user, block).Block
	o.restart()
	o.refuses(buyer.user, o.order(1, market.Buy, "20", 1), errHoldingLimit)
	done[OrderResult](o.office, buyer.user, CancelOrder{buy.Order.ID})
	o.refuses(buyer.user, o.order(1, market.Buy, "20", 100_001), errHoldingLimit)
	done[BlockResult](o.office, o.firms[0].user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	o.refuses(buyer.user, o.order(1, market.Buy, "20", 100_001), errHoldingLimit)
	o.places(1, market.Buy, "20", 100_000)
}

var errHoldingLimit = &fault.Error{Code: "rule.holding_limit"}

// stripped are trades without the numbers of the commands that made them.
func stripped(trades []market.Trade) []market.Trade {
	out := slices.Clone(trades)
	for i := range out {
		out[i].Command = 0
	}
	return out
}
