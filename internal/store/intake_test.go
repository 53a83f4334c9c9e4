package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/intake"
	"permitx/internal/pgtest/dbtest"
	"permitx/internal/quantity"
)

// onBothIntakes runs a test on a fresh intake of each kind.
func onBothIntakes(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, freshSQLiteIntake(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, freshPostgresIntake(t))
	})
}

func freshSQLiteIntake(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "intake.db")
	if _, err := MigrateIntake(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

func freshPostgresIntake(t *testing.T) string {
	t.Helper()
	return dbtest.Template(t, "intake", func(url string) error {
		_, err := MigrateIntake(context.Background(), url)
		return err
	}).OwnerURL
}

// onEmptyIntakes runs a test on a database of each kind that has no intake yet.
func onEmptyIntakes(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, filepath.Join(t.TempDir(), "intake.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, dbtest.Template(t, "empty", func(string) error { return nil }).OwnerURL)
	})
}

// rides is a register with one scenario: a ride counts 52 g, 104 g a day at most,
// and 2 points.
type rides struct{}

// ridesRules are those of rides, as a check asks for them.
func ridesRules(context.Context) (intake.Rules, error) {
	r := intake.Rules{
		Schemes: map[int64]carbon.Scheme{1: {ID: 1}}, Scenarios: map[int64]carbon.Scenario{}, Versions: map[int64]intake.Version{},
		Upheld: func(source int64, a *intake.Activity, by calendar.Date) bool {
			return rides{}.Upheld(source, a) && by > 0
		},
	}
	for _, code := range []string{"bus", "plant"} {
		s, err := rides{}.Scenario(1, code, 0)
		if err != nil {
			return r, err
		}
		r.Scenarios[s.ID] = s.Scenario
		r.Versions[s.Version] = intake.Version{Methodology: carbon.Methodology{ID: s.Version, Code: s.Methodology}, Inputs: 1, Compute: s.Compute}
	}
	return r, nil
}

func (rides) Scenario(_ int64, code string, _ calendar.Date) (*intake.Scenario, error) {
	if code == "plant" { // as much as was measured, without a cap
		return &intake.Scenario{
			Scenario: carbon.Scenario{ID: 2, Scheme: 1, Code: "plant", Methodology: "plant", ClaimFrom: 2, ClaimTo: 9}, Version: 2, First: 2, Salt: []byte("salt"),
			Compute: func(in []carbon.Value) (quantity.Reduction, error) { return quantity.Reduction(in[0].Amount), nil },
		}, nil
	}
	if code != "bus" {
		return nil, fault.New(fault.Refused, "scenario.unknown", "no such scenario").At("scenario")
	}
	return &intake.Scenario{
		Scenario: carbon.Scenario{ID: 1, Scheme: 1, Code: "bus", Methodology: "bus", DailyCap: 104_000, ClaimFrom: 2, ClaimTo: 9, PointsRate: 2 * quantity.OneMeasure, PointsOf: "rides"},
		Version:  1, First: 1, Salt: []byte("salt"),
		Compute: func(in []carbon.Value) (quantity.Reduction, error) {
			if len(in) != 1 || in[0].Name != "rides" {
				return 0, fault.New(fault.Refused, "input.missing", "rides is missing").At("inputs/rides")
			}
			return quantity.Reduction(in[0].Amount) * 52 / 1000, nil
		},
	}, nil
}

func (rides) Upheld(_ int64, a *intake.Activity) bool { return a.SourceID == "upheld" }

func (r rides) Takes(source int64, code string) []*intake.Scenario {
	s, err := r.Scenario(source, code, 0)
	if err != nil {
		return nil
	}
	return []*intake.Scenario{s}
}

func (r rides) Counted(scenario, _ int64) (s *intake.Scenario, inputs int) {
	s, _ = r.Scenario(1, map[int64]string{1: "bus", 2: "plant"}[scenario], 0)
	return s, 1
}

func (rides) Excluded(_ context.Context, identifiers []string) (all []carbon.Exclusion, err error) {
	if slices.Contains(identifiers, "GRID-1") {
		all = append(all, carbon.Exclusion{List: carbon.CCER, Identifier: "GRID-1", ValidFrom: 20260101, Source: "list"})
	}
	return all, nil
}

func (rides) Salt(int64) ([]byte, bool) { return []byte("salt"), true }

// ClaimedUntil is never: the tests close months when they want.
func (rides) ClaimedUntil(int64, intake.Month) calendar.Date { return 0 }

