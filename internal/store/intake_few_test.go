package store

import (
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/intake"
)

// Participants are named of days on which there are few of them, and of no other; who
// took everything back did nothing.
func TestIntake_FewOn(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		back := reversalOf("gone")
		submit(t, in, "k",
			ride("1", "anna", 3, 8, 0), ride("2", "anna", 3, 9, 0), ride("3", "bert", 3, 8, 0), ride("gone", "carl", 3, 8, 0), back,
			ride("4", "anna", 4, 8, 0), ride("5", "bert", 4, 8, 0), ride("6", "carl", 4, 8, 0), ride("7", "dora", 4, 8, 0),
			made("8", "emil", "", 4, 1), ride("9", "emil", 5, 8, 0))
		found, err := s.FewOn(t.Context(), 1, 20260716, 20260731, intake.Fewest)
		if err != nil {
			t.Fatal(err)
		}
		var want []intake.DayKey
		for _, who := range []struct {
			name     string
			scenario int64
			day      calendar.Date
		}{{"anna", 1, 20260717}, {"bert", 1, 20260717}, {"emil", 2, 20260716}} {
			p, err := in.Participant(t.Context(), 1, who.name)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, intake.DayKey{Scenario: who.scenario, Day: who.day, Participant: p.ID})
		}
		if !slices.Equal(found, want) {
			t.Errorf("got %v; want %v", found, want)
		}
	})
}
