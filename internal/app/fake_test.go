package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// fakeStore is a Store in memory: every row of every table by id, found by
// reflection. It keeps the fence and the unique columns that a test names, and
// lets hooks break a commit. It is fast enough for property tests.
type fakeStore struct {
	mu       sync.Mutex
	registry Registry         // without its beat: changed by commits alone, so that a test may read it while nothing is on its way
	beatAt   calendar.Instant // the writer shows itself whenever the machine's clock says so, beside whatever the test does
	tables   map[string]*fakeTable
	unique   map[string][]string              // table → columns
	onCommit func(b *Batch) error             // before a commit; its error takes the commit's place
	after    func(b *Batch) error             // after a commit; its error is answered although the rows are there
	reads    map[string]int                   // Find calls, by table
	broken   func(table string, q Query) bool // whether Find fails
	beside   Store                            // a database that takes the first batches before it does, with its constraints; or nil
	taken    int                              // batches that it took
}

// besideMost is how many batches of a test the database beside its store takes:
// all but those of the longest walks, which would take it a quarter of an hour.
const besideMost = 400

type fakeTable struct {
	rows map[int64]any // values
	ids  []int64       // ascending
}

// newFakeStore returns a store with the rows that the migrations plant.
func newFakeStore() *fakeStore {
	s := &fakeStore{
		tables: map[string]*fakeTable{}, reads: map[string]int{},
		unique: map[string][]string{
			"bank_entry": {"reference"}, "deposit": {"bank_reference"}, "party": {"uscc"}, "licence": {"number"},
			"market": {"code"}, "instrument": {"code"}, "api_key": {"hash"}, "calendar_year": {"year"}, "calendar_day": {"on"},
		},
	}
	plant(s, Regions, catalog.SeedRegions())
	plant(s, Pollutants, catalog.SeedPollutants())
	plant(s, Parameters, rulebook.SeedParameters())
	years, days := calendar.Seed()
	plant(s, Years, years)
	plant(s, Days, days)
	return s
}

func plant[R any](s *fakeStore, t Table[R], rows []R) {
	for _, r := range rows {
		s.table(t.name).put(idOf(&r), r)
	}
}

func (s *fakeStore) table(name string) *fakeTable {
	t := s.tables[name]
	if t == nil {
		t = &fakeTable{rows: map[int64]any{}}
		s.tables[name] = t
	}
	return t
}

func (t *fakeTable) put(id int64, row any) {
	if _, known := t.rows[id]; !known {
		at, _ := slices.BinarySearch(t.ids, id)
		t.ids = slices.Insert(t.ids, at, id)
	}
	t.rows[id] = row
}

// TakeOver raises the epoch.
func (s *fakeStore) TakeOver(ctx context.Context, now calendar.Instant) (Registry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.beside != nil {
		if _, err := s.beside.TakeOver(ctx, now); err != nil {
			return Registry{}, err
		}
	}
	if s.beatAt != 0 && now-s.beatAt < calendar.Instant(LeaseTime.Microseconds()) {
		return Registry{}, ErrHeld
	}
	s.registry.Epoch++
	s.beatAt = now
	return s.beating(), nil
}

// release lets the next writer take over at once, as if the time of a lease were over.
func (s *fakeStore) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beatAt = 0
	if s.beside != nil {
		_ = s.beside.Beat(context.Background(), s.registry.Epoch, 0)
	}
}

// leaveBeside lets the database beside take no more: the test makes rows past the
// writer, which the database does not have.
func (s *fakeStore) leaveBeside() { s.taken = besideMost }

// Registry returns the registry row.
func (s *fakeStore) Registry(context.Context) (Registry, error) { return s.row(), nil }

// row is the registry row; the writer's beat changes it beside whoever reads.
func (s *fakeStore) row() Registry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beating()
}

// beating is the registry row with its beat; whoever calls it holds the lock.
func (s *fakeStore) beating() Registry {
	r := s.registry
	r.BeatAt = s.beatAt
	return r
}

