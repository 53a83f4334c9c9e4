package intake

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
)

// Return takes the units of a message back, whose issuance was rejected: they
// and their evidence go into the pool that is open. A message comes back once.
// Returns ErrNoMessage.
func (in *Intake) Return(ctx context.Context, message int64) error {
	key := "returned " + strconv.FormatInt(message, 10)
	_, err := in.do(ctx, &request{kind: KindReturn, key: key, payload: sha256.Sum256([]byte(key)), message: message})
	return err
}

// Returns are all that came back, by number of the journal.
func (in *Intake) Returns(ctx context.Context) ([]PoolReturn, error) { return in.c.Store.Returns(ctx) }

// takeBack puts what a message handed on into the open pool of its methodology.
func (w *work) takeBack(message int64) (*PoolReturn, error) {
	o := w.messages[message]
	if o.Number == 0 {
		return nil, ErrNoMessage
	}
	p := w.openPool(o.PoolKey)
	r := PoolReturn{Batch: w.number, Message: o.Number, Of: o.Month, PoolKey: p.PoolKey, Items: o.Items, Amount: o.Amount(), Digest: o.Evidence}
	p.Carried += r.Amount
	p.Items += r.Items
	p.Evidence = nextEvidence(p.Evidence, r.Digest)
	w.touchPool(p)
	w.returned = append(w.returned, r)
	return &r, nil
}

// loadMessages finds the messages that come back.
func (w *work) loadMessages(ctx context.Context, s Store, all []*request) error {
	for _, r := range all {
		if r.kind != KindReturn {
			continue
		}
		o, err := s.Message(ctx, r.message)
		if err != nil {
			return fmt.Errorf("read the outbox: %w", err)
		}
		w.messages[r.message] = o
	}
	return nil
}
