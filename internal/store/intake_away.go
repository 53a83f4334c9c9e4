package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"permitx/internal/calendar"
	"permitx/internal/intake"
)

// The reasons why a month cannot be taken away.
var (
	ErrMonthNone   = errors.New("the intake has no activities of that month")
	ErrMonthTaken  = errors.New("that month was taken away already")
	ErrMonthGone   = errors.New("the table of that month is gone, and nobody has said that it was taken away: where it was, by hand, say so with --gone")
	ErrMonthThere  = errors.New("the table of that month is there: take it away without --gone")
	ErrMonthOpen   = errors.New("that month, one before it, or one that counts activities of it is still open in a scheme: close it first")
	ErrMonthBusy   = errors.New("activities of that month were declared meanwhile: try again")
	ErrMonthLocked = errors.New("somebody reads the activities of that month, perhaps a check: try again when it is over")
)

// lockWait is how long a month waits for its readers. The writer waits behind it.
const lockWait = "2s"

// TakeMonthAway takes the activities of a month out of an intake, also beside
// its writer: their table, whose name it returns, is the archive's from then on.
// What stays proves them: the digests of each batch in the journal's chain, and
// that of the month's keys. Returns ErrMonthNone, ErrMonthTaken, ErrMonthGone,
// ErrMonthOpen, ErrMonthBusy or ErrMonthLocked.
func TakeMonthAway(ctx context.Context, url string, m intake.Month, at calendar.Instant) (table string, err error) {
	now, err := readMonth(ctx, url, m)
	switch {
	case err != nil:
		return "", err
	case now.keys.N == 0:
		return "", ErrMonthNone
	case now.isTaken && !now.isThere:
		return "", ErrMonthTaken
	case !now.isThere:
		return "", ErrMonthGone
	}
	table = fmt.Sprintf("archive_%d", m)
	return table, endMonth(ctx, url, m, at, now.keys, table)
}

// NoteMonthAway notes that a month was taken away by hand, as it was before
// TakeMonthAway was there. Returns ErrMonthNone, ErrMonthTaken, ErrMonthThere,
// ErrMonthOpen or ErrMonthBusy.
func NoteMonthAway(ctx context.Context, url string, m intake.Month, at calendar.Instant) error {
	now, err := readMonth(ctx, url, m)
	switch {
	case err != nil:
		return err
	case now.keys.N == 0:
		return ErrMonthNone
	case now.isTaken:
		return ErrMonthTaken
	case now.isThere:
		return ErrMonthThere
	}
	return endMonth(ctx, url, m, at, now.keys, "")
}

// monthNow is what an intake has of a month.
type monthNow struct {
	keys    intake.KeySum
	isThere bool // its table
	isTaken bool // noted so
}

func readMonth(ctx context.Context, url string, m intake.Month) (now monthNow, err error) {
	s, err := OpenIntake(ctx, url, nil)
	if err != nil {
		return now, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	months, err := s.Months(ctx)
	if err != nil {
		return now, err
	}
	taken, err := s.Taken(ctx)
	if err != nil {
		return now, err
	}
	now.isThere = slices.Contains(months, m)
	now.isTaken = slices.ContainsFunc(taken, func(t intake.MonthTaken) bool { return t.Month == m })
	return now, s.EachKey(ctx, func(k intake.KeyRow) error {
		if k.Month == m {
			now.keys.Add(k.Key, k.Activity)
		}
		return nil
	})
}

// endMonth notes a month as taken away, and renames its table where there is one.
func endMonth(ctx context.Context, url string, m intake.Month, at calendar.Instant, keys intake.KeySum, table string) error {
	db, _, _, err := intakeOwner(ctx, url, false)
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return lost(err)
	}
	if table != "" {
		err = renameMonth(ctx, tx, IsPostgres(url), m, table)
	}
	if err == nil {
		err = noteTaken(ctx, tx, intake.MonthTaken{Month: m, At: at, Keys: keys.Digest()}, keys.N)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return lost(tx.Commit())
}

// renameMonth comes first: nothing is added to the month any more while it is compared.
func renameMonth(ctx context.Context, tx *sql.Tx, postgres bool, m intake.Month, table string) error {
	if postgres {
		if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '"+lockWait+"'"); err != nil {
			return lost(err)
		}
	}
	_, err := tx.ExecContext(ctx, "ALTER TABLE "+activityTable(m)+" RENAME TO "+table)
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pg) && pg.Code == undefinedTable, !postgres && strings.Contains(err.Error(), "no such table"):
		return fmt.Errorf("%w: %w", ErrMonthNone, err)
	case errors.As(err, &pg) && pg.Code == lockNotAvailable:
		return fmt.Errorf("%w: %w", ErrMonthLocked, err)
	}
	return fmt.Errorf("rename the activities of %s: %w", m, lost(err))
}

// The codes of PostgreSQL.
const (
	undefinedTable   = "42P01"
	lockNotAvailable = "55P03"
)

func noteTaken(ctx context.Context, tx *sql.Tx, m intake.MonthTaken, keys int64) error {
	var open, activities int64
	err := tx.QueryRowContext(ctx, `SELECT
 (SELECT count(*) FROM pool p WHERE NOT closed AND (month <= $1 OR EXISTS (SELECT 1 FROM pool_part t
   WHERE t.scheme = p.scheme AND t.methodology = p.methodology AND t.month = p.month AND t.of = $1))),
 (SELECT coalesce(sum(activities), 0) FROM batch_month WHERE month = $1)`,
		int64(m.Month)).Scan(&open, &activities)
	switch {
	case err != nil:
		return lost(err)
	case open > 0:
		return ErrMonthOpen
	case activities != keys:
		return ErrMonthBusy
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO month_taken (month, at, keys) VALUES ($1, $2, $3)", int64(m.Month), int64(m.At), m.Keys)
	return lost(err)
}
