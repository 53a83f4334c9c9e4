package app

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// freezing is a court's order against a firm's paid permits.
func freezing(f firm, instrument, order string, q quantity.Quantity) FreezeTerms {
	return FreezeTerms{
		Licence: f.licence.ID, Instrument: instrument, Origin: ledger.Paid, Quantity: q,
		Issuer: encumbrance.Court, IssuerName: "嘉善县人民法院", OrderNumber: order, Reason: "诉前保全",
	}
}

// ofMoney is a bureau's order against a firm's funds.
func ofMoney(f firm, order string, m quantity.Money) FreezeTerms {
	return FreezeTerms{
		Party: f.party, Amount: m, Issuer: encumbrance.Bureau, IssuerName: "嘉兴市生态环境局嘉善分局", OrderNumber: order, Reason: "overdue",
	}
}

func (o *office) freeze(c FreezeTerms) encumbrance.Freeze {
	o.t.Helper()
	return done[FreezeResult](o, o.leader, FreezePlace{FreezeTerms: c}).Freeze
}

// frozenNow is what a freeze is and has.
func (o *office) frozenNow(id int64) string {
	o.t.Helper()
	f := rowsOf(o.app.st, Freezes).rows[id]
	return fmt.Sprint(f.State, " ", quantity.Quantity(f.Frozen), "/", quantity.Quantity(f.Amount))
}

// A freeze takes what is available at once and the rest as it comes; a later
// one waits and gets what the earlier one gives back.
func TestFreeze_Waits(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 10*one)
	key := HoldingKey(f.licence, k.inst, ledger.Paid)
	a := k.freeze(freezing(f, k.inst.Code, "a", 8*one))
	b := k.freeze(freezing(f, k.inst.Code, "b", 5*one))
	if k.frozenNow(a.ID) != "active 8/8" || k.frozenNow(b.ID) != "active 2/5" || k.balance(key).Available() != 0 {
		t.Fatal(k.frozenNow(a.ID), k.frozenNow(b.ID))
	}
	k.allocate(f, one, 1000*quantity.OnePrice, today)
	if k.frozenNow(b.ID) != "active 3/5" || k.balance(key).Available() != 0 {
		t.Error("what came was not frozen:", k.frozenNow(b.ID))
	}
	k.refuses(f.user, k.sell(f, one), ledger.ErrInsufficient)
	k.restart()
	done[FreezeResult](k.office, k.leader, FreezeRelease{a.ID, "lifted"})
	if k.frozenNow(a.ID) != "released 0/8" || k.frozenNow(b.ID) != "active 5/5" || k.balance(key).Available() != int64(6*one) {
		t.Error(k.frozenNow(a.ID), k.frozenNow(b.ID), k.balance(key))
	}
	k.refuses(k.leader, FreezeRelease{a.ID, "again"}, encumbrance.ErrState)
	done[OrderResult](k.office, f.user, k.sell(f, 6*one))
}

// sell is an order of the desk's market that rests.
func (k *dealDesk) sell(f firm, q quantity.Quantity) PlaceOrder {
	return PlaceOrder{Market: "VOCS", Instrument: k.inst.Code, Licence: f.licence.ID, Side: market.Sell, Price: 3000 * quantity.OnePrice, Quantity: q, TimeInForce: market.GTC}
}

func (k *dealDesk) buy(f firm, q quantity.Quantity, price quantity.Price) PlaceOrder {
	return PlaceOrder{Market: "VOCS", Instrument: k.inst.Code, Licence: f.licence.ID, Side: market.Buy, Price: price * quantity.OnePrice, Quantity: q, TimeInForce: market.GTC}
}

