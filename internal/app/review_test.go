package app

import (
	"slices"
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// A parameter that begins to hold takes the orders that it refuses out of the
// books, the newest first and in steps that a restart does not stop; a limit on
// the sum lets the oldest stand.
func TestReview_Parameter(t *testing.T) {
	t.Parallel()
	o, i, _, buyer := tradingOffice(t)
	var b OrderBatch
	const orders = reviewedOrders + 2*MaxCancels
	for range orders {
		b.Items = append(b.Items, OrderBatchItem{Place: o.order(buyer, i, market.Buy, 1, 100)})
	}
	for some := range slices.Chunk(b.Items, MaxCancels) {
		o.does(buyer.user, OrderBatch{Items: some})
	}
	oldest := slices.Min(slices.Collect(func(yield func(int64) bool) {
		for id := range o.app.st.orders {
			if !yield(id) {
				return
			}
		}
	}))
	limit := ParameterSet{Key: rulebook.HoldingMost, Region: "330000", Value: "0.01", ValidFrom: today, Document: "notice"}
	if p := o.propose(o.leader, limit); !strings.Contains(p.Effects, withdrawn("400 or more")) {
		t.Errorf("at once: %s", p.Effects)
	}
	limit.ValidFrom = 20260703
	o.does(o.leader, limit)
	if n := len(o.app.st.orders); n != orders {
		t.Fatalf("%d orders are open before the parameter holds", n)
	}
	o.now.set(calendar.Date(20260703).Start())
	o.restart()
	o.runTimers()
	if n := len(o.app.st.orders); n != 100 || o.app.st.orders[oldest] == nil {
		t.Errorf("%d orders are open, want the 100 oldest, which come to the limit", n)
	}
}

// A zone that no longer admits an industry cancels what its sites bid for.
func TestReview_Zone(t *testing.T) {
	t.Parallel()
	r := openRests(t)
	r.record(FactRecord{Kind: rulebook.ZoneOf, Licence: r.buyer.licence.ID, Value: "lake", ValidFrom: 20260701})
	r.does(r.leader, ZoneRuleSet{Zone: "lake", Region: r.buyer.licence.Region, Industry: "23", Forbidden: true, ValidFrom: 20260702, Document: "list"})
	if r.open() != "sellbuy" {
		t.Errorf("before its day %q is open", r.open())
	}
	r.now.set(calendar.Date(20260702).Start())
	r.runTimers()
	if r.open() != "sell" {
		t.Errorf("on its day %q is open", r.open())
	}
}

// A rule of a zone says since when the published list holds, and is entered when somebody
// has it: what it refuses goes at once, and what was traded by then stays.
func TestReview_ZoneOfBefore(t *testing.T) {
	t.Parallel()
	r := openRests(t)
	r.record(FactRecord{Kind: rulebook.ZoneOf, Licence: r.buyer.licence.ID, Value: "lake", ValidFrom: 20260701})
	traded := done[OrderResult](r.office, r.seller.user, r.order(r.seller, r.i, market.Sell, 2000, one)).Order
	r.does(r.buyer.user, r.order(r.buyer, r.i, market.Buy, 2000, one))
	had := r.balance(HoldingKey(r.buyer.licence, r.i, ledger.Paid))
	r.approves(ZoneRuleSet{Zone: "lake", Region: r.buyer.licence.Region, Industry: "23", Forbidden: true, ValidFrom: 20260601, Document: "list"})
	r.runTimers()
	if r.open() != "sell" {
		t.Errorf("%q is open", r.open())
	}
	r.refuses(r.buyer.user, r.order(r.buyer, r.i, market.Buy, 1000, one), rulebook.ErrZone)
	if got := storedRow(r.office, Orders, traded.ID); got.State != market.Filled || r.balance(HoldingKey(r.buyer.licence, r.i, ledger.Paid)) != had {
		t.Errorf("%+v", got)
	}
	r.check()
}

// Who approves a rule of a zone that holds at once is shown what leaves the book, which moves
// nothing yet; of a day to come it is not known.
func TestReview_ZoneShown(t *testing.T) {
	t.Parallel()
	r := openRests(t)
	r.record(FactRecord{Kind: rulebook.ZoneOf, Licence: r.buyer.licence.ID, Value: "lake", ValidFrom: today})
	for from, shown := range map[calendar.Date]bool{today.AddDays(-30): true, today: true, today.AddDays(1): false} {
		p := r.propose(r.leader, ZoneRuleSet{Zone: "lake", Region: r.buyer.licence.Region, Industry: "23", Forbidden: true, ValidFrom: from, Document: "list"})
		if strings.Contains(p.Effects, withdrawn("1")) != shown {
			t.Errorf("from %s: %s", from, p.Effects)
		}
	}
	elsewhere := r.propose(r.leader, ZoneRuleSet{Zone: "hill", Region: r.buyer.licence.Region, Industry: "23", Forbidden: true, ValidFrom: today, Document: "list"})
	if strings.Contains(elsewhere.Effects, "open orders") || r.open() != "sellbuy" {
		t.Errorf("%s; %q is open", elsewhere.Effects, r.open())
	}
}

// withdrawn is the effect that says how many open orders leave.
func withdrawn(count string) string {
	return `{"subject":"open orders","field":"withdrawn","after":"` + count + `"}`
}

// A signed deal that the rules refuse after a change of fact ends, with the rule
// in its step; what it held is free again. A direct payment that is confirmed
// suspends it instead.
func TestReview_Deals(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*one), k.buyer(jiashan, 2, 10_000_000_00)
	signed := k.run(k.propose(k.offer(seller, buyer, one, 2000), buyer), seller, buyer, settlement.SellerSign)
	funded := k.run(k.propose(k.offer(seller, buyer, one, 2000), buyer), seller, buyer, settlement.Fund)
	direct := k.offer(seller, buyer, one, 2000)
	direct.Payment = settlement.DirectPayment
	paid := k.step(k.run(k.propose(direct, buyer), seller, buyer, settlement.BureauApprove), buyer.user, settlement.ConfirmPaymentBuyer)

	done[LicenceResult](k.office, k.leaders[jiashan], LicenceState{
		Licence: buyer.licence.ID, State: catalog.LicenceSuspended, Reason: "r", Document: "d",
	})
	k.runTimers()
	for _, d := range []settlement.Deal{signed, funded} {
		steps := rowsIn(k.office, DealSteps, Where("deal", d.ID))
		last := steps[len(steps)-1]
		if got := storedRow(k.office, Deals, d.ID); got.State != settlement.DealLapsed || !strings.HasPrefix(last.Note, "licence.in_force: ") {
			t.Errorf("deal %d is %s by %q", d.ID, got.State, last.Note)
		}
	}
	if got := storedRow(k.office, Deals, paid.ID); got.State != settlement.DealBureauApproved {
		t.Errorf("a deal with a confirmed payment is %s", got.State)
	}
	if b := k.balance(HoldingKey(seller.licence, k.inst, ledger.Paid)); quantity.Quantity(b.Held) != one {
		t.Errorf("%s t/a of the seller's are held", quantity.Quantity(b.Held))
	}
	k.refusesStep(paid, seller.user, settlement.Withdraw, settlement.ErrNotNow)
}

// A lower limit ends as many of a buyer's deals as are beyond it, the newest first.
func TestReview_DealsBeyondLimit(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*one), k.buyer(jiashan, 2, 10_000_000_00)
	var deals []settlement.Deal
	for range 3 {
		deals = append(deals, k.run(k.propose(k.offer(seller, buyer, one, 2000), buyer), seller, buyer, settlement.Fund))
	}
	k.does(k.leader, ParameterSet{Key: rulebook.HoldingMost, Region: "330000", Value: "2", ValidFrom: 20260702, Document: "notice"})
	k.now.set(calendar.Date(20260702).Start())
	k.runTimers()
	for n, want := range []settlement.DealState{deals[0].State, deals[1].State, settlement.DealLapsed} {
		if got := storedRow(k.office, Deals, deals[n].ID).State; got != want {
			t.Errorf("deal %d is %s, want %s", n+1, got, want)
		}
	}
}