func (rides) Unit(int64) (quantity.Reduction, bool) { return quantity.OneReduction, true }

// intakeOf opens an intake whose clock is the test's.
func intakeOf(t *testing.T, s intake.Store, now *calendar.Instant) *intake.Intake {
	t.Helper()
	return pacedIntakeOf(t, s, now, nil)
}

func pacedIntakeOf(t *testing.T, s intake.Store, now *calendar.Instant, p *intake.Pace) *intake.Intake {
	t.Helper()
	in, err := intake.Open(t.Context(), intake.Config{
		Pace: p, Store: s, Register: func() (intake.Register, error) { return rides{}, nil }, Clock: func() calendar.Instant { return *now }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func openedIntake(t *testing.T, url string) *IntakeStore {
	t.Helper()
	return pacedIntake(t, url, nil)
}

func pacedIntake(t *testing.T, url string, p *intake.Pace) *IntakeStore {
	t.Helper()
	s, err := OpenIntake(t.Context(), url, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// someDay is the day on which the activities of these tests are declared.
var someDay = calendar.InstantOf(time.Date(2026, 7, 20, 12, 0, 0, 0, calendar.Shanghai))

// ride is a bus ride some days before someDay, from an hour on, 10 minutes long.
func ride(sourceID, who string, daysBefore, hour, minute int) intake.Activity {
	from := calendar.InstantOf(time.Date(2026, 7, 20-daysBefore, hour, minute, 0, 0, calendar.Shanghai))
	return intake.Activity{
		SourceID: sourceID, Participant: who, Scenario: "bus", From: from, To: from.Add(10 * time.Minute),
		Inputs: []carbon.Value{{Name: "rides", Amount: quantity.OneMeasure, Unit: "ride"}},
	}
}

// answered is the answer to a batch.
type answered struct {
	ID                            int64
	Accepted, Duplicates, Refused int
	Amount                        string
	Activities                    []struct {
		Status   string
		Activity int64
		Amount   string
		Capped   bool
		Code     string
		Field    string
	}
}

func submit(t *testing.T, in *intake.Intake, key string, all ...intake.Activity) answered {
	t.Helper()
	a, err := in.Submit(t.Context(), intake.Batch{Actor: 1, Source: 1, Key: key, Digest: [32]byte{byte(len(all))}, Activities: all})
	if err != nil {
		t.Fatal(err)
	}
	var got answered
	if err := json.Unmarshal(a.Body, &got); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	return got
}

func verified(t *testing.T, s *IntakeStore) {
	t.Helper()
	found, err := intake.Check(t.Context(), s, ridesRules)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Errorf("%s: %s", v.Invariant, v.Detail)
	}
}

// An activity is counted once, within its claim window and the day's cap; a
// reversal takes it back; each line says what became of it.
func TestIntake_Judges(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		reversal := ride("r-1", "anna", 3, 8, 0)
		reversal.Reverses = "1"
		of := ride("r-2", "anna", 3, 8, 0)
		of.Reverses = "none"
		anonymous := ride("r-3", "anna", 3, 8, 0)
		anonymous.Reverses, anonymous.From, anonymous.To = "6", 0, 0
		excluded, counted, other := ride("15", "anna", 5, 8, 0), ride("16", "anna", 5, 9, 0), ride("17", "anna", 5, 10, 0)
		excluded.Identifier, counted.CountedIn, other.Identifier = "GRID-1", "ccer", "GRID-2"
		missing := ride("14", "anna", 3, 8, 0)
		missing.Inputs = nil
		fraction, overMidnight, ends := ride("18", "anna", 6, 8, 0), ride("19", "anna", 6, 23, 50), ride("20", "anna", 6, 9, 0)
		fraction.From, fraction.To = fraction.From.Add(100*time.Millisecond), fraction.From.Add(900*time.Millisecond)
		overMidnight.From, overMidnight.To = overMidnight.From.Add(599_500*time.Millisecond), overMidnight.From.Add(600_900*time.Millisecond)
		ends.To = ends.To.Add(time.Microsecond)
		lines := []struct {
			activity intake.Activity
			want     string
		}{
			{ride("1", "anna", 3, 8, 0), "accepted 0.052"},
			{ride("1", "anna", 3, 9, 0), "duplicate"},
			{ride("2", "anna", 3, 8, 5), "activity.overlap"},
			{ride("3", "bert", 3, 8, 5), "accepted 0.052"},
			{ride("4", "anna", 3, 9, 0), "accepted 0.052"},
			{ride("5", "anna", 3, 10, 0), "activity.cap_reached"},
			{ride("6", "anna", 4, 10, 0), "accepted 0.052"},
			{ride("7", "anna", 1, 10, 0), "activity.claim_too_early"},
			{ride("8", "anna", 10, 10, 0), "activity.claim_too_late"},
			{ride("9", "anna", 3, 23, 55), "activity.two_days"},
			{ride("10", "anna", 2, 23, 50), "accepted 0.052"},
			{reversal, "accepted -0.052"},
			{reversal, "duplicate"},
			{ride("1", "anna", 3, 8, 0), "duplicate"},
			{ride("11", "anna", 3, 8, 5), "accepted 0.052"},
			{of, "activity.unknown_reversed"},
			{missing, "input.missing"},
			{anonymous, "accepted -0.052"},
			{ride("upheld", "anna", 10, 10, 0), "accepted 0.052"},
			{excluded, "carbon.excluded"},
			{counted, "carbon.excluded"},
			{other, "accepted 0.052"},
			{fraction, "activity.fraction from"},
			{overMidnight, "activity.fraction from"},
			{ends, "activity.fraction to"},
		}
		var all []intake.Activity
		for _, l := range lines {
			all = append(all, l.activity)
		}
		got := submit(t, in, "k", all...)
		for i, l := range lines {
			a := got.Activities[i]
			said := a.Status
			switch a.Status {
			case "accepted":
				said += " " + a.Amount
			case "refused":
				said = a.Code
				if a.Code == "activity.fraction" {
					said += " " + a.Field
				}
			}
			if said != l.want {
				t.Errorf("line %d, source id %s: %s, want %s", i, l.activity.SourceID, said, l.want)
			}
		}
		again := submit(t, in, "k", all...)
		if again.ID != got.ID || again.Accepted != got.Accepted {
			t.Errorf("the same batch again: %+v, want %+v", again, got)
		}
		if _, err := in.Submit(t.Context(), intake.Batch{Actor: 1, Source: 1, Key: "k"}); !errors.Is(err, intake.ErrKeyUsed) {
			t.Errorf("another batch with the same key: %v", err)
		}
		submit(t, in, "refused", missing)
		if _, err := in.Submit(t.Context(), intake.Batch{Actor: 1, Source: 2, Key: "refused", Digest: [32]byte{1}, Activities: []intake.Activity{missing}}); !errors.Is(err, intake.ErrKeyUsed) {
			t.Errorf("the same batch of another scheme with the same key: %v", err)
		}
		anew := submit(t, in, "k2", all...)
		if anew.Accepted != 0 || anew.Duplicates != 13 {
			t.Errorf("all once more: %d accepted, %d duplicates", anew.Accepted, anew.Duplicates)
		}
		verified(t, s)
	})
}

// Months are closed in order: who closes a later one is told which is open.
func TestIntake_ClosesInOrder(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		submit(t, in, "k", ride("upheld", "anna", 40, 10, 0), ride("1", "anna", 3, 8, 0))
		now = now.Add(30 * 24 * time.Hour)
		_, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607, Early: true})
		if f, ok := fault.As(err); !ok || f.Code != intake.ErrPoolOrder.Code || !strings.HasPrefix(f.Detail, "2026-06 is still open") {
			t.Errorf("while June is open: %v", err)
		}
		for _, m := range []intake.Month{202606, 202607} {
			if _, err := in.CloseMonth(t.Context(), 2, "close "+m.String(), intake.MonthClose{Scheme: 1, Month: m, Early: true}); err != nil {
				t.Errorf("%s: %v", m, err)
			}
		}
	})
}

