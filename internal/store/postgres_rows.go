package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// manyRows of a table are written by themselves: new ones by COPY, which takes half the time of an INSERT of
// as many, but makes the commit a transaction of several round trips, where a few rows take one.
const manyRows = 500

// areMany reports whether rows are written by themselves.
func (r *rows) areMany() bool { return r.n >= manyRows }

func (r *rows) areCopied() bool { return !r.changed && r.areMany() }

// send writes the rows in their order: in one round trip where no table has many.
func (w *writes) send(ctx context.Context, conn *pgx.Conn) error {
	batch := &pgx.Batch{}
	batch.Queue(fenceSQL, w.move.args()...)
	if !slices.ContainsFunc(w.rows, func(r rows) bool { return r.areCopied() }) {
		for i := range w.rows {
			batch.Queue(w.rows[i].arraySQL(), w.rows[i].columns...)
		}
		return conn.SendBatch(ctx, batch).Close()
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for i := range w.rows {
			r := &w.rows[i]
			if !r.areCopied() {
				batch.Queue(r.arraySQL(), r.columns...)
				continue
			}
			if err := tx.SendBatch(ctx, batch).Close(); err != nil {
				return err
			}
			batch = &pgx.Batch{}
			if err := writeMany(ctx, tx, r); err != nil {
				return err
			}
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// writeMany writes rows by themselves.
func writeMany(ctx context.Context, tx pgx.Tx, r *rows) (err error) {
	if r.changed {
		_, err = tx.Exec(ctx, r.arraySQL(), r.columns...)
	} else {
		_, err = tx.CopyFrom(ctx, pgx.Identifier{r.table}, r.names, &copying{rows: r, row: -1})
	}
	return err
}

// copying gives rows one by one.
type copying struct {
	*rows
	row   int
	cells []any
}

func (c *copying) Next() bool {
	c.row++
	return c.row < c.n
}

func (c *copying) Values() ([]any, error) {
	c.cells = c.cells[:0]
	for column := range c.columns {
		c.cells = append(c.cells, c.value(column, c.row))
	}
	return c.cells, nil
}

func (*copying) Err() error { return nil }
