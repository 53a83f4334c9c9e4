package apptest

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"testing"

	"permitx/internal/app"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// model is the obvious registry: slices, loops and no cleverness. Random
// commands run on it and on the real one; both must agree after each step.
type model struct {
	firms  []modelFirm
	orders []modelOrder // open, in order of arrival
	trades int
	caps   map[string]quantity.Quantity // by region
	months int
}

type modelFirm struct {
	region  string
	funds   quantity.Money
	paid    quantity.Quantity
	lots    []modelLot // first in, first out
	surplus quantity.Quantity
}

type modelLot struct {
	price quantity.Price
	left  quantity.Quantity
}

type modelOrder struct {
	id    int64
	firm  int
	side  market.Side
	price quantity.Price
	left  quantity.Quantity
}

func (m *model) cost(p quantity.Price, q quantity.Quantity) quantity.Money {
	c, err := market.Cost(p, q, m.months)
	if err != nil {
		panic(err)
	}
	return c
}

// heldMoney is what a firm's open buys may still cost.
func (m *model) heldMoney(firm int) (sum quantity.Money) {
	for _, o := range m.orders {
		if o.firm == firm && o.side == market.Buy {
			sum += m.cost(o.price, o.left)
		}
	}
	return sum
}

// heldPermits is what a firm's open sells offer.
func (m *model) heldPermits(firm int) (sum quantity.Quantity) {
	for _, o := range m.orders {
		if o.firm == firm && o.side == market.Sell {
			sum += o.left
		}
	}
	return sum
}

// best returns the index of the order that a new one trades with first, or -1.
func (m *model) best(side market.Side, limit quantity.Price) int {
	found := -1
	for i, o := range m.orders {
		if o.side == side || side == market.Buy && o.price > limit || side == market.Sell && o.price < limit {
			continue
		}
		if found < 0 || side == market.Buy && o.price < m.orders[found].price || side == market.Sell && o.price > m.orders[found].price {
			found = i
		}
	}
	return found
}

// reach is how much a new order would trade before it is filled, or meets one
// of the same firm, which bars it.
func (m *model) reach(firm int, side market.Side, limit quantity.Price, q quantity.Quantity) (sum quantity.Quantity, barred bool) {
	var against []modelOrder
	for _, o := range m.orders {
		if o.side != side && (side == market.Buy && o.price <= limit || side == market.Sell && o.price >= limit) {
			against = append(against, o)
		}
	}
	sort.SliceStable(against, func(i, j int) bool {
		if side == market.Buy {
			return against[i].price < against[j].price
		}
		return against[i].price > against[j].price
	})
	for _, o := range against {
		if sum >= q {
			return q, false
		}
		if o.firm == firm {
			return sum, true
		}
		sum += o.left
	}
	return min(sum, q), false
}

// place returns the code of the refusal, or "".
func (m *model) place(id int64, firm int, side market.Side, price quantity.Price, q quantity.Quantity, tif market.TimeInForce) string {
	f := &m.firms[firm]
	reach, barred := m.reach(firm, side, price, q)
	switch {
	case side == market.Sell && f.paid == 0:
		return "rule.only_paid_permits"
	case side == market.Sell && f.paid-m.heldPermits(firm) < q:
		return "ledger.insufficient_balance"
	case side == market.Sell && f.surplus-m.heldPermits(firm) < q:
		return "rule.no_verified_surplus"
	case side == market.Buy && f.funds-m.heldMoney(firm) < m.cost(price, q):
		return "ledger.insufficient_balance"
	case barred && (reach == 0 || tif == market.FOK):
		return "order.self_trade"
	case tif == market.FOK && reach < q:
		return "order.not_fillable"
	}
	rests := !barred && (tif == market.GTC || tif == market.DAY)
	if barred {
		q = reach
	}
	for q > 0 {
		i := m.best(side, price)
		if i < 0 {
			break
		}
		maker := &m.orders[i]
		part := min(q, maker.left)
		if side == market.Buy {
			m.fill(firm, maker.firm, maker.price, part)
		} else {
			m.fill(maker.firm, firm, maker.price, part)
		}
		q -= part
		maker.left -= part
		if maker.left == 0 {
			m.orders = append(m.orders[:i], m.orders[i+1:]...)
		}
	}
	if q > 0 && rests {
		m.orders = append(m.orders, modelOrder{id, firm, side, price, q})
	}
	return ""
}

func (m *model) fill(buyer, seller int, price quantity.Price, q quantity.Quantity) {
	b, s := &m.firms[buyer], &m.firms[seller]
	amount := m.cost(price, q)
	b.funds -= amount
	s.funds += amount
	b.paid += q
	s.paid -= q
	s.surplus -= q
	for left := q; left > 0; {
		part := min(left, s.lots[0].left)
		s.lots[0].left -= part
		left -= part
		if s.lots[0].left == 0 {
			s.lots = s.lots[1:]
		}
	}
	b.lots = append(b.lots, modelLot{price, q})
	if b.region != s.region {
		m.caps[b.region] += q
		m.caps[s.region] -= q
	}
	m.trades++
}

func (m *model) cancel(id int64) bool {
	for i, o := range m.orders {
		if o.id == id {
			m.orders = append(m.orders[:i], m.orders[i+1:]...)
			return true
		}
	}
	return false
}

