package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"gorm.io/gorm"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"permitx/internal/app"
	"permitx/internal/intake"
)

// sqliteDialect writes through one connection: WAL with a sync at each commit.
type sqliteDialect struct {
	write, read *sql.DB
	gorm        *gorm.DB
	prepared    map[string]*sql.Stmt
	pace        *intake.Pace // of an intake; nil: of the exchange
}

// The smallest SQLite that may be used: older ones can lose a WAL that is
// reset while a reader looks.
const sqliteVersionMin = 3_051_003

func openSQLite(ctx context.Context, path string) (*Store, error) {
	if err := makeParent(path); err != nil {
		return nil, err
	}
	d := &sqliteDialect{prepared: map[string]*sql.Stmt{}}
	var err error
	if d.write, err = sql.Open("sqlite", sqliteDSN(path, "immediate", "synchronous(FULL)", "journal_mode(WAL)")); err != nil {
		return nil, err
	}
	d.write.SetMaxOpenConns(1)
	if err := checkVersion(ctx, d.write); err != nil {
		return nil, errors.Join(err, d.write.Close())
	}
	if d.read, err = sql.Open("sqlite", sqliteDSN(path, "deferred", "query_only(1)")); err != nil {
		return nil, errors.Join(err, d.write.Close())
	}
	d.read.SetMaxOpenConns(readConnections)
	d.read.SetMaxIdleConns(readConnections)
	s := &Store{dialect: d}
	if s.write, err = gorm.Open(sqliteDialector{d.write}, gormConfig()); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if s.read, err = gorm.Open(sqliteDialector{d.read}, gormConfig()); err != nil {
		return nil, errors.Join(err, d.close())
	}
	d.gorm = s.write
	return s, nil
}

func makeParent(path string) error {
	const onlyUs = 0o750
	return os.MkdirAll(filepath.Dir(path), onlyUs)
}

func sqliteDSN(path, lock string, pragmas ...string) string {
	q := url.Values{"_txlock": {lock}}
	for _, p := range append([]string{"busy_timeout(10000)", "cache_size(-65536)", "temp_store(MEMORY)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func checkVersion(ctx context.Context, db *sql.DB) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return fmt.Errorf("SQLite's version %q: %w", version, err)
	}
	if major*1_000_000+minor*1_000+patch < sqliteVersionMin {
		return fmt.Errorf("SQLite %s is too old: it may lose committed rows; 3.51.3 is needed", version)
	}
	return nil
}

func (d *sqliteDialect) name() string { return "sqlite" }

func (d *sqliteDialect) close() error {
	for _, s := range d.prepared {
		s.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// classify knows no lost connections: the file is here or the disk is broken.
func (d *sqliteDialect) classify(err error) error { return err }

const fenceUpdate = `UPDATE registry SET batch = ?, length = ?, head = ?, last_at = ?, beat_at = ?
 WHERE id = 1 AND epoch = ? AND batch = ?`

func (d *sqliteDialect) flush(ctx context.Context, w writes) error {
	if err := d.prepare(ctx, fenceUpdate, w.rows); err != nil {
		return err
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := w.inside(ctx, tx, d, d.gorm); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (d *sqliteDialect) moveFence(ctx context.Context, tx *sql.Tx, move registryMove) error {
	done, err := tx.StmtContext(ctx, d.prepared[fenceUpdate]).ExecContext(ctx, move.args()...)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(app.ErrFenced, err)
	}
	return nil
}

// chunkRows are the rows of one insert: full chunks first, then one by one.
const chunkRows = 16

// prepare makes the statements of a flush before its transaction begins: a
// statement that is first prepared inside one is prepared again in the next,
// and then parsing took a quarter of the flush.
func (d *sqliteDialect) prepare(ctx context.Context, fence string, all []rows) error {
	queries := []string{fence}
	for i := range all {
		if !all[i].changed && all[i].n >= chunkRows {
			queries = append(queries, all[i].valuesSQL(chunkRows))
		}
		queries = append(queries, all[i].valuesSQL(1))
	}
	for _, q := range queries {
		if d.prepared[q] != nil {
			continue
		}
		s, err := d.write.PrepareContext(ctx, q)
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		d.prepared[q] = s
	}
	return nil
}

func (d *sqliteDialect) writeRows(ctx context.Context, tx *sql.Tx, r *rows) error {
	args := make([]any, 0, chunkRows*len(r.names))
	one := tx.StmtContext(ctx, d.prepared[r.valuesSQL(1)])
	many := one
	if !r.changed && r.n >= chunkRows {
		many = tx.StmtContext(ctx, d.prepared[r.valuesSQL(chunkRows)])
	}
	for row := 0; row < r.n; {
		n, statement := 1, one
		if !r.changed && r.n-row >= chunkRows {
			n, statement = chunkRows, many
		}
		args = args[:0]
		for i := range n {
			args = r.appendRow(args, row+i)
		}
		if _, err := statement.ExecContext(ctx, args...); err != nil {
			return err
		}
		row += n
		if d.pace != nil {
			d.pace.Breathe(row - 1)
		}
	}
	return nil
}

// appendRow appends a row's cells; of a changed row the keys come last.
func (r *rows) appendRow(args []any, row int) []any {
	first := 0
	if r.changed {
		first = max(r.keys, 1)
	}
	for c := first; c < len(r.columns); c++ {
		args = append(args, r.value(c, row))
	}
	for c := range first {
		args = append(args, r.value(c, row))
	}
	return args
}

// valuesSQL writes n rows bound cell by cell.
func (r *rows) valuesSQL(n int) string {
	if r.changed {
		keys, rest := r.split()
		return "UPDATE " + r.table + " SET " + strings.Join(rest, " = ?, ") + " = ? WHERE " + strings.Join(keys, " = ? AND ") + " = ?"
	}
	one := "(?" + strings.Repeat(", ?", len(r.names)-1) + ")"
	return "INSERT INTO " + r.table + " (" + strings.Join(r.names, ", ") + ") VALUES " + one + strings.Repeat(", "+one, n-1)
}
