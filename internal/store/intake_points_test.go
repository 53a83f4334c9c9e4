package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// Points follow from activities and are burned once, for a named reward. Who has
// spent them before their activity is taken back makes them up with the next;
// the balance is never negative.
func TestIntake_Points(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now, s := someDay, openedIntake(t, url)
		in := intakeOf(t, s, &now)
		defer in.Close()
		want := func(when, left, short string) {
			t.Helper()
			p, err := in.Participant(t.Context(), 1, "ann")
			if err != nil || p.Left.String() != left || p.Short.String() != short {
				t.Errorf("%s: %s points, %s short, %v; want %s and %s", when, p.Left, p.Short, err, left, short)
			}
			verified(t, s)
		}
		burn := func(key string, points quantity.Measure) (string, error) {
			a, err := in.Burn(t.Context(), 7, key, intake.Exchange{Scheme: 1, Participant: "ann", Points: points * quantity.OneMeasure, Reward: "bus ticket"})
			return string(a.Body), err
		}
		long, cut := ride("1", "ann", 3, 8, 0), ride("2", "ann", 3, 9, 0)
		long.Inputs[0].Amount, cut.Inputs[0].Amount = 3*quantity.OneMeasure/2, 3*quantity.OneMeasure/2
		submit(t, in, "a", long, cut)
		want("the cap leaves a third of the second", "4", "0")
		if _, err := burn("b0", 5); !errors.Is(err, intake.ErrPointsShort) {
			t.Errorf("more than there are: %v", err)
		}
		first, err := burn("b1", 3)
		if err != nil || !strings.Contains(first, `"points":"3","left":"1"`) {
			t.Errorf("burned: %s, %v", first, err)
		}
		if again, err := burn("b1", 3); err != nil || again != first {
			t.Errorf("the same again: %s, %v; want %s", again, err, first)
		}
		if _, err := burn("b1", 1); !errors.Is(err, intake.ErrKeyUsed) {
			t.Errorf("another with the same key: %v", err)
		}
		want("burned", "1", "0")
		back := long
		back.SourceID, back.Reverses = "r1", "1"
		submit(t, in, "c", back)
		want("taken back after it was spent", "0", "2")
		submit(t, in, "d", ride("3", "ann", 4, 8, 0), ride("4", "ann", 5, 8, 0))
		want("made up", "2", "0")
		for _, q := range []string{"UPDATE participant SET points = -1", "UPDATE participant SET points_short = 1"} {
			if _, err := s.write.Exec(q); err == nil {
				t.Errorf("the database has taken %s", q)
			}
		}
	})
}

// Points are bounded: what an activity brings beyond is told in its answer and not
// given, so that it is not taken back either; nor may somebody be short of more.
func TestIntake_PointsMost(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now, s := someDay, openedIntake(t, url)
		in := intakeOf(t, s, &now)
		defer func() { in.Close() }()
		submit(t, in, "a", ride("1", "ann", 3, 8, 0))
		in.Close()
		give := func(left, short quantity.Measure) {
			t.Helper()
			if _, err := s.write.Exec(fmt.Sprintf("UPDATE participant SET points = %d, points_short = %d", left, short)); err != nil {
				t.Fatal(err)
			}
			in = intakeOf(t, s, &now)
		}
		give(intake.PointsMost-quantity.OneMeasure/2, 0)
		answer := submitted(t, in, "b", ride("2", "ann", 4, 8, 0))
		if !strings.Contains(answer, `"points_cut":"1.5"`) {
			t.Errorf("the answer is %s", answer)
		}
		if again := submitted(t, in, "b", ride("2", "ann", 4, 8, 0)); again != answer {
			t.Errorf("again: %s; want %s", again, answer)
		}
		p, err := in.Participant(t.Context(), 1, "ann")
		if err != nil || p.Left != intake.PointsMost {
			t.Errorf("%s points, %v", p.Left, err)
		}
		back := ride("3", "ann", 4, 8, 0)
		back.Reverses = "2"
		submit(t, in, "c", back)
		if p, err = in.Participant(t.Context(), 1, "ann"); err != nil || p.Left != intake.PointsMost-quantity.OneMeasure/2 {
			t.Errorf("taken back: %s points, %v", p.Left, err)
		}
		in.Close()
		give(0, intake.PointsMost)
		back.SourceID, back.Reverses = "4", "1"
		if answer := submitted(t, in, "d", back); !strings.Contains(answer, intake.ErrPointsOwed.Code) {
			t.Errorf("short of more: %s", answer)
		}
		for _, q := range []string{"UPDATE participant SET points_short = 0, points = 1000000000000001", "UPDATE participant SET points_short = 1000000000000001"} {
			if _, err := s.write.Exec(q); err == nil {
				t.Errorf("the database has taken %s", q)
			}
		}
	})
}

// submitted is the answer to a batch, as it is sent.
func submitted(t *testing.T, in *intake.Intake, key string, all ...intake.Activity) string {
	t.Helper()
	a, err := in.Submit(t.Context(), intake.Batch{Actor: 1, Source: 1, Key: key, Activities: all})
	if err != nil {
		t.Fatal(err)
	}
	return string(a.Body)
}

// Who is erased and comes again, in one commit, is a new person.
func TestIntake_ErasedComesAgain(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now, s := someDay, openedIntake(t, url)
		in := intakeOf(t, s, &now)
		submit(t, in, "a", ride("1", "ann", 3, 8, 0))
		before, err := in.Participant(t.Context(), 1, "ann")
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		r, err := s.TakeOver(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := intake.Changes{Epoch: r.Epoch, Before: r.Batch, Registry: r}
		c.Registry.Batch++
		erased, again := before, before
		erased.Erased, erased.Pseudonym = true, intake.Pseudonym{}
		again.ID++
		c.Participants, c.NewParticipants = []intake.Participant{erased}, []intake.Participant{again}
		if err := s.Commit(t.Context(), &c); err != nil {
			t.Fatal(err)
		}
		if p, known, err := s.Participant(t.Context(), before.Pseudonym); err != nil || !known || p.ID != again.ID {
			t.Errorf("the name is that of %d, %t, %v; want %d", p.ID, known, err, again.ID)
		}
	})
}

// A refusal is found in the answer to its own batch, which is the one row that is read.
func TestIntake_Refusal(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now, s := someDay, openedIntake(t, url)
		in := intakeOf(t, s, &now)
		defer in.Close()
		submit(t, in, "a", ride("1", "ann", 1, 8, 0)) // too early
		submit(t, in, "b", ride("2", "ann", 3, 8, 0))
		if r, err := in.Refusal(t.Context(), 1, 1, "1"); err != nil || r.Code != "activity.claim_too_early" {
			t.Errorf("the first batch: %+v, %v", r, err)
		}
		for batch, id := range map[int64]string{0: "1", 1: "2", 2: "1", 3: "1"} {
			if r, err := in.Refusal(t.Context(), 1, batch, id); !errors.Is(err, intake.ErrNotRefused) {
				t.Errorf("%s of batch %d: %+v, %v; want %v", id, batch, r, err, intake.ErrNotRefused)
			}
		}
		for _, number := range []int64{1, 2} {
			if row, err := s.JournalRow(t.Context(), number); err != nil || row.Number != number {
				t.Errorf("row %d: %d, %v", number, row.Number, err)
			}
		}
	})
}
