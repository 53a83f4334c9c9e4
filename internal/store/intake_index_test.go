package store

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"permitx/internal/fault"
	"permitx/internal/intake"
)

// slowly is a store that indexes one month when it is told to.
type slowly struct {
	*IntakeStore
	may   chan struct{}
	asked chan intake.Month
}

func (s *slowly) IndexReversals(ctx context.Context, m intake.Month) error {
	s.asked <- m
	select {
	case <-s.may:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.IntakeStore.IndexReversals(ctx, m)
}

// soon waits until something is so.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("it never came that %s", what)
}

// An intake of an earlier version is open at once, and indexes what was taken back
// month by month beside its work: meanwhile the history of a month that has no index
// is refused for the moment. After a crash in the middle the rest is done.
func TestIntake_Indexing(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		submit(t, in, "july", ride("1", "ann", 3, 8, 0), ride("2", "ann", 3, 9, 0), reversalOf("2"))
		now = now.Add(30 * 24 * time.Hour)
		august := ride("3", "ann", 3-30, 8, 0)
		submit(t, in, "august", august, reversalOf("1"))
		in.Close()
		execIntake(t, url, "DROP INDEX activity_202607_reversal")
		execIntake(t, url, "DROP INDEX activity_202608_reversal")
		history := func(from int) (int, error) {
			day := someDay.Date()
			lines, _, err := in.History(t.Context(), intake.HistoryQuery{
				Scheme: 1, Participant: "ann", Scenarios: []int64{1}, From: day.AddDays(from), To: day.AddDays(from + 20), Limit: 100,
			})
			return len(lines), err
		}
		refused := func(when string, from int) {
			t.Helper()
			_, err := history(from)
			if f, ok := fault.As(err); !errors.Is(err, intake.ErrIndexing) || !ok || f.Kind != fault.Unavailable {
				t.Errorf("%s: %v", when, err)
			}
		}
		found := func(when string, from, want int) {
			t.Helper()
			if n, err := history(from); err != nil || n != want {
				t.Errorf("%s: %d lines, %v; want %d", when, n, err, want)
			}
		}
		const july, august1 = -20, 12 // the first day of a history, after someDay

		slow := &slowly{IntakeStore: s, may: make(chan struct{}), asked: make(chan intake.Month)}
		in = intakeOf(t, slow, &now)
		if m := <-slow.asked; m != 202608 {
			t.Errorf("the first month is %s", m)
		}
		refused("before anything is indexed", july)
		refused("before anything is indexed", august1)
		if got := submit(t, in, "beside", ride("4", "ann", 4-30, 8, 0)); got.Accepted != 1 {
			t.Errorf("beside the indexing: %+v", got)
		}
		slow.may <- struct{}{}
		if m := <-slow.asked; m != 202607 {
			t.Errorf("the second month is %s", m)
		}
		found("after August was indexed", august1, 2)
		refused("after August was indexed", july)
		in.Close() // in the middle

		if left, err := s.Unindexed(t.Context()); err != nil || !slices.Equal(left, []intake.Month{202607}) {
			t.Errorf("left are %v, %v", left, err)
		}
		in = intakeOf(t, s, &now)
		defer in.Close()
		soon(t, "July is indexed", func() bool { _, err := history(july); return err == nil })
		found("after all", july, 4)
		if left, err := s.Unindexed(t.Context()); err != nil || len(left) > 0 {
			t.Errorf("left are %v, %v", left, err)
		}
		verified(t, s)
	})
}

// What an end in the middle of one index has left on PostgreSQL is no index, and is made anew.
func TestIntake_IndexBroken(t *testing.T) {
	t.Parallel()
	url := freshPostgresIntake(t)
	s, now := openedIntake(t, url), someDay
	in := intakeOf(t, s, &now)
	submit(t, in, "july", ride("1", "ann", 3, 8, 0))
	in.Close()
	execIntake(t, url, "DROP INDEX activity_202607_reversal")
	tx, err := s.write.BeginTx(t.Context(), nil) // a writer, which the index waits for
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE activity_202607 IN ROW EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	conn, err := s.dialect.(*intakePostgres).read.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "SET statement_timeout = '300ms'"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "CREATE INDEX CONCURRENTLY "+onReversals(202607)); err == nil {
		t.Fatal("it was made")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Unindexed(t.Context()); err != nil || !slices.Equal(left, []intake.Month{202607}) {
		t.Errorf("left are %v, %v", left, err)
	}
	if err := s.IndexReversals(t.Context(), 202607); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Unindexed(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}
