package apptest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"permitx/internal/app"
	"permitx/internal/ledger"
)

// Faulty is a store whose commits can be stopped, broken or lost.
type Faulty struct {
	app.Store

	mu     sync.Mutex
	gate   chan struct{}
	before func(*app.Batch) error
	after  func(*app.Batch, error) error
	count  int
	reads  int
}

// Stop makes the next commits wait until the function that it returns is called,
// or until the test ends: a writer that stood in a commit then would never stop.
func (f *Faulty) Stop(tb testing.TB) (release func()) {
	tb.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	gate := make(chan struct{})
	f.gate = gate
	release = sync.OnceFunc(func() {
		f.mu.Lock()
		f.gate = nil
		f.mu.Unlock()
		close(gate)
	})
	tb.Cleanup(release)
	return release
}

// Before runs in front of each commit; its error takes the commit's place.
func (f *Faulty) Before(hook func(*app.Batch) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before = hook
}

// After runs behind each commit and may change its result.
func (f *Faulty) After(hook func(*app.Batch, error) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.after = hook
}

// Commits is how many commits were tried.
func (f *Faulty) Commits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// Reads is how many queries were asked.
func (f *Faulty) Reads() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reads
}

// Find passes a query on and counts it.
func (f *Faulty) Find(ctx context.Context, table string, q app.Query, rows any) error {
	f.mu.Lock()
	f.reads++
	f.mu.Unlock()
	return f.Store.Find(ctx, table, q, rows)
}

// Commit passes a batch on, with what the hooks do to it.
func (f *Faulty) Commit(ctx context.Context, b *app.Batch) error {
	f.mu.Lock()
	gate, before, after := f.gate, f.before, f.after
	f.count++
	f.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if before != nil {
		if err := before(b); err != nil {
			return err
		}
	}
	err := f.Store.Commit(ctx, b)
	if after != nil {
		err = after(b, err)
	}
	return err
}

// Poison breaks a constraint of the database in every batch that has a
// command with this key: an account would hold aside more than it has.
func Poison(key string) func(*app.Batch) error {
	return func(b *app.Batch) error {
		for _, row := range b.Journal {
			if row.Key == key && row.Status < 500 {
				spoil(&b.Balances)
			}
		}
		return nil
	}
}

func spoil(c *app.Changes[ledger.AccountID, ledger.Balance]) {
	for _, rows := range [][]ledger.Balance{c.New, c.Changed} {
		if len(rows) > 0 {
			rows[0].Held = rows[0].Balance + 1
			return
		}
	}
}

var errLostOnce = errors.Join(app.ErrLost, errors.New("apptest: the connection was cut"))

// LoseOnce is a hook that fails one commit before anything is written.
func LoseOnce() func(*app.Batch) error {
	var once sync.Once
	return func(*app.Batch) (err error) {
		once.Do(func() { err = errLostOnce })
		return err
	}
}
