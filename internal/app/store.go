package app

import (
	"context"
	"errors"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/reserve"
)

// Registry is the row that says who may write and how far the journal is. It
// is the fence: a batch that cannot advance it is not committed.
type Registry struct {
	Epoch  int64            // raised by every takeover
	Batch  int64            // number of the last committed batch
	Length int64            // number of the last journal row
	Head   []byte           // hash of the last journal row
	LastAt calendar.Instant // the latest stamp; time never runs backwards
	BeatAt calendar.Instant // when the writer last showed itself, by the clock of its role; 0 when it stopped cleanly
}

// The errors that a store's Commit may return; any other means that the batch
// was rolled back.
var (
	// ErrFenced is returned when another process has taken the writer's role:
	// this one must stop.
	ErrFenced = errors.New("app: another process is the writer")
	// ErrUnknown is returned when the connection was lost at COMMIT: the batch
	// may or may not be there. The writer compares the registry's batch number.
	ErrUnknown = errors.New("app: the outcome of the commit is not known")
	// ErrLost is returned when the connection was lost before COMMIT: the batch
	// was rolled back and may be tried again.
	ErrLost = errors.New("app: the connection to the database was lost")
	// ErrHeld is returned by TakeOver while another process is alive as the writer.
	ErrHeld = errors.New("app: another process holds the writer's role")
)

// Store keeps a registry's rows. Its only writer is the App that took over.
type Store interface {
	// TakeOver makes this process the writer and returns the registry row.
	// Returns ErrHeld when the present writer has shown itself less than
	// LeaseTime before now.
	TakeOver(ctx context.Context, now calendar.Instant) (Registry, error)
	// Registry reads the registry row.
	Registry(ctx context.Context) (Registry, error)
	// Beat shows that the writer of this epoch is alive; at 0 releases the
	// role. Returns ErrFenced when the epoch has passed.
	Beat(ctx context.Context, epoch int64, at calendar.Instant) error
	// OpenOrders calls each with every open order, by id, from one goroutine;
	// the caller may keep the pointers.
	OpenOrders(ctx context.Context, each func(*market.Record)) error
	// Keys calls each with the idempotency keys used since an instant, from one
	// goroutine; the key is good only during the call.
	Keys(ctx context.Context, since calendar.Instant, each func(number, actor int64, key []byte)) error
	// Snapshot returns the committed rows and the registry row of one moment.
	// The caller must end it, and soon: it keeps a connection.
	Snapshot(ctx context.Context) (r Reader, registry Registry, end func(), err error)
	// Commit writes a batch and advances the fence in one transaction.
	Commit(ctx context.Context, b *Batch) error
	Reader
}

// Reader reads committed rows. A table's name is that of its record in snake
// case; rows is a pointer to a slice of the record's type.
type Reader interface {
	Find(ctx context.Context, table string, q Query, rows any) error
	// LastID is the largest id in a table, 0 when it is empty.
	LastID(ctx context.Context, table string) (int64, error)
	// Statement returns the postings on an account that are not newer than
	// last, newest first, by walking back from one to the one before.
	Statement(ctx context.Context, account ledger.AccountID, last int64, limit int) ([]ledger.Posting, error)
	// ReserveTotals is what each event and provenance came to in a reserve before
	// and within a period, added up from the totals of the days.
	ReserveTotals(ctx context.Context, region, pollutant string, from, to calendar.Date) ([]reserve.PeriodTotal, error)
	// FeeTotals adds up the fees of trades by market, side and region, in this order.
	FeeTotals(ctx context.Context, q FeeTotalsQuery) ([]market.FeeTotal, error)
	// FillsBetween calls each with the fills between some sellers and some
	// buyers, by id.
	FillsBetween(ctx context.Context, q FillsQuery, each func(PartyFill)) error
	// SharedAccounts returns the bank accounts that more than one party has paid
	// from or was paid to through a day, with these parties, by account and party.
	SharedAccounts(ctx context.Context, through calendar.Date) ([]AccountUse, error)
	// FreeUnits returns what a party holds of a series that it may dispose of, and what
	// its longest ranges of that have, at most so many.
	FreeUnits(ctx context.Context, series, party int64, ranges int) (FreeUnits, error)
	// LotLines returns the lots that were in a reserve in a period, by id, with
	// what came, left and was there before.
	LotLines(ctx context.Context, q LotLinesQuery) ([]reserve.LotLine, error)
}

// FeeTotalsQuery selects the trades of a statement of fees.
type FeeTotalsQuery struct {
	Start, End calendar.Instant // from, and before
	Market     int64            // 0: all
	Region     string           // of the side that paid; "": all
}

// FillsQuery selects the fills of orders, which a trade that was negotiated has not.
type FillsQuery struct {
	From, Before    int64 // numbers of trades
	Sellers, Buyers []int64
}

// PartyFill is a trade with the parties of its orders.
type PartyFill struct {
	ID, Seller, Buyer         int64
	SellerRegion, BuyerRegion string
	At                        calendar.Instant
}

// AccountUse is that a party has used a bank account.
type AccountUse struct {
	Account string
	Party   int64
}

// FreeUnits are units of credits that a party may dispose of.
type FreeUnits struct {
	Units   int64
	Longest int64 // in its longest ranges
}

