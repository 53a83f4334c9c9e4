package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// bulk is a query of very many rows: columns of a range of ids. A start reads
// the open orders and the keys of the journal by it. database/sql takes 150 ns
// a cell, most of it in locks and conversions; read past it, a cell takes 20.
type bulk struct {
	table, id   string
	columns     []string // whole numbers
	text        string   // a column more, of text; may be empty
	where       string   // may be empty
	after, last int64    // ids are greater than after, and last at most
}

// bulkRow is a row of such a query. It is good only during the call that gets it.
type bulkRow struct {
	numbers []int64
	text    []byte
}

// selected are the columns.
func (q *bulk) selected() string {
	if q.text == "" {
		return strings.Join(q.columns, ", ")
	}
	return strings.Join(q.columns, ", ") + ", " + q.text
}

// from is the part of the statement that selects the rows, with two parameters.
func (q *bulk) from(after, last string) string {
	from := " FROM " + q.table + " WHERE " + q.id + " > " + after + " AND " + q.id + " <= " + last
	if q.where != "" {
		from += " AND " + q.where
	}
	return from
}

// rowsSQL selects the rows, for PostgreSQL.
func (q *bulk) rowsSQL() string {
	return "SELECT " + q.selected() + q.from("$1", "$2") + " ORDER BY " + q.id
}

// packedSQL selects the rows as one blob, for SQLite.
func (q *bulk) packedSQL() string {
	return "SELECT " + packFunction + "(" + q.selected() + ")" + q.from("?", "?")
}

// bulk takes the cells from pgx as they came.
func (d *postgresDialect) bulk(ctx context.Context, q bulk, each func(bulkRow)) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return lost(err)
	}
	defer conn.Close()
	row := bulkRow{numbers: make([]int64, len(q.columns))}
	return lost(conn.Raw(func(driver any) error {
		pg := driver.(*stdlib.Conn).Conn() //nolint:errcheck // stdlib's own type
		rows, err := pg.Query(ctx, q.rowsSQL(), pgx.QueryResultFormats{pgx.BinaryFormatCode}, q.after, q.last)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			cells := rows.RawValues()
			for i := range row.numbers {
				row.numbers[i] = number(cells[i])
			}
			if q.text != "" {
				row.text = cells[len(row.numbers)]
			}
			each(row)
		}
		return rows.Err()
	}))
}

// number reads PostgreSQL's binary form of an integer.
func number(cell []byte) int64 {
	switch len(cell) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(cell))) //nolint:gosec // two's complement
	case 4:
		return int64(int32(binary.BigEndian.Uint32(cell))) //nolint:gosec // two's complement
	default:
		return int64(binary.BigEndian.Uint64(cell)) //nolint:gosec // two's complement
	}
}

// packedIDs are as many ids as one blob of packed rows comes from.
const packedIDs = 4096

// bulk lets the function pack make one blob of the rows of some thousand ids.
// Their order is that of the ids because the statement walks the primary key,
// or an index that begins with it; that it was so is checked.
func (d *sqliteDialect) bulk(ctx context.Context, q bulk, each func(bulkRow)) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	statement, err := conn.PrepareContext(ctx, q.packedSQL())
	if err != nil {
		return err
	}
	defer statement.Close()
	for after := q.after; after < q.last; after += packedIDs {
		if err := q.unpack(ctx, statement, after, min(after+packedIDs, q.last), each); err != nil {
			return fmt.Errorf("read %s: %w", q.table, err)
		}
	}
	return nil
}

func (q *bulk) unpack(ctx context.Context, statement *sql.Stmt, after, last int64, each func(bulkRow)) error {
	found, err := statement.QueryContext(ctx, after, last)
	if err != nil {
		return err
	}
	defer found.Close()
	var packed sql.RawBytes
	row := bulkRow{numbers: make([]int64, len(q.columns))}
	for found.Next() {
		if err := found.Scan(&packed); err != nil {
			return err
		}
		for rest := []byte(packed); len(rest) > 0; {
			if rest = unpack(rest, q, &row); row.numbers[0] <= after {
				return fmt.Errorf("row %d comes after row %d", row.numbers[0], after)
			}
			after = row.numbers[0]
			each(row)
		}
	}
	return found.Err()
}