// Beat shows that the writer is alive.
func (s *fakeStore) Beat(ctx context.Context, epoch int64, at calendar.Instant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.registry.Epoch != epoch {
		return ErrFenced
	}
	s.beatAt = at
	if s.beside != nil {
		return s.beside.Beat(ctx, epoch, at)
	}
	return nil
}

// Commit writes a batch, or nothing of it.
func (s *fakeStore) Commit(ctx context.Context, b *Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onCommit != nil {
		if err := s.onCommit(b); err != nil {
			return err
		}
	}
	if b.Epoch != s.registry.Epoch || b.Registry.Batch != s.registry.Batch+1 {
		return ErrFenced
	}
	if err := s.checkUnique(b); err != nil {
		return err
	}
	if s.beside != nil && s.taken < besideMost {
		if err := s.beside.Commit(ctx, b); err != nil {
			return err
		}
		s.taken++
	}
	s.write(b)
	s.registry, s.beatAt = b.Registry, b.Registry.BeatAt
	s.registry.BeatAt, s.registry.Head = 0, bytes.Clone(b.Registry.Head)
	if s.after != nil {
		return s.after(b)
	}
	return nil
}

func (s *fakeStore) write(b *Batch) {
	for _, r := range b.Journal { // the batch's memory is used again
		for _, p := range []*[]byte{&r.Payload, &r.Result, &r.Changes, &r.Digest, &r.Hash} {
			*p = bytes.Clone(*p)
		}
		s.table(Journal.name).put(r.Number, r)
	}
	for _, r := range b.Payloads {
		s.table(Payloads.name).put(r.Number, r)
	}
	for _, r := range b.Accounts {
		s.table(Accounts.name).put(int64(r.ID), r)
	}
	for _, r := range b.Postings {
		s.table(Postings.name).put(r.ID, r)
	}
	for _, r := range b.Trades {
		s.table(Trades.name).put(r.ID, r)
	}
	writeChanges(s, Balances.name, b.Balances)
	writeChanges(s, Orders.name, b.Orders)
	writeChanges(s, Acquisitions.name, b.Acquisitions)
	writeChanges(s, Surpluses.name, b.Surplus)
	for name, records := range b.Records {
		for id, row := range records.ByID {
			if _, was := s.table(name).rows[id]; was && slices.Contains(neverChanged, name) {
				panic("app: row " + fmt.Sprint(id) + " of " + name + " is written again: reports of past days rest on it")
			}
			s.table(name).put(id, reflect.ValueOf(row).Elem().Interface())
		}
	}
}

func writeChanges[K comparable, R any](s *fakeStore, name string, c Changes[K, R]) {
	for _, rows := range [][]R{c.New, c.Changed} {
		for _, r := range rows {
			s.table(name).put(idOf(&r), r)
		}
	}
}

// checkUnique fails as a database does when two rows would have the same value
// in a unique column.
func (s *fakeStore) checkUnique(b *Batch) error {
	for name, records := range b.Records {
		for _, column := range s.unique[name] {
			seen := map[any]int64{}
			for id, row := range s.table(name).rows {
				seen[fieldOf(reflect.ValueOf(row), column)] = id
			}
			for id, row := range records.ByID {
				value := fieldOf(reflect.ValueOf(row).Elem(), column)
				if other, taken := seen[value]; taken && other != id {
					return fmt.Errorf("constraint %s_%s_unique: %v", name, column, value)
				}
				seen[value] = id
			}
		}
	}
	return nil
}

// Snapshot returns the store itself: nobody writes meanwhile.
func (s *fakeStore) Snapshot(context.Context) (Reader, Registry, func(), error) {
	return s, s.row(), func() {}, nil
}

