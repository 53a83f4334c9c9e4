package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"permitx/internal/app"
	"permitx/internal/ledger"
	"permitx/internal/market"
)

// writes are what a commit writes.
type writes struct {
	move    registryMove
	rows    []rows
	records map[string]*app.Records // of the tables that are written whole
}

// txWriter is how a dialect writes inside a transaction.
type txWriter interface {
	moveFence(ctx context.Context, tx *sql.Tx, move registryMove) error
	writeRows(ctx context.Context, tx *sql.Tx, r *rows) error
}

// inside writes in a transaction that is open; orm is any GORM of its dialect.
func (w *writes) inside(ctx context.Context, tx *sql.Tx, d txWriter, orm *gorm.DB) error {
	if err := d.moveFence(ctx, tx, w.move); err != nil {
		return err
	}
	for i := range w.rows {
		if err := d.writeRows(ctx, tx, &w.rows[i]); err != nil {
			return fmt.Errorf("write %s: %w", w.rows[i].table, err)
		}
	}
	if len(w.records) == 0 {
		return nil
	}
	orm = orm.Session(&gorm.Session{NewDB: true, Context: ctx})
	orm.Statement.ConnPool = tx
	return writeRecords(orm, w.records)
}

// rows are new or changed rows of one table, column by column. The first
// column of changed rows is the key, or as many as keys says.
type rows struct {
	table   string
	changed bool
	keys    int // 0: one
	n       int
	names   []string
	types   []string // PostgreSQL's
	columns []any    // []int64, []string, []bool or [][]byte, each of length n
}

func ints[R any, N ~int64 | ~int32 | ~uint8](r *rows, name string, from []R, get func(*R) N) {
	col := make([]int64, len(from))
	for i := range from {
		col[i] = int64(get(&from[i]))
	}
	r.add(name, "bigint", col)
}

func texts[R any](r *rows, name string, from []R, get func(*R) string) {
	col := make([]string, len(from))
	for i := range from {
		col[i] = get(&from[i])
	}
	r.add(name, "text", col)
}

func bools[R any](r *rows, name string, from []R, get func(*R) bool) {
	col := make([]bool, len(from))
	for i := range from {
		col[i] = get(&from[i])
	}
	r.add(name, "boolean", col)
}

func blobs[R any](r *rows, name string, from []R, get func(*R) []byte) {
	col := make([][]byte, len(from))
	for i := range from {
		col[i] = get(&from[i])
	}
	r.add(name, "bytea", col)
}

func (r *rows) add(name, kind string, column any) {
	r.names = append(r.names, name)
	r.types = append(r.types, kind)
	r.columns = append(r.columns, column)
}

// part is the rows from first up to last.
func (r *rows) part(first, last int) *rows {
	p := *r
	p.n, p.columns = last-first, make([]any, len(r.columns))
	for i, column := range r.columns {
		switch c := column.(type) {
		case []int64:
			p.columns[i] = c[first:last]
		case []string:
			p.columns[i] = c[first:last]
		case []bool:
			p.columns[i] = c[first:last]
		case [][]byte:
			p.columns[i] = c[first:last]
		default:
			panic("store: a column of an unknown type")
		}
	}
	return &p
}

// value gives one cell, for a dialect that binds cell by cell.
func (r *rows) value(column, row int) any {
	switch c := r.columns[column].(type) {
	case []int64:
		return c[row]
	case []string:
		return c[row]
	case []bool:
		return c[row]
	case [][]byte:
		return c[row]
	}
	panic("store: a column of an unknown type")
}

// flushRows turns the order path's part of a batch into rows, in the order in
// which they are written.
func flushRows(b *app.Batch) []rows {
	var all []rows
	add := func(r rows) {
		if r.n > 0 {
			all = append(all, r)
		}
	}
	add(journalRows(b.Journal))
	add(payloadRows(b.Payloads))
	add(accountRows(b.Accounts))
	add(newBalances(b.Balances.New))
	add(changedBalances(b.Balances.Changed))
	add(postingRows(b.Postings))
	add(newOrders(b.Orders.New))
	add(changedOrders(b.Orders.Changed, b.Amended))
	add(tradeRows(b.Trades))
	add(newAcquisitions(b.Acquisitions.New))
	add(changedAcquisitions(b.Acquisitions.Changed))
	add(newSurpluses(b.Surplus.New))
	add(changedSurpluses(b.Surplus.Changed))
	return all
}

