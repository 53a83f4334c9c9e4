package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"permitx/internal/intake"
	"permitx/migrations"
)

// intakeSchema is where an intake lies in PostgreSQL, beside the registry.
const intakeSchema = "intake"

// IntakeStore is an intake in a database: a schema of PostgreSQL, or a SQLite
// file. It is safe for concurrent use by readers; Commit and the finders are for the
// one writer, and may be called beside each other.
type IntakeStore struct {
	intakeReader
	dialect intakeDialect
	write   *sql.DB  // one connection
	months  sync.Map // of intake.Month: those that have a table
}

func (s *IntakeStore) has(m intake.Month) bool {
	_, has := s.months.Load(m)
	return has
}

var _ intake.Store = (*IntakeStore)(nil)

// intakeDialect is what differs between the databases.
type intakeDialect interface {
	// flush writes rows and moves the fence, in one transaction.
	flush(ctx context.Context, c *intake.Changes, all []rows) error
	// lookup calls each with the rows that have one of the keys, also while a flush is on its way.
	lookup(ctx context.Context, l *lookup, each func(*sql.Rows) error) error
	// monthSQL makes the table of a month.
	monthSQL(m intake.Month) []string
	// index makes the index of reversals of a month, beside the writer or between its commits.
	index(ctx context.Context, m intake.Month) error
	// indexesSQL names the indexes of reversals that are whole, with their tables.
	indexesSQL() string
	// snapshot begins a transaction that sees one moment.
	snapshot(ctx context.Context) (*sql.Tx, error)
	// forget takes what was deleted out of the files, and reports whether it could.
	forget(ctx context.Context) (done bool, err error)
	close() error
}

// IntakeURL is where the intake of a registry lies: the same database of
// PostgreSQL, or a file beside that of SQLite.
func IntakeURL(url string) string {
	if IsPostgres(url) {
		return url
	}
	path := strings.TrimPrefix(url, "sqlite:")
	return strings.TrimSuffix(path, ".db") + "-intake.db"
}

