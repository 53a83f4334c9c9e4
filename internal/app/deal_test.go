package app

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// The regions of the first batch.
const (
	qingpu  = "310118"
	wujiang = "320509"
	jiashan = "330421"
	guangde = "341882"
)

// dealDesk is an office with everything that a deal needs: a term of 60
// months, sellers with verified surplus, buyers with money, officers of each region.
type dealDesk struct {
	*office
	inst     catalog.Instrument
	leaders  map[string]int64
	deposits int
	projects map[projectKey]int64
}

// projectKey names a project that deals of a test are for.
type projectKey struct {
	licence int64
	ratio   quantity.Ratio
}

// projectOf is a project of a firm with an offset ratio that needs more than a
// test deals in.
func (k *dealDesk) projectOf(f firm, ratio quantity.Ratio) int64 {
	k.t.Helper()
	key := projectKey{f.licence.ID, ratio}
	if k.projects[key] == 0 {
		k.projects[key] = k.project(f, 10_000*quantity.OneQuantity, ratio)
	}
	return k.projects[key]
}

func openDealDesk(t *testing.T) *dealDesk {
	t.Helper()
	k := &dealDesk{office: openOffice(t), leaders: map[string]int64{}, projects: map[projectKey]int64{}}
	k.inst = done[catalog.Instrument](k.office, k.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: 20310630})
	for _, region := range []string{qingpu, wujiang, jiashan, guangde} {
		k.leaders[region] = k.person("leader of "+region, GrantAdd{Role: identity.BureauLeader, Region: region})
		done[reserve.CapDecision](k.office, k.leader, CapDecide{Region: region, Pollutant: "VOCs", Change: 100 * quantity.OneQuantity, Document: "cap", DecidedOn: 20260101})
	}
	return k
}

// seller is a firm with q of paid permits in two acquisitions, all of it
// verified as surplus.
func (k *dealDesk) seller(region string, n int, q quantity.Quantity) firm {
	k.t.Helper()
	f := k.firm(region, n)
	for i, part := range []quantity.Quantity{q / 4 / 100 * 100, q - q/4/100*100} {
		k.allocate(f, part, quantity.Price(i+1)*1000*quantity.OnePrice, calendar.NewDate(2026, 1, 10-5*i))
	}
	k.verify(f, q)
	return f
}

func (k *dealDesk) allocate(f firm, q quantity.Quantity, price quantity.Price, on calendar.Date) {
	k.t.Helper()
	if r := k.do(k.leader, Allocate{
		Kind: reserve.Opening, Licence: f.licence.ID, Instrument: k.inst.Code, Part: reserve.Unallocated, Origin: ledger.Paid, Quantity: q,
		Price: price, PriceKnown: price != 0, AcquiredOn: on, Document: "allocation",
	}); r != nil {
		k.t.Fatal(r)
	}
}

func (k *dealDesk) verify(f firm, q quantity.Quantity) {
	k.t.Helper()
	done[SurplusResult](k.office, k.leader, SurplusVerify{
		Licence: f.licence.ID, Pollutant: "VOCs", Quantity: q, Rung: "licence_amount", Monitored: true, TaskDone: true, VerifiedOn: 20260701, Document: "surplus",
		NoYear: "no records yet",
	})
}

// buyer is a firm with money.
func (k *dealDesk) buyer(region string, n int, amount quantity.Money) firm {
	k.t.Helper()
	f := k.firm(region, n)
	k.pay(f, amount)
	return f
}

// pay gives a firm money.
func (k *dealDesk) pay(f firm, amount quantity.Money) {
	k.t.Helper()
	k.deposits++
	if r := k.do(k.finance, DepositConfirm{Party: f.party, Amount: amount, BankReference: fmt.Sprintf("in-%d", k.deposits), ReceivedOn: 20260701, Payer: f.name}); r != nil {
		k.t.Fatal(r)
	}
}

func (k *dealDesk) pair(seller, buyer string, change func(*PairAdd)) {
	k.t.Helper()
	c := PairAdd{
		Pollutant: "VOCs", SellerRegion: seller, BuyerRegion: buyer, Coefficient: quantity.OneRatio,
		SellerBureau: true, BuyerBureau: true, Upper: true, Document: "pilot", ValidFrom: 20240601,
	}
	if change != nil {
		change(&c)
	}
	done[settlement.Pair](k.office, k.upper, c)
}

// ratioIn is the offset ratio that a region asks for: two where it missed its target.
func (k *dealDesk) ratioIn(region string) quantity.Ratio {
	if k.app.st.known.areaOf(region, "VOCs", k.now.get().Date()).Missed != 0 {
		return 2 * quantity.OneRatio
	}
	return quantity.OneRatio
}

// offer is a proposal by the buyer.
func (k *dealDesk) offer(seller, buyer firm, q quantity.Quantity, price int64) DealPropose {
	c := DealPropose{
		Kind: settlement.Local, Proposer: settlement.BuyerSide,
		SellerParty: seller.party, SellerLicence: seller.licence.ID, BuyerParty: buyer.party, BuyerLicence: buyer.licence.ID,
		Instrument: k.inst.Code, Quantity: q, Price: quantity.Price(price) * quantity.OnePrice, Payment: settlement.EscrowPayment,
	}
	if seller.licence.Region != buyer.licence.Region {
		c.Kind, c.Project, c.CapEffect, c.CapDocument = settlement.CrossRegion, k.projectOf(buyer, k.ratioIn(buyer.licence.Region)), settlement.CapPermanent, "cap document"
	}
	return c
}

// forUnit is a proposal for the buyer's existing unit.
func forUnit(c DealPropose) DealPropose {
	c.ExistingUnit = true
	return c
}

func (k *dealDesk) propose(c DealPropose, by firm) settlement.Deal {
	k.t.Helper()
	return done[DealResult](k.office, by.user, c).Deal
}

// step takes a step that must succeed.
func (k *dealDesk) step(d settlement.Deal, person int64, e settlement.DealEvent) settlement.Deal {
	k.t.Helper()
	return done[DealResult](k.office, person, DealStep{Deal: d.ID, Event: e, Document: "doc of " + string(e), Note: "note"}).Deal
}

