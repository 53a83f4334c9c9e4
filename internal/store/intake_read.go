package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// intakeReader reads an intake: what is committed, or one moment of it.
type intakeReader struct {
	read   queryer
	tables string // the query that names the tables of months
}

// queryer is a database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

var _ intake.Source = (*IntakeStore)(nil)

// Snapshot returns a view of one moment. The caller must end it.
func (s *IntakeStore) Snapshot(ctx context.Context) (r intake.Reader, end func(), err error) {
	tx, err := s.dialect.snapshot(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("begin a snapshot of the intake: %w", lost(err))
	}
	return &intakeReader{tx, s.tables}, func() { _ = tx.Rollback() }, nil
}

const poolColumns = "scheme, methodology, month, credited, carried, items, evidence, units, unit, closed, batch"

// Pools are those that are open, and those of the last month that each scheme has closed.
func (s *intakeReader) Pools(ctx context.Context) ([]intake.Pool, error) {
	return s.pools(ctx, `SELECT `+poolColumns+` FROM pool p
 WHERE NOT closed OR month = (SELECT max(month) FROM pool o WHERE o.scheme = p.scheme AND o.closed) ORDER BY scheme, methodology, month`)
}

// AllPools are all pools, by scheme, methodology and month.
func (s *intakeReader) AllPools(ctx context.Context) ([]intake.Pool, error) {
	return s.pools(ctx, "SELECT "+poolColumns+" FROM pool ORDER BY scheme, methodology, month")
}

func (s *intakeReader) pools(ctx context.Context, query string) (found []intake.Pool, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var p intake.Pool
		err := r.Scan(&p.Scheme, &p.Methodology, &p.Month, &p.Credited, &p.Carried, &p.Items, &p.Evidence, &p.Units, &p.Unit, &p.Closed, &p.Batch)
		found = append(found, p)
		return err
	}, query)
	return found, lost(err)
}

const outboxColumns = "number, scheme, methodology, month, units, unit, items, evidence, sent, batch"

func scanOutgoing(r *sql.Rows) (o intake.Outgoing, err error) {
	err = r.Scan(&o.Number, &o.Scheme, &o.Methodology, &o.Month, &o.Units, &o.Unit, &o.Items, &o.Evidence, &o.Sent, &o.Batch)
	return o, err
}

// Outgoing are the messages after a number that are not sent, by number.
func (s *intakeReader) Outgoing(ctx context.Context, after int64, limit int) (found []intake.Outgoing, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		o, err := scanOutgoing(r)
		found = append(found, o)
		return err
	}, "SELECT "+outboxColumns+" FROM outbox WHERE NOT sent AND number > $1 ORDER BY number LIMIT "+strconv.Itoa(limit), after)
	return found, lost(err)
}

// Messages calls each with the messages after a number, by number.
func (s *intakeReader) Messages(ctx context.Context, after int64, each func(intake.Outgoing) error) error {
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		o, err := scanOutgoing(r)
		if err != nil {
			return err
		}
		return each(o)
	}, "SELECT "+outboxColumns+" FROM outbox WHERE number > $1 ORDER BY number", after))
}

// Message finds a message by its number; it is zero where there is none.
func (s *intakeReader) Message(ctx context.Context, number int64) (o intake.Outgoing, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		o, err = scanOutgoing(r)
		return err
	}, "SELECT "+outboxColumns+" FROM outbox WHERE number = $1", number)
	return o, lost(err)
}

const partColumns = "batch, of, scheme, methodology, month, first, last, activities, amount, digest"

// Parts are what a batch put into pools, by month of the activities, scheme and methodology.
func (s *intakeReader) Parts(ctx context.Context, batch int64) ([]intake.PoolPart, error) {
	return s.parts(ctx, "SELECT "+partColumns+" FROM pool_part WHERE batch = $1 ORDER BY of, scheme, methodology", batch)
}