// LotLinesQuery selects a page of the lots of a statement.
type LotLinesQuery struct {
	Region, Pollutant string
	From, To          calendar.Date
	After             int64 // lots with greater ids
	Limit             int
}

// AsOf selects what was recorded up to the end of a day: a movement is of the day on
// which it is recorded.
func (q LotLinesQuery) AsOf(day calendar.Date) LotLinesQuery {
	q.From, q.To = min(q.From, day.AddDays(1)), min(q.To, day)
	return q
}

// Query selects rows. Zero fields do not restrict.
type Query struct {
	Where []Cond
	After int64 // id greater than this (smaller, with Desc)
	Desc  bool  // by id descending; ascending otherwise
	Limit int   // 0: all
}

// Cond restricts a column.
type Cond struct {
	Column string
	Op     Op
	Value  any
}

// Op is a comparison.
type Op string

// The comparisons that a store knows.
const (
	Eq Op = "="
	Ne Op = "<>"
	Gt Op = ">"
	Ge Op = ">="
	Lt Op = "<"
	Le Op = "<="
	In Op = "IN"
)

// Where is a query for the rows whose column equals value.
func Where(column string, value any) Query { return Query{Where: []Cond{{column, Eq, value}}} }

// naming is a query for the rows that name another row by its id; most of the
// table name none. The second condition follows from the first, and lets SQLite
// use an index over those that do: with a parameter it does not see that
// (sqlite.org/partialindex.html).
func naming(column string, id int64) Query { return Where(column, id).And(column, Gt, int64(0)) }

// namingAny is naming for several ids.
func namingAny(column string, ids []int64) Query {
	return Query{}.And(column, In, ids).And(column, Gt, int64(0))
}

// proving is naming for the documents that prove payments.
func proving(proofs ...string) Query { return Query{}.And("proof", In, proofs).And("proof", Ne, "") }

// And adds a condition.
func (q Query) And(column string, op Op, value any) Query {
	q.Where = append(q.Where[:len(q.Where):len(q.Where)], Cond{column, op, value})
	return q
}

// Page restricts to limit rows after an id.
func (q Query) Page(after int64, limit int) Query {
	q.After, q.Limit = after, limit
	return q
}

// anyOf are states as their column has them, for the operator In.
func anyOf[S ~string](states []S) []string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	return names
}

// Batch is what a commit writes: the rows of a batch of commands in their
// final state.
type Batch struct {
	Epoch    int64
	Registry Registry // as it shall be afterwards
	Journal  []JournalRow
	Payloads []JournalPayload

	Accounts     []ledger.Account // new
	Balances     Changes[ledger.AccountID, ledger.Balance]
	Postings     []ledger.Posting // new
	Orders       Changes[int64, market.Record]
	Amended      bool           // some of the changed orders have another price, quantity or place
	Trades       []market.Trade // new
	Acquisitions Changes[int64, ledger.Acquisition]
	Surplus      Changes[int64, market.Surplus]
	Records      map[string]*Records // every other table, by name

	rows  int
	arena []byte // where the changes and digests of its journal rows lie
}

// reset empties a batch that was committed, so that the next one need not
// grow again: the maps and slices of a batch were a third of what the writer
// allocated. A store must not keep a batch after Commit.
func (b *Batch) reset(epoch int64, r Registry) {
	clear(b.Journal)
	clear(b.Payloads)
	if b.arena == nil { // of a command that changes nothing it gives an empty slice, which is not NULL
		b.arena = []byte{}
	}
	*b = Batch{
		Epoch: epoch, Registry: r, Journal: b.Journal[:0], Payloads: b.Payloads[:0],
		Accounts: b.Accounts[:0], Postings: b.Postings[:0], Trades: b.Trades[:0],
		Balances: b.Balances.reset(), Orders: b.Orders.reset(), Acquisitions: b.Acquisitions.reset(), Surplus: b.Surplus.reset(),
		Records: map[string]*Records{}, arena: b.arena[:0],
	}
}

// Changes are the new and the changed rows of a table that the order path
// writes, each in its final state.
type Changes[K comparable, R any] struct {
	New, Changed []R
	at           map[K]position
}

type position struct {
	isNew bool
	index int
}

func (c *Changes[K, R]) reset() Changes[K, R] {
	clear(c.at)
	return Changes[K, R]{c.New[:0], c.Changed[:0], c.at}
}

// put stages a row: it replaces the row of an earlier command of the batch.
func (c *Changes[K, R]) put(key K, isNew bool, row R) (fresh bool) {
	if p, ok := c.at[key]; ok {
		if p.isNew {
			c.New[p.index] = row
		} else {
			c.Changed[p.index] = row
		}
		return false
	}
	if c.at == nil {
		c.at = map[K]position{}
	}
	if isNew {
		c.at[key] = position{true, len(c.New)}
		c.New = append(c.New, row)
	} else {
		c.at[key] = position{false, len(c.Changed)}
		c.Changed = append(c.Changed, row)
	}
	return true
}

// Records are the rows of a table that is written whole, new and changed
// ones alike, as pointers to its record.
type Records struct {
	ByID map[int64]any
	New  map[int64]bool
}