// Find returns the rows that a query selects.
func (s *fakeStore) Find(_ context.Context, table string, q Query, rows any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads[table]++
	if s.broken != nil && s.broken(table, q) {
		return errors.New("the database is away")
	}
	t := s.table(table)
	out := reflect.ValueOf(rows).Elem()
	out.SetLen(0)
	take := func(id int64) (more bool) {
		row := reflect.ValueOf(t.rows[id])
		if !q.selects(row) {
			return true
		}
		out.Set(reflect.Append(out, row))
		return q.Limit == 0 || out.Len() < q.Limit
	}
	for i := range t.ids {
		id := t.ids[i]
		if q.Desc {
			id = t.ids[len(t.ids)-1-i]
		}
		if q.After > 0 && (!q.Desc && id <= q.After || q.Desc && id >= q.After) {
			continue
		}
		if !take(id) {
			break
		}
	}
	return nil
}

// OpenOrders calls each with the open orders.
func (s *fakeStore) OpenOrders(ctx context.Context, each func(*market.Record)) error {
	var rows []market.Record
	if err := s.Find(ctx, Orders.name, Where("state", int64(market.Open)), &rows); err != nil {
		return err
	}
	for i := range rows {
		each(&rows[i])
	}
	return nil
}

// LastID is the largest id in a table.
func (s *fakeStore) LastID(_ context.Context, table string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.table(table); len(t.ids) > 0 {
		return t.ids[len(t.ids)-1], nil
	}
	return 0, nil
}

// Keys calls each with the idempotency keys used since an instant.
func (s *fakeStore) Keys(_ context.Context, since calendar.Instant, each func(number, actor int64, key []byte)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.table(Journal.name).ids {
		if r, ok := s.table(Journal.name).rows[id].(JournalRow); ok && r.At >= since {
			each(r.Number, r.Actor, []byte(r.Key))
		}
	}
	return nil
}

// Statement walks back from an account's posting.
func (s *fakeStore) Statement(_ context.Context, account ledger.AccountID, last int64, limit int) ([]ledger.Posting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []ledger.Posting
	for last != 0 && len(out) < limit {
		p, ok := s.table(Postings.name).rows[last].(ledger.Posting)
		if !ok {
			return nil, fmt.Errorf("no posting %d", last)
		}
		out = append(out, p)
		if last = p.CreditPrevious; p.Debit == account {
			last = p.DebitPrevious
		}
	}
	return out, nil
}

// office is a registry over a fakeStore with an officer of each kind in it. After
// every command permitx check finds nothing, in the same rows that a restart
// would read.
type office struct {
	t       *testing.T
	store   *fakeStore
	app     *App
	now     clockFace
	seals   *MemoryKeys
	log     *slog.Logger
	every   int   // how many commands there are between two checks; 0: each is checked, never: none, nor the database beside
	stuck   bool  // the key of an offer is missing: its chain is not waited for
	results []any // of the commands, as they were encoded
	keys    int
	settled int // how often it was waited for; apart, so that the commands' keys are the same in each run

	admin, clerk, leader, finance, upper int64 // persons; leader and clerk of every region
	second                               int64 // approves what the others propose

	proposal approval.Proposal // the last one that was made or decided
}

// never is every of an office whose rows a test has made itself: nothing that check could hold.
const never = 1 << 30

// dayOne is Wednesday 1 July 2026, 09:00 in Jiaxing.
var dayOne = calendar.NewDate(2026, 7, 1).Start() + 9*3_600_000_000

