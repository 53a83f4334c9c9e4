package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Client is what one connection does. It is used by one goroutine at a time.
type Client interface {
	// Next returns the bytes of the next request; they are not used after the
	// following call.
	Next() []byte
	// Done tells how many things an answer says were done: of a batch, the
	// items that succeeded; 0 when the answer is a failure.
	Done(r Response) int
}

// Load is what is put on a server.
type Load struct {
	Address string // host:port
	Clients []Client
	WarmUp  time.Duration // not counted
	Measure time.Duration // longer where less than an answer a client has come by then
	Things  int64         // when not 0: end after as many things instead of by time, and count from the start
}

// Result is what came of a load.
type Result struct {
	Things   int64 // that were done while it was measured
	Requests int64 // that were answered while it was measured, failures too
	Elapsed  time.Duration
	Latency  *Histogram // of the requests
	Failures map[int]int64
	Example  string // body of a failure
}

// PerSecond is how many things were done in a second.
func (r Result) PerSecond() float64 { return float64(r.Things) / r.Elapsed.Seconds() }

// Failed is how many answers said that nothing was done.
func (r Result) Failed() (n int64) {
	for _, f := range r.Failures {
		n += f
	}
	return n
}

// The phases of a load.
const (
	warming int32 = iota
	measuring
	stopping
)

const (
	answerTime  = 30 * time.Second // the connections of a server that is silent for so long are cut
	shortWait   = 10 * time.Millisecond
	exampleSize = 500 // bytes of a failure that are kept
)

// Run opens a connection for each client and puts the load on the server. It
// fails when a connection breaks or the server talks nonsense; an answer that
// is a failure only counts as one.
//
// Each connection has a goroutine. One thread that waits for all of them with
// epoll was measured and takes as much processor time: it goes into the
// kernel's TCP.
func Run(ctx context.Context, l Load) (Result, error) {
	lanes, err := open(ctx, l)
	defer func() {
		for _, l := range lanes {
			_ = l.conn.Close() // nothing is pending
		}
	}()
	if err != nil {
		return Result{}, err
	}
	t := &tally{limit: l.Things, enough: make(chan struct{}), broken: make(chan struct{})}
	t.result = Result{Latency: &Histogram{}, Failures: map[int]int64{}}
	if l.Things > 0 {
		t.phase.Store(measuring)
	}
	started := now()
	var group sync.WaitGroup
	for _, l := range lanes {
		group.Go(func() { t.run(l) })
	}
	if l.Things > 0 {
		t.wait(ctx, nil)
	} else {
		t.wait(ctx, time.After(l.WarmUp))
		t.phase.Store(measuring)
		started = now()
		t.wait(ctx, time.After(l.Measure))
		for t.answers() < int64(len(lanes)) && now().Sub(started) < answerTime && !t.isOver(ctx) {
			t.wait(ctx, time.After(shortWait))
		}
	}
	t.phase.Store(stopping)
	elapsed := now().Sub(started)
	late := time.AfterFunc(answerTime, func() {
		for _, l := range lanes {
			_ = l.conn.Close() // its read ends with an error
		}
	})
	group.Wait()
	late.Stop()
	t.result.Elapsed = elapsed
	if t.err != nil {
		return t.result, t.err
	}
	return t.result, ctx.Err()
}

// open connects all clients. It returns those that it has connected.
func open(ctx context.Context, l Load) ([]*lane, error) {
	lanes := make([]*lane, 0, len(l.Clients))
	for _, client := range l.Clients {
		c, err := Dial(ctx, l.Address)
		if err != nil {
			return lanes, err
		}
		lanes = append(lanes, &lane{c, client})
	}
	return lanes, nil
}

// lane is a connection with its client.
type lane struct {
	conn   *Conn
	client Client
}

// tally is what the lanes have in common.
type tally struct {
	phase  atomic.Int32
	limit  int64         // of things; 0: none
	enough chan struct{} // closed when the limit is reached
	broken chan struct{} // closed at the first error

	mu     sync.Mutex
	result Result
	err    error
}

func (t *tally) wait(ctx context.Context, after <-chan time.Time) {
	select {
	case <-ctx.Done():
	case <-t.broken:
	case <-t.enough:
	case <-after:
	}
}

// isOver tells whether there is nothing to wait for.
func (t *tally) isOver(ctx context.Context) bool {
	select {
	case <-t.broken:
		return true
	default:
		return ctx.Err() != nil
	}
}

// answers is how many answers were counted.
func (t *tally) answers() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result.Requests
}

// run sends one request after the other until the load ends.
func (t *tally) run(l *lane) {
	for t.phase.Load() != stopping {
		request := l.client.Next()
		sent := now()
		r, err := l.conn.Do(request)
		if err != nil {
			t.fail(err)
			return
		}
		if latency := now().Sub(sent); t.phase.Load() == measuring {
			t.count(r, latency, l.client.Done(r))
		}
	}
}

func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
		close(t.broken)
	}
}

// count counts an answer.
func (t *tally) count(r Response, latency time.Duration, things int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, res := t.result.Things, &t.result
	res.Latency.Add(latency)
	res.Requests++
	res.Things += int64(things)
	if things == 0 {
		res.Failures[r.Status]++
		if res.Example == "" {
			res.Example = string(r.Body[:min(len(r.Body), exampleSize)])
		}
	}
	if t.limit > 0 && before < t.limit && res.Things >= t.limit {
		close(t.enough)
	}
}

func now() time.Time { return time.Now() } //nolint:forbidigo // it measures, and decides nothing