// Orders that stand in the way of a freeze are withdrawn in its command, the
// newest first and no more than needed; a deal's hold stays, and what it gives
// back is frozen.
func TestFreeze_WithdrawsOrders(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f, buyer := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 100_000_00)
	d := k.run(k.propose(k.offer(f, buyer, 3*one, 1000), buyer), f, buyer, "seller_sign")
	var orders []int64
	for range 3 {
		orders = append(orders, done[OrderResult](k.office, f.user, k.sell(f, 2*one)).Order.ID)
	}
	r := done[FreezeResult](k.office, k.clerk, FreezePlace{FreezeTerms: freezing(f, k.inst.Code, "a", 4*one)})
	if !slices.Equal(r.Cancelled, orders[1:]) || r.Freeze.Frozen != int64(4*one) || r.Instrument != k.inst.Code {
		t.Fatalf("%+v, orders %v", r, orders)
	}
	r = done[FreezeResult](k.office, k.clerk, FreezePlace{FreezeTerms: freezing(f, k.inst.Code, "b", 9*one)})
	if !slices.Equal(r.Cancelled, orders[:1]) || r.Freeze.Frozen != int64(3*one) || r.Freeze.Short() != int64(6*one) {
		t.Fatalf("%+v", r)
	}
	k.step(d, buyer.user, "withdraw")
	if k.frozenNow(r.Freeze.ID) != "active 6/9" {
		t.Error("what the deal gave back was not frozen:", k.frozenNow(r.Freeze.ID))
	}
	rest := done[OrderResult](k.office, buyer.user, k.buy(buyer, one, 1000)).Order
	m := done[FreezeResult](k.office, k.clerk, FreezePlace{FreezeTerms: ofMoney(buyer, "m", 200_000_00)})
	if !slices.Equal(m.Cancelled, []int64{rest.ID}) || m.Freeze.Frozen != 100_000_00 || m.Instrument != "" {
		t.Errorf("%+v", m)
	}
	k.refuses(buyer.user, k.buy(buyer, one, 1), ledger.ErrInsufficient)
	k.pay(buyer, 5_00)
	if got := rowsOf(k.app.st, Freezes).rows[m.Freeze.ID]; got.Frozen != 100_005_00 {
		t.Errorf("the deposit was not frozen: %+v", got)
	}
}

// A freeze begins and ends on its days, may be extended, and ends with the term.
func TestFreeze_Days(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 10*one)
	place := FreezePlace{FreezeTerms: freezing(f, k.inst.Code, "a", 4*one), StartsOn: 20260703}
	place.EndsOn = 20260705
	a := done[FreezeResult](k.office, k.leader, place).Freeze
	place.OrderNumber, place.EndsOn = "b", 20260706
	b := done[FreezeResult](k.office, k.leader, place).Freeze
	order := done[OrderResult](k.office, f.user, k.sell(f, 10*one)).Order.ID
	if k.frozenNow(a.ID) != "pending 0/4" {
		t.Fatal(k.frozenNow(a.ID))
	}
	k.advance(calendar.Date(20260703).Start())
	if k.frozenNow(a.ID) != "active 4/4" || k.frozenNow(b.ID) != "active 4/4" || k.app.st.orders[order] != nil {
		t.Fatal(k.frozenNow(a.ID), k.frozenNow(b.ID))
	}
	k.refuses(k.leader, FreezeExtend{b.ID, 20260706, "d"}, encumbrance.ErrNotLater)
	done[FreezeResult](k.office, k.leader, FreezeExtend{b.ID, 20260801, "d"})
	k.advance(calendar.Date(20260706).Start() - 1)
	if k.frozenNow(a.ID) != "active 4/4" {
		t.Error("on its last day:", k.frozenNow(a.ID))
	}
	k.advance(calendar.Date(20260707).Start())
	if k.frozenNow(a.ID) != "expired 0/4" || k.frozenNow(b.ID) != "active 4/4" {
		t.Error(k.frozenNow(a.ID), k.frozenNow(b.ID))
	}
	done[FreezeResult](k.office, k.leader, FreezeExtend{b.ID, 0, "d"})
	place = FreezePlace{FreezeTerms: freezing(f, k.inst.Code, "c", 20*one), StartsOn: 20310701}
	c := done[FreezeResult](k.office, k.leader, place).Freeze
	k.advance(calendar.Date(20310701).Start())
	k.advance(calendar.Date(20310702).Start())
	if k.frozenNow(b.ID) != "ended 0/4" || k.frozenNow(c.ID) != "ended 0/20" || k.termEndRow().State != TermEndDone {
		t.Errorf("%s, %s, %+v", k.frozenNow(b.ID), k.frozenNow(c.ID), k.termEndRow())
	}
}

