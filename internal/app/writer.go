package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// writer is the one goroutine that changes the registry. It ends when the
// queue is closed and empty, or when another process has taken its role.
func (a *App) writer() {
	defer close(a.stopped)
	beat := time.NewTicker(beatTime)
	defer beat.Stop()
	for {
		select {
		case <-a.queue.wake:
		case <-beat.C:
		}
		waiting, now, closed := a.queue.take(maxBatchCommands)
		waiting = a.withTimers(waiting, now)
		if err := a.work(waiting, now); err != nil {
			a.failure = err
			a.queue.close()
			a.config.Log.Error("the writer stops", slog.Any("error", err))
			return
		}
		if len(waiting) > 0 && a.st.isDue(now) { // armed by what has just been done
			a.queue.signal()
		}
		if closed && len(waiting) == 0 {
			a.failure = a.config.Store.Beat(a.st.ctx, a.epoch, 0)
			return
		}
	}
}

// withTimers puts each timer that is due in front of the first command that
// waits with a stamp at or after its time, and gives it that command's stamp:
// what was sent in time is done in time, and time does not run backwards.
func (a *App) withTimers(waiting []*request, now calendar.Instant) []*request {
	if !a.st.isDue(now) {
		return waiting
	}
	all := make([]*request, 0, len(waiting)+1)
	for next, timers := 0, 0; ; {
		at := now
		if next < len(waiting) {
			at = waiting[next].at
		}
		if timers < maxBatchCommands {
			if t, due := a.st.nextDue(at); due {
				if s := a.st.streaks[t.ID]; s != nil && s.paused != 0 && !s.told {
					s.told = true
					a.config.Log.Error("a timer does not come to an end", slog.String("purpose", t.Purpose), slog.Int64("reference", t.Reference))
				}
				r := &request{command: FireTimer{t.ID}, system: true, key: timerKey(t.ID), at: at, done: make(chan outcome, 1)}
				r.payload, r.digest = encodePayload(r.command)
				all = append(all, r)
				timers++
				continue
			}
		}
		if next == len(waiting) {
			return all
		}
		all = append(all, waiting[next])
		next++
	}
}

// work runs the commands and answers them. An error means that this process
// can no longer write.
func (a *App) work(waiting []*request, now calendar.Instant) error {
	if len(waiting) == 0 {
		return a.showAlive(now)
	}
	next := 0
	for next < len(waiting) {
		n, err := a.batch(waiting[next:], now)
		if err != nil {
			return err
		}
		if next += n; a.overtaken {
			a.overtaken = false
			waiting, next = a.withTimers(waiting[next:], now), 0
		}
	}
	return nil
}

// showAlive shows the writer of an idle registry. The time of its role is that of
// the lease: the registry's own may stand still, or be ahead.
func (a *App) showAlive(now calendar.Instant) error {
	at := a.config.Lease()
	recent := at-calendar.Instant(a.shown.Load()) < aBeat/2 && now-calendar.Instant(a.beat.Load()) < aBeat/2
	if recent && a.settled.Load() >= a.awaited.Load() {
		return nil
	}
	switch err := a.config.Store.Beat(a.st.ctx, a.epoch, at); {
	case errors.Is(err, ErrFenced):
		return err
	case err != nil: // the database is away: the snapshots grow stale and are not served
		a.config.Log.Warn("the database does not answer", slog.Any("error", err))
		return nil
	}
	a.hasShown(now, at)
	a.settled.Store(int64(now)) // nothing waits, and what comes is stamped later
	return nil
}

const aBeat = calendar.Instant(beatTime / time.Microsecond)

// hasShown notes that the writer was alive, at an instant of the registry and of the lease.
func (a *App) hasShown(now, at calendar.Instant) {
	a.beat.Store(int64(now))
	a.shown.Store(int64(at))
}

