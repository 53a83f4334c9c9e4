package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/intake"
	"permitx/internal/quantity"
	"permitx/internal/store"
)

// pooledMonth is a registry whose scheme has closed a month of ten units, which are
// not delivered yet. deliver hands them on, and whatever is done then waits for issue.
type pooledMonth struct {
	data   string
	world  *apptest.World
	intake *intake.Intake
}

func openPooledMonth(t *testing.T) *pooledMonth {
	t.Helper()
	data := t.TempDir()
	if code, _, stderr := do(t, "migrate", "--data", data); code != exitOK {
		t.Fatal(stderr)
	}
	url := filepath.Join(data, "permitx.db")
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := store.MigrateIntake(t.Context(), store.IntakeURL(url)); err != nil {
		t.Fatal(err)
	}
	keep, err := store.OpenIntake(t.Context(), store.IntakeURL(url), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keep.Close() })
	w := apptest.NewWorld(t, s, 1)
	w.Must(w.Leader, app.SchemeRegister{
		Code: "JXCP", Name: "嘉兴碳普惠", Region: apptest.Jiashan, Operator: w.Firms[0].Party, SerialUnit: quantity.OneReduction, Salt: "S1",
		ValidFrom: 20260101, Source: "project default",
	})
	w.Must(w.Leader, app.MethodologyRegister{
		Code: "BUS", Version: 1, Name: "BUS", Formula: "n * per", ResultUnit: "kgCO2e", RoundTo: 1, Rounding: carbon.RoundDown,
		Most: 10 * quantity.OneReduction, ValidFrom: 20260101, Source: "project default",
		Inputs:  []carbon.Input{{Name: "n", Unit: "1", Most: 100 * quantity.OneMeasure}},
		Factors: []carbon.Factor{{Name: "per", Unit: "kgCO2e", Value: "1", Source: "project default"}},
	})
	w.Must(w.Leader, app.ScenarioRegister{Scheme: 1, Code: "BUS", Name: "公交", Methodology: "BUS", ClaimTo: 100, ValidFrom: 20260101, Source: "project default"})
	in, err := intake.Open(t.Context(), intake.Config{
		Store: keep, Register: w.App.IntakeRegister(func(carbon.Scheme) ([]byte, error) { return []byte("salt"), nil }),
		Clock: w.Clock.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	var rides []intake.Activity
	for i := range 10 {
		from := calendar.InstantOf(time.Date(2026, 5, 20, i, 0, 0, 0, calendar.Shanghai))
		rides = append(rides, intake.Activity{
			SourceID: fmt.Sprint(i), Participant: "p", Scenario: "BUS", From: from, To: from.Add(time.Minute),
			Inputs: []carbon.Value{{Name: "n", Unit: "1", Amount: quantity.OneMeasure}},
		})
	}
	if _, err := in.Submit(t.Context(), intake.Batch{Actor: 1, Source: 1, Key: "k", Activities: rides}); err != nil {
		t.Fatal(err)
	}
	if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202605, Early: true}); err != nil {
		t.Fatal(err)
	}
	return &pooledMonth{data, w, in}
}

// A month is taken away when its units are issued, not before; check says then whose
// activities it has not judged, to people and to programs.
func TestTakeAway(t *testing.T) {
	t.Parallel()
	p := openPooledMonth(t)
	w := p.world
	refused := func(want error) {
		t.Helper()
		if code, _, stderr := do(t, "take-away", "--data", p.data, "--month", "2026-05"); code == exitOK || !strings.Contains(stderr, want.Error()) {
			t.Errorf("%d %s; want %q", code, stderr, want)
		}
	}
	refused(intake.ErrShownUnsent)
	if err := app.Deliver(t.Context(), p.intake, w.App, func() string { return "delivery" }, nil); err != nil {
		t.Fatal(err)
	}
	refused(app.ErrShownWaits)
	verifier := w.Person("verifier", app.GrantAdd{Role: identity.Verifier})
	w.Must(verifier, app.SampleLook{Issuance: 1})
	w.Must(verifier, app.IssuanceStep{Issuance: 1, Event: carbon.Verify, Document: "report"})
	refused(app.ErrShownWaits)
	w.Must(w.Leader, app.IssuanceStep{Issuance: 1, Event: carbon.Issue})

	notJudged := func() (months []string, said bool) {
		t.Helper()
		code, stdout, stderr := do(t, "check", "--json", "--data", p.data)
		var got checkResult
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK {
			t.Fatalf("%d %s %s", code, stdout, stderr)
		}
		_, text, _ := do(t, "check", "--data", p.data)
		return got.NotJudged, strings.Contains(text, "activities of 2026-05 were taken away")
	}
	if months, said := notJudged(); len(months) != 0 || said {
		t.Errorf("before: %v %t", months, said)
	}
	if code, stdout, stderr := do(t, "take-away", "--data", p.data, "--month", "2026-05"); code != exitOK || !strings.Contains(stdout, "archive_202605") {
		t.Fatalf("%d %s %s", code, stdout, stderr)
	}
	if months, said := notJudged(); !slices.Equal(months, []string{"2026-05"}) || !said {
		t.Errorf("after: %v %t", months, said)
	}
}
