package apptest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/settlement"
)

// Run tests an App on a kind of store. open gives a fresh, migrated registry
// each time.
func Run(t *testing.T, open func(t *testing.T) app.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, f *Faulty)
	}{
		{"LastPermitSoldOnce", lastPermitSoldOnce},
		{"LastOfAnOffer", lastOfAnOffer},
		{"Idempotency", idempotency},
		{"RefusedLeavesNoTrace", refusedLeavesNoTrace},
		{"QuarantineOne", quarantineOne},
		{"UnknownCommit", unknownCommit},
		{"LostBeforeCommit", lostBeforeCommit},
		{"FencedWriterStops", fencedWriterStops},
		{"PriceImprovementIsExact", priceImprovementIsExact},
		{"QueueFull", queueFull},
		{"OrderPathReadsNothing", orderPathReadsNothing},
		{"DealsAndTermEnd", dealsAndTermEnd},
		{"OpeningTaken", openingTaken},
		{"BothSides", bothSides},
		{"CreditsTradedAndFrozen", creditsTradedAndFrozen},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := &Faulty{Store: open(t)}
			c.test(t, f)
			Check(t, f)
		})
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("RandomCommands/seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			f := &Faulty{Store: open(t)}
			RandomCommands(t, f, seed, 150)
			Check(t, f)
		})
	}
}

const ton = quantity.OneQuantity

func (w *World) sell(f Firm, q quantity.Quantity, price int64) app.PlaceOrder {
	return app.PlaceOrder{
		Market: w.Market, Instrument: w.Instrument.Code, Licence: f.Licence.ID, Side: market.Sell, TimeInForce: market.GTC,
		Price: quantity.Price(price) * quantity.OnePrice, Quantity: q,
	}
}

func (w *World) buy(f Firm, q quantity.Quantity, price int64) app.PlaceOrder {
	c := w.sell(f, q, price)
	c.Side, c.ExistingUnit = market.Buy, true
	return c
}

// together sends commands at the same time and returns how each ended.
func (w *World) together(t *testing.T, n int, send func(i int) (app.Answer, error)) map[string]int {
	t.Helper()
	var wg sync.WaitGroup
	codes := make([]string, n)
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a, err := send(i)
			codes[i] = Code(t, a, err)
		}()
	}
	wg.Wait()
	count := map[string]int{}
	for _, c := range codes {
		count[c]++
	}
	return count
}

// Of 200 clients that sell the last 1.0000 t/a of a holding at the same time,
// exactly one succeeds.
func lastPermitSoldOnce(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 1)
	w.Grant(w.Firms[0], ton, ton, 2000*quantity.OnePrice)
	got := w.together(t, 200, func(int) (app.Answer, error) { return w.Do(w.Firms[0].Person, w.sell(w.Firms[0], ton, 2400)) })
	if got[""] != 1 || got["ledger.insufficient_balance"] != 199 {
		t.Errorf("outcomes %v, want one success and 199 ledger.insufficient_balance", got)
	}
}

// The database finds the fills of two parties with a user or an account in
// common, of a month and no others, and names an account that one of them has used
// for nobody.
func bothSides(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 3)
	for _, firm := range w.Firms {
		w.Grant(firm, 3*ton, 3*ton, 2000*quantity.OnePrice)
		w.Fund(firm, 1_000_000_00)
	}
	meet := func(seller, buyer Firm) {
		w.Must(seller.Person, w.sell(seller, ton, 2400))
		w.Must(buyer.Person, w.buy(buyer, ton, 2400))
	}
	w.Must(w.Admin, app.GrantAdd{Person: w.Firms[1].Person, Role: identity.Enterprise, Party: w.Firms[0].Party})
	meet(w.Firms[0], w.Firms[1])
	meet(w.Firms[0], w.Firms[2])
	meet(w.Firms[2], w.Firms[1])
	uses, err := f.SharedAccounts(t.Context(), w.Clock.Now().Date())
	if err != nil || len(uses) != 0 {
		t.Errorf("before any statement: %v, %v", uses, err)
	}
	month := report.MonthOf(w.Clock.Now().Date())
	for m, want := range map[calendar.Date]int{month: 1, month.AddDays(-1): 0} {
		found, err := w.App.Exceptions(t.Context(), app.ExceptionQuery{Kind: report.SameContact, Month: report.MonthOf(m)})
		if err != nil || len(found) != want {
			t.Errorf("in the month of %s: %+v, %v", m, found, err)
		}
	}
	w.bankLine(w.Firms[0], "6222")
	w.bankLine(w.Firms[2], "6222")
	w.bankLine(w.Firms[1], "6333")
	uses, err = f.SharedAccounts(t.Context(), w.Clock.Now().Date())
	want := []app.AccountUse{{Account: "6222", Party: w.Firms[0].Party}, {Account: "6222", Party: w.Firms[2].Party}}
	if err != nil || !slices.Equal(uses, want) {
		t.Errorf("accounts of several parties: %v, %v, want %v", uses, err, want)
	}
	if uses, err = f.SharedAccounts(t.Context(), w.Clock.Now().Date().AddDays(-1)); err != nil || len(uses) != 0 {
		t.Errorf("a day before: %v, %v", uses, err)
	}
}