// batch runs commands until the batch is full or one must see the others
// committed, commits, and answers. It returns how many it has dealt with.
func (a *App) batch(waiting []*request, now calendar.Instant) (int, error) {
	started := time.Now() //nolint:forbidigo // measures, decides nothing
	b := a.newBatch()
	outcomes, err := a.runAll(b, waiting)
	if err != nil {
		return a.recoverFrom(err, waiting, outcomes, now)
	}
	ran := time.Now() //nolint:forbidigo // measures, decides nothing
	if len(b.Journal) > 0 {
		if err := a.commit(b, now); err != nil {
			return a.recoverFrom(err, waiting, outcomes, now)
		}
	}
	a.publish()
	if n := len(outcomes); n < len(waiting) && a.st.isDue(waiting[n].at) { // armed by what has just been done
		a.overtaken = true
	}
	a.st.tryAgain(waiting, outcomes)
	for i, o := range outcomes {
		waiting[i].done <- o
	}
	a.report(b, ran.Sub(started), time.Since(ran))
	return len(outcomes), nil
}

// newBatch returns an empty batch; the one before it is no longer used.
func (a *App) newBatch() *Batch {
	a.spare.reset(a.epoch, a.st.registry)
	return &a.spare
}

func (a *App) commit(b *Batch, now calendar.Instant) error {
	b.Registry.Batch++
	b.Registry.BeatAt = a.config.Lease()
	if err := a.config.Store.Commit(a.st.ctx, b); err != nil {
		return err
	}
	a.st.registry = b.Registry
	a.st.registry.Head = slices.Clone(b.Registry.Head) // the batch's memory is used again
	a.hasShown(now, b.Registry.BeatAt)
	a.settled.Store(int64(b.Registry.LastAt)) // more that was stamped before now may wait
	return nil
}

func (a *App) report(b *Batch, run, commit time.Duration) {
	if a.config.Observe == nil || len(b.Journal) == 0 {
		return
	}
	kinds := make([]KindResult, len(b.Journal))
	for i := range b.Journal {
		kinds[i] = KindResult{b.Journal[i].Kind, int(b.Journal[i].Status)}
	}
	a.config.Observe(BatchReport{
		Commands: len(b.Journal), Rows: b.rows, Waiting: a.queue.depth(), Run: run, Commit: commit, Kinds: kinds,
	})
}

// brokenError is a command that broke an invariant; the state in memory can no
// longer be trusted.
type brokenError struct{ cause any }

// Error says what was broken.
func (e brokenError) Error() string { return fmt.Sprintf("app: broken invariant: %v", e.cause) }

