package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"permitx/internal/app"
	"permitx/internal/intake"
)

// intakePostgres flushes a few rows in one round trip, as an implicit transaction. What the writer
// looks up has a connection of its own, and so a process: it is read while a flush is written.
type intakePostgres struct {
	write, look, read *sql.DB
	pace              *intake.Pace
}

const intakeFenceSQL = `WITH moved AS (
  UPDATE registry SET batch = $1, length = $2, head = $3, last_at = $4, activity = $5, participant = $6, outbox = $7
   WHERE id = 1 AND epoch = $8 AND batch = $9 RETURNING 1)
SELECT 1 / count(*) FROM moved`

func openIntakePostgres(ctx context.Context, url string, pace *intake.Pace) (*IntakeStore, error) {
	writeConfig, err := intakeConfig(url)
	if err != nil {
		return nil, err
	}
	readConfig := writeConfig.Copy()
	// As for the registry: plans are made while tables are small, and must fit later.
	for name, value := range map[string]string{
		"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off",
		"enable_mergejoin": "off", "enable_bitmapscan": "off", "synchronous_commit": "on", "jit": "off",
	} {
		writeConfig.RuntimeParams[name] = value
	}
	d := &intakePostgres{write: stdlib.OpenDB(*writeConfig, stdlib.OptionAfterConnect(compressFast)), look: stdlib.OpenDB(*writeConfig), read: stdlib.OpenDB(*readConfig), pace: pace}
	for _, one := range []*sql.DB{d.write, d.look} {
		one.SetMaxOpenConns(1)
		one.SetMaxIdleConns(1)
	}
	d.read.SetMaxOpenConns(readConnections)
	if err := d.write.PingContext(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return &IntakeStore{intakeReader: intakeReader{d.read, intakePostgresMonths}, dialect: d, write: d.write}, nil
}

func (d *intakePostgres) close() error {
	return errors.Join(d.write.Close(), d.look.Close(), d.read.Close())
}

func (d *intakePostgres) flush(ctx context.Context, c *intake.Changes, all []rows) error {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return lost(err)
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		err := d.send(ctx, driver.(*stdlib.Conn).Conn(), c, all) //nolint:errcheck // stdlib's own type
		switch {
		case err == nil:
			return nil
		case isServerError(err):
			if errors.Is(fenced(err), app.ErrFenced) {
				return intake.ErrFenced
			}
			return err
		}
		return fmt.Errorf("%w: %w", intake.ErrUnknown, err)
	})
}

// send writes rows: the many of a table by themselves, all others in one round trip before them.
func (d *intakePostgres) send(ctx context.Context, conn *pgx.Conn, c *intake.Changes, all []rows) error {
	batch := &pgx.Batch{}
	batch.Queue(intakeFenceSQL, intakeFence(c)...)
	var many []*rows
	for i := range all {
		if r := &all[i]; r.areMany() {
			many = append(many, r)
		} else {
			batch.Queue(r.arraySQL(), r.columns...)
		}
	}
	if len(many) == 0 {
		return conn.SendBatch(ctx, batch).Close()
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		for _, r := range many {
			if err := d.inParts(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// inParts writes rows at once, or in parts with a pause after each while the exchange trades: PostgreSQL
// does a statement without a breath, on a processor that orders wait for.
func (d *intakePostgres) inParts(ctx context.Context, tx pgx.Tx, r *rows) error {
	for first := 0; first < r.n; {
		last := d.pace.Part(first, r.n)
		started := time.Now()
		if err := writeMany(ctx, tx, r.part(first, last)); err != nil {
			return err
		}
		d.pace.Rest(time.Since(started))
		first = last
	}
	return nil
}

// lookup joins the keys, as one array a column, to the table.
func (d *intakePostgres) lookup(ctx context.Context, l *lookup, each func(*sql.Rows) error) error {
	on := make([]string, len(l.keys.names))
	for i, name := range l.keys.names {
		on[i] = "t." + name + " = u." + name
	}
	query := "SELECT " + l.columns + " FROM " + l.keys.unnest() + " AS u (" + strings.Join(l.keys.names, ", ") + ") JOIN " + l.table + " t ON " + strings.Join(on, " AND ")
	return eachRow(ctx, d.look, each, query, l.keys.columns...)
}

const intakePostgresMonths = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name LIKE 'activity\_%'`

// forget leaves rows that were changed to VACUUM, which the server does by itself.
func (*intakePostgres) forget(context.Context) (done bool, err error) { return true, nil }

func (d *intakePostgres) snapshot(ctx context.Context) (*sql.Tx, error) {
	return d.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

// monthSQL keeps rows in the order of their ids, which is the only index of all of them: a
// participant's activities are found through its days, and what was taken back of them
// through an index of the reversals.
func (*intakePostgres) monthSQL(m intake.Month) []string {
	return []string{fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %[1]s (
    id BIGINT NOT NULL CONSTRAINT %[1]s_pkey PRIMARY KEY, batch BIGINT NOT NULL, source BIGINT NOT NULL, source_id TEXT NOT NULL,
    scheme BIGINT NOT NULL, scenario BIGINT NOT NULL, methodology BIGINT NOT NULL, participant BIGINT NOT NULL,
    from_at BIGINT NOT NULL, to_at BIGINT NOT NULL, day INTEGER NOT NULL, inputs TEXT NOT NULL, evidence BYTEA NOT NULL,
    computed BIGINT NOT NULL, amount BIGINT NOT NULL, reverses BIGINT NOT NULL,
    CONSTRAINT %[1]s_month CHECK (day / 100 = %[2]d),
    CONSTRAINT %[1]s_sign CHECK ((reverses = 0 AND amount > 0 AND amount <= computed) OR (reverses > 0 AND amount < 0 AND amount >= computed)))`,
		activityTable(m), m), reversalIndex(m), identifiedIndex(m)}
}