func journalRows(from []app.JournalRow) rows {
	r := rows{table: app.Journal.Name(), n: len(from)}
	ints(&r, "number", from, func(j *app.JournalRow) int64 { return j.Number })
	ints(&r, "at", from, func(j *app.JournalRow) int64 { return int64(j.At) })
	ints(&r, "actor", from, func(j *app.JournalRow) int64 { return j.Actor })
	texts(&r, "kind", from, func(j *app.JournalRow) string { return j.Kind })
	texts(&r, "key", from, func(j *app.JournalRow) string { return j.Key })
	blobs(&r, "payload", from, func(j *app.JournalRow) []byte { return j.Payload })
	ints(&r, "status", from, func(j *app.JournalRow) int32 { return j.Status })
	blobs(&r, "result", from, func(j *app.JournalRow) []byte { return j.Result })
	blobs(&r, "changes", from, func(j *app.JournalRow) []byte { return j.Changes })
	blobs(&r, "digest", from, func(j *app.JournalRow) []byte { return j.Digest })
	blobs(&r, "hash", from, func(j *app.JournalRow) []byte { return j.Hash })
	texts(&r, "build", from, func(j *app.JournalRow) string { return j.Build })
	return r
}

func payloadRows(from []app.JournalPayload) rows {
	r := rows{table: app.Payloads.Name(), n: len(from)}
	ints(&r, "number", from, func(p *app.JournalPayload) int64 { return p.Number })
	blobs(&r, "payload", from, func(p *app.JournalPayload) []byte { return p.Payload })
	return r
}

func accountRows(from []ledger.Account) rows {
	r := rows{table: app.Accounts.Name(), n: len(from)}
	ints(&r, "id", from, func(a *ledger.Account) ledger.AccountID { return a.ID })
	ints(&r, "kind", from, func(a *ledger.Account) ledger.Kind { return a.Kind })
	ints(&r, "origin", from, func(a *ledger.Account) ledger.Origin { return a.Origin })
	texts(&r, "region", from, func(a *ledger.Account) string { return a.Region })
	texts(&r, "pollutant", from, func(a *ledger.Account) string { return a.Pollutant })
	ints(&r, "party", from, func(a *ledger.Account) int64 { return a.Party })
	ints(&r, "licence", from, func(a *ledger.Account) int64 { return a.Licence })
	ints(&r, "instrument", from, func(a *ledger.Account) int64 { return a.Instrument })
	ints(&r, "command", from, func(a *ledger.Account) int64 { return a.Command })
	return r
}

func newBalances(from []ledger.Balance) rows { return balanceRows(from, false) }

func changedBalances(from []ledger.Balance) rows { return balanceRows(from, true) }

func balanceRows(from []ledger.Balance, changed bool) rows {
	r := rows{table: app.Balances.Name(), n: len(from), changed: changed}
	ints(&r, "id", from, func(b *ledger.Balance) ledger.AccountID { return b.ID })
	ints(&r, "balance", from, func(b *ledger.Balance) int64 { return b.Balance })
	ints(&r, "held", from, func(b *ledger.Balance) int64 { return b.Held })
	ints(&r, "last_posting", from, func(b *ledger.Balance) int64 { return b.LastPosting })
	ints(&r, "command", from, func(b *ledger.Balance) int64 { return b.Command })
	return r
}

func postingRows(from []ledger.Posting) rows {
	r := rows{table: app.Postings.Name(), n: len(from)}
	ints(&r, "id", from, func(p *ledger.Posting) int64 { return p.ID })
	ints(&r, "transfer", from, func(p *ledger.Posting) int64 { return p.Transfer })
	ints(&r, "reason", from, func(p *ledger.Posting) ledger.Reason { return p.Reason })
	ints(&r, "reference", from, func(p *ledger.Posting) int64 { return p.Reference })
	ints(&r, "debit", from, func(p *ledger.Posting) ledger.AccountID { return p.Debit })
	ints(&r, "credit", from, func(p *ledger.Posting) ledger.AccountID { return p.Credit })
	ints(&r, "amount", from, func(p *ledger.Posting) int64 { return p.Amount })
	ints(&r, "debit_after", from, func(p *ledger.Posting) int64 { return p.DebitAfter })
	ints(&r, "credit_after", from, func(p *ledger.Posting) int64 { return p.CreditAfter })
	ints(&r, "debit_previous", from, func(p *ledger.Posting) int64 { return p.DebitPrevious })
	ints(&r, "credit_previous", from, func(p *ledger.Posting) int64 { return p.CreditPrevious })
	ints(&r, "command", from, func(p *ledger.Posting) int64 { return p.Command })
	return r
}

