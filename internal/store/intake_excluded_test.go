package store

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// listed is a register whose lists get entries.
type listed struct {
	rides
	entries *[]carbon.Exclusion
}

func (l listed) Excluded(_ context.Context, identifiers []string) (all []carbon.Exclusion, err error) {
	for _, e := range *l.entries {
		if slices.Contains(identifiers, e.Identifier) {
			all = append(all, e)
		}
	}
	return all, nil
}

func listedIntake(t *testing.T, s intake.Store, now *calendar.Instant, entries *[]carbon.Exclusion) *intake.Intake {
	t.Helper()
	in, err := intake.Open(t.Context(), intake.Config{
		Store: s, Register: func() (intake.Register, error) { return listed{rides{}, entries}, nil },
		Clock: func() calendar.Instant { return *now }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// made is what a plant has made some days before someDay, in kWh of 1 kgCO2e each.
func made(sourceID, who, plant string, daysBefore int, kWh quantity.Measure) intake.Activity {
	a := ride(sourceID, who, daysBefore, 8, 0)
	a.Scenario, a.Identifier = "plant", plant
	a.Inputs = []carbon.Value{{Name: "made", Amount: kWh * quantity.OneMeasure, Unit: "kWh"}}
	return a
}

// closedPools closes a month and returns its units by methodology, and the source
// ids of what was taken back before.
func closedPools(t *testing.T, in *intake.Intake, m intake.Month) (units map[int64]int64, excluded []string) {
	t.Helper()
	a, err := in.CloseMonth(t.Context(), 2, "close "+m.String(), intake.MonthClose{Scheme: 1, Month: m, Early: true})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Pools    []struct{ Methodology, Units int64 }
		Excluded []struct {
			SourceID  string `json:"source_id"`
			CountedIn string `json:"counted_in"`
			Identifier,
			Amount string
		}
	}
	if err := json.Unmarshal(a.Body, &got); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	units = map[int64]int64{}
	for _, p := range got.Pools {
		units[p.Methodology] = p.Units
	}
	for _, x := range got.Excluded {
		excluded = append(excluded, fmt.Sprintf("%s %s %s %s", x.SourceID, x.Identifier, x.CountedIn, x.Amount))
	}
	return units, excluded
}

// What a list of another register has got since its activities were accepted is
// taken back before a month is handed on, and nothing else: not what is of other days or
// was taken back already. What came back from a rejected issuance is asked for again.
func TestIntake_ExcludedAtClose(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now, entries := openedIntake(t, url), someDay, []carbon.Exclusion{}
		in := listedIntake(t, s, &now, &entries)
		defer in.Close()
		plantRide := ride("b", "dora", 3, 8, 0)
		plantRide.Identifier = "GRID-9"
		back := reversalOf("taken")
		back.Scenario = "plant"
		submit(t, in, "july",
			made("listed", "anna", "GRID-9; made=1 kWh", 3, 3), made("before", "bert", "GRID-9", 4, 5), made("taken", "carl", "GRID-9", 3, 7), back,
			made("other", "dora", "GRID-8", 3, 2), plantRide, ride("plain", "emil", 3, 8, 0))
		entries = append(entries,
			carbon.Exclusion{List: carbon.GreenCertificate, Identifier: "GRID-9", ValidFrom: 20260717, Source: "list"},
			carbon.Exclusion{List: carbon.CCER, Identifier: "GRID-9; made=1 kWh", ValidFrom: 20260701, Source: "list"})
		now = now.Add(35 * 24 * time.Hour)
		units, excluded := closedPools(t, in, 202607)
		want := []string{"listed GRID-9; made=1 kWh ccer -3", "b GRID-9 green_certificate -0.052"}
		if units[2] != 7 || units[1] != 0 || !slices.Equal(excluded, want) {
			t.Errorf("July: %v units without %q; want 7 without %q", units, excluded, want)
		}
		if p, err := in.Participant(t.Context(), 1, "dora"); err != nil || p.Left != 0 {
			t.Errorf("points of dora: %s, %v", p.Left, err)
		}
		verified(t, s)

		if err := in.Return(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		submit(t, in, "august", made("upheld", "fred", "GRID-6", 3, 1), made("august", "anna", "GRID-5", 3-35, 4))
		entries = append(entries,
			carbon.Exclusion{List: carbon.LocalETS, Identifier: "GRID-8", ValidFrom: 20260101, Source: "list"},
			carbon.Exclusion{List: carbon.LocalETS, Identifier: "GRID-6", ValidFrom: 20260101, Source: "list"})
		now = now.Add(30 * 24 * time.Hour)
		units, excluded = closedPools(t, in, 202608)
		want = []string{"other GRID-8 local_ets -2", "upheld GRID-6 local_ets -1"}
		if units[2] != 9 || !slices.Equal(excluded, want) {
			t.Errorf("August: %v units without %q; want 9 without %q", units, excluded, want)
		}
		if _, again := closedPools(t, in, 202608); !slices.Equal(again, want) {
			t.Errorf("the close again: %q", again)
		}
		verified(t, s)
	})
}

// A month of which a list has more than a command takes back is not closed before
// the operator has taken back some; what names a plant is found through an index.
func TestIntake_ExcludedTooMany(t *testing.T) {
	t.Parallel()
	url := freshSQLiteIntake(t)
	s, now, entries := openedIntake(t, url), someDay, []carbon.Exclusion{}
	in := listedIntake(t, s, &now, &entries)
	defer in.Close()
	var all, back []intake.Activity
	for i := range intake.MaxActivities + 1 {
		id := fmt.Sprint(i)
		all = append(all, made(id, "p"+id, "GRID-9", 3, 1))
	}
	for _, id := range []string{"0", "10000"} {
		b := reversalOf(id)
		b.Scenario = "plant"
		back = append(back, b)
	}
	submit(t, in, "first", all[:intake.MaxActivities]...)
	submit(t, in, "last", all[intake.MaxActivities:]...)
	entries = append(entries, carbon.Exclusion{List: carbon.CCER, Identifier: "GRID-9", ValidFrom: 20260701, Source: "list"})
	now = now.Add(30 * 24 * time.Hour)
	_, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607, Early: true})
	if f, ok := fault.As(err); !ok || f.Code != intake.ErrPoolExcluded.Code {
		t.Fatalf("closed: %v", err)
	}
	verified(t, s)
	submit(t, in, "back", back...)
	if units, excluded := closedPools(t, in, 202607); units[2] != 0 || len(excluded) != intake.MaxActivities-1 {
		t.Errorf("%v units without %d activities", units, len(excluded))
	}
	verified(t, s)

	var plan []string
	rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+identifiedSQL(202607), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var a, b, c int
		var step string
		if err := rows.Scan(&a, &b, &c, &step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(plan, "; "); !strings.Contains(all, "activity_202607_identified") || !strings.Contains(all, "activity_202607_reversal") || strings.Contains(all, "SCAN") {
		t.Errorf("what names a plant is found by %s", all)
	}
}
