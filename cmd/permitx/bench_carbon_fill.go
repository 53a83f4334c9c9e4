package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
	"permitx/internal/intake"
	"permitx/internal/store"
)

// carbonRegistry is a registry whose intake is measured. What is done to the
// intake here is done while no server runs.
type carbonRegistry struct {
	place string
	args  []string // how a server is told of it
	url   string   // of the intake, as the server writes it
	owner string   // of the intake, as its owner writes it
	salts *saltFolder
}

func (b *benchRun) carbonRegistry(ctx context.Context, m benchMeasure) (*carbonRegistry, error) {
	args, database, err := b.statementRegistry(ctx, m)
	if err != nil {
		return nil, err
	}
	salts := filepath.Join(b.dir, m.name+"_salts")
	r := &carbonRegistry{
		place: m.place, args: append(args, "--salts", salts), url: args[1], owner: database.source,
		salts: &saltFolder{folder: salts},
	}
	if m.place == onSQLite {
		r.url = store.IntakeURL(filepath.Join(args[1], dataFile))
		r.owner = r.url
	}
	return r, nil
}

// carbonPerson is what the operator calls a participant.
func carbonPerson(person int) string { return fmt.Sprintf("%032x", person) }

// register makes the participants that the load declares activities of, as a
// server does that sees them for the first time.
func (r *carbonRegistry) register(ctx context.Context, scheme api.ID, people int) error {
	salt, err := r.salts.read(carbonSalt, true)
	if err != nil {
		return err
	}
	return r.write(ctx, func(commit func(*intake.Changes, int) error) error {
		for first := 0; first < people; first += carbonBatch {
			c := &intake.Changes{}
			for person := first; person < min(first+carbonBatch, people); person++ {
				c.NewParticipants = append(c.NewParticipants, intake.Participant{
					ID: int64(person + 1), Scheme: scheme, Pseudonym: intake.PseudonymOf(scheme, salt, carbonPerson(person)), Batch: 1,
				})
			}
			if err := commit(c, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// write commits changes as the writer does, and sets numbers of activities aside.
func (r *carbonRegistry) write(ctx context.Context, do func(commit func(c *intake.Changes, activities int) error) error) (err error) {
	s, err := store.OpenIntake(ctx, r.url, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	now, err := s.TakeOver(ctx)
	if err != nil {
		return err
	}
	now.Head = append([]byte{}, now.Head...) // never NULL
	return do(func(c *intake.Changes, activities int) error {
		c.Epoch, c.Before = now.Epoch, now.Batch
		now.Batch++
		now.Participant += int64(len(c.NewParticipants))
		now.Activity += int64(activities)
		c.Registry = now
		return s.Commit(ctx, c)
	})
}

// An intake is filled with the activities of the twelve months before this one,
// in parts: each is a transaction, with keys that come after those of the part
// before, so that their index grows at one end however many there are.
const (
	carbonMonths   = 12
	carbonParts    = 256 // a part is the first byte of its keys
	carbonProgress = 64  // parts between two lines of progress
)

// carbonRowsSQL makes the activities of a part, in the SQL of either database: on
// each of 28 days of the month, by the participants in turn. Parameters: first and
// last activity, part, number of the activity before the first one, month, the
// month's first instant, spans of a day, participants.
var carbonRowsSQL = map[string]string{
	onPostgres: `WITH a AS (
 SELECT i, $4::bigint + i AS id, lpad(to_hex(i), 32, '0') AS source_id, sha256(i::text::bytea) AS evidence, $5::int AS month, $6::bigint AS start, $7::bytea AS spans,
  1 + i % $8::bigint AS participant, (11 * i + i / $8::bigint) % 28 AS d, set_byte(substring(sha256(('key ' || i)::bytea) FROM 1 FOR 16), 0, $3::int) AS key
 FROM generate_series($1::bigint, $2::bigint) i) `,
	onSQLite: `WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2), a AS (
 SELECT i, $4 + i AS id, printf('%032x', i) AS source_id, randomblob(32) AS evidence, $5 AS month, $6 AS start, $7 AS spans,
  1 + i % $8 AS participant, (11 * i + i / $8) % 28 AS d, unhex(printf('%02x', $3) || hex(randomblob(15))) AS key
 FROM n) `,
}

// carbonInsertSQL writes them: an activity, its key and the participant's day.
var carbonInsertSQL = []string{
	`INSERT INTO activity_key (key, activity, month) SELECT key, id, month FROM a ORDER BY key`,
	`INSERT INTO activity_%d (id, batch, source, source_id, scheme, scenario, methodology, participant, from_at, to_at, day, inputs, evidence, computed, amount, reverses)
 SELECT id, 1, 1, source_id, 1, 1, 1, participant, start + d * 86400000000, start + d * 86400000000 + 540000000, month * 100 + d + 1, 'rides=1 ride', evidence, 52000, 52000, 0 FROM a ORDER BY id`,
	`INSERT INTO participant_day (scenario, day, participant, amount, spans, batch) SELECT 1, month * 100 + d + 1, participant, 52000, spans, 1 FROM a ORDER BY d, participant`,
}

// fill adds activities, and tells how many there are. They are no batch's:
// check would complain.
func (r *carbonRegistry) fill(ctx context.Context, activities, people int, tell func(done int)) error {
	months := monthsBefore(calendar.InstantOf(time.Now()).Date())
	before, err := r.makeMonths(ctx, months, activities)
	if err != nil {
		return err
	}
	db, err := r.open(r.url)
	if err != nil {
		return err
	}
	defer db.Close()
	spans := intake.PackSpans([]intake.Span{{Activity: before + 1, From: 0, To: 540, Amount: 52_000}})
	for part := range carbonParts {
		first, last := part*activities/carbonParts+1, (part+1)*activities/carbonParts
		month := months[part*len(months)/carbonParts]
		for _, insert := range carbonInsertSQL {
			query := carbonRowsSQL[r.place] + strings.ReplaceAll(insert, "%d", strconv.Itoa(int(month))) //nolint:gosec // of constants and a month
			if _, err := db.ExecContext(ctx, query, first, last, part, before, int64(month), int64(month.First().Start()), spans, people); err != nil {
				return err
			}
		}
		if (part+1)%carbonProgress == 0 {
			tell(last)
		}
	}
	return r.analyze(ctx)
}

// monthsBefore are those before a day's month, in order.
func monthsBefore(today calendar.Date) []intake.Month {
	months := make([]intake.Month, carbonMonths)
	m := intake.MonthOf(today)
	for i := range months {
		m = intake.MonthOf(m.First().AddDays(-1))
		months[len(months)-1-i] = m
	}
	return months
}

// makeMonths makes the tables of months, sets the numbers of activities aside, and
// returns the number before them.
func (r *carbonRegistry) makeMonths(ctx context.Context, months []intake.Month, activities int) (before int64, err error) {
	tables := &intake.Changes{Rows: map[intake.Month][]intake.Row{}}
	for _, m := range months {
		tables.Rows[m] = nil
	}
	err = r.write(ctx, func(commit func(*intake.Changes, int) error) error { return commit(tables, activities) })
	return tables.Registry.Activity - int64(activities), err
}

// analyze lets PostgreSQL know how many rows there are, as its own does in time.
func (r *carbonRegistry) analyze(ctx context.Context) error {
	db, err := r.open(r.owner)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "ANALYZE")
	return err
}

// open opens the intake to write to it without a sync at each commit.
func (r *carbonRegistry) open(at string) (*sql.DB, error) {
	if r.place == onSQLite {
		return sql.Open("sqlite", "file:"+filepath.ToSlash(at)+"?_pragma=synchronous(off)")
	}
	u, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Set("search_path", "intake")
	q.Set("synchronous_commit", "off")
	u.RawQuery = q.Encode()
	return sql.Open("pgx", u.String())
}

// intakeSizeSQL is how many bytes an intake takes with its indexes, without the
// log of the database, and how many keys and participants it has.
var intakeSizeSQL = map[string]string{
	onPostgres: `SELECT (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'intake' AND c.relkind = 'r')::bigint,
 (SELECT count(*) FROM activity_key), (SELECT count(*) FROM participant)`,
	onSQLite: `SELECT (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size), (SELECT count(*) FROM activity_key), (SELECT count(*) FROM participant)`,
}

// intakeSize is what an intake takes of the database.
type intakeSize struct{ bytes, activities, participants float64 }

func (r *carbonRegistry) weigh(ctx context.Context) (s intakeSize, err error) {
	db, err := r.open(r.url)
	if err != nil {
		return s, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, intakeSizeSQL[r.place]).Scan(&s.bytes, &s.activities, &s.participants)
	return s, err
}