// openOffice opens a registry with its officers.
func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, store: newFakeStore(), seals: NewMemoryKeys()}
	if openBeside != nil {
		o.store.beside = openBeside(t)
		t.Cleanup(o.checkBeside)
	}
	o.now.set(dayOne)
	o.start()
	a, err := o.app.DoSystem(t.Context(), "first", Bootstrap{Name: "管理员", Label: "first", Hash: identity.HashSecret("px_first"), Prefix: "px_firs"})
	if err != nil || a.Status != http.StatusOK {
		t.Fatalf("bootstrap: %d %s %v", a.Status, a.Body, err)
	}
	o.admin = last[BootstrapResult](o).Person.ID
	o.clerk = o.person("clerk", GrantAdd{Role: identity.BureauClerk})
	o.leader = o.person("leader", GrantAdd{Role: identity.BureauLeader})
	o.finance = o.person("finance", GrantAdd{Role: identity.Finance})
	o.upper = o.person("upper", GrantAdd{Role: identity.Upper})
	o.second = o.person("second", GrantAdd{Role: identity.BureauLeader})
	for _, role := range []identity.Role{identity.Upper, identity.Finance} {
		done[identity.Grant](o, o.admin, GrantAdd{Person: o.second, Role: role})
	}
	return o
}

// checkBeside runs permitx check on the database beside the fake store, once the
// writer has stopped.
func (o *office) checkBeside() {
	o.t.Helper()
	if o.every == never {
		return
	}
	ctx := context.WithoutCancel(o.t.Context())
	r, err := o.store.beside.Registry(ctx)
	if err != nil {
		o.t.Error(err)
		return
	}
	found, err := Check(ctx, o.store.beside, r)
	if err != nil {
		o.t.Error(err)
	}
	for _, v := range found {
		o.t.Errorf("in the database: %s", v)
	}
}

func (o *office) start() {
	o.t.Helper()
	encode := func(result any, refusal *fault.Error) (int, []byte) {
		if refusal != nil {
			return http.StatusUnprocessableEntity, []byte(strings.TrimSpace(refusal.Code + " " + refusal.Field))
		}
		if _, err := json.Marshal(result); err != nil { // every result can be shown
			panic(err)
		}
		switch r := result.(type) {
		case Timer, OfferProgress: // runs beside the test
		case ProposalResult:
			o.proposal = r.Proposal
			o.results = append(o.results, r.Result)
		case Proposed:
			o.proposal = r.Proposal
			return http.StatusAccepted, []byte("{}")
		default:
			o.results = append(o.results, result)
		}
		return http.StatusOK, fmt.Appendf(nil, "%T", result)
	}
	a, err := Open(o.t.Context(), Config{Store: o.store, Clock: o.now.get, Encode: encode, Build: "test", Seals: o.seals, Log: o.log})
	if err != nil {
		o.t.Fatal(err)
	}
	o.app = a
	o.t.Cleanup(func() { a.Close() })
}

// crashDuring does something, stops the server at the first commit meanwhile that does not
// survive, and starts it again when the time of its lease is over.
func (o *office) crashDuring(do func(), survives func(*Batch) bool) {
	o.t.Helper()
	o.store.mu.Lock()
	o.store.onCommit = func(b *Batch) error {
		if survives(b) {
			return nil
		}
		return ErrFenced
	}
	o.store.mu.Unlock()
	do()
	if err := o.app.Close(); err != nil && !errors.Is(err, ErrFenced) {
		o.t.Fatal(err)
	}
	o.store.onCommit = nil
	o.now.set(o.now.get() + calendar.Instant(LeaseTime.Microseconds()))
	o.start()
}

// restart stops the app and opens it again on the same rows.
func (o *office) restart() {
	o.t.Helper()
	if err := o.app.Close(); err != nil {
		o.t.Fatal(err)
	}
	reread, err := load(o.t.Context(), o.store, o.store.registry)
	if err != nil {
		o.t.Fatal(err)
	}
	if before, after := mayGet(o.app.st), mayGet(reread); !maps.Equal(before, after) {
		o.t.Errorf("licences may get %v after a restart, %v before", after, before)
	}
	o.start()
}

// followed are the operations after which steps of the registry's own follow beside the test: a sale's
// next ones, or the new term of a renewal joins.
var followed = []identity.Operation{identity.OfferCertify, identity.OfferVoid, identity.NoticeConfirm}

