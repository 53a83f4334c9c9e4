package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// openTermDesk is a desk whose licences outlive the term, with a market.
func openTermDesk(t *testing.T) *dealDesk {
	t.Helper()
	k := openDealDesk(t)
	done[MarketResult](k.office, k.admin, MarketOpen{
		Code: "VOCS", Name: "VOCs", Pollutant: "VOCs", Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, ValidFrom: 20260101,
	})
	return k
}

func (k *dealDesk) termEndRow() TermEnd {
	k.t.Helper()
	var rows []TermEnd
	if err := k.store.Find(k.t.Context(), TermEnds.name, Where("instrument", k.inst.ID), &rows); err != nil || len(rows) != 1 {
		k.t.Fatalf("%v, %v", rows, err)
	}
	return rows[0]
}

// When a term ends, what is offered and promised is given back, and the
// holdings return to unallocated; what was retired stays; a cap that was lent
// returns afterwards.
func TestTermEnd(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	k.pair(qingpu, jiashan, func(p *PairAdd) { p.Coefficient = 800_000 })
	seller, buyer := k.seller(qingpu, 1, 10*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	near := k.seller(jiashan, 3, 8*quantity.OneQuantity)
	if r := k.do(k.leader, Allocate{
		Kind: reserve.Initial, Licence: near.licence.ID, Instrument: k.inst.Code, Part: reserve.Unallocated, Origin: ledger.Free, Quantity: 300,
		AcquiredOn: 20260105, Document: "free",
	}); r != nil {
		t.Fatal(r)
	}
	lent := k.offer(seller, buyer, 5*quantity.OneQuantity, 2000)
	lent.CapEffect, lent.Project, lent.Months = settlement.CapReturnsAtTerm, k.projectOf(buyer, 2_000_000), 12
	settled := k.run(k.propose(lent, buyer), seller, buyer, settlement.AcknowledgeBuyer)
	paid := k.run(k.propose(forUnit(k.offer(near, buyer, quantity.OneQuantity, 10)), buyer), near, buyer, settlement.Fund)
	proposed := k.propose(forUnit(k.offer(near, buyer, quantity.OneQuantity, 10)), buyer)
	for _, o := range []PlaceOrder{
		{Licence: near.licence.ID, Side: market.Sell, Price: 2000 * quantity.OnePrice, Quantity: quantity.OneQuantity},
		{Licence: buyer.licence.ID, Side: market.Buy, Price: quantity.OnePrice, Quantity: quantity.OneQuantity},
	} {
		o.Market, o.Instrument, o.TimeInForce = "VOCS", k.inst.Code, market.GTC
		user := near.user
		if o.Side == market.Buy {
			user, o.ExistingUnit = buyer.user, true
		}
		done[OrderResult](k.office, user, o)
	}
	if k.permits(ledger.Cap, qingpu) != "95" || k.permits(ledger.Cap, jiashan) != "104" || k.permits(ledger.Retired, jiashan) != "2" {
		t.Fatal("not settled as meant")
	}
	money := k.funds(buyer)

	k.advance(k.inst.TermEnd.AddDays(1).Start() - 1)
	if e := k.termEndRow(); e.State != TermEndArmed {
		t.Fatalf("on the last day: %+v", e)
	}
	if k.holding(buyer) != "2" {
		t.Fatal("the holding is gone on the last day")
	}
	k.advance(k.inst.TermEnd.AddDays(1).Start())
	e := k.termEndRow()
	e.ID, e.Command, e.After, e.EndedAt = 0, 0, 0, 0
	want := TermEnd{
		Instrument: k.inst.ID, State: TermEndDone, Orders: 2, Deals: 2, Holdings: 4,
		Moved: 5*quantity.OneQuantity + 2*quantity.OneQuantity + 8*quantity.OneQuantity + 300,
	}
	if e != want {
		t.Errorf("got %+v, want %+v", e, want)
	}
	k.app.st.ledger.Each(func(a ledger.Account, b ledger.Balance) {
		if a.Kind == ledger.Holding && b.Balance != 0 || b.Held != 0 {
			t.Errorf("%s: %+v", a.Key(), b)
		}
	})
	for _, d := range []settlement.Deal{paid, proposed} {
		if s := k.deal(d.ID).State; s != settlement.DealLapsed {
			t.Errorf("deal %d is %s", d.ID, s)
		}
	}
	if k.funds(buyer) == money {
		t.Error("the money in escrow does not return")
	}
	// The cap that was lent returns a minute later, when the holdings have gone back.
	k.advance(k.now.get().Add(2 * retryTime))
	if d := k.deal(settled.ID); d.CapReturn == 0 || d.State != settlement.DealClosed {
		t.Errorf("%+v", d)
	}
	got := map[string]string{}
	for _, region := range []string{qingpu, jiashan} {
		got[region] = fmt.Sprint(k.permits(ledger.Cap, region), " = ", k.permits(ledger.Unallocated, region), " + ", k.permits(ledger.Retired, region))
	}
	if got[qingpu] != "100 = 100 + 0" || got[jiashan] != "100 = 98 + 2" {
		t.Errorf("%v", got)
	}
	k.restart()
	k.check()
}

// A region that does not have the cap that it owes is asked again every day.
func TestCapReturn_Waits(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.pair(qingpu, jiashan, nil)
	seller, buyer := k.seller(qingpu, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	c := k.offer(seller, buyer, 4*quantity.OneQuantity, 1000)
	c.CapEffect, c.Project = settlement.CapReturnsAtTerm, k.projectOf(buyer, 2_000_000)
	d := k.run(k.propose(c, buyer), seller, buyer, settlement.Settle)
	done[reserve.Movement](k.office, k.leader, ReserveMove{Region: jiashan, Pollutant: "VOCs", Direction: reserve.ToReserve, Quantity: 100 * quantity.OneQuantity, Document: "all"})
	k.advance(k.inst.TermEnd.AddDays(3).Start())
	if k.deal(d.ID).CapReturn != 0 || k.permits(ledger.Unallocated, jiashan) != "2" {
		t.Fatal("the cap returns out of nothing")
	}
	done[reserve.Movement](k.office, k.leader, ReserveMove{Region: jiashan, Pollutant: "VOCs", Direction: "to_unallocated", Quantity: 2 * quantity.OneQuantity, Document: "back"})
	k.advance(k.inst.TermEnd.AddDays(4).Start())
	if k.deal(d.ID).CapReturn == 0 || k.permits(ledger.Cap, jiashan) != "100" || k.permits(ledger.Unallocated, jiashan) != "0" {
		t.Errorf("%+v", k.deal(d.ID))
	}
}

// One command empties no more than it may: many holdings and a holding with
// many acquisitions are done in parts, and every part ends.
func TestPlanTermEnd_Bounded(t *testing.T) {
	t.Parallel()
	l := ledger.New()
	var accounts []ledger.Account
	lots := []int{1, 0, termEndRows - 10, 20, 2*termEndRows + 5, 3}
	want := map[ledger.AccountID]int64{}
	for i, n := range lots {
		a := ledger.Account{ID: ledger.AccountID(i + 1), Kind: ledger.Holding, Origin: ledger.Paid, Region: jiashan, Pollutant: "VOCs", Party: int64(i), Licence: int64(i), Instrument: 1}
		l.Load(a, ledger.Balance{ID: a.ID, Balance: int64(n)})
		for j := range n {
			l.LoadAcquisition(ledger.Acquisition{ID: int64(i*100_000 + j), Account: a.ID, AcquiredOn: 20260101, Quantity: 1, Remaining: 1})
		}
		accounts = append(accounts, a)
		want[a.ID] = int64(n)
	}
	v := &View{state: &state{ledger: l}}
	after := int64(0)
	for step := 0; after < int64(len(lots)); step++ {
		if step > 10 {
			t.Fatal("it does not end")
		}
		moves, next := v.planTermEnd(accounts[after:], after)
		rows := 0
		for _, m := range moves {
			id, _ := l.Find(m.holding)
			changed := l.Consume(id, quantity.Quantity(m.amount), false, 1, nil)
			rows += len(changed)
			want[id] -= m.amount
			l.Load(mustAccount(t, l, id), ledger.Balance{ID: id, Balance: want[id]})
		}
		if rows > termEndRows {
			t.Errorf("step %d changes %d acquisitions", step, rows)
		}
		after = next
	}
	for id, left := range want {
		if left != 0 {
			t.Errorf("account %d has %d left", id, left)
		}
	}
}

func mustAccount(t *testing.T, l *ledger.Ledger, id ledger.AccountID) ledger.Account {
	t.Helper()
	a, ok := l.Account(id)
	if !ok {
		t.Fatalf("no account %d", id)
	}
	return a
}

// permitx check names a deal, a step and an end of it that were altered.
func TestCheck_Deals(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.pair(qingpu, jiashan, nil)
	seller, buyer := k.seller(qingpu, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	d := k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer), seller, buyer, settlement.Settle)
	deals, steps := k.store.table(Deals.name), k.store.table(DealSteps.name)
	for name, alter := range map[string]func() func(){
		"state": func() func() {
			return swap(deals, d.ID, func(d *settlement.Deal) { d.State = settlement.DealClosed })
		},
		"amount": func() func() { return swap(deals, d.ID, func(d *settlement.Deal) { d.Amount++ }) },
		"price":  func() func() { return swap(deals, d.ID, func(d *settlement.Deal) { d.Price *= 2 }) },
		"transfer": func() func() {
			return swap(deals, d.ID, func(d *settlement.Deal) { d.Transfer-- })
		},
		"hold": func() func() { return swap(deals, d.ID, func(d *settlement.Deal) { d.PermitHold = d.MoneyHold }) },
		"role": func() func() {
			return swap(steps, 1, func(s *settlement.DealStep) { s.Role = settlement.AsBuyer })
		},
		"person": func() func() { return swap(steps, 2, func(s *settlement.DealStep) { s.Person = seller.user }) },
		"source": func() func() {
			return swap(k.store.table(DealSources.name), 1, func(s *settlement.DealSource) { s.Quantity-- })
		},
	} {
		restore := alter()
		found, err := Check(t.Context(), k.store, k.store.row())
		if err != nil {
			t.Fatal(err)
		}
		named := false
		for _, v := range found {
			named = named || v.Invariant == "I-17"
		}
		if !named {
			t.Errorf("%s: check finds %v", name, found)
		}
		restore()
	}
	k.check()
}

// A check that takes a few deals at a time finds what one of all deals finds. A
// posting that was given to a deal of another range is named there too.
func TestCheckDeals_ByRanges(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.pair(qingpu, jiashan, nil)
	seller, buyer := k.seller(qingpu, 1, 9*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	var ids []int64
	for _, until := range []settlement.DealEvent{settlement.Settle, settlement.BuyerConfirm, settlement.Settle, settlement.Fund, settlement.Settle} {
		ids = append(ids, k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer), seller, buyer, until).ID)
	}
	k.check()
	deals, postings := k.store.table(Deals.name), k.store.table(Postings.name)
	swap(deals, ids[0], func(d *settlement.Deal) { d.Amount++ })
	swap(k.store.table(DealSteps.name), 2, func(s *settlement.DealStep) { s.Person = seller.user })
	swap(deals, ids[3], func(d *settlement.Deal) { d.PermitHold = d.MoneyHold })
	for _, to := range []int64{0, ids[1], 1 << 40} { // a settlement of another deal and of none
		for _, id := range postings.ids {
			if p := postings.rows[id].(ledger.Posting); p.Reason == ledger.Settlement && slices.Contains(ids, p.Reference) {
				swap(postings, id, func(p *ledger.Posting) { p.Reference = to })
				break
			}
		}
	}
	find := func(perPass int64) (found []string) {
		c := &checker{ctx: t.Context(), r: k.store, registry: k.store.row()}
		for _, step := range []func() error{c.checkPostings, func() error { c.found = nil; return c.checkDealsBy(perPass) }} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		for _, v := range c.found {
			found = append(found, v.String())
		}
		slices.Sort(found)
		return found
	}
	want := find(dealsPerPass)
	if len(want) < 5 {
		t.Fatalf("too little is found: %v", want)
	}
	for _, perPass := range []int64{1, 2, 3, 5} {
		found := slices.DeleteFunc(find(perPass), func(v string) bool { return strings.HasSuffix(v, "of no deal") && !slices.Contains(want, v) })
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%d at a time (+):\n%s", perPass, diff)
		}
	}
}

// swap changes a row of a fake table and returns what puts it back.
func swap[R any](t *fakeTable, id int64, change func(*R)) func() {
	before := t.rows[id]
	row, _ := before.(R)
	change(&row)
	t.rows[id] = row
	return func() { t.rows[id] = before }
}

// A deal that nobody may see is as if it did not exist; a term's end is armed once.
func TestArmTermEnd_Once(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	var timers []Timer
	if err := k.store.Find(t.Context(), PendingTimes.name, Where("purpose", timerTermEnd), &timers); err != nil {
		t.Fatal(err)
	}
	if len(timers) != 1 || timers[0].DueAt != calendar.NewDate(2031, 7, 1).Start() || timers[0].Reference != k.inst.ID {
		t.Errorf("%+v", timers)
	}
}