// PartsOf are those of a pool, by batch and month of the activities.
func (s *intakeReader) PartsOf(ctx context.Context, k intake.PoolKey) ([]intake.PoolPart, error) {
	return s.parts(ctx, "SELECT "+partColumns+" FROM pool_part WHERE scheme = $1 AND methodology = $2 AND month = $3 ORDER BY batch, of", k.Scheme, k.Methodology, int64(k.Month))
}

// PoolsWith are the pools that count activities of a month.
func (s *intakeReader) PoolsWith(ctx context.Context, m intake.Month) (found []intake.PoolKey, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var k intake.PoolKey
		err := r.Scan(&k.Scheme, &k.Methodology, &k.Month)
		found = append(found, k)
		return err
	}, "SELECT DISTINCT scheme, methodology, month FROM pool_part WHERE of = $1 ORDER BY scheme, methodology, month", int64(m))
	return found, lost(err)
}

func (s *intakeReader) parts(ctx context.Context, query string, args ...any) (found []intake.PoolPart, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var p intake.PoolPart
		err := r.Scan(&p.Batch, &p.Of, &p.Scheme, &p.Methodology, &p.Month, &p.First, &p.Last, &p.Activities, &p.Amount, &p.Digest)
		found = append(found, p)
		return err
	}, query, args...)
	return found, lost(err)
}

// Returns are what came back of rejected issuances, by batch.
func (s *intakeReader) Returns(ctx context.Context) (found []intake.PoolReturn, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var p intake.PoolReturn
		err := r.Scan(&p.Batch, &p.Message, &p.Of, &p.Scheme, &p.Methodology, &p.Month, &p.Items, &p.Amount, &p.Digest)
		found = append(found, p)
		return err
	}, "SELECT batch, message, of, scheme, methodology, month, items, amount, digest FROM pool_return ORDER BY batch")
	return found, lost(err)
}

// Months are those that have a table.
func (s *intakeReader) Months(ctx context.Context) (found []intake.Month, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var name string
		if err := r.Scan(&name); err != nil {
			return err
		}
		m, err := strconv.ParseInt(strings.TrimPrefix(name, "activity_"), 10, 32)
		if err == nil { // activity_key is none
			found = append(found, intake.Month(m))
		}
		return nil
	}, s.tables)
	return found, lost(err)
}

const journalColumns = "number, at, kind, actor, key, payload, accepted, duplicates, refused, amount, answer, rows, hash"

// Journal are the rows after a number, in order.
func (s *intakeReader) Journal(ctx context.Context, after int64, limit int) (found []intake.JournalRow, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		j, err := scanJournal(r)
		found = append(found, j)
		return err
	}, "SELECT "+journalColumns+" FROM journal WHERE number > $1 ORDER BY number LIMIT "+strconv.Itoa(limit), after)
	return found, lost(err)
}

// JournalRow finds a row by its number; it is zero where there is none.
func (s *intakeReader) JournalRow(ctx context.Context, number int64) (row intake.JournalRow, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		row, err = scanJournal(r)
		return err
	}, "SELECT "+journalColumns+" FROM journal WHERE number = $1", number)
	return row, lost(err)
}

// BatchMonths are the proofs of a batch, by month.
func (s *intakeReader) BatchMonths(ctx context.Context, batch int64) (found []intake.BatchMonth, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		m := intake.BatchMonth{Batch: batch}
		err := r.Scan(&m.Month, &m.Activities, &m.Amount, &m.Digest)
		found = append(found, m)
		return err
	}, "SELECT month, activities, amount, digest FROM batch_month WHERE batch = $1 ORDER BY month", batch)
	return found, lost(err)
}

// Activities calls each with a month's rows, by id.
func (s *intakeReader) Activities(ctx context.Context, m intake.Month, each func(intake.Row) error) error {
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		row, err := scanActivity(r)
		if err != nil {
			return err
		}
		return each(row)
	}, "SELECT "+activityColumns+" FROM "+activityTable(m)+" t ORDER BY id"))
}