// do sends a command and returns the fault that refused it, or nil. What a
// second person must approve the second approves.
func (o *office) do(person int64, c Command) *fault.Error {
	o.t.Helper()
	if step, is := c.(IssuanceStep); is && step.Event == carbon.Verify { // who verifies has looked
		o.send(person, SampleLook{step.Issuance})
	}
	refused, proposed := o.send(person, c)
	if proposed {
		before := o.namedBalances()
		refused, _ = o.send(o.second, ProposalApprove{o.proposal.ID, o.proposal.EffectsDigest})
		if refused == nil && !slices.Contains(followed, identity.Operation(o.proposal.Operation)) {
			o.tookEffect(o.proposal, before)
		}
	}
	return refused
}

// namedBalances is every part of every balance, by account and part.
func (o *office) namedBalances() map[string]string {
	all := map[string]string{}
	o.app.st.ledger.Each(func(a ledger.Account, b ledger.Balance) {
		name := o.app.st.accountName(a.Key())
		all[name+" balance"], all[name+" held"] = a.Key().Format(b.Balance), a.Key().Format(b.Held)
	})
	return all
}

// tookEffect holds that what a proposal showed of balances is what it did, and
// that it did nothing else to any.
func (o *office) tookEffect(p approval.Proposal, before map[string]string) {
	o.t.Helper()
	var shown []approval.Effect
	if err := json.Unmarshal([]byte(p.Effects), &shown); err != nil {
		o.t.Fatal(err)
	}
	after := o.namedBalances()
	said := map[string]string{}
	for _, e := range shown {
		if _, isBalance := after[e.Subject+" "+e.Field]; isBalance {
			said[e.Subject+" "+e.Field] = e.After
		}
	}
	for part, now := range after {
		was, known := before[part]
		switch told, isTold := said[part]; {
		case isTold && told != now:
			o.t.Errorf("%s: %s was shown to become %s and is %s", p.Operation, part, told, now)
		case !isTold && known && was != now:
			o.t.Errorf("%s: %s was not shown and went from %s to %s", p.Operation, part, was, now)
		}
	}
}

// propose sends a command that waits for a second person's approval.
func (o *office) propose(person int64, c Command) approval.Proposal {
	o.t.Helper()
	if refused, proposed := o.send(person, c); !proposed {
		o.t.Fatalf("%T is no proposal: %v", c, refused)
	}
	return o.proposal
}

// send sends a command and returns the fault that refused it, or nil, and
// whether it became a proposal. A refusal must leave no trace but its journal
// row.
func (o *office) send(person int64, c Command) (refused *fault.Error, proposed bool) {
	o.t.Helper()
	o.settle() // what is due by now is not the command's doing
	before := o.mutable()
	refused, proposed = o.ask(person, c)
	o.mustDecode(c)
	if refused != nil && before != o.mutable() {
		o.t.Fatalf("%T was refused with %s and changed something", c, refused.Code)
	}
	if o.every == 0 || o.keys%o.every == 0 {
		o.check()
	}
	return refused, proposed
}

// ask is send without a look at what came of it.
func (o *office) ask(person int64, c Command) (refused *fault.Error, proposed bool) {
	o.t.Helper()
	o.keys++
	answer, err := o.app.Do(o.t.Context(), identity.Actor{Person: person}, fmt.Sprintf("k-%d", o.keys), c)
	f, isFault := fault.As(err)
	switch {
	case err != nil && !isFault:
		o.t.Fatalf("%T: %v", c, err)
	case err != nil:
		return f, false
	case answer.Status == http.StatusAccepted:
		return nil, true
	case answer.Status == http.StatusUnprocessableEntity:
		code, field, _ := strings.Cut(string(answer.Body), " ")
		return &fault.Error{Kind: fault.Refused, Code: code, Field: field}, false
	case answer.Status != http.StatusOK:
		o.t.Fatalf("%T: status %d: %s", c, answer.Status, answer.Body)
	}
	return nil, false
}