func (k *dealDesk) refusesStep(d settlement.Deal, person int64, e settlement.DealEvent, want *fault.Error) {
	k.t.Helper()
	k.refuses(person, DealStep{Deal: d.ID, Event: e, Document: "doc", Note: "note"}, want)
}

// run takes the steps of a script up to and with an event.
func (k *dealDesk) run(d settlement.Deal, seller, buyer firm, until settlement.DealEvent) settlement.Deal {
	k.t.Helper()
	type act struct {
		event  settlement.DealEvent
		person int64
	}
	script := []act{{settlement.SellerSign, seller.user}, {settlement.BuyerConfirm, buyer.user}}
	settle := k.leaders[seller.licence.Region]
	if d.Kind == settlement.Local {
		script = append(script, act{settlement.CheckEligibility, settle}, act{settlement.BureauApprove, settle})
	}
	if d.NeedsSellerBureau {
		script = append(script, act{settlement.SellerRegionConfirm, k.leaders[seller.licence.Region]})
	}
	if d.NeedsBuyerBureau {
		script = append(script, act{settlement.BuyerRegionConfirm, k.leaders[buyer.licence.Region]})
	}
	if d.NeedsUpper {
		script = append(script, act{settlement.UpperApprove, k.upper})
		settle = k.upper
	}
	if d.Payment == settlement.EscrowPayment {
		script = append(script, act{settlement.Fund, buyer.user})
	} else {
		script = append(script, act{settlement.ConfirmPaymentSeller, seller.user}, act{settlement.ConfirmPaymentBuyer, buyer.user}, act{settlement.ConfirmPaymentFinance, k.finance})
	}
	script = append(script, act{settlement.Settle, settle})
	if d.Kind == settlement.Local {
		script = append(script, act{settlement.Certify, settle})
	} else {
		script = append(script, act{settlement.AcknowledgeSeller, k.leaders[seller.licence.Region]}, act{settlement.AcknowledgeBuyer, k.leaders[buyer.licence.Region]})
	}
	for _, a := range script {
		d = k.step(d, a.person, a.event)
		if a.event == until {
			return d
		}
	}
	k.t.Fatalf("no step %s", until)
	return d
}

func (k *dealDesk) deal(id int64) settlement.Deal {
	k.t.Helper()
	var rows []settlement.Deal
	if err := k.store.Find(k.t.Context(), Deals.name, Where("id", id), &rows); err != nil || len(rows) != 1 {
		k.t.Fatalf("deal %d: %v, %v", id, rows, err)
	}
	return rows[0]
}

// amounts are all balances that are not zero, and what is held of them.
func (k *dealDesk) amounts() map[string][2]int64 {
	out := map[string][2]int64{}
	k.app.st.ledger.Each(func(a ledger.Account, b ledger.Balance) {
		if b.Balance != 0 {
			out[fmt.Sprintf("%+v", a.Key())] = [2]int64{b.Balance, b.Held}
		}
	})
	return out
}

// lots are what a firm's acquisitions have left, first in first out.
func (k *dealDesk) lots(f firm) []string {
	id, _ := k.app.st.ledger.Find(HoldingKey(f.licence, k.inst, ledger.Paid))
	var out []string
	for _, a := range k.app.st.ledger.Acquisitions(id) {
		out = append(out, fmt.Sprintf("%s at %s of %s (%s)", a.Remaining, a.Price, a.AcquiredOn, a.Document))
	}
	return out
}

func (k *dealDesk) holding(f firm) string {
	return quantity.Quantity(k.balance(HoldingKey(f.licence, k.inst, ledger.Paid)).Balance).String()
}

func (k *dealDesk) permits(kind ledger.Kind, region string) string {
	return quantity.Quantity(k.balance(ledger.PermitKey(kind, region, "VOCs")).Balance).String()
}

func (k *dealDesk) funds(f firm) string {
	return quantity.Money(k.balance(ledger.FundsKey(f.party)).Balance).String()
}

func (k *dealDesk) surplus(f firm) market.Surplus {
	s := *k.app.st.surplus[surplusKey{f.licence.ID, "VOCs"}]
	s.ID, s.Command = 0, 0
	return s
}