// Between calls each with a month's rows of the ids from first to last, in order.
func (s *intakeReader) Between(ctx context.Context, m intake.Month, first, last int64, each func(intake.Row) error) error {
	return rejected(eachRow(ctx, s.read, func(r *sql.Rows) error {
		row, err := scanActivity(r)
		if err != nil {
			return err
		}
		return each(row)
	}, "SELECT "+activityColumns+" FROM "+activityTable(m)+" t WHERE id >= $1 AND id <= $2 ORDER BY id", first, last))
}

// Identified calls each with a scheme's activities of a month that name a plant or
// a certificate and were not taken back, by id.
func (s *intakeReader) Identified(ctx context.Context, m intake.Month, scheme int64, each func(intake.Row) error) error {
	return rejected(eachRow(ctx, s.read, func(r *sql.Rows) error {
		row, err := scanActivity(r)
		if err != nil {
			return err
		}
		return each(row)
	}, identifiedSQL(m), scheme))
}

func identifiedSQL(m intake.Month) string {
	table := activityTable(m)
	return "SELECT " + activityColumns + " FROM " + table + " t WHERE t.scheme = $1 AND " + namesPlant + " AND t.reverses = 0" +
		" AND NOT EXISTS (SELECT 1 FROM " + table + " b WHERE b.participant = t.participant AND b.reverses > 0 AND b.reverses = t.id) ORDER BY t.id"
}

// TotalsOf are a scheme's totals of the days from … to.
func (s *intakeReader) TotalsOf(ctx context.Context, scheme int64, from, to calendar.Date) (found []intake.Total, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		t, err := scanTotal(r)
		found = append(found, t)
		return err
	}, "SELECT "+totalColumns+" FROM day_total t WHERE scheme = $1 AND day >= $2 AND day <= $3 ORDER BY day, scenario, methodology", scheme, int64(from), int64(to))
	return found, lost(err)
}

// FewOn are the days of participants on which fewer than so many did something in a
// scenario. No day is counted further than that.
func (s *intakeReader) FewOn(ctx context.Context, scheme int64, from, to calendar.Date, fewer int) (found []intake.DayKey, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var k intake.DayKey
		err := r.Scan(&k.Scenario, &k.Day, &k.Participant)
		found = append(found, k)
		return err
	}, `WITH few AS MATERIALIZED (
  SELECT scenario, day FROM (SELECT DISTINCT scenario, day FROM day_total WHERE scheme = $1 AND day >= $2 AND day <= $3) d
   WHERE (SELECT count(*) FROM (SELECT 1 FROM participant_day q WHERE q.scenario = d.scenario AND q.day = d.day AND q.amount > 0 LIMIT $4) n) < $4)
SELECT p.scenario, p.day, p.participant FROM few JOIN participant_day p ON p.scenario = few.scenario AND p.day = few.day
 WHERE p.amount > 0 ORDER BY p.scenario, p.day, p.participant`, scheme, int64(from), int64(to), fewer)
	return found, lost(err)
}

// SumOf is what a scheme has come to in all its days.
func (s *intakeReader) SumOf(ctx context.Context, scheme int64) (reduced quantity.Reduction, activities int64, err error) {
	err = s.read.QueryRowContext(ctx,
		"SELECT CAST(COALESCE(sum(amount), 0) AS BIGINT), CAST(COALESCE(sum(activities), 0) AS BIGINT) FROM day_total WHERE scheme = $1", scheme).
		Scan(&reduced, &activities)
	return reduced, activities, lost(err)
}

// EachDay calls each with all days of participants.
func (s *intakeReader) EachDay(ctx context.Context, each func(intake.Day) error) error {
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		d, err := scanDay(r)
		if err != nil {
			return err
		}
		return each(d)
	}, "SELECT "+dayColumns+" FROM participant_day t"))
}

