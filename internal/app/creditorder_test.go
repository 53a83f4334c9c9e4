package app

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// creditFloor is a credit desk whose scheme has a market: the seller has 1,000 t
// of JXCP-2026 in two issuances.
type creditFloor struct {
	*creditDesk
	inst catalog.Instrument
}

func openCreditFloor(t *testing.T, buyers int) *creditFloor {
	t.Helper()
	f := &creditFloor{creditDesk: openCreditDesk(t, buyers)}
	f.inst = done[catalog.Instrument](f.office, f.admin, InstrumentAdd{Series: 1})
	done[MarketResult](f.office, f.admin, f.market(nil))
	return f
}

// market is a market of the scheme's credits, changed as the test wants.
func (f *creditFloor) market(change func(*MarketOpen)) MarketOpen {
	m := MarketOpen{
		Code: "JXCP", Name: "嘉兴碳普惠", Scheme: 1, Regions: []string{"330421"}, LotSize: one, Tick: quantity.OnePrice / 100,
		PriceBasis: catalog.Outright, ValidFrom: 20260101,
	}
	if change != nil {
		change(&m)
	}
	return m
}

func (f *creditFloor) order(by firm, side market.Side, tonnes quantity.Quantity, price int64) PlaceOrder {
	return PlaceOrder{
		Market: "JXCP", Instrument: f.inst.Code, Party: by.party, Side: side, Quantity: tonnes * one, Price: yuan(price), TimeInForce: market.GTC,
	}
}

func (f *creditFloor) places(by firm, side market.Side, tonnes quantity.Quantity, price int64) OrderResult {
	f.t.Helper()
	return done[OrderResult](f.office, by.user, f.order(by, side, tonnes, price))
}

// serials are the serial numbers that a party holds of the series.
func (f *creditFloor) serials(by firm) []string {
	v := View{state: f.app.st}
	return v.serials(slices.Collect(v.freeRanges(creditHolder{1, by.party})))
}

// From an order to its fill: what is offered is held, the money and the longest
// ranges change hands in one transfer, and what is left is free again.
func TestCreditOrder_Trade(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 2)
	buyer := f.firms[0]
	sell := f.places(f.seller, market.Sell, 700, 40).Order
	if sell.Hold != 700*int64(quantity.OneTonne) || sell.Licence != 0 || sell.Party != f.seller.party {
		t.Fatalf("the sell: %+v", sell)
	}
	f.wantCredits("offered", f.seller, 1000, 700)
	before := f.balance(ledger.FundsKey(f.seller.party)).Balance
	r := f.places(buyer, market.Buy, 650, 45)
	if len(r.Fills) != 1 || r.Fills[0].Price != yuan(40) || r.Fills[0].Amount != 650*40_00 || r.Fills[0].Months != 0 || r.Order.State != market.Filled {
		t.Fatalf("the buy: %+v", r)
	}
	f.wantCredits("sold", f.seller, 350, 50)
	f.wantCredits("bought", buyer, 650, 0)
	if got := f.balance(ledger.FundsKey(f.seller.party)).Balance - before; got != 650*40_00 {
		t.Errorf("the seller got %d fen", got)
	}
	want := []string{"JXCP-PV-P202605-2026-1-600", "JXCP-PV-P202605-2026-601-650"}
	if got := f.serials(buyer); !slices.Equal(got, want) {
		t.Errorf("the buyer has %v; want %v", got, want)
	}
	postings := rowsIn(f.office, Postings, Where("reason", int64(ledger.CreditFill)))
	if len(postings) != 2 || postings[0].Transfer != postings[1].Transfer || postings[0].Reference != r.Fills[0].ID {
		t.Errorf("posted: %+v", postings)
	}
	f.restart()
	f.check()
	done[OrderResult](f.office, f.seller.user, CancelOrder{sell.ID})
	f.wantCredits("cancelled", f.seller, 350, 0)
	f.places(buyer, market.Sell, 650, 50) // who bought sells on
	f.places(f.firms[1], market.Buy, 1, 50)
	if got := f.serials(f.firms[1]); !slices.Equal(got, []string{"JXCP-PV-P202605-2026-1-1"}) {
		t.Errorf("the next buyer has %v", got)
	}
	f.check()
}