func newOrders(from []market.Record) rows {
	r := rows{table: app.Orders.Name(), n: len(from)}
	ints(&r, "id", from, func(o *market.Record) int64 { return o.ID })
	ints(&r, "market", from, func(o *market.Record) int64 { return o.Market })
	ints(&r, "instrument", from, func(o *market.Record) int64 { return o.Instrument })
	ints(&r, "party", from, func(o *market.Record) int64 { return o.Party })
	ints(&r, "licence", from, func(o *market.Record) int64 { return o.Licence })
	ints(&r, "project", from, func(o *market.Record) int64 { return o.Project })
	ints(&r, "side", from, func(o *market.Record) market.Side { return o.Side })
	ints(&r, "time_in_force", from, func(o *market.Record) market.TimeInForce { return o.TimeInForce })
	ints(&r, "state", from, func(o *market.Record) market.State { return o.State })
	ints(&r, "price", from, func(o *market.Record) int64 { return int64(o.Price) })
	ints(&r, "quantity", from, func(o *market.Record) int64 { return int64(o.Quantity) })
	ints(&r, "remaining", from, func(o *market.Record) int64 { return int64(o.Remaining) })
	ints(&r, "hold", from, func(o *market.Record) int64 { return o.Hold })
	ints(&r, "placed_at", from, func(o *market.Record) int64 { return int64(o.PlacedAt) })
	ints(&r, "queued", from, func(o *market.Record) int64 { return o.Queued })
	ints(&r, "kind", from, func(o *market.Record) market.Kind { return o.Kind })
	ints(&r, "schedule", from, func(o *market.Record) int64 { return o.Schedule })
	ints(&r, "amount", from, func(o *market.Record) int64 { return int64(o.Amount) })
	ints(&r, "fee", from, func(o *market.Record) int64 { return int64(o.Fee) })
	ints(&r, "ending", from, func(o *market.Record) market.Ending { return o.Ending })
	ints(&r, "command", from, func(o *market.Record) int64 { return o.Command })
	return r
}

// changedOrders are what changes of an order while it trades; price, quantity
// and place only where one was amended.
func changedOrders(from []market.Record, amended bool) rows {
	r := rows{table: app.Orders.Name(), n: len(from), changed: true}
	ints(&r, "id", from, func(o *market.Record) int64 { return o.ID })
	ints(&r, "state", from, func(o *market.Record) market.State { return o.State })
	ints(&r, "remaining", from, func(o *market.Record) int64 { return int64(o.Remaining) })
	ints(&r, "hold", from, func(o *market.Record) int64 { return o.Hold })
	ints(&r, "amount", from, func(o *market.Record) int64 { return int64(o.Amount) })
	ints(&r, "fee", from, func(o *market.Record) int64 { return int64(o.Fee) })
	ints(&r, "ending", from, func(o *market.Record) market.Ending { return o.Ending })
	if amended {
		ints(&r, "price", from, func(o *market.Record) int64 { return int64(o.Price) })
		ints(&r, "quantity", from, func(o *market.Record) int64 { return int64(o.Quantity) })
		ints(&r, "queued", from, func(o *market.Record) int64 { return o.Queued })
	}
	ints(&r, "command", from, func(o *market.Record) int64 { return o.Command })
	return r
}

func tradeRows(from []market.Trade) rows {
	r := rows{table: app.Trades.Name(), n: len(from)}
	ints(&r, "id", from, func(t *market.Trade) int64 { return t.ID })
	ints(&r, "market", from, func(t *market.Trade) int64 { return t.Market })
	ints(&r, "instrument", from, func(t *market.Trade) int64 { return t.Instrument })
	ints(&r, "buy_order", from, func(t *market.Trade) int64 { return t.BuyOrder })
	ints(&r, "sell_order", from, func(t *market.Trade) int64 { return t.SellOrder })
	ints(&r, "taker", from, func(t *market.Trade) market.Side { return t.Taker })
	ints(&r, "price", from, func(t *market.Trade) int64 { return int64(t.Price) })
	ints(&r, "quantity", from, func(t *market.Trade) int64 { return int64(t.Quantity) })
	ints(&r, "months", from, func(t *market.Trade) int32 { return t.Months })
	ints(&r, "amount", from, func(t *market.Trade) int64 { return int64(t.Amount) })
	texts(&r, "buyer_region", from, func(t *market.Trade) string { return t.BuyerRegion })
	texts(&r, "seller_region", from, func(t *market.Trade) string { return t.SellerRegion })
	ints(&r, "at", from, func(t *market.Trade) int64 { return int64(t.At) })
	ints(&r, "buyer_fee", from, func(t *market.Trade) int64 { return int64(t.BuyerFee) })
	ints(&r, "seller_fee", from, func(t *market.Trade) int64 { return int64(t.SellerFee) })
	ints(&r, "kind", from, func(t *market.Trade) market.TradeKind { return t.Kind })
	ints(&r, "command", from, func(t *market.Trade) int64 { return t.Command })
	return r
}

