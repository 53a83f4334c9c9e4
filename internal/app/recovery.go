package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// The bounds of waiting for a database that went away in the middle of a commit.
const (
	reconnectTime  = 30 * time.Second
	reconnectPause = 100 * time.Millisecond
)

// ErrQuarantined is answered to a command that broke an invariant or a
// constraint of the database. It changed nothing; its payload is kept with
// status 500 for the operator, and a repetition gets the same answer.
var ErrQuarantined = fault.New(fault.Internal, "command.quarantined", "the command met an error of this server, changed nothing and was set aside for the operator")

// recoverFrom deals with a batch that could not be committed. The state in
// memory is read again; then, by what went wrong:
//
//   - fenced: another process is the writer; this one stops.
//   - unknown: the registry's batch number tells whether it is there. If so,
//     its commands are answered as done, otherwise they run again.
//   - lost before COMMIT: they run again.
//   - a constraint or an invariant: the commands run again one by one; the one
//     that fails alone is quarantined, the others succeed.
//
// The snapshots grow stale meanwhile and are not served. It returns how many
// of the waiting commands it has dealt with.
func (a *App) recoverFrom(cause error, waiting []*request, outcomes []outcome, now calendar.Instant) (int, error) {
	if errors.Is(cause, ErrFenced) {
		return 0, cause
	}
	a.config.Log.Warn("a batch failed", slog.Any("error", cause), slog.Int("commands", len(waiting)))
	before := a.st.registry.Batch
	if err := a.reconnect(); err != nil {
		if errors.Is(err, ErrFenced) {
			return 0, err
		}
		return 0, fmt.Errorf("the database did not come back: %w", err)
	}
	if errors.Is(cause, ErrUnknown) {
		if a.st.registry.Batch == before+1 { // it was committed
			a.publish()
			for i, o := range outcomes {
				waiting[i].done <- o
			}
			return len(outcomes), nil
		}
		return 0, nil // it was not: run the same commands again
	}
	if errors.Is(cause, ErrLost) {
		return 0, nil
	}
	n := max(1, len(outcomes))
	if _, broken := cause.(brokenError); broken { //nolint:errorlint // never wrapped
		n = min(len(waiting), len(outcomes)+1)
	}
	for _, r := range waiting[:n] {
		if err := a.alone(r, now); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// alone runs one command as a batch of its own, and quarantines it when it
// fails again.
func (a *App) alone(r *request, now calendar.Instant) error {
	for {
		b := a.newBatch()
		outcomes, err := a.runAll(b, []*request{r})
		if err == nil && len(b.Journal) > 0 {
			err = a.commit(b, now)
		}
		switch {
		case err == nil:
			a.publish()
			r.done <- outcomes[0]
			return nil
		case errors.Is(err, ErrFenced):
			return err
		}
		before := a.st.registry.Batch
		if again := a.reconnect(); again != nil {
			return again
		}
		if errors.Is(err, ErrUnknown) {
			if a.st.registry.Batch == before+1 {
				a.publish()
				r.done <- outcomes[0]
				return nil
			}
			continue
		}
		if errors.Is(err, ErrLost) {
			continue
		}
		a.config.Log.Error("a command is quarantined", slog.String("kind", string(r.command.Operation())), slog.Any("error", err))
		return a.quarantine(r, now)
	}
}

// quarantine keeps a command that cannot be done, with status 500.
func (a *App) quarantine(r *request, now calendar.Instant) error {
	b := a.newBatch()
	v := a.view(b, r)
	o := a.record(b, r, v, nil, ErrQuarantined, digestKey(r.person, r.key))
	if err := a.commit(b, now); err != nil {
		return fmt.Errorf("quarantine a command: %w", err)
	}
	a.publish()
	r.done <- o
	return nil
}

// reconnect reads the state again, waiting for the database if it must.
func (a *App) reconnect() error {
	ctx, cancel := context.WithTimeout(a.st.ctx, reconnectTime) // the writer's own
	defer cancel()
	for {
		err := a.reload(ctx)
		if err == nil || errors.Is(err, ErrFenced) || ctx.Err() != nil {
			return err
		}
		a.config.Log.Warn("the database does not answer", slog.Any("error", err))
		select {
		case <-ctx.Done():
		case <-time.After(reconnectPause):
		}
	}
}