// DaysOf are a participant's days of some scenarios. Each day is named: that is
// one place of the index, where a range would be all participants' days.
func (s *intakeReader) DaysOf(ctx context.Context, participant int64, scenarios []int64, from, to calendar.Date) (found []intake.Day, err error) {
	var days []int64
	for d := from; d <= to; d = d.AddDays(1) {
		days = append(days, int64(d))
	}
	for _, scenario := range scenarios {
		err := eachRow(ctx, s.read, func(r *sql.Rows) error {
			d, err := scanDay(r)
			found = append(found, d)
			return err
		}, "SELECT "+dayColumns+" FROM participant_day t WHERE scenario = $1 AND participant = $2 AND day IN ("+listOf(days)+")", scenario, participant)
		if err != nil {
			return nil, lost(err)
		}
	}
	return found, nil
}

// listOf writes numbers for IN.
func listOf(all []int64) string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(texts, ", ")
}

// RowsOf calls each with a month's rows of some ids.
func (s *intakeReader) RowsOf(ctx context.Context, m intake.Month, ids []int64, each func(intake.Row) error) error {
	return rejected(eachRow(ctx, s.read, func(r *sql.Rows) error {
		row, err := scanActivity(r)
		if err != nil {
			return err
		}
		return each(row)
	}, "SELECT "+activityColumns+" FROM "+activityTable(m)+" t WHERE id IN ("+listOf(ids)+")"))
}

// ReversalsOf are a month's reversals of a participant's activities.
func (s *intakeReader) ReversalsOf(ctx context.Context, m intake.Month, participant int64) (found []intake.Row, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		row, err := scanActivity(r)
		found = append(found, row)
		return err
	}, "SELECT "+activityColumns+" FROM "+activityTable(m)+" t WHERE participant = $1 AND reverses > 0", participant)
	return found, rejected(err)
}

// BurnsOf are what a participant has exchanged, after a number or from the newest on.
func (s *intakeReader) BurnsOf(ctx context.Context, participant, after int64, limit int, newest bool) (found []intake.Spent, err error) {
	query := "SELECT b.batch, participant, points, reward, at FROM point_burn b JOIN journal j ON j.number = b.batch WHERE participant = $1 AND "
	switch {
	case !newest:
		query += "b.batch > $2 ORDER BY b.batch"
	case after == 0:
		query += "b.batch > $2 ORDER BY b.batch DESC"
	default:
		query += "b.batch < $2 ORDER BY b.batch DESC"
	}
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var b intake.Spent
		err := r.Scan(&b.Batch, &b.Participant, &b.Points, &b.Reward, &b.At)
		found = append(found, b)
		return err
	}, query+" LIMIT "+strconv.Itoa(limit), participant, after)
	return found, lost(err)
}

// Taken are the months that were taken away.
func (s *intakeReader) Taken(ctx context.Context) (found []intake.MonthTaken, err error) {
	err = eachRow(ctx, s.read, func(r *sql.Rows) error {
		var m intake.MonthTaken
		err := r.Scan(&m.Month, &m.At, &m.Keys)
		found = append(found, m)
		return err
	}, "SELECT month, at, keys FROM month_taken ORDER BY month")
	return found, lost(err)
}

// PlainReversals is that of the registry row.
func (s *intakeReader) PlainReversals(ctx context.Context) (last int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT plain_reversals FROM registry WHERE id = 1").Scan(&last)
	return last, lost(err)
}

// Reversals calls each with a month's reversals, and the activities that they take back.
func (s *intakeReader) Reversals(ctx context.Context, m intake.Month, each func(back, was intake.Row) error) error {
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		var b, w intake.Row
		var shown, wasShown sql.RawBytes
		if err := r.Scan(append(activityCells(&b, &shown), activityCells(&w, &wasShown)...)...); err != nil {
			return err
		}
		copy(b.Evidence[:], shown)
		copy(w.Evidence[:], wasShown)
		return each(b, w)
	}, "SELECT "+activityColumns+", "+strings.ReplaceAll(activityColumns, "t.", "was.")+" FROM "+activityTable(m)+" t JOIN "+activityTable(m)+" was ON was.id = t.reverses WHERE t.reverses > 0"))
}

