package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// MaxActivities are the most that a batch may have.
const MaxActivities = 10_000

// Bounds of the queue and of a commit: one commit takes at most about two full
// batches, so that none holds the database for long.
const (
	queueLength       = 256
	activitiesACommit = 20_000
)

// Batch is what an operator sends.
type Batch struct {
	Actor      int64
	Source     int64 // the operator that the actor speaks for
	Key        string
	Digest     [32]byte // of the request's body, without the participants
	Activities []Activity
}

// Config is what an intake is made of.
type Config struct {
	Store    Store
	Register func() (Register, error) // the register as it is now
	Clock    func() calendar.Instant
	Log      *slog.Logger
	Pace     *Pace // nil: nothing else is at work
}

// Intake is the writer of an intake registry. It is safe for concurrent use.
type Intake struct {
	c       Config
	queue   chan *request
	closing chan struct{}
	stopped chan struct{}
	sends   chan struct{} // has something when messages of the outbox may wait
	once    sync.Once

	left    atomic.Pointer[map[Month]bool] // months without their index of reversals
	indexed chan struct{}                  // closed when the indexing has ended
	end     context.CancelFunc             // of the indexing

	// Of the writer's goroutine.
	registry Registry
	pools    map[PoolKey]*Pool
	gone     map[Month]bool // months whose activities were taken away
	packer   packer
	broken   bool // the memory is to be read again before the next commit
}

// request is a command that waits.
type request struct {
	kind    Kind
	actor   int64
	key     string
	payload [32]byte // the digest of what was sent, without whom it is about
	source  int64
	batch   []Activity
	scheme  int64 // of a pool
	month   Month
	early   bool      // it may be closed while activities can still be declared
	person  Pseudonym // to be erased, or whose points are burned
	points  quantity.Measure
	reward  string
	message int64 // of the outbox

	reg  Register
	at   calendar.Instant
	done chan reply
}

type reply struct {
	answer Answer
	err    error
}

// Open takes the writer's role and starts.
func Open(ctx context.Context, c Config) (*Intake, error) {
	in := &Intake{c: c, queue: make(chan *request, queueLength), closing: make(chan struct{}), stopped: make(chan struct{}), sends: make(chan struct{}, 1), indexed: make(chan struct{})}
	var err error
	if in.registry, err = c.Store.TakeOver(ctx); err != nil {
		return nil, fmt.Errorf("take over the intake: %w", err)
	}
	if err := in.load(ctx); err != nil {
		return nil, err
	}
	months, err := in.findUnindexed(ctx)
	if err != nil {
		return nil, err
	}
	in.mayDeliver()
	own, end := context.WithCancel(context.WithoutCancel(ctx))
	in.end = end
	go in.run(context.WithoutCancel(ctx))
	go in.index(own, months)
	return in, nil
}

// Close lets what waits finish, and stops.
func (in *Intake) Close() error {
	in.end()
	in.once.Do(func() { close(in.closing) })
	<-in.stopped
	<-in.indexed
	return nil
}

// Stopped is closed when the writer has stopped.
func (in *Intake) Stopped() <-chan struct{} { return in.stopped }

// Submit takes a batch in and answers when it is committed.
func (in *Intake) Submit(ctx context.Context, b Batch) (Answer, error) {
	if len(b.Activities) > MaxActivities {
		return Answer{}, ErrTooManyInBatch
	}
	return in.do(ctx, &request{kind: KindBatch, actor: b.Actor, key: b.Key, payload: b.Digest, source: b.Source, batch: b.Activities})
}

// MonthClose says which month is closed.
type MonthClose struct {
	Scheme int64
	Month  Month
	Early  bool // also while activities of it can still be declared
}

// CloseMonth hands the whole units of a scheme's month on, to be issued.
func (in *Intake) CloseMonth(ctx context.Context, actor int64, key string, c MonthClose) (Answer, error) {
	said := fmt.Appendf(nil, "pool %d %d", c.Scheme, c.Month)
	if c.Early {
		said = append(said, " early"...)
	}
	return in.do(ctx, &request{kind: KindPool, actor: actor, key: key, payload: sha256.Sum256(said), scheme: c.Scheme, month: c.Month, early: c.Early})
}

