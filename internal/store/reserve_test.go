package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// reserveWorld is a registry in whose reserve of Jiashan something happens on
// each of some days.
func reserveWorld(t *testing.T, s *Store) {
	t.Helper()
	w := apptest.NewWorld(t, s, 1)
	q := quantity.OneQuantity
	for day := range 6 {
		w.Clock.Set(calendar.NewDate(2026, 7, 1+day).Start() + 9*3_600_000_000)
		w.Must(w.Leader, app.LotAdd{
			Region: apptest.Jiashan, Pollutant: apptest.VOCs, Provenance: reserve.GovernmentReduction, Quantity: 3 * q,
			AcquiredOn: 20260101, Document: "d", Cost: 1000_01,
		})
		w.Must(w.Leader, app.ReserveMove{Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToUnallocated, Quantity: q, Document: "d"})
		w.Must(w.Leader, app.LotRetire{
			Region: apptest.Jiashan, Pollutant: apptest.VOCs, Quantity: 2 * q, LotChoice: app.LotChoice{Order: reserve.NamedLots, Lots: []int64{int64(6 + day)}}, Document: "d",
		})
		w.Must(w.Leader, app.Allocate{
			Kind: reserve.Initial, Licence: w.Firms[0].Licence.ID, Instrument: w.Instrument.Code, Part: reserve.Reserve, Origin: ledger.Free,
			Quantity: q, AcquiredOn: 20260701, Document: "d",
		})
	}
	if err := w.App.Close(); err != nil {
		t.Fatal(err)
	}
	apptest.Check(t, s)
}

// naiveTotals adds up the movements of a reserve one by one, by event and provenance.
func naiveTotals(t *testing.T, s *Store, from, to calendar.Date) (reserve.Statement, map[int64]*reserve.LotLine) {
	t.Helper()
	var movements []reserve.LotMovement
	if err := s.Find(t.Context(), app.LotMovements.Name(), app.Where("region", apptest.Jiashan), &movements); err != nil {
		t.Fatal(err)
	}
	lots := map[int64]*reserve.LotLine{}
	var all []reserve.PeriodTotal
	for _, m := range movements {
		if m.Day > to {
			continue
		}
		total := reserve.PeriodTotal{Event: m.Event, Provenance: m.Provenance}
		figures := reserve.Figures{Quantity: m.Quantity, Cost: m.Cost, Amount: m.Amount, Movements: 1}
		if m.Day < from {
			total.Before = figures
		} else {
			total.Within = figures
		}
		all = append(all, total)
		if lots[m.Lot] == nil {
			lots[m.Lot] = &reserve.LotLine{}
		}
		lots[m.Lot].Add(total)
	}
	return reserve.StatementOf(apptest.Jiashan, apptest.VOCs, from, to, all), lots
}

// The statement of any period is what its movements come to one by one, in all
// and lot by lot, and its end is the ledger's account.
func TestReserveStatement(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		reserveWorld(t, s)
		for _, period := range [][2]calendar.Date{{20260701, 20260706}, {20260703, 20260704}, {20260101, 20260630}, {20260702, 20261231}, {20270101, 20271231}} {
			from, to := period[0], period[1]
			totals, err := s.ReserveTotals(t.Context(), apptest.Jiashan, apptest.VOCs, from, to)
			if err != nil {
				t.Fatal(err)
			}
			got := reserve.StatementOf(apptest.Jiashan, apptest.VOCs, from, to, totals)
			want, lots := naiveTotals(t, s, from, to)
			if got.Opening != want.Opening || got.Closing != want.Closing || got.Sold != want.Sold {
				t.Errorf("%s to %s: %+v, want %+v", from, to, got, want)
			}
			checkLines(t, s, from, to, got, lots)
		}
		var balances []ledger.Balance
		if err := s.read.Raw("SELECT b.* FROM balance b JOIN account a ON a.id = b.id WHERE a.kind = 3 AND a.region = ?", apptest.Jiashan).Scan(&balances).Error; err != nil {
			t.Fatal(err)
		}
		end, _ := naiveTotals(t, s, 20260701, 20261231)
		if int64(end.Closing.Quantity) != balances[0].Balance {
			t.Errorf("the statement ends with %s, the ledger has %d", end.Closing.Quantity, balances[0].Balance)
		}
	})
}

func checkLines(t *testing.T, s *Store, from, to calendar.Date, all reserve.Statement, lots map[int64]*reserve.LotLine) {
	t.Helper()
	var opening, closing reserve.Figures
	after := int64(0)
	for {
		lines, err := s.LotLines(t.Context(), app.LotLinesQuery{Region: apptest.Jiashan, Pollutant: apptest.VOCs, From: from, To: to, After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			want := *lots[l.Lot.ID]
			if diff := cmp.Diff(want.Opening, l.Opening); diff != "" {
				t.Errorf("lot %d opens %s", l.Lot.ID, diff)
			}
			if diff := cmp.Diff(want.Closing.Quantity, l.Closing.Quantity); diff != "" {
				t.Errorf("lot %d closes %s", l.Lot.ID, diff)
			}
			opening, closing, after = opening.Plus(l.Opening), closing.Plus(l.Closing), l.Lot.ID
		}
		if len(lines) < 2 {
			break
		}
	}
	if opening.Quantity != all.Opening.Quantity || closing.Quantity != all.Closing.Quantity || opening.Cost != all.Opening.Cost || closing.Cost != all.Closing.Cost {
		t.Errorf("%s to %s: the lots come to %+v and %+v, the statement to %+v and %+v", from, to, opening, closing, all.Opening, all.Closing)
	}
}

// No database takes a surplus of a year that is more than its own row leaves of
// the right (I-105).
func TestSurplusVerification_WithinYear(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		insert := func(id, quantity, year int64) error {
			return s.write.Exec(`INSERT INTO surplus_verification
				(id, party, region, licence, pollutant, quantity, rung, monitored, task_done, outcome, verified_on, document, recorded_at, year, permitted, actual, task, no_year, command)
				VALUES (?, 1, '330421', 1, 'VOCs', ?, 'licence_amount', TRUE, TRUE, 'sale', 20260701, 'd', 1, ?, 10, 4, 1, '', 1)`, id, quantity, year).Error
		}
		if err := errors.Join(insert(1, 5, 2025), insert(2, 6, 0)); err != nil {
			t.Error(err)
		}
		if insert(3, 6, 2025) == nil {
			t.Error("6 of a right of 10 less 4 and 1")
		}
	})
}
