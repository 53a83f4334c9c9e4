package store

import (
	"context"
	"testing"
	"time"

	"permitx/internal/app/apptest"
)

// BenchmarkRestart measures the time from opening the database to a registry
// that is ready, with 200,000 open orders of 64 firms,
// each of which was a command.
func BenchmarkRestart(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": migratedSQLite, "postgres": migratedPostgres} {
		b.Run(name, func(b *testing.B) {
			s, err := Open(context.Background(), url(b))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			w := apptest.NewWorld(b, s, 64)
			for _, f := range w.Firms {
				w.Fund(f, 1_000_000_000_00)
			}
			began := time.Now()
			w.Rest(200_000)
			b.Logf("the orders took %s", time.Since(began))
			b.ResetTimer()
			for b.Loop() {
				if err := w.App.Close(); err != nil {
					b.Fatal(err)
				}
				w.App = apptest.Open(b, s, w.Clock)
			}
		})
	}
}