// What open orders sell is nobody's to use, and what is used otherwise is not sold.
func TestCreditOrder_NotTwice(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 2)
	s := f.seller
	f.places(s, market.Sell, 900, 40)
	transfer := CreditTransfer{Party: s.party, Series: 1, To: f.firms[0].party, Units: 101, Document: "d"}
	f.refuses(s.user, transfer, ErrInBook)
	f.refuses(s.user, CreditRetire{Party: s.party, Series: 1, Units: 101, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}, ErrInBook)
	f.refuses(s.user, f.offerOf(auction.Uniform, func(c *CreditOffer) { c.Quantity = 101 * one }), ErrInBook)
	f.refuses(s.user, f.order(s, market.Sell, 101, 40), ledger.ErrInsufficient)
	f.announce(f.offerOf(auction.Uniform, func(c *CreditOffer) { c.Quantity = 60 * one }))
	f.wantCredits("announced", s, 1000, 960)
	f.refuses(s.user, f.order(s, market.Sell, 41, 40), ledger.ErrInsufficient)
	transfer.Units = 40
	f.does(s.user, transfer)
	f.places(f.firms[1], market.Buy, 900, 40)
	f.wantCredits("sold out", s, 60, 60)
	f.check()
}

// Every kind of order is one of credits, too; so are bands and calls.
func TestCreditOrder_Kinds(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 2)
	a, b := f.firms[0], f.firms[1]
	first := f.places(f.seller, market.Sell, 10, 40).Order
	f.places(f.seller, market.Sell, 10, 41)
	kind := func(by firm, side market.Side, tonnes quantity.Quantity, price int64, tif market.TimeInForce, k market.Kind) PlaceOrder {
		o := f.order(by, side, tonnes, price)
		o.TimeInForce, o.Kind = tif, k
		return o
	}
	f.refuses(a.user, kind(a, market.Buy, 21, 41, market.FOK, market.Limit), ErrNotFillable)
	if r := done[OrderResult](f.office, a.user, kind(a, market.Buy, 12, 41, market.FOK, market.Limit)); len(r.Fills) != 2 {
		t.Errorf("fill or kill: %+v", r)
	}
	if r := done[OrderResult](f.office, b.user, kind(b, market.Buy, 20, 60, market.IOC, market.AtMarket)); r.Order.Filled() != 8*one || r.Order.Ending != market.Unfilled {
		t.Errorf("a market order: %+v", r)
	}
	f.refuses(f.seller.user, OrderAmend{Order: first.ID, Quantity: 20 * one}, ErrOrderNotOpen)
	third := f.places(f.seller, market.Sell, 30, 42).Order
	f.wantCredits("offered", f.seller, 980, 30)
	f.refuses(a.user, OrderAmend{Order: third.ID, Quantity: 20 * one}, ErrNoRecord)
	f.refuses(f.seller.user, OrderAmend{Order: third.ID, Quantity: one / 2}, ErrQuantityStep)
	if r := done[OrderResult](f.office, f.seller.user, OrderAmend{Order: third.ID, Quantity: 20 * one}); r.Order.Hold != 20*int64(quantity.OneTonne) {
		t.Errorf("lowered: %+v", r)
	}
	f.wantCredits("lowered", f.seller, 980, 20)
	done[OrderResult](f.office, f.seller.user, OrderAmend{Order: third.ID, Quantity: 980 * one, Price: yuan(43)})
	f.wantCredits("raised", f.seller, 980, 980)
	f.refuses(f.seller.user, OrderAmend{Order: third.ID, Quantity: 981 * one}, ledger.ErrInsufficient)
	f.refuses(f.seller.user, f.order(f.seller, market.Buy, 1, 43), ErrSelfTrade)
	day := done[OrderResult](f.office, a.user, kind(a, market.Buy, 5, 30, market.DAY, market.Limit)).Order
	f.now.set(f.now.get().Date().AddDays(1).Start() + 1)
	f.settle()
	f.does(b.user, f.order(b, market.Buy, 1, 20))
	if rows := rowsIn(f.office, Orders, Where("id", day.ID)); rows[0].State != market.Expired {
		t.Errorf("the day order: %+v", rows[0])
	}
	batch := done[OrderBatchResult](f.office, b.user, OrderBatch{Items: []OrderBatchItem{
		{Place: f.order(b, market.Buy, 2, 43)}, {Place: f.order(a, market.Buy, 2, 43)}, {Place: f.order(b, market.Sell, 11, 50)},
	}})
	if i := batch.Items; len(i[0].Order.Fills) != 1 || i[1].Fault == nil || i[2].Fault == nil {
		t.Errorf("the batch: %+v", batch)
	}
	done[SweepResult](f.office, f.seller.user, OrderSweep{Party: f.seller.party, Instrument: f.inst.Code})
	f.wantCredits("swept", f.seller, 978, 0)
	f.check()
}

