package app

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/identity"
)

// What is read of a day that is over waits for what was stamped in it and is not durable yet.
func TestAwaitEnd(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	yesterday := o.now.get().Date()
	committing, release := make(chan struct{}), make(chan struct{})
	begun := sync.OnceFunc(func() { close(committing) })
	o.store.onCommit = func(*Batch) error {
		begun()
		<-release
		return nil
	}
	o.now.set(yesterday.AddDays(1).Start() - 1)
	sent := make(chan Answer, 1)
	go func() {
		a, err := o.app.Do(context.WithoutCancel(t.Context()), identity.Actor{Person: o.admin}, "late", InstrumentAdd{Pollutant: "VOCs", TermEnd: 20310630})
		if err != nil {
			t.Error(err)
		}
		sent <- a
	}()
	<-committing
	o.now.set(yesterday.AddDays(1).Start())
	soon, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := o.app.AwaitEnd(soon, yesterday); !errors.Is(err, ErrStale) {
		t.Errorf("while a command of it is on its way: %v", err)
	}
	if err := o.app.AwaitEnd(t.Context(), yesterday.AddDays(-1)); err != nil {
		t.Errorf("the day before: %v", err)
	}
	if err := o.app.AwaitEnd(t.Context(), yesterday.AddDays(1)); err != nil {
		t.Errorf("today, which is not over: %v", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- o.app.AwaitEnd(t.Context(), yesterday) }()
	close(release)
	if err := <-waited; err != nil {
		t.Errorf("afterwards: %v", err)
	}
	late := <-sent
	if n, err := numberBefore(t.Context(), o.app.Reader(), yesterday.AddDays(1).Start()); err != nil || n != late.Command {
		t.Errorf("command %d is of yesterday, the last that is read is %d, %v", late.Command, n, err)
	}
}

// A writer that has lost its role, or has ended, vouches for no day that it has not seen the end of.
func TestAwaitEnd_NotTheWriter(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	yesterday := o.now.get().Date()
	if _, err := o.store.TakeOver(t.Context(), o.now.get()+calendar.Instant(LeaseTime.Microseconds())); err != nil {
		t.Fatal(err)
	}
	o.now.set(yesterday.AddDays(1).Start())
	if err := o.app.AwaitEnd(t.Context(), yesterday); !errors.Is(err, ErrStale) {
		t.Errorf("fenced: %v", err)
	}
	if err := o.app.AwaitEnd(t.Context(), yesterday.AddDays(-1)); err != nil {
		t.Errorf("the day before: %v", err)
	}
}
