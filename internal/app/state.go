package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/opening"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// IdempotencyTime is how long a key is remembered.
const IdempotencyTime = 30 * 24 * 60 * 60 * 1_000_000 // µs: 30 days

// state is what the writer keeps in memory. It equals the committed rows plus
// the batch in hand, because nobody else writes.
type state struct {
	store    Store
	registry Registry
	ctx      context.Context //nolint:containedctx // the writer's own, for reads in the middle of a batch

	ledger   *ledger.Ledger
	orders   map[int64]*market.Record // open ones
	books    map[bookID]*market.Book
	surplus  map[surplusKey]*market.Surplus
	wanted   wanted
	coming   map[string]map[int64]coming // of it, what auctions and payment notices may bring, by table and row
	caches   map[string]anyCache
	lastID   map[string]int64
	keys     map[keyDigest]int64 // idempotency key → journal number
	dueTimes timerHeap
	streaks  map[int64]*streak // by the timers that go on with them

	byCode    codes
	known     *knowledge
	lots      lotIndex
	frozen    frozenIndex
	fees      feeIndex
	day       dayIndex
	sweeps    map[int64][]int64         // what running sweeps still have to cancel
	clears    map[int64][]int64         // what still has to leave for proposals that are clearing
	reviews   map[reviewKey][]int64     // orders that running reviews still have to judge
	bidders   map[int64]map[int64]int64 // open registrations, by offer and party
	offers    offerIndex
	rooms     map[int64]*offerRoom
	seals     *sealRing
	credits   heldRanges
	issuances issuanceIndex
	purchases map[creditHolder]int64   // of credits, by who bought
	floors    map[int64]*floor         // of the markets that have terms
	quotes    map[bookID]int64         // rows
	opening   int64                    // the package that is being taken; 0: none
	actors    map[int64]identity.Actor // by person, as far as they were asked for
	changed   changes                  // since the last publication
	fills     []market.Fill            // used again
	levels    []market.Level           // used again
	judged    rulebook.Facts           // of the order in hand: room that each uses again
	hasher    hasher
}

// bookID names a book: one for each instrument of a market.
type bookID struct{ market, instrument int64 }

type surplusKey struct {
	licence   int64
	pollutant string
}

// wanted is what licences may still get, by licence and pollutant: by open orders,
// block trades, confirmed deals, auctions and payment notices.
type wanted map[surplusKey]quantity.Quantity

func (w wanted) add(licence int64, pollutant string, q quantity.Quantity) {
	w[surplusKey{licence, pollutant}] += q
}

// changes says what a publication must rebuild.
type changes struct {
	books     map[bookID]bool
	directory bool
	trades    bool
	quotes    []seenQuote
	chain     bool // an offer waits for its next step
	resident  residentChanges
}

// rowsPerRead is how many rows are read at a time: memory stays bounded.
const rowsPerRead = 20_000

// load reads the whole state from the store.
func load(ctx context.Context, store Store, registry Registry) (*state, error) {
	s := &state{
		store: store, registry: registry, ctx: ctx,
		ledger: ledger.New(), orders: map[int64]*market.Record{}, books: map[bookID]*market.Book{},
		actors: map[int64]identity.Actor{}, hasher: newHasher(),
		surplus: map[surplusKey]*market.Surplus{}, caches: map[string]anyCache{}, frozen: frozenIndex{map[ledger.AccountID][]int64{}, map[int64]ledger.AccountID{}},
		wanted: wanted{}, lastID: map[string]int64{}, sweeps: map[int64][]int64{}, clears: map[int64][]int64{}, reviews: map[reviewKey][]int64{}, day: dayIndex{map[int64][]int64{}, map[int64]calendar.Instant{}}, keys: map[keyDigest]int64{}, changed: changes{books: map[bookID]bool{}},
	}
	for name, info := range tables {
		if name != Journal.name && name != Payloads.name {
			last, err := store.LastID(ctx, name)
			if err != nil {
				return nil, fmt.Errorf("read last id of %s: %w", name, err)
			}
			s.lastID[name] = last
		}
		if info.resident {
			c := info.newCache()
			if err := c.load(ctx, store); err != nil {
				return nil, err
			}
			s.caches[name] = c
		}
	}
	s.indexCodes()
	s.learn()
	s.indexLots()
	s.loadFees()
	s.indexRanges()
	s.indexIssuances()
	s.indexPurchases()
	s.loadTimers()
	s.loadFreezes()
	s.indexFloors()
	s.loadOpenings()
	s.indexBidders()
	s.indexOffers()
	keys := make(chan error, 1) // the rest does not need them: they are read beside it
	go func() { keys <- s.loadKeys() }()
	err := s.loadLedger()
	if err == nil {
		err = s.loadOrders()
	}
	if err == nil {
		err = s.loadWanted()
	}
	if err == nil {
		err = s.loadComing()
	}
	return s, errors.Join(err, <-keys)
}

func (s *state) loadKeys() error {
	since := s.registry.LastAt - IdempotencyTime
	err := s.store.Keys(s.ctx, since, func(number, actor int64, key []byte) { s.keys[digestKey(actor, key)] = number })
	if err != nil {
		return fmt.Errorf("read idempotency keys: %w", err)
	}
	return nil
}