// Who may not trade credits, and what is no order of them, is refused by name.
func TestCreditOrder_Refuses(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 2)
	a := f.firms[0]
	change := func(set func(*PlaceOrder)) PlaceOrder {
		o := f.order(a, market.Buy, 1, 40)
		set(&o)
		return o
	}
	for _, c := range []struct {
		set  func(*PlaceOrder)
		want *fault.Error
	}{
		{func(o *PlaceOrder) { o.Party = 0 }, ErrTrader},
		{func(o *PlaceOrder) { o.Licence = a.licence.ID }, ErrTrader},
		{func(o *PlaceOrder) { o.Party, o.Licence = 0, a.licence.ID }, ErrTraderOfCredits},
		{func(o *PlaceOrder) { o.Party = f.seller.party }, ErrNoRecord},
		{func(o *PlaceOrder) { o.Project = 1 }, ErrProjectOfCredits},
		{func(o *PlaceOrder) { o.Quantity = one / 2 }, ErrQuantityStep},
		{func(o *PlaceOrder) { o.Price = 1 }, ErrPriceStep},
		{func(o *PlaceOrder) { o.Instrument = "JXCP-2025" }, ErrNoRecord},
		{func(o *PlaceOrder) { o.Side = market.Sell }, ledger.ErrInsufficient},
		{func(o *PlaceOrder) { o.Side, o.Quantity = market.Sell, 1<<62/one*one }, fault.New(fault.Invalid, "", "")},
	} {
		if c.want.Code == "" {
			if got := f.do(a.user, change(c.set)); got == nil {
				t.Error("a sale of more than there can be was accepted")
			}
			continue
		}
		f.refuses(a.user, change(c.set), c.want)
	}
	f.refusesAt(f.admin, InstrumentAdd{Series: 1}, ErrInstrumentExists, "series")
	f.refuses(f.admin, InstrumentAdd{Series: 1, Pollutant: "VOCs"}, ErrGoodsTwice)
	f.refuses(f.admin, InstrumentAdd{}, ErrGoodsTwice)
	f.refuses(f.admin, InstrumentAdd{Series: 7}, ErrNoRecord)
	for field, set := range map[string]func(*MarketOpen){
		"pollutant":        func(m *MarketOpen) { m.Pollutant = "VOCs" },
		"price_basis":      func(m *MarketOpen) { m.PriceBasis = catalog.PerYear },
		"lot_size":         func(m *MarketOpen) { m.LotSize = one / 10 },
		"project_required": func(m *MarketOpen) { m.ProjectRequired = true },
		"regions":          func(m *MarketOpen) { m.Regions = []string{"330424"} },
	} {
		m := f.market(set)
		m.Code = "OTHER"
		f.refuses(f.admin, m, fault.Invalidf(field, ""))
	}
	f.does(f.leader, PartyState{Party: a.party, State: catalog.PartySuspended, Reason: "r"})
	f.refuses(a.user, f.order(a, market.Buy, 1, 40), ErrPartyNotActive)
	f.check()
}