func newAcquisitions(from []ledger.Acquisition) rows {
	r := rows{table: app.Acquisitions.Name(), n: len(from)}
	ints(&r, "id", from, func(a *ledger.Acquisition) int64 { return a.ID })
	ints(&r, "account", from, func(a *ledger.Acquisition) ledger.AccountID { return a.Account })
	ints(&r, "acquired_on", from, func(a *ledger.Acquisition) int64 { return int64(a.AcquiredOn) })
	ints(&r, "price", from, func(a *ledger.Acquisition) int64 { return int64(a.Price) })
	bools(&r, "price_known", from, func(a *ledger.Acquisition) bool { return a.PriceKnown })
	texts(&r, "document", from, func(a *ledger.Acquisition) string { return a.Document })
	ints(&r, "trade", from, func(a *ledger.Acquisition) int64 { return a.Trade })
	ints(&r, "deal", from, func(a *ledger.Acquisition) int64 { return a.Deal })
	ints(&r, "quantity", from, func(a *ledger.Acquisition) int64 { return int64(a.Quantity) })
	ints(&r, "remaining", from, func(a *ledger.Acquisition) int64 { return int64(a.Remaining) })
	ints(&r, "command", from, func(a *ledger.Acquisition) int64 { return a.Command })
	return r
}

func changedAcquisitions(from []ledger.Acquisition) rows {
	r := rows{table: app.Acquisitions.Name(), n: len(from), changed: true}
	ints(&r, "id", from, func(a *ledger.Acquisition) int64 { return a.ID })
	ints(&r, "remaining", from, func(a *ledger.Acquisition) int64 { return int64(a.Remaining) })
	ints(&r, "command", from, func(a *ledger.Acquisition) int64 { return a.Command })
	return r
}

func newSurpluses(from []market.Surplus) rows {
	r := surplusAmounts(from)
	texts(&r, "pollutant", from, func(s *market.Surplus) string { return s.Pollutant })
	ints(&r, "licence", from, func(s *market.Surplus) int64 { return s.Licence })
	return r
}

func changedSurpluses(from []market.Surplus) rows {
	r := surplusAmounts(from)
	r.changed = true
	return r
}

func surplusAmounts(from []market.Surplus) rows {
	r := rows{table: app.Surpluses.Name(), n: len(from)}
	ints(&r, "id", from, func(s *market.Surplus) int64 { return s.ID })
	ints(&r, "verified", from, func(s *market.Surplus) int64 { return int64(s.Verified) })
	ints(&r, "used", from, func(s *market.Surplus) int64 { return int64(s.Used) })
	ints(&r, "held", from, func(s *market.Surplus) int64 { return int64(s.Held) })
	ints(&r, "command", from, func(s *market.Surplus) int64 { return s.Command })
	return r
}

// arraySQL writes rows of which each column comes as one array: the statement that
// PostgreSQL takes fastest. New rows that are many come faster by COPY.
func (r *rows) arraySQL() string {
	var s strings.Builder
	if !r.changed {
		s.WriteString("INSERT INTO " + r.table + " (" + strings.Join(r.names, ", ") + ") SELECT * FROM " + r.unnest())
		return s.String()
	}
	keys, rest := r.split()
	s.WriteString("UPDATE " + r.table + " AS t SET ")
	for i, name := range rest {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(name + " = u." + name)
	}
	s.WriteString(" FROM " + r.unnest() + " AS u (" + strings.Join(r.names, ", ") + ") WHERE ")
	for i, name := range keys {
		if i > 0 {
			s.WriteString(" AND ")
		}
		s.WriteString("t." + name + " = u." + name)
	}
	return s.String()
}

// split are the columns of the key and the others.
func (r *rows) split() (keys, rest []string) {
	n := max(r.keys, 1)
	return r.names[:n], r.names[n:]
}

func (r *rows) unnest() string {
	args := make([]string, len(r.types))
	for i, t := range r.types {
		args[i] = "$" + itoa(i+1) + "::" + t + "[]"
	}
	return "unnest(" + strings.Join(args, ", ") + ")"
}