// runAll runs commands one after the other on the batch. It returns an
// outcome for each that it ran, and brokenError when the state must be read again.
func (a *App) runAll(b *Batch, waiting []*request) (outcomes []outcome, err error) {
	outcomes = make([]outcome, 0, len(waiting))
	defer func() {
		if cause := recover(); cause != nil {
			a.config.Log.Error("a command broke an invariant",
				slog.String("kind", string(waiting[len(outcomes)].command.Operation())),
				slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
			err = brokenError{cause}
		}
	}()
	for i, r := range waiting {
		if i > 0 && (b.rows > maxBatchRows || a.st.isDue(r.at)) {
			break // the batch is full, or a timer that was just armed goes before this command
		}
		o, later := a.runOne(b, r)
		if later {
			break
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// runOne takes one command through idempotency, decision and application.
// later is set when it must wait for the batch's commit.
func (a *App) runOne(b *Batch, r *request) (o outcome, later bool) {
	if r.ctx != nil && r.ctx.Err() != nil { // nobody waits for the answer any more
		return outcome{err: ErrGone.Because(r.ctx.Err())}, false
	}
	key := digestKey(r.person, r.key)
	if number, used := a.st.keys[key]; used {
		if number > a.st.registry.Length { // in this batch: its row is not yet readable
			return outcome{}, true
		}
		return a.replay(r, number), false
	}
	if a.st.opening != 0 && !r.system {
		return outcome{err: ErrOpening}, false
	}
	v := a.view(b, r)
	as := v.asOn(v.effectiveDay(r.command))
	apply, err := r.command.Decide(as)
	if err == errCommitFirst { //nolint:errorlint // the sentinel itself, never wrapped
		if len(b.Journal) == 0 {
			panic("app: a finder found staged rows in an empty batch")
		}
		return outcome{}, true
	}
	var refusal *fault.Error
	if err != nil {
		f, ok := fault.As(err)
		if !ok {
			panic(err)
		}
		if f.Kind != fault.Refused {
			return outcome{err: err}, false
		}
		refusal = f
	}
	if !as.authorised {
		panic("app: " + string(r.command.Operation()) + " decided without authorising")
	}
	switch {
	case refusal == nil && as.needsApproval(r.command):
		apply = as.propose(r.command, r.payload, apply)
	case refusal == nil && len(as.leaving) > MaxCancels:
		panic("app: " + string(r.command.Operation()) + " clears the books and nobody approves it")
	}
	return a.record(b, r, v, apply, refusal, key), false
}

func (a *App) view(b *Batch, r *request) *View {
	actor := identity.SystemActor
	if !r.system {
		actor = a.st.actor(r.person)
	}
	return &View{state: a.st, batch: b, Now: r.at, Today: r.at.Date(), Actor: actor, Number: b.Registry.Length + 1}
}

// record applies a command that was decided, or keeps its refusal, and writes
// its journal row.
func (a *App) record(b *Batch, r *request, v *View, apply Apply, refusal *fault.Error, key keyDigest) outcome {
	tx := &Tx{View: v, touched: touched{postings: len(b.Postings), trades: len(b.Trades)}}
	var result any
	if refusal == nil {
		result = apply(tx)
		tx.coverTouched()
		tx.mustAgree()
	}
	status, body := a.config.Encode(result, refusal)
	answer := Answer{Command: v.Number, Status: status, Body: body}
	if refusal != nil && refusal.Kept() != refusal {
		status, body = a.config.Encode(nil, refusal.Kept())
	}
	row := JournalRow{
		Number: v.Number, At: r.at, Actor: r.person, Kind: string(r.command.Operation()), Key: r.key,
		Payload: r.digest[:], Status: int32(status), Result: body, Build: a.config.Build, //nolint:gosec // an HTTP status
	}
	row.Changes, row.Digest = tx.digest()
	row.Hash = b.keep(a.st.hasher.row(b.Registry.Head, &row))
	b.Journal = append(b.Journal, row)
	b.Payloads = append(b.Payloads, JournalPayload{v.Number, r.payload})
	b.Registry.Length, b.Registry.Head, b.Registry.LastAt = row.Number, row.Hash, max(b.Registry.LastAt, r.at)
	b.rows += 2
	a.st.keys[key] = row.Number
	return outcome{answer: answer}
}

// replay answers a command that was done before with this key.
func (a *App) replay(r *request, number int64) outcome {
	var rows []JournalRow
	if err := a.config.Store.Find(a.st.ctx, Journal.name, Where("number", number), &rows); err != nil || len(rows) != 1 {
		return outcome{err: ErrNotDurable.Because(err)}
	}
	row := rows[0]
	if row.Kind != string(r.command.Operation()) || string(row.Payload) != string(r.digest[:]) && !a.asksTheSame(r, number) {
		return outcome{err: ErrKeyReused}
	}
	return outcome{answer: Answer{Command: row.Number, Status: int(row.Status), Body: row.Result, Replayed: true}}
}

// asksTheSame reports whether a request asks for what a journal row did, whatever its
// handler adds, and whatever fields the command has got since the row was written.
func (a *App) asksTheSame(r *request, number int64) bool {
	var rows []JournalPayload
	if err := a.config.Store.Find(a.st.ctx, Payloads.name, Where("number", number), &rows); err != nil || len(rows) != 1 {
		return false
	}
	before, err := DecodeCommand(string(r.command.Operation()), rows[0].Payload)
	if err != nil {
		return false
	}
	if d, isDerived := r.command.(derived); isDerived {
		asked, same := before.(derived)
		return same && asked.asked() == d.asked()
	}
	_, digest := encodePayload(before)
	if c, is := r.command.(renewed); is {
		if _, was := encodePayload(c.asItWas()); was == digest {
			return true
		}
	}
	return digest == r.digest
}

// reload throws the state in memory away and reads it again.
func (a *App) reload(ctx context.Context) error {
	registry, err := a.config.Store.Registry(ctx)
	if err != nil {
		return err
	}
	if registry.Epoch != a.epoch {
		return ErrFenced
	}
	st, err := load(a.st.ctx, a.config.Store, registry) //nolint:contextcheck // the state keeps the writer's context, not that of one try
	if err != nil {
		return err
	}
	st.changed.directory = true
	for key := range a.published.Load().Books { // one that has become empty is not among those read
		st.changed.books[bookID{key.Market, key.Instrument}] = true
	}
	a.st = st
	a.linkWaits()
	return a.openRooms()
}
