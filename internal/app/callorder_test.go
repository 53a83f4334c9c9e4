package app

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// forCall is a market order for a call, protected by a price.
func (o *sessionOffice) forCall(n int, side market.Side, protection string, q int64) PlaceOrder {
	o.t.Helper()
	return typed(o.order(n, side, protection, q), market.AtMarket, market.IOC)
}

func (o *sessionOffice) placesForCall(n int, side market.Side, protection string, q int64) market.Record {
	o.t.Helper()
	return done[OrderResult](o.office, o.firms[n].user, o.forCall(n, side, protection, q)).Order
}

// tradedBy is what each order has traded.
func (o *sessionOffice) tradedBy() map[int64]string {
	sums := map[int64]quantity.Quantity{}
	for _, t := range o.trades() {
		sums[t.BuyOrder] += t.Quantity
		sums[t.SellOrder] += t.Quantity
	}
	out := map[int64]string{}
	for id, q := range sums {
		out[id] = q.String()
	}
	return out
}

// became says how an order ended up, as its row has it.
func (o *sessionOffice) becameOf(id int64) string {
	o.t.Helper()
	row := storedRow(o.office, Orders, id)
	return fmt.Sprintf("%s %s %s/%s", row.State, row.Ending, row.Filled(), row.Quantity)
}

// A market order that comes in a call waits for it and trades before every limit
// order, at the one price of the call and no worse than the price that protects it; it holds what
// that could cost. What is left of it ends with the call.
func TestCallOrder_TradesFirst(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 4, MarketTerms{Timetable: dayTable, Band: noBand})
	o.at(0, "09:15")
	limit := o.places(0, market.Sell, "20", 10).Order
	o.places(1, market.Buy, "22", 4)
	first := o.placesForCall(2, market.Buy, "30", 7)
	second := o.placesForCall(3, market.Buy, "30", 6)
	tight := o.placesForCall(1, market.Buy, "19", 1)
	if first.State != market.Open || first.Hold != 7*30*100 {
		t.Errorf("it waits, and holds the worst: %+v", first)
	}
	ask := o.placesForCall(0, market.Sell, "25", 3) // takes no less than 25
	if got := o.app.st.book(1, o.inst.ID).Len(); got != 6 {
		t.Errorf("%d orders wait", got)
	}
	o.restart()
	shown := o.snapshotOf().Call
	if want := (Indication{22 * quantity.OnePrice, 10 * one, 7 * one, 14 * one, 3 * one}); shown != want {
		t.Errorf("the call would come to %+v, want %+v", shown, want)
	}
	o.at(0, "09:25")
	for id, want := range map[int64]string{
		limit.ID: "filled  10/10", first.ID: "filled  7/7", second.ID: "cancelled unfilled 3/6", tight.ID: "cancelled unfilled 0/1", ask.ID: "cancelled unfilled 0/3",
	} {
		if got := o.becameOf(id); got != want {
			t.Errorf("order %d: %s, want %s", id, got, want)
		}
	}
	for _, tr := range o.trades() {
		if text(tr.Price) != "22" || tr.Kind != market.CallTrade {
			t.Errorf("%+v", tr)
		}
	}
	if b := o.balance(ledger.FundsKey(o.firms[3].party)); b.Held != 0 {
		t.Errorf("what is cancelled holds %d aside", b.Held)
	}
	o.check()
}

func (o *sessionOffice) snapshotOf() *Depth {
	o.t.Helper()
	o.settle()
	s, err := o.app.Snapshot()
	if err != nil {
		o.t.Fatal(err)
	}
	return s.Books[BookKey{1, o.inst.ID}]
}

// Only a market order for this call, or a limit order that may rest, comes in
// while a call collects; each other kind is refused by name, and at other times a
// market order does not wait.
func TestCallOrder_Refusals(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{Timetable: dayTable, Band: new(market.ListedBand)})
	o.at(0, "09:15")
	for _, c := range []struct {
		kind market.Kind
		tif  market.TimeInForce
		want error
	}{
		{market.Limit, market.GTC, nil},
		{market.Limit, market.DAY, nil},
		{market.Limit, market.IOC, ErrNotInCall},
		{market.Limit, market.FOK, ErrNotInCall},
		{market.AtMarket, market.IOC, nil},
		{market.AtMarket, market.FOK, ErrNotInCall},
		{market.AtMarket, market.GTC, ErrMarketOrderRests},
		{market.AtMarket, market.DAY, ErrMarketOrderRests},
	} {
		f := o.do(o.firms[0].user, typed(o.order(0, market.Sell, "20", 1), c.kind, c.tif))
		if (f == nil) != (c.want == nil) || f != nil && !errors.Is(f, c.want) {
			t.Errorf("%s %s: %v, want %v", c.kind, c.tif, f, c.want)
		}
	}
	o.places(1, market.Buy, "20", 10)
	o.at(0, "09:30")
	if got := became(done[OrderResult](o.office, o.firms[0].user, o.forCall(0, market.Sell, "25", 1))); got != "cancelled unfilled 0/1 in 0" {
		t.Errorf("in continuous trading: %s", got)
	}
	o.at(1, "09:15")
	o.refuses(o.firms[0].user, o.forCall(0, market.Sell, "22.01", 1), ErrOutsideBand)
	o.check()
}

