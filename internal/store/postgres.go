package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"permitx/internal/app"
)

// postgresDialect flushes a batch in one round trip: the fence and one
// statement a table, as one implicit transaction. Batches with many new rows
// of a table take an explicit one, in which these come by COPY, and those with
// records of other tables one through GORM.
type postgresDialect struct {
	write, read *sql.DB
	gorm        *gorm.DB
}

// fenceSQL moves the registry row, or fails the transaction by dividing by
// zero when this process is no longer the writer.
const fenceSQL = `WITH moved AS (
  UPDATE registry SET batch = $1, length = $2, head = $3, last_at = $4, beat_at = $5
   WHERE id = 1 AND epoch = $6 AND batch = $7 RETURNING 1)
SELECT 1 / count(*) FROM moved`

const divisionByZero = "22012"

// compressFast lets a server that can compress long values with LZ4: the journal's row of a batch of a hundred
// orders took 0.5 ms, of which PostgreSQL's own method was five sixths.
func compressFast(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)`)
	return err
}

func openPostgres(ctx context.Context, url string) (*Store, error) {
	writeConfig, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	readConfig := writeConfig.Copy()
	// The plans of the flush are made once, when the tables are still small,
	// and must fit when they are large: always by index.
	for name, value := range map[string]string{
		"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off",
		"enable_mergejoin": "off", "synchronous_commit": "on", "jit": "off",
	} {
		writeConfig.RuntimeParams[name] = value
	}
	d := &postgresDialect{write: stdlib.OpenDB(*writeConfig, stdlib.OptionAfterConnect(compressFast)), read: stdlib.OpenDB(*readConfig)}
	d.write.SetMaxOpenConns(1)
	d.write.SetMaxIdleConns(1)
	d.read.SetMaxOpenConns(readConnections)
	d.read.SetMaxIdleConns(readConnections)
	if err := d.write.PingContext(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	s := &Store{dialect: d}
	if s.write, err = gorm.Open(postgres.New(postgres.Config{Conn: d.write}), gormConfig()); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if s.read, err = gorm.Open(postgres.New(postgres.Config{Conn: d.read}), gormConfig()); err != nil {
		return nil, errors.Join(err, d.close())
	}
	d.gorm = s.write
	return s, nil
}

func (d *postgresDialect) name() string { return "postgres" }

func (d *postgresDialect) close() error { return errors.Join(d.write.Close(), d.read.Close()) }

func (d *postgresDialect) flush(ctx context.Context, w writes) error {
	if len(w.records) > 0 {
		return d.flushWithRecords(ctx, w)
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return lost(err)
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		return d.send(ctx, driver.(*stdlib.Conn).Conn(), &w) //nolint:errcheck // stdlib's own type
	})
}

// send writes in one transaction. The connection may break before the server
// has committed or after: that is not known.
func (d *postgresDialect) send(ctx context.Context, conn *pgx.Conn, w *writes) error {
	err := w.send(ctx, conn)
	switch {
	case err == nil:
		return nil
	case isServerError(err):
		return fenced(err)
	}
	return fmt.Errorf("%w: %w", app.ErrUnknown, err)
}

func (d *postgresDialect) flushWithRecords(ctx context.Context, w writes) error {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return lost(err)
	}
	if err := w.inside(ctx, tx, d, d.gorm); err != nil {
		return errors.Join(fenced(lost(err)), tx.Rollback())
	}
	err = tx.Commit()
	if err != nil && !isServerError(err) {
		return fmt.Errorf("%w: %w", app.ErrUnknown, err)
	}
	return err
}

func (*postgresDialect) moveFence(ctx context.Context, tx *sql.Tx, move registryMove) error {
	_, err := tx.ExecContext(ctx, fenceSQL, move.args()...)
	return err
}

func (*postgresDialect) writeRows(ctx context.Context, tx *sql.Tx, r *rows) error {
	_, err := tx.ExecContext(ctx, r.arraySQL(), r.columns...)
	return err
}

func (m registryMove) args() []any {
	return []any{m.after.Batch, m.after.Length, m.after.Head, int64(m.after.LastAt), int64(m.after.BeatAt), m.epoch, m.before}
}

// isServerError reports an answer of a server that is still there.
func isServerError(err error) bool {
	var pg *pgconn.PgError
	// Class 57 is the server going away: it may have committed, or not.
	return errors.As(err, &pg) && pg.Code[:2] != "57" && pg.Code[:2] != "08"
}

func fenced(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == divisionByZero {
		return app.ErrFenced
	}
	return err
}

func (d *postgresDialect) classify(err error) error { return lost(err) }

// lost marks the errors of a connection that broke before a commit was asked for.
func lost(err error) error {
	if err == nil || errors.Is(err, app.ErrLost) {
		return err
	}
	var network net.Error
	var connect *pgconn.ConnectError
	var pg *pgconn.PgError
	switch {
	case isServerError(err):
		return err
	case errors.As(err, &network), errors.As(err, &connect), errors.As(err, &pg), pgconn.SafeToRetry(err), isBroken(err):
		return fmt.Errorf("%w: %w", app.ErrLost, err)
	}
	return err
}
