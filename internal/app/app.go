package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/identity"
)

// The limits of the writer.
const (
	DefaultQueueLimit = 20_000          // commands that may wait
	maxBatchCommands  = 1_000           // commands in a batch
	maxBatchRows      = 20_000          // rows in a batch; a command stages at most 5,000
	beatTime          = time.Second     // an idle writer shows itself this often
	LeaseTime         = 3 * time.Second // a writer silent for this long may be replaced
	StaleTime         = 2 * time.Second // snapshots of a writer silent for this long are not served
)

// Config is what an App needs from outside.
type Config struct {
	Store      Store
	Clock      Clock
	Lease      Clock // of the writer's role, the same for all who want it; nil: Clock
	Encode     Encoder
	Build      string // names the build in the journal
	QueueLimit int
	Log        *slog.Logger
	Observe    Observer // nil: nobody looks
	Seals      SealKeys // nil: nothing can be auctioned
}

// Observer sees each batch after its commit, for metrics.
type Observer func(BatchReport)

// BatchReport is what an Observer sees.
type BatchReport struct {
	Commands int
	Rows     int
	Waiting  int
	Run      time.Duration // deciding and applying
	Commit   time.Duration // flush and COMMIT
	Kinds    []KindResult
}

// KindResult counts one command.
type KindResult struct {
	Kind   string
	Status int
}

// App is a registry that runs: its state, its writer, its published snapshots.
type App struct {
	config   Config
	queue    *queue
	onTheWay atomic.Int64 // commands that were sent and are not answered
	st       *state       // the writer's own
	spare    Batch        // the writer's own: the batch in hand
	// overtaken says that a timer was armed that goes before the commands that wait.
	overtaken bool
	epoch     int64

	published atomic.Pointer[Snapshot]
	directory atomic.Pointer[Directory]
	reference atomic.Pointer[Reference]
	beat      atomic.Int64 // the last commit or beat, as an instant of Clock
	shown     atomic.Int64 // likewise, of Lease: what others see of it
	settled   atomic.Int64 // an instant of the registry: what was stamped before it is durable or refused
	awaited   atomic.Int64 // an instant until which somebody waits for that
	watchers  watchers
	openDays  openDays
	seals     *sealRing
	sights    sights
	links     chan struct{} // an offer waits for its next step; has room for one
	chained   chan struct{} // closed when nothing follows any more
	stopped   chan struct{}
	failure   error // why the writer stopped; read after stopped is closed
}

// Open takes the writer's role, reads the state and starts the writer.
// Returns ErrHeld while another process holds the role. The caller must Close.
func Open(ctx context.Context, c Config) (*App, error) {
	if c.QueueLimit == 0 {
		c.QueueLimit = DefaultQueueLimit
	}
	if c.Lease == nil {
		c.Lease = c.Clock
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	registry, err := c.Store.TakeOver(ctx, c.Lease())
	if err != nil {
		return nil, err
	}
	own := context.WithoutCancel(ctx)
	st, err := load(own, c.Store, registry)
	if err != nil {
		return nil, fmt.Errorf("read the registry: %w", err)
	}
	a := &App{
		config: c, st: st, epoch: registry.Epoch, stopped: make(chan struct{}), seals: newSealRing(c.Seals),
		links: make(chan struct{}, 1), chained: make(chan struct{}),
		queue: newQueue(c.Clock, registry.LastAt, c.QueueLimit),
	}
	if err := a.verifyBooks(); err != nil {
		return nil, fmt.Errorf("the books do not agree with the holds: %w", err)
	}
	if err := a.openRooms(); err != nil {
		return nil, fmt.Errorf("read the quotes of open windows: %w", err)
	}
	st.changed.directory = true
	a.publish()
	now := a.queue.stamp() // nobody shares the queue yet
	a.hasShown(now, registry.BeatAt)
	a.settled.Store(int64(now)) // nobody else can commit any more
	a.linkWaits()
	go a.writer() //nolint:contextcheck // it outlives the caller: it ends with Close
	go a.chain(own)
	return a, nil
}

// Close stops taking commands, finishes those that wait, and gives the
// writer's role back. It returns why the writer had stopped before, if it had.
func (a *App) Close() error {
	a.queue.close()
	<-a.stopped
	<-a.chained
	return a.failure
}

// Stopped is closed when the writer has ended: after Close, or because it
// lost its role.
func (a *App) Stopped() <-chan struct{} { return a.stopped }

// Do runs a command for a person and returns when its outcome is durable. An
// error is a refusal that the journal does not keep: malformed, not allowed,
// not found, in conflict, or not possible just now. A refusal by a rule is an
// Answer: it is kept and replayed.
func (a *App) Do(ctx context.Context, actor identity.Actor, key string, c Command) (Answer, error) {
	if err := CheckKey(key); err != nil {
		return Answer{}, err
	}
	r := &request{ctx: ctx, command: c, person: actor.Person, key: key, done: make(chan outcome, 1)}
	return a.run(r)
}

// DoSystem runs a command that no person sent: the first key of an empty
// registry, and timers.
func (a *App) DoSystem(ctx context.Context, key string, c Command) (Answer, error) {
	r := &request{ctx: ctx, command: c, system: true, key: key, done: make(chan outcome, 1)}
	return a.run(r)
}

func (a *App) run(r *request) (Answer, error) {
	r.payload, r.digest = encodePayload(r.command)
	a.onTheWay.Add(1)
	defer a.onTheWay.Add(-1)
	if err := a.queue.add(r); err != nil {
		return Answer{}, err
	}
	select {
	case o := <-r.done:
		return o.answer, o.err
	case <-a.stopped:
		select {
		case o := <-r.done:
			return o.answer, o.err
		default:
			return Answer{}, ErrStopping
		}
	}
}

// keyDigest is an idempotency key with its actor. 128 bits of SHA-256: two
// different ones do not meet.
type keyDigest [16]byte

func digestKey[K string | []byte](actor int64, key K) keyDigest {
	var buf [96]byte
	b := appendString(appendInt(buf[:0], actor), key)
	h := sha256.Sum256(b)
	return keyDigest(h[:16])
}

// Now is the app's present instant.
func (a *App) Now() calendar.Instant { return a.config.Clock() }

// Reader reads committed rows for queries.
func (a *App) Reader() Reader { return a.config.Store }

// Moment returns the committed rows and the registry row of one moment, for
// what must add up. The caller must end it.
func (a *App) Moment(ctx context.Context) (r Reader, registry Registry, end func(), err error) {
	return a.config.Store.Snapshot(ctx)
}

// IsBusy reports whether a command is on its way: it waits, runs, or becomes durable.
func (a *App) IsBusy() bool { return a.onTheWay.Load() > 0 }

// Waiting is how many commands wait for the writer.
func (a *App) Waiting() int { return a.queue.depth() }