// Erase forgets who a participant is. The activities stay, under a number that
// nobody can lead back: neither the payload's digest nor the answer says whose.
func (in *Intake) Erase(ctx context.Context, actor int64, key string, scheme int64, participant string) (Answer, error) {
	name, err := in.pseudonym(scheme, participant)
	if err != nil {
		return Answer{}, err
	}
	return in.do(ctx, &request{kind: KindErase, actor: actor, key: key, payload: sha256.Sum256([]byte("erase")), person: name})
}

// rewardMax is how long the name of a reward may be, in characters.
const rewardMax = 200

// Exchange is points of a participant for a reward.
type Exchange struct {
	Scheme      int64
	Participant string
	Points      quantity.Measure
	Reward      string
}

// Burn takes points away for a reward.
func (in *Intake) Burn(ctx context.Context, actor int64, key string, x Exchange) (Answer, error) {
	if x.Points <= 0 {
		return Answer{}, fault.Invalidf("points", "must be more than zero")
	}
	if err := catalog.CheckText("reward", x.Reward, rewardMax); err != nil {
		return Answer{}, err
	}
	name, err := in.pseudonym(x.Scheme, x.Participant)
	if err != nil {
		return Answer{}, err
	}
	payload := sha256.Sum256(fmt.Appendf(nil, "points %d %s", x.Points, x.Reward)) // whose they are would survive an erasure
	return in.do(ctx, &request{kind: KindBurn, actor: actor, key: key, payload: payload, person: name, points: x.Points, reward: x.Reward})
}

// Participant is what a person was credited in a scheme.
func (in *Intake) Participant(ctx context.Context, scheme int64, participant string) (Participant, error) {
	name, err := in.pseudonym(scheme, participant)
	if err != nil {
		return Participant{}, err
	}
	p, known, err := in.c.Store.Participant(ctx, name)
	if err == nil && !known {
		err = ErrNoParticipant
	}
	return p, err
}

func (in *Intake) pseudonym(scheme int64, participant string) (Pseudonym, error) {
	reg, err := in.c.Register()
	if err != nil {
		return Pseudonym{}, ErrUnavailable.Because(err)
	}
	salt, known := reg.Salt(scheme)
	if !known {
		return Pseudonym{}, ErrNoParticipant
	}
	return pseudonymOf(scheme, salt, participant), nil
}

// Deliverable has something when messages of the outbox may wait: after a start,
// and after a month was closed.
func (in *Intake) Deliverable() <-chan struct{} { return in.sends }

// Outgoing are the messages that the trading registry has not yet, by number.
func (in *Intake) Outgoing(ctx context.Context, limit int) ([]Outgoing, error) {
	return in.c.Store.Outgoing(ctx, limit)
}

// Pace is how the intake goes about its work; whoever works for it keeps it.
func (in *Intake) Pace() *Pace { return in.c.Pace }

// Reader reads what is committed.
func (in *Intake) Reader() Reader { return in.c.Store }

// Sent notes that the trading registry has a message of the outbox.
func (in *Intake) Sent(ctx context.Context, number int64) error {
	key := "sent " + strconv.FormatInt(number, 10)
	_, err := in.do(ctx, &request{kind: KindSent, key: key, payload: sha256.Sum256([]byte(key)), message: number})
	return err
}

func (in *Intake) do(ctx context.Context, r *request) (Answer, error) {
	r.done = make(chan reply, 1)
	select {
	case <-in.closing:
		return Answer{}, ErrUnavailable
	default:
	}
	select {
	case in.queue <- r:
	default:
		return Answer{}, ErrQueueFull
	}
	select {
	case got := <-r.done:
		return got.answer, got.err
	case <-in.stopped:
		select {
		case got := <-r.done:
			return got.answer, got.err
		default:
			return Answer{}, ErrUnavailable
		}
	case <-ctx.Done():
		return Answer{}, ErrUnavailable.Because(ctx.Err())
	}
}

