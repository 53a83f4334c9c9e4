package app

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// The writer's role is held by the clock of those who want it: a registry that
// lives in another time, as the demo's does, is taken over a lease after its
// process was killed, and not when that time has come.
func TestWriterRole_OfItsOwnClock(t *testing.T) {
	t.Parallel()
	store, ahead, machine := newFakeStore(), &clockFace{}, &clockFace{}
	machine.set(calendar.NewDate(2026, time.March, 2).Start())
	ahead.set(calendar.NewDate(2027, time.March, 2).Start())
	open := func() (*App, error) {
		return Open(t.Context(), Config{Store: store, Clock: ahead.get, Lease: machine.get, Encode: encodeNothing, Build: "test"})
	}
	killed, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer killed.Close() // it is fenced by then
	if _, err := killed.DoSystem(t.Context(), "first", Bootstrap{Name: "Administrator", Label: "first", Hash: identity.HashSecret("first"), Prefix: "px_first"}); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); !errors.Is(err, ErrHeld) {
		t.Errorf("beside a live writer: %v, want ErrHeld", err)
	}
	machine.set(machine.get().Add(LeaseTime))
	next, err := open()
	if err != nil {
		t.Fatalf("a lease after the writer was killed: %v", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

// A writer shows itself although the registry's time stands still, which it does
// until the clock has come to what the journal says.
func TestWriterRole_WhileTimeStandsStill(t *testing.T) {
	t.Parallel()
	store, now := &beating{newFakeStore(), make(chan calendar.Instant, 16)}, &clockFace{}
	now.set(calendar.NewDate(2026, time.March, 2).Start())
	store.registry.LastAt = now.get().Add(365 * 24 * time.Hour)
	a, err := Open(t.Context(), Config{Store: store, Clock: now.get, Encode: encodeNothing, Build: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for range 2 {
		now.set(now.get().Add(LeaseTime))
		for at := range store.beats {
			if at == now.get() {
				break
			}
		}
	}
}

// beating is a store that says when a writer has shown itself.
type beating struct {
	*fakeStore
	beats chan calendar.Instant
}

func (s *beating) Beat(ctx context.Context, epoch int64, at calendar.Instant) error {
	err := s.fakeStore.Beat(ctx, epoch, at)
	select {
	case s.beats <- at:
	default: // nobody asks any more
	}
	return err
}

func encodeNothing(any, *fault.Error) (int, []byte) { return http.StatusOK, nil }
