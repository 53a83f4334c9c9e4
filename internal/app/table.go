package app

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
)

// Table is a kind of record that is written whole. Its rows have an int64 ID
// as their first field and the number of the command that last wrote them as
// their last, Command. A resident table is small and lies in memory.
type Table[R any] struct {
	name     string
	resident bool
	watched  bool // something in memory follows from its rows: see state.onRow
}

// Name is the table's name in the database.
func (t Table[R]) Name() string { return t.name }

// The tables of reference data, all in memory.
var (
	Regions      = resident[catalog.Region]("region")
	Pollutants   = resident[catalog.Pollutant]("pollutant")
	Markets      = resident[catalog.Market]("market")
	MarketAreas  = resident[catalog.MarketRegion]("market_region")
	Instruments  = resident[catalog.Instrument]("instrument")
	Parties      = resident[catalog.Party]("party")
	Licences     = resident[catalog.Licence]("licence")
	Persons      = resident[catalog.Person]("person")
	Grants       = resident[identity.Grant]("role_grant")
	Keys         = resident[identity.Key]("api_key")
	Years        = resident[calendar.Year]("calendar_year")
	Days         = resident[calendar.Day]("calendar_day")
	PendingTimes = residentWhere[Timer]("timer", Where("state", string(TimerPending)))
)

var (
	partiesIn   = indexed(Parties, func(p catalog.Party) []string { return []string{p.Region} })
	licencesIn  = indexed(Licences, func(l catalog.Licence) []string { return []string{l.Region} })
	licencesOf  = indexed(Licences, func(l catalog.Licence) []int64 { return []int64{l.Party} })
	adminGrants = indexed(Grants, func(g identity.Grant) []identity.Role {
		return when(g.Role == identity.Admin && g.State == identity.GrantActive, g.Role)
	})
	// bankGrants are those of a party's bank officers, by party, also of those who were.
	bankGrants = indexed(Grants, func(g identity.Grant) []int64 { return when(g.Role == identity.BankOfficer, g.Party) })
)

// The tables of the order path, which have their own place in a batch. They
// are named here for queries.
var (
	Journal      = cold[JournalRow]("journal")
	Payloads     = cold[JournalPayload]("journal_payload")
	Accounts     = cold[ledger.Account]("account")
	Balances     = cold[ledger.Balance]("balance")
	Postings     = cold[ledger.Posting]("posting")
	Acquisitions = cold[ledger.Acquisition]("acquisition")
	Orders       = cold[market.Record]("market_order")
	Trades       = cold[market.Trade]("trade")
	Surpluses    = cold[market.Surplus]("surplus")
)

// The tables of records that grow with history: read by key when needed.
var (
	Holds = cold[ledger.Hold]("hold")
)

// tableInfo is what the writer must know of a table without its type.
type tableInfo struct {
	name     string
	resident bool
	indexes  []func() any // of a resident one, empty
	newCache func() anyCache
	newRow   func() any                     // a pointer to an empty record
	encode   func(b []byte, row any) []byte // canonical; row is a pointer
	each     func(ctx context.Context, r Reader, q Query, f func(row any)) error
}

var tables = map[string]tableInfo{}

func resident[R any](name string) Table[R] { return register[R](name, true, Query{}) }
func cold[R any](name string) Table[R]     { return register[R](name, false, Query{}) }

// watched is cold for the rows from which something in memory follows.
func watched[R any](name string) Table[R] {
	t := cold[R](name)
	t.watched = true
	return t
}

// residentWhere is resident for the rows that a query selects: the others are
// history.
func residentWhere[R any](name string, q Query) Table[R] { return register[R](name, true, q) }

func register[R any](name string, isResident bool, q Query) Table[R] {
	if _, taken := tables[name]; taken {
		panic("app: table " + name + " is declared twice")
	}
	plan := planOf(reflect.TypeFor[R]())
	if plan.id != 0 || plan.command != plan.fields-1 {
		panic(fmt.Sprintf("app: %s: a record begins with ID and ends with Command", name))
	}
	tables[name] = tableInfo{
		name: name, resident: isResident,
		newCache: func() anyCache { return newCache[R](name, q) },
		newRow:   func() any { return new(R) },
		encode:   appendRecord,
		each: func(ctx context.Context, r Reader, q Query, f func(any)) error {
			return eachOf(ctx, r, Table[R]{name: name, resident: isResident}, q, func(row R) { f(&row) })
		},
	}
	return Table[R]{name: name, resident: isResident}
}

// TableRows gives an empty record of every table, by name, for the tests that
// hold records and schema together.
func TableRows() map[string]any {
	rows := map[string]any{}
	for name, info := range tables {
		rows[name] = info.newRow()
	}
	return rows
}

// anyCache is a cache of any resident table.
type anyCache interface {
	load(ctx context.Context, r Reader) error
	// publish returns the table for readers: old with the rows of some ids as
	// they are now; nil ids are all.
	publish(old any, ids []int64) any
}

// cache holds every row of a resident table.
type cache[R any] struct {
	table string
	where Query
	rows  map[int64]R
	order []int64 // ids, ascending, and those of rows that were removed lately

	indexes []rowIndex[R]
}

func newCache[R any](table string, where Query) *cache[R] {
	c := &cache[R]{table: table, where: where, rows: map[int64]R{}}
	for _, empty := range tables[table].indexes {
		c.indexes = append(c.indexes, empty().(rowIndex[R])) //nolint:errcheck // made by indexed
	}
	return c
}

func (c *cache[R]) load(ctx context.Context, r Reader) error {
	var rows []R
	if err := r.Find(ctx, c.table, c.where, &rows); err != nil {
		return fmt.Errorf("read table %s: %w", c.table, err)
	}
	for _, row := range rows {
		c.put(idOf(&row), row)
	}
	return nil
}

func (c *cache[R]) put(id int64, row R) {
	was, known := c.rows[id]
	if !known {
		if n := len(c.order); n == 0 || c.order[n-1] < id {
			c.order = append(c.order, id)
		} else if at, listed := slices.BinarySearch(c.order, id); !listed {
			c.order = slices.Insert(c.order, at, id)
		}
	}
	c.rows[id] = row
	for _, x := range c.indexes {
		if known {
			x.unlist(id, was)
		}
		x.list(id, row)
	}
}

// remove forgets a row that has become history. Its id stays in the order until as
// many have gone as are left: to move all that follow for each would cost more the more there are.
func (c *cache[R]) remove(id int64) {
	for _, x := range c.indexes {
		x.unlist(id, c.rows[id])
	}
	delete(c.rows, id)
	if len(c.order) > 2*len(c.rows) {
		c.order = slices.DeleteFunc(c.order, func(id int64) bool { _, known := c.rows[id]; return !known })
	}
}