// Cut calls each with a month's activities that were credited less than they
// reduced, and the spans of their days.
func (s *intakeReader) Cut(ctx context.Context, m intake.Month, each func(row intake.Row, spans []intake.Span) error) error {
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		var row intake.Row
		var spans sql.RawBytes
		if err := r.Scan(&row.ID, &row.Participant, &row.Scenario, &row.Day, &row.Computed, &row.Amount, &spans); err != nil {
			return err
		}
		return each(row, intake.UnpackSpans(spans))
	}, "SELECT t.id, t.participant, t.scenario, t.day, t.computed, t.amount, d.spans FROM "+activityTable(m)+` t
  LEFT JOIN participant_day d ON d.scenario = t.scenario AND d.day = t.day AND d.participant = t.participant
 WHERE t.reverses = 0 AND t.amount < t.computed`))
}

// EachKey calls each with all keys.
func (s *intakeReader) EachKey(ctx context.Context, each func(intake.KeyRow) error) error {
	var key sql.RawBytes
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		var row intake.KeyRow
		if err := r.Scan(&key, &row.Activity, &row.Month); err != nil {
			return err
		}
		copy(row.Key[:], key)
		return each(row)
	}, "SELECT key, activity, month FROM activity_key"))
}

// EachTotal calls each with all totals of days.
func (s *intakeReader) EachTotal(ctx context.Context, each func(intake.Total) error) error {
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		t, err := scanTotal(r)
		if err != nil {
			return err
		}
		return each(t)
	}, "SELECT "+totalColumns+" FROM day_total t"))
}

// EachParticipant calls each with all participants, without their pseudonyms.
func (s *intakeReader) EachParticipant(ctx context.Context, each func(intake.Participant) error) error {
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		var p intake.Participant
		if err := r.Scan(&p.ID, &p.Scheme, &p.Amount, &p.Activities, &p.Left, &p.Short, &p.Batch); err != nil {
			return err
		}
		return each(p)
	}, "SELECT id, scheme, amount, activities, points, points_short, batch FROM participant"))
}

// EachBurn calls each with all burned points.
func (s *intakeReader) EachBurn(ctx context.Context, each func(intake.Burn) error) error {
	return lost(eachRow(ctx, s.read, func(r *sql.Rows) error {
		var b intake.Burn
		if err := r.Scan(&b.Batch, &b.Participant, &b.Points, &b.Reward); err != nil {
			return err
		}
		return each(b)
	}, "SELECT batch, participant, points, reward FROM point_burn"))
}

// Participant finds a person by pseudonym.
func (s *intakeReader) Participant(ctx context.Context, name intake.Pseudonym) (p intake.Participant, known bool, err error) {
	p.Pseudonym = name
	err = s.read.QueryRowContext(ctx, "SELECT id, scheme, amount, activities, points, points_short, batch FROM participant WHERE pseudonym = $1", name[:]).
		Scan(&p.ID, &p.Scheme, &p.Amount, &p.Activities, &p.Left, &p.Short, &p.Batch)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, lost(err)
}

// Sums are totals over all rows of a table.
func (s *intakeReader) Sums(ctx context.Context) (intake.Sums, error) {
	var sums intake.Sums
	for _, q := range []struct {
		query string
		into  []any
	}{
		{"SELECT coalesce(sum(amount), 0), coalesce(sum(activities), 0) FROM participant", []any{&sums.ParticipantAmount, &sums.ParticipantCount}},
		{"SELECT coalesce(sum(amount), 0) FROM participant_day", []any{&sums.DayAmount}},
		{"SELECT coalesce(sum(amount), 0), coalesce(sum(activities), 0) FROM day_total", []any{&sums.TotalAmount, &sums.TotalCount}},
		{"SELECT coalesce(sum(points - points_short), 0) FROM participant", []any{&sums.Points}},
		{"SELECT coalesce(sum(points), 0) FROM point_burn", []any{&sums.Burned}},
	} {
		if err := s.read.QueryRowContext(ctx, q.query).Scan(q.into...); err != nil {
			return sums, fmt.Errorf("%s: %w", q.query, lost(err))
		}
	}
	return sums, nil
}
