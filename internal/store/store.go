package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/ledger"
)

// readConnections bounds the connections that queries share.
const readConnections = 8

// dialect is what differs between the databases.
type dialect interface {
	name() string
	// flush writes a batch and the fence in one transaction.
	flush(ctx context.Context, w writes) error
	// bulk calls each with the rows of a query of very many, by id.
	bulk(ctx context.Context, q bulk, each func(bulkRow)) error
	// classify wraps a driver's error in app.ErrLost, if the connection broke.
	classify(err error) error
	snapshotOptions() *sql.TxOptions
	close() error
}

// Store is a registry in a database. It is safe for concurrent use by
// readers; Commit is for the one writer.
type Store struct {
	dialect dialect
	write   *gorm.DB // one connection
	read    *gorm.DB
}

var _ app.Store = (*Store)(nil)

// Open connects to a database: a postgres:// URL, or the path of a SQLite
// file. The schema must be up to date; see Migrate.
func Open(ctx context.Context, url string) (*Store, error) {
	var s *Store
	var err error
	if IsPostgres(url) {
		s, err = openPostgres(ctx, url)
	} else {
		s, err = openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"))
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return s, nil
}

// IsPostgres reports whether a database URL is PostgreSQL's.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Dialect is "postgres" or "sqlite".
func (s *Store) Dialect() string { return s.dialect.name() }

// Close closes all connections.
func (s *Store) Close() error { return s.dialect.close() }

// gormConfig is how both databases use GORM: no implicit transactions, and
// statements prepared once.
func gormConfig() *gorm.Config {
	return &gorm.Config{SkipDefaultTransaction: true, PrepareStmt: true, Logger: logger.Discard, DisableAutomaticPing: true}
}

// registryMove is the fence of a batch: from the batch before it to after it.
type registryMove struct {
	epoch, before int64
	after         app.Registry
}

// Commit writes a batch and advances the fence in one transaction. Returns
// app.ErrFenced, app.ErrLost or app.ErrUnknown; any other error is a
// constraint that the batch would have broken.
func (s *Store) Commit(ctx context.Context, b *app.Batch) error {
	return s.dialect.flush(ctx, writes{
		move: registryMove{b.Epoch, b.Registry.Batch - 1, b.Registry}, rows: flushRows(b), records: b.Records,
	})
}

// writeRecords writes the tables that are written whole, each in the order of
// its ids.
func writeRecords(tx *gorm.DB, all map[string]*app.Records) error {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		records := all[name]
		ids := make([]int64, 0, len(records.ByID))
		for id := range records.ByID {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for len(ids) > 0 {
			n := runOf(records, ids)
			if err := writeRun(tx.Table(name), records, ids[:n]); err != nil {
				return fmt.Errorf("write %s %d to %d: %w", name, ids[0], ids[n-1], err)
			}
			ids = ids[n:]
		}
	}
	return nil
}

// rowsPerStatement bounds the rows of a statement: the widest table has some 70
// columns, and SQLite takes 32,766 values.
const rowsPerStatement = 200

// runOf is how many of the first rows are all new, or all changed: they go in one
// statement, and the order of the ids is kept, which unique indexes rest on.
func runOf(records *app.Records, ids []int64) int {
	n := 1
	for n < len(ids) && n < rowsPerStatement && records.New[ids[n]] == records.New[ids[0]] {
		n++
	}
	return n
}

func writeRun(table *gorm.DB, records *app.Records, ids []int64) error {
	if !records.New[ids[0]] {
		table = table.Clauses(clause.OnConflict{UpdateAll: true})
	}
	if len(ids) == 1 {
		return table.Create(records.ByID[ids[0]]).Error
	}
	run := reflect.MakeSlice(reflect.SliceOf(reflect.TypeOf(records.ByID[ids[0]])), 0, len(ids))
	for _, id := range ids {
		run = reflect.Append(run, reflect.ValueOf(records.ByID[id]))
	}
	rows := reflect.New(run.Type())
	rows.Elem().Set(run)
	return table.Create(rows.Interface()).Error
}

// registryRow is the table registry.
type registryRow struct {
	ID     int64
	Epoch  int64
	Batch  int64
	Length int64
	Head   []byte
	LastAt int64
	BeatAt int64
}

func (r registryRow) value() app.Registry {
	return app.Registry{
		Epoch: r.Epoch, Batch: r.Batch, Length: r.Length, Head: r.Head,
		LastAt: calendar.Instant(r.LastAt), BeatAt: calendar.Instant(r.BeatAt),
	}
}

// Registry reads the registry row, past any snapshot of the read connections.
func (s *Store) Registry(ctx context.Context) (app.Registry, error) {
	var row registryRow
	err := s.write.WithContext(ctx).Table("registry").Where("id = 1").Take(&row).Error
	return row.value(), s.dialect.classify(err)
}

// TakeOver raises the epoch, so that whoever was the writer is fenced.
func (s *Store) TakeOver(ctx context.Context, now calendar.Instant) (app.Registry, error) {
	r, err := s.Registry(ctx)
	if err != nil {
		return app.Registry{}, err
	}
	if r.BeatAt != 0 && now-r.BeatAt < calendar.Instant(app.LeaseTime.Microseconds()) {
		return app.Registry{}, app.ErrHeld
	}
	done := s.write.WithContext(ctx).Exec(
		"UPDATE registry SET epoch = epoch + 1, beat_at = ? WHERE id = 1 AND epoch = ? AND batch = ? AND beat_at = ?",
		int64(now), r.Epoch, r.Batch, int64(r.BeatAt))
	if done.Error != nil {
		return app.Registry{}, s.dialect.classify(done.Error)
	}
	if done.RowsAffected != 1 {
		return app.Registry{}, app.ErrHeld
	}
	r.Epoch++
	r.BeatAt = now
	return r, nil
}

// Beat shows that the writer of this epoch is alive.
func (s *Store) Beat(ctx context.Context, epoch int64, at calendar.Instant) error {
	done := s.write.WithContext(ctx).Exec("UPDATE registry SET beat_at = ? WHERE id = 1 AND epoch = ?", int64(at), epoch)
	if done.Error != nil {
		return s.dialect.classify(done.Error)
	}
	if done.RowsAffected != 1 {
		return app.ErrFenced
	}
	return nil
}

// idColumn is the column that a table is ordered by.
func idColumn(table string) string {
	if table == app.Journal.Name() || table == app.Payloads.Name() {
		return "number"
	}
	return "id"
}

// Find reads the rows that a query selects into rows, a pointer to a slice of
// the table's record.
func (s *Store) Find(ctx context.Context, table string, q app.Query, rows any) error {
	db := s.read.WithContext(ctx).Table(table)
	for _, c := range q.Where {
		db = db.Where(c.Column+" "+string(c.Op)+" ?", c.Value)
	}
	id := idColumn(table)
	switch {
	case q.After > 0 && q.Desc:
		db = db.Where(id+" < ?", q.After)
	case q.After > 0:
		db = db.Where(id+" > ?", q.After)
	}
	if q.Desc {
		db = db.Order(id + " DESC")
	} else {
		db = db.Order(id)
	}
	if q.Limit > 0 {
		db = db.Limit(q.Limit)
	}
	if err := db.Find(rows).Error; err != nil {
		return fmt.Errorf("find in %s: %w", table, s.dialect.classify(err))
	}
	return nil
}

// LastID is the largest id in a table.
func (s *Store) LastID(ctx context.Context, table string) (int64, error) {
	var last sql.NullInt64
	err := s.read.WithContext(ctx).Table(table).Select("max(" + idColumn(table) + ")").Scan(&last).Error
	return last.Int64, s.dialect.classify(err)
}

// Statement walks back from an account's posting to the ones before it: the
// ledger has no index by account.
func (s *Store) Statement(ctx context.Context, account ledger.AccountID, last int64, limit int) ([]ledger.Posting, error) {
	const walk = `WITH RECURSIVE walk AS (
    SELECT p.*, 1 AS depth FROM posting p WHERE p.id = ?
  UNION ALL
    SELECT p.*, walk.depth + 1 FROM walk JOIN posting p
      ON p.id = CASE WHEN walk.debit = ? THEN walk.debit_previous ELSE walk.credit_previous END
     WHERE walk.depth < ?)
  SELECT id, transfer, reason, reference, debit, credit, amount, debit_after, credit_after, debit_previous, credit_previous, command
    FROM walk ORDER BY depth`
	var found []ledger.Posting
	err := s.read.WithContext(ctx).Raw(walk, last, int64(account), limit).Scan(&found).Error
	return found, s.dialect.classify(err)
}

func itoa(n int) string { return strconv.Itoa(n) }
