package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/intake"
)

// The reasons why a month cannot be taken away.
var (
	ErrMonthNone = errors.New("the intake has no activities of that month")
	ErrMonthOpen = errors.New("that month, or one before it, is still open in a scheme: close it first")
	ErrMonthBusy = errors.New("activities of that month were declared meanwhile: try again")
)

// TakeMonthAway takes the activities of a month out of an intake, also beside
// its writer: their table, whose name it returns, is the archive's from then on.
// What stays proves them: the digests of each batch in the journal's chain, and
// that of the month's keys. Returns ErrMonthNone, ErrMonthOpen or ErrMonthBusy.
func TakeMonthAway(ctx context.Context, url string, m intake.Month, at calendar.Instant) (table string, err error) {
	keys, err := keysOfMonth(ctx, url, m)
	if err != nil {
		return "", err
	}
	if keys.N == 0 {
		return "", ErrMonthNone
	}
	db, _, _, err := intakeOwner(ctx, url, false)
	if err != nil {
		return "", err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", lost(err)
	}
	table = fmt.Sprintf("archive_%d", m)
	if err := takeAway(ctx, tx, intake.MonthTaken{Month: m, At: at, Keys: keys.Digest()}, table, keys.N); err != nil {
		return "", errors.Join(err, tx.Rollback())
	}
	return table, tx.Commit()
}

func keysOfMonth(ctx context.Context, url string, m intake.Month) (keys intake.KeySum, err error) {
	s, err := OpenIntake(ctx, url, nil)
	if err != nil {
		return keys, err
	}
	err = s.EachKey(ctx, func(k intake.KeyRow) error {
		if k.Month == m {
			keys.Add(k.Key, k.Activity)
		}
		return nil
	})
	return keys, errors.Join(err, s.Close())
}

// takeAway renames first: nothing is added to the month any more while it is compared.
func takeAway(ctx context.Context, tx *sql.Tx, m intake.MonthTaken, table string, keys int64) error {
	if _, err := tx.ExecContext(ctx, "ALTER TABLE "+activityTable(m.Month)+" RENAME TO "+table); err != nil {
		return fmt.Errorf("%w: %w", ErrMonthNone, err)
	}
	var open, activities int64
	err := tx.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM pool WHERE month <= $1 AND NOT closed), (SELECT coalesce(sum(activities), 0) FROM batch_month WHERE month = $1)",
		int64(m.Month)).Scan(&open, &activities)
	switch {
	case err != nil:
		return err
	case open > 0:
		return ErrMonthOpen
	case activities != keys:
		return ErrMonthBusy
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO month_taken (month, at, keys) VALUES ($1, $2, $3)", int64(m.Month), int64(m.At), m.Keys)
	return err
}
