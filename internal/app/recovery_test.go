package app

import (
	"errors"
	"sync"
	"testing"

	"permitx/internal/identity"
	"permitx/internal/market"
)

// However a batch comes to its end after a failure, those who wait for a
// commit are awake when its command is answered, and see it.
func TestRecovery_WakesWatchers(t *testing.T) {
	t.Parallel()
	broken := errors.New("constraint")
	once := func(err error) func(*Batch) error {
		var first sync.Once
		return func(*Batch) (failure error) {
			first.Do(func() { failure = err })
			return failure
		}
	}
	for name, c := range map[string]struct{ before, after func(*Batch) error }{
		"run one by one": {before: once(broken)},
		"quarantined": {before: func(b *Batch) error {
			if string(b.Journal[0].Result) != ErrQuarantined.Code {
				return broken
			}
			return nil
		}},
		"lost, run again":    {before: once(ErrLost)},
		"unknown, was there": {after: once(ErrUnknown)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, i, seller, _ := tradingOffice(t)
			o.store.onCommit, o.store.after = c.before, c.after
			next := o.app.NextCommit()
			answer, err := o.app.Do(t.Context(), identity.Actor{Person: seller.user}, "failing", o.order(seller, i, market.Sell, 3000, one))
			if err != nil {
				t.Fatal(err)
			}
			select {
			case <-next:
			default:
				t.Errorf("nobody was woken: %d %s", answer.Status, answer.Body)
			}
			o.store.onCommit, o.store.after = nil, nil
		})
	}
}

// A book that the last order has left in a commit whose outcome was not known
// at first is published as empty.
func TestRecovery_EmptiedBook(t *testing.T) {
	t.Parallel()
	o, i, seller, _ := tradingOffice(t)
	id := done[OrderResult](o, seller.user, o.order(seller, i, market.Sell, 3000, one)).Order.ID
	o.store.after = func(*Batch) error {
		o.store.after = nil
		return ErrUnknown
	}
	done[OrderResult](o, seller.user, CancelOrder{id})
	s, err := o.app.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for key, depth := range s.Books {
		if len(depth.Sells) != 0 || depth.OpenOrders != 0 {
			t.Errorf("%v: %+v", key, depth)
		}
	}
}
