package store

import (
	"context"
	"database/sql"
	"fmt"

	"permitx/internal/app"
)

// Snapshot returns a view of one moment of the registry, for permitx check
// beside a live server. The caller must end it.
func (s *Store) Snapshot(ctx context.Context) (r app.Reader, registry app.Registry, end func(), err error) {
	tx := s.read.WithContext(ctx).Begin(s.dialect.snapshotOptions())
	if tx.Error != nil {
		return nil, app.Registry{}, nil, fmt.Errorf("begin a snapshot: %w", s.dialect.classify(tx.Error))
	}
	var row registryRow
	if err := tx.Table("registry").Where("id = 1").Take(&row).Error; err != nil {
		tx.Rollback()
		return nil, app.Registry{}, nil, fmt.Errorf("read the registry: %w", s.dialect.classify(err))
	}
	return &Store{dialect: s.dialect, write: tx, read: tx}, row.value(), func() { tx.Rollback() }, nil
}

func (*postgresDialect) snapshotOptions() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// snapshotOptions are none: a SQLite transaction sees one moment from its
// first read on.
func (*sqliteDialect) snapshotOptions() *sql.TxOptions { return nil }