// mutable tells two states apart: how many rows there are outside the journal,
// and which command last wrote one.
func (o *office) mutable() string {
	o.store.mu.Lock()
	defer o.store.mu.Unlock()
	rows, newest := 0, int64(0)
	for name, t := range o.store.tables {
		if name == Journal.name || name == Payloads.name {
			continue
		}
		rows += len(t.ids)
		for _, row := range t.rows {
			v := reflect.ValueOf(row)
			newest = max(newest, v.FieldByName("Command").Int())
		}
	}
	return fmt.Sprint(rows, newest)
}

// mustDecode holds that the journal's form of a command is the command.
func (o *office) mustDecode(c Command) {
	o.t.Helper()
	payload, _ := encodePayload(c)
	back, err := DecodeCommand(string(c.Operation()), payload)
	if err != nil {
		o.t.Fatal(err)
	}
	if again, _ := encodePayload(back); string(again) != string(payload) {
		o.t.Fatalf("%T is %s, read back it is %s", c, payload, again)
	}
}

// clockFace is a clock that the test sets and the writer looks at.
type clockFace struct{ at atomic.Int64 }

func (c *clockFace) get() calendar.Instant   { return calendar.Instant(c.at.Load()) }
func (c *clockFace) set(at calendar.Instant) { c.at.Store(int64(at)) }

// settlesFor is how long settle asks before it gives up: a timer that the database
// beside refuses stays due. What is done may take a busy machine long.
const settlesFor = 3 * time.Minute

// settle waits until no timer is due and readers see what the writer did: it
// asks for a timer that is not there, which passes through the writer behind
// whatever the rows showed and leaves nothing.
func (o *office) settle() {
	o.t.Helper()
	for quiet, since := false, time.Now(); !quiet; {
		if time.Since(since) > settlesFor {
			o.t.Fatal("what is due is never done")
		}
		quiet = o.isQuiet()
		o.settled++
		if _, err := o.app.DoSystem(o.t.Context(), fmt.Sprintf("settle-%d", o.settled), FireTimer{}); !errors.Is(err, ErrNoRecord) {
			return // the writer has stopped
		}
	}
}

// isQuiet reports whether the rows show nothing that the registry does by itself.
func (o *office) isQuiet() bool {
	if o.isChaining() { // first: its last step may arm a timer
		return false
	}
	var due []Timer
	q := Where("state", string(TimerPending)).And("due_at", Le, int64(o.now.get()))
	err := o.store.Find(o.t.Context(), PendingTimes.name, q, &due)
	return err != nil || len(due) == 0
}

// isChaining reports whether an offer waits for a step of the registry's own.
func (o *office) isChaining() bool {
	var offers []auction.Offer
	err := o.store.Find(o.t.Context(), Offers.name, Query{}, &offers)
	return err == nil && !o.stuck && slices.ContainsFunc(offers, auction.Offer.IsChained)
}

// check runs permitx check and compares the rows with the writer's memory.
func (o *office) check() {
	o.t.Helper()
	o.settle()
	found, err := Check(o.t.Context(), o.store, o.store.row())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, v := range found {
		o.t.Error(v)
	}
	o.recount()
	again, err := load(o.t.Context(), o.store, o.store.row())
	if err != nil {
		o.t.Fatal(err)
	}
	again.ledger.Each(func(a ledger.Account, b ledger.Balance) {
		if mine := o.app.st.ledger.BalanceOf(a.ID); mine != b {
			o.t.Errorf("account %s: the rows have %+v, the writer %+v", a.Key(), b, mine)
		}
	})
	for name, rows := range again.caches {
		if !rows.(interface{ lists(anyCache) bool }).lists(o.app.st.caches[name]) {
			o.t.Errorf("%s: the writer does not find the rows by their keys", name)
		}
	}
	if o.t.Failed() {
		o.t.FailNow()
	}
}

// done sends a command that must succeed and returns its result.
func done[R any](o *office, person int64, c Command) R {
	o.t.Helper()
	if f := o.do(person, c); f != nil {
		o.t.Fatalf("%T %+v: %v", c, c, f)
	}
	return last[R](o)
}