// advance stops the clock's office, opens it on a later day, and works off
// what is due.
func (k *dealDesk) advance(to calendar.Instant) {
	k.t.Helper()
	if err := k.app.Close(); err != nil {
		k.t.Fatal(err)
	}
	k.now.set(to)
	k.start()
	for range 200 {
		k.person("passer-by", GrantAdd{Role: identity.Verifier})
		var due []Timer
		q := Where("state", string(TimerPending)).And("due_at", Le, int64(to))
		if err := k.store.Find(k.t.Context(), PendingTimes.name, q, &due); err != nil {
			k.t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
	}
	k.t.Fatal("timers are still due")
}

// The first cross-province batch, end to end: four deals, eight firms, each
// confirmed by both enterprises, both bureaus and the upper body, paid into
// escrow, settled, the caps of both regions moved (fact 17; the split is made up).
func TestDeal_FirstBatch(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	var sum quantity.Quantity
	var paid quantity.Money
	for i, c := range []struct {
		from, to string
		q        quantity.Quantity
		price    int64
		amount   string
	}{
		{qingpu, jiashan, 5_120_000, 2397, "61363.20"},
		{wujiang, jiashan, 5_000_000, 2397, "59925.00"},
		{guangde, qingpu, 166_000, 2397, "1989.51"},
		{guangde, jiashan, 2_971_000, 2398, "35622.29"},
	} {
		k.pair(c.from, c.to, nil)
		seller, buyer := k.seller(c.from, 2*i, c.q+1_000_000), k.buyer(c.to, 2*i+1, 10_000_000)
		before := [2]string{k.permits(ledger.Cap, c.from), k.permits(ledger.Cap, c.to)}
		d := k.propose(k.offer(seller, buyer, c.q, c.price), buyer)
		d = k.run(d, seller, buyer, settlement.AcknowledgeBuyer)
		if d.State != settlement.DealClosed || d.Amount.String() != c.amount || d.Months != 60 {
			t.Errorf("deal %d: %+v", d.ID, d)
		}
		if k.funds(seller) != c.amount || k.funds(buyer) != (10_000_000-d.Amount).String() || k.holding(buyer) != c.q.String() || k.holding(seller) != "1" {
			t.Errorf("deal %d: seller %s t/a, CNY %s; buyer %s t/a, CNY %s", d.ID, k.holding(seller), k.funds(seller), k.holding(buyer), k.funds(buyer))
		}
		if k.permits(ledger.Cap, c.from) == before[0] || k.permits(ledger.Cap, c.to) == before[1] {
			t.Errorf("deal %d: the caps do not move", d.ID)
		}
		sum += d.Quantity
		paid += d.Amount
	}
	if sum.String() != "13.257" || paid.String() != "158900.00" {
		t.Errorf("%s t for CNY %s", sum, paid)
	}
	caps := map[string]string{}
	for region := range k.leaders {
		caps[region] = k.permits(ledger.Cap, region)
	}
	want := map[string]string{qingpu: "95.046", wujiang: "95", guangde: "96.863", jiashan: "113.091"}
	if diff := cmp.Diff(want, caps); diff != "" {
		t.Errorf("caps:\n%s", diff)
	}
}

// What a deal does to acquisitions, surplus, holds and documents at each step.
func TestDeal_CrossRegion(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.pair(qingpu, jiashan, func(p *PairAdd) { p.Coefficient = 800_000 })
	seller, buyer := k.seller(qingpu, 1, 10*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	c := k.offer(seller, buyer, 5*quantity.OneQuantity, 2000)
	c.Project, c.Months = k.projectOf(buyer, 1_500_000), 12
	d := k.propose(c, buyer)
	if got := []string{d.Arriving.String(), d.Delivered.String(), d.Retired.String(), d.Amount.String()}; !slices.Equal(got, []string{"4", "2.6666", "1.3334", "10000.00"}) {
		t.Fatal(got)
	}
	d = k.run(d, seller, buyer, settlement.SellerSign)
	if s := k.surplus(seller); s.Held != d.Quantity || k.balance(d.SellerKey()).Held != int64(d.Quantity) || d.PermitHold == 0 {
		t.Fatalf("after the signature: %+v, %+v", s, k.balance(d.SellerKey()))
	}
	k.step(d, buyer.user, settlement.BuyerConfirm)
	k.step(d, k.leaders[qingpu], settlement.SellerRegionConfirm)
	d = k.step(d, k.leaders[jiashan], settlement.BuyerRegionConfirm)
	if d.DueOn != 0 {
		t.Fatal("due before the upper body has approved")
	}
	d = k.step(d, k.upper, settlement.UpperApprove)
	if d.DueOn != 20260710 || d.Document != "doc of upper_approve" { // 7 working days after Wednesday 1 July
		t.Fatalf("due on %s by %s", d.DueOn, d.Document)
	}
	d = k.step(d, buyer.user, settlement.Fund)
	escrow := k.balance(ledger.MoneyKey(ledger.Escrow))
	if d.State != settlement.DealEscrowFunded || escrow.Balance != 10000_00 || escrow.Held != 10000_00 || k.funds(buyer) != "90000.00" {
		t.Fatalf("after the payment: %s, %+v, %s", d.State, escrow, k.funds(buyer))
	}
	d = k.step(d, k.upper, settlement.Settle)
	want := map[string]string{
		"seller": "5", "buyer": "2.6666", "seller cap": "95", "buyer cap": "104", "retired": "1.3334", "money": "10000.00",
		"lots": "[5 at 1000 of 2026-01-10 (allocation)]", "buyer lots": "[2.6666 at 2000 of 2026-07-01 (doc of upper_approve)]",
	}
	// FIFO by date: the second allocation is dated five days earlier and goes first.
	want["lots"] = "[2.5 at 2000 of 2026-01-05 (allocation) 2.5 at 1000 of 2026-01-10 (allocation)]"
	got := map[string]string{
		"seller": k.holding(seller), "buyer": k.holding(buyer), "seller cap": k.permits(ledger.Cap, qingpu), "buyer cap": k.permits(ledger.Cap, jiashan),
		"retired": k.permits(ledger.Retired, jiashan), "money": k.funds(seller),
		"lots": fmt.Sprint(k.lots(seller)), "buyer lots": fmt.Sprint(k.lots(buyer)),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := k.surplus(seller); s.Held != 0 || s.Used != d.Quantity {
		t.Errorf("surplus %+v", s)
	}
	if h := k.balance(d.SellerKey()).Held + k.balance(ledger.MoneyKey(ledger.Escrow)).Held; h != 0 {
		t.Errorf("%d is still held", h)
	}
	// The acknowledgements come in any order; the second closes.
	d = k.step(d, k.leaders[jiashan], settlement.AcknowledgeBuyer)
	if d.State != settlement.DealPermitsChangedBuyer {
		t.Error(d.State)
	}
	d = k.step(d, k.leaders[qingpu], settlement.AcknowledgeSeller)
	if d.State != settlement.DealClosed {
		t.Error(d.State)
	}
	k.restart()
	k.check()
}

// A local deal with direct payment, confirmed by both sides and finance.
func TestDeal_LocalDirect(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 1)
	c := k.offer(seller, buyer, 4*quantity.OneQuantity, 2000)
	c.Proposer, c.Payment = settlement.SellerSide, settlement.DirectPayment
	d := k.run(k.propose(c, seller), seller, buyer, settlement.BureauApprove)
	k.refusesStep(d, buyer.user, settlement.Fund, settlement.ErrNotNow)
	d = k.step(d, buyer.user, settlement.ConfirmPaymentBuyer)
	k.refusesStep(d, buyer.user, settlement.ConfirmPaymentBuyer, settlement.ErrNotNow)
	k.refusesStep(d, seller.user, settlement.Withdraw, settlement.ErrNotNow)
	d = k.step(d, k.finance, settlement.ConfirmPaymentFinance)
	if d.State != settlement.DealBureauApproved {
		t.Fatal(d.State)
	}
	d = k.step(d, seller.user, settlement.ConfirmPaymentSeller)
	if d.State != settlement.DealPaid {
		t.Fatal(d.State)
	}
	d = k.step(d, k.leaders[jiashan], settlement.Settle)
	d = k.step(d, k.leaders[jiashan], settlement.Certify)
	if d.State != settlement.DealCertified || k.holding(seller) != "0" || k.holding(buyer) != "4" || k.permits(ledger.Cap, jiashan) != "100" || k.funds(buyer) != "0.01" {
		t.Errorf("%s: %s, %s, %s", d.State, k.holding(seller), k.holding(buyer), k.funds(buyer))
	}
}

// A reversal restores everything: caps, holdings, acquisitions with their
// dates and prices, surplus and money (fact 50).
func TestDeal_Reverse(t *testing.T) {
	t.Parallel()
	for _, local := range []bool{true, false} {
		k := openDealDesk(t)
		region := qingpu
		if !local {
			region = jiashan
			k.pair(qingpu, jiashan, nil)
		}
		seller, buyer := k.seller(qingpu, 1, 10*quantity.OneQuantity), k.buyer(region, 2, 100_000_00)
		k.allocate(buyer, quantity.OneQuantity, 500*quantity.OnePrice, 20260101) // older than what the deal brings
		k.verify(buyer, quantity.OneQuantity)
		c := k.offer(seller, buyer, 8*quantity.OneQuantity, 2000)
		c.OffsetRatio, c.Project, c.Months = 2_000_000, k.projectOf(buyer, 2_000_000), 12
		before, lots, lotsBuyer, surplus := k.amounts(), k.lots(seller), k.lots(buyer), k.surplus(seller)
		d := k.run(k.propose(c, buyer), seller, buyer, settlement.Settle)
		if d.Delivered != 4*quantity.OneQuantity || k.permits(ledger.Retired, region) != "4" {
			t.Fatalf("%+v", d)
		}
		consents, last := []int64{k.leaders[qingpu], k.leaders[jiashan]}, k.upper
		if local {
			consents, last = []int64{seller.user, buyer.user}, k.leaders[qingpu]
		}
		k.refusesStep(d, last, settlement.Reverse, settlement.ErrNotNow)
		d = k.step(d, consents[0], settlement.ConsentReversal)
		k.refusesStep(d, consents[0], settlement.ConsentReversal, settlement.ErrNotNow)
		k.refusesStep(d, last, settlement.Reverse, settlement.ErrNotNow)
		d = k.step(d, consents[1], settlement.ConsentReversal)
		d = k.step(d, last, settlement.Reverse)
		if d.State != settlement.DealReversed || d.Reversal == 0 {
			t.Fatalf("%+v", d)
		}
		if diff := cmp.Diff(before, k.amounts()); diff != "" {
			t.Errorf("balances:\n%s", diff)
		}
		if diff := cmp.Diff(lots, k.lots(seller)); diff != "" {
			// A part of an acquisition that came back is a row of its own; the sums by date and price are the same.
			if got := fmt.Sprint(k.lots(seller)); got != "[7.5 at 2000 of 2026-01-05 (allocation) 2 at 1000 of 2026-01-10 (allocation) 0.5 at 1000 of 2026-01-10 (allocation)]" {
				t.Errorf("acquisitions:\n%s", diff)
			}
		}
		if diff := cmp.Diff(lotsBuyer, k.lots(buyer)); diff != "" {
			t.Errorf("the buyer's own acquisitions:\n%s", diff)
		}
		if diff := cmp.Diff(surplus, k.surplus(seller)); diff != "" {
			t.Errorf("surplus:\n%s", diff)
		}
		// What came back can be sold again.
		again := k.run(k.propose(c, buyer), seller, buyer, settlement.Settle)
		if again.State != settlement.DealDelivered && again.State != settlement.DealSettledAccounts {
			t.Error(again.State)
		}
		k.restart()
		k.check()
	}
}

// A deal cannot be reversed once the buyer has offered or sold what it
// brought, or the seller has spent the money.
func TestDeal_Reverse_Refused(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	third := k.buyer(jiashan, 3, 100_000_00)
	d := k.run(k.propose(k.offer(seller, buyer, 2*quantity.OneQuantity, 2000), buyer), seller, buyer, settlement.Settle)
	k.step(d, seller.user, settlement.ConsentReversal)
	k.step(d, buyer.user, settlement.ConsentReversal)
	leader := k.leaders[jiashan]
	// The seller has spent the money.
	k.payee(seller.party, "6222020405060708")
	if r := k.do(seller.user, WithdrawRequest{Party: seller.party, Amount: 1, PayeeAccount: "6222020405060708"}); r != nil {
		t.Fatal(r)
	}
	k.refusesStep(d, leader, settlement.Reverse, ledger.ErrInsufficient)
	k.pay(seller, 1)
	// The buyer has promised the permits to somebody else.
	k.verify(buyer, 2*quantity.OneQuantity)
	next := k.run(k.propose(k.offer(buyer, third, quantity.OneQuantity, 3000), third), buyer, third, settlement.Fund)
	k.refusesStep(d, leader, settlement.Reverse, ErrNotReversible)
	// … and delivered them.
	next = k.step(next, leader, settlement.Settle)
	k.refusesStep(d, leader, settlement.Reverse, ErrNotReversible)
	// When the later deal is undone, the earlier one can be.
	k.step(next, buyer.user, settlement.ConsentReversal)
	k.step(next, third.user, settlement.ConsentReversal)
	k.step(next, leader, settlement.Reverse)
	if d = k.step(d, leader, settlement.Reverse); d.State != settlement.DealReversed {
		t.Error(d.State)
	}
	if k.holding(seller) != "4" || k.holding(buyer) != "0" || k.holding(third) != "0" {
		t.Errorf("%s, %s, %s", k.holding(seller), k.holding(buyer), k.holding(third))
	}
}

// However a deal comes to nothing, permits, surplus and money are as before.
func TestDeal_ComesToNothing(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.pair(qingpu, jiashan, nil)
	seller, buyer, neighbour := k.seller(qingpu, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00), k.buyer(qingpu, 3, 100_000_00)
	before, surplus := k.amounts(), k.surplus(seller)
	for _, c := range []struct {
		name   string
		local  bool
		until  settlement.DealEvent
		event  settlement.DealEvent
		person int64
		state  settlement.DealState
	}{
		{"withdrawn by the seller", false, settlement.SellerSign, settlement.Withdraw, seller.user, settlement.DealWithdrawn},
		{"rejected by the seller's bureau", false, settlement.BuyerConfirm, settlement.Reject, k.leaders[qingpu], settlement.DealRejected},
		{"rejected by the buyer's bureau", false, settlement.SellerRegionConfirm, settlement.Reject, k.leaders[jiashan], settlement.DealRejected},
		{"rejected by the upper body, paid", false, settlement.Fund, settlement.Reject, k.upper, settlement.DealRejected},
		{"withdrawn by the buyer, paid", false, settlement.Fund, settlement.Withdraw, buyer.user, settlement.DealWithdrawn},
		{"rescinded", true, settlement.BureauApprove, settlement.Withdraw, neighbour.user, settlement.DealRescinded},
		{"rejected", true, settlement.CheckEligibility, settlement.Reject, k.leaders[qingpu], settlement.DealRejected},
		{"rejected, paid", true, settlement.Fund, settlement.Reject, k.leaders[qingpu], settlement.DealRejected},
	} {
		other := buyer
		if c.local {
			other = neighbour
		}
		d := k.run(k.propose(k.offer(seller, other, 4*quantity.OneQuantity, 1000), other), seller, other, c.until)
		d = k.step(d, c.person, c.event)
		if d.State != c.state {
			t.Errorf("%s: %s", c.name, d.State)
		}
		if diff := cmp.Diff(before, k.amounts()); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
		if diff := cmp.Diff(surplus, k.surplus(seller)); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
		k.refusesStep(d, c.person, c.event, settlement.ErrNotNow)
	}
}

// A deal that nobody pays lapses after seven working days; one that is paid
// in time does not, and late money is refused.
func TestDeal_Lapses(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	before := k.amounts()
	paid := k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer), seller, buyer, settlement.Fund)
	open := k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer), seller, buyer, settlement.BureauApprove)
	direct := k.offer(seller, buyer, quantity.OneQuantity, 1000)
	direct.Payment = settlement.DirectPayment
	begun := k.run(k.propose(direct, buyer), seller, buyer, settlement.BureauApprove)
	k.step(begun, buyer.user, settlement.ConfirmPaymentBuyer)
	if open.DueOn != 20260710 {
		t.Fatal(open.DueOn)
	}
	k.advance(open.DueOn.AddDays(1).Start() - 1)
	if s := k.deal(open.ID).State; s != settlement.DealBureauApproved {
		t.Errorf("on the last day: %s", s)
	}
	k.advance(open.DueOn.AddDays(1).Start())
	for id, want := range map[int64]settlement.DealState{
		paid.ID: settlement.DealPaid, open.ID: settlement.DealLapsed, begun.ID: settlement.DealBureauApproved,
	} {
		if s := k.deal(id).State; s != want {
			t.Errorf("deal %d is %s, want %s", id, s, want)
		}
	}
	k.refusesStep(open, buyer.user, settlement.Fund, settlement.ErrNotNow)
	k.step(begun, seller.user, settlement.ConfirmPaymentSeller)
	k.step(begun, k.finance, settlement.ConfirmPaymentFinance)
	for _, id := range []int64{paid.ID, begun.ID} {
		k.step(k.deal(id), k.leaders[jiashan], settlement.Reject)
	}
	if diff := cmp.Diff(before, k.amounts()); diff != "" {
		t.Error(diff)
	}
}

