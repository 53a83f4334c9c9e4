package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// The bounds of a commit, so that none holds the database for long: about two full
// batches, and while the exchange trades one, or small ones together, as each commit of
// theirs is one more that orders wait for.
const (
	activitiesACommit = 20_000
	activitiesBeside  = 500
)

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
	in.people = newPeople()
	in.broken = false
	return nil
}

// mend reads the memory again after a failure. Whoever became the writer meanwhile stays it.
func (in *Intake) mend(ctx context.Context) error {
	if !in.broken {
		return nil
	}
	found, err := in.c.Store.Registry(ctx)
	switch {
	case err != nil:
		return err
	case found.Epoch != in.registry.Epoch:
		return ErrFenced
	}
	in.registry = found
	return in.load(ctx)
}

// run judges and writes what waits until the intake is closed. While a commit is on its
// way, what comes after it is judged on top of it: with a processor each, the database
// writes and this goroutine reads and reckons. While the exchange trades, one of them is
// left to it: nothing is judged ahead. Its own context ends when the intake is
// closed: what waits is still written, and nothing is read ahead.
func (in *Intake) run(ctx, own context.Context) {
	defer close(in.stopped)
	defer in.end()
	in.recall(own)
	var before *flight
	for {
		all, ended := in.next(before)
		if ended {
			return
		}
		after, err := in.advance(ctx, before, all)
		if err != nil {
			in.c.Log.ErrorContext(ctx, "the intake stops", slog.Any("error", err))
			return
		}
		before = after
	}
}

// next waits for requests and takes those of a commit, or nothing when a commit has
// ended before any came. It reports whether the intake was closed and nothing waits.
func (in *Intake) next(before *flight) (all []*request, ended bool) {
	var landed chan struct{}
	if before != nil {
		landed = before.landed
	}
	select {
	case first := <-in.queue:
		return in.take(first), false
	case <-landed:
		return nil, false
	case <-in.closing:
		return nil, before == nil && len(in.queue) == 0
	}
}

// take gives all that waits, up to the bound of a commit.
func (in *Intake) take(first *request) []*request {
	all, n := []*request{first}, len(first.batch)
	for n < activitiesBeside || n < activitiesACommit && !in.c.Pace.trading() {
		select {
		case r := <-in.queue:
			all, n = append(all, r), n+len(r.batch)
		default:
			return all
		}
	}
	return all
}

func activitiesOf(all []*request) (n int) {
	for _, r := range all {
		n += len(r.batch)
	}
	return n
}

// advance judges requests while the commit before them is on its way, and sends theirs
// after it. It returns an error only when the writer must stop.
func (in *Intake) advance(ctx context.Context, before *flight, all []*request) (*flight, error) {
	if len(all) == 0 || before != nil && (!before.only(KindBatch) || !only(all, KindBatch) || in.c.Pace.trading()) {
		if _, err := in.land(ctx, before); err != nil || len(all) == 0 {
			return nil, err
		}
		before = nil
	}
	after, err := in.judge(ctx, all, before)
	arrived, stop := in.land(ctx, before)
	if stop != nil {
		return nil, stop
	}
	if !arrived { // what was judged rests on what is not there
		after, err = in.judge(ctx, all, nil)
	}
	if err != nil {
		return nil, in.failed(ctx, all, err)
	}
	in.send(ctx, after)
	return after, nil
}

// failed answers requests that could not be judged or written. It returns an error
// only when the writer must stop.
func (in *Intake) failed(ctx context.Context, all []*request, err error) error {
	if errors.Is(err, ErrRejected) {
		in.c.Log.WarnContext(ctx, "a commit of the intake was refused: its commands run again one by one", slog.Any("error", err), slog.Int("commands", len(all)))
		return in.oneByOne(ctx, all)
	}
	return in.fail(ctx, all, err)
}

// oneByOne gives each command a commit of its own, so that what the database
// refuses fails no other. Whether it is still refused shows after the memory was
// read again: a month may have been taken away.
func (in *Intake) oneByOne(ctx context.Context, all []*request) error {
	in.broken = true
	for i, r := range all {
		f, err := in.judge(ctx, all[i:i+1], nil)
		if err == nil {
			in.send(ctx, f)
			<-f.landed
			err = f.err
		}
		switch {
		case err == nil:
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

// judge makes a commit of requests, on top of the one before, which may still be on
// its way: nil where there is none.
func (in *Intake) judge(ctx context.Context, all []*request, before *flight) (*flight, error) {
	if err := in.mend(ctx); err != nil {
		return nil, err
	}
	if err := in.stamp(all); err != nil {
		return nil, err
	}
	w := newWork(in.registry, in.pools, in.gone, in.c.Pace, activitiesOf(all))
	if before != nil {
		w.before = before.work
	}
	lines, err := in.gather(ctx, w, all)
	w.before = nil // or each would keep all those before it
	if err != nil {
		return nil, err
	}
	f := &flight{work: w, all: all, replies: make([]reply, len(all)), landed: make(chan struct{})}
	head := in.registry.Head
	for i, r := range all {
		if first, known := w.answered[ActorKey{r.actor, r.key}]; known {
			if f.replies[i], err = in.repeated(ctx, r, first); err != nil {
				return nil, err
			}
			continue
		}
		row, answer, err := in.run1(w, r, lines[i])
		if err != nil {
			f.replies[i] = reply{err: err}
			continue
		}
		row.Hash = row.chain(head)
		head = row.Hash
		w.out.Journal = append(w.out.Journal, row)
		w.answered[ActorKey{r.actor, r.key}] = earlier{row, r}
		f.replies[i] = reply{answer: answer}
	}
	in.people.remember(w)
	if len(w.out.Journal) > 0 {
		f.changes = w.changes()
		f.changes.Epoch, f.changes.Before = in.registry.Epoch, in.registry.Batch
		f.changes.Registry = w.nextIDs
		f.changes.Registry.Batch, f.changes.Registry.Head, f.changes.Registry.LastAt = in.registry.Batch+1, head, all[len(all)-1].at
		in.registry = f.changes.Registry
	}
	return f, nil
}

// say puts something into a channel of one.
func say(to chan struct{}) {
	select {
	case to <- struct{}{}:
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
	w.drop()
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
		w.erased = append(w.erased, p.Pseudonym)
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