// agree compares the registry with the model.
func (m *model) agree(tb testing.TB, w *World, r app.Reader, step string) {
	tb.Helper()
	accounts, balances := map[ledger.Key]int64{}, map[int64]ledger.Balance{}
	for _, a := range read[ledger.Account](tb, r, "account", app.Query{}) {
		accounts[a.Key()] = int64(a.ID)
	}
	for _, b := range read[ledger.Balance](tb, r, "balance", app.Query{}) {
		balances[int64(b.ID)] = b
	}
	same := func(what string, got, want any) {
		tb.Helper()
		if got != want {
			tb.Fatalf("%s: %s is %v, the model says %v", step, what, got, want)
		}
	}
	lots := map[int64][]ledger.Acquisition{}
	for _, a := range read[ledger.Acquisition](tb, r, "acquisition", app.Query{Where: []app.Cond{{Column: "remaining", Op: app.Gt, Value: 0}}}) {
		lots[int64(a.Account)] = append(lots[int64(a.Account)], a)
	}
	for i, f := range m.firms {
		firm := w.Firms[i]
		funds := balances[accounts[ledger.FundsKey(firm.Party)]]
		same(fmt.Sprintf("firm %d's funds", i), quantity.Money(funds.Balance), f.funds)
		same(fmt.Sprintf("firm %d's held funds", i), quantity.Money(funds.Held), m.heldMoney(i))
		id := accounts[app.HoldingKey(firm.Licence, w.Instrument, ledger.Paid)]
		same(fmt.Sprintf("firm %d's holding", i), quantity.Quantity(balances[id].Balance), f.paid)
		same(fmt.Sprintf("firm %d's held permits", i), quantity.Quantity(balances[id].Held), m.heldPermits(i))
		same(fmt.Sprintf("firm %d's acquisitions", i), lotsOf(lots[id]), fmt.Sprint(f.lots))
	}
	for region, want := range m.caps {
		same("the cap of "+region, quantity.Quantity(balances[accounts[ledger.PermitKey(ledger.Cap, region, VOCs)]].Balance), want)
	}
	last, err := r.LastID(tb.Context(), "trade")
	if err != nil {
		tb.Fatal(err)
	}
	same("the number of trades", int(last), m.trades)
}

func lotsOf(rows []ledger.Acquisition) string {
	lots := []modelLot{}
	for _, a := range rows {
		lots = append(lots, modelLot{a.Price, a.Remaining})
	}
	return fmt.Sprint(lots)
}

func read[R any](tb testing.TB, r app.Reader, table string, q app.Query) []R {
	tb.Helper()
	var rows []R
	if err := r.Find(tb.Context(), table, q, &rows); err != nil {
		tb.Fatal(err)
	}
	return rows
}

// RandomCommands runs random orders and cancels on a registry and on the
// model, and compares them after every step; now and then the registry is
// stopped and started again. The seed is in the test's name.
func RandomCommands(t *testing.T, store app.Store, seed uint64, steps int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	w := NewWorld(t, store, 5)
	m := &model{caps: map[string]quantity.Quantity{}, months: 60}
	for _, region := range []string{Jiashan, Qingpu, Wujiang} {
		m.caps[region] = 1000 * quantity.OneQuantity
	}
	for i, f := range w.Firms {
		mf := modelFirm{region: f.Licence.Region, funds: quantity.Money(rng.IntN(50_000_000))}
		w.Fund(f, mf.funds+1)
		mf.funds++
		if i%4 != 3 { // one firm has nothing to sell
			mf.paid = quantity.Quantity(1+rng.IntN(100_000)) * 100
			mf.surplus = min(mf.paid, quantity.Quantity(rng.IntN(100_000))*100)
			mf.lots = []modelLot{{2000 * quantity.OnePrice, mf.paid}}
			w.Grant(f, mf.paid, mf.surplus, 2000*quantity.OnePrice)
		}
		m.firms = append(m.firms, mf)
	}
	for n := range steps {
		w.randomStep(t, m, rng, n)
		m.agree(t, w, w.App.Reader(), fmt.Sprintf("seed %d, step %d", seed, n))
		if rng.IntN(40) == 0 {
			w.restart(t, store)
		}
	}
}

func (w *World) randomStep(t *testing.T, m *model, rng *rand.Rand, n int) {
	t.Helper()
	if len(m.orders) > 0 && rng.IntN(4) == 0 {
		o := m.orders[rng.IntN(len(m.orders))]
		m.cancel(o.id)
		w.Must(w.Firms[o.firm].Person, app.CancelOrder{Order: o.id})
		return
	}
	firm := rng.IntN(len(m.firms))
	c := app.PlaceOrder{
		Market: w.Market, Instrument: w.Instrument.Code, Licence: w.Firms[firm].Licence.ID,
		Side: market.Side(1 + rng.IntN(2)), TimeInForce: market.TimeInForce(1 + rng.IntN(4)), //nolint:gosec // 1 to 4
		Price: quantity.Price(2000+rng.IntN(12)) * quantity.OnePrice, Quantity: quantity.Quantity(1+rng.IntN(30_000)) * 100,
	}
	if !c.TimeInForce.Rests() && rng.IntN(2) == 0 {
		c.Kind = market.AtMarket
	}
	a, err := w.Do(w.Firms[firm].Person, c)
	got := Code(t, a, err)
	var result app.OrderResult
	if got == "" {
		w.decode(a, &result)
	}
	if want := m.place(result.Order.ID, firm, c.Side, c.Price, c.Quantity, c.TimeInForce); got != want {
		t.Fatalf("step %d: %+v by firm %d: %q, the model says %q", n, c, firm, got, want)
	}
}

// restart stops the registry and starts it again; the books must be the same,
// order by order.
func (w *World) restart(t *testing.T, store app.Store) {
	t.Helper()
	before := w.App.BookDigests()
	if err := w.App.Close(); err != nil {
		t.Fatal(err)
	}
	w.App = Open(t, store, w.Clock)
	after := w.App.BookDigests()
	for k, d := range before {
		if after[k] != d {
			t.Fatalf("the book %v differs after a restart", k)
		}
	}
}