// No last day is promised while the calendar of that time is not published.
func TestDeal_CalendarNotPublished(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	k.advance(calendar.NewDate(2026, 12, 25).Start())
	d := k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer), seller, buyer, settlement.CheckEligibility)
	k.refusesStep(d, k.leaders[jiashan], settlement.BureauApprove, calendar.ErrYearNotPublished)
}

// What a proposal can be refused for, in the documented order.
func TestDealPropose_Refused(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.pair(qingpu, jiashan, nil)
	seller, buyer := k.seller(qingpu, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	near := k.buyer(qingpu, 3, 100_000_00)
	poor := k.firm(qingpu, 4)
	k.allocate(poor, 3*quantity.OneQuantity, 0, 20260105)
	unverified := k.firm(qingpu, 5)
	k.allocate(unverified, 3*quantity.OneQuantity, quantity.OnePrice, 20260105)
	closed := k.buyer(jiashan, 6, 1)
	k.projectOf(closed, quantity.OneRatio)
	done[PartyResult](k.office, k.leader, PartyState{Party: closed.party, State: catalog.PartySuspended, Reason: "inspection"})
	revoked := k.buyer(jiashan, 7, 1)
	done[LicenceResult](k.office, k.leader, LicenceState{Licence: revoked.licence.ID, State: catalog.LicenceSuspended, Reason: "inspection", Document: "order"})
	missed := k.buyer(guangde, 8, 1)
	k.pair(qingpu, guangde, nil)
	done[AttainmentResult](k.office, k.leader, AttainmentSet{Region: guangde, Pollutant: "VOCs", Year: 2025, Document: "bulletin"})
	project := k.seller(guangde, 9, 4*quantity.OneQuantity)
	cross := k.offer(seller, buyer, quantity.OneQuantity, 1000)
	local := k.offer(seller, near, quantity.OneQuantity, 1000)
	with := func(c DealPropose, change func(*DealPropose)) DealPropose { change(&c); return c }
	for _, c := range []struct {
		name string
		by   int64
		deal DealPropose
		want *fault.Error
	}{
		{"proposer", buyer.user, with(cross, func(c *DealPropose) { c.Proposer = "agent" }), fault.Invalidf("", "")},
		{"no such licence", buyer.user, with(cross, func(c *DealPropose) { c.SellerLicence = 999 }), ErrNoRecord},
		{"for somebody else", seller.user, cross, identity.ErrNotYours},
		{"an officer", k.leader, cross, identity.ErrForbidden},
		{"the licence of another", buyer.user, with(cross, func(c *DealPropose) { c.SellerParty = near.party }), ErrPartyNotOfLicence},
		{"no such instrument", buyer.user, with(cross, func(c *DealPropose) { c.Instrument = "VOCs-20300630" }), ErrNoRecord},
		{"with itself", buyer.user, with(cross, func(c *DealPropose) { c.SellerParty, c.SellerLicence = buyer.party, buyer.licence.ID }), settlement.ErrOwnDeal},
		{"off lot", buyer.user, with(cross, func(c *DealPropose) { c.Quantity = 150 }), settlement.ErrDealLot},
		{"no cap effect", buyer.user, with(cross, func(c *DealPropose) { c.CapEffect = "" }), settlement.ErrCapEffectMissing},
		{"no project", buyer.user, with(cross, func(c *DealPropose) { c.Project = 0 }), settlement.ErrProjectMissing},
		{"called local", buyer.user, with(cross, func(c *DealPropose) { c.Kind = settlement.Local }), settlement.ErrDealKind},
		{"two regions without a pair", project.user, with(k.offer(project, buyer, 100, 1), func(c *DealPropose) { c.Proposer = settlement.SellerSide }), ErrNoPair},
		{"two regions without a pair, called local", project.user, with(k.offer(project, buyer, 100, 1), func(c *DealPropose) { c.Kind, c.Proposer = settlement.Local, settlement.SellerSide }), ErrNoPair},
		{"as the seller, for the buyer", buyer.user, k.offer(buyer, seller, 100, 1), identity.ErrNotYours},
		{"suspended party", closed.user, k.offer(seller, closed, 100, 1), ErrDealParty},
		{"suspended licence", revoked.user, k.offer(seller, revoked, 100, 1), ErrDealLicence},
		{"too many months", buyer.user, with(cross, func(c *DealPropose) { c.Months = 61 }), ErrMonthsBeyondTerm},
		{"inflow into a region that missed its target (fact 22)", missed.user, k.offer(seller, missed, 100, 1), ErrInflowRefused},
		{"offset of a project there", missed.user, with(k.offer(project, missed, 100, 1), func(c *DealPropose) {
			c.Project, c.OffsetRatio = k.projectOf(missed, 2_000_000), 1_500_000
		}), ErrOffset},
		{"nothing arrives", near.user, with(local, func(c *DealPropose) { c.Quantity, c.Project = 100, k.projectOf(near, 2_000_000) }), settlement.ErrNothingDelivered},
		{"rounds to nothing", near.user, with(local, func(c *DealPropose) { c.Quantity, c.Price = 100, 1 }), settlement.ErrAmountZero},
		{"more than the seller has", seller.user, with(cross, func(c *DealPropose) { c.Proposer, c.Quantity = settlement.SellerSide, 5*quantity.OneQuantity }), ledger.ErrInsufficient},
		{"without a price", poor.user, with(k.offer(poor, near, 100, 1000), func(c *DealPropose) { c.Proposer = settlement.SellerSide }), ErrNotForSale},
		{"without surplus", unverified.user, with(k.offer(unverified, near, 100, 1000), func(c *DealPropose) { c.Proposer = settlement.SellerSide }), ErrNoSurplus},
	} {
		if got := k.do(c.by, c.deal); !errors.Is(got, c.want) {
			t.Errorf("%s: got %v, want %s", c.name, got, c.want.Code)
		}
	}
	// What the seller has is his secret: a buyer learns it from the signature that fails.
	d := k.propose(with(cross, func(c *DealPropose) { c.Quantity = 5 * quantity.OneQuantity }), buyer)
	k.refusesStep(d, seller.user, settlement.SellerSign, ledger.ErrInsufficient)
	// Outflow from a region that missed its target stays possible (fact 22), and so does a deal within.
	k.pair(guangde, jiashan, nil)
	k.propose(k.offer(project, buyer, 100, 1000), buyer)
	in := k.propose(with(k.offer(project, missed, 300, 1000), func(c *DealPropose) { c.Project = k.projectOf(missed, 2_000_000) }), missed)
	if in.OffsetRatio != 2*quantity.OneRatio || in.Delivered != 100 || in.Retired != 200 {
		t.Errorf("%+v", in)
	}
}

// Every step is for one body: any other actor, and a person who has acted for
// another side, is refused.
func TestDealStep_Who(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.pair(qingpu, jiashan, nil)
	seller, buyer := k.seller(qingpu, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	agent := k.person("agent", GrantAdd{Role: identity.Enterprise, Party: seller.party, Signer: true})
	done[identity.Grant](k.office, k.admin, GrantAdd{Person: agent, Role: identity.Enterprise, Party: buyer.party, Signer: true})
	half := k.person("officer of one region", GrantAdd{Role: identity.Upper, Region: qingpu})
	stranger := k.buyer(jiashan, 3, 1)
	d := k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer)
	k.refusesStep(d, stranger.user, settlement.SellerSign, identity.ErrNotYours)
	k.refusesStep(d, k.leaders[wujiang], settlement.Reject, identity.ErrNotYours)
	k.refusesStep(d, k.admin, settlement.SellerSign, identity.ErrForbidden)
	k.refusesStep(d, k.clerk, settlement.SellerSign, identity.ErrForbidden)
	k.refusesStep(d, buyer.user, settlement.SellerSign, settlement.ErrNotYourStep)
	k.refusesStep(d, seller.user, settlement.Lapse, settlement.ErrNotYourStep)
	k.refusesStep(d, seller.user, "wave", fault.Invalidf("", ""))
	d = k.step(d, agent, settlement.SellerSign)
	k.refusesStep(d, agent, settlement.BuyerConfirm, settlement.ErrOneSide)
	k.refusesStep(d, agent, settlement.SellerSign, settlement.ErrNotNow)
	d = k.step(d, buyer.user, settlement.BuyerConfirm)
	k.refusesStep(d, k.leaders[jiashan], settlement.SellerRegionConfirm, settlement.ErrNotYourStep)
	d = k.step(d, k.leader, settlement.SellerRegionConfirm) // leads every region
	k.refusesStep(d, k.leader, settlement.BuyerRegionConfirm, settlement.ErrOneSide)
	d = k.step(d, k.leaders[jiashan], settlement.BuyerRegionConfirm)
	k.refusesStep(d, half, settlement.UpperApprove, settlement.ErrNotYourStep)
	k.refuses(k.upper, DealStep{Deal: d.ID, Event: settlement.UpperApprove}, settlement.ErrDocumentMissing)
	k.refuses(k.upper, DealStep{Deal: d.ID, Event: settlement.Reject, Document: "doc"}, settlement.ErrNoteMissing)
	k.refuses(k.upper, DealStep{Deal: d.ID, Event: settlement.UpperApprove, Document: "a\x00"}, fault.Invalidf("", ""))
	k.refuses(k.upper, DealStep{Deal: 999, Event: settlement.UpperApprove}, ErrNoRecord)
	r := done[DealResult](k.office, k.upper, DealStep{Deal: d.ID, Event: settlement.UpperApprove, Document: "doc"})
	if want := []settlement.DealEvent{settlement.Reject}; !slices.Equal(r.Next, want) || len(r.Steps) != 5 {
		t.Errorf("next %v after %v", r.Next, r.Steps)
	}
	if next := NextDealEvents(k.app.st.actor(buyer.user), r.Deal, r.Steps); !slices.Equal(next, []settlement.DealEvent{settlement.Fund, settlement.Withdraw}) {
		t.Errorf("the buyer may %v", next)
	}
	if next := NextDealEvents(k.app.st.actor(stranger.user), r.Deal, r.Steps); next != nil {
		t.Errorf("a stranger may %v", next)
	}
}

// Over its party's limit a user may propose and not sign.
func TestDealStep_Signer(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	code := uscc(jiashan, 9)
	limited := firm{name: "limited"}
	limited.party = done[PartyResult](k.office, k.clerk, PartyRegister{Name: "limited", USCC: code, Region: jiashan, Industry: "2319", SignerLimit: 100_00}).Party.ID
	limited.licence = done[LicenceResult](k.office, k.clerk, LicenceRegister{
		Party: limited.party, Number: code + "001P", Kind: catalog.KindLicence, Site: "site", Region: jiashan, ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	limited.user = k.person("handler", GrantAdd{Role: identity.Enterprise, Party: limited.party})
	signer := k.person("signer", GrantAdd{Role: identity.Enterprise, Party: limited.party, Signer: true})
	k.pay(limited, 100_000_00)
	d := k.step(k.propose(k.offer(seller, limited, quantity.OneQuantity, 1000), limited), seller.user, settlement.SellerSign)
	prepared := k.office.propose(limited.user, DealStep{Deal: d.ID, Event: settlement.BuyerConfirm})
	k.does(signer, ProposalReject{prepared.ID, "not yet"})
	d = k.step(d, signer, settlement.BuyerConfirm)
	k.step(d, k.leaders[jiashan], settlement.CheckEligibility)
	d = k.step(d, k.leaders[jiashan], settlement.BureauApprove)
	prepared = k.office.propose(limited.user, DealStep{Deal: d.ID, Event: settlement.Fund})
	k.refuses(seller.user, ProposalApprove{prepared.ID, prepared.EffectsDigest}, ErrNoRecord)
	k.does(signer, ProposalApprove{prepared.ID, prepared.EffectsDigest})
	_ = buyer
}

// Terms are judged at each step: a pair that has changed since the proposal
// stops the deal. A change of fact ends the signed ones and gives all back.
func TestDealStep_FactsChange(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	k.pair(qingpu, jiashan, func(p *PairAdd) { p.ValidTo = 20260703 })
	k.pair(qingpu, jiashan, func(p *PairAdd) { p.ValidFrom, p.Coefficient = 20260704, 900_000 })
	seller, buyer := k.seller(qingpu, 1, 4*quantity.OneQuantity), k.buyer(jiashan, 2, 100_000_00)
	before := k.amounts()
	d := k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer), seller, buyer, settlement.SellerRegionConfirm)
	paid := k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer), seller, buyer, settlement.Fund)
	k.advance(calendar.NewDate(2026, 7, 6).Start())
	k.refusesStep(d, k.leaders[jiashan], settlement.BuyerRegionConfirm, ErrDealStale)
	done[AttainmentResult](k.office, k.leader, AttainmentSet{Region: jiashan, Pollutant: "VOCs", Year: 2025, Document: "bulletin"})
	k.runTimers()
	for _, of := range []settlement.Deal{d, paid} {
		if got := storedRow(k.office, Deals, of.ID); got.State != settlement.DealLapsed {
			t.Errorf("deal %d is %s", of.ID, got.State)
		}
		k.refusesStep(of, k.upper, settlement.Settle, settlement.ErrNotNow)
	}
	if diff := cmp.Diff(before, k.amounts()); diff != "" {
		t.Error(diff)
	}
}