// While its call collects, a market order is lowered, changed, withdrawn one by one or
// with all of its party as any other; only what is not lowered loses its place.
func TestCallOrder_Amend(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 4, MarketTerms{Timetable: dayTable, Band: noBand})
	o.at(0, "09:15")
	first, second, third := o.placesForCall(0, market.Buy, "25", 5), o.placesForCall(1, market.Buy, "25", 5), o.placesForCall(2, market.Buy, "30", 5)
	user := func(n int) int64 { return o.firms[n].user }
	lowered := done[OrderResult](o.office, user(0), OrderAmend{Order: first.ID, Quantity: 4 * one}).Order
	if lowered.Hold != 4*25*100 || lowered.Queued != first.Queued {
		t.Errorf("lowered: %+v", lowered)
	}
	moved := done[OrderResult](o.office, user(1), OrderAmend{Order: second.ID, Price: 26 * quantity.OnePrice}).Order
	if moved.Kind != market.AtMarket || moved.State != market.Open || moved.Hold != 5*26*100 {
		t.Errorf("moved: %+v", moved)
	}
	gone := o.placesForCall(2, market.Buy, "30", 1)
	done[OrderResult](o.office, user(2), CancelOrder{gone.ID})
	swept := o.placesForCall(3, market.Buy, "30", 9)
	o.does(user(3), OrderSweep{Party: o.firms[3].party})
	o.restart()
	o.places(3, market.Sell, "20", 10)
	o.at(0, "09:25")
	want := map[int64]string{first.ID: "4", third.ID: "5", second.ID: "1"}
	if got := o.tradedBy(); got[first.ID] != want[first.ID] || got[second.ID] != want[second.ID] || got[third.ID] != want[third.ID] {
		t.Errorf("traded %v, want %v", got, want)
	}
	for _, id := range []int64{gone.ID, swept.ID} {
		if got := storedRow(o.office, Orders, id); got.State != market.Cancelled || got.Ending != market.Withdrawn {
			t.Errorf("%+v", got)
		}
	}
	o.check()
}

// Orders of one party do not meet in a call: of a market and a limit order, too,
// the younger one is cancelled.
func TestCallOrder_SelfTrade(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{Timetable: dayTable, Band: noBand})
	o.at(0, "09:15")
	older := o.places(0, market.Sell, "20", 10).Order
	own := o.placesForCall(0, market.Buy, "30", 3)
	other := o.placesForCall(1, market.Buy, "30", 4)
	o.at(0, "09:25")
	for id, want := range map[int64]string{older.ID: "open  4/10", own.ID: "cancelled self_trade 0/3", other.ID: "filled  4/4"} {
		if got := o.becameOf(id); got != want {
			t.Errorf("order %d: %s, want %s", id, got, want)
		}
	}
	o.check()
}

// A call that ends while its market is halted is made when it goes on, and a
// market that is closed for good cancels what waited for its call.
func TestCallOrder_Halt(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{Timetable: dayTable, Band: noBand})
	o.at(0, "09:15")
	o.places(0, market.Sell, "20", 10)
	waits := o.placesForCall(1, market.Buy, "30", 12)
	o.does(o.leader, MarketState{ticks, catalog.MarketHalted, "reason"})
	o.at(0, "09:40")
	o.restart()
	if got := o.becameOf(waits.ID); got != "open  0/12" {
		t.Errorf("in the halt: %s", got)
	}
	o.check()
	o.does(o.admin, MarketState{ticks, catalog.MarketOpen, "reason"})
	o.settle()
	if got := o.becameOf(waits.ID); got != "cancelled unfilled 10/12" {
		t.Errorf("after the halt: %s", got)
	}
	o.at(1, "09:15")
	waits = o.placesForCall(1, market.Buy, "30", 1)
	o.does(o.admin, MarketState{ticks, catalog.MarketClosed, "reason"})
	o.settle()
	if got := o.becameOf(waits.ID); got != "cancelled market_ended 0/1" {
		t.Errorf("in a closed market: %s", got)
	}
	o.check()
}