// An emergency freeze holds at once, is confirmed by another person, or lapses
// after one working day; where the calendar of that day is not out, after two days.
func TestFreeze_Emergency(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 10*one)
	second := k.person("second", GrantAdd{Role: identity.BureauLeader})
	place := func(order string) encumbrance.Freeze {
		t.Helper()
		return done[FreezeResult](k.office, k.leader, FreezeEmergency{freezing(f, k.inst.Code, order, 4*one)}).Freeze
	}
	a, b := place("a"), place("b")
	if a.ConfirmBy != 20260702 || k.frozenNow(a.ID) != "emergency 4/4" {
		t.Fatalf("%+v", a)
	}
	k.refuses(k.leader, FreezeConfirm{a.ID, "d"}, encumbrance.ErrSamePerson)
	deputy := k.deputyOf(k.leader)
	k.refuses(deputy, FreezeConfirm{a.ID, "d"}, encumbrance.ErrSamePerson)
	k.refuses(k.clerk, FreezeConfirm{a.ID, "d"}, identity.ErrForbidden)
	k.refuses(second, FreezeConfirm{a.ID, ""}, invalid)
	if r := done[FreezeResult](k.office, second, FreezeConfirm{a.ID, "d"}).Freeze; r.ConfirmedBy != second || r.State != encumbrance.Active {
		t.Errorf("%+v", r)
	}
	k.refuses(second, FreezeConfirm{a.ID, "d"}, encumbrance.ErrState)
	k.refuses(k.leader, FreezeExtend{b.ID, 20260801, "d"}, encumbrance.ErrState)
	k.advance(calendar.Date(20260703).Start() - 1)
	if k.frozenNow(b.ID) != "emergency 4/4" {
		t.Error("lapsed on its last day:", k.frozenNow(b.ID))
	}
	k.advance(calendar.Date(20260703).Start())
	if k.frozenNow(a.ID) != "active 4/4" || k.frozenNow(b.ID) != "lapsed 0/4" {
		t.Error(k.frozenNow(a.ID), k.frozenNow(b.ID))
	}
	k.advance(calendar.Date(20261231).Start())
	f = k.seller(jiashan, 2, 10*one)
	c, d := place("c"), place("d")
	if c.ConfirmBy != 20270102 || k.frozenNow(c.ID) != "emergency 4/4" {
		t.Fatalf("%+v", c)
	}
	k.check()
	spoilt(k.office, Freezes, c.ID, func(f *encumbrance.Freeze) { f.ConfirmBy = 20270103 }, func() { k.finds("I-136", c.ID) })
	k.does(second, FreezeConfirm{d.ID, "d"})
	k.advance(calendar.Date(20270103).Start() - 1)
	if k.frozenNow(c.ID) != "emergency 4/4" {
		t.Error("lapsed on its last day:", k.frozenNow(c.ID))
	}
	k.advance(calendar.Date(20270103).Start())
	if k.frozenNow(c.ID) != "lapsed 0/4" || k.frozenNow(d.ID) != "active 4/4" {
		t.Error(k.frozenNow(c.ID), k.frozenNow(d.ID))
	}
}

