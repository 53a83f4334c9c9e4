package store

import (
	"slices"
	"testing"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/pgtest/dbtest"
	"permitx/internal/reserve"
)

// reserveBeforeLots is a reserve of 10 t/a as it was before there were lots, 3 t/a
// of it sold by two notices that wait for their payment.
var reserveBeforeLots = []string{
	"UPDATE registry SET last_at = 1782000000000000, length = 0",
	"INSERT INTO account (id, kind, origin, region, pollutant, party, licence, instrument, command) VALUES (1, 3, 0, '330421', 'VOCs', 0, 0, 0, 1), (2, 3, 0, '330402', 'VOCs', 0, 0, 0, 1)",
	"INSERT INTO balance (id, balance, held, last_posting, command) VALUES (1, 10000000, 3000000, 0, 1), (2, 0, 0, 0, 1)",
	"INSERT INTO hold (id, account, amount, purpose, reference, state, command) VALUES (1, 1, 1000000, 'primary_sale', 1, 'active', 1), (2, 1, 2000000, 'primary_sale', 2, 'active', 1), (3, 1, 5, 'primary_sale', 3, 'voided', 1)",
	`INSERT INTO payment_notice (id, party, region, licence, instrument, pollutant, quantity, price, months, amount, due_on, document, state, hold, paid, proof, paid_on,
	 matched, reason, transfer, acquisition, issued_at, proved_at, delivered_at, command)
	 SELECT h.id, 1, '330421', 1, 1, 'VOCs', h.amount, 1, 1, 1, 20260101, '', CASE h.state WHEN 'active' THEN 'issued' ELSE 'cancelled' END, h.id, 0, '', 0, FALSE, '', 0, 0, 1, 0, 0, 1 FROM hold h`,
}

// A registry that was in use before there were lots gets them from what lies
// in its reserve: one for each account, claimed by the notices that wait.
func TestMigrate_LotsOfAnOlderReserve(t *testing.T) {
	t.Parallel()
	const before = 8
	upgrade := func(t *testing.T, url string) {
		t.Helper()
		db, p, err := provider(url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := p.UpTo(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		for _, q := range reserveBeforeLots {
			if _, err := db.ExecContext(t.Context(), q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		if _, err := p.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := opened(t, url)
		var lots []reserve.Lot
		if err := s.Find(t.Context(), app.Lots.Name(), app.Query{}, &lots); err != nil {
			t.Fatal(err)
		}
		if len(lots) != 1 || lots[0].Available != 7_000_000 || lots[0].Reserved != 3_000_000 || lots[0].AddedOn != 20260621 {
			t.Errorf("%+v", lots)
		}
		for _, v := range apptest.Violations(t, s) {
			if slices.Contains([]string{"I-3", "I-20", "I-21", "I-22"}, v.Invariant) {
				t.Error(v)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); upgrade(t, t.TempDir()+"/old.db") })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		upgrade(t, dbtest.Template(t, "empty", func(string) error { return nil }).OwnerURL)
	})
}
