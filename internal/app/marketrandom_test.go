package app

import (
	"context"
	"fmt"
	"maps"
	"math/rand"
	"reflect"
	"slices"
	"testing"
	"time"

	"permitx/internal/catalog"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// nextDay is a market that always trades, at the median price, and where nothing is
// sold on the day on which it was bought.
const nextDay = "T1"

// marketWalk is a random life of two markets with all that may happen in them; it
// counts what has.
type marketWalk struct {
	*sessionOffice
	r    *rand.Rand
	seen map[string]int
	near catalog.Instrument // its term ends soon
}

func openMarketWalk(t *testing.T, seed int64, seen map[string]int) *marketWalk {
	t.Helper()
	w := &marketWalk{r: rand.New(rand.NewSource(seed)), seen: seen}
	w.sessionOffice = openSessionOffice(t, 4, MarketTerms{
		Timetable: dayTable + ", call 15:00-15:05", Band: new(market.ListedBand), BlockBand: new(market.BlockBand), BlockLeast: 10 * one, BlockOfficer: seed%2 == 0,
	})
	trader := w.firm(qingpu, 5) // has nothing to begin with
	w.firms = append(w.firms, trader)
	w.does(w.finance, DepositConfirm{Party: trader.party, Amount: 1_000_000 * quantity.OneMoney, BankReference: "in-trader", ReceivedOn: 20260701})
	w.near = done[catalog.Instrument](w.office, w.admin, InstrumentAdd{Pollutant: vocs, TermEnd: 20260930})
	w.does(w.admin, MarketOpen{
		Code: nextDay, Name: nextDay, Pollutant: vocs, Regions: []string{jiashan, qingpu}, LotSize: 100, Tick: quantity.OnePrice / 100,
		PriceBasis: catalog.Outright, Approval: "approval", ResaleNextDay: true,
	})
	w.does(w.leader, MarketTerms{Market: nextDay, ValidFrom: dayOne.Date(), Band: noBand, MedianPrice: true})
	w.does(w.admin, FeeScheduleSet{Market: ticks, Scheme: market.Chengdu, ValidFrom: 20260702, Document: "d"})
	for _, f := range w.firms[:2] {
		w.does(w.leader, PartyGroup{f.party, "group", "register"})
	}
	return w
}

// acts sends a command, which may be refused, and counts what came of it.
func (w *marketWalk) acts(person int64, c Command) (ok bool) {
	w.t.Helper()
	refused, proposed := w.ask(person, c)
	if proposed {
		refused, _ = w.ask(w.second, ProposalApprove{w.proposal.ID, w.proposal.EffectsDigest})
	}
	if refused != nil {
		w.seen["refused: "+refused.Code]++
	}
	return refused == nil
}

// pass lets some time pass: a minute of a call, some minutes of trading, and most of
// the hours when the market is closed at once.
func (w *marketWalk) pass() {
	w.t.Helper()
	now := w.now.get()
	switch phase := w.phase(); {
	case phase == market.PhaseCall:
		now = now.Add(time.Duration(w.r.Intn(60)) * time.Second)
	case phase == market.PhaseContinuous || w.r.Intn(3) == 0:
		now = now.Add(time.Duration(w.r.Intn(15*60)) * time.Second)
	default: // the next phase, which may be that of a holiday
		m := w.app.st.byCode.markets[ticks]
		now = max(now, w.app.st.floors[m].session.NextAt)
	}
	w.now.set(now)
	w.settle()
}

// moves are what may happen, as often as their weight says.
var moves = []struct {
	weight int
	do     func(*marketWalk)
}{
	{24, (*marketWalk).place},
	{8, (*marketWalk).amend},
	{2, (*marketWalk).cancel},
	{1, (*marketWalk).sweep},
	{7, (*marketWalk).setState},
	{3, (*marketWalk).proposeBlock},
	{4, (*marketWalk).stepBlock},
	{1, (*marketWalk).regroup},
	{1, (*marketWalk).suspend},
	{2, (*marketWalk).verify},
	{2, (*marketWalk).resell},
}

func (w *marketWalk) step() {
	w.t.Helper()
	sum := 0
	for _, s := range moves {
		sum += s.weight
	}
	n := w.r.Intn(sum)
	for _, s := range moves {
		if n -= s.weight; n < 0 {
			s.do(w)
			return
		}
	}
}

func (w *marketWalk) randomOrder(n int) PlaceOrder {
	c := w.order(n, market.Side(1+w.r.Intn(2)), fmt.Sprintf("%d.%02d", 19+w.r.Intn(3), w.r.Intn(100)), int64(1+w.r.Intn(20)))
	if w.r.Intn(4) == 0 || n == 4 && w.r.Intn(2) == 0 {
		c.Market = nextDay
	}
	switch w.r.Intn(4) {
	case 0:
		c.TimeInForce = market.TimesInForce[w.r.Intn(len(market.TimesInForce))]
	case 1:
		c.Kind, c.TimeInForce = market.AtMarket, []market.TimeInForce{market.IOC, market.IOC, market.FOK}[w.r.Intn(3)]
	}
	if c.TimeInForce == market.FOK {
		c.Quantity = one
	}
	return c
}

func (w *marketWalk) place() {
	n := w.r.Intn(len(w.firms))
	c := w.randomOrder(n)
	if !w.acts(w.firms[n].user, c) {
		return
	}
	phase := market.PhaseContinuous
	if c.Market == ticks {
		phase = w.phase()
	}
	w.seen[placed(phase, c.Kind, c.TimeInForce)]++
	if r := last[OrderResult](w.office); r.Order.Ending == market.SelfTrade {
		w.seen["met one of its group"]++
	}
}

func placed(p market.Phase, k market.Kind, t market.TimeInForce) string {
	return fmt.Sprintf("placed in %s: %s %s", p, k, t)
}

// randomOpen is an open order of a firm, a market order where it has one.
func (w *marketWalk) randomOpen(f firm) (id int64, ok bool) {
	var open []int64
	for id, rec := range w.app.st.orders {
		if rec.Party == f.party {
			open = append(open, id)
		}
	}
	if len(open) == 0 {
		return 0, false
	}
	slices.Sort(open)
	if at := slices.IndexFunc(open, func(id int64) bool { return w.app.st.orders[id].Kind == market.AtMarket }); at >= 0 {
		return open[at], true
	}
	return open[w.r.Intn(len(open))], true
}

func (w *marketWalk) amend() {
	f := w.firms[w.r.Intn(len(w.firms))]
	id, ok := w.randomOpen(f)
	if !ok {
		return
	}
	before := *w.app.st.orders[id]
	c := OrderAmend{Order: id, Quantity: before.Quantity - one}
	if w.r.Intn(2) == 0 {
		c.Quantity = quantity.Quantity(1+w.r.Intn(20)) * one
		c.Price = quantity.Price(1900+w.r.Intn(300)) * quantity.OnePrice / 100
	}
	if !w.acts(f.user, c) {
		return
	}
	kept := last[OrderResult](w.office).Order.Queued == before.Queued
	w.seen[fmt.Sprintf("amended a %s order, its place kept: %t", before.Kind, kept)]++
}

func (w *marketWalk) cancel() {
	f := w.firms[w.r.Intn(len(w.firms))]
	if id, ok := w.randomOpen(f); ok && w.acts(f.user, CancelOrder{id}) {
		w.seen["cancelled"]++
	}
}

func (w *marketWalk) sweep() {
	f := w.firms[w.r.Intn(len(w.firms))]
	if w.acts(f.user, OrderSweep{Party: f.party, Side: market.Side(w.r.Intn(3))}) && last[SweepResult](w.office).Sweep.Matched > 1 {
		w.seen["cancelled all"]++
	}
}

// setState halts a market or lets it only cancel, and opens it again.
func (w *marketWalk) setState() {
	code, state := []string{ticks, ticks, nextDay}[w.r.Intn(3)], []catalog.MarketState{catalog.MarketHalted, catalog.MarketCancelOnly}[w.r.Intn(2)]
	if m := rowsOf(w.app.st, Markets).rows[w.app.st.byCode.markets[code]]; m.State != catalog.MarketOpen {
		state = catalog.MarketOpen
	}
	if w.acts(w.admin, MarketState{code, state, "reason"}) {
		w.seen["market "+string(state)]++
	}
}

func (w *marketWalk) proposeBlock() {
	n := w.r.Intn(len(w.firms))
	f, other := w.firms[n], w.firms[(n+1+w.r.Intn(len(w.firms)-1))%len(w.firms)]
	w.acts(f.user, BlockPropose{
		Market: ticks, Instrument: w.inst.Code, Side: market.Side(1 + w.r.Intn(2)), Licence: f.licence.ID, CounterpartyParty: other.party,
		CounterpartyLicence: other.licence.ID, Quantity: quantity.Quantity(10+w.r.Intn(10)) * one,
		Price: quantity.Price(1600+w.r.Intn(900)) * quantity.OnePrice / 100,
	})
}

// stepBlock lets somebody whose turn it is take a step of an open block trade.
func (w *marketWalk) stepBlock() {
	for _, b := range tableOf(w.office, Blocks) {
		if !b.State.IsOpen() {
			continue
		}
		step := BlockStep{Block: b.ID, Event: []market.BlockEvent{
			market.BlockConfirm, market.BlockConfirm, market.BlockApprove, market.BlockApprove, market.BlockReject, market.BlockWithdraw,
		}[w.r.Intn(6)]}
		switch step.Event { //nolint:exhaustive // the others have no text of their own
		case market.BlockApprove:
			step.Document = "d"
		case market.BlockReject:
			step.Reason = "reason"
		}
		for _, person := range []int64{w.userOf(b.SellerParty), w.userOf(b.BuyerParty), w.leader} {
			if w.acts(person, step) {
				return
			}
		}
	}
}

// regroup takes the second firm out of its group, or back into it.
func (w *marketWalk) regroup() {
	group := "group"
	if rowsOf(w.app.st, Parties).rows[w.firms[1].party].OwnerGroup != "" {
		group = ""
	}
	if w.acts(w.leader, PartyGroup{w.firms[1].party, group, "register"}) {
		w.seen["group changed"]++
	}
}

// suspend takes a licence away, which cancels the orders that rest on it, and gives it back.
func (w *marketWalk) suspend() {
	l := w.firms[w.r.Intn(len(w.firms))].licence.ID
	for _, state := range []catalog.LicenceState{catalog.LicenceSuspended, catalog.LicenceValid} {
		w.acts(w.leader, LicenceState{l, state, "reason", "d"})
	}
}

// verify finds surplus in what the trader has bought.
func (w *marketWalk) verify() {
	w.acts(w.leader, SurplusVerify{
		Licence: w.firms[4].licence.ID, Pollutant: vocs, Quantity: quantity.Quantity(1+w.r.Intn(10)) * one, Rung: reserve.LicenceAmount,
		Monitored: true, TaskDone: true, VerifiedOn: 20260701, Document: "surplus", NoYear: "test",
	})
}

// resell offers on the next-day market what the trader has just bought there.
func (w *marketWalk) resell() {
	buy, sell := w.order(4, market.Buy, "22", 3), w.order(4, market.Sell, "23", 3)
	buy.Market, sell.Market = nextDay, nextDay
	w.acts(w.firms[4].user, buy)
	w.verify()
	w.acts(w.firms[4].user, sell)
}

// end closes a market and lets a term end, each with orders that rest on it.
func (w *marketWalk) end() {
	w.acts(w.admin, MarketState{nextDay, catalog.MarketOpen, "reason"})
	w.acts(w.admin, MarketState{ticks, catalog.MarketOpen, "reason"})
	bid := w.order(1, market.Buy, "10", 1)
	bid.Market = nextDay
	w.acts(w.firms[1].user, bid)
	if w.acts(w.admin, MarketState{nextDay, catalog.MarketClosed, "reason"}) {
		w.seen["market closed"]++
	}
	w.at(dayOne.Date().DaysUntil(w.now.get().Date())+3, "10:00")
	bid = w.order(1, market.Buy, "10", 1)
	bid.Instrument = w.near.Code
	w.acts(w.firms[1].user, bid)
	w.now.set(w.near.TermEnd.AddDays(1).Start())
	w.settle()
}

// count takes down what the rows say has happened.
func (w *marketWalk) count() {
	orders := tableOf(w.office, Orders)
	for _, o := range orders {
		w.seen["order "+o.State.String()]++
		w.seen["order ended: "+o.Ending.String()]++
	}
	for _, t := range w.trades() {
		w.seen["trade "+t.Kind.String()]++
		if t.BuyerFee > 0 && t.SellerFee > 0 {
			w.seen["fees of both sides"]++
		}
		if t.BuyOrder != 0 && t.Kind == market.ContinuousTrade && t.Price != orders[t.BuyOrder-1].Price && t.Price != orders[t.SellOrder-1].Price {
			w.seen["trade at neither's price"]++
		}
	}
	for _, b := range tableOf(w.office, Blocks) {
		w.seen["block "+string(b.State)]++
		if b.ApprovedBy != 0 {
			w.seen["block approved"]++
		}
	}
	w.seen["day closed"] += len(tableOf(w.office, Closes))
}

// mustSee is all that the walks must have come to. What a list of the code names is
// here by it.
func mustSee() (names []string) {
	for _, k := range []market.Kind{market.Limit, market.AtMarket} {
		for _, t := range market.TimesInForce {
			if k == market.Limit || !t.Rests() {
				names = append(names, placed(market.PhaseContinuous, k, t))
			}
			if market.MayWaitAtCall(k, t) {
				names = append(names, placed(market.PhaseCall, k, t))
			}
		}
		names = append(names, fmt.Sprintf("amended a %s order, its place kept: true", k), fmt.Sprintf("amended a %s order, its place kept: false", k))
	}
	for _, s := range market.States {
		names = append(names, "order "+s.String())
	}
	for _, e := range market.Endings {
		names = append(names, "order ended: "+e.String())
	}
	for _, k := range []market.TradeKind{market.ContinuousTrade, market.CallTrade, market.BlockTrade} {
		names = append(names, "trade "+k.String())
	}
	for _, s := range market.BlockStates {
		if !s.IsOpen() {
			names = append(names, "block "+string(s))
		}
	}
	for _, s := range catalog.MarketStates {
		names = append(names, "market "+string(s))
	}
	for _, p := range []market.Phase{market.PhaseClosed, market.PhaseCall, market.PhaseContinuous} {
		names = append(names, "restarted in "+string(p))
	}
	for _, code := range []string{
		ErrResaleToday.Code, ErrOutsideBand.Code, ErrNotInCall.Code, ErrSelfTrade.Code, ErrNotFillable.Code, ErrPhaseClosed.Code, ErrMarketNotOpen.Code,
	} {
		names = append(names, "refused: "+code)
	}
	return append(names, "cancelled", "cancelled all", "met one of its group", "group changed", "trade at neither's price", "fees of both sides",
		"block approved", "day closed", "restarted with a market order that waits", "restarted with a block trade that is open")
}

// restartsAs reads the rows as a start would, and compares the books.
func (w *marketWalk) restartsAs() {
	w.t.Helper()
	again, err := load(context.Background(), w.store, w.store.row())
	if err != nil {
		w.t.Fatal(err)
	}
	if a, b := (&App{st: again}).BookDigests(), w.app.BookDigests(); !maps.Equal(a, b) {
		w.t.Fatalf("a start would read other books: %x, not %x", a, b)
	}
}

// restartNow restarts, and takes down in the midst of what.
func (w *marketWalk) restartNow() {
	w.t.Helper()
	w.seen["restarted in "+string(w.phase())]++
	for _, o := range w.app.st.orders {
		if o.Kind == market.AtMarket {
			w.seen["restarted with a market order that waits"]++
		}
	}
	for _, b := range tableOf(w.office, Blocks) {
		if b.State.IsOpen() {
			w.seen["restarted with a block trade that is open"]++
		}
	}
	w.restart()
}

// Two markets with everything that there is in them – orders of every kind and time
// in force, amended, cancelled, all at once, halts, phases, days, groups, block trades, fees, facts,
// the median price, resale on the next day – come to the same head, rows and books with restarts anywhere as
// without one; after each step the rows have the books that the writer has.
func TestMarket_RandomRestarts(t *testing.T) { //nolint:tparallel // its seeds count together what has happened
	t.Parallel()
	seen := map[string]int{}
	play := func(t *testing.T, seed int64, stop *rand.Rand) (head string, rows [4]any) {
		t.Helper()
		w := openMarketWalk(t, seed, seen)
		for range 600 {
			if stop != nil && stop.Intn(8) == 0 {
				w.restartNow()
			}
			w.pass()
			w.step()
			w.settle() // what it has armed is done now, not when the clock has moved
			if stop == nil {
				w.restartsAs()
			}
		}
		w.end()
		w.count()
		w.check()
		return fmt.Sprintf("%x %x", w.store.row().Head, w.app.BookDigests()),
			[4]any{tableOf(w.office, Orders), w.trades(), tableOf(w.office, Closes), tableOf(w.office, Blocks)}
	}
	for seed := int64(1); seed <= 4; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			head, rows := play(t, seed, nil)
			again, rowsAgain := play(t, seed, rand.New(rand.NewSource(-seed)))
			if !reflect.DeepEqual(rows, rowsAgain) {
				t.Error("other rows with restarts than without")
			}
			if head != again {
				t.Errorf("with restarts %s, without %s", again, head)
			}
		})
	}
	for _, name := range mustSee() {
		if seen[name] == 0 {
			t.Errorf("never happened: %s", name)
		}
	}
	if t.Failed() {
		for _, name := range slices.Sorted(maps.Keys(seen)) {
			t.Logf("%6d %s", seen[name], name)
		}
	}
}