// An emergency freeze that nobody confirms is not placed again by one officer, of
// whatever order: four times it went on for ever. An order, which needs four eyes,
// freezes again; after it an emergency may be frozen at once, once more. Other
// holdings and funds are not touched.
func TestFreeze_EmergencyNotForEver(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f, other := k.seller(jiashan, 1, 10*one), k.seller(jiashan, 2, 10*one)
	k.pay(f, 100_00)
	emergency := func(order string) FreezeEmergency {
		return FreezeEmergency{freezing(f, k.inst.Code, order, 4*one)}
	}
	lapse := func(z encumbrance.Freeze) {
		t.Helper()
		k.advance(z.ConfirmBy.AddDays(1).Start())
		if got := rowsOf(k.app.st, Freezes).rows[z.ID]; got.State != encumbrance.Lapsed {
			t.Fatalf("%+v", got)
		}
	}
	lapse(done[FreezeResult](k.office, k.clerk, emergency("a")).Freeze)
	for range 3 {
		k.refuses(k.clerk, emergency("a"), ErrFreezeLapsed)
		k.refuses(k.leader, emergency("b"), ErrFreezeLapsed)
		k.advance(k.now.get().Date().AddDays(1).Start())
	}
	k.restart()
	k.refuses(k.clerk, emergency("a"), ErrFreezeLapsed)
	k.does(k.clerk, FreezeEmergency{freezing(other, k.inst.Code, "a", one)})
	money := done[FreezeResult](k.office, k.clerk, FreezeEmergency{ofMoney(f, "a", 5_00)}).Freeze
	ordered := k.freeze(freezing(f, k.inst.Code, "a", 4*one))
	if k.frozenNow(ordered.ID) != "active 4/4" {
		t.Error(k.frozenNow(ordered.ID))
	}
	again := done[FreezeResult](k.office, k.clerk, emergency("c")).Freeze
	lapse(again)
	k.refuses(k.clerk, emergency("d"), ErrFreezeLapsed)
	k.refuses(k.clerk, FreezeEmergency{ofMoney(f, "b", 5_00)}, ErrFreezeLapsed)
	if got := rowsOf(k.app.st, Freezes).rows[money.ID]; got.State != encumbrance.Lapsed {
		t.Errorf("%+v", got)
	}
	k.check()
}

// A court's freeze lets the permits go to the buyer of a judicial sale, with
// their dates and prices; what is left stays frozen.
func TestFreeze_JudicialSale(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f, buyer, far := k.seller(jiashan, 1, 10*one), k.firm(jiashan, 2), k.firm(qingpu, 3)
	a := k.freeze(freezing(f, k.inst.Code, "a", 12*one))
	money := k.freeze(ofMoney(f, "m", 5_00))
	bureaus := freezing(buyer, k.inst.Code, "b", one)
	bureaus.Issuer = encumbrance.Bureau
	b := k.freeze(bureaus)
	unpaid := freezing(f, k.inst.Code, "f", one)
	unpaid.Origin = ledger.Free
	free := k.freeze(unpaid)
	good := FreezeSell{Freeze: a.ID, BuyerLicence: buyer.licence.ID, Quantity: 4 * one, Amount: 88_000_00, Document: "（2026）浙0421执1号"}
	for _, tt := range []struct {
		change func(*FreezeSell)
		want   *fault.Error
	}{
		{func(c *FreezeSell) { c.Document = "" }, invalid},
		{func(c *FreezeSell) { c.Amount = -1 }, invalid},
		{func(c *FreezeSell) { c.Freeze = money.ID }, ErrFreezeMoney},
		{func(c *FreezeSell) { c.Freeze = b.ID }, ErrNotOfCourt},
		{func(c *FreezeSell) { c.Freeze = free.ID }, ErrNotForSale},
		{func(c *FreezeSell) { c.BuyerLicence = 99 }, ErrNoRecord},
		{func(c *FreezeSell) { c.BuyerLicence = f.licence.ID }, ErrBuyerIsHolder},
		{func(c *FreezeSell) { c.BuyerLicence = far.licence.ID }, ErrBuyerRegion},
		{func(c *FreezeSell) { c.Quantity = 10*one + 1 }, encumbrance.ErrNotFrozen},
		{func(c *FreezeSell) { c.Quantity = 0 }, invalid},
		{func(c *FreezeSell) { c.Freeze = 99 }, ErrNoRecord},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.leader, c, tt.want)
	}
	done[LicenceResult](k.office, k.leader, LicenceState{buyer.licence.ID, "suspended", "r", "d"})
	k.refuses(k.leader, good, ErrLicenceNotInForce)
	done[LicenceResult](k.office, k.leader, LicenceState{buyer.licence.ID, "valid", "r", "d"})

	s := done[JudicialSaleResult](k.office, k.leader, good).Sale
	if s.Amount != 88_000_00 || s.Transfer == 0 || k.frozenNow(a.ID) != "active 6/12" {
		t.Errorf("%+v, %s", s, k.frozenNow(a.ID))
	}
	if left := (&View{state: k.app.st}).Surplus(f.licence.ID, "VOCs"); left.Verified != 6*one {
		t.Errorf("the surplus that was of the permits stands: %+v", left)
	}
	id, _ := k.app.st.ledger.Find(HoldingKey(buyer.licence, k.inst, ledger.Paid))
	got := ""
	for _, row := range k.app.st.ledger.Acquisitions(id) {
		got += fmt.Sprintf("%s %s %s %s; ", row.AcquiredOn, row.Price, row.Document, row.Remaining)
	}
	if want := "2026-01-05 2000 allocation 4; "; got != want {
		t.Errorf("the buyer has %s, want %s", got, want)
	}
	if k.frozenNow(b.ID) != "active 1/1" {
		t.Error("what the buyer got was not frozen:", k.frozenNow(b.ID))
	}
	good.Quantity = 6 * one
	done[JudicialSaleResult](k.office, k.leader, good)
	if k.frozenNow(a.ID) != "active 0/12" || rowsOf(k.app.st, Freezes).rows[a.ID].Short() != int64(2*one) {
		t.Error(k.frozenNow(a.ID))
	}
	k.allocate(f, 2*one, 1000*quantity.OnePrice, today)
	good.Quantity = 2 * one
	done[JudicialSaleResult](k.office, k.leader, good)
	if k.frozenNow(a.ID) != "enforced 0/12" {
		t.Error(k.frozenNow(a.ID))
	}
}

