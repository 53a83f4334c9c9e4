package store

import (
	"context"
	"testing"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/quantity"
)

// A check that begins where the last one ended finds nothing in what was done
// since, and what was altered since.
func TestCheckFrom(t *testing.T) {
	t.Parallel()
	path := migratedSQLite(t)
	s := opened(t, path)
	w := apptest.NewWorld(t, s, 2)
	w.Fund(w.Firms[1], 1_000_000_00)
	w.Grant(w.Firms[0], 10*quantity.OneQuantity, 8*quantity.OneQuantity, 2000*quantity.OnePrice)
	w.Trade(w.Firms[0], w.Firms[1])
	first := checkedFrom(t, s, app.Point{}, 0)
	again := checkedFrom(t, s, first, 0)
	if again.Number != first.Number || again.Posting != first.Posting || again.Trade != first.Trade {
		t.Errorf("nothing was done, the point went from %+v to %+v", first, again)
	}
	w.Trade(w.Firms[0], w.Firms[1])
	w.Fund(w.Firms[0], 5_00)
	second := checkedFrom(t, s, first, 0)
	if second.Number <= first.Number || second.Posting <= first.Posting || second.Trade <= first.Trade {
		t.Errorf("the point went from %+v to %+v", first, second)
	}
	if err := w.App.Close(); err != nil {
		t.Fatal(err)
	}
	tamperSQLite(t, path, []string{
		"UPDATE balance SET balance = balance + 1 WHERE id = (SELECT debit FROM posting ORDER BY id DESC LIMIT 1)",
		"UPDATE market_order SET price = price + 10000 WHERE id = (SELECT max(id) FROM market_order)",
		"UPDATE posting SET amount = amount + 1 WHERE id = (SELECT max(id) FROM posting)",
	})
	checkedFrom(t, s, first, 3)
	forged := second
	forged.Head = make([]byte, len(second.Head))
	checkedFrom(t, s, forged, 1)
}

// checkedFrom checks from a point; at least as many violations must be found.
func checkedFrom(t *testing.T, s *Store, from app.Point, least int) app.Point {
	t.Helper()
	r, registry, end, err := s.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	found, reached, err := app.CheckFrom(context.Background(), r, registry, from)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < least || least == 0 && len(found) > 0 {
		t.Errorf("from %d: %d violations, want %d or more: %v", from.Number, len(found), least, found)
	}
	return reached
}