// MigrateIntake brings the schema of an intake up to date and returns how many
// migrations it applied.
func MigrateIntake(ctx context.Context, url string) (applied int, err error) {
	err = withIntakeProvider(ctx, url, true, func(p *goose.Provider) error {
		results, err := p.Up(ctx)
		applied = len(results)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("migrate the intake: %w", err)
	}
	return applied, nil
}

// pendingIntake is how many migrations an intake lacks: 1 where there is none.
func pendingIntake(ctx context.Context, url string) (pending int, err error) {
	if has, err := HasIntake(ctx, url); err != nil || !has {
		return 1, err
	}
	err = withIntakeProvider(ctx, url, false, func(p *goose.Provider) error {
		pending, err = lacking(ctx, p)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read the version of the intake's schema: %w", err)
	}
	return pending, nil
}

// withIntakeProvider opens an intake's migrations; mayMake says to make its schema on PostgreSQL.
func withIntakeProvider(ctx context.Context, url string, mayMake bool, do func(*goose.Provider) error) error {
	db, dialect, folder, err := intakeOwner(ctx, url, mayMake)
	if err != nil {
		return err
	}
	defer db.Close()
	sub, err := fs.Sub(migrations.Intake, "intake/"+folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, db, sub)
	if err != nil {
		return err
	}
	return do(p)
}

// grantIntake gives a role what the service needs of the intake: it makes the
// tables of months itself, and changes no journal row, proof or key.
func grantIntake(role string) []string {
	const fixed = intakeSchema + ".journal, " + intakeSchema + ".batch_month, " + intakeSchema + ".pool_part, " + intakeSchema + ".pool_return, " + intakeSchema + ".activity_key, " + intakeSchema + ".month_taken, " + intakeSchema + ".point_burn, " + intakeSchema + ".salt"
	return []string{
		"GRANT USAGE, CREATE ON SCHEMA " + intakeSchema + " TO " + role,
		"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA " + intakeSchema + " TO " + role,
		"REVOKE UPDATE ON " + fixed + " FROM " + role,
	}
}

func intakeOwner(ctx context.Context, url string, mayMake bool) (*sql.DB, goose.Dialect, string, error) {
	if !IsPostgres(url) {
		path := strings.TrimPrefix(url, "sqlite:")
		if err := makeParent(path); err != nil {
			return nil, "", "", err
		}
		db, err := sql.Open("sqlite", sqliteDSN(path, "immediate", "journal_mode(WAL)"))
		return db, goose.DialectSQLite3, "sqlite", err
	}
	config, err := intakeConfig(url)
	if err != nil {
		return nil, "", "", err
	}
	db := stdlib.OpenDB(*config)
	if !mayMake {
		return db, goose.DialectPostgres, "postgres", nil
	}
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+intakeSchema); err != nil {
		return nil, "", "", errors.Join(fmt.Errorf("make the intake's schema: %w", err), db.Close())
	}
	return db, goose.DialectPostgres, "postgres", nil
}

func intakeConfig(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["search_path"] = intakeSchema
	return config, nil
}

// HasIntake reports whether a database has an intake.
func HasIntake(ctx context.Context, url string) (bool, error) {
	if !IsPostgres(url) {
		_, err := os.Stat(strings.TrimPrefix(url, "sqlite:"))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	var has bool
	err = conn.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", intakeSchema+".journal").Scan(&has)
	return has, err
}

// OpenIntake connects to an intake whose schema is up to date, which is written
// at a pace; nil: nothing else is at work.
func OpenIntake(ctx context.Context, url string, pace *intake.Pace) (*IntakeStore, error) {
	s, err := openIntake(ctx, url, pace)
	if err != nil {
		return nil, fmt.Errorf("open the intake: %w", err)
	}
	if _, err := s.Gone(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func openIntake(ctx context.Context, url string, pace *intake.Pace) (*IntakeStore, error) {
	if IsPostgres(url) {
		return openIntakePostgres(ctx, url, pace)
	}
	return openIntakeSQLite(strings.TrimPrefix(url, "sqlite:"), pace)
}

// Close closes all connections.
func (s *IntakeStore) Close() error { return s.dialect.close() }

// Commit writes changes in one transaction, after the tables of months that
// are new.
func (s *IntakeStore) Commit(ctx context.Context, c *intake.Changes) error {
	for _, m := range monthsOf(c) {
		if s.has(m) {
			continue
		}
		for _, q := range s.dialect.monthSQL(m) {
			if _, err := s.write.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("make the table of %d: %w", m, rejected(err))
			}
		}
		s.months.Store(m, true)
	}
	return rejected(s.dialect.flush(ctx, c, intakeRows(c)))
}

// rejected marks what the database itself refuses: a constraint, or a table that is gone.
func rejected(err error) error {
	var lite *sqlite.Error
	const primary = 0xff // of the extended codes
	switch {
	case errors.Is(err, intake.ErrFenced), errors.Is(err, intake.ErrUnknown):
		return err
	case isServerError(err),
		errors.As(err, &lite) && slices.Contains([]int{sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}, lite.Code()&primary):
		return fmt.Errorf("%w: %w", intake.ErrRejected, err)
	}
	return err
}

// Gone are the months that have activities and no table of them. What was taken
// away meanwhile is known from then on.
func (s *IntakeStore) Gone(ctx context.Context) (gone []intake.Month, err error) {
	there, err := s.Months(ctx)
	if err != nil {
		return nil, err
	}
	s.months.Clear()
	for _, m := range there {
		s.months.Store(m, true)
	}
	err = eachRow(ctx, s.write, func(r *sql.Rows) error {
		var m intake.Month
		if err := r.Scan(&m); err != nil {
			return err
		}
		if !s.has(m) {
			gone = append(gone, m)
		}
		return nil
	}, "SELECT DISTINCT day / 100 FROM day_total")
	return gone, lost(err)
}

const intakeRegistryColumns = "epoch, batch, length, head, last_at, activity, participant, outbox"

// Registry reads the fence.
func (s *IntakeStore) Registry(ctx context.Context) (intake.Registry, error) {
	return s.registry(ctx, "SELECT "+intakeRegistryColumns+" FROM registry WHERE id = 1")
}

// TakeOver raises the epoch, so that whoever was the writer is fenced, and returns what it
// has raised: two who ask at once get two epochs. The trading registry's writer is the
// only process that may ask: its lease decides.
func (s *IntakeStore) TakeOver(ctx context.Context) (intake.Registry, error) {
	return s.registry(ctx, "UPDATE registry SET epoch = epoch + 1 WHERE id = 1 RETURNING "+intakeRegistryColumns)
}

// registry runs a query that returns the registry row, to its end: what it changes is committed there.
func (s *IntakeStore) registry(ctx context.Context, query string) (intake.Registry, error) {
	var r intake.Registry
	each := func(rows *sql.Rows) error {
		return rows.Scan(&r.Epoch, &r.Batch, &r.Length, &r.Head, &r.LastAt, &r.Activity, &r.Participant, &r.Outbox)
	}
	if err := eachRow(ctx, s.write, each, query); err != nil {
		return r, fmt.Errorf("read the intake's registry: %w", lost(err))
	}
	return r, nil
}

// Forget has the database forget what was deleted.
func (s *IntakeStore) Forget(ctx context.Context) (done bool, err error) {
	return s.dialect.forget(ctx)
}

// intakeFence are the cells of the registry row in the order of fenceSQL of
// either dialect.
func intakeFence(c *intake.Changes) []any {
	r := c.Registry
	return []any{r.Batch, r.Length, r.Head, int64(r.LastAt), r.Activity, r.Participant, r.Outbox, c.Epoch, c.Before}
}

// lookup finds rows of a table by keys of one column or several.
type lookup struct {
	table   string
	columns string
	keys    rows // the names, types and cells of the keys
}

// Answered finds commands by actor and key.
func (s *IntakeStore) Answered(ctx context.Context, keys []intake.ActorKey) (found []intake.JournalRow, err error) {
	l := lookup{table: "journal", columns: "number, at, kind, t.actor, t.key, payload, accepted, duplicates, refused, amount, answer, rows, hash", keys: rows{n: len(keys)}}
	ints(&l.keys, "actor", keys, func(k *intake.ActorKey) int64 { return k.Actor })
	texts(&l.keys, "key", keys, func(k *intake.ActorKey) string { return k.Key })
	err = s.find(ctx, &l, func(r *sql.Rows) error {
		row, err := scanJournal(r)
		found = append(found, row)
		return err
	})
	return found, err
}

func scanJournal(r *sql.Rows) (j intake.JournalRow, err error) {
	err = r.Scan(&j.Number, &j.At, &j.Kind, &j.Actor, &j.Key, &j.Payload, &j.Accepted, &j.Duplicates, &j.Refused, &j.Amount, &j.Answer, &j.Rows, &j.Hash)
	return j, err
}

// Keys finds those that are taken.
func (s *IntakeStore) Keys(ctx context.Context, keys []intake.Key) (found []intake.KeyRow, err error) {
	l := lookup{table: "activity_key", columns: "t.key, activity, month", keys: rows{n: len(keys)}}
	blobs(&l.keys, "key", keys, func(k *intake.Key) []byte { return k[:] })
	var key sql.RawBytes
	err = s.find(ctx, &l, func(r *sql.Rows) error {
		var row intake.KeyRow
		err := r.Scan(&key, &row.Activity, &row.Month)
		copy(row.Key[:], key)
		found = append(found, row)
		return err
	})
	return found, err
}

const participantColumns = "t.id, scheme, t.pseudonym, amount, activities, points, points_short, batch"

// Participants finds persons by pseudonym.
func (s *IntakeStore) Participants(ctx context.Context, names []intake.Pseudonym) ([]intake.Participant, error) {
	l := lookup{table: "participant", columns: participantColumns, keys: rows{n: len(names)}}
	blobs(&l.keys, "pseudonym", names, func(p *intake.Pseudonym) []byte { return p[:] })
	return s.participants(ctx, &l)
}

// ParticipantsByID finds them by number.
func (s *IntakeStore) ParticipantsByID(ctx context.Context, ids []int64) ([]intake.Participant, error) {
	l := lookup{table: "participant", columns: participantColumns, keys: rows{n: len(ids)}}
	ints(&l.keys, "id", ids, func(id *int64) int64 { return *id })
	return s.participants(ctx, &l)
}

func (s *IntakeStore) participants(ctx context.Context, l *lookup) (found []intake.Participant, err error) {
	err = s.find(ctx, l, func(r *sql.Rows) error {
		p, err := scanParticipant(r)
		found = append(found, p)
		return err
	})
	return found, err
}

func scanParticipant(r *sql.Rows) (p intake.Participant, err error) {
	var name sql.RawBytes
	err = r.Scan(&p.ID, &p.Scheme, &name, &p.Amount, &p.Activities, &p.Left, &p.Short, &p.Batch)
	p.Erased = name == nil
	copy(p.Pseudonym[:], name)
	return p, err
}

// Newest calls each with the participants who came last.
func (s *IntakeStore) Newest(ctx context.Context, limit int, each func(*intake.Participant)) error {
	err := eachRow(ctx, s.read, func(r *sql.Rows) error {
		p, err := scanParticipant(r)
		if err == nil && !p.Erased {
			each(&p)
		}
		return err
	}, "SELECT "+participantColumns+" FROM participant t ORDER BY t.id DESC LIMIT "+strconv.Itoa(limit))
	return lost(err)
}

const dayColumns = "t.scenario, t.day, t.participant, amount, spans, batch"

// Days finds days of participants.
func (s *IntakeStore) Days(ctx context.Context, keys []intake.DayKey) (found []intake.Day, err error) {
	l := lookup{table: "participant_day", columns: dayColumns, keys: rows{n: len(keys)}}
	ints(&l.keys, "scenario", keys, func(k *intake.DayKey) int64 { return k.Scenario })
	ints(&l.keys, "day", keys, func(k *intake.DayKey) int64 { return int64(k.Day) })
	ints(&l.keys, "participant", keys, func(k *intake.DayKey) int64 { return k.Participant })
	err = s.find(ctx, &l, func(r *sql.Rows) error {
		d, err := scanDay(r)
		found = append(found, d)
		return err
	})
	return found, err
}

func scanDay(r *sql.Rows) (d intake.Day, err error) {
	var spans sql.RawBytes
	err = r.Scan(&d.Scenario, &d.Day, &d.Participant, &d.Amount, &spans, &d.Batch)
	d.Spans = intake.UnpackSpans(spans)
	return d, err
}

const totalColumns = "t.scheme, t.scenario, t.methodology, t.day, amount, activities, batch"

// Totals finds totals of days.
func (s *IntakeStore) Totals(ctx context.Context, keys []intake.TotalKey) (found []intake.Total, err error) {
	l := lookup{table: "day_total", columns: totalColumns, keys: rows{n: len(keys)}}
	ints(&l.keys, "scheme", keys, func(k *intake.TotalKey) int64 { return k.Scheme })
	ints(&l.keys, "scenario", keys, func(k *intake.TotalKey) int64 { return k.Scenario })
	ints(&l.keys, "methodology", keys, func(k *intake.TotalKey) int64 { return k.Methodology })
	ints(&l.keys, "day", keys, func(k *intake.TotalKey) int64 { return int64(k.Day) })
	err = s.find(ctx, &l, func(r *sql.Rows) error {
		t, err := scanTotal(r)
		found = append(found, t)
		return err
	})
	return found, err
}

func scanTotal(r *sql.Rows) (t intake.Total, err error) {
	err = r.Scan(&t.Scheme, &t.Scenario, &t.Methodology, &t.Day, &t.Amount, &t.Activities, &t.Batch)
	return t, err
}

const activityColumns = "t.id, t.batch, t.source, t.source_id, t.scheme, t.scenario, t.methodology, t.participant, t.from_at, t.to_at, t.day, t.inputs, t.evidence, t.computed, t.amount, t.reverses"

// Rows finds activities of a month by id. It is the writer's.
func (s *IntakeStore) Rows(ctx context.Context, m intake.Month, ids []int64) (found []intake.Row, err error) {
	if !s.has(m) {
		return nil, nil
	}
	l := lookup{table: activityTable(m), columns: activityColumns, keys: rows{n: len(ids)}}
	ints(&l.keys, "id", ids, func(id *int64) int64 { return *id })
	err = s.find(ctx, &l, func(r *sql.Rows) error {
		row, err := scanActivity(r)
		found = append(found, row)
		return err
	})
	return found, err
}

func scanActivity(r *sql.Rows) (a intake.Row, err error) {
	var evidence sql.RawBytes
	err = r.Scan(activityCells(&a, &evidence)...)
	copy(a.Evidence[:], evidence)
	return a, err
}

// activityCells are where the columns of activityColumns go.
func activityCells(a *intake.Row, evidence *sql.RawBytes) []any {
	return []any{
		&a.ID, &a.Batch, &a.Source, &a.SourceID, &a.Scheme, &a.Scenario, &a.Methodology, &a.Participant, &a.From, &a.To, &a.Day,
		&a.Inputs, evidence, &a.Computed, &a.Amount, &a.Reverses,
	}
}

// find calls each with the rows of a lookup: as of the last commit, or of the one that
// is on its way.
func (s *IntakeStore) find(ctx context.Context, l *lookup, each func(*sql.Rows) error) error {
	if l.keys.n == 0 {
		return nil
	}
	if err := s.dialect.lookup(ctx, l, each); err != nil {
		return fmt.Errorf("find in %s: %w", l.table, rejected(lost(err)))
	}
	return nil
}

// eachRow runs a query and calls each with its rows.
func eachRow(ctx context.Context, db queryer, each func(*sql.Rows) error, query string, args ...any) error {
	found, err := db.QueryContext(ctx, query, args...)
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
