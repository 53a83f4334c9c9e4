package app

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// openNextDayFloor is a credit floor with a second market, in which what is bought
// waits until tomorrow.
func openNextDayFloor(t *testing.T, buyers int) *creditFloor {
	t.Helper()
	f := openCreditFloor(t, buyers)
	done[MarketResult](f.office, f.admin, f.market(func(m *MarketOpen) { m.Code, m.ResaleNextDay = "T1", true }))
	return f
}

func (f *creditFloor) nextDayOrder(by firm, side market.Side, tonnes quantity.Quantity) PlaceOrder {
	o := f.order(by, side, tonnes, 40)
	o.Market = "T1"
	return o
}

// Fact 41, of credits: 100 bought today are not sold today, and are tomorrow. What
// the buyer had before is sold first, a market without the option does not ask,
// and who was given them has bought nothing.
func TestCreditOrder_ResaleNextDay(t *testing.T) {
	t.Parallel()
	f := openNextDayFloor(t, 2)
	buyer, other := f.firms[0], f.firms[1]
	f.does(f.seller.user, CreditTransfer{Party: f.seller.party, Series: 1, To: buyer.party, Units: 30, Document: "d"})
	f.does(f.seller.user, f.nextDayOrder(f.seller, market.Sell, 100))
	f.does(buyer.user, f.nextDayOrder(buyer, market.Buy, 60))
	f.does(buyer.user, f.nextDayOrder(buyer, market.Buy, 40))
	f.wantCredits("bought", buyer, 130, 0)
	f.refuses(buyer.user, f.nextDayOrder(buyer, market.Sell, 31), ErrResaleToday)
	sell := done[OrderResult](f.office, buyer.user, f.nextDayOrder(buyer, market.Sell, 20)).Order
	f.restart()
	f.check()
	f.refuses(buyer.user, OrderAmend{Order: sell.ID, Quantity: 31 * one, Price: sell.Price}, ErrResaleToday)
	f.refuses(buyer.user, f.nextDayOrder(buyer, market.Sell, 11), ErrResaleToday)
	f.does(other.user, f.nextDayOrder(other, market.Buy, 20))
	f.does(buyer.user, f.nextDayOrder(buyer, market.Sell, 10))
	f.refuses(buyer.user, f.nextDayOrder(buyer, market.Sell, 1), ErrResaleToday)
	f.places(buyer, market.Sell, 5, 40) // JXCP does not ask
	f.does(buyer.user, CreditTransfer{Party: buyer.party, Series: 1, To: f.seller.party, Units: 5, Document: "d"})
	f.does(f.seller.user, f.nextDayOrder(f.seller, market.Sell, 5))

	f.now.set(f.now.get().Date().AddDays(1).Start())
	f.refuses(buyer.user, f.nextDayOrder(buyer, market.Sell, 91), ledger.ErrInsufficient)
	f.does(buyer.user, f.nextDayOrder(buyer, market.Sell, 90))
	f.check()
}

// What a party sells on a day is never more than it had when the day began, or was
// given since, whatever it buys, sells, amends, cancels and gives away.
func TestCreditOrder_ResaleNextDay_Random(t *testing.T) {
	t.Parallel()
	f := openNextDayFloor(t, 2)
	firms := append([]firm{f.seller}, f.firms...)
	owner, may := map[int64]int64{}, map[int64]int64{f.seller.party: 1000}
	held := map[int64]int64{f.seller.party: 1000}
	random := rand.New(rand.NewPCG(41, 1))
	refused, resold := 0, 0
	apply := func(r OrderResult, by firm) {
		owner[r.Order.ID] = by.party
		for _, fill := range r.Fills {
			buyer, seller, units := owner[fill.BuyOrder], owner[fill.SellOrder], int64(fill.Quantity/one)
			held[buyer] += units
			held[seller] -= units
			if may[seller] -= units; may[seller] < 0 {
				t.Fatalf("trade %d: party %d sold %d t that it bought today", fill.ID, seller, -may[seller])
			}
			if seller != f.seller.party {
				resold++
			}
		}
	}
	for n := range 500 {
		by := firms[random.IntN(len(firms))]
		some := 1 + random.Int64N(40)
		switch random.IntN(12) {
		case 0:
			to := firms[random.IntN(len(firms))]
			if f.do(by.user, CreditTransfer{Party: by.party, Series: 1, To: to.party, Units: some, Document: "d"}) == nil {
				held[by.party], held[to.party], may[to.party] = held[by.party]-some, held[to.party]+some, may[to.party]+some
			}
		case 1:
			if id := f.anyOrder(random, by.party); id != 0 {
				f.do(by.user, CancelOrder{id})
			}
		case 2:
			var r OrderResult
			if id := f.anyOrder(random, by.party); id != 0 && f.tries(by.user, OrderAmend{Order: id, Quantity: quantity.Quantity(some) * one, Price: yuan(40)}, &r) {
				apply(r, by)
			}
		case 3:
			if n%4 == 0 {
				f.now.set(f.now.get().Date().AddDays(1).Start())
				may = map[int64]int64{}
				for party, units := range held {
					may[party] = units
				}
			}
		default:
			if err := f.do(by.user, f.nextDayOrder(by, market.Side(1+random.IntN(2)), quantity.Quantity(some))); err != nil && errors.Is(err, ErrResaleToday) {
				refused++
			} else if err == nil {
				apply(last[OrderResult](f.office), by)
			}
		}
		if n%125 == 124 {
			f.check()
			f.restart()
		}
	}
	if refused < 10 || resold < 10 {
		t.Errorf("%d sales were refused since they were bought today, and %d trades sold on", refused, resold)
	}
}

// The row of what was bought last is compared with the trades (I-121).
func TestCheck_Purchases(t *testing.T) {
	t.Parallel()
	f := openNextDayFloor(t, 1)
	f.does(f.seller.user, f.nextDayOrder(f.seller, market.Sell, 10))
	f.does(f.firms[0].user, f.nextDayOrder(f.firms[0], market.Buy, 10))
	f.check()
	table := f.store.table(CreditPurchases.name)
	was := table.rows[1].(carbon.Purchase)
	for name, change := range map[string]func(p *carbon.Purchase){
		"units": func(p *carbon.Purchase) { p.Units-- },
		"day":   func(p *carbon.Purchase) { p.Day = p.Day.AddDays(1) },
		"party": func(p *carbon.Purchase) { p.Party++ },
	} {
		p := was
		change(&p)
		table.put(1, p)
		if found, err := Check(t.Context(), f.store, f.store.row()); err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-121" }) {
			t.Errorf("%s: got %v, %v", name, found, err)
		}
	}
	table.put(1, was)
	f.check()
}
