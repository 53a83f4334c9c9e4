package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/pgtest/dbtest"
)

// orderBatch is what n orders write of which half trade: the shape of a batch
// of the order path.
func orderBatch(r app.Registry, n int, accounts int) *app.Batch {
	b := &app.Batch{Epoch: r.Epoch, Registry: r}
	digest := make([]byte, 32)
	first := r.Length * 4
	balances := map[ledger.AccountID]bool{}
	for i := range n {
		number := r.Length + int64(i) + 1
		b.Journal = append(b.Journal, app.JournalRow{
			Number: number, At: calendar.Instant(number), Actor: 7, Kind: "order.place", Key: fmt.Sprintf("k-%d", number),
			Payload: digest, Status: 201, Result: make([]byte, 300), Changes: make([]byte, 180), Digest: digest, Hash: digest, Build: "bench",
		})
		b.Payloads = append(b.Payloads, app.JournalPayload{Number: number, Payload: make([]byte, 130)})
		b.Orders.New = append(b.Orders.New, market.Record{
			ID: number, Market: 1, Instrument: 1, Party: 1, Licence: 1, Side: market.Buy, TimeInForce: market.GTC,
			State: market.Open, Price: 1000, Quantity: 1000, Remaining: 1000, Hold: 100, Command: number,
		})
		balances[ledger.AccountID(1+number%int64(accounts))] = true
		if i%2 == 0 {
			continue
		}
		for k := range int64(2) {
			b.Postings = append(b.Postings, ledger.Posting{
				ID: first + int64(i)*2 + k + 1, Transfer: first, Reason: ledger.Fill, Debit: 1, Credit: 2, Amount: 5, Command: number,
			})
		}
		b.Trades = append(b.Trades, market.Trade{
			ID: number, Market: 1, Instrument: 1, BuyOrder: 1, SellOrder: 2, Taker: market.Buy, Price: 1, Quantity: 1,
			BuyerRegion: "330421", SellerRegion: "330421", Command: number,
		})
		b.Acquisitions.New = append(b.Acquisitions.New, ledger.Acquisition{
			ID: number, Account: 1, AcquiredOn: 20260101, Document: "trade", Quantity: 1, Remaining: 1, Command: number,
		})
		if r.Length > 0 {
			b.Orders.Changed = append(b.Orders.Changed, market.Record{ID: number - int64(n), State: market.Open, Remaining: 5, Hold: 5, Command: number})
			b.Acquisitions.Changed = append(b.Acquisitions.Changed, ledger.Acquisition{ID: number - int64(n), Remaining: 0, Command: number})
		}
	}
	for id := range balances {
		row := ledger.Balance{ID: id, Balance: 10, Held: 5, LastPosting: first, Command: r.Length}
		if r.Length == 0 {
			b.Balances.New = append(b.Balances.New, row)
		} else {
			b.Balances.Changed = append(b.Balances.Changed, row)
		}
	}
	b.Registry.Batch++
	b.Registry.Length += int64(n)
	b.Registry.Head = digest
	return b
}

// BenchmarkFlush measures the commit of orders of which half trade: as many as
// come one by one, and as come in batches.
func BenchmarkFlush(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name+"/256", func(b *testing.B) { benchmarkFlush(b, name, 256) })
		b.Run(name+"/3000", func(b *testing.B) { benchmarkFlush(b, name, 3_000) })
	}
}

func benchmarkFlush(b *testing.B, name string, orders int) {
	b.Helper()
	url := filepath.Join(b.TempDir(), "bench.db")
	if name == "postgres" {
		url = dbtest.Database(b).OwnerURL
	}
	ctx := context.Background()
	if _, err := Migrate(ctx, url); err != nil {
		b.Fatal(err)
	}
	s, err := Open(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r, err := s.TakeOver(ctx, 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		batch := orderBatch(r, orders, 100)
		if err := s.Commit(ctx, batch); err != nil {
			b.Fatal(err)
		}
		r = batch.Registry
	}
	b.ReportMetric(float64(orders*b.N)/b.Elapsed().Seconds(), "orders/s")
}