// does sends a command that must succeed, whatever its result.
func (o *office) does(person int64, c Command) {
	o.t.Helper()
	if f := o.do(person, c); f != nil {
		o.t.Fatalf("%T %+v: %v", c, c, f)
	}
}

func last[R any](o *office) R {
	o.t.Helper()
	r, ok := o.results[len(o.results)-1].(R)
	if !ok {
		o.t.Fatalf("the result is a %T", o.results[len(o.results)-1])
	}
	return r
}

// refuses sends a command that must be refused with a fault, and names a field where that does.
func (o *office) refuses(person int64, c Command, want *fault.Error) {
	o.t.Helper()
	if f := o.do(person, c); f == nil {
		o.t.Errorf("%T %+v: done, want %s", c, c, want.Code)
	} else if f.Code != want.Code {
		o.t.Errorf("%T %+v: got %v, want %s", c, c, f, want.Code)
	} else if f.Field == "" && (want.Field != "" || f.Kind == fault.Invalid && !slices.Contains(ofNoField, f.Code)) {
		o.t.Errorf("%T %+v: %s names no field, want %q", c, c, f.Code, want.Field)
	}
}

// ofNoField are the codes of what is wrong with a request that is no one field's.
var ofNoField = []string{ErrAmendNothing.Code}

// person makes a person with a role.
func (o *office) person(name string, g GrantAdd) int64 {
	o.t.Helper()
	g.Person = done[catalog.Person](o, o.admin, PersonAdd{Name: name}).ID
	done[identity.Grant](o, o.admin, g)
	return g.Person
}

// runTimers waits until no timer is due.
func (o *office) runTimers() {
	o.t.Helper()
	o.check()
}

// balance is the balance of an account.
func (o *office) balance(k ledger.Key) ledger.Balance { return o.app.st.ledger.Balance(k) }

// uscc is a synthetic unified social credit code of a region.
func uscc(region string, n int) string {
	body := fmt.Sprintf("91%sMA%07d", region, n)
	for _, digit := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if _, err := catalog.CheckUSCC("uscc", body+string(digit)); err == nil {
			return body + string(digit)
		}
	}
	panic("no check digit fits")
}

// project registers a project of a firm and approves it: the clerk and the
// leader are two persons.
func (o *office) project(f firm, need quantity.Quantity, ratio quantity.Ratio) int64 {
	o.t.Helper()
	o.keys++
	p := done[ProjectResult](o, o.clerk, ProjectRegister{
		EIA: fmt.Sprintf("环评 %d", o.keys), Name: "coating line", Kind: permit.Expanded, Licence: f.licence.ID, Industry: "2319",
		Needs: []ProjectNeed{{Pollutant: vocs, Need: need}},
	}).Project.ID
	done[ProjectResult](o, o.leader, ProjectStep{
		Project: p, Event: permit.Approve, Document: "approval", Needs: []ProjectNeed{{Pollutant: vocs, Ratio: ratio, Basis: "offset rule"}},
	})
	return p
}

// firm is a party with a licence and a user who may sign.
type firm struct {
	party   int64
	licence catalog.Licence
	user    int64
	name    string
}

// firm registers a firm with a licence in a region.
func (o *office) firm(region string, n int) firm {
	o.t.Helper()
	f := firm{name: fmt.Sprintf("firm %d of %s", n, region)}
	code := uscc(region, n)
	f.party = done[PartyResult](o, o.clerk, PartyRegister{Name: f.name, USCC: code, Region: region, Industry: "2319"}).Party.ID
	f.licence = done[LicenceResult](o, o.clerk, LicenceRegister{
		Party: f.party, Number: code + "001P", Kind: catalog.KindLicence, Site: "site", Region: region, ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	f.user = o.person("user of "+f.name, GrantAdd{Role: identity.Enterprise, Party: f.party, Signer: true})
	return f
}
