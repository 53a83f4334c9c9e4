package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"permitx/internal/intake"
)

// intakeSQLite writes through one connection: WAL with a sync at each commit.
// What is deleted is overwritten, so that an erased pseudonym is not in the file.
type intakeSQLite struct {
	sqliteDialect
	look    *sql.DB              // what the writer looks up, also beside a flush; one connection
	log     *sql.DB              // what writes the log back and cuts it; one connection
	lookups map[string]*sql.Stmt // its statements
}

const intakeFenceUpdate = `UPDATE registry SET batch = ?, length = ?, head = ?, last_at = ?, activity = ?, participant = ?, outbox = ?
 WHERE id = 1 AND epoch = ? AND batch = ?`

func openIntakeSQLite(path string, pace *intake.Pace) (*IntakeStore, error) {
	d := &intakeSQLite{sqliteDialect: sqliteDialect{prepared: map[string]*sql.Stmt{}, pace: pace}, lookups: map[string]*sql.Stmt{}}
	var err error
	if d.write, err = sql.Open("sqlite", sqliteDSN(path, "immediate", "synchronous(FULL)", "journal_mode(WAL)", "wal_autocheckpoint(32768)", "cache_size(-262144)", "secure_delete(fast)")); err != nil {
		return nil, err
	}
	d.write.SetMaxOpenConns(1)
	if d.look, err = sql.Open("sqlite", sqliteDSN(path, "deferred", "query_only(1)", "cache_size(-262144)")); err != nil {
		return nil, errors.Join(err, d.write.Close())
	}
	d.look.SetMaxOpenConns(1)
	if d.read, err = sql.Open("sqlite", sqliteDSN(path, "deferred", "query_only(1)")); err != nil {
		return nil, errors.Join(err, d.write.Close(), d.look.Close())
	}
	d.read.SetMaxOpenConns(readConnections)
	if d.log, err = sql.Open("sqlite", sqliteDSN(path, "deferred")); err != nil {
		return nil, errors.Join(err, d.write.Close(), d.look.Close(), d.read.Close())
	}
	d.log.SetMaxOpenConns(1)
	return &IntakeStore{intakeReader: intakeReader{d.read, intakeSQLiteMonths}, dialect: d, write: d.write}, nil
}

func (d *intakeSQLite) close() error {
	for _, s := range d.lookups {
		s.Close()
	}
	return errors.Join(d.look.Close(), d.log.Close(), d.sqliteDialect.close())
}

// forgetWait is how long, in milliseconds, the writer waits for readers of before when the
// log is to be cut. Where they do not end, it is tried again later.
const forgetWait = "10"

// forget writes the log back into the file and cuts it to nothing: pages of before stand in
// it until they are written over. Nearly all is written beside the writer, which waits
// for the rest only.
func (d *intakeSQLite) forget(ctx context.Context) (done bool, err error) {
	conn, err := d.log.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = "+forgetWait); err != nil {
		return false, err
	}
	for _, how := range []string{"PASSIVE", "TRUNCATE"} {
		var busy bool
		var pages, written int64
		if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+how+")").Scan(&busy, &pages, &written); err != nil {
			return false, err
		}
		done = !busy
	}
	return done, nil
}

