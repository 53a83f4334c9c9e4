package intake

import (
	"context"
	"crypto/sha256"
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

// QueueLength is how many commands may wait.
const QueueLength = 256

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
	erases  chan struct{} // has something when somebody may have been erased
	once    sync.Once

	left    atomic.Pointer[map[Month]bool] // months without their index of reversals
	indexed chan struct{}                  // closed when the indexing has ended
	forgot  chan struct{}                  // closed when nothing is forgotten any more
	end     context.CancelFunc             // of the indexing and the forgetting, and of what is read ahead

	// Of the writer's goroutine.
	registry Registry
	pools    map[PoolKey]*Pool
	people   *people
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
	in := &Intake{
		c: c, queue: make(chan *request, QueueLength), closing: make(chan struct{}), stopped: make(chan struct{}),
		sends: make(chan struct{}, 1), erases: make(chan struct{}, 1), indexed: make(chan struct{}), forgot: make(chan struct{}),
	}
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
	say(in.sends)
	say(in.erases) // before a crash
	own, end := context.WithCancel(context.WithoutCancel(ctx))
	in.end = end
	go in.run(context.WithoutCancel(ctx), own)
	go in.index(own, months)
	go in.forget(own)
	return in, nil
}

// Close lets what waits finish, and stops.
func (in *Intake) Close() error {
	in.end()
	in.once.Do(func() { close(in.closing) })
	<-in.stopped
	<-in.indexed
	<-in.forgot
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
	return PseudonymOf(scheme, salt, participant), nil
}

// Deliverable has something when messages of the outbox may wait: after a start,
// and after a month was closed.
func (in *Intake) Deliverable() <-chan struct{} { return in.sends }

// Outgoing are the messages after a number that the trading registry has not yet, by number.
func (in *Intake) Outgoing(ctx context.Context, after int64, limit int) ([]Outgoing, error) {
	return in.c.Store.Outgoing(ctx, after, limit)
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
	case <-in.stopped:
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
