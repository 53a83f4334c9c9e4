package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"permitx/internal/intake"
)

// hooked is a store whose commits go another way.
type hooked struct {
	*IntakeStore
	commit func(ctx context.Context, c *intake.Changes) error
	newest func(ctx context.Context) error
	forgot chan bool // what came of each try to forget; nil: nobody asks
	reads  atomic.Int64
	read   chan struct{} // something for each commit that is read for; nil: nobody asks
}

func (s *hooked) Commit(ctx context.Context, c *intake.Changes) error {
	if s.commit == nil {
		return s.IntakeStore.Commit(ctx, c)
	}
	return s.commit(ctx, c)
}

func (s *hooked) Newest(ctx context.Context, limit int, each func(*intake.Participant)) error {
	if s.newest == nil {
		return s.IntakeStore.Newest(ctx, limit, each)
	}
	return s.newest(ctx)
}

func (s *hooked) Forget(ctx context.Context) (bool, error) {
	done, err := s.IntakeStore.Forget(ctx)
	if s.forgot != nil {
		select {
		case s.forgot <- done:
		case <-ctx.Done():
		}
	}
	return done, err
}

func (s *hooked) Answered(ctx context.Context, keys []intake.ActorKey) ([]intake.JournalRow, error) {
	s.reads.Add(1)
	if s.read != nil {
		s.read <- struct{}{}
	}
	return s.IntakeStore.Answered(ctx, keys)
}

func aRide(key string) intake.Batch {
	return intake.Batch{Actor: 1, Source: 1, Key: key, Activities: []intake.Activity{ride(key, "anna", 3, 8, 0)}}
}

// A writer that has lost a commit reads its memory again, and not the role of whoever
// became the writer meanwhile.
func TestIntake_ALostCommitDoesNotBringTheRoleBack(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now := someDay
		s := &hooked{IntakeStore: openedIntake(t, url)}
		s.commit = func(context.Context, *intake.Changes) error { return errors.New("lost") }
		in := intakeOf(t, s, &now)
		defer in.Close()
		if _, err := in.Submit(t.Context(), aRide("1")); err == nil {
			t.Fatal("what was lost was answered")
		}
		other := openedIntake(t, url)
		after := intakeOf(t, other, &now)
		defer after.Close()
		s.commit = nil
		if _, err := in.Submit(t.Context(), aRide("2")); err == nil {
			t.Error("a writer that was fenced wrote")
		}
		if got := submit(t, after, "3", ride("3", "anna", 3, 8, 0)); got.Accepted != 1 {
			t.Errorf("the writer after it: %+v", got)
		}
		<-in.Stopped()
		for n := range 2 * intake.QueueLength {
			if _, err := in.Submit(t.Context(), aRide(fmt.Sprint("after ", n))); !errors.Is(err, intake.ErrUnavailable) {
				t.Fatalf("batch %d to a writer that has stopped: %v", n, err)
			}
		}
		verified(t, other)
	})
}

// Of those who ask for the role at once each gets an epoch of its own, so that the last
// one fences all others.
func TestIntake_TakeOverAtOnce(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		var asking sync.WaitGroup
		var given [2][]int64
		for i := range given {
			s := openedIntake(t, url)
			asking.Go(func() {
				for range 100 {
					r, err := s.TakeOver(t.Context())
					if err != nil {
						t.Error(err)
					}
					given[i] = append(given[i], r.Epoch)
				}
			})
		}
		asking.Wait()
		all := slices.Sorted(slices.Values(slices.Concat(given[:]...)))
		if n := len(slices.Compact(all)); n != 200 {
			t.Errorf("%d epochs for 200 who asked", n)
		}
	})
}

// A commit of unknown outcome may arrive late, after the memory was read again: what was
// judged without it is void, and the writer goes on.
func TestIntake_ALostCommitArrivesLate(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		now := someDay
		s := &hooked{IntakeStore: openedIntake(t, url)}
		var late *intake.Changes
		s.commit = func(ctx context.Context, c *intake.Changes) error {
			if late == nil {
				late = c
				return intake.ErrUnknown
			}
			s.commit = nil
			if err := s.IntakeStore.Commit(ctx, late); err != nil {
				t.Error(err)
			}
			return s.IntakeStore.Commit(ctx, c)
		}
		in := intakeOf(t, s, &now)
		defer in.Close()
		for _, key := range []string{"1", "2"} {
			if _, err := in.Submit(t.Context(), aRide(key)); err == nil {
				t.Errorf("batch %s was answered", key)
			}
		}
		if a, err := in.Submit(t.Context(), aRide("1")); err != nil || !a.Replayed {
			t.Errorf("the batch that arrived late, sent again: %s, %v", a.Body, err)
		}
		if got := submit(t, in, "3", ride("3", "anna", 3, 9, 0)); got.Accepted != 1 {
			t.Errorf("the batch after it: %+v", got)
		}
		verified(t, s.IntakeStore)
	})
}