// bankLine brings a payment of a firm from an account by a bank statement.
func (w *World) bankLine(f Firm, account string) {
	w.T.Helper()
	p, _ := app.ReadTable(w.App.Reference(), app.Parties).Get(f.Party)
	reference, today := w.key("line"), w.Clock.Now().Date()
	w.Must(w.Finance, app.DepositConfirm{Party: f.Party, Amount: 100, BankReference: reference, ReceivedOn: today, Payer: p.Name})
	w.Must(w.Finance, app.StatementImport{Account: "1", From: today, To: today, Lines: []settlement.BankLine{
		{Reference: reference, Amount: 100, On: today, Payer: p.Name, PayerAccount: account},
	}})
}

// A repeated key gets the stored answer, also at the same time and for a
// refusal; with another command it is a conflict.
func idempotency(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 2)
	w.Fund(w.Firms[0], 100_000_00)
	actor := identity.Actor{Person: w.Firms[0].Person}
	for name, c := range map[string]app.Command{"done": w.buy(w.Firms[0], ton, 2400), "refused": w.sell(w.Firms[0], ton, 2400)} {
		first, err := w.App.Do(context.Background(), actor, "same-"+name, c)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			again, err := w.App.Do(context.Background(), actor, "same-"+name, c)
			if err != nil || !again.Replayed || again.Status != first.Status || string(again.Body) != string(first.Body) || again.Command != first.Command {
				t.Errorf("%s: repeated: %+v, %v; first: %+v", name, again, err, first)
			}
		}
	}
	if _, err := w.App.Do(context.Background(), actor, "same-done", w.buy(w.Firms[0], 2*ton, 2400)); !errors.Is(err, app.ErrKeyReused) {
		t.Errorf("another command with a used key: %v", err)
	}
	w.together(t, 50, func(int) (app.Answer, error) {
		return w.App.Do(context.Background(), actor, "together", w.buy(w.Firms[0], ton, 2300))
	})
	orders := read[market.Record](t, f, "market_order", app.Where("price", int64(2300*quantity.OnePrice)))
	if len(orders) != 1 {
		t.Errorf("%d orders were placed with one key", len(orders))
	}
}

// A refused command changes no row but its own in the journal.
func refusedLeavesNoTrace(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 1)
	before, err := f.Registry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	postings, _ := f.LastID(t.Context(), "posting")
	if code := w.Refused(w.Firms[0].Person, w.sell(w.Firms[0], ton, 2400)); code != "rule.only_paid_permits" {
		t.Errorf("code %q", code)
	}
	rows := read[app.JournalRow](t, f, "journal", app.Query{After: before.Length})
	if len(rows) != 1 || rows[0].Status != http.StatusUnprocessableEntity || len(rows[0].Changes) != 0 {
		t.Errorf("the journal got %d rows: %+v", len(rows), rows)
	}
	if after, err := f.LastID(t.Context(), "posting"); err != nil || after != postings {
		t.Errorf("postings %d, then %d (%v)", postings, after, err)
	}
}