// A mistake in an order, or of who sends it, is named and changes nothing.
func TestFreeze_Refused(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 10*one)
	good := FreezePlace{FreezeTerms: freezing(f, k.inst.Code, "a", one)}
	nanhu := k.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	k.refuses(f.user, good, identity.ErrForbidden)
	k.refuses(nanhu, good, ErrNoRecord)
	k.refuses(nanhu, FreezePlace{FreezeTerms: ofMoney(f, "m", 1)}, ErrNoRecord)
	for _, tt := range []struct {
		change func(*FreezePlace)
		want   *fault.Error
	}{
		{func(c *FreezePlace) { c.Party = f.party }, encumbrance.ErrTarget.At("party")},
		{func(c *FreezePlace) { c.Licence = 0 }, encumbrance.ErrTarget.At("licence")},
		{func(c *FreezePlace) { c.Licence = 99 }, ErrNoRecord},
		{func(c *FreezePlace) { c.Instrument = "CO2-20310630" }, ErrNoRecord},
		{func(c *FreezePlace) { c.Licence, c.Party = 0, f.party }, encumbrance.ErrTarget.At("instrument")},
		{func(c *FreezePlace) { c.Amount = 1 }, encumbrance.ErrTarget.At("amount")},
		{func(c *FreezePlace) { c.Units = 1 }, encumbrance.ErrTarget.At("units")},
		{func(c *FreezePlace) { c.Series = 1 }, encumbrance.ErrTarget.At("series")},
		{func(c *FreezePlace) { c.Origin = ledger.NoOrigin }, encumbrance.ErrTarget.At("origin")},
		{func(c *FreezePlace) { c.Quantity = 0 }, invalid},
		{func(c *FreezePlace) { c.Issuer = "x" }, invalid},
		{func(c *FreezePlace) { c.StartsOn = 20260630 }, ErrFreezePast},
		{func(c *FreezePlace) { c.StartsOn, c.EndsOn = 20260801, 20260731 }, encumbrance.ErrPeriod},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.leader, c, tt.want)
		if refused := k.do(k.leader, c); refused != nil && tt.want.Field != "" && refused.Field != tt.want.Field {
			t.Errorf("%+v: %v names %q, want %q", c.FreezeTerms, refused, refused.Field, tt.want.Field)
		}
	}
	k.freeze(good.FreezeTerms)
	k.refuses(k.leader, good, ErrFreezeTwice)
	k.refuses(k.leader, FreezeRelease{99, "d"}, ErrNoRecord)
	k.refuses(nanhu, FreezeRelease{1, "d"}, ErrNoRecord)
	k.refuses(k.leader, FreezeRelease{1, ""}, invalid)
}

