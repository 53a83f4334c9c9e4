package store

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// bent is a register that says something else than the one that a check reads: what
// is judged by it agrees in all sums, digests and the chain.
type bent struct {
	rides
	bend func(*intake.Scenario)
}

func (b bent) Scenario(source int64, code string, day calendar.Date) (*intake.Scenario, error) {
	s, err := b.rides.Scenario(source, code, day)
	if err == nil {
		b.bend(s)
	}
	return s, err
}

func (b bent) Takes(source int64, code string) []*intake.Scenario {
	s, _ := b.Scenario(source, code, 0)
	return []*intake.Scenario{s}
}

func bentIntake(t *testing.T, s intake.Store, now *calendar.Instant, bend func(*intake.Scenario)) *intake.Intake {
	t.Helper()
	in, err := intake.Open(t.Context(), intake.Config{
		Store: s, Register: func() (intake.Register, error) { return bent{rides{}, bend}, nil },
		Clock: func() calendar.Instant { return *now }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// Whatever an activity was credited for, when, and with how many points, is judged
// again: that all sums, digests and the chain agree with it is not enough.
func TestIntake_EachIsJudgedAgain(t *testing.T) {
	t.Parallel()
	first, second, third := ride("1", "anna", 3, 8, 0), ride("2", "anna", 3, 9, 0), ride("3", "anna", 3, 10, 0)
	for name, c := range map[string]struct {
		bend   func(*intake.Scenario)
		all    []intake.Activity
		detail string
	}{
		"as it is": {func(*intake.Scenario) {}, []intake.Activity{first, second, reversalOf("1"), third}, ""},
		"amount": {func(s *intake.Scenario) {
			s.Compute = func(in []carbon.Value) (quantity.Reduction, error) {
				return quantity.Reduction(in[0].Amount) * 53 / 1000, nil
			}
		}, []intake.Activity{first}, "activity 1 of 2026-07 reduced 0.053 kgCO2e, and its inputs come to 0.052 by methodology 1"},
		"too many points": {func(s *intake.Scenario) { s.PointsRate++ }, []intake.Activity{first, second}, "has given 2.000001 points, and the rules give 2"},
		"too few points":  {func(s *intake.Scenario) { s.PointsRate-- }, []intake.Activity{first, second}, "activity 2 of 2026-07 has given 1.999999 points, and the rules give 2"},
		"points of what was taken back": {
			func(s *intake.Scenario) { s.PointsRate-- }, []intake.Activity{first, second, reversalOf("1")}, "activity 2 of 2026-07 has given 1.999999 points",
		},
		"beyond the cap, and taken back": {
			func(s *intake.Scenario) { s.DailyCap = 156_000 },
			[]intake.Activity{first, second, third, reversalOf("1")},
			"activity 3 of 2026-07 was credited 0.052 kgCO2e of 0.052, and the cap of its day has left 0",
		},
		"cut below the cap": {
			func(s *intake.Scenario) { s.DailyCap = 80_000 },
			[]intake.Activity{first, second},
			"activity 2 of 2026-07 was cut to 0.028 of 0.052 kgCO2e, and was not the one that reached the cap of its day",
		},
		"cut below the cap, and taken back": {
			func(s *intake.Scenario) { s.DailyCap = 80_000 },
			[]intake.Activity{first, second, reversalOf("1")},
			"activity 2 of 2026-07 was credited 0.028 kgCO2e of 0.052, and the cap of its day has left 0.052",
		},
		"cut without a cap": {
			func(s *intake.Scenario) { s.DailyCap = 500_000 },
			[]intake.Activity{measured("1", "anna", 8, quantity.OneMeasure)},
			"was credited 0.5 kgCO2e of 1",
		},
		"too early": {func(s *intake.Scenario) { s.ClaimFrom = 0 }, []intake.Activity{ride("1", "anna", 1, 8, 0)}, "may be declared from"},
		"too late":  {func(s *intake.Scenario) { s.ClaimTo = 30 }, []intake.Activity{ride("1", "anna", 10, 8, 0)}, "could be declared until"},
		"upheld":    {func(*intake.Scenario) {}, []intake.Activity{ride("upheld", "anna", 10, 8, 0)}, ""},
		"another methodology": {
			func(s *intake.Scenario) { s.Version = 2 }, []intake.Activity{ride("1", "anna", 3, 8, 0)}, "is of a scenario or a scheme that there is not",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, now := openedIntake(t, freshSQLiteIntake(t)), someDay
			in := bentIntake(t, s, &now, c.bend)
			defer in.Close()
			if got := submit(t, in, "k", c.all...); got.Accepted != len(c.all) {
				t.Fatalf("%+v", got)
			}
			found, err := intake.Check(t.Context(), s, ridesRules)
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, v := range found {
				if v.Invariant != "I-119" && (v.Invariant != "I-70" || name != "another methodology") { // its keys are of the other, too
					t.Errorf("found by %s: %s", v.Invariant, v.Detail)
				}
				said += v.Detail + "\n"
			}
			if !strings.Contains(said, c.detail) || c.detail == "" && said != "" {
				t.Errorf("found %q; want %q", said, c.detail)
			}
		})
	}
}

// measured is an activity of a plant: so much, without a cap.
func measured(sourceID, who string, hour int, amount quantity.Measure) intake.Activity {
	a := ride(sourceID, who, 3, hour, 0)
	a.Scenario, a.Inputs = "plant", []carbon.Value{{Name: "made", Amount: amount, Unit: "kWh"}}
	return a
}

// What was declared is read again, whatever the identifier before it is called.
func TestIntake_IdentifiersAreNoInputs(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		var all []intake.Activity
		for i, identifier := range []string{"", "P-1", "rides=7 ride", "a; b", "; rides=9 ride", "identifier=x; made=3 kWh", "; "} {
			a := measured(string(rune('a'+i)), "anna", 8+i, quantity.OneMeasure)
			a.Identifier = identifier
			all = append(all, a)
		}
		all[0].Inputs[0].Unit = ""
		if got := submit(t, in, "k", all...); got.Accepted != len(all) {
			t.Fatalf("%+v", got)
		}
		verified(t, s)
	})
}