func (d *intakeSQLite) flush(ctx context.Context, c *intake.Changes, all []rows) error {
	if err := d.prepare(ctx, intakeFenceUpdate, all); err != nil {
		return err
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := d.inside(ctx, tx, c, all); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (d *intakeSQLite) inside(ctx context.Context, tx *sql.Tx, c *intake.Changes, all []rows) error {
	done, err := tx.StmtContext(ctx, d.prepared[intakeFenceUpdate]).ExecContext(ctx, intakeFence(c)...) //nolint:sqlclosecheck // prepared once, closed with the store
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(intake.ErrFenced, err)
	}
	for i := range all {
		if err := d.writeRows(ctx, tx, &all[i]); err != nil {
			return fmt.Errorf("write %s: %w", all[i].table, err)
		}
	}
	return nil
}

// lookupKeys are the keys of one statement: full chunks first, then one by one.
const lookupKeys = 128

func (d *intakeSQLite) lookup(ctx context.Context, l *lookup, each func(*sql.Rows) error) error {
	for first := 0; first < l.keys.n; {
		n := lookupKeys
		if l.keys.n-first < n {
			n = 1
		}
		statement, err := d.prepareLookup(ctx, l.valuesSQL(n))
		if err != nil {
			return err
		}
		args := make([]any, 0, n*len(l.keys.names))
		for i := range n {
			for c := range l.keys.columns {
				args = append(args, l.keys.value(c, first+i))
			}
		}
		if err := eachOfStatement(ctx, statement, each, args); err != nil {
			return err
		}
		first += n
		d.pace.Breathe(first - 1)
	}
	return nil
}

// valuesSQL joins n keys to the table, the keys outside.
func (l *lookup) valuesSQL(n int) string {
	names := l.keys.names
	one := "(?" + strings.Repeat(", ?", len(names)-1) + ")"
	on := make([]string, len(names))
	for i, name := range names {
		on[i] = "t." + name + " = u." + name
	}
	return "WITH u (" + strings.Join(names, ", ") + ") AS (VALUES " + one + strings.Repeat(", "+one, n-1) + ") SELECT " + l.columns +
		" FROM u CROSS JOIN " + l.table + " t ON " + strings.Join(on, " AND ")
}

func (d *intakeSQLite) prepareLookup(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := d.lookups[query]; s != nil {
		return s, nil
	}
	s, err := d.look.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	d.lookups[query] = s
	return s, nil
}

func eachOfStatement(ctx context.Context, s *sql.Stmt, each func(*sql.Rows) error, args []any) error {
	found, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		if err := each(found); err != nil {
			return err
		}
	}
	return found.Err()
}

const intakeSQLiteMonths = `SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'activity\_%' ESCAPE '\'`

// snapshot is a transaction, which sees one moment from its first read on.
func (d *intakeSQLite) snapshot(ctx context.Context) (*sql.Tx, error) {
	return d.read.BeginTx(ctx, nil)
}

func (*intakeSQLite) monthSQL(m intake.Month) []string {
	table := activityTable(m)
	return []string{
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %[1]s (
    id INTEGER NOT NULL CONSTRAINT %[1]s_pkey PRIMARY KEY, batch BIGINT NOT NULL, source BIGINT NOT NULL, source_id TEXT NOT NULL,
    scheme BIGINT NOT NULL, scenario BIGINT NOT NULL, methodology BIGINT NOT NULL, participant BIGINT NOT NULL,
    from_at BIGINT NOT NULL, to_at BIGINT NOT NULL, day INTEGER NOT NULL, inputs TEXT NOT NULL, evidence BLOB NOT NULL,
    computed BIGINT NOT NULL, amount BIGINT NOT NULL, reverses BIGINT NOT NULL,
    CONSTRAINT %[1]s_month CHECK (day / 100 = %[2]d),
    CONSTRAINT %[1]s_sign CHECK ((reverses = 0 AND amount > 0 AND amount <= computed) OR (reverses > 0 AND amount < 0 AND amount >= computed)))`, table, m),
		fmt.Sprintf(`CREATE TRIGGER IF NOT EXISTS %[1]s_no_update BEFORE UPDATE ON %[1]s BEGIN SELECT RAISE(ABORT, 'an activity is never changed'); END`, table),
		fmt.Sprintf(`CREATE TRIGGER IF NOT EXISTS %[1]s_no_delete BEFORE DELETE ON %[1]s BEGIN SELECT RAISE(ABORT, 'an activity is never deleted'); END`, table),
		reversalIndex(m),
		identifiedIndex(m),
	}
}
