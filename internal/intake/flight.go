package intake

import (
	"bytes"
	"context"
	"errors"
)

// flight is a commit on its way.
type flight struct {
	work    *work // what those after it are judged on top of
	all     []*request
	replies []reply
	changes *Changes      // nil: nothing changes
	landed  chan struct{} // closed when it is known what became of it
	err     error         // what that is; to be read after it has landed
}

// only reports whether all its commands are of one kind.
func (f *flight) only(k Kind) bool { return only(f.all, k) }

func only(all []*request, k Kind) bool {
	for _, r := range all {
		if r.kind != k {
			return false
		}
	}
	return true
}

// send writes a commit beside the writer's goroutine, and answers its commands. The one
// before it has arrived: the fence takes them in order.
func (in *Intake) send(ctx context.Context, f *flight) {
	go func() {
		defer close(f.landed)
		if f.changes != nil {
			if f.err = in.write(ctx, f.changes); f.err != nil {
				return
			}
		}
		if len(f.work.erased) > 0 {
			say(in.erases)
		}
		for i, r := range f.all {
			r.done <- f.replies[i]
		}
	}()
}

// write commits changes. What became of a commit of unknown outcome, or whose fence had
// moved, is looked up.
func (in *Intake) write(ctx context.Context, c *Changes) error {
	err := in.c.Store.Commit(ctx, c)
	if errors.Is(err, ErrUnknown) || errors.Is(err, ErrFenced) {
		err = in.lookUp(ctx, c)
	}
	if err == nil && len(c.NewOutgoing) > 0 {
		say(in.sends)
	}
	return err
}

// lookUp tells whether a commit has arrived. Only another writer's epoch fences: where the
// epoch is still ours, a commit that was taken for lost has moved the fence when it arrived late.
func (in *Intake) lookUp(ctx context.Context, c *Changes) error {
	found, err := in.c.Store.Registry(ctx)
	switch {
	case err != nil:
		return err
	case found.Epoch != c.Epoch:
		return ErrFenced
	case !bytes.Equal(found.Head, c.Registry.Head):
		return ErrUnknown
	}
	return nil
}

// land waits for a commit and reports whether it arrived; nil has. If not, its commands
// are answered, and the memory is to be read again: what was judged after it is void. It returns
// an error when the writer must stop.
func (in *Intake) land(ctx context.Context, f *flight) (arrived bool, stop error) {
	if f == nil {
		return true, nil
	}
	if <-f.landed; f.err == nil {
		return true, nil
	}
	return false, in.failed(ctx, f.all, f.err)
}

// over puts rows of the commit on its way over those that were read: they are newer, or the same.
func over[K comparable, R any](read, onItsWay map[K]R, needed []K) {
	for _, k := range needed {
		if r, has := onItsWay[k]; has {
			read[k] = r
		}
	}
}