// Two deals and an order cannot sell the same permits, nor two deals spend the
// same money.
func TestDeal_NoDoubleUse(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 2*quantity.OneQuantity), k.buyer(jiashan, 2, 5000_00)
	first := k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1000), buyer), seller, buyer, settlement.Fund)
	second := k.propose(k.offer(seller, buyer, 2*quantity.OneQuantity, 1000), buyer)
	k.refusesStep(second, seller.user, settlement.SellerSign, ledger.ErrInsufficient)
	third := k.run(k.propose(k.offer(seller, buyer, quantity.OneQuantity, 1), buyer), seller, buyer, settlement.BureauApprove)
	k.refusesStep(third, buyer.user, settlement.Fund, ledger.ErrInsufficient)
	k.step(first, k.leaders[jiashan], settlement.Settle)
}

// A deal comes out of a bounded number of acquisitions.
func TestCheckSources_Bounded(t *testing.T) {
	t.Parallel()
	l := ledger.New()
	d := settlement.Deal{SellerRegion: jiashan, Pollutant: "VOCs", SellerParty: 1, SellerLicence: 1, Instrument: 1}
	key := d.SellerKey()
	l.Load(ledger.Account{
		ID: 1, Kind: key.Kind, Origin: key.Origin, Region: key.Region, Pollutant: key.Pollutant, Party: 1, Licence: 1, Instrument: 1,
	}, ledger.Balance{ID: 1, Balance: 2 * MaxSources})
	for i := range 2 * MaxSources { // every other one without a price: it is passed over
		l.LoadAcquisition(ledger.Acquisition{ID: int64(i + 1), Account: 1, AcquiredOn: 20260101, PriceKnown: i%2 == 0, Quantity: 1, Remaining: 1})
	}
	v := &View{state: &state{ledger: l}}
	for q, want := range map[quantity.Quantity]error{MaxSources: nil, MaxSources + 1: ErrTooManySources} {
		l.LoadAcquisition(ledger.Acquisition{ID: 5000 + int64(q), Account: 1, AcquiredOn: 20260102, PriceKnown: true, Quantity: 1, Remaining: 1})
		d.Quantity = q
		if err := v.checkSources(d); !errors.Is(err, want) {
			t.Errorf("%d: got %v, want %v", q, err, want)
		}
	}
}