// Of 100 commands in a batch one breaks a constraint: 99 succeed, it is
// quarantined, and its repetition gets the same answer.
func quarantineOne(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 1)
	w.Fund(w.Firms[0], 100_000_000_00)
	actor := identity.Actor{Person: w.Firms[0].Person}
	release := f.Stop(t)
	f.keepBusy(t, w)
	f.Before(Poison("poison"))
	done := make(chan map[string]int, 1)
	go func() {
		done <- w.together(t, 100, func(i int) (app.Answer, error) {
			key := fmt.Sprintf("batch-%d", i)
			if i == 37 {
				key = "poison"
			}
			return w.App.Do(context.Background(), actor, key, w.buy(w.Firms[0], ton, 2100+int64(i)))
		})
	}()
	waitFor(t, "the batch", func() bool { return w.App.Waiting() >= 99 })
	release()
	if got := <-done; got[""] != 99 || got["command.quarantined"] != 1 {
		t.Errorf("outcomes %v, want 99 done and one quarantined", got)
	}
	again, err := w.App.Do(context.Background(), actor, "poison", w.buy(w.Firms[0], ton, 2137))
	if err != nil || again.Status != http.StatusInternalServerError || !again.Replayed {
		t.Errorf("repeated: %+v, %v", again, err)
	}
}

// keepBusy lets the writer stand in a commit, so that what is sent next waits
// and becomes one batch. Commits must be stopped.
func (f *Faulty) keepBusy(t *testing.T, w *World) {
	t.Helper()
	commits := f.Commits()
	go w.Do(w.Admin, app.PersonAdd{Name: "busy"}) // seen by its commit
	waitFor(t, "the writer to be busy", func() bool { return f.Commits() > commits })
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Minute) // for what never comes; a slow machine may take its time
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// When the outcome of a commit is not known, the answer agrees with the
// database, whether the batch was there or not.
func unknownCommit(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 1)
	w.Fund(w.Firms[0], 100_000_000_00)
	for _, committed := range []bool{true, false} {
		var once sync.Once
		lose := func() (err error) {
			once.Do(func() { err = app.ErrUnknown })
			return err
		}
		if committed {
			f.After(func(_ *app.Batch, err error) error { return errors.Join(err, lose()) })
		} else {
			f.Before(func(*app.Batch) error { return lose() })
		}
		a := w.Must(w.Firms[0].Person, w.buy(w.Firms[0], ton, 2000))
		rows := read[app.JournalRow](t, f, "journal", app.Where("number", a.Command))
		if len(rows) != 1 || string(rows[0].Result) != string(a.Body) {
			t.Errorf("committed %v: the journal says %+v, the answer was %s", committed, rows, a.Body)
		}
		f.After(nil)
		f.Before(nil)
	}
	if orders := read[market.Record](t, f, "market_order", app.Query{}); len(orders) != 2 {
		t.Errorf("%d orders, want 2", len(orders))
	}
}

// A connection that is lost before COMMIT is tried again; nobody notices.
func lostBeforeCommit(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 1)
	f.Before(LoseOnce())
	w.Fund(w.Firms[0], 5_00)
	if b := fundsOf(t, f, w.Firms[0]); b.Balance != 5_00 {
		t.Errorf("funds %d, want 500", b.Balance)
	}
}

func fundsOf(t *testing.T, r app.Reader, firm Firm) ledger.Balance {
	t.Helper()
	q := app.Where("party", firm.Party).And("kind", app.Eq, int64(ledger.Funds))
	accounts := read[ledger.Account](t, r, "account", q)
	if len(accounts) != 1 {
		t.Fatalf("%d funds accounts", len(accounts))
	}
	return read[ledger.Balance](t, r, "balance", app.Where("id", int64(accounts[0].ID)))[0]
}

// A writer whose role was taken answers nobody and stops.
func fencedWriterStops(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 1)
	if _, err := f.TakeOver(t.Context(), w.Clock.Now()+10*60*1_000_000); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Do(w.Leader, app.CapDecide{Region: Nanhu, Pollutant: VOCs, Change: ton, Document: "d", DecidedOn: 20260701}); err == nil {
		t.Error("a fenced writer acknowledged a command")
	}
	<-w.App.Stopped()
	if err := w.App.Close(); !errors.Is(err, app.ErrFenced) {
		t.Errorf("the writer stopped because of %v, want ErrFenced", err)
	}
}