func (in *Intake) load(ctx context.Context) error {
	pools, err := in.c.Store.Pools(ctx)
	if err != nil {
		return fmt.Errorf("read the pools: %w", err)
	}
	in.pools = make(map[PoolKey]*Pool, len(pools))
	for i := range pools {
		in.pools[pools[i].PoolKey] = &pools[i]
	}
	gone, err := in.c.Store.Gone(ctx)
	if err != nil {
		return fmt.Errorf("find the months that were taken away: %w", err)
	}
	in.gone = make(map[Month]bool, len(gone))
	for _, m := range gone {
		in.gone[m] = true
	}
	in.broken = false
	return nil
}

func (in *Intake) run(ctx context.Context) {
	defer close(in.stopped)
	defer in.end()
	for {
		select {
		case first := <-in.queue:
			if err := in.commit(ctx, in.take(first)); err != nil {
				in.c.Log.ErrorContext(ctx, "the intake stops", slog.Any("error", err))
				return
			}
		case <-in.closing:
			if len(in.queue) == 0 {
				return
			}
		}
	}
}

// take gives all that waits, up to the bound of a commit.
func (in *Intake) take(first *request) []*request {
	all, n := []*request{first}, len(first.batch)
	for n < activitiesACommit {
		select {
		case r := <-in.queue:
			all = append(all, r)
			n += len(r.batch)
		default:
			return all
		}
	}
	return all
}

// commit judges and writes requests, and answers them. It returns an error
// only when the writer must stop.
func (in *Intake) commit(ctx context.Context, all []*request) error {
	replies, err := in.write(ctx, all)
	switch {
	case errors.Is(err, ErrRejected):
		in.c.Log.WarnContext(ctx, "a commit of the intake was refused: its commands run again one by one", slog.Any("error", err), slog.Int("commands", len(all)))
		return in.oneByOne(ctx, all)
	case err != nil:
		return in.fail(ctx, all, err)
	}
	for i, r := range all {
		r.done <- replies[i]
	}
	return nil
}

// oneByOne gives each command a commit of its own, so that what the database
// refuses fails no other. Whether it is still refused shows after the memory was
// read again: a month may have been taken away.
func (in *Intake) oneByOne(ctx context.Context, all []*request) error {
	in.broken = true
	for i, r := range all {
		replies, err := in.write(ctx, all[i:i+1])
		switch {
		case err == nil:
			r.done <- replies[0]
		case errors.Is(err, ErrRejected):
			in.broken = true
			in.c.Log.ErrorContext(ctx, "a command of the intake is refused by the database", slog.Any("error", err), slog.String("kind", string(r.kind)))
			r.done <- reply{err: ErrNotDone.Because(err)}
		default:
			return in.fail(ctx, all[i:], err)
		}
	}
	return nil
}

// fail answers commands of which it is not known whether they can be done. It
// returns the error when the writer must stop.
func (in *Intake) fail(ctx context.Context, all []*request, err error) error {
	in.broken = true
	for _, r := range all {
		r.done <- reply{err: ErrUnavailable.Because(err)}
	}
	if errors.Is(err, ErrFenced) {
		return err
	}
	in.c.Log.ErrorContext(ctx, "a commit of the intake failed", slog.Any("error", err), slog.Int("commands", len(all)))
	return nil
}

func (in *Intake) write(ctx context.Context, all []*request) ([]reply, error) {
	if in.broken {
		var err error
		if in.registry, err = in.c.Store.Registry(ctx); err != nil {
			return nil, err
		}
		if err := in.load(ctx); err != nil {
			return nil, err
		}
	}
	if err := in.stamp(all); err != nil {
		return nil, err
	}
	w := newWork(in.registry, in.pools, in.gone, in.c.Pace)
	lines, answered, err := in.gather(ctx, w, all)
	if err != nil {
		return nil, err
	}
	replies := make([]reply, len(all))
	head, changed := in.registry.Head, false
	for i, r := range all {
		if first, known := answered[ActorKey{r.actor, r.key}]; known {
			if replies[i], err = in.repeated(ctx, r, first); err != nil {
				return nil, err
			}
			continue
		}
		row, answer, err := in.run1(w, r, lines[i])
		if err != nil {
			replies[i] = reply{err: err}
			continue
		}
		row.Hash = row.chain(head)
		head, changed = row.Hash, true
		w.out.Journal = append(w.out.Journal, row)
		answered[ActorKey{r.actor, r.key}] = earlier{row, r}
		replies[i] = reply{answer: answer}
	}
	if !changed {
		return replies, nil
	}
	return replies, in.flush(ctx, w, head, all[len(all)-1].at)
}