// each reads a table in pages, by id.
func each[R any](s *state, t Table[R], q Query, f func(R)) error {
	return eachOf(s.ctx, s.store, t, q, f)
}

func eachOf[R any](ctx context.Context, r Reader, t Table[R], q Query, f func(R)) error {
	q.Limit = rowsPerRead
	for {
		var rows []R
		if err := r.Find(ctx, t.name, q, &rows); err != nil {
			return fmt.Errorf("read table %s: %w", t.name, err)
		}
		for _, row := range rows {
			f(row)
		}
		if len(rows) < rowsPerRead {
			return nil
		}
		q.After = idOf(&rows[len(rows)-1])
	}
}

func (s *state) loadLedger() error {
	balances := map[ledger.AccountID]ledger.Balance{}
	if err := each(s, Balances, Query{}, func(b ledger.Balance) { balances[b.ID] = b }); err != nil {
		return err
	}
	if err := each(s, Accounts, Query{}, func(a ledger.Account) { s.ledger.Load(a, balances[a.ID]) }); err != nil {
		return err
	}
	left := Query{Where: []Cond{{"remaining", Gt, 0}}}
	if err := each(s, Acquisitions, left, s.ledger.LoadAcquisition); err != nil {
		return err
	}
	return each(s, Surpluses, Query{}, func(r market.Surplus) { s.surplus[surplusKey{r.Licence, r.Pollutant}] = &r })
}

// loadOrders rebuilds the books: orders rest in the order in which they got
// their places. That is the order of their ids, in which they are read, unless
// one was amended; then the books are made when all are known.
func (s *state) loadOrders() error {
	var queue []*market.Record
	inTurn := true
	err := s.store.OpenOrders(s.ctx, func(o *market.Record) {
		s.orders[o.ID] = o
		if o.Side == market.Buy && !o.OfCredits() {
			s.wanted.add(o.Licence, rowsOf(s, Instruments).rows[o.Instrument].Pollutant, o.Remaining)
		}
		if o.TimeInForce == market.DAY {
			s.day.add(o)
		}
		if inTurn = inTurn && (len(queue) == 0 || queue[len(queue)-1].IsBefore(o)); inTurn {
			s.rest(o)
		}
		queue = append(queue, o)
	})
	if !inTurn {
		clear(s.books)
		slices.SortFunc(queue, func(a, b *market.Record) int { return cmp.Or(cmp.Compare(a.Queued, b.Queued), cmp.Compare(a.ID, b.ID)) })
		for _, o := range queue {
			s.rest(o)
		}
	}
	for id := range s.books {
		s.changed.books[id] = true
	}
	return err
}

// rest puts an open order into its book without matching.
func (s *state) rest(o *market.Record) {
	if b := s.book(o.Market, o.Instrument); o.Kind == market.AtMarket {
		b.RestAtCall(o.Entry())
	} else {
		b.Rest(o.Entry())
	}
}

// book returns the book of an instrument in a market; there always is one.
func (s *state) book(marketID, instrument int64) *market.Book {
	id := bookID{marketID, instrument}
	b := s.books[id]
	if b == nil {
		b = market.NewBook()
		s.books[id] = b
	}
	return b
}

// changedBook is book for a command that changes it: readers get its new depth.
func (tx *Tx) changedBook(marketID, instrument int64) *market.Book {
	tx.changed.books[bookID{marketID, instrument}] = true
	return tx.book(marketID, instrument)
}

// nextID returns a fresh id for a table.
func (s *state) nextID(table string) int64 {
	s.lastID[table]++
	return s.lastID[table]
}

// rowsOf returns the cache of a resident table.
func rowsOf[R any](s *state, t Table[R]) *cache[R] {
	c, ok := s.caches[t.name].(*cache[R])
	if !ok {
		panic("app: table " + t.name + " is not resident")
	}
	return c
}

// errCommitFirst is returned by a finder when rows of its table are staged:
// the writer commits the batch and runs the command again.
var errCommitFirst = fmt.Errorf("app: commit the batch before this command")

// ErrNoRecord is returned when there is no record with the id or code that
// the request names, or none that the caller may see: the two look the same.
var ErrNoRecord = identity.ErrNotYours

// Get returns a record by id, or ErrNoRecord about the field that named it.
func Get[R any](v *View, t Table[R], field string, id int64) (R, error) {
	var none R
	if v.dry != nil {
		if r, ok := v.dry.rows[t.name][id].(*R); ok {
			return *r, nil
		}
	}
	if t.resident {
		if r, ok := rowsOf(v.state, t).rows[id]; ok {
			return r, nil
		}
		return none, ErrNoRecord.At(field)
	}
	if staged, ok := v.batch.Records[t.name]; ok {
		if r, ok := staged.ByID[id].(*R); ok {
			return *r, nil
		}
	}
	var rows []R
	if err := v.store.Find(v.ctx, t.name, Where("id", id), &rows); err != nil {
		return none, ErrNotDurable.Because(err)
	}
	if len(rows) == 0 {
		return none, ErrNoRecord.At(field)
	}
	return rows[0], nil
}