// An order of credits rests on its party: a blacklisted one trades no more.
func TestCreditOrder_Blacklist(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 2)
	f.places(f.firms[0], market.Buy, 1, 30)
	f.places(f.firms[1], market.Buy, 1, 30)
	f.does(f.leader, FactRecord{Kind: rulebook.Blacklisted, Party: f.firms[0].party, Value: rulebook.Listed, ValidFrom: f.now.get().Date(), Document: "文 1"})
	if n := len(f.app.st.orders); n != 1 {
		t.Errorf("%d orders are open; want 1", n)
	}
	f.refuses(f.firms[0].user, f.order(f.firms[0], market.Buy, 1, 30), rulebook.ErrBlacklisted)
	f.check()
}

// What is revoked while orders sell it is taken back: the newest orders go, and no
// more than needed. What was sold is owed.
func TestCreditOrder_Revocation(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 2)
	old, young := f.places(f.seller, market.Sell, 300, 40).Order, f.places(f.seller, market.Sell, 500, 41).Order
	f.places(f.firms[0], market.Buy, 100, 40)
	// Of the first issuance's 600 t the seller has 500, of the second's 400 all; 700 are on sale.
	r := done[RevocationResult](f.office, f.leader, CreditRevoke{Issuance: 1, Units: 600, Document: "audit"})
	if r.Revoked != 500 || r.Debt.Units != 100 || !slices.Equal(r.Cancelled, []int64{young.ID}) {
		t.Errorf("got %+v", r)
	}
	f.wantCredits("revoked", f.seller, 400, 200)
	if o := f.app.st.orders[old.ID]; o == nil || o.Remaining != 200*one {
		t.Errorf("the older order: %+v", o)
	}
	f.restart()
	f.places(f.firms[1], market.Buy, 200, 40)
	if got := f.serials(f.firms[1]); !slices.Equal(got, []string{"JXCP-PV-P202605-2026-601-800"}) {
		t.Errorf("the buyer of what is left has %v", got)
	}
	f.check()
}

// Orders that a call has collected trade at its price, as those of permits do.
func TestCreditOrder_Call(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 2)
	today := f.now.get().Date()
	f.does(f.leader, MarketTerms{Market: "JXCP", ValidFrom: today.AddDays(1), Timetable: dayTable, Band: new(quantity.OneRatio / 10)})
	f.now.set(today.AddDays(1).Start() + 9*3600e6 + 20*60e6)
	f.settle()
	f.places(f.seller, market.Sell, 100, 40)
	f.places(f.firms[0], market.Buy, 60, 42)
	f.places(f.firms[1], market.Buy, 80, 41)
	f.wantCredits("collected", f.seller, 1000, 100)
	f.now.set(today.AddDays(1).Start() + 10*3600e6)
	f.settle()
	f.does(f.firms[0].user, f.order(f.firms[0], market.Buy, 1, 39))
	f.wantCredits("called", f.seller, 900, 0)
	f.wantCredits("first", f.firms[0], 60, 0)
	f.wantCredits("second", f.firms[1], 40, 0)
	f.check()
}

