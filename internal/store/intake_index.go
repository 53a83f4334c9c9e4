package store

import (
	"context"
	"database/sql"
	"fmt"

	"permitx/internal/intake"
)

// reversalIndex leads from a participant to what was taken back. Reversals are
// few; a row that is none costs one comparison.
func reversalIndex(m intake.Month) string { return "CREATE INDEX IF NOT EXISTS " + onReversals(m) }

func onReversals(m intake.Month) string {
	return fmt.Sprintf("%[1]s ON %[2]s (participant) WHERE reverses > 0", reversalIndexName(m), activityTable(m))
}

func reversalIndexName(m intake.Month) string { return activityTable(m) + "_reversal" }

// namesPlant selects the activities that name what other registers may have.
const namesPlant = "substr(inputs, 1, 11) = 'identifier='"

// identifiedIndex leads to what the close of a month asks the lists for. Of a month
// that an earlier version has made there is none: it is read whole.
func identifiedIndex(m intake.Month) string {
	return fmt.Sprintf("CREATE INDEX IF NOT EXISTS %[1]s_identified ON %[1]s (scheme, id) WHERE %[2]s", activityTable(m), namesPlant)
}

// Unindexed are the months whose tables have no index of reversals, or one that is not whole.
func (s *IntakeStore) Unindexed(ctx context.Context) (missing []intake.Month, err error) {
	months, err := s.Months(ctx)
	if err != nil {
		return nil, err
	}
	indexed := map[string]string{}
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var index, table string
		err := r.Scan(&index, &table)
		indexed[index] = table
		return err
	}, s.dialect.indexesSQL())
	for _, m := range months {
		if indexed[reversalIndexName(m)] != activityTable(m) {
			missing = append(missing, m)
		}
	}
	return missing, lost(err)
}

// IndexReversals makes the index of reversals of a month. On SQLite the writer
// waits for it; on PostgreSQL it does not.
func (s *IntakeStore) IndexReversals(ctx context.Context, m intake.Month) error {
	if err := s.dialect.index(ctx, m); err != nil {
		return fmt.Errorf("make the index of reversals of %s: %w", m, rejected(lost(err)))
	}
	return nil
}

func (d *intakeSQLite) index(ctx context.Context, m intake.Month) error {
	_, err := d.write.ExecContext(ctx, "DROP INDEX IF EXISTS "+reversalIndexName(m)+"; "+reversalIndex(m))
	return err
}

func (*intakeSQLite) indexesSQL() string {
	return "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND name LIKE '%\\_reversal' ESCAPE '\\'"
}

// index makes the index while others write. What an end in the middle has left is
// no index, and is dropped first.
func (d *intakePostgres) index(ctx context.Context, m intake.Month) error {
	for _, q := range []string{
		"DROP INDEX CONCURRENTLY IF EXISTS " + reversalIndexName(m),
		"CREATE INDEX CONCURRENTLY IF NOT EXISTS " + onReversals(m),
	} {
		if _, err := d.read.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (*intakePostgres) indexesSQL() string {
	return `SELECT i.relname, t.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
 WHERE t.relnamespace = current_schema()::regnamespace AND i.relname LIKE '%\_reversal' AND x.indisvalid`
}