// Find returns the records that a query selects, by id.
func Find[R any](v *View, t Table[R], q Query) ([]R, error) {
	var rows []R
	if err := v.findRows(t.name, q, &rows); err != nil {
		return nil, err
	}
	return rows, nil
}

// findRows is Find for a slice of records.
func (v *View) findRows(table string, q Query, rows any) error {
	if staged := v.batch.Records[table]; staged != nil && len(staged.ByID) > 0 {
		return errCommitFirst
	}
	if err := v.store.Find(v.ctx, table, q, rows); err != nil {
		return ErrNotDurable.Because(err)
	}
	return nil
}

// All calls each with every row of a resident table, by id, until it returns false.
func All[R any](v *View, t Table[R]) func(yield func(R) bool) {
	c := rowsOf(v.state, t)
	return func(yield func(R) bool) {
		for _, id := range c.order {
			if row, known := c.rows[id]; known && !yield(row) {
				return
			}
		}
	}
}

// Put writes a record: a new one when its id is 0. It returns the record with
// its id.
func Put[R any](tx *Tx, t Table[R], row R) R {
	if tx.dry != nil {
		return dryPut(tx, t, row)
	}
	id, previous := idOf(&row), commandOf(&row)
	isNew := id == 0
	switch {
	case isNew:
		id, previous = tx.nextID(t.name), 0
	case previous == 0:
		before := mustGet(tx, t, id)
		if previous = commandOf(&before); previous == 0 {
			tx.keepPlanted(t.name, &before)
		}
	}
	stamp(&row, id, tx.Number)
	staged := tx.batch.Records[t.name]
	if staged == nil {
		staged = &Records{ByID: map[int64]any{}, New: map[int64]bool{}}
		tx.batch.Records[t.name] = staged
	}
	kept := row
	if _, again := staged.ByID[id]; !again {
		tx.batch.rows++
	}
	staged.ByID[id] = &kept
	if isNew {
		staged.New[id] = true
	}
	if previous != tx.Number {
		tx.touched.records = append(tx.touched.records, recordMark{t.name, id, previous})
	}
	if t.resident {
		rowsOf(tx.state, t).put(id, row)
		tx.changed.resident.mark(t.name, id)
		tx.onResident(any(row))
	}
	if t.watched {
		tx.onRow(any(row))
	}
	return row
}

// keepPlanted keeps for the journal what a row was that no command has written yet, given
// a pointer to it.
func (tx *Tx) keepPlanted(table string, row any) {
	tx.touched.planted = append(tx.touched.planted, plantedMark{table, tables[table].encode(nil, row)})
}

// onResident keeps the indexes over resident tables in step.
func (s *state) onResident(row any) {
	switch r := row.(type) {
	case identity.Grant:
		s.changed.directory = true
		delete(s.actors, r.Person)
		s.indexCode(r)
	case identity.Key:
		s.changed.directory = true
	case Timer:
		s.addTimer(r)
	case approval.Proposal:
		if !slices.Contains(approval.Running, r.State) {
			rowsOf(s, Proposals).remove(r.ID)
		}
	case reserve.Lot:
		s.indexLot(r)
	case reserve.LotClaim:
		s.indexClaim(r)
	case reserve.DayTotal:
		s.indexDay(r)
	case encumbrance.Freeze:
		s.indexFreeze(r)
	case carbon.Range:
		s.indexRange(r)
	case carbon.Issuance:
		s.indexIssuance(r)
	case carbon.Mirror:
		s.indexMirror(r)
	case carbon.Purchase:
		s.indexPurchase(r)
	case opening.Package:
		s.indexOpening(r)
	case market.FeeSchedule:
		s.indexFees(r)
	case market.FeeTier:
		s.indexFeeTier(r)
	case auction.Offer:
		s.changed.chain = s.changed.chain || r.IsChained()
		s.indexOffer(r)
	case auction.Registration:
		s.indexBidder(r)
		s.onBidder(r)
	case market.Terms:
		s.indexTerms(r)
	case market.Session:
		s.indexSession(r)
	case market.Quote:
		s.indexQuote(r)
	case market.Call:
		s.indexCall(r)
	default:
		s.indexCode(r)
		s.known.add(r)
	}
}

// Actor returns a person with the grants that are in force.
func (s *state) actor(person int64) identity.Actor {
	if a, known := s.actors[person]; known {
		return a
	}
	a := identity.Actor{Person: person}
	c := rowsOf(s, Grants)
	for _, id := range s.byCode.grants[person] {
		if g := c.rows[id]; g.State == identity.GrantActive {
			a.Grants = append(a.Grants, g)
		}
	}
	s.actors[person] = a
	return a
}

// Calendar is the working calendar as it is published.
func (v *View) Calendar() *calendar.Calendar {
	var years []calendar.Year
	var days []calendar.Day
	for y := range All(v, Years) {
		years = append(years, y)
	}
	for d := range All(v, Days) {
		days = append(days, d)
	}
	return calendar.New(years, days)
}