// Whatever is frozen, traded, sold by a court and released, in any order,
// check finds nothing: Σ frozen stays within the holding, what is held is what
// holds it, and nothing is available while a freeze is short.
func TestFreeze_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			randomFreezes(t, rand.New(rand.NewSource(seed)), 200)
		})
	}
}

func randomFreezes(t *testing.T, r *rand.Rand, steps int) {
	t.Helper()
	k := openTermDesk(t)
	firms := []firm{k.seller(jiashan, 1, 20*one), k.seller(jiashan, 2, 20*one), k.buyer(jiashan, 3, 1)}
	people := []int64{k.leaders[jiashan], k.finance}
	for _, f := range firms {
		k.pay(f, 50_000_00)
		k.payee(f.party, "a")
		people = append(people, f.user)
	}
	second := k.person("second", GrantAdd{Role: identity.BureauLeader})
	pick := func() firm { return firms[r.Intn(len(firms))] }
	q := func() quantity.Quantity { return quantity.Quantity(1+r.Intn(80)) * 100_000 }
	some := func(s encumbrance.State) int64 { // mostly one in this state
		var open []int64
		for _, f := range rowsOf(k.app.st, Freezes).rows {
			if f.State == s {
				open = append(open, f.ID)
			}
		}
		if slices.Sort(open); len(open) == 0 || r.Intn(5) == 0 {
			return r.Int63n(20) + 1
		}
		return open[r.Intn(len(open))]
	}
	terms := func() FreezeTerms {
		order := fmt.Sprint("o", r.Intn(1000))
		if r.Intn(4) == 0 {
			return ofMoney(pick(), order, quantity.Money(r.Intn(80_000_00)))
		}
		return freezing(pick(), k.inst.Code, order, q())
	}
	day := func() calendar.Date { return k.now.get().Date().AddDays(r.Intn(4)) }
	commands := []func() (int64, Command){
		func() (int64, Command) {
			c := FreezePlace{FreezeTerms: terms(), StartsOn: day()}
			c.EndsOn = c.StartsOn.AddDays(r.Intn(5))
			return k.leader, c
		},
		func() (int64, Command) { return k.leader, FreezePlace{FreezeTerms: terms()} },
		func() (int64, Command) { return k.clerk, FreezeEmergency{terms()} },
		func() (int64, Command) { return second, FreezeConfirm{some(encumbrance.Emergency), "d"} },
		func() (int64, Command) {
			return k.leader, FreezeExtend{some(encumbrance.Active), day().AddDays(2), "d"}
		},
		func() (int64, Command) { return k.leader, FreezeRelease{some(encumbrance.Active), "d"} },
		func() (int64, Command) {
			return k.leader, FreezeSell{Freeze: some(encumbrance.Active), BuyerLicence: pick().licence.ID, Quantity: q() / 10, Amount: 1, Document: "d"}
		},
		func() (int64, Command) { f := pick(); return f.user, k.buy(f, q(), quantity.Price(990+r.Intn(20))) },
		func() (int64, Command) {
			f := pick()
			c := k.sell(f, q())
			c.Price = quantity.Price(990+r.Intn(20)) * quantity.OnePrice
			return f.user, c
		},
		func() (int64, Command) {
			f := pick()
			return f.user, WithdrawRequest{f.party, quantity.Money(r.Intn(5000)), "a", ""}
		},
		func() (int64, Command) { return k.finance, WithdrawCancel{r.Int63n(5) + 1} },
	}
	did, seen := map[string]int{}, map[string]int{}
	for range steps {
		switch n := r.Intn(10); {
		case n == 0:
			k.advance(k.now.get().Date().AddDays(1).Start())
		case n == 1:
			k.randomProposal(r, firms)
		case n < 4:
			k.randomStep(r, people, map[settlement.DealState]int{})
		default:
			who, c := commands[r.Intn(len(commands))]()
			if k.do(who, c) == nil {
				did[string(c.Operation())]++
			}
		}
		for _, f := range rowsOf(k.app.st, Freezes).rows {
			seen[string(f.State)]++
		}
	}
	k.restart()
	k.check()
	k.advance(k.inst.TermEnd.AddDays(2).Start())
	k.advance(k.inst.TermEnd.AddDays(3).Start())
	if k.termEndRow().State != TermEndDone {
		t.Errorf("%+v", k.termEndRow())
	}
	if len(did) < 7 || len(seen) < 5 {
		t.Errorf("too little was done: %v, states %v", did, seen)
	}
}