// flush commits a work. A commit of unknown outcome is looked up.
func (in *Intake) flush(ctx context.Context, w *work, head []byte, at calendar.Instant) error {
	c := w.changes()
	c.Epoch, c.Before = in.registry.Epoch, in.registry.Batch
	c.Registry = w.nextIDs
	c.Registry.Batch, c.Registry.Head, c.Registry.LastAt = c.Before+1, head, at
	err := in.c.Store.Commit(ctx, c)
	if errors.Is(err, ErrUnknown) {
		var found Registry
		if found, err = in.c.Store.Registry(ctx); err == nil && (found.Epoch != c.Epoch || !bytes.Equal(found.Head, head)) {
			err = ErrUnknown
		}
	}
	if err != nil {
		return err
	}
	in.registry = c.Registry
	if len(c.NewOutgoing) > 0 {
		in.mayDeliver()
	}
	return nil
}

func (in *Intake) mayDeliver() {
	select {
	case in.sends <- struct{}{}:
	default: // it has been said
	}
}

// stamp gives each command its time, which never runs backwards, and the
// register that it is judged by.
func (in *Intake) stamp(all []*request) error {
	reg, err := in.c.Register()
	if err != nil {
		return fmt.Errorf("read the register: %w", err)
	}
	now := max(in.c.Clock(), in.registry.LastAt+1)
	for i, r := range all {
		r.reg, r.at = reg, now+calendar.Instant(i)
	}
	return nil
}

// run1 runs one command. A fault changes nothing.
func (in *Intake) run1(w *work, r *request, lines []line) (JournalRow, Answer, error) {
	row := JournalRow{At: r.at, Kind: r.kind, Actor: r.actor, Key: r.key, Payload: r.payload[:]}
	w.begin()
	row.Number = w.number
	body, err := in.decide(w, r, &row, lines)
	if err != nil {
		w.nextIDs.Length--
		return row, Answer{}, err
	}
	row.Answer = in.packer.pack(body)
	row.Rows = w.seal()
	return row, Answer{Number: row.Number, Body: body}, nil
}

func (in *Intake) decide(w *work, r *request, row *JournalRow, lines []line) ([]byte, error) {
	switch r.kind {
	case KindBatch:
		results := w.batch(r.source, lines, make([]Result, 0, len(lines)))
		row.count(results)
		return appendBatch(in.c.Pace, make([]byte, 0, 128*len(lines)), row, r.source, lines, results), nil //nolint:mnd // about
	case KindPool:
		return w.decidePool(r, row, lines)
	case KindErase:
		p := w.participants[r.person]
		if p == nil || p.Batch == 0 { // nobody, or one whose activities were all refused
			return nil, ErrForgotten
		}
		delete(w.participants, p.Pseudonym)
		p.Erased, p.Pseudonym, p.Batch = true, Pseudonym{}, w.number
		w.seen[p] = true
		return fmt.Appendf(nil, `{"id":%d}`, row.Number), nil
	case KindBurn:
		p, err := w.burn(r)
		if err != nil {
			return nil, err
		}
		return fmt.Appendf(nil, `{"id":%d,"participant":%d,"points":"%s","left":"%s"}`, row.Number, p.ID, r.points, p.Left), nil
	case KindSent:
		w.out.Outgoing = append(w.out.Outgoing, Outgoing{Number: r.message, Sent: true, Batch: w.number})
		return fmt.Appendf(nil, `{"id":%d}`, row.Number), nil
	case KindReturn:
		back, err := w.takeBack(r.message)
		if err != nil {
			return nil, err
		}
		return fmt.Appendf(nil, `{"id":%d,"message":%d,"month":"%s","amount":"%s"}`, row.Number, back.Message, back.Month, back.Amount), nil
	}
	return nil, fault.New(fault.Internal, "intake.kind", "no such command")
}

func (r *JournalRow) count(results []Result) {
	for i := range results {
		switch results[i].Status {
		case Accepted:
			r.Accepted++
			r.Amount += results[i].Amount
		case Duplicate:
			r.Duplicates++
		case Refused:
			r.Refused++
		}
	}
}
