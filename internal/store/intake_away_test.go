package store

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"permitx/internal/intake"
)

// code is what became of the only line of a batch: accepted, duplicate, or the
// reason of its refusal.
func code(t *testing.T, in *intake.Intake, key string, a intake.Activity) string {
	t.Helper()
	got := submit(t, in, key, a).Activities[0]
	if got.Code != "" {
		return got.Code
	}
	return got.Status
}

// A month that was taken away is proven by what stays, whether its table is
// still there or not; whatever it would have to hold is refused by name, without
// a restart.
func TestIntake_MonthTakenAway(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		var july []intake.Activity
		for _, id := range []string{"1", "2", "3"} {
			july = append(july, ride(id, "p"+id, 3, 8, 0))
		}
		for i := range 20 { // a unit, so that there is something to sample
			july = append(july, ride("u"+string(rune('a'+i)), "q"+string(rune('a'+i)), 3, 8, 0))
		}
		submit(t, in, "july", july...)
		submit(t, in, "back", reversalOf("3"))
		take := func() (string, error) { return TakeMonthAway(t.Context(), url, 202607, now) }
		if _, err := TakeMonthAway(t.Context(), url, 202606, now); !errors.Is(err, ErrMonthNone) {
			t.Errorf("a month without activities: %v", err)
		}
		if _, err := take(); !errors.Is(err, ErrMonthOpen) {
			t.Errorf("an open month: %v", err)
		}
		now = now.Add(30 * 24 * time.Hour)
		if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607, Early: true}); err != nil {
			t.Fatal(err)
		}
		table, err := take()
		if err != nil || table != "archive_202607" {
			t.Fatal(table, err)
		}
		if _, err := take(); !errors.Is(err, ErrMonthTaken) {
			t.Errorf("it was taken away twice: %v", err)
		}
		verified(t, s)
		upheld := ride("upheld", "p1", 3, 9, 0)
		upheld.From, upheld.To = july[0].From.Add(time.Hour), july[0].To.Add(time.Hour)
		for _, c := range []struct {
			a    intake.Activity
			want string
		}{
			{upheld, "activity.month_taken_away"},
			{july[0], "duplicate"},
			{reversalOf("1"), "activity.unknown_reversed"},
			{reversalOf("3"), "duplicate"},
			{ride("august", "p1", 3-30, 8, 0), "accepted"},
		} {
			if got := code(t, in, "taken "+c.a.SourceID+c.a.Reverses, c.a); got != c.want {
				t.Errorf("%s%s: %s, want %s", c.a.SourceID, c.a.Reverses, got, c.want)
			}
		}
		if got := submit(t, in, "july", july...); got.Accepted != 23 {
			t.Errorf("the batch again: %+v", got)
		}
		sampled, err := in.Sample(t.Context(), 1, []int64{2}, func(int64) bool { return true })
		if err != nil || len(sampled) != 1 || !sampled[0].Taken {
			t.Errorf("a sample: %+v, %v", sampled, err)
		}
		execIntake(t, url, "DROP TABLE archive_202607")
		verified(t, s)
	})
}

// A month whose table is gone, without a word, is refused by name as well, by an
// intake that runs; check says that it is gone.
func TestIntake_MonthGone(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		submit(t, in, "k", ride("1", "anna", 3, 8, 0))
		execIntake(t, url, "DROP TABLE activity_202607")
		if got := code(t, in, "k2", ride("2", "anna", 3, 9, 0)); got != "activity.month_taken_away" {
			t.Errorf("an activity: %s", got)
		}
		if got := code(t, in, "k3", reversalOf("1")); got != "activity.unknown_reversed" {
			t.Errorf("a reversal: %s", got)
		}
		found, err := intake.Check(t.Context(), s, ridesRules)
		if err != nil || len(found) != 1 || found[0].Invariant != "I-74" {
			t.Errorf("found %v, %v", found, err)
		}
		if _, err := TakeMonthAway(t.Context(), url, 202607, now); !errors.Is(err, ErrMonthGone) {
			t.Errorf("it is gone: %v", err)
		}
		if err := NoteMonthAway(t.Context(), url, 202607, now); !errors.Is(err, ErrMonthOpen) {
			t.Errorf("an open month: %v", err)
		}
		now = now.Add(30 * 24 * time.Hour)
		if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607, Early: true}); err != nil {
			t.Fatal(err)
		}
		if err := NoteMonthAway(t.Context(), url, 202607, now); err != nil {
			t.Fatal(err)
		}
		if err := NoteMonthAway(t.Context(), url, 202607, now); !errors.Is(err, ErrMonthTaken) {
			t.Errorf("it was noted twice: %v", err)
		}
		verified(t, s)
	})
}

// Where somebody reads a month it is not taken away, and nobody waits for it.
func TestIntake_MonthIsRead(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		if !IsPostgres(url) {
			return // readers lock nothing
		}
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		submit(t, in, "k", ride("1", "anna", 3, 8, 0))
		now = now.Add(30 * 24 * time.Hour)
		if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607, Early: true}); err != nil {
			t.Fatal(err)
		}
		r, end, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Activities(t.Context(), 202607, func(intake.Row) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := TakeMonthAway(t.Context(), url, 202607, now); !errors.Is(err, ErrMonthLocked) {
			t.Errorf("while it is read: %v", err)
		}
		end()
		if _, err := TakeMonthAway(t.Context(), url, 202607, now); err != nil {
			t.Error(err)
		}
		if err := NoteMonthAway(t.Context(), url, 202607, now); !errors.Is(err, ErrMonthTaken) {
			t.Errorf("it was taken away: %v", err)
		}
	})
}

// A table that goes while an intake runs is noticed by the first command that
// needs it: a repeated batch, too.
func TestIntake_MonthGoneRepeated(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		first := submit(t, in, "k", ride("1", "anna", 3, 8, 0))
		execIntake(t, url, "DROP TABLE activity_202607")
		if again := submit(t, in, "k", ride("1", "anna", 3, 8, 0)); again.ID != first.ID {
			b, _ := json.Marshal(again)
			t.Errorf("%s", b)
		}
	})
}
