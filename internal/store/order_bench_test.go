package store

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

type closable interface {
	app.Store
	Close() error
}

// BenchmarkOrders measures orders through the writer without HTTP: 256
// callers, half of the orders cross.
func BenchmarkOrders(b *testing.B) {
	stores := map[string]func(ctx context.Context) (closable, error){
		"sqlite":   func(ctx context.Context) (closable, error) { return Open(ctx, migratedSQLite(b)) },
		"postgres": func(ctx context.Context) (closable, error) { return Open(ctx, migratedPostgres(b)) },
		"nothing":  func(ctx context.Context) (closable, error) { return OpenNothing(ctx) },
	}
	for _, name := range []string{"nothing", "sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			s, err := stores[name](context.Background())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			w := apptest.NewWorld(b, s, 64)
			for _, f := range w.Firms {
				w.Fund(f, 1_000_000_000_00)
				w.Grant(f, 10*quantity.OneQuantity, 10*quantity.OneQuantity, 2000*quantity.OnePrice)
			}
			var n atomic.Int64
			b.SetParallelism(128)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					f := w.Firms[i%64]
					c := app.PlaceOrder{
						Market: w.Market, Instrument: w.Instrument.Code, Licence: f.Licence.ID, Side: market.Side(1 + i%2),
						TimeInForce: market.GTC, Price: quantity.Price(2000+i%3) * quantity.OnePrice, Quantity: 100,
					}
					if _, err := w.App.Do(context.Background(), identity.Actor{Person: f.Person}, strconv.FormatInt(i, 10), c); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
			w.App.Close()
		})
	}
}