// Whatever anybody does with deals and orders, in any order, each command is
// done or refused with a fault, and after each one permitx check finds nothing.
func TestDeal_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			randomDeals(t, rand.New(rand.NewSource(seed)), 200)
		})
	}
}

func randomDeals(t *testing.T, r *rand.Rand, steps int) {
	t.Helper()
	k := openTermDesk(t)
	k.pair(qingpu, jiashan, func(p *PairAdd) { p.Coefficient = 900_000 })
	k.pair(jiashan, qingpu, func(p *PairAdd) { p.Upper = false })
	firms := []firm{k.seller(qingpu, 1, 20*quantity.OneQuantity), k.seller(jiashan, 2, 20*quantity.OneQuantity), k.buyer(jiashan, 3, 1), k.buyer(qingpu, 4, 1)}
	people := []int64{k.leaders[qingpu], k.leaders[jiashan], k.upper, k.finance}
	for _, f := range firms {
		k.pay(f, 50_000_00)
		people = append(people, f.user)
	}
	seen := map[settlement.DealState]int{}
	for range steps {
		switch n := r.Intn(20); {
		case n < 2:
			k.randomProposal(r, firms)
		case n < 4:
			f := firms[r.Intn(len(firms))]
			k.do(f.user, PlaceOrder{
				Market: "VOCS", Instrument: k.inst.Code, Licence: f.licence.ID, Side: market.Side(1 + r.Intn(2)), TimeInForce: market.GTC,
				Price: quantity.Price(990+r.Intn(20)) * quantity.OnePrice, Quantity: quantity.Quantity(1+r.Intn(20)) * 100_000,
			})
		case n == 4 && r.Intn(5) == 0:
			k.restart()
		default:
			k.randomStep(r, people, seen)
		}
	}
	if seen[settlement.DealReversed]+seen[settlement.DealClosed]+seen[settlement.DealCertified]+seen[settlement.DealDelivered]+seen[settlement.DealSettledAccounts] == 0 {
		t.Errorf("nothing was settled: %v", seen)
	}
	t.Logf("steps to %v", seen)
	k.advance(k.inst.TermEnd.AddDays(2).Start())
	k.advance(k.inst.TermEnd.AddDays(3).Start())
	if e := k.termEndRow(); e.State != TermEndDone {
		t.Errorf("%+v", e)
	}
	k.check()
}