// An intake of an earlier version is not taken over while it has something: its
// evidence has no numbers. It stays as it is.
func TestIntake_Upgrade(t *testing.T) {
	t.Parallel()
	onEmptyIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		if err := withIntakeProvider(t.Context(), url, true, func(p *goose.Provider) error {
			_, err := p.UpTo(t.Context(), 1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		execIntake(t, url, `INSERT INTO day_total VALUES (1, 1, 1, 20260530, 1500000, 30, 7)`)
		if _, err := MigrateIntake(t.Context(), url); err == nil || !strings.Contains(err.Error(), "pool_evidence_is_of_an_earlier_version") {
			t.Errorf("with pools of before: %v", err)
		}
		execIntake(t, url, `DELETE FROM pool`, `DELETE FROM day_total`)
		if _, err := MigrateIntake(t.Context(), url); err != nil {
			t.Errorf("without: %v", err)
		}
	})
}

// execIntake runs statements as the owner of an intake's tables.
func execIntake(t *testing.T, url string, statements ...string) {
	t.Helper()
	db, _, _, err := intakeOwner(t.Context(), url, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// failing is a store whose commits are lost from time to time, before or after
// they were made.
type failing struct {
	*IntakeStore
	r *rand.Rand
}

func (f *failing) Commit(ctx context.Context, c *intake.Changes) error {
	switch f.r.IntN(6) {
	case 0:
		return errors.New("lost before")
	case 1:
		if err := f.IntakeStore.Commit(ctx, c); err != nil {
			return err
		}
		return errors.New("lost after")
	case 2:
		return errors.Join(f.IntakeStore.Commit(ctx, c), intake.ErrUnknown)
	}
	return f.IntakeStore.Commit(ctx, c)
}

// Random activities with duplicates, overlaps, replays, reordering, reversals,
// closes of pools and crashes: everything is counted once, all that was
// computed is issued, carried or pending, and a replay changes nothing.
func TestIntake_Random(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		r := rand.New(rand.NewPCG(1, 2))
		s, now := openedIntake(t, url), someDay
		f := &failing{s, r}
		var in *intake.Intake
		sent := map[string][]intake.Activity{}
		send := func(key string, all []intake.Activity) answered {
			for range 100 {
				if in == nil {
					in = intakeOf(t, f, &now)
				}
				a, err := in.Submit(t.Context(), intake.Batch{Actor: 1, Source: 1, Key: key, Digest: [32]byte{1}, Activities: all})
				if err == nil {
					var got answered
					if err := json.Unmarshal(a.Body, &got); err != nil {
						t.Fatal(err)
					}
					return got
				}
				if r.IntN(3) == 0 { // a crash
					in.Close()
					in = nil
				}
			}
			t.Fatal("a batch was never taken")
			return answered{}
		}
		var keys []string
		accepted := map[string]bool{}
		for round := range 40 {
			key := fmt.Sprint("batch ", round)
			var all []intake.Activity
			for range r.IntN(60) + 1 {
				id := fmt.Sprint(r.IntN(600))
				a := ride(id, fmt.Sprint("p", r.IntN(30)), 2+r.IntN(8), r.IntN(24), r.IntN(60))
				if r.IntN(10) == 0 {
					a.Reverses = fmt.Sprint(r.IntN(600))
				}
				all = append(all, a)
			}
			got := send(key, all)
			for i, a := range got.Activities {
				id := all[i].SourceID
				if all[i].Reverses != "" {
					id = "reversal of " + all[i].Reverses
				}
				if a.Status == "accepted" && accepted[id] {
					t.Fatalf("%s was counted twice", id)
				}
				if a.Status == "accepted" {
					accepted[id] = true
				}
			}
			sent[key], keys = all, append(keys, key)
			if r.IntN(10) == 0 {
				now = now.Add(30 * 24 * time.Hour)
				_, err := in.CloseMonth(t.Context(), 2, fmt.Sprint("close ", round), intake.MonthClose{Scheme: 1, Month: 202607, Early: true})
				if _, isFault := fault.As(err); err != nil && !isFault {
					t.Fatal(err)
				}
				now = now.Add(-30 * 24 * time.Hour)
			}
		}
		before, err := s.Registry(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range r.Perm(len(keys)) {
			send(keys[i], sent[keys[i]])
		}
		after, err := s.Registry(t.Context())
		if err != nil || after.Length != before.Length || after.Activity != before.Activity {
			t.Errorf("a replay of all batches wrote: %+v, then %+v (%v)", before, after, err)
		}
		in.Close()
		verified(t, s)
		days, err := s.TotalsOf(t.Context(), 1, 0, 99991231)
		if err != nil {
			t.Fatal(err)
		}
		reduced, activities, err := s.SumOf(t.Context(), 1)
		for _, d := range days {
			reduced, activities = reduced-d.Amount, activities-d.Activities
		}
		if err != nil || reduced != 0 || activities != 0 || len(days) == 0 {
			t.Errorf("the sum of %d days is off by %s, %d activities (%v)", len(days), reduced, activities, err)
		}
		if len(accepted) < 200 {
			t.Errorf("only %d activities were counted", len(accepted))
		}
	})
}
