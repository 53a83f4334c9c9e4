package store

import (
	"context"
	"database/sql"
	"errors"
)

// SaltDigest is the SHA-256 of the salt by which an intake knows participants: nil
// where it knows none by that name.
func (s *IntakeStore) SaltDigest(ctx context.Context, name string) (digest []byte, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT digest FROM salt WHERE name = $1", name).Scan(&digest)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return digest, lost(err)
}

// NoteSalt keeps the digest of a salt before the first participant is known by it;
// it stays.
func (s *IntakeStore) NoteSalt(ctx context.Context, name string, digest []byte) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO salt (name, digest) VALUES ($1, $2)", name, digest)
	return lost(err)
}