func (k *dealDesk) randomProposal(r *rand.Rand, firms []firm) {
	k.t.Helper()
	seller, buyer := firms[r.Intn(len(firms))], firms[r.Intn(len(firms))]
	c := k.offer(seller, buyer, quantity.Quantity(1+r.Intn(40))*100_000, int64(500+r.Intn(1000)))
	c.Months = int32(r.Intn(13))
	by := buyer
	if r.Intn(2) == 0 {
		c.Proposer, by = settlement.SellerSide, seller
	}
	if r.Intn(3) == 0 {
		c.Payment = settlement.DirectPayment
	}
	if c.Kind == settlement.CrossRegion && r.Intn(2) == 0 {
		c.CapEffect = settlement.CapReturnsAtTerm
	}
	if r.Intn(3) == 0 {
		c.Project = k.projectOf(buyer, 1_500_000)
	}
	k.do(by.user, c)
}

// randomStep lets somebody take a step of some deal, mostly one that he may
// take and that leads on.
func (k *dealDesk) randomStep(r *rand.Rand, people []int64, seen map[settlement.DealState]int) {
	k.t.Helper()
	var going []settlement.Deal
	q := Query{}
	for _, s := range append(slices.Clone(settlement.EndedStates), settlement.DealClosed, settlement.DealCertified) {
		q = q.And("state", Ne, string(s))
	}
	if err := k.store.Find(k.t.Context(), Deals.name, q, &going); err != nil {
		k.t.Fatal(err)
	}
	if len(going) == 0 {
		return
	}
	d := going[r.Intn(min(len(going), 4))]
	var h settlement.History
	if err := k.store.Find(k.t.Context(), DealSteps.name, Where("deal", d.ID), (*[]settlement.DealStep)(&h)); err != nil {
		k.t.Fatal(err)
	}
	for _, i := range r.Perm(len(people)) {
		events := NextDealEvents(k.actor(people[i]), d, h)
		if len(events) == 0 {
			continue
		}
		e := events[r.Intn(len(events))]
		if (e == settlement.Reject || e == settlement.Withdraw) && r.Intn(20) > 0 || e == settlement.ConsentReversal && r.Intn(3) > 0 {
			continue
		}
		if f := k.do(people[i], DealStep{Deal: d.ID, Event: e, Document: "document", Note: "note"}); f == nil {
			seen[k.deal(d.ID).State]++
		}
		return
	}
	k.do(people[r.Intn(len(people))], DealStep{Deal: d.ID, Event: settlement.DealEvents[r.Intn(len(settlement.DealEvents))], Document: "document", Note: "note"})
}

// actor reads a person's grants as a query would.
func (k *dealDesk) actor(person int64) identity.Actor {
	k.t.Helper()
	a := identity.Actor{Person: person}
	q := Where("person", person).And("state", Eq, string(identity.GrantActive))
	if err := k.store.Find(k.t.Context(), Grants.name, q, &a.Grants); err != nil {
		k.t.Fatal(err)
	}
	return a
}
