package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"permitx/internal/intake"
)

// A participant's history has what stands and what was taken back, and nobody
// else's; of a month that was taken away its periods and amounts.
func TestIntake_History(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now, s := someDay, openedIntake(t, url)
		in := intakeOf(t, s, &now)
		defer func() { in.Close() }()
		submit(t, in, "a", ride("1", "ann", 3, 8, 0), ride("2", "bob", 3, 8, 0), ride("3", "ann", 3, 9, 0))
		submit(t, in, "b", ride("4", "ann", 4, 8, 0))
		submit(t, in, "c", reversalOf("3"))
		history := func(who string) (said string) {
			t.Helper()
			lines, more, err := in.History(t.Context(), intake.HistoryQuery{
				Scheme: 1, Participant: who, Scenarios: []int64{1, 2}, From: someDay.Date().AddDays(-9), To: someDay.Date(), Limit: 100,
			})
			if err != nil || more {
				t.Fatalf("%v, more %t", err, more)
			}
			for _, l := range lines {
				said += fmt.Sprintf("%d %q %s %s %d %d; ", l.ID, l.SourceID, l.Amount, l.Points, l.Reverses, l.TakenBack)
			}
			return said
		}
		const want = `1 "1" 0.052 2 0 0; 3 "3" 0.052 0 0 5; 4 "4" 0.052 2 0 0; 5 "back 3" -0.052 0 3 0; `
		check := func(when, want string) {
			t.Helper()
			if got := history("ann"); got != want {
				t.Errorf("%s: %s; want %s", when, got, want)
			}
		}
		check("as it was declared", want)
		now = now.Add(30 * 24 * time.Hour)
		if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607}); err != nil {
			t.Fatal(err)
		}
		if _, err := TakeMonthAway(t.Context(), url, 202607, now); err != nil {
			t.Fatal(err)
		}
		check("after the month was taken away", `1 "" 0.052 2 0 0; 4 "" 0.052 2 0 0; `)
	})
}

// between is an intake in which something happens while a history is read.
type between struct {
	*IntakeStore
	do func()
}

func (b between) Snapshot(ctx context.Context) (intake.Reader, func(), error) {
	r, end, err := b.IntakeStore.Snapshot(ctx)
	return betweenReader{r, b.do}, end, err
}

type betweenReader struct {
	intake.Reader
	do func()
}

func (b betweenReader) ReversalsOf(ctx context.Context, m intake.Month, participant int64) ([]intake.Row, error) {
	b.do()
	return b.Reader.ReversalsOf(ctx, m, participant)
}

// What is taken back while a history is read is in it once.
func TestIntake_HistoryOfOneMoment(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now, s := someDay, openedIntake(t, url)
		var in *intake.Intake
		once := false
		in = intakeOf(t, between{s, func() {
			if !once {
				once = true
				submit(t, in, "back", reversalOf("1"))
			}
		}}, &now)
		defer in.Close()
		submit(t, in, "a", ride("1", "ann", 3, 8, 0))
		lines, _, err := in.History(t.Context(), intake.HistoryQuery{
			Scheme: 1, Participant: "ann", Scenarios: []int64{1}, From: someDay.Date().AddDays(-9), To: someDay.Date(), Limit: 100,
		})
		if err != nil || !once || len(lines) != 1 || lines[0].TakenBack != 0 {
			t.Errorf("%+v, %v", lines, err)
		}
	})
}

// takingReader is a reader of one moment, in which a month is taken away as soon as
// it was read which months there are.
type takingReader struct {
	*IntakeStore
	do func()
}

type taking struct {
	intake.Reader
	do func()
}

func (s takingReader) Snapshot(ctx context.Context) (intake.Reader, func(), error) {
	r, end, err := s.IntakeStore.Snapshot(ctx)
	return taking{r, s.do}, end, err
}

func (r taking) Months(ctx context.Context) ([]intake.Month, error) {
	months, err := r.Reader.Months(ctx)
	r.do()
	return months, err
}

// A month that is taken away while the sample of its evidence is read is there, or
// taken away; the sample is never an error.
func TestIntake_SampleOfOneMoment(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now, s := someDay, openedIntake(t, url)
		once := false
		in := intakeOf(t, takingReader{s, func() {
			if once {
				return
			}
			once = true
			if _, err := TakeMonthAway(t.Context(), url, 202607, now); err != nil {
				t.Error(err)
			}
		}}, &now)
		defer in.Close()
		for _, who := range strings.Fields("a b c d e f g h i j") { // whole kilograms together
			submit(t, in, who, ride(who+"1", who, 3, 8, 0), ride(who+"2", who, 3, 9, 0))
		}
		now = now.Add(30 * 24 * time.Hour)
		if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607, Early: true}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			found, err := in.Sample(t.Context(), 1, []int64{2, 3}, func(int64) bool { return true })
			if err != nil || !once || len(found) != 2 || found[0].Taken != (found[0].Row.ID == 0) || found[0].Taken != found[1].Taken {
				t.Errorf("%+v, %v", found, err)
			}
		}
	})
}
