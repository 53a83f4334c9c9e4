package store

import (
	"context"
	"errors"
	"testing"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/pgtest/dbtest"
)

// second is what stamps count in.
const second = calendar.Instant(1_000_000)

// onBoth runs a test on a fresh, migrated database of each kind; on
// PostgreSQL as the service's role, which owns nothing.
func onBoth(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, opened(t, migratedSQLite(t)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, opened(t, migratedPostgres(t)))
	})
}

func migratedSQLite(tb testing.TB) string {
	tb.Helper()
	return dbtest.File(tb, "store", func(path string) error {
		_, err := Migrate(tb.Context(), path)
		return err
	})
}

func migratedPostgres(tb testing.TB) string {
	tb.Helper()
	db := dbtest.Template(tb, "store", func(ownerURL string) error {
		if _, err := Migrate(context.Background(), ownerURL); err != nil {
			return err
		}
		return GrantService(context.Background(), ownerURL, "permitx_service")
	})
	return db.ServiceURL
}

func opened(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func takenOver(t *testing.T, s *Store, at calendar.Instant) app.Registry {
	t.Helper()
	r, err := s.TakeOver(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A writer whose epoch has passed cannot commit, and leaves no row behind.
func TestCommit_Fenced(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		old := takenOver(t, s, second)
		takenOver(t, s, second+calendar.Instant(app.LeaseTime.Microseconds()))
		for _, orders := range []int{3, manyRows} {
			if err := s.Commit(t.Context(), orderBatch(old, orders, 2)); !errors.Is(err, app.ErrFenced) {
				t.Fatalf("commit of %d orders by the old writer: %v, want ErrFenced", orders, err)
			}
			for _, table := range []string{"journal", "posting", "market_order", "balance"} {
				if last, err := s.LastID(t.Context(), table); err != nil || last != 0 {
					t.Errorf("%s has rows up to %d after a fenced commit (%v)", table, last, err)
				}
			}
		}
		if err := s.Beat(t.Context(), old.Epoch, second); !errors.Is(err, app.ErrFenced) {
			t.Errorf("beat of the old writer: %v, want ErrFenced", err)
		}
	})
}

// The role cannot be taken from a writer that has just shown itself, and can
// from one that stopped or fell silent.
func TestTakeOver_Held(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		r := takenOver(t, s, 10*second)
		if _, err := s.TakeOver(t.Context(), 11*second); !errors.Is(err, app.ErrHeld) {
			t.Fatalf("take over a live writer: %v, want ErrHeld", err)
		}
		if err := s.Beat(t.Context(), r.Epoch, 0); err != nil {
			t.Fatal(err)
		}
		if next := takenOver(t, s, 11*second); next.Epoch != r.Epoch+1 {
			t.Errorf("epoch %d after %d", next.Epoch, r.Epoch)
		}
	})
}

// A batch that breaks a constraint is rolled back as a whole, and the error is
// neither a lost connection nor an unknown outcome.
func TestCommit_Constraint(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		r := takenOver(t, s, second)
		for _, orders := range []int{4, manyRows} {
			b := orderBatch(r, orders, 2)
			b.Orders.New[orders-1].Remaining = b.Orders.New[0].Quantity + 1
			err := s.Commit(t.Context(), b)
			if err == nil || errors.Is(err, app.ErrLost) || errors.Is(err, app.ErrUnknown) || errors.Is(err, app.ErrFenced) {
				t.Fatalf("commit of a broken batch: %v", err)
			}
			after, err := s.Registry(t.Context())
			if err != nil || after.Batch != r.Batch || after.Length != r.Length {
				t.Errorf("the registry moved to %+v (%v)", after, err)
			}
			b = orderBatch(r, orders, 2)
			if err := s.Commit(t.Context(), b); err != nil {
				t.Errorf("the next batch: %v", err)
			}
			r = b.Registry
		}
	})
}

// A statement walks back from an account's last posting to its first.
func TestStatement_WalksBack(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		r := takenOver(t, s, second)
		b := orderBatch(r, 1, 2)
		b.Postings = []ledger.Posting{
			{ID: 1, Transfer: 1, Reason: ledger.DepositReceipt, Debit: 1, Credit: 2, Amount: 5, DebitAfter: 5, CreditAfter: 5, Command: 1},
			{ID: 2, Transfer: 2, Reason: ledger.DepositReceipt, Debit: 1, Credit: 3, Amount: 7, DebitAfter: 12, CreditAfter: 7, DebitPrevious: 1, Command: 1},
			{ID: 3, Transfer: 3, Reason: ledger.Escrowing, Debit: 2, Credit: 3, Amount: 1, DebitAfter: 4, CreditAfter: 8, DebitPrevious: 1, CreditPrevious: 2, Command: 1},
		}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			account ledger.AccountID
			last    int64
			limit   int
			want    []int64
		}{
			{1, 2, 10, []int64{2, 1}}, {2, 3, 10, []int64{3, 1}}, {3, 3, 10, []int64{3, 2}}, {3, 3, 1, []int64{3}}, {9, 0, 10, nil},
		} {
			found, err := s.Statement(t.Context(), c.account, c.last, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			var ids []int64
			for _, p := range found {
				ids = append(ids, p.ID)
			}
			if len(ids) != len(c.want) {
				t.Errorf("account %d from %d: postings %v, want %v", c.account, c.last, ids, c.want)
				continue
			}
			for i := range ids {
				if ids[i] != c.want[i] {
					t.Errorf("account %d from %d: postings %v, want %v", c.account, c.last, ids, c.want)
				}
			}
		}
	})
}
