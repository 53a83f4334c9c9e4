package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"permitx/internal/app"
	"permitx/internal/calendar"
)

// Nothing is a store that keeps nothing: a commit moves the fence and drops
// the rows. It shows what the rest of the program costs, and is the measure
// that permitx bench holds the databases against.
//
// Reads find what the migrations put into an empty registry, in a file that
// goes away with the store, and nothing that was committed since. So a command
// that reads back an earlier record by a query fails on it; orders, which live
// in memory, do not.
type Nothing struct {
	*Store
	dir string

	mu       sync.Mutex
	registry app.Registry
}

var _ app.Store = (*Nothing)(nil)

// OpenNothing returns a store that keeps nothing. The caller must Close it.
func OpenNothing(ctx context.Context) (n *Nothing, err error) {
	n = &Nothing{}
	if n.dir, err = os.MkdirTemp("", "permitx-nothing-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open a store that keeps nothing: %w", err), os.RemoveAll(n.dir))
		}
	}()
	path := filepath.Join(n.dir, "seeds.db")
	if _, err = Migrate(ctx, path); err != nil {
		return nil, err
	}
	if n.Store, err = Open(ctx, path); err != nil {
		return nil, err
	}
	if n.registry, err = n.Store.Registry(ctx); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	return n, nil
}

// Close closes the store and removes its file.
func (n *Nothing) Close() error { return errors.Join(n.Store.Close(), os.RemoveAll(n.dir)) }

// TakeOver raises the epoch. Nobody else can hold the role.
func (n *Nothing) TakeOver(_ context.Context, now calendar.Instant) (app.Registry, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.registry.Epoch++
	n.registry.BeatAt = now
	return n.registry, nil
}

// Registry returns the registry row as the last commit has left it.
func (n *Nothing) Registry(context.Context) (app.Registry, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.registry, nil
}

// Beat shows that the writer of this epoch is alive.
func (n *Nothing) Beat(_ context.Context, epoch int64, at calendar.Instant) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.registry.Epoch != epoch {
		return app.ErrFenced
	}
	n.registry.BeatAt = at
	return nil
}

// Commit moves the fence and drops the rows. Returns app.ErrFenced when the
// batch does not follow the last one.
func (n *Nothing) Commit(_ context.Context, b *app.Batch) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b.Epoch != n.registry.Epoch || b.Registry.Batch != n.registry.Batch+1 {
		return app.ErrFenced
	}
	n.registry = b.Registry
	return nil
}
