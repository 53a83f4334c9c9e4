package store

import (
	"bytes"
	"testing"
)

// Long values are compressed with LZ4 where the server can, and by the server's own choice where it cannot.
func TestCommit_CompressesFast(t *testing.T) {
	t.Parallel()
	s := opened(t, migratedPostgres(t))
	b := orderBatch(takenOver(t, s, second), 1, 2)
	b.Journal[0].Result = bytes.Repeat([]byte(`{"state":"open"}`), 2_000)
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	var got, want string
	if err := s.read.Raw("SELECT pg_column_compression(result) FROM journal WHERE number = 1").Scan(&got).Error; err != nil {
		t.Fatal(err)
	}
	err := s.read.Raw("SELECT CASE WHEN 'lz4' = ANY (enumvals) THEN 'lz4' ELSE setting END FROM pg_settings WHERE name = 'default_toast_compression'").Scan(&want).Error
	if err != nil || got != want {
		t.Errorf("a long result is compressed by %q, want %q (%v)", got, want, err)
	}
}