// A call of market orders is made in bounded steps, and a stop at any of them
// changes nothing of what it comes to.
func TestCallOrder_CrashBetweenSteps(t *testing.T) {
	t.Parallel()
	play := func(crashAt int) ([]market.Trade, map[string]int) {
		o := openSessionOffice(t, 6, MarketTerms{Timetable: dayTable, Band: noBand})
		o.at(0, "09:15")
		r := rand.New(rand.NewSource(3))
		for n := range o.firms {
			batch := OrderBatch{}
			for range 250 {
				side := market.Side(1 + n%2)
				order := o.order(n, side, fmt.Sprint(18+r.Intn(6)), int64(1+r.Intn(5)))
				if r.Intn(2) == 0 {
					order = typed(order, market.AtMarket, market.IOC)
				}
				batch.Items = append(batch.Items, OrderBatchItem{Place: order})
			}
			o.does(o.firms[n].user, batch)
		}
		if crashAt > 0 {
			o.crashInCall(crashAt)
		}
		o.at(0, "09:26")
		o.check()
		trades, ends := stripped(o.trades()), map[string]int{}
		for i := range trades {
			trades[i].At = 0
		}
		for _, row := range tableOf(o.office, Orders) {
			ends[fmt.Sprint(row.Kind, row.State, row.Ending)]++
			if row.Kind == market.AtMarket && row.State == market.Open {
				t.Errorf("crash at %d: a market order waits after its call: %+v", crashAt, row)
			}
		}
		return trades, ends
	}
	want, ends := play(0)
	if len(want) <= callFills || ends["market cancelled unfilled"] == 0 {
		t.Fatalf("%d trades in too few steps, %v", len(want), ends)
	}
	for crashAt := 1; crashAt <= 3; crashAt++ {
		if got, _ := play(crashAt); !slices.Equal(got, want) {
			t.Errorf("stopped at commit %d: %d trades, want %d", crashAt, len(got), len(want))
		}
	}
}

// crashInCall lets the call end, and stops the server at a commit of its steps.
func (o *sessionOffice) crashInCall(at int) {
	o.t.Helper()
	commits := 0
	o.crashDuring(func() { o.at(0, "09:25") }, func(*Batch) bool {
		commits++
		return commits <= at
	})
}

// A halt over the end of a closing call: the call is not made. What came for it
// alone ends with it, what is limited waits for the next call, and no price of
// one day is that of another.
func TestCallOrder_HaltOverTheClose(t *testing.T) {
	t.Parallel()
	const closing = "call 09:15-09:25, continuous 09:30-14:57, call 14:57-15:00"
	o := openSessionOffice(t, 3, MarketTerms{Timetable: closing, Band: noBand})
	o.at(0, "14:58")
	o.places(0, market.Sell, "20", 10)
	limit := o.places(2, market.Buy, "22", 4).Order
	waits := o.placesForCall(1, market.Buy, "30", 12)
	o.does(o.leader, MarketState{ticks, catalog.MarketHalted, "reason"})
	o.at(0, "15:00")
	o.check()
	o.restart()
	o.at(0, "15:05")
	o.does(o.admin, MarketState{ticks, catalog.MarketOpen, "reason"})
	o.settle()
	if got := o.becameOf(waits.ID); got != "cancelled unfilled 0/12" {
		t.Errorf("after the close: %s", got)
	}
	if b := o.balance(ledger.FundsKey(o.firms[1].party)); b.Held != 0 {
		t.Errorf("what is cancelled holds %d aside", b.Held)
	}
	o.check()
	o.at(1, "09:25")
	if got := o.becameOf(limit.ID); got != "filled  4/4" {
		t.Errorf("on the next day: %s", got)
	}
	if trades := o.trades(); len(trades) != 1 || trades[0].BuyOrder != limit.ID {
		t.Errorf("%+v", trades)
	}
	o.check()
}

// A halt from one call into the next, and one that ends in a pause: the first is
// not made, and nothing that came for it trades in the second.
func TestCallOrder_HaltIntoTheNextCall(t *testing.T) {
	t.Parallel()
	for _, resumed := range []string{"09:27", "10:02"} {
		o := openSessionOffice(t, 3, MarketTerms{Timetable: "call 09:15-09:25, call 10:00-10:05, continuous 10:30-15:00", Band: noBand})
		o.at(0, "09:15")
		waits := o.placesForCall(1, market.Buy, "30", 12)
		o.does(o.leader, MarketState{ticks, catalog.MarketHalted, "reason"})
		o.at(0, resumed)
		o.does(o.admin, MarketState{ticks, catalog.MarketOpen, "reason"})
		o.at(0, "10:02")
		o.places(0, market.Sell, "20", 10)
		o.at(0, "10:05")
		if got := o.becameOf(waits.ID); got != "cancelled unfilled 0/12" || len(o.trades()) != 0 {
			t.Errorf("resumed at %s: %s, %d trades", resumed, got, len(o.trades()))
		}
		o.check()
	}
}

// A call whose fills were begun on another day is over: the next has its own price.
func TestCallOrder_BegunOnAnotherDay(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{Timetable: dayTable, Band: noBand})
	calls := o.store.table(Calls.name)
	calls.put(1, market.Call{ID: 1, Market: 1, Instrument: o.inst.ID, Day: dayOne.Date().AddDays(-1), State: market.CallClearing, Price: 7 * quantity.OnePrice, Volume: one, StartedAt: 1})
	o.restart()
	o.at(0, "09:15")
	o.places(0, market.Sell, "20", 10)
	o.places(1, market.Buy, "22", 4)
	o.at(0, "09:25")
	if trades := o.trades(); len(trades) != 1 || trades[0].Price < 20*quantity.OnePrice {
		t.Errorf("%+v", trades)
	}
	if all := tableOf(o.office, Calls); len(all) != 2 || all[0].State != market.CallDone || all[1].Day != dayOne.Date() {
		t.Errorf("%+v", all)
	}
	o.check()
}