// Points that a participant could not have, because he had the most, are no
// violation, as the answer to their batch has said so; without that they are.
func TestIntake_PointsAtTheMostAreJudged(t *testing.T) {
	t.Parallel()
	s, now := openedIntake(t, freshSQLiteIntake(t)), someDay
	bend := func(s *intake.Scenario) { s.PointsRate = 400_000_000 * quantity.OneMeasure }
	in := bentIntake(t, s, &now, bend)
	defer in.Close()
	for i, id := range []string{"1", "2", "3"} {
		submit(t, in, id, ride(id, "anna", 3+i, 8, 0), ride("b"+id, "bert"+id, 3, 8, 0))
	}
	if p, err := in.Participant(t.Context(), 1, "anna"); err != nil || p.Left != intake.PointsMost {
		t.Fatalf("%s points, %v", p.Left, err)
	}
	rules := func(more quantity.Measure) func(context.Context) (intake.Rules, error) {
		return func(ctx context.Context) (intake.Rules, error) {
			r, err := ridesRules(ctx)
			bus := r.Scenarios[1]
			bus.PointsRate = 400_000_000*quantity.OneMeasure + more
			r.Scenarios[1] = bus
			return r, err
		}
	}
	if found, err := intake.Check(t.Context(), s, rules(0)); err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
	found, err := intake.Check(t.Context(), s, rules(1))
	if err != nil || len(found) != 6 {
		t.Errorf("by another rate: found %v, %v", found, err)
	}
}

// The activities of a month that was taken away are not judged again; those of the others are.
func TestIntake_TakenAwayIsNotJudged(t *testing.T) {
	t.Parallel()
	path, now := freshSQLiteIntake(t), someDay
	s := openedIntake(t, path)
	in := bentIntake(t, s, &now, func(s *intake.Scenario) { s.ClaimTo, s.PointsRate = 90, s.PointsRate+1 })
	defer in.Close()
	submit(t, in, "june", ride("1", "anna", 30, 8, 0))
	submit(t, in, "july", ride("2", "anna", 3, 8, 0))
	if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202606, Early: true}); err != nil {
		t.Fatal(err)
	}
	found, err := intake.Check(t.Context(), s, ridesRules)
	if err != nil || len(found) != 3 { // the window of one, the points of two
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := TakeMonthAway(t.Context(), path, 202606, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	found, err = intake.Check(t.Context(), s, ridesRules)
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Detail, "activity 2 of 2026-07") {
		t.Errorf("found %v, %v", found, err)
	}
}