// Whatever is ordered, cancelled, amended, transferred, retired and revoked, in any
// order and over restarts: each unit has one holder, ranges are what a model makes
// them that takes the longest, money is kept, and what is held is what open orders sell.
func TestCreditOrder_Random(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 3)
	firms := append([]firm{f.seller}, f.firms...)
	m := unitModel{held: make([][]units, len(firms))}
	m.held[0] = []units{{1, 600}, {601, 1000}}
	at := func(party int64) int { return slices.IndexFunc(firms, func(x firm) bool { return x.party == party }) }
	random := rand.New(rand.NewPCG(38, 29))
	owner := map[int64]int64{} // order → party
	apply := func(r *OrderResult, by int) {
		owner[r.Order.ID] = firms[by].party
		for _, fill := range r.Fills {
			buyer, seller := at(owner[fill.BuyOrder]), at(owner[fill.SellOrder])
			m.move(seller, buyer, int64(fill.Quantity/one), 0, 1000)
		}
	}
	money := func() (sum int64) {
		for _, x := range firms {
			sum += f.balance(ledger.FundsKey(x.party)).Balance
		}
		return sum
	}
	had, fills := money(), 0
	for n := range 700 {
		by := random.IntN(len(firms))
		x, some := firms[by], 1+random.Int64N(40)
		sold := f.selling(x.party)
		switch random.IntN(14) {
		case 0:
			to := random.IntN(len(firms))
			if f.do(x.user, CreditTransfer{Party: x.party, Series: 1, To: firms[to].party, Units: some, Document: "d"}) == nil {
				m.move(by, to, some, sold, 1000)
			}
		case 1:
			if f.do(x.user, CreditRetire{Party: x.party, Series: 1, Units: some, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}) == nil {
				m.move(by, -1, some, sold, 1000)
			}
		case 2:
			if n%3 > 0 { // seldom
				continue
			}
			var r RevocationResult
			if f.tries(f.leader, CreditRevoke{Issuance: 1, Units: some, Document: "d"}, &r) {
				m.move(0, -1, r.Revoked, 0, 600)
			}
		case 3, 4:
			if id := f.anyOrder(random, x.party); id != 0 {
				f.do(x.user, CancelOrder{id})
			}
		case 5:
			if id := f.anyOrder(random, x.party); id != 0 {
				var r OrderResult
				if f.tries(x.user, OrderAmend{Order: id, Quantity: quantity.Quantity(some) * one, Price: yuan(30 + random.Int64N(20))}, &r) {
					apply(&r, by)
				}
			}
		default:
			o := f.order(x, market.Side(1+random.IntN(2)), quantity.Quantity(some), 30+random.Int64N(20))
			o.TimeInForce = market.TimesInForce[random.IntN(4)]
			var r OrderResult
			if f.tries(x.user, o, &r) {
				fills += len(r.Fills)
				apply(&r, by)
			}
		}
		if n%100 == 99 {
			f.compare(fmt.Sprint("step ", n), firms, m)
			f.check()
			f.restart()
			f.compare(fmt.Sprint("restart ", n), firms, m)
		}
	}
	if got := money(); got != had || fills < 60 {
		t.Errorf("%d fen became %d in %d fills", had, got, fills)
	}
}

// tries sends a command that may be refused, and reads its result.
func (f *creditFloor) tries(person int64, c Command, result any) bool {
	f.t.Helper()
	if f.do(person, c) != nil {
		return false
	}
	switch r := result.(type) {
	case *OrderResult:
		*r = last[OrderResult](f.office)
	case *RevocationResult:
		*r = last[RevocationResult](f.office)
	}
	return true
}