// Ten one-lot fills of a buy cost exactly their prices; what the limit would
// have cost more is given back to the fen.
func priceImprovementIsExact(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 2)
	seller, buyer := w.Firms[0], w.Firms[1]
	w.Fund(buyer, 1_000_000_00)
	w.Grant(seller, ton, ton, 2000*quantity.OnePrice)
	for range 10 {
		w.Must(seller.Person, w.sell(seller, 100, 4007))
	}
	r := Result[app.OrderResult](w, buyer.Person, w.buy(buyer, 1000, 4100))
	var paid quantity.Money
	for _, fill := range r.Fills {
		paid += fill.Amount
	}
	if b := fundsOf(t, f, buyer); len(r.Fills) != 10 || b.Held != 0 || b.Balance != 1_000_000_00-int64(paid) {
		t.Errorf("%d fills for %s, funds %d of which %d held", len(r.Fills), paid, b.Balance, b.Held)
	}
	if b := fundsOf(t, f, seller); quantity.Money(b.Balance) != paid {
		t.Errorf("the seller got %d, the buyer paid %s", b.Balance, paid)
	}
}

// A full queue refuses with a fault that says to try again, and loses nothing
// that it took.
func queueFull(t *testing.T, f *Faulty) {
	t.Helper()
	const limit, sent = 500, 1000
	w := NewWorld(t, f, 1)
	w.Fund(w.Firms[0], 100_000_000_00)
	if err := w.App.Close(); err != nil {
		t.Fatal(err)
	}
	w.App = Open(t, f, w.Clock, func(c *app.Config) { c.QueueLimit = limit })
	release := f.Stop(t)
	f.keepBusy(t, w) // or the writer takes the whole queue before anybody has seen it full
	var answered atomic.Int64
	done := make(chan map[string]int, 1)
	go func() {
		done <- w.together(t, sent, func(i int) (app.Answer, error) {
			defer answered.Add(1)
			return w.Do(w.Firms[0].Person, w.buy(w.Firms[0], 100, 1+int64(i%1000)))
		})
	}()
	waitFor(t, "what the full queue refuses", func() bool { return answered.Load() == sent-limit })
	release()
	got := <-done
	if got[""] != limit || got["command.queue_full"] != sent-limit {
		t.Errorf("outcomes %v", got)
	}
	if n := len(read[market.Record](t, f, "market_order", app.Query{})); n != got[""] {
		t.Errorf("%d orders are there, %d were acknowledged", n, got[""])
	}
}

// Orders, their fills and their cancels ask the database nothing, and a batch
// of them is one commit.
func orderPathReadsNothing(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 2)
	seller, buyer := w.Firms[0], w.Firms[1]
	w.Fund(buyer, 100_000_000_00)
	w.Grant(seller, 100*ton, 100*ton, 2000*quantity.OnePrice)
	reads, release := f.Reads(), f.Stop(t)
	f.keepBusy(t, w)
	commits := f.Commits()
	done := make(chan map[string]int, 1)
	go func() {
		done <- w.together(t, 60, func(i int) (app.Answer, error) {
			if i%2 == 0 {
				return w.Do(seller.Person, w.sell(seller, ton, 2100+int64(i)))
			}
			return w.Do(buyer.Person, w.buy(buyer, ton, 2100+int64(i)))
		})
	}()
	waitFor(t, "the batch", func() bool { return w.App.Waiting() == 60 })
	release()
	if got := <-done; got[""] != 60 || f.Commits() != commits+1 {
		t.Errorf("outcomes %v in %d commits, want 60 done in one", got, f.Commits()-commits)
	}
	for _, o := range w.open() {
		w.Must(w.personOf(o.Party), app.CancelOrder{Order: o.ID})
	}
	if f.Reads() != reads+1 { // the one is the test's own list of open orders
		t.Errorf("%d reads for 60 orders and their cancels", f.Reads()-reads-1)
	}
}

func (w *World) open() []market.Record {
	return read[market.Record](w.T, w.App.Reader(), "market_order", app.Where("state", int64(market.Open)))
}

func (w *World) personOf(party int64) int64 {
	for _, f := range w.Firms {
		if f.Party == party {
			return f.Person
		}
	}
	w.T.Fatalf("no firm has the party %d", party)
	return 0
}
