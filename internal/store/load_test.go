package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/app"
	"permitx/internal/market"
)

// The open orders that a start reads are those that a query finds, by id, over
// several blobs with gaps between the ids and the largest numbers that fit.
func TestOpenOrders(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		if got := openOrdersOf(t, s); len(got) != 0 {
			t.Fatalf("an empty registry has %d open orders", len(got))
		}
		plant(t, s, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO market_order (id, market, instrument, party, licence, project, side, time_in_force, state, price, quantity, remaining, hold, placed_at, command)
			SELECT 3 * i, 1 + i %% 3, 2, i, i + 7, i %% 9, 1 + i %% 2, 1, CASE WHEN i %% 5 = 0 THEN 3 ELSE 1 END,
			       9223372036854775807 - i, 9223372036854775807, 1 + i, CASE WHEN i %% 5 = 0 THEN 0 ELSE i * 70000 END, -i, i * 1000000 FROM n`, packedIDs))
		var want []market.Record
		if err := s.Find(t.Context(), app.Orders.Name(), app.Where("state", int64(market.Open)), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, openOrdersOf(t, s)); diff != "" || len(want) < packedIDs/2 {
			t.Errorf("%d orders; found by query (-), read (+):\n%s", len(want), diff)
		}
	})
}

func openOrdersOf(t *testing.T, s *Store) (all []market.Record) {
	t.Helper()
	if err := s.OpenOrders(t.Context(), func(o *market.Record) { all = append(all, *o) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// The keys are those of the journal from an instant on, of any length.
func TestKeys(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		const rows, since = packedIDs + 1000, 501
		plant(t, s, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO journal (number, at, actor, kind, key, payload, status, result, changes, digest, hash, build)
			SELECT i, 10 * i, i * 1000003, 'k', CASE i %% 3 WHEN 0 THEN '' WHEN 1 THEN '密钥-' || i ELSE '%s' || i END, 'p', 200, 'r', 'c', 'd', 'h', 'b' FROM n`,
			rows, strings.Repeat("x", 300)))
		var want, got []string
		for i := since; i <= rows; i++ {
			key := [...]string{"", fmt.Sprintf("密钥-%d", i), strings.Repeat("x", 300) + fmt.Sprint(i)}[i%3]
			want = append(want, fmt.Sprint(i, i*1000003, key))
		}
		err := s.Keys(t.Context(), 10*since-9, func(number, actor int64, key []byte) { got = append(got, fmt.Sprint(number, actor, string(key))) })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// plant writes rows past the writer.
func plant(t *testing.T, s *Store, sql string) {
	t.Helper()
	if err := s.write.Exec(sql).Error; err != nil {
		t.Fatal(err)
	}
}