// anyOrder is an open order of a party, or 0.
func (f *creditFloor) anyOrder(random *rand.Rand, party int64) int64 {
	var ids []int64
	for id, o := range f.app.st.orders {
		if o.Party == party {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return 0
	}
	slices.Sort(ids)
	return ids[random.IntN(len(ids))]
}

// selling is how many tonnes a party's open orders sell.
func (f *creditFloor) selling(party int64) (tonnes int64) {
	for _, o := range f.app.st.orders {
		if o.Side == market.Sell && o.Party == party {
			tonnes += int64(o.Remaining / one)
		}
	}
	return tonnes
}

// unitModel is who has which ranges of units, without an index.
type unitModel struct{ held [][]units }

type units struct{ first, last int64 }

func (u units) n() int64 { return u.last - u.first + 1 }

// move takes units up to a number from the longest ranges that a firm has, behind
// those that it keeps, and gives them to another; −1: they are used up.
func (m *unitModel) move(from, to int, n, kept, last int64) {
	m.sort(from)
	var left []units
	for _, r := range m.held[from] {
		keeps := min(kept, r.n())
		kept -= keeps
		take := min(n, r.n()-keeps)
		if r.last > last {
			take = 0
		}
		n -= take
		if take > 0 && to >= 0 {
			m.held[to] = append(m.held[to], units{r.first, r.first + take - 1})
		}
		if r.first += take; r.n() > 0 {
			left = append(left, r)
		}
	}
	m.held[from] = left
}

func (m *unitModel) sort(of int) {
	slices.SortFunc(m.held[of], func(a, b units) int {
		return cmp.Or(cmp.Compare(b.n(), a.n()), cmp.Compare(a.first, b.first))
	})
}

// compare holds the registry against the model.
func (f *creditFloor) compare(when string, firms []firm, m unitModel) {
	f.t.Helper()
	for n, x := range firms {
		m.sort(n)
		var got []units
		var sum int64
		for r := range (&View{state: f.app.st}).freeRanges(creditHolder{1, x.party}) {
			got = append(got, units{r.FirstUnit, r.LastUnit})
			sum += r.Units()
		}
		if !slices.Equal(got, m.held[n]) {
			f.t.Fatalf("%s: firm %d has the units %v; want %v", when, n, got, m.held[n])
		}
		f.wantCredits(when, x, sum, f.selling(x.party))
	}
}

// What somebody changes behind the registry's back, the check names.
func TestCreditOrder_Tampered(t *testing.T) {
	t.Parallel()
	f := openCreditFloor(t, 2)
	sell := f.places(f.seller, market.Sell, 10, 40).Order.ID
	f.places(f.firms[0], market.Buy, 4, 40)
	f.check()
	tamper := func(name string, id int64, change func(row any) any, want string) {
		t.Helper()
		table := f.store.table(name)
		was := table.rows[id]
		table.put(id, change(was))
		found, err := Check(t.Context(), f.store, f.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == want && v.Table == name && (v.ID == id || v.ID == sell) }) {
			t.Errorf("%s %d: got %v, %v; want %s", name, id, found, err, want)
		}
		table.put(id, was)
	}
	order := func(change func(o *market.Record)) func(any) any {
		return func(row any) any {
			o := row.(market.Record)
			change(&o)
			return o
		}
	}
	tamper("market_order", sell, order(func(o *market.Record) { o.Hold-- }), "I-84")
	tamper("market_order", sell, order(func(o *market.Record) { o.Project = 1 }), "I-85")
	tamper("market_order", sell, order(func(o *market.Record) { o.Remaining++ }), "I-85")
	tamper("market_order", sell, order(func(o *market.Record) { o.Licence = 1 }), "I-85")
	tamper("market_order", sell, order(func(o *market.Record) { o.Market = 77 }), "I-85")
	trade := func(change func(t *market.Trade)) func(any) any {
		return func(row any) any {
			t := row.(market.Trade)
			change(&t)
			return t
		}
	}
	tamper("trade", 1, trade(func(t *market.Trade) { t.Quantity += one }), "I-84")
	tamper("trade", 1, trade(func(t *market.Trade) { t.Amount++ }), "I-84")
	tamper("trade", 1, trade(func(t *market.Trade) { t.SellOrder, t.BuyOrder = t.BuyOrder, t.SellOrder }), "I-84")
	tamper("trade", 1, trade(func(t *market.Trade) { t.Instrument = 1 }), "I-84")
	tamper("instrument", f.inst.ID, func(row any) any {
		i := row.(catalog.Instrument)
		i.Scheme = 9
		return i
	}, "I-85")
	fills := rowsIn(f.office, Postings, Where("reason", int64(ledger.CreditFill)))
	tamper("posting", fills[1].ID, func(row any) any {
		p := row.(ledger.Posting)
		p.Transfer = p.ID
		return p
	}, "I-84")
	f.check()
}