// permitx check names a freeze and a judicial sale that were altered.
func TestCheck_Freezes(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f, buyer := k.seller(jiashan, 1, 10*one), k.firm(jiashan, 2)
	a := k.freeze(freezing(f, k.inst.Code, "a", 12*one))
	s := done[JudicialSaleResult](k.office, k.leader, FreezeSell{Freeze: a.ID, BuyerLicence: buyer.licence.ID, Quantity: one, Amount: 1, Document: "d"}).Sale
	freezes, sales := k.store.table(Freezes.name), k.store.table(JudicialSales.name)
	for name, alter := range map[string]func() func(){
		"I-29 account": func() func() { return swap(freezes, a.ID, func(f *encumbrance.Freeze) { f.Account-- }) },
		"I-29 state": func() func() {
			return swap(freezes, a.ID, func(f *encumbrance.Freeze) { f.State = encumbrance.Released })
		},
		"I-29 taken": func() func() { return swap(freezes, a.ID, func(f *encumbrance.Freeze) { f.Taken++ }) },
		"I-29 ended": func() func() { return swap(freezes, a.ID, func(f *encumbrance.Freeze) { f.EndedAt = 1 }) },
		"I-3 frozen": func() func() { return swap(freezes, a.ID, func(f *encumbrance.Freeze) { f.Frozen-- }) },
		"I-29 quantity": func() func() {
			return swap(sales, s.ID, func(s *encumbrance.JudicialSale) { s.Quantity++ })
		},
		"I-29 buyer": func() func() { return swap(sales, s.ID, func(s *encumbrance.JudicialSale) { s.BuyerLicence = 1 }) },
		"I-30 available": func() func() {
			id, _ := k.app.st.ledger.Find(HoldingKey(f.licence, k.inst, ledger.Paid))
			return swap(k.store.table(Balances.name), int64(id), func(b *ledger.Balance) { b.Held-- })
		},
	} {
		restore := alter()
		k.names(name)
		restore()
	}
	k.check()
}

// names holds that check finds a violation of the invariant that a name
// begins with.
func (o *office) names(name string) {
	o.t.Helper()
	found, err := Check(o.t.Context(), o.store, o.store.row())
	if err != nil {
		o.t.Fatal(err)
	}
	var invariant string
	fmt.Sscan(name, &invariant)
	if !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == invariant }) {
		o.t.Errorf("%s: check finds %v", name, found)
	}
}

// deputyOf is a person who stands in for a leader today, and has no role of his own
// that could do the same.
func (o *office) deputyOf(leader int64) int64 {
	o.t.Helper()
	deputy := o.person("deputy", GrantAdd{Role: identity.Auditor})
	role := rowsIn(o, Grants, Where("person", leader).And("role", Eq, string(identity.BureauLeader)))[0].ID
	now := o.now.get().Date()
	done[identity.StandIn](o, o.admin, StandInOrder{Grant: role, Person: deputy, ValidFrom: now, ValidTo: now, Document: "order"})
	return deputy
}
